"""Workbooks, lists and controls: types right, nothing a spreadsheet would run, controls by their rules."""

import io
import shutil
import subprocess
import zipfile
from xml.sax.saxutils import escape

import numpy as np
import pandas as pd
import pytest
from openpyxl import load_workbook

from leap_core.ranking.controls import NEGATIVE, POSITIVE, SPECIFICITY, matched_controls
from leap_core.report.cells import neutralised
from leap_core.report.excel import Sheet, workbook
from leap_core.report.lists import chunks, entrez_ids, names, rnk


@pytest.fixture
def table():
    return pd.DataFrame(
        {
            "predicted": [1.5, np.nan, -np.inf],
            "status": ["ok", "=HYPERLINK(1)", "+1"],
            "expressed": pd.array([True, None, False], dtype="boolean"),
            "n": [1, 2, 3],
        },
        index=pd.Index(["MARCHF1", "=cmd()", "SEPTIN2"], name="perturbation"),
    )


@pytest.mark.parametrize(
    ("text", "safe"), [("=1+1", "'=1+1"), ("+x", "'+x"), ("-x", "'-x"), ("@x", "'@x"), ("TP53", "TP53"), ("", "")]
)
def test_what_a_cell_would_run_begins_with_an_apostrophe(text, safe):
    assert neutralised(text) == safe


def test_a_workbook_keeps_types_and_runs_nothing(table):
    content = workbook(
        {"Hits": Sheet(table), "A title far too long for a sheet of a workbook": Sheet(table)},
        [("Model", "=danger")],
        red="RED INPUT: no",
    )
    book = load_workbook(io.BytesIO(content))
    assert book.sheetnames == ["Hits", "A title far too long for a shee", "Read-me"]
    sheet = book["Hits"]
    assert sheet["A1"].value == "RED INPUT: no" and [cell.value for cell in sheet[2]] == [
        "Perturbation",
        "Predicted",
        "Status",
        "Expressed",
        "N",
    ]
    assert [cell.value for cell in sheet["A"][2:]] == ["MARCHF1", "'=cmd()", "SEPTIN2"] and {
        cell.number_format for cell in sheet["A"][2:]
    } == {"@"}
    assert [cell.value for cell in sheet["B"][2:]] == [1.5, None, None] and [cell.value for cell in sheet["D"][2:]] == [
        True,
        None,
        False,
    ]
    assert all(cell.data_type != "f" for sheet in book for row in sheet.iter_rows() for cell in row)
    frame = pd.read_excel(io.BytesIO(content), sheet_name="Hits", engine="openpyxl", header=1, index_col=0)
    assert frame.loc["SEPTIN2", "N"] == 3


def test_ranks_names_ids_and_chunks():
    table = pd.DataFrame({"z": [1.0, np.nan, 3.0]}, index=["B", "C", "A"])
    assert rnk(table) == b"A\t3\nB\t1\n" and names(table) == b"B\nC\nA\n"
    assert entrez_ids(table, {"B": "2", "A": "1"}) == b"2\n1\n# no Entrez id is known of C\n"
    many = pd.DataFrame(index=[f"G{n}" for n in range(450)])
    with zipfile.ZipFile(io.BytesIO(chunks(many, "s"))) as archive:
        sizes = [len(archive.read(name).split()) for name in archive.namelist()]
        assert archive.namelist() == ["s_01.txt", "s_02.txt", "s_03.txt"] and sizes == [200, 200, 50]
    assert chunks(many, "s") == chunks(many, "s")


def test_controls_follow_their_rules_and_leave_the_hits_alone():
    table = pd.DataFrame(
        {
            "panel_class": ["common essential"] * 3 + ["never dependent"] * 3 + ["strongly selective"] * 4,
            "panel_mean": [-1.0, -2.0, -1.5, 0.1, 0.0, 0.2, -0.2, -0.1, -0.1, -0.1],
            "accuracy": [0.5] * 6 + [0.6, 0.4, 0.1, 0.9],
            "probability": [0.1] * 6 + [0.01, 0.02, 0.01, 0.5],
            "accuracy_metric": "spearman",
            "expressed": pd.array([True, True, True, True, False, None, True, True, True, True], dtype="boolean"),
        },
        index=list("abcdefghij"),
    )
    found = matched_controls(table, pd.Index(["b", "z"]), 2, higher_is_stronger=False)
    assert found[found["control"] == POSITIVE].index.tolist() == ["c", "a"]
    assert found[found["control"] == NEGATIVE].index.tolist() == ["e", "f"]
    assert found[found["control"] == SPECIFICITY].index.tolist() == ["g", "h"]
    assert found["rule"].str.len().min() > 10 and matched_controls(table, table.index, 5, False).empty
    # Relative scores cannot tell that no line depends on a gene; what is off in this sample stands in.
    relative = table.assign(panel_class=table["panel_class"].replace("never dependent", ""), share_dependent=np.nan)
    assert matched_controls(relative, pd.Index(["b"]), 3, False).query("control == 'negative'").index.tolist() == ["e"]


def test_libreoffice_reads_the_types_and_finds_nothing_to_run(tmp_path):
    office = shutil.which("soffice")
    if office is None:
        pytest.skip("no LibreOffice on this machine (apt-get install libreoffice-calc)")
    labels = ["1-Mar", "MARCHF1", "2-Sep", "SEPTIN2", "007", "1E5", "TRUE", "=1+1", "+SUM(A1)", "@x", "3/4"]
    table = pd.DataFrame(
        {"predicted": np.linspace(-1, 1, len(labels)), "targets": labels[::-1]},
        index=pd.Index(labels, name="perturbation"),
    )
    (tmp_path / "hits.xlsx").write_bytes(workbook({"Hits": table}, [("Sample", "=x")]))
    profile = f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}"
    subprocess.run(
        [office, profile, "--headless", "--convert-to", "fods", "--outdir", tmp_path, tmp_path / "hits.xlsx"],
        check=True,
        capture_output=True,
        timeout=120,
    )
    content = (tmp_path / "hits.fods").read_text(encoding="utf-8")
    assert "table:formula" not in content and content.count('office:value-type="float"') == len(labels)
    assert 'office:value-type="date"' not in content and 'office:value-type="boolean"' not in content
    for label in labels:
        assert f"<text:p>{escape(neutralised(label), {chr(39): '&apos;'})}</text:p>" in content, label
