"""Large matrices of numbers: the numbers that are written there, or none at all."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.official import EXPRESSION, Shape, write_depmap
from leap_core.cli import main
from leap_core.io import wide_text
from leap_core.io.tables import read_large_table, read_table
from leap_core.io.wide_text import read_wide_text
from leap_core.panel.panel import PanelSources, read_panel


@pytest.fixture(autouse=True)
def every_size(monkeypatch):
    monkeypatch.setattr(wide_text, "_SMALLEST_BYTES", 0)


def written(folder, text, newline="\n"):
    path = folder / "table.csv"
    path.write_bytes(text.replace("\n", newline).encode())
    return path


numbers = st.one_of(
    st.floats(-1e30, 1e30).map(repr),
    st.floats(-20, 20).map(lambda value: f"{value:.5g}"),
    st.integers(-(10**25), 10**25).map(str),
    st.floats(-1e5, 1e5).map(lambda value: f"{value:e}"),
    st.sampled_from(
        ["", "NA", "NaN", "nan", "0", "-0.0", ".5", "7.", "+3", "1E-3", "0." + "0" * 30 + "1", "1" + "0" * 30]
    ),
)


@given(
    st.lists(st.lists(numbers, min_size=3, max_size=3), min_size=2, max_size=6),
    st.sampled_from(["\n", "\r\n"]),
    st.booleans(),
)
def test_values_are_the_numbers_written(tmp_path_factory, rows, newline, ended):
    text = "".join(f'"line ""{number}"", x",{",".join(row)}\n' for number, row in enumerate(rows))
    text = "name,a,b,c\n" + (text if ended else text.removesuffix("\n"))
    wide = read_wide_text(written(tmp_path_factory.mktemp("wide"), text, newline))
    expected = np.array([[float(cell) if cell not in ("", "NA") else np.nan for cell in row] for row in rows]).astype(
        np.float32
    )
    assert (
        wide is not None
        and wide.titles == ["name", "a", "b", "c"]
        and wide.text == [[f'line "{number}", x' for number in range(len(rows))]]
    )
    np.testing.assert_array_equal(np.isnan(wide.values), np.isnan(expected))
    np.testing.assert_array_max_ulp(np.nan_to_num(wide.values), np.nan_to_num(expected), maxulp=1)


@pytest.mark.parametrize(
    "body",
    [
        "x,1,2\ny,1,high\n",
        "x,1,2\ny,1\n",
        "x,1,2\ny,1,2,3\n",
        "x,1,2\ny,1,0x10\n",
        "x,1,2\ny,1,1e\n",
        "x,1,2\ny,1,-\n",
        "x,1,2\ny,1,1_000\n",
        'x,1,2\ny,1,"2"\n',
        "x,1,2\n\ny,1,2\n",
        "x,1,2\ny,1,inf\n",
        "x,1,2\ny,1, 2\n",
        'x,1,2\n"y,1,2\n',
        "x,1,2\ny,1,NAN0\n",
    ],
)
def test_what_is_not_plain_is_left_to_the_general_reader(tmp_path, body):
    assert read_wide_text(written(tmp_path, f"name,a,b\n{body}")) is None


def test_small_files_are_left_to_the_general_reader(tmp_path, monkeypatch):
    path = written(tmp_path, "name,a,b\nx,1,2\ny,3,4\n")
    assert read_wide_text(path) is not None
    monkeypatch.setattr(wide_text, "_SMALLEST_BYTES", 1000)
    assert read_wide_text(path) is None


def test_an_official_table_is_the_same_by_both_ways(tmp_path, monkeypatch):
    shape = Shape(lines=60, twice=5, genes=120, screened=50, perturbations=80)
    write_depmap(tmp_path, shape)
    fast = read_large_table(tmp_path / EXPRESSION)
    slow = read_table(tmp_path / EXPRESSION, EXPRESSION)
    assert fast.index.tolist() == slow.index.tolist() and fast.columns.tolist() == slow.columns.tolist()
    np.testing.assert_allclose(fast.iloc[:, 5:].to_numpy(float), slow.iloc[:, 5:].to_numpy(float), rtol=1e-6)
    sources = PanelSources(
        tmp_path / EXPRESSION, tmp_path / "CRISPRGeneEffect.csv", tmp_path / "Model.csv", unit="log2(TPM+1)"
    )
    panel = read_panel(sources)
    assert (
        panel.expression.shape == (50, 120)
        and panel.unlabelled.shape == (10, 120)
        and len(panel.report.expression.other_profiles) == 5
    )
    monkeypatch.setattr(wide_text, "_SMALLEST_BYTES", 10**9)
    other = read_panel(sources)
    np.testing.assert_allclose(panel.expression, other.expression, rtol=1e-6)
    np.testing.assert_allclose(panel.response, other.response, rtol=1e-6)
    assert panel.report == other.report and panel.entrez == other.entrez


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
