"""Metrics against scipy and scikit-learn; undefined is NaN, and counts as no skill in the cross-fit."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import spearmanr
from sklearn.metrics import roc_auc_score

from leap_core.accuracy.baselines import lineage_mean, nearest_line
from leap_core.accuracy.crossfit import OuterFold, accuracy_table, score_fold
from leap_core.accuracy.metrics import auroc_columns
from leap_core.arrays import spearman_columns


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 1000), st.floats(0, 0.6))
def test_columns_agree_with_libraries_on_the_screened_lines(seed, missing):
    random = np.random.default_rng(seed)
    predicted = random.integers(0, 6, (25, 8)).astype(float)
    measured = random.integers(0, 5, (25, 8)).astype(float)
    calls = (measured > 2).astype(float)
    gaps = random.random(measured.shape) < missing
    measured[gaps] = calls[gaps] = np.nan
    rho, auc = spearman_columns(predicted, measured), auroc_columns(predicted, calls)
    for j in range(8):
        kept = ~gaps[:, j]
        a, b, c = predicted[kept, j], measured[kept, j], calls[kept, j]
        if kept.sum() < 3 or np.ptp(a) == 0 or np.ptp(b) == 0:
            assert np.isnan(rho[j])
        else:
            assert rho[j] == pytest.approx(spearmanr(a, b).statistic, abs=1e-12)
        if kept.sum() < 3 or np.ptp(c) == 0:
            assert np.isnan(auc[j])
        else:
            assert auc[j] == pytest.approx(roc_auc_score(c, a))


def fold(predictions, measured):
    methods = ("leap", "layer_1", "layer_2", "lineage_mean", "nearest_line", "pca_ridge")
    return OuterFold(dict.fromkeys(methods, np.asarray(predictions, dtype=float)), np.asarray(measured, dtype=float))


def test_accuracy_is_the_mean_within_folds_not_of_pooled_values():
    measured = np.array([[1.0], [2.0], [3.0]])
    good, shifted = fold([[1.0], [2.0], [3.0]], measured), fold([[-10.0], [-9.0], [-8.0]], measured)
    table = accuracy_table([score_fold(good, "spearman"), score_fold(shifted, "spearman")], ["T"], np.array([True]))
    assert table.loc["T", "accuracy"] == pytest.approx(1.0) and table.loc["T", "accuracy_folds"] == 2


def test_constant_predictions_count_as_no_skill_and_constant_responses_not_at_all():
    measured = np.array([[1.0, 1.0, np.nan], [2.0, 1.0, np.nan], [3.0, 1.0, 2.0]])
    scores = score_fold(fold(np.ones((3, 3)), measured), "spearman")
    assert scores["leap"][0] == 0.0 and np.isnan(scores["leap"][1]) and np.isnan(scores["leap"][2])
    calls = score_fold(fold(np.ones((3, 1)), [[0.0], [1.0], [1.0]]), "auroc")
    assert calls["leap"][0] == 0.5
    table = accuracy_table([scores], ["a", "b", "c"], np.array([False, True, True]))
    assert table["accuracy"].isna().all()


def test_lineage_mean_falls_back_to_the_overall_mean():
    response = np.array([[1.0, np.nan], [3.0, 4.0], [8.0, 6.0]], dtype=np.float32)
    result = lineage_mean(response, ["a", "a", "b"], ["a", "b", "never seen", "Unknown"])
    np.testing.assert_allclose(result, [[2, 4], [8, 6], [4, 5], [4, 5]])


def test_nearest_line_is_the_most_correlated_screened_one():
    random = np.random.default_rng(0)
    lines = random.normal(size=(5, 30)).astype(np.float32)
    test = (lines[3] + 0.3 * lines[1] + 0.01 * random.normal(size=30)).astype(np.float32)[None]
    response = np.arange(10, dtype=np.float32).reshape(5, 2)
    response[3, 1] = np.nan
    correlation = [np.corrcoef(test[0], line)[0, 1] for line in lines]
    second = int(np.argsort(correlation)[-2])
    assert nearest_line(lines, response, test).tolist() == [[6.0, float(response[second, 1])]]
