"""Resampled scores against recomputing them, shrinkage, and badges on planted predictions."""

import numpy as np
import pytest
from scipy.stats import spearmanr
from sklearn.metrics import roc_auc_score

from leap_core.accuracy.crossfit import OuterFold, accuracy_table, score_fold
from leap_core.accuracy.reliability import BETTER, CANNOT_TELL, NO_BETTER, reliability_table, shrunk
from leap_core.accuracy.resampling import _ranks, drawn_weights, resampled_scores
from leap_core.arrays import centred_ranks


def planted(n=150, q=8, missing=0.1, seed=0):
    random = np.random.default_rng(seed)
    measured = random.normal(size=(n, q))
    predicted = measured * np.linspace(0, 1.5, q) + random.normal(size=(n, q))
    measured[random.random(measured.shape) < missing] = np.nan
    return predicted, measured, np.arange(n) % 5, [f"P{i // 2}" for i in range(n)]


@pytest.mark.parametrize("metric", ["spearman", "auroc"])
@pytest.mark.parametrize("missing", [0.0, 0.1])
def test_the_first_draw_is_the_accuracy_itself(metric, missing):
    predicted, measured, folds, patients = planted(missing=missing)
    if metric == "auroc":
        measured = np.where(np.isnan(measured), np.nan, measured > 0.5)
    scores = [
        score_fold(
            OuterFold(
                dict.fromkeys(("leap", "layer_1", "lineage_mean", "nearest_line", "pca_ridge"), predicted[folds == k]),
                measured[folds == k],
            ),
            metric,
        )
        for k in range(5)
    ]
    expected = accuracy_table(scores, [str(j) for j in range(8)], np.ones(8, dtype=bool))["accuracy"]
    found = resampled_scores(predicted, measured, folds, drawn_weights(patients, 3), metric)
    np.testing.assert_allclose(found[0], expected, rtol=1e-9)


def test_draws_spread_as_scores_of_truly_resampled_lines_do():
    predicted, measured, _, patients = planted(n=200, missing=0.0)
    folds = np.zeros(200, dtype=int)
    found = resampled_scores(predicted, measured, folds, drawn_weights(patients, 600), "spearman")[1:]
    random = np.random.default_rng(1)
    by_hand = []
    for _ in range(400):
        rows = np.concatenate([(2 * p, 2 * p + 1) for p in random.integers(0, 100, 100)])
        by_hand.append([spearmanr(predicted[rows, j], measured[rows, j]).statistic for j in range(8)])
    np.testing.assert_allclose(found.mean(axis=0), np.mean(by_hand, axis=0), atol=0.02)
    np.testing.assert_allclose(found.std(axis=0), np.std(by_hand, axis=0), rtol=0.25)
    calls = (measured > 0.5).astype(float)
    found = resampled_scores(predicted, calls, folds, drawn_weights(patients, 600), "auroc")[1:]
    by_hand = []
    for _ in range(400):
        rows = np.concatenate([(2 * p, 2 * p + 1) for p in random.integers(0, 100, 100)])
        by_hand.append([roc_auc_score(calls[rows, j], predicted[rows, j]) for j in range(8)])
    np.testing.assert_allclose(found.std(axis=0), np.std(by_hand, axis=0), rtol=0.25)


def test_weights_draw_whole_patients_and_are_the_same_every_time():
    weights = drawn_weights([f"P{i // 3}" for i in range(30)], 50)
    assert (weights[0] == 1).all() and (weights.sum(axis=1)[1:] == 30).all()
    assert (weights[:, ::3] == weights[:, 1::3]).all()
    np.testing.assert_array_equal(weights, drawn_weights([f"P{i // 3}" for i in range(30)], 50))


def test_shrinkage_keeps_the_sure_and_pulls_the_unsure():
    random = np.random.default_rng(0)
    truth = random.normal(0.4, 0.15, 400)
    variance = np.where(np.arange(400) % 2 == 0, 0.02, 0.0005)
    score = truth + random.normal(size=400) * np.sqrt(variance)
    found = shrunk(score, variance)
    assert np.mean(np.square(found - truth)) < 0.6 * np.mean(np.square(score - truth))
    unsure, sure = np.abs(found - score)[::2], np.abs(found - score)[1::2]
    assert unsure.mean() > 5 * sure.mean()
    # All the same in truth: everything goes to the mean.
    alike = 0.3 + random.normal(size=200) * 0.1
    assert shrunk(alike, np.full(200, 0.02)).std() < 0.02
    assert np.isnan(shrunk(np.array([np.nan, 0.2]), np.array([0.1, 0.1]))[0])


def test_badges_tell_better_from_no_better_from_cannot_tell():
    random = np.random.default_rng(0)
    n = 400
    measured = random.normal(size=(n, 3))
    good, bad = measured + random.normal(size=(n, 3)), measured * 0.2 + random.normal(size=(n, 3))
    folds, patients = np.arange(n) % 5, [str(i) for i in range(n)]
    noise = random.normal(size=(n, 3))
    baselines = {"lineage_mean": noise, "nearest_line": noise, "pca_ridge": bad}
    assert set(reliability_table({"leap": good, **baselines}, measured, folds, patients, "spearman")["badge"]) == {
        BETTER
    }
    worse = reliability_table({"leap": bad, **baselines, "pca_ridge": good}, measured, folds, patients, "spearman")
    assert set(worse["badge"]) == {NO_BETTER} and (worse["gain_high"] < 0).all()
    few = slice(0, 30)
    table = reliability_table(
        {name: values[few] for name, values in {"leap": bad, **baselines}.items()},
        measured[few],
        folds[few],
        patients[:30],
        "spearman",
    )
    assert CANNOT_TELL in set(table["badge"])
    assert (table["accuracy_low"] < table["accuracy_high"]).all()


def test_ranks_with_gaps_are_those_of_the_observed_rows_alone():
    random = np.random.default_rng(0)
    values, observed = random.integers(0, 9, (50, 20)).astype(float), random.random((50, 20)) < 0.7
    observed[:, 3], observed[:, 4] = False, True
    found = _ranks(values, observed)
    for column in range(20):
        rows = observed[:, column]
        np.testing.assert_array_equal(found[~rows, column], 0.0)
        if rows.any():
            np.testing.assert_array_equal(found[rows, column], centred_ranks(values[rows, column]))
