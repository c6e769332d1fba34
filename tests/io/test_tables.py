"""Matrices of numbers: the numbers that are written there, or gaps, or a refusal."""

import io

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.official import EXPRESSION, Shape, drawn, write_depmap
from leap_core.cli import main
from leap_core.errors import ChoiceNeededError, UnreadableTableError
from leap_core.io.matrices import to_matrix
from leap_core.io.tables import TableOptions, read_columns, read_table
from leap_core.panel.reading import PanelSources, read_panel

numbers = st.one_of(
    st.floats(-1e30, 1e30).map(repr),
    st.floats(-20, 20).map(lambda value: f"{value:.5g}"),
    st.integers(-(10**25), 10**25).map(str),
    st.floats(-1e5, 1e5).map(lambda value: f"{value:e}"),
    st.sampled_from(
        ["", "NA", "NaN", "nan", "0", "-0.0", ".5", "7.", "+3", "1E-3", "0." + "0" * 30 + "1", "1" + "0" * 30]
    ),
)


def matrix(text, newline="\n"):
    return to_matrix(read_table(text.replace("\n", newline).encode(), "table.csv"), "table.csv")[0]


@given(
    st.lists(st.lists(numbers, min_size=3, max_size=3), min_size=2, max_size=6),
    st.sampled_from(["\n", "\r\n"]),
    st.booleans(),
)
def test_values_are_the_numbers_written_correctly_rounded(rows, newline, ended):
    # A column needs a number to be one of numbers.
    rows = [["1", "2", "3"], *rows]
    text = "".join(f'"line ""{number}"", x",{",".join(row)}\n' for number, row in enumerate(rows))
    read = matrix("name,a,b,c\n" + (text if ended else text.removesuffix("\n")), newline)
    expected = [[float(cell) if cell not in ("", "NA") else np.nan for cell in row] for row in rows]
    assert read.columns.tolist() == ["a", "b", "c"]
    assert read.index.tolist() == [f'line "{number}", x' for number in range(len(rows))]
    np.testing.assert_array_equal(read, np.array(expected).astype(np.float32))


@pytest.mark.parametrize("cell", ["high", "0x10", "1e", "-", "1_00", "inf", "NAN0"])
def test_a_cell_that_is_no_number_is_a_gap(cell):
    np.testing.assert_array_equal(matrix(f"name,a,b\nx,1,2\ny,3,{cell}\n"), [[1, 2], [3, np.nan]])


@pytest.mark.parametrize("body", ['x,1,2\ny,3,"4"\n', "x,1,2\n\ny,3,4\n", "x,1,2\ny,3, 4\n"])
def test_quotes_blanks_and_empty_lines_do_not_matter(body):
    np.testing.assert_array_equal(matrix(f"name,a,b\n{body}"), [[1, 2], [3, 4]])


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("x,1,2\ny,3\n", "line 3 has 2 cells where the header has 3"),
        ('"x",1,2\n"y",3\n', "line 3 has 2 cells where the header has 3"),
        ("x,1,2\ny,3,4,5\n", "could not be read"),
    ],
)
def test_a_row_that_is_not_whole_is_refused(body, message):
    with pytest.raises(UnreadableTableError, match=message):
        matrix(f"name,a,b\n{body}")


def test_a_panel_of_official_files_has_their_numbers(tmp_path):
    shape = Shape(lines=60, twice=5, genes=120, screened=50, perturbations=80)
    write_depmap(tmp_path, shape)
    expression, effect, _ = drawn(shape)
    genes, perturbed = ([f"GENE{number}" for number in range(size)] for size in (shape.genes, shape.perturbations))
    sources = PanelSources(
        tmp_path / EXPRESSION, tmp_path / "CRISPRGeneEffect.csv", tmp_path / "Model.csv", unit="log2(TPM+1)"
    )
    panel = read_panel(sources)
    assert (
        panel.expression.shape == (50, 120)
        and panel.unlabelled.shape == (10, 120)
        and len(panel.report.expression.other_profiles) == 5
    )
    np.testing.assert_allclose(panel.expression[genes], expression[:50], rtol=1e-6)
    np.testing.assert_allclose(panel.unlabelled[genes], expression[50:], rtol=1e-6)
    np.testing.assert_allclose(panel.response[perturbed], effect, rtol=1e-6)


def test_training_from_official_files_ends_with_a_model(tmp_path, capsys):
    write_depmap(tmp_path, Shape(lines=60, twice=5, genes=120, screened=50, perturbations=30))
    files = [
        "--expression",
        str(tmp_path / EXPRESSION),
        "--response",
        str(tmp_path / "CRISPRGeneEffect.csv"),
        "--lines",
        str(tmp_path / "Model.csv"),
    ]
    arguments = [
        "train",
        *files,
        "--unit",
        "log2(TPM+1)",
        "--name",
        "made",
        "--accuracy",
        "none",
        "--home",
        str(tmp_path / "store"),
    ]
    assert main(arguments) == 0
    assert "50 lines, 120 genes, 30 perturbations, gene effect" in capsys.readouterr().out


def test_a_last_column_without_a_title_shifts_no_name():
    with pytest.raises(UnreadableTableError, match="last column has no title"):
        read_table(b"mine,a,b,\nx,1,2,3\ny,4,5,6\n", "t.csv")
    assert list(read_table(b",a,b,\nx,1,2,3\ny,4,5,6\n", "t.csv").columns) == ["a", "b", ""]
    assert read_table(b",a,b,\nx,1,2,3\ny,4,5,6\n", "t.csv").to_numpy().tolist() == [[1, 2, 3], [4, 5, 6]]


def _without_a_title(names, cell):
    titles = ["PDCD2", "PARVB", "RTCB", "HDAC9"]
    rows = [[name, *(cell(3 * row + column) for column in range(3)), ""] for row, name in enumerate(names)]
    return "\n".join(";".join(row) for row in [titles, *rows]).encode()


@pytest.mark.parametrize("names", [["905937", "905951", "905958"], ["1", "2", "3"]])
def test_numbers_that_call_samples_without_a_title_are_names(names):
    content = _without_a_title(names, lambda number: f"{1.37 * number:.2f}".replace(".", ","))
    table = read_columns(content, "t.csv", options=TableOptions(is_gene=str.isupper)).frame
    assert [str(name) for name in table.iloc[:, 0]] == names
    assert table["PARVB"].tolist() == pytest.approx([1.37, 5.48, 9.59]) and set(table["HDAC9"]) == {""}


def test_whole_numbers_that_may_be_names_or_counts_are_asked():
    content = _without_a_title(["1200", "3400", "5600"], lambda number: str(100 * number))
    with pytest.raises(UnreadableTableError, match="names of samples without a title"):
        read_columns(content, "t.csv", options=TableOptions(is_gene=str.isupper))


@pytest.mark.parametrize(("text", "encoding"), [("対照1", "shift_jis"), ("Łódź 1", "cp1250"), ("样本", "gb18030")])
def test_letters_that_were_guessed_wrongly_are_said(text, encoding):
    raw = read_columns(f"gene,{text}\nKIT,1.5\nMYC,2.5\n".encode(encoding), "t.csv")
    assert len(raw.warnings) == 1 and "not UTF-8" in raw.warnings[0] and "Windows-1252" in raw.warnings[0]


def test_letters_that_were_guessed_and_may_be_right_are_a_note():
    raw = read_columns("gene,Müller\nKIT,1.5\nMYC,2.5\n".encode("cp1252"), "t.csv")
    assert raw.warnings == () and any("Müller" in note for note in raw.notes)
    assert read_columns("gene,Müller\nKIT,1.5\n".encode(), "t.csv").notes == ()


@pytest.mark.parametrize("names", [["1.1", "1.10", "1.2"], ["1E5", "2E5", "3E5"], ["001", "010", "100"]])
def test_names_under_a_title_stay_as_they_are_written(names):
    rows = "\n".join(f"{name},{1.5 + n},{2.5 + n},0.5" for n, name in enumerate(names))
    assert read_table(f"sample,KIT,MYC,TP53\n{rows}\n".encode(), "t.csv").index.tolist() == names


def test_a_date_above_the_titles_is_no_title():
    raw = read_columns(b"Screen of line A\nDate,2024-01-01\n\ngene,LFC\nKIT,-1.5\nMYC,0.5\nTP53,0.25\n", "t.csv")
    assert list(raw.frame.columns) == ["gene", "LFC"] and len(raw.frame) == 3
    dates = read_columns(b"gene,2024-01-01\nKIT,-1.5\nMYC,0.5\n", "t.csv")
    assert list(dates.frame.columns) == ["gene", "2024-01-01"]


def test_two_like_sheets_are_asked_or_refused_with_a_way_out():
    stream = io.BytesIO()
    with pd.ExcelWriter(stream, engine="openpyxl") as book:
        for sheet in ("TPM", "counts"):
            pd.DataFrame({"gene": [f"G{n}" for n in range(20)], "a": range(20)}).to_excel(
                book, sheet_name=sheet, index=False
            )
    with pytest.raises(ChoiceNeededError) as asked:
        read_columns(stream.getvalue(), "b.xlsx", options=TableOptions(can_ask=True))
    assert asked.value.choices == ("TPM", "counts")
    with pytest.raises(UnreadableTableError, match=r"TPM, counts\. Save the one that is meant as a file of its own"):
        read_columns(stream.getvalue(), "b.xlsx")
    for sheet in ("counts", "Counts"):
        assert read_columns(stream.getvalue(), "b.xlsx", options=TableOptions(sheet)).frame.shape == (20, 2)
