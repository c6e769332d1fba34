"""Releases in names of files, and whether two of them agree."""

import pytest

from leap_core.panel.reading import PanelSources, read_panel
from leap_core.panel.releases.names import difference_of_releases, releases_in
from tests.conftest import planted_tables


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("DepMap Public 26Q1, CRISPRGeneEffect.csv", ("26Q1",)),
        ("CCLE_expression_21Q3.csv", ("21Q3",)),
        ("my_line_24q2_v2.csv", ("24Q2",)),
        ("GDSC 8.5", ()),
        ("x224Q2.csv", ()),
        ("plate 24Q25", ()),
        ("24Q2 against 24Q4 and 24Q2", ("24Q2", "24Q4")),
    ],
)
def test_releases_are_found(text, found):
    assert releases_in(text) == found


@pytest.mark.parametrize(
    ("file", "panel", "says"),
    [
        ("line_24Q2.csv", "DepMap Public 26Q1", "24Q2, the panel is of 26Q1"),
        ("line_26Q1.csv", "DepMap Public 26Q1", ""),
        ("line.csv", "DepMap 26Q1", ""),
        ("line_24Q2.csv", "GDSC 8.5", ""),
        ("OmicsExpressionProteinCodingGenesTPMLogp1.csv", "DepMap 26Q1", "before 25Q3"),
        ("OmicsExpressionProteinCodingGenesTPMLogp1.csv", "DepMap 24Q2", ""),
        ("OmicsExpressionTPMLogp1HumanProteinCodingGenes.csv", "DepMap 24Q2", "since 25Q3"),
        ("OmicsExpressionTPMLogp1HumanProteinCodingGenes.csv", "DepMap 25Q3", ""),
    ],
)
def test_a_difference_is_said_and_only_a_known_one(file, panel, says):
    said = difference_of_releases(file, panel)
    assert says in said and bool(said) is bool(says)


def test_a_panel_of_two_releases_says_so(tmp_path):
    expression, response, _ = planted_tables()
    expression.to_csv(tmp_path / "expression_24Q2.csv")
    for name, notes in (("CRISPRGeneEffect_23Q4.csv", 1), ("CRISPRGeneEffect_24Q2.csv", 0)):
        response.to_csv(tmp_path / name)
        panel = read_panel(PanelSources(tmp_path / "expression_24Q2.csv", tmp_path / name))
        assert len(panel.report.notes) == notes
        assert not notes or "expression speaks of release 24Q2, the response is of 23Q4" in panel.report.notes[0]
