"""Several studies on the command line: trained, listed, judged by a study that had no part."""

import json
import shutil
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

import leap_core as leap
from leap_core.cli import USER_MISTAKE, main
from leap_core.errors import SampleError
from leap_core.model.catalogue import recipe_called
from leap_core.run.store import Store
from leap_core.services.housekeeping import unneeded
from leap_core.services.models import delete_model, load_model
from leap_core.services.training import shown_studies
from tests.several_studies import two_studies, written


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    folder = tmp_path_factory.mktemp("several")
    files = written(folder)
    panel = ["--expression", files["expression"], "--response", files["first"], "--score", "ln_ic50"]
    panel += ["--lines", files["lines"], "--drugs", files["drugs"], "--home", folder / "store"]
    also = ["--also-response", f"{files['second']}:act_area"]
    asked = ["train", "--name", "Both", *panel, *also, "--recipe", "leap-multitarget", "--accuracy", "none"]
    assert main([str(part) for part in asked]) == 0
    return folder, [str(part) for part in panel]


def test_a_list_has_the_consensus_and_what_laboratories_agree_on(trained):
    folder, _ = trained
    expression, *_ = two_studies()
    expression.iloc[[5]].rename(index={expression.index[5]: "mine"}).to_csv(folder / "mine.csv")
    common = ["--model", "Both", "--samples", str(folder / "mine.csv"), "--home", str(folder / "store")]
    assert main(["predict", *common, "--out", str(folder / "all.csv")]) == 0
    rows = pd.read_csv(folder / "all.csv").set_index("perturbation")
    both = rows[rows["studies"] == 2]
    assert set(both.index) == {"Alphanib_1001", "Betanib_1002", "Gammanib mesylate_1003", "Delta-12_1004"}
    assert both["by_study"].str.contains("second").all() and both["disagreement"].between(0, 100).all()
    low = both[["panel_percentile"]].min(axis=1) - both["disagreement"] - 1e-6
    assert (both["consensus_percentile"] >= low).all() and both["agreement"].notna().all()
    alone = rows[rows["studies"] == 1]
    pd.testing.assert_series_equal(alone["consensus_percentile"], alone["panel_percentile"], check_names=False)
    assert alone["agreement"].isna().all()


def test_what_is_learnt_from_whom_is_said(trained, capsys):
    folder, panel = trained
    also = ["--also-response", f"{folder / 'second.csv'}:act_area"]
    asked = ["train", "--name", "Again", *panel, *also, "--recipe", "leap-multitarget", "--accuracy", "none"]
    assert main(asked) == 0
    told = capsys.readouterr().out
    assert "second: 108 lines x 5 drugs, activity area (higher = more sensitive); 4 drugs are in both; counts" in told
    assert main(["train", "--name", "Alone", *panel, *also, "--recipe", "pca-ridge", "--accuracy", "none"]) == 0
    assert "this recipe learns nothing from it" in capsys.readouterr().out


def test_the_models_of_further_studies_come_and_go_with_the_first(trained, tmp_path):
    folder, _ = trained
    store = Store(shutil.copytree(folder / "store", tmp_path / "store"))
    model = load_model("Both", store)
    assert list(model.studies) == ["second"] and model.studies["second"].panel.study == "second"
    assert not set(model.trained.parts) & unneeded(store).keys
    keys = {study.key for study in model.trained.studies}
    # Other tests may have trained more on the same panel, with parts in common.
    for name in store.names():
        delete_model(name, store)
    assert not any(store.has(key) for key in keys)


def test_a_study_that_had_no_part_judges(trained, capsys, tmp_path):
    folder, panel = trained
    judge = ["--test-response", str(folder / "second.csv"), "--test-score", "act_area", "--recipe", "leap-multitarget"]
    found = tmp_path / "judged.json"
    assert main(["evaluate", "--task", "another-study", *panel, *judge, "--json", str(found)]) == 0
    told = capsys.readouterr().out
    assert "judged by second: 4 perturbations" in told and "of a screen's" in told and "80 % intervals hold" in told
    agreement = pd.DataFrame(json.loads(found.read_text())["leap-multitarget"]["agreement"])
    assert set(agreement["part"]) == {"all", "general", "specific"} and (agreement["low"] <= agreement["high"]).all()
    assert main(["evaluate", "--task", "another-study", *panel]) == USER_MISTAKE
    assert "--test-response" in capsys.readouterr().err


@pytest.fixture(scope="module")
def with_accuracy(tmp_path_factory):
    """A model that has its accuracy, and a study that has lines of its own.

    What the first study measures of a line's drugs goes together beyond what expression tells.
    """
    files = written(tmp_path_factory.mktemp("judged"))
    first = pd.read_csv(files["first"], index_col=0)
    first.add(np.random.default_rng(4).normal(scale=2.0, size=len(first)), axis=0).to_csv(files["first"])
    also = {files["second"]: "act_area"}
    panel = leap.read_panel(
        files["expression"], files["first"], lines=files["lines"], score="ln_ic50", also=also, drugs=files["drugs"]
    )
    expression, *_ = two_studies()
    return leap.train(panel, recipe="leap-multitarget", name="Several", home=files["first"].parent / "home"), expression


def test_the_consensus_after_a_pilot_is_of_the_predictions_after_it(with_accuracy, tmp_path, monkeypatch):
    model, expression = with_accuracy
    monkeypatch.setattr("leap_core.services.pilot.MIN_ROWS", 3)
    mine = expression.iloc[[5]].rename(index={expression.index[5]: "mine"}) + 0.3
    mine.to_csv(tmp_path / "mine.csv")
    before = model.score(tmp_path / "mine.csv")["mine"]
    names = before.table.index[~before.table.index.isin(["Alphanib_1001"])][:4]
    after = before.with_measured(before.table.loc[names, "predicted"] + 3.0, certain=True)
    row, was = after.table.loc["Alphanib_1001"], before.table.loc["Alphanib_1001"]
    assert row["panel_percentile"] != was["panel_percentile"]
    first, second = (float(part.rpartition(" ")[2]) for part in row["by_study"].split("; "))
    assert first == round(row["panel_percentile"]) and row["by_study"].startswith("first ")
    assert row["disagreement"] == pytest.approx(abs(row["panel_percentile"] - second), abs=0.5)
    assert row["share_of_ceiling"] == pytest.approx(row["accuracy"] / row["ceiling"])


def test_a_line_that_only_another_study_has_screened_is_told(with_accuracy, tmp_path, monkeypatch):
    model, expression = with_accuracy
    monkeypatch.setattr("leap_core.services.pilot.MIN_ROWS", 3)
    monkeypatch.setattr("leap_core.passport.same_line._MIN_GENES", 50)
    other = expression.index[-1]
    assert other not in model.panel.lines.index
    expression.loc[[other]].to_csv(tmp_path / "other.csv")
    result = model.score(tmp_path / "other.csv")[other]
    same = result.passport.same_line
    assert same is not None and same.study == "second" and same.line == other and same.screened
    assert "which second has screened already" in same.sentence
    weight = model.trained.study_weights["second"]
    measured = result.table["predicted"] + 1.0
    if weight > 0:
        with pytest.raises(SampleError, match="whose values in second the model has learnt from"):
            result.with_measured(measured.iloc[:4])
    else:
        result.with_measured(measured.iloc[:4])
    # A line of the first study is told as before.
    own = model.panel.lines.index[0]
    expression.loc[[own]].to_csv(tmp_path / "own.csv")
    assert model.score(tmp_path / "own.csv")[own].passport.same_line.study == ""


def test_recipes_that_tell_perturbations_by_fingerprints_have_no_model_of_further_studies(with_accuracy):
    panel = with_accuracy[0].panel
    assert [study.name for study in shown_studies(panel, recipe_called("leap-best"))] == ["second"]
    assert shown_studies(panel, recipe_called("pp-lightgbm")) == []
    apart = replace(panel.further[0], same=panel.further[0].same.iloc[:0])
    assert shown_studies(replace(panel, further=(apart,)), recipe_called("leap-best")) == []
