"""Several studies' expression in one panel: the first stays, batches go away, what cannot be joined is refused."""

import numpy as np
import pandas as pd
import pytest

from leap_core.__main__ import main
from leap_core.errors import PanelError
from leap_core.panel.joining import combat, join_study
from leap_core.panel.quantiles import quantiles_of
from leap_core.panel.reading import PanelSources, read_panel
from leap_core.panel.studies import FirstStudy, Study, joined_expression
from leap_core.run.store import Store
from leap_core.services.models import load_model
from tests.conftest import planted_tables

UNIT = "log2(TPM+1)"


@pytest.fixture
def studies(tmp_path):
    """A screen of 90 lines whose expression lies in two files.

    The second has a shift and a scale of its own for every gene.
    """
    expression, response, lines = planted_tables()
    random = np.random.default_rng(8)
    second = expression.iloc[55:] * random.uniform(0.7, 1.3, expression.shape[1]) + random.uniform(
        0.2, 1.5, expression.shape[1]
    )
    expression.iloc[:60].to_csv(tmp_path / "first.csv")
    second.to_csv(tmp_path / "second.csv")
    response.to_csv(tmp_path / "CRISPRGeneEffect.csv")
    table = {
        "ModelID": lines.index,
        "PatientID": lines["patient"],
        "StrippedCellLineName": lines["name"],
        "OncotreeLineage": lines["lineage"],
    }
    pd.DataFrame(table).to_csv(tmp_path / "Model.csv", index=False)
    return tmp_path, expression, second


def first_of(expression, lineages=None, unit=UNIT, declared=False):
    return FirstStudy(
        expression, unit, declared, pd.Series(dtype=object) if lineages is None else lineages, expression.index
    )


def test_the_first_study_stays_and_the_second_loses_its_batch(studies):
    folder, expression, second = studies
    sources = PanelSources(
        folder / "first.csv",
        folder / "CRISPRGeneEffect.csv",
        folder / "Model.csv",
        "gene_effect",
        further=(folder / "second.csv",),
    )
    panel = read_panel(sources)
    assert len(panel.lines) == 90 and panel.unit == UNIT
    np.testing.assert_allclose(
        panel.expression.loc[expression.index[:60], expression.columns], expression.iloc[:60], atol=1e-5
    )
    added = expression.index[60:]
    first, brought = expression.iloc[:60], panel.expression.loc[added, expression.columns]
    np.testing.assert_allclose(brought, join_study(first, second.loc[added])[0], rtol=1e-4, atol=1e-4)
    apart = [(np.abs(table.mean() - first.mean()) / first.std()).mean() for table in (second.loc[added], brought)]
    assert apart[0] > 0.3 and apart[1] < 0.1
    said = (
        "30 lines of second.csv joined by 60 genes, ComBat, the first table as frozen reference; 30 of them were"
        " screened"
    )
    assert panel.report.notes == (said,)
    assert set(sources.digests()) == {"expression", "response", "lines", "further expression 1"}
    alone = read_panel(
        PanelSources(folder / "first.csv", folder / "CRISPRGeneEffect.csv", folder / "Model.csv", "gene_effect")
    )
    assert len(alone.lines) == 60 and not alone.report.notes


def test_a_turned_table_in_depmaps_layout_is_the_same_study(studies):
    folder, _, second = studies
    files = (folder / "first.csv", folder / "CRISPRGeneEffect.csv", None, "gene_effect")
    plain = read_panel(PanelSources(*files, further=(folder / "second.csv",)))
    second.T.to_csv(folder / "turned.csv")
    official = second.rename(columns=lambda gene: f"{gene} (7)").reset_index(names="ModelID")
    official.insert(0, "IsDefaultEntryForModel", "Yes")
    other = official.iloc[[30]].assign(IsDefaultEntryForModel="No", **{"G3 (7)": 99.0})
    pd.concat([official, other]).to_csv(folder / "official.csv")
    for name in ("turned.csv", "official.csv"):
        panel = read_panel(PanelSources(*files, further=(folder / name,)))
        pd.testing.assert_frame_equal(panel.expression, plain.expression, rtol=1e-5)
    assert "1 of its rows, not the default profile of their line or repeated, were left out" in panel.report.notes[0]


def test_lines_of_both_studies_tell_the_batch_where_lineages_differ(studies):
    """Lines of a lineage of their own: what sets them apart is kept where shared lines tell the batch from it."""
    _, expression, _ = studies
    random = np.random.default_rng(5)
    truth = expression.copy()
    truth.iloc[60:] += random.uniform(0, 2, expression.shape[1])
    batch = random.uniform(0.5, 1.5, expression.shape[1])
    lineages = pd.Series(["Lung"] * 60 + ["Skin"] * 30, index=expression.index)
    first, second = first_of(truth.iloc[:60], lineages, declared=True), truth.iloc[45:] + batch
    table, notes = joined_expression(first, [Study("a", second)])
    assert "ComBat, learnt from 15 lines that both have" in notes[0]
    np.testing.assert_allclose(
        table.iloc[60:],
        combat(*(part.to_numpy() for part in (truth.iloc[45:60], second.iloc[:15], second.iloc[15:]))),
        rtol=1e-5,
    )
    anchored = np.abs(table.iloc[60:] - truth.iloc[60:]).to_numpy().mean()
    without, notes = joined_expression(first, [Study("a", second.iloc[15:])])
    assert "for its lines are of other lineages" in notes[0]
    forced, notes = joined_expression(first, [Study("a", second.iloc[15:])], "combat")
    assert "ComBat, the first table as frozen reference" in notes[0]
    assert anchored < 0.1 and anchored < 0.3 * min(
        np.abs(part.iloc[60:] - truth.iloc[60:]).to_numpy().mean() for part in (forced, without)
    )
    alike = pd.Series(["Lung", "Skin"] * 45, index=expression.index)
    assert (
        "ComBat, the first"
        in joined_expression(first_of(truth.iloc[:60], alike, declared=True), [Study("a", second.iloc[15:])])[1][0]
    )


def test_few_lines_missing_genes_and_lines_that_are_there(studies):
    _, expression, second = studies
    first = first_of(expression.iloc[:60])
    parts = [Study("a", second.iloc[:5]), Study("b", second.iloc[:9].iloc[:, 5:]), Study("c", second.iloc[:9])]
    table, notes = joined_expression(first, parts)
    assert len(table) == 64 and list(table.columns) == list(expression.columns)
    assert table.iloc[60:, :5].isna().all(axis=None) and table.iloc[60:, 5:].notna().all(axis=None)
    assert notes[0] == "a adds no line that is not there already" == notes[2].replace("c adds", "a adds")
    assert notes[1].startswith("4 lines of b joined by 55 genes, mapped to the first table's quantiles")
    assert notes[1].endswith("0 of them were screened; 5 of the first table's genes are not in it")
    pd.testing.assert_frame_equal(table.iloc[:60], first.expression)


def test_a_gene_that_one_study_has_as_a_constant_is_a_gap(studies):
    _, expression, second = studies
    table, _ = joined_expression(first_of(expression.iloc[:60]), [Study("a", second.iloc[5:].assign(G4=0.0))])
    assert table.iloc[60:]["G4"].isna().all() and table.iloc[60:].drop(columns="G4").notna().all(axis=None)


def test_gaps_do_not_pull_quantiles_down():
    random = np.random.default_rng(0)
    whole = random.normal(8, 1, (30, 200))
    gappy = whole.copy()
    gappy[random.random(whole.shape) < 0.02] = np.nan
    np.testing.assert_allclose(quantiles_of(gappy), quantiles_of(whole), atol=0.1)
    np.testing.assert_array_equal(quantiles_of(whole), np.sort(whole, axis=1).mean(axis=0))


def test_what_cannot_be_joined_is_refused_with_its_name(studies):
    _, expression, second = studies
    first = first_of(expression.iloc[:60])
    with pytest.raises(PanelError, match=r"mine\.csv has 20 of the 60 genes"):
        joined_expression(first, [Study("mine.csv", second.iloc[:, :20])])
    with pytest.raises(PanelError, match=r"mine\.csv is in log2\(TPM\+1\), the first expression table in RMA log2"):
        joined_expression(first_of(expression.iloc[:60], unit="RMA log2"), [Study("mine.csv", second)])
    with pytest.raises(PanelError, match=r"mine\.csv: The expression table is neither"):
        joined_expression(first, [Study("mine.csv", np.exp2(second) * 100)])
    assert (
        len(joined_expression(first_of(expression.iloc[:60], declared=True), [Study("x", np.exp2(second) * 100)])[0])
        == 90
    )


def test_train_on_two_studies(studies, capsys):
    folder, _, _ = studies
    command = [
        "train",
        "--expression",
        str(folder / "first.csv"),
        "--more-expression",
        str(folder / "second.csv"),
        "--response",
        str(folder / "CRISPRGeneEffect.csv"),
        "--lines",
        str(folder / "Model.csv"),
        "--score",
        "gene_effect",
        "--name",
        "both",
        "--accuracy",
        "none",
        "--home",
        str(folder / "home"),
    ]
    assert main(command) == 0, capsys.readouterr()
    model = load_model("both", Store(folder / "home"))
    assert len(model.panel.lines) == 90 and "ComBat" in model.panel.report.notes[0]
    assert main([*command, "--panel", "abc"]) == 2 and "stays as it is" in capsys.readouterr().err
