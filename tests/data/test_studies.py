"""Several studies' expression in one panel: the first stays, batches go away, what cannot be joined is refused."""

import numpy as np
import pandas as pd
import pytest

from leap_core.__main__ import main
from leap_core.data.joining import join_study
from leap_core.data.panel import PanelSources, read_panel
from leap_core.data.studies import joined_expression
from leap_core.errors import PanelError
from leap_core.models import load_model
from leap_core.storage.store import Store
from tests.conftest import planted_tables

UNIT = "log2(TPM+1)"


@pytest.fixture
def studies(tmp_path):
    """A screen of 90 lines whose expression lies in two files; the second has a shift and a scale of its own for every gene."""
    expression, response, lines = planted_tables()
    random = np.random.default_rng(8)
    second = expression.iloc[55:] * random.uniform(0.7, 1.3, expression.shape[1]) + random.uniform(0.2, 1.5, expression.shape[1])
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


def test_the_first_study_stays_and_the_second_loses_its_batch(studies):
    folder, expression, second = studies
    sources = PanelSources(
        folder / "first.csv", folder / "CRISPRGeneEffect.csv", folder / "Model.csv", "gene_effect", further=(folder / "second.csv",)
    )
    panel = read_panel(sources)
    assert len(panel.lines) == 90 and panel.unit == UNIT
    np.testing.assert_allclose(panel.expression.loc[expression.index[:60], expression.columns], expression.iloc[:60], atol=1e-5)
    added = expression.index[60:]
    first, brought = expression.iloc[:60], panel.expression.loc[added, expression.columns]
    np.testing.assert_allclose(brought, join_study(first, second.loc[added])[0], rtol=1e-4, atol=1e-4)
    apart = [(np.abs(table.mean() - first.mean()) / first.std()).mean() for table in (second.loc[added], brought)]
    assert apart[0] > 0.3 and apart[1] < 0.1
    assert panel.report.notes == ("30 lines of second.csv joined by 60 shared genes: ComBat, the panel as frozen reference",)
    assert set(sources.digests()) == {"expression", "response", "lines", "further expression 1"}
    alone = read_panel(PanelSources(folder / "first.csv", folder / "CRISPRGeneEffect.csv", folder / "Model.csv", "gene_effect"))
    assert len(alone.lines) == 60 and not alone.report.notes


def test_few_lines_missing_genes_and_lines_that_are_there(studies):
    _, expression, second = studies
    first = expression.iloc[:60]
    table, notes = joined_expression(first, [("a", second.iloc[:5]), ("b", second.iloc[:9].iloc[:, 5:]), ("c", second.iloc[:9])], UNIT)
    assert len(table) == 64 and list(table.columns) == list(expression.columns)
    assert table.iloc[60:, :5].isna().all(axis=None) and table.iloc[60:, 5:].notna().all(axis=None)
    assert notes[0] == "a adds no line that is not there already" == notes[2].replace("c adds", "a adds")
    assert notes[1].startswith("4 lines of b joined by 55 shared genes: mapped to the panel's quantiles")
    pd.testing.assert_frame_equal(table.iloc[:60], first)


def test_what_cannot_be_joined_is_refused_with_its_name(studies):
    _, expression, second = studies
    first = expression.iloc[:60]
    with pytest.raises(PanelError, match=r"mine\.csv shares 20 of the 60 genes"):
        joined_expression(first, [("mine.csv", second.iloc[:, :20])], UNIT)
    with pytest.raises(PanelError, match=r"mine\.csv is in log2\(TPM\+1\), the first expression table in RMA log2"):
        joined_expression(first, [("mine.csv", second)], "RMA log2")


def test_train_on_two_studies(studies, capsys):
    folder, _, _ = studies
    command = ["train", "--expression", str(folder / "first.csv"), "--more-expression", str(folder / "second.csv"), "--response", str(folder / "CRISPRGeneEffect.csv"),
               "--lines", str(folder / "Model.csv"), "--score", "gene_effect", "--name", "both", "--accuracy", "none", "--home", str(folder / "home")]  # fmt: skip
    assert main(command) == 0, capsys.readouterr()
    model = load_model("both", Store(folder / "home"))
    assert len(model.panel.lines) == 90 and "ComBat" in model.panel.report.notes[0]
