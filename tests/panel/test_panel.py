"""Panels: official layouts, alignment, and everything that is dropped is named."""

import numpy as np
import pandas as pd
import pytest

from leap_core.errors import PanelError, UserError
from leap_core.panel.lines import read_lines
from leap_core.panel.panel import PanelDescription, assemble
from leap_core.panel.reading import PanelSources, read_panel
from leap_core.panel.scores import SCORE_TYPES, score_type
from tests.conftest import planted_tables


def write_official(folder, metadata=True):
    """Write planted tables in DepMap's layout: metadata columns, two profiles of a line, SYMBOL (ENTREZ)."""
    expression, response, lines = planted_tables()
    table = expression.round(4).rename(columns=lambda gene: f"{gene} ({hash(gene) % 9000})")
    if metadata:
        table.insert(0, "IsDefaultEntryForMC", "Yes")
        table.insert(0, "ModelConditionID", [f"MC-{number}" for number in range(len(table))])
        table.insert(0, "IsDefaultEntryForModel", "Yes")
        table.insert(0, "ModelID", table.index)
        table.index = [f"CDS-{number}" for number in range(len(table))]
        second = (
            table.iloc[[0]]
            .assign(IsDefaultEntryForModel="No", **{table.columns[5]: 99.0})
            .rename(index={"CDS-0": "CDS-other"})
        )
        table = pd.concat([second, table])
        table.index.name = "SequencingID"
    table.to_csv(folder / "OmicsExpression.csv")
    effect = response.rename(columns=lambda gene: f"{gene} (1)")
    effect.index.name = "ModelID"
    effect.to_csv(folder / "CRISPRGeneEffect.csv")
    model = pd.DataFrame(
        {
            "ModelID": lines.index,
            "PatientID": lines["patient"],
            "StrippedCellLineName": lines["name"],
            "OncotreeLineage": lines["lineage"],
        }
    )
    model.to_csv(folder / "Model.csv", index=False)
    return (
        PanelSources(folder / "OmicsExpression.csv", folder / "CRISPRGeneEffect.csv", folder / "Model.csv"),
        expression,
        response,
    )


def test_official_layout_gives_the_same_panel_as_a_plain_one(tmp_path):
    sources, expression, response = write_official(tmp_path)
    panel = read_panel(sources)
    assert panel.score.key == "gene_effect" and "lower = more dependent" in panel.score.axis
    assert panel.unit == "log2(TPM+1)"
    np.testing.assert_allclose(panel.expression.loc[expression.index, expression.columns], expression, atol=1e-4)
    np.testing.assert_allclose(panel.response[response.columns], response, rtol=1e-5)
    assert panel.report.expression.other_profiles == ("CDS-other",)
    assert set(panel.report.expression.metadata_columns) >= {"ModelID", "IsDefaultEntryForModel", "ModelConditionID"}
    assert panel.patients[:2] == ["P0", "P0"]


def test_row_and_column_order_change_nothing(tmp_path):
    expression, response, lines = planted_tables()
    one = assemble(expression, response, lines, PanelDescription(score_type("gene_effect"), "r", "log2(TPM+1)"))
    other = assemble(
        expression.iloc[::-1, ::-1],
        response.iloc[::-1],
        lines.iloc[::-1],
        PanelDescription(score_type("gene_effect"), "r", "log2(TPM+1)"),
    )
    pd.testing.assert_frame_equal(one.expression, other.expression)
    pd.testing.assert_frame_equal(one.response, other.response)
    pd.testing.assert_frame_equal(one.lines, other.lines)


def test_transposed_tables_are_turned(tmp_path):
    expression, response, _ = planted_tables()
    expression.T.to_csv(tmp_path / "e.csv")
    response.to_csv(tmp_path / "CRISPRGeneEffect.csv")
    panel = read_panel(PanelSources(tmp_path / "e.csv", tmp_path / "CRISPRGeneEffect.csv"))
    assert panel.expression.shape == expression.shape


def test_gaps_are_dropped_and_named():
    expression, response, lines = planted_tables()
    expression.loc["L003", expression.columns[:40]] = np.nan
    expression.loc[expression.index[:10], "G50"] = np.nan
    response["T0"] = np.nan
    response = response.drop(index="L080")
    panel = assemble(
        expression, response, lines.drop(index="L070"), PanelDescription(score_type("gene_effect"), "r", "log2(TPM+1)")
    )
    assert panel.report.gappy_genes == ("G50",)
    assert panel.report.gappy_lines == ("L003",)
    assert panel.report.unscreened_perturbations == ("T0",)
    assert panel.report.only_expression == ("L080",)
    assert panel.report.unannotated_lines == ("L070",)
    assert panel.lines.loc["L070", "patient"] == "L070" and panel.lines.loc["L070", "lineage"] == "Unknown"
    assert "L080" in panel.unlabelled.index


def test_score_types_are_recognised_only_where_certain(tmp_path):
    expression, response, _ = planted_tables()
    response.columns = [f"drug {number}" for number in range(response.shape[1])]
    expression.to_csv(tmp_path / "e.csv")
    response.to_csv(tmp_path / "screen.csv")
    with pytest.raises(PanelError, match="Declare it with --score"):
        read_panel(PanelSources(tmp_path / "e.csv", tmp_path / "screen.csv"))
    assert (
        read_panel(PanelSources(tmp_path / "e.csv", tmp_path / "screen.csv", score="LN_IC50")).score
        is SCORE_TYPES["ln_ic50"]
    )


def test_too_few_common_lines_says_what_was_found():
    expression, response, lines = planted_tables()
    with pytest.raises(UserError, match=r"Only 0 lines .* at least 30"):
        assemble(
            expression,
            response.rename(index=lambda name: f"x{name}"),
            lines,
            PanelDescription(score_type("gene_effect"), "r"),
        )


def test_lines_listed_twice_are_refused(tmp_path):
    (tmp_path / "m.csv").write_text("ModelID,PatientID\na,p\na,q\n")
    with pytest.raises(PanelError, match="twice"):
        read_lines(tmp_path / "m.csv", "m.csv")


def test_every_score_says_its_direction():
    for score in SCORE_TYPES.values():
        assert ("higher" in score.axis) == score.higher_is_stronger
        assert ("sensitive" in score.axis) == (score.kind == "drug")


def test_ids_that_do_not_match_never_make_genes_into_lines(tmp_path):
    expression, response, _ = planted_tables()
    response.columns = expression.columns[: response.shape[1]]
    wide = pd.concat([response.add_suffix(f"_{number}") for number in range(4)], axis=1)
    wide.columns = expression.columns[: wide.shape[1]]
    expression.to_csv(tmp_path / "e.csv")
    wide.rename(index=lambda name: f"CCLE_{name}").to_csv(tmp_path / "CRISPRGeneEffect.csv")
    with pytest.raises(PanelError, match="Only 0 lines"):
        read_panel(PanelSources(tmp_path / "e.csv", tmp_path / "CRISPRGeneEffect.csv"))


def test_two_transposed_tables_are_turned_where_the_annotation_knows_the_lines(tmp_path):
    sources, expression, response = write_official(tmp_path, metadata=False)
    expression.T.to_csv(sources.expression)
    response.T.to_csv(sources.response)
    panel = read_panel(sources)
    assert panel.expression.shape == expression.shape and panel.response.shape == response.shape


def test_duplicated_columns_and_lines_are_named_not_renamed(tmp_path):
    expression, response, _ = planted_tables()
    doubled = pd.concat([response, response[["T3"]] + 1], axis=1)
    expression.to_csv(tmp_path / "e.csv")
    pd.concat([doubled, doubled.iloc[[4]]]).to_csv(tmp_path / "CRISPRGeneEffect.csv")
    panel = read_panel(PanelSources(tmp_path / "e.csv", tmp_path / "CRISPRGeneEffect.csv"))
    assert panel.response.shape == response.shape
    assert panel.report.response.duplicated_columns == ("T3",) and panel.report.response.duplicated_lines == ("L004",)
    np.testing.assert_allclose(panel.response["T3"], response["T3"], rtol=1e-5)


def test_declarations_are_checked():
    expression, response, lines = planted_tables()
    with pytest.raises(PanelError, match="calls of 0 and 1"):
        assemble(expression, response, lines, PanelDescription(score_type("dependency_call"), "r"))
    with pytest.raises(PanelError, match="No perturbation"):
        assemble(expression, response * np.nan, lines, PanelDescription(score_type("gene_effect"), "r"))
    with pytest.raises(PanelError, match="only 1 patients"):
        assemble(expression, response, lines.assign(patient="one"), PanelDescription(score_type("gene_effect"), "r"))


def test_a_turned_table_keeps_the_lines_that_the_annotation_lacks(tmp_path):
    expression, response, lines = planted_tables()
    expression.to_csv(tmp_path / "e.csv")
    response.T.to_csv(tmp_path / "CRISPRGeneEffect.csv")
    annotation = lines.iloc[:-5].rename_axis("ModelID")
    annotation = annotation.rename(columns={"patient": "PatientID", "lineage": "OncotreeLineage"})
    annotation[["PatientID", "OncotreeLineage"]].to_csv(tmp_path / "Model.csv")
    panel = read_panel(PanelSources(tmp_path / "e.csv", tmp_path / "CRISPRGeneEffect.csv", tmp_path / "Model.csv"))
    assert set(panel.response.index) == set(response.index) and len(panel.report.unannotated_lines) == 5
