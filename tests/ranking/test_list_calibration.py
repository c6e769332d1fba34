"""Selectivity, CV+, calibration, hits, priority and budget: against definitions and on planted truth."""

import math
from fractions import Fraction

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import expit

from benchmarks.prioritisation import brier_skill, precision_and_recall
from leap_core.accuracy.line_errors import averaging_scale
from leap_core.errors import UserError
from leap_core.panel.scores import SCORE_TYPES
from leap_core.ranking.budget import budget, recall_and_precision, yield_curves
from leap_core.ranking.calibrator import Calibrator, fit_calibrator, recalibrated
from leap_core.ranking.checks import Groups, coverage_check, probability_check
from leap_core.ranking.difficulty import SAME_EVERYWHERE, fit_difficulty
from leap_core.ranking.hits import hits_at
from leap_core.ranking.intervals import cv_plus
from leap_core.ranking.list_calibration import OuterPredictions, PanelFit, fit_list_calibration
from leap_core.ranking.priority import (
    COMPONENTS,
    DEFAULT,
    PRESETS,
    Weights,
    components,
    points,
    priority,
    priority_of_lines,
)
from leap_core.ranking.sample_columns import PanelPredictions, sample_columns
from leap_core.ranking.selectivity import (
    PanelSpread,
    fold_shares,
    general_level,
    lineage_percentile,
    relative_percentile,
)
from leap_core.ranking.widening import fit_widening, interval_ratios

EFFECT, CALL, DRUG = SCORE_TYPES["gene_effect"], SCORE_TYPES["dependency_call"], SCORE_TYPES["AUC"]


def planted(n=300, p=40, seed=0, noise=1.0):
    """Out-of-fold predictions and measurements of one truth; lower is stronger."""
    random = np.random.default_rng(seed)
    truth = random.normal(0, 1, (n, p)) * np.linspace(0.1, 1.0, p)
    predicted = (truth + random.normal(0, 0.3, (n, p))).astype(np.float32)
    measured = (truth + noise * random.normal(0, 1, (n, p))).astype(np.float32)
    measured[random.random((n, p)) < 0.1] = np.nan
    return predicted, measured, np.arange(n) % 5


def test_robust_z_follows_the_definition_and_points_to_the_strong_end():
    predicted, measured, folds = planted()
    for higher in (True, False):
        spread = PanelSpread.of(predicted, folds, np.nanstd(measured, axis=0), higher)
        centre = np.stack([np.median(predicted[folds == k], axis=0) for k in range(5)])
        scale = 1.4826 * np.median(np.abs(predicted - centre[folds]), axis=0)
        sample = np.random.default_rng(1).normal(size=(5, 40))
        sign = 1 if higher else -1
        np.testing.assert_allclose(
            spread.robust_z(sample, fold_shares(folds)), sign * (sample - centre).mean(axis=0) / scale, rtol=1e-5
        )
        lines = spread.of_lines(predicted, folds)
        assert abs(np.median(lines)) < 0.05 and lines.shape == predicted.shape


def test_perturbations_with_next_to_no_spread_have_no_z():
    predicted, measured, folds = planted()
    predicted[:, 3] = 0.5
    predicted[:, 4] = 1e-4 * predicted[:, 4]
    z = PanelSpread.of(predicted, folds, np.nanstd(measured, axis=0), False).robust_z(
        np.ones((5, 40)), fold_shares(folds)
    )
    assert np.isnan(z[3:5]).all() and np.isfinite(np.delete(z, [3, 4])).all()


def test_percentiles_within_a_lineage_and_after_the_general_level():
    predicted, _, folds = planted()
    members = np.arange(300) < 20
    sample = np.zeros((5, 40), dtype=np.float32)
    found = lineage_percentile(predicted, folds, members, sample, False)
    np.testing.assert_allclose(found, 100 * (predicted[:20] > 0).mean(axis=0), atol=1e-4)
    assert np.isnan(lineage_percentile(predicted, folds, np.arange(300) < 4, sample, False)).all()
    lines = np.random.default_rng(0).normal(size=(200, 10))
    lines += np.linspace(-2, 2, 200)[:, None]
    levels = general_level(lines)
    assert np.corrcoef(levels, np.linspace(-2, 2, 200))[0, 1] > 0.95
    # A line that is sensitive to everything alike is selective for nothing.
    everything = np.full(10, 2.0)
    rest = relative_percentile(everything - general_level(everything), lines - levels[:, None])
    assert (rest > 25).all() and (rest < 75).all()


def test_cv_plus_follows_barber_et_al():
    predicted, measured, folds = planted(n=101)
    sample = np.random.default_rng(2).normal(size=(5, 40))
    bounds = cv_plus(sample, np.abs(measured - predicted), folds, levels=(0.8, 0.9))
    for j in (0, 7, 39):
        there = np.isfinite(measured[:, j])
        centre = sample[folds, j][there]
        error = np.abs(measured[there, j].astype(float) - predicted[there, j])
        n = there.sum()
        for row, a in enumerate((Fraction(1, 5), Fraction(1, 10))):
            below, above = math.floor(a * int(n + 1)), math.ceil((1 - a) * int(n + 1))
            expected = np.sort(centre - error)[below - 1], np.sort(centre + error)[above - 1]
            np.testing.assert_allclose(bounds[row, :, j], expected, atol=1e-6)
    empty = np.full_like(measured, np.nan)
    assert np.isnan(cv_plus(sample, empty, folds)).all()
    few = empty.copy()
    few[:3] = 0.0
    assert np.isinf(cv_plus(sample, few, folds)).all()
    wide = cv_plus(np.zeros((5, 40)), np.abs(measured - predicted), folds, np.linspace(1, 3, 40))
    np.testing.assert_allclose(
        wide, cv_plus(np.zeros((5, 40)), np.abs(measured - predicted), folds) * np.linspace(1, 3, 40), rtol=1e-6
    )


@pytest.mark.parametrize("seed", [0, 1])
def test_cv_plus_covers_fresh_lines(seed):
    predicted, measured, folds = planted(n=400, seed=seed)
    held_out = np.arange(400) >= 300
    inside = []
    for line in np.flatnonzero(held_out):
        low, high = cv_plus(
            np.tile(predicted[line], (5, 1)), np.abs(measured - predicted)[~held_out], folds[~held_out], levels=(0.8,)
        )[0]
        inside.append(np.where(np.isnan(measured[line]), np.nan, (measured[line] >= low) & (measured[line] <= high)))
    assert np.nanmean(inside) == pytest.approx(0.8, abs=0.03)


def test_intervals_are_as_wide_as_residuals_are_where_a_prediction_stands():
    random = np.random.default_rng(4)
    z = random.normal(size=(600, 80))
    noise = random.normal(size=z.shape) * np.where(z > 1.0, 2.0, 1.0)
    residuals = (noise * np.linspace(0.5, 5, 80)).astype(np.float32)
    residuals[random.random(z.shape) < 0.1] = np.nan
    found = fit_difficulty(z, residuals)
    assert found.at(np.array([2.0]))[0] / found.at(np.array([-1.0]))[0] == pytest.approx(2.0, rel=0.1)
    assert found.at(np.array([np.nan, 99.0])).tolist() == [1.0, found.scale[-1]]
    # The same nominal coverage where residuals are large and where they are small.
    fresh = random.normal(size=(400, 80))
    value = random.normal(size=fresh.shape) * np.where(fresh > 1.0, 2.0, 1.0) * np.linspace(0.5, 5, 80)
    usual = np.nanquantile(np.abs(residuals) / found.at(z), 0.8, axis=0)
    inside = np.abs(value) <= usual * found.at(fresh)
    assert inside[fresh > 1.3].mean() == pytest.approx(0.8, abs=0.02) and inside[fresh < 0.5].mean() == pytest.approx(
        0.8, abs=0.02
    )
    assert fit_difficulty(np.full((5, 2), np.nan), np.zeros((5, 2))) is SAME_EVERYWHERE


def test_residuals_of_averaged_folds_shrink_as_their_errors_did():
    assert averaging_scale(np.array([0.81, np.nan]), np.array([1.0, 7.0])) == pytest.approx(0.9)
    assert (
        averaging_scale(np.array([1.2]), np.array([1.0])) == 1.0
        and averaging_scale(np.array([np.nan]), np.array([1.0])) == 1.0
    )


def test_probabilities_are_calibrated_on_fresh_lines_and_shrink_what_is_unsure():
    random = np.random.default_rng(0)
    q, n = 120, 200
    slopes = random.uniform(0.2, 1.5, q)
    z = random.normal(size=(2 * n, q))
    event = (random.random((2 * n, q)) < expit(-2.2 + slopes * z)).astype(float)
    event[:n, ::2][30:] = np.nan
    found = fit_calibrator(z[:n], event[:n], slopes / 3)
    fresh = found.probability(z[n:])
    for low, high in ((0.0, 0.05), (0.05, 0.15), (0.15, 0.3), (0.3, 1.0)):
        rows = (fresh >= low) & (fresh < high)
        assert event[n:][rows].mean() == pytest.approx(fresh[rows].mean(), abs=0.03)
    assert brier_skill(fresh, event[n:], np.nanmean(event[:n], axis=0)) > 0.03
    # Without any signal nothing is better than the prevalence, and little is lost.
    noise = (random.random((2 * n, q)) < 0.1).astype(float)
    flat = fit_calibrator(z[:n], noise[:n], np.full(q, np.nan)).probability(z[n:])
    assert -0.02 < brier_skill(flat, noise[n:], noise[:n].mean(axis=0)) < 0.01


def test_hits_precision_and_recall_by_hand():
    order = np.array([[3.0, 2, 1, np.nan], [1.0, 2, 3, 4]])
    event = np.array([[1.0, 0, 1, 1], [np.nan, 1, 0, 0]])
    hits = hits_at(order, event, (1, 2, 3, 9))
    np.testing.assert_array_equal(hits, [[1, 1, 2, 2], [0, 0, 1, 1]])
    precision, recall = precision_and_recall(hits, event, (1, 2, 3, 9))
    np.testing.assert_allclose(precision, [[1, 0.5, 2 / 3, 2 / 4], [0, 0, 1 / 3, 1 / 3]])
    np.testing.assert_allclose(recall, [[1 / 3, 1 / 3, 2 / 3, 2 / 3], [0, 0, 1, 1]])
    assert np.isnan(hits_at(order, np.full((2, 4), np.nan), (1,))).all()


@given(st.integers(0, 100), st.integers(0, 100), st.integers(0, 100))
def test_weights_sum_to_100_or_are_refused(a, b, c):
    if a + b + c == 100:
        assert sum(Weights(a, b, c).as_dict().values()) == 100
    else:
        with pytest.raises(UserError, match="sum to 100"):
            Weights(a, b, c)


def test_priority_is_how_likely_a_row_is_times_what_else_speaks_for_it():
    table = pd.DataFrame(
        {
            "probability": [0.4, 0.2, np.nan],
            "accuracy_shrunk": [0.5, 0.9, np.nan],
            "predicted": [-0.1, -1.0, 0.0],
            "tractable": [True, False, True],
        },
        index=list("abc"),
    )
    rows = components(table, EFFECT)
    assert list(rows.columns) == list(COMPONENTS) and rows.to_numpy().min() >= 0 and rows.to_numpy().max() <= 1
    assert rows["selectivity"].tolist() == [1.0, 0.5, 0.0] and rows["strength"].tolist() == [0.5, 1.0, 0.0]
    assert rows["reliability"].tolist() == [0.5, 0.9, 0.0]
    likely = np.array([50 + 10, 25 + 20, 0]) / 70
    expected = 70 * likely + likely * [20 * 0.5 + 10, 20 * 0.9, 10]
    np.testing.assert_allclose(priority(rows, Weights(50, 20, 20, 10)), expected)
    np.testing.assert_allclose(points(rows, Weights(50, 20, 20, 10)).sum(axis=1), expected)
    assert components(table, CALL)["reliability"].tolist() == [0.0, pytest.approx(0.8), 0.0]
    without = components(
        pd.DataFrame({"panel_percentile": [50.0, 100.0], "accuracy": [0.1, 0.2], "predicted": [0.0, -1.0]}), EFFECT
    )
    assert without["selectivity"].tolist() == [0.5, 1.0]
    for weights in PRESETS.values():
        assert sum(weights.as_dict().values()) == 100


@given(st.floats(0, 1), st.floats(0, 1), st.floats(0, 1), st.sampled_from(list(PRESETS)))
def test_what_has_no_chance_has_no_priority_and_more_of_anything_never_less(reliability, more, tractability, preset):
    rows = pd.DataFrame(
        {
            "selectivity": [0.0, more, 1.0],
            "reliability": reliability,
            "strength": [0.0, more, 1.0],
            "tractability": tractability,
            "concordance": [1.0, 0.0, 1.0],
        }
    )
    found = priority(rows, PRESETS[preset])
    assert found[0] == 0 and found.is_monotonic_increasing and found.max() <= 100 + 1e-9
    rows["reliability"] = min(1.0, reliability + 0.1)
    assert (priority(rows, PRESETS[preset]) >= found - 1e-12).all()


def test_curves_of_single_folds_are_sharpened_to_predictions_that_average_them():
    random = np.random.default_rng(5)
    q, n = 80, 300
    slopes = random.uniform(0.3, 1.0, q)
    curves = Calibrator(np.full(q, -2.0), slopes)
    z = random.normal(size=(2 * n, q))
    event = (random.random((2 * n, q)) < expit(-2.1 + 1.3 * slopes * z)).astype(float)
    event[:n, ::3][:40] = np.nan
    found = recalibrated(curves, z[:n], event[:n])
    np.testing.assert_allclose(found.slopes, 1.3 * slopes, rtol=0.05)
    np.testing.assert_allclose(found.intercepts, -2.1, atol=0.05)
    top = found.probability(z[n:]) > 0.3
    assert event[n:][top].mean() == pytest.approx(found.probability(z[n:])[top].mean(), abs=0.03)


@pytest.fixture(scope="module")
def calibration():
    predicted, measured, folds = planted(n=300, p=60)
    unseen, _, _ = planted(n=300, p=60)
    random = np.random.default_rng(3)
    table = pd.DataFrame({"panel_sd": np.nanstd(measured, axis=0), "accuracy_shrunk": np.linspace(0.1, 0.7, 60)})
    noise = random.normal(size=unseen.shape).astype(np.float32)
    methods = {"leap": unseen, "lineage_mean": unseen + 2 * noise, "nearest_line": noise, "pca_ridge": unseen}
    usable = np.ones(60, dtype=bool)
    usable[7] = False
    kept = {name: values[:, usable] for name, values in methods.items()}
    fit = PanelFit(predicted, measured, folds, np.linspace(0.1, 0.7, 60), usable, table, EFFECT)
    return (fit_list_calibration(fit, OuterPredictions(kept)), predicted, measured, folds)


def test_lists_of_held_out_lines_find_more_than_the_alternatives_and_what_was_expected(calibration):
    curves = yield_curves(calibration[0].yields)
    assert (curves["this list"].iloc[:40] >= curves["lineage mean"].iloc[:40]).all() and curves["lineage mean"].iloc[
        9
    ] > curves["random"].iloc[9]
    assert curves["this list"].iloc[9] == pytest.approx(calibration[0].yields.expected[:, 9].mean(), rel=0.15)
    assert np.isnan(calibration[0].calibrator.slopes[7])
    table = recall_and_precision(calibration[0].yields, (5, 10))
    assert table["recall"].between(0, 1).all() and table["precision"].between(0, 1).all() and len(table) == 8


def test_a_budget_adds_up_probabilities_and_its_interval_comes_from_held_out_lines(calibration):
    table = pd.DataFrame({"probability": [0.5, 0.25, np.nan, 0.1]})
    found = budget(table, 3, calibration[0].yields)
    difference = calibration[0].yields.hits["leap"][:, 2] - calibration[0].yields.expected[:, 2]
    assert found.number == 3 and found.expected == 0.75
    assert found.low == max(0.0, 0.75 + np.nanquantile(difference, 0.1)) and found.high == min(
        3.0, 0.75 + np.nanquantile(difference, 0.9)
    )
    assert np.isnan(budget(table, 2, None).low) and budget(table, 99, calibration[0].yields).number == 4


@pytest.mark.parametrize("score", [EFFECT, DRUG])
def test_a_samples_columns(calibration, score):
    found, predicted, measured, folds = calibration
    panel = PanelPredictions.of(predicted, measured, folds, np.array(["a", "b"] * 150, dtype=object), found, score)
    strong = np.tile(np.quantile(predicted, 0.01, axis=0), (5, 1)).astype(np.float32)
    table, level = sample_columns(strong, panel, pd.Index([f"T{n}" for n in range(60)]), "a")
    assert (table["z"] > 1.5).all() and level.percentile > 99 and (table["lineage_percentile"] > 90).all()
    assert table["probability"].drop("T7").between(0, 1).all() and np.isnan(table.loc["T7", "probability"])
    assert (table["interval_90_low"] <= table["interval_80_low"]).all() and (
        table["interval_80_low"] < table["interval_80_high"]
    ).all()
    assert ("relative_percentile" in table) == (score.kind == "drug")
    if score.kind == "drug":
        assert table["relative_percentile"].median() < 90
    unknown, _ = sample_columns(strong, panel, table.index, None)
    assert unknown["lineage_percentile"].isna().all()


def test_the_highest_probabilities_are_checked_by_themselves():
    random = np.random.default_rng(1)
    probability = np.concatenate([random.random(99_000) * 0.2, 0.8 + 0.2 * random.random(1_000)])[:, None]
    event = (random.random(probability.shape) < probability).astype(float)
    found = probability_check(probability, event)
    # One pair in a hundred is said to be likely, and has points of its own.
    assert (found["said"] > 0.79).sum() >= 3 and found["pairs"].min() >= 100
    np.testing.assert_allclose(found["said"], found["found"], atol=0.06)


def test_probability_check_counts_said_and_found_in_tenths():
    random = np.random.default_rng(0)
    probability = random.random((200, 20))
    event = (random.random((200, 20)) < probability).astype(float)
    event[random.random((200, 20)) < 0.1] = np.nan
    found = probability_check(probability, event)
    assert found["pairs"].sum() == np.isfinite(event).sum() and found["said"].is_monotonic_increasing
    np.testing.assert_allclose(found["said"], found["found"], atol=0.08)


def test_coverage_check_is_the_share_of_intervals_that_held():
    predicted, measured, _ = planted(n=400)
    measured[17] = np.nan
    lineages = np.array(["a"] * 200 + ["b"] * 195 + ["few"] * 5, dtype=object)
    classes = np.array((["familiar"] * 9 + ["unusual"]) * 40, dtype=object)
    groups = Groups(lineages, classes, np.random.default_rng(0).random(measured.shape))
    distance, outer = np.abs(measured - predicted).astype(float), np.arange(400) % 5
    ratios = interval_ratios(distance, distance, np.ones(measured.shape), (0.8,))
    found = coverage_check(ratios, groups, outer, (0.8,))
    assert found.index[:4].tolist() == ["all lines", "first 20 rows of each list", "familiar lines", "unusual lines"]
    assert set(found.index[4:]) == {"a", "b"} and found["coverage"].iloc[4:].is_monotonic_increasing
    assert found.loc["all lines", "coverage"] == pytest.approx(0.8, abs=0.01) and found.loc["all lines", "lines"] == 399
    assert found.loc["first 20 rows of each list", "coverage"] == pytest.approx(0.8, abs=0.02)
    worse = coverage_check(3.0 * ratios, groups, outer, (0.8,))
    assert worse.loc["all lines", "coverage"] < 0.5


def test_intervals_are_widened_where_a_group_needs_it_and_nowhere_else():
    random = np.random.default_rng(1)
    probability = random.random((300, 100))
    classes = np.array((["familiar"] * 8 + ["unusual", "outside"]) * 30, dtype=object)
    first = np.argsort(np.argsort(-probability, axis=1), axis=1) < 20
    size = np.where(first, 1.3, 1.0) * np.where(classes == "outside", 1.4, 1.0)[:, None]
    distance = np.abs(random.normal(size=probability.shape)) * size
    distance[random.random(distance.shape) < 0.05] = np.nan
    errors = np.abs(random.normal(size=probability.shape))
    ratios = interval_ratios(distance, errors, np.ones(distance.shape), (0.8, 0.9))
    found = fit_widening(ratios, probability, classes, (0.8, 0.9))
    np.testing.assert_allclose(found.first / found.rest, 1.3, rtol=0.05)
    np.testing.assert_allclose(found.classes[2] / found.classes[0], 1.4, rtol=0.05)
    np.testing.assert_allclose(found.classes[1] / found.classes[0], 1.0, atol=0.06)
    factors = found.of(probability[0], "outside")
    assert factors.shape == (2, 100) and (factors[:, first[0]] > factors[:, ~first[0]].max(axis=1, keepdims=True)).all()
    assert (found.of(np.full(100, np.nan), None).max(axis=1) <= found.first).all()
    # Groups that are like all others, and classes without lines, change next to nothing.
    same = fit_widening(
        interval_ratios(errors, errors, np.ones(errors.shape), (0.8,)),
        probability,
        np.full(300, "familiar", dtype=object),
        (0.8,),
    )
    np.testing.assert_allclose(np.r_[same.first, same.rest, same.classes.ravel()], 1.0, atol=0.03)
    nothing = fit_widening(np.full((1, 3, 4), np.nan), np.zeros((3, 4)), classes[:3], (0.8,))
    assert nothing.first.tolist() == nothing.rest.tolist() == [1.0]


@pytest.mark.parametrize("share", [0.0, 0.001, 1.0])
def test_curves_stay_as_they_are_where_events_are_too_few_to_say(share):
    random = np.random.default_rng(6)
    curves = Calibrator(np.full(30, -3.0), np.full(30, 0.5))
    z = random.normal(size=(100, 30))
    event = np.zeros((100, 30)) if share == 0 else (z > np.quantile(z, 1 - share)).astype(float)
    assert recalibrated(curves, z, event) is curves


@given(st.integers(0, 10_000), st.booleans())
def test_priorities_of_many_lines_are_those_of_each(seed, binary):
    random = np.random.default_rng(seed)
    probability, accuracy = random.random((4, 9)), random.uniform(-0.2, 1.0, 9)
    probability[random.random(probability.shape) < 0.2], accuracy[random.random(9) < 0.2] = np.nan, np.nan
    probability[0] = 0.0
    score = SCORE_TYPES["dependency_call" if binary else "gene_effect"]
    found = priority_of_lines(probability, accuracy, score)
    for row, line in zip(probability, found, strict=True):
        table = pd.DataFrame({"probability": row, "accuracy_shrunk": accuracy})
        expected = priority(components(table, score), PRESETS[DEFAULT])
        # A sample without any probability is ordered by its percentiles; a line of the panel has none of them.
        np.testing.assert_array_equal(line, expected)


@given(st.integers(0, 10_000))
def test_hits_of_long_lists_are_those_of_lists_sorted_whole(seed):
    random = np.random.default_rng(seed)
    order = random.integers(0, 6, (5, 40)).astype(float)
    event = (random.random(order.shape) < 0.3).astype(float)
    order[random.random(order.shape) < 0.1], event[random.random(order.shape) < 0.1] = np.nan, np.nan
    found = hits_at(order, event, (1, 3, 17, 60))
    for ranked, true, line in zip(order, event, found, strict=True):
        listed = np.isfinite(ranked) & np.isfinite(true)
        first = sorted(np.flatnonzero(listed), key=lambda row: (-ranked[row], row))
        np.testing.assert_array_equal(line, [true[first[:number]].sum() for number in (1, 3, 17, 60)])
