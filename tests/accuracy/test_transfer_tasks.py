"""Few-shot transfer and unseen perturbations.

What is learnt from, what is predicted, planted gains, the command line.
"""

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from leap_core.accuracy.evaluation import EvaluationPlan, SplitResult, evaluate
from leap_core.accuracy.few_shot import join
from leap_core.accuracy.tasks import EXTERNAL, FEW_SHOT, UNSEEN_PERTURBATIONS, Splitting, splits_of
from leap_core.cli import main
from leap_core.errors import UserError
from leap_core.model.catalogue import recipe_called
from leap_core.model.heads.base import Problem
from leap_core.model.heads.boosting import PanTreeSettings
from leap_core.model.heads.ridge import RidgeSettings
from leap_core.model.layers.pca import PCASettings
from leap_core.model.recipe import LayerGroup, Recipe
from leap_core.model.stages import training_set
from leap_core.model.training import fit_heads
from leap_core.panel.fingerprints import Fingerprints
from leap_core.panel.kept import keep_panel
from leap_core.panel.panel import FurtherStudy, PanelDescription, assemble
from leap_core.panel.same_perturbations import SAME_COLUMNS
from leap_core.panel.scores import score_type
from leap_core.run.mapping import SerialMapper
from leap_core.run.runtime import Runtime
from leap_core.run.store import Store

RIDGE = Recipe("small-ridge", groups=(LayerGroup(PCASettings(components=8), RidgeSettings(), 1),))
TREES = PanTreeSettings(
    num_iterations=(50, 150), learning_rate=0.1, num_leaves=15, min_data_in_leaf=20, feature_fraction=0.5
)
PAN = Recipe("small-pan", groups=(LayerGroup(PCASettings(components=8), TREES, 1),))
P = 40


def study(n, seed, prefix, turned=False, shift=0.0):
    """A study whose perturbations read two of six factors.

    Turned: they read the other one of them, as the panel's do not.
    """
    random = np.random.default_rng(seed)
    shared = np.random.default_rng(77)
    loadings, marks = shared.normal(size=(6, 50)), shared.choice([-1.0, 1.0], size=(P, 2))
    factors = random.normal(size=(n, 6))
    expression = np.maximum(0, 6 + shift + factors @ loadings + 0.3 * random.normal(size=(n, 50)))
    read = factors[:, [2, 3]] if turned else factors[:, [0, 1]]
    response = read @ marks.T + 0.3 * random.normal(size=(n, P))
    names = [f"{prefix}{number:03d}" for number in range(n)]
    lines = pd.DataFrame(
        {"patient": names, "name": names, "lineage": "one", "disease": "simulated"}, index=pd.Index(names, name="line")
    )
    tables = (
        pd.DataFrame(expression, names, [f"G{j}" for j in range(50)]),
        pd.DataFrame(response, names, [f"T{j}" for j in range(P)]),
    )
    panel = assemble(*tables, lines, PanelDescription(score_type("gene_effect"), prefix, "log2(TPM+1)"), min_lines=10)
    fingerprints = pd.DataFrame(
        np.concatenate([marks, np.eye(P, 2)], axis=1).astype(np.float32), [f"T{j}" for j in range(P)]
    )
    return replace(panel, fingerprints=Fingerprints(fingerprints, "made"))


@pytest.fixture(scope="module")
def panel():
    return study(100, 1, "L")


def judged(panel, task, recipe, store, how=None, other=None):
    key = keep_panel(panel, store)
    splits = splits_of(task, panel, how or Splitting(2), other)
    plan = EvaluationPlan(task, splits, [recipe], recipe_called("pca-ridge"))
    return evaluate(key, panel, plan, Runtime(store)), splits


def test_labelled_samples_are_never_test_samples_and_drawn_anew(panel):
    other = study(40, 2, "X", shift=0.5)
    splits = splits_of(FEW_SHOT, panel, Splitting(3, 10), other)
    drawn = []
    for split in splits:
        labelled = set(split.labelled.expression.index)
        assert len(labelled) == 10 and not labelled & set(split.expression.index) and len(split.expression) == 30
        np.testing.assert_array_equal(split.measured, other.response.loc[split.expression.index].to_numpy())
        np.testing.assert_array_equal(
            split.labelled.response, other.response.loc[split.labelled.expression.index].to_numpy()
        )
        assert split.joined.startswith("ComBat") and split.training.all()
        drawn.append(frozenset(labelled))
    assert len(set(drawn)) == 3
    # Another score is brought to the panel's mean and deviation; the measured values stay.
    rescored = replace(other, score=score_type("rnai_relative"), response=other.response * 7 + 3)
    split, *_ = splits_of(FEW_SHOT, panel, Splitting(1), rescored)
    np.testing.assert_allclose(split.measured, rescored.response.loc[split.expression.index].to_numpy())
    assert (
        abs(np.nanmean(split.labelled.response) - panel.response.to_numpy().mean()) < 0.5
        and split.labelled.response.std() < 4
    )
    # By the labelled samples alone: what is to be predicted has no part in it.
    labelled = split.labelled.expression.index
    table = rescored.response.copy()
    table.loc[~table.index.isin(labelled)] = 99.0
    hidden = replace(rescored, response=table)
    again, *_ = splits_of(FEW_SHOT, panel, Splitting(1), hidden)
    np.testing.assert_array_equal(again.labelled.response, split.labelled.response)
    with pytest.raises(UserError, match="fewer than 3"):
        splits_of(FEW_SHOT, panel, Splitting(1, 39), other)
    with pytest.raises(UserError, match="5 labelled"):
        Splitting(1, 2)


def test_copies_are_repeated_rows(panel):
    other = study(20, 2, "X")
    (split,) = splits_of(FEW_SHOT, panel, Splitting(1), other)
    joined = join(training_set(panel, RIDGE), split.labelled, 3)
    assert joined.copies.tolist() == [1] * 100 + [3] * 10
    latent = np.random.default_rng(0).normal(size=(110, 6)).astype(np.float32)
    found = fit_heads(joined, latent, RIDGE, RIDGE.plan[0], slice(0, P), SerialMapper())
    rows = np.repeat(np.arange(110), joined.copies)
    folds = joined.folds(RIDGE)
    again = RidgeSettings().fit_heads(Problem(latent[rows], joined.response[rows], folds[rows]), SerialMapper())
    np.testing.assert_array_equal(found.weights, again.weights)
    # Weighted least squares, by hand, at the penalty that was chosen.
    weight, y = joined.copies * (folds != 2), joined.response[:, 7].astype(float)
    x = latent.astype(float) - np.average(latent, axis=0, weights=weight)
    gram = (x * weight[:, None]).T @ x / weight.sum()
    by_hand = np.linalg.solve(
        gram + found.penalties[2, 7] * np.eye(6),
        (x * weight[:, None]).T @ (y - np.average(y, weights=weight)) / weight.sum(),
    )
    np.testing.assert_allclose(found.weights[2, :, 7], by_hand, rtol=1e-3, atol=1e-5)
    alone = fit_heads(replace(joined, copies=None), latent, RIDGE, RIDGE.plan[0], slice(0, P), SerialMapper())
    assert np.abs(found.weights - alone.weights).max() > 1e-3


def test_labels_help_where_the_other_study_answers_otherwise_and_are_left_where_not(panel, tmp_path):
    store = Store(tmp_path)
    found, _ = judged(panel, FEW_SHOT, RIDGE, store, Splitting(2, 20), study(80, 3, "X", turned=True))
    means = {name: values["mean"] for name, values in found["methods"].items()}
    assert means["small-ridge"] > means["small-ridge without labels"] + 0.1 and "labels alone" in means
    shares = [store.read(key, SplitResult).weight_of_labels for key in found["predictions"]]
    assert min(shares) > 0
    same, _ = judged(panel, FEW_SHOT, RIDGE, store, Splitting(2, 10), study(60, 4, "Y"))
    assert (
        same["methods"]["small-ridge"]["mean"] > 0.8
        and same["methods"]["small-ridge"]["mean"] > same["methods"]["labels alone"]["mean"]
    )
    # The same again is found, figure for figure.
    once_more, _ = judged(panel, FEW_SHOT, RIDGE, store, Splitting(2, 10), study(60, 4, "Y"))
    assert once_more["methods"] == same["methods"] and once_more["predictions"] == same["predictions"]


def test_combat_helps_another_batch(panel, tmp_path):
    other = study(40, 2, "X", shift=2.0)
    noisy = replace(
        other, expression=other.expression + np.random.default_rng(5).normal(0, 2, size=50).astype(np.float32)
    )
    scores = {
        join: judged(panel, EXTERNAL, RIDGE, Store(tmp_path), Splitting(1, join=join), noisy)[0]["methods"][
            "small-ridge"
        ]["mean"]
        for join in ("auto", "none")
    }
    # The shift is the same for every line: ranks within a perturbation need none of it, so they must not lose by it.
    assert scores["auto"] > scores["none"] - 0.05 and scores["auto"] > 0.8


def test_unseen_perturbations_are_trained_on_by_nobody_and_learnt_all_the_same(panel, tmp_path):
    found, splits = judged(panel, UNSEEN_PERTURBATIONS, PAN, Store(tmp_path))
    for split in splits:
        held_out = ~split.perturbations
        assert 0 < held_out.sum() < P / 2 and np.isnan(split.measured[:, split.perturbations]).all()
    methods = {name: values["mean"] for name, values in found["methods"].items()}
    assert set(methods) == {"small-pan", "perturbation mean", "mean of the screened", "most similar screened"}
    assert methods["small-pan"] > 0.5 and methods["perturbation mean"] == 0.0
    never = set(np.flatnonzero(np.all([split.perturbations for split in splits], axis=0)))
    scored = {name for name, value in found["per_perturbation"]["small-pan"].items() if value is not None}
    assert scored == {f"T{j}" for j in range(P)} - {f"T{j}" for j in never}


def test_responses_of_held_out_perturbations_have_no_part_in_their_predictions(panel, tmp_path):
    changed = panel.response.copy()
    splits = splits_of(UNSEEN_PERTURBATIONS, panel, Splitting(1))
    held_out = ~splits[0].perturbations
    changed.iloc[:, held_out] = changed.iloc[::-1, held_out].to_numpy()
    arrays = []
    for number, one in enumerate((panel, replace(panel, response=changed))):
        store = Store(tmp_path / str(number))
        found, _ = judged(one, UNSEEN_PERTURBATIONS, PAN, store, Splitting(1))
        arrays.append(store.read(found["predictions"][0], SplitResult).by_layer)
    np.testing.assert_array_equal(*arrays)


def test_what_cannot_be_asked_is_said(panel, tmp_path):
    with pytest.raises(UserError, match="knows only the perturbations"):
        judged(panel, UNSEEN_PERTURBATIONS, RIDGE, Store(tmp_path))
    with pytest.raises(UserError, match="fingerprints"):
        judged(replace(panel, fingerprints=None), UNSEEN_PERTURBATIONS, PAN, Store(tmp_path))
    few = replace(panel, response=panel.response.iloc[:, :4])
    with pytest.raises(UserError, match="4 perturbations"):
        splits_of(UNSEEN_PERTURBATIONS, few, Splitting(1))


def test_the_command_line_reads_another_study_with_sentinels(panel, tmp_path, capsys):
    other = study(30, 2, "X")
    files = {
        "e": panel.expression,
        "r": panel.response,
        "te": other.expression,
        "tr": other.response.mask(other.response > 2.5, 100.0),
    }
    for name, table in files.items():
        table.to_csv(tmp_path / f"{name}.csv", index_label="line")
    command = [
        "evaluate",
        "--home",
        str(tmp_path / "home"),
        "--expression",
        str(tmp_path / "e.csv"),
        "--response",
        str(tmp_path / "r.csv"),
        "--score",
        "gene_effect",
        "--unit",
        "log2(TPM+1)",
        "--recipe",
        "pca-ridge",
        "--task",
        "few-shot",
        "--test-expression",
        str(tmp_path / "te.csv"),
        "--test-response",
        str(tmp_path / "tr.csv"),
        "--test-score",
        "gene_effect",
        "--test-unit",
        "log2(TPM+1)",
        "--test-missing=100",
        "--labelled",
        "10",
        "--repeats",
        "2",
        "--json",
        str(tmp_path / "out.json"),
    ]
    assert main(command) == 0
    said = capsys.readouterr()
    assert "pca-ridge without labels" in said.out and "labels alone" in said.out and "of work on one core" in said.err
    found = json.loads((tmp_path / "out.json").read_text())
    assert (
        found["task"] == FEW_SHOT
        and found["joined"].startswith("ComBat")
        and found["methods"]["pca-ridge"]["mean"] > 0.7
    )
    assert main([*command, "--test-missing=x"]) == 2 and "expected numbers" in capsys.readouterr().err
    assert main([*command, "--labelled", "3"]) == 2 and "5 labelled" in capsys.readouterr().err


def test_a_line_that_only_a_further_study_has_is_not_learnt_from_where_it_is_predicted(panel):
    everyone, lines = panel.lines.index, panel.lines.index[60:]
    further = FurtherStudy(
        "second",
        panel.response.loc[lines],
        panel.lines.loc[lines].assign(patient=[f"P{number}" for number in range(len(lines))]),
        panel.score,
        pd.DataFrame(columns=list(SAME_COLUMNS)),
    )
    own = everyone[:60]
    several = replace(
        panel,
        expression=panel.expression.loc[own],
        response=panel.response.loc[own],
        lines=panel.lines.loc[own],
        unlabelled=panel.expression.loc[lines],
        study="first",
        further=(further,),
    )
    # The other study knows the lines by their ids, and nothing of their patients.
    other = study(30, 5, "X")
    rename = dict(zip(other.lines.index, lines[:30], strict=True))
    tables = (table.rename(index=rename).sort_index() for table in (other.expression, other.response))
    annotation = other.lines.rename(index=rename).sort_index()
    annotation["patient"] = annotation.index
    expression, response = tables
    other = replace(other, expression=expression, response=response, lines=annotation)
    (split,) = splits_of(EXTERNAL, several, Splitting(1), other)
    part = training_set(several, recipe_called("leap-multitarget")).part(split.training, set(split.patients))
    assert part.further is not None and set(part.further.expression.index) == set(lines[30:])
