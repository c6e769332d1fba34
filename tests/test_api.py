"""The Python API as its documentation types it: panel, training, scoring, files; and scikit-learn's contract."""

import re

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.model_selection import GroupKFold, cross_val_score
from sklearn.utils.estimator_checks import parametrize_with_checks

import leap_core as leap
import leap_core.api
from leap_core.errors import SampleError, UnknownModelError, UserError
from leap_core.model.catalogue import recipe_called
from leap_core.panel.kept import keep_panel
from leap_core.ranking.hit_table import View
from leap_core.run.runtime import Runtime
from leap_core.run.store import Store
from leap_core.services.demo import DEMO_GENES
from leap_core.services.training import train as train_service
from tests.conftest import ROOT, planted_tables

MELANOMA = ROOT / "data" / "demo" / "heldout_melanoma.csv"
NOT_HELD = {
    "check_estimators_pickle": (
        "It makes 10 of 90 cells of three features missing, and genes missing in 5 % of the lines or more are dropped:"
        " nothing is left. Pickling itself has a test of its own."
    )
}


@pytest.fixture(scope="module")
def model(demo_store):
    return leap.load(DEMO_GENES, home=demo_store.home)


@pytest.fixture(scope="module")
def result(model):
    results = model.score(MELANOMA)
    assert list(results) == ["SIM-MEL-HELDOUT"] and results.refused == {}
    return results["SIM-MEL-HELDOUT"]


def write_planted_tables(folder):
    """Write the tables under DepMap's names; return the expression."""
    expression, response, lines = planted_tables()
    expression.to_csv(folder / "OmicsExpression.csv")
    response.to_csv(folder / "CRISPRGeneEffect.csv")
    renamed = lines.rename(columns={"patient": "PatientID", "name": "CellLineName", "lineage": "OncotreeLineage"})
    renamed.rename_axis("ModelID").to_csv(folder / "Model.csv")
    return expression


def test_a_panel_is_read_trained_and_scored(tmp_path):
    write_planted_tables(tmp_path)
    panel = leap.read_panel(
        tmp_path / "OmicsExpression.csv",
        tmp_path / "CRISPRGeneEffect.csv",
        lines=tmp_path / "Model.csv",
        score="gene_effect",
        unit="log2(TPM+1)",
    )
    assert panel.response.shape == (90, 12) and panel.score.key == "gene_effect"
    model = leap.train(panel, recipe="leap-best", name="mine", home=tmp_path / "home", workers=1)
    assert model.accuracy_measured and leap.load("mine", home=tmp_path / "home").key == model.key
    store = Store(tmp_path / "service")
    key = train_service(keep_panel(panel, store), recipe_called("leap-best"), "outer", Runtime(store), "m")
    assert key == model.key
    with pytest.raises(UnknownModelError, match="There is no model called 'yours'"):
        leap.load("yours", home=tmp_path / "home")


def test_the_lines_of_the_documentation_work(tmp_path, monkeypatch):
    blocks = {
        name: re.findall(r"```python\n(.+?)```", (ROOT / name).read_text(encoding="utf-8"), re.DOTALL)
        for name in ("README.md", "docs/api.md")
    }
    assert blocks["README.md"] == blocks["docs/api.md"][:1] and len(blocks["docs/api.md"]) == 3
    expression = write_planted_tables(tmp_path)
    (expression.head(1) + 0.1).set_axis(["my_line"]).T.to_csv(tmp_path / "my_line.csv")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LEAP_HOME", str(tmp_path / "home"))
    names = {}
    for block in blocks["docs/api.md"]:
        exec(block, names)
    assert len(names["result"].table) == 12


def test_a_result_says_what_the_pages_say(result, model):
    assert result.passport.light == "green"
    assert result.hits.head(20)["priority"].is_monotonic_decreasing and len(result.hits) < len(result.table)
    assert result.members.shape[1] == len(model.table)
    np.testing.assert_allclose(result.members.mean()[result.table.index], result.table["predicted"], rtol=1e-5)
    promise = result.budget(20)
    assert 0 < promise.expected <= 20 and promise.low <= promise.high
    everything = result.with_view(View(minimum_accuracy=None, hide_common_essential=False))
    assert len(everything.hits) == len(model.table)
    explained = result.explain(str(result.hits.index[0]))
    assert explained.perturbation == result.hits.index[0] and len(explained.table())


def test_files_hold_the_list_and_where_it_comes_from(result, tmp_path):
    result.to_csv(tmp_path / "hits.csv", 10)
    lines = (tmp_path / "hits.csv").read_text(encoding="utf-8").splitlines()
    assert any("SIMULATED DATA" in line for line in lines) and any("first 10 of" in line for line in lines)
    read = pd.read_csv(tmp_path / "hits.csv", comment="#", index_col=0)
    assert read.index.tolist() == result.hits.index[:10].tolist()
    result.to_excel(tmp_path / "hits.xlsx", 10)
    sheet = pd.read_excel(tmp_path / "hits.xlsx", sheet_name="Hits", engine="openpyxl")
    assert len(sheet) >= 10
    result.to_html(tmp_path / "report.html")
    assert "SIM-MEL-HELDOUT" in (tmp_path / "report.html").read_text(encoding="utf-8")
    result.to(tmp_path / "ids.txt", "txt", 5)
    assert (tmp_path / "ids.txt").read_text().split() == [str(name) for name in result.hits.index[:5]]
    with pytest.raises(UserError, match="no format 'pdf'"):
        result.to(tmp_path / "x.pdf", "pdf")


def test_what_cannot_be_scored_is_refused_in_words(model, tmp_path):
    with pytest.raises(SampleError):
        model.score(ROOT / "data" / "demo" / "broken_statistics.csv")
    with pytest.raises(UserError, match="at least one file"):
        model.score()
    with pytest.raises(KeyError, match="no sample 'x'; scored: SIM-MEL-HELDOUT"):
        model.score(MELANOMA)["x"]


@parametrize_with_checks(
    [leap.LeapRegressor(min_lines=10, n_jobs=1), leap.LeapRegressor("leap-lasso", layers=2, min_lines=10, n_jobs=1)],
    expected_failed_checks=lambda estimator: NOT_HELD,
)
def test_the_estimator_keeps_scikit_learns_contract(estimator, check):
    check(estimator)


def test_the_estimator_gives_the_numbers_of_the_store(planted_panel, tmp_path):
    panel, store = planted_panel, Store(tmp_path)
    train_service(keep_panel(panel, store), recipe_called("leap-best"), "none", Runtime(store), "m")
    kept = leap.load("m", home=tmp_path)
    estimator = leap.LeapRegressor().fit(panel.expression, panel.response, groups=panel.patients)
    new = panel.expression.iloc[:4] + np.float32(0.1)
    found = estimator.predict(new)
    np.testing.assert_array_equal(found.to_numpy(dtype=np.float32), kept.ensemble.predict(new).predicted.to_numpy())
    np.testing.assert_array_equal(estimator.out_of_fold_, kept.ensemble.out_of_fold)
    assert list(found.columns) == list(panel.response.columns) and list(found.index) == list(new.index)
    assert set(estimator.status_) == {"ok"}


def test_gaps_are_not_screened_and_groups_stay_together(planted_panel):
    expression, response = planted_panel.expression, planted_panel.response.copy()
    response.iloc[:70, 0] = np.nan
    estimator = leap.LeapRegressor(folds=3).fit(expression, response, groups=planted_panel.patients)
    predicted = estimator.predict(expression)
    assert predicted.iloc[:, 0].isna().all() and predicted.iloc[:, 1:].notna().all().all()
    assert estimator.status_[0] == "too few lines"
    folds = pd.Series(estimator.ensemble_.folds).groupby(planted_panel.patients).nunique()
    assert (folds == 1).all() and estimator.ensemble_.folds.max() == 2
    scores = cross_val_score(
        clone(estimator), expression, planted_panel.response, groups=planted_panel.patients, cv=GroupKFold(3)
    )
    assert np.isfinite(scores).all() and scores.mean() > 0.2


def test_the_estimator_survives_pickling_to_another_process(planted_panel):
    import pickle

    estimator = leap.LeapRegressor(folds=3).fit(planted_panel.expression, planted_panel.response)
    again = pickle.loads(pickle.dumps(estimator))
    np.testing.assert_array_equal(again.predict(planted_panel.expression), estimator.predict(planted_panel.expression))


def test_the_package_says_what_there_is():
    assert set(leap.__all__) - {"__version__"} == {
        "LeapRegressor",
        "Model",
        "Panel",
        "Result",
        "load",
        "read_panel",
        "read_samples",
        "train",
    }
    with pytest.raises(AttributeError, match="has no attribute 'nothing'"):
        _ = leap.nothing
