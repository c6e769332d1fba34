"""Lines under every name that a table of lines has, and patients that nobody knows."""

import pandas as pd
import pytest

from leap_core.panel.line_names import LineNames
from leap_core.panel.lines import annotate, read_line_table

TABLE = pd.DataFrame(
    {"StrippedCellLineName": ["TT", "TT", "A549"], "CellLineName": ["TT", "T.T", "A-549"]},
    index=["ACH-000001", "ACH-000002", "ACH-000003"],
)


@pytest.mark.parametrize(
    ("label", "line"),
    [
        ("ACH.000003", "ACH-000003"),
        ("ach_000003", "ACH-000003"),
        ("a549", "ACH-000003"),
        ("T.T", "ACH-000002"),
        ("TT", "ACH-000001"),
        ("ACH.000009", None),
        ("t t", None),
    ],
)
def test_a_line_is_found_by_its_id_as_r_writes_it_and_by_names_that_marks_alone_tell_apart(label, line):
    assert LineNames.of(TABLE).line_of(label) == line


@pytest.mark.parametrize("unknown", ["Unknown", "-", "0", "n/a", "", "not available"])
def test_nobody_knows_is_no_patient(unknown):
    rows = [f"ACH-{n:06d},{unknown if n % 2 else f'PT-{n}'},Lung" for n in range(1, 7)]
    table = read_line_table("\n".join(["ModelID,PatientID,lineage", *rows]).encode(), "L.csv")
    lines = annotate(table.annotation, pd.Index([f"ACH-{n:06d}" for n in range(1, 7)]))
    assert lines["patient"].nunique() == 6 and lines.loc["ACH-000002", "patient"] == "PT-2"


def test_donors_are_patients():
    table = read_line_table(b"cell_line,donor,tissue\nA,P1,Lung\nB,P1,Lung\nC,P2,Skin\n", "L.csv")
    assert table.annotation["patient"].tolist() == ["P1", "P1", "P2"]


@pytest.mark.parametrize("written", [str.upper, str.lower, str])
def test_titles_in_capitals_or_small_letters_are_the_same(written):
    titles = ",".join(map(written, ("ModelID", "PatientID", "OncotreeLineage", "StrippedCellLineName")))
    content = f"{titles}\nACH-000001,PT-1,Skin,A375\nACH-000002,PT-2,Lung,A549\n".encode()
    lines = read_line_table(content, "Model.csv").annotation
    assert lines["patient"].tolist() == ["PT-1", "PT-2"] and lines["lineage"].tolist() == ["Skin", "Lung"]
    assert lines.index.tolist() == ["ACH-000001", "ACH-000002"]
