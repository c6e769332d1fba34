"""Stability selection: paths against scikit-learn, the score against its definition, the bound and planted truth."""

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom, spearmanr
from sklearn.linear_model import lasso_path

from leap_core.explain.stability import (
    THRESHOLDS,
    StabilitySettings,
    false_positive_bound,
    halves,
    penalty_grid,
    stability_scores,
    stability_selection,
)
from leap_core.model.heads.lasso.residual_path import residual_path
from leap_core.run.mapping import ThreadMapper


def planted(lines=120, genes=300, true=6, seed=0, noise=1.0):
    """Independent genes of unit variance, the first `true` of which make the target."""
    random = np.random.default_rng(seed)
    features = random.normal(size=(genes, lines))
    weights = np.zeros(genes)
    weights[:true] = np.where(np.arange(true) % 2, -1.0, 1.0)
    return features, weights @ features + noise * random.normal(size=lines)


@pytest.mark.parametrize("correlated", [False, True])
def test_paths_are_scikit_learns(correlated):
    features, target = planted()
    if correlated:
        features = features + 2.0 * np.random.default_rng(1).normal(size=features.shape[1])
    features = features - features.mean(axis=1, keepdims=True)
    target = target - target.mean()
    grid = penalty_grid(features, target, StabilitySettings())
    ours, reached = residual_path(features, target, grid, tolerance=1e-7)
    _, theirs, _ = lasso_path(np.asfortranarray(features.T), target, alphas=grid, tol=1e-12, max_iter=100_000)
    assert reached == len(grid)
    np.testing.assert_allclose(ours, theirs.T, atol=1e-5)
    coarse, _ = residual_path(features, target, grid)
    np.testing.assert_allclose(coarse, theirs.T, atol=1e-3)
    # At the usual tolerance the selected genes are those of the solution, but for weights next to zero.
    assert ((coarse != 0) == (np.abs(theirs.T) > 0)).mean() > 0.9995


def test_a_path_ends_once_it_has_selected_enough():
    features, target = planted()
    features, target = features - features.mean(axis=1, keepdims=True), target - target.mean()
    grid = penalty_grid(features, target, StabilitySettings())
    weights, reached = residual_path(features, target, grid, max_selected=10)
    sizes = (weights != 0).sum(axis=1)
    assert sizes[reached - 1] > 10 and (sizes[: reached - 1] <= 10).all() and not weights[reached:].any()


def exact_score(counts, draws, threshold):
    """The definition, in fractions and 50 digits: no approximation anywhere but in the logarithm."""
    q = Fraction(sum(counts), draws)
    share = q / len(counts)
    if not 0 < share < 1:
        return math.nan
    up, down = (
        math.floor(Fraction(threshold).limit_denominator(100) * draws + Fraction(1, 2)),
        math.floor((1 - Fraction(threshold).limit_denominator(100)) * draws + Fraction(1, 2)),
    )
    mass = [math.comb(draws, h) * share**h * (1 - share) ** (draws - h) for h in range(draws + 1)]
    parts = (sum(mass[: down + 1]), sum(mass[down + 1 : up]), sum(mass[up:]))
    classes = [
        sum(count <= down for count in counts),
        sum(down < count < up for count in counts),
        sum(count >= up for count in counts),
    ]
    return -sum(
        n * (math.log(part.numerator) - math.log(part.denominator)) for n, part in zip(classes, parts, strict=True) if n
    )


@given(st.lists(st.integers(0, 100), min_size=1, max_size=40), st.sampled_from(THRESHOLDS))
def test_the_score_is_its_definition(counts, threshold):
    ours, exact = float(stability_scores(np.array(counts), 100, [threshold])[0]), exact_score(counts, 100, threshold)
    assert (math.isnan(ours) and math.isnan(exact)) or ours == pytest.approx(exact, rel=1e-9, abs=1e-9)


@pytest.mark.parametrize("draws", [1, 2, 3, 10, 99, 100])
def test_the_scores_limits(draws):
    for counts in (np.zeros(50, dtype=int), np.full(50, draws)):
        assert np.isnan(stability_scores(counts, draws, THRESHOLDS)).all()
    one = np.zeros(5000, dtype=int)
    one[0] = draws
    exact = [exact_score(one.tolist(), draws, threshold) for threshold in (0.6, 0.75)]
    assert stability_scores(one, draws, (0.6, 0.75)).tolist() == pytest.approx(exact, rel=1e-9)


def test_halves_are_complementary_and_seeded():
    found = halves(21, 50, seed=3)
    for first, second in zip(found[::2], found[1::2], strict=True):
        assert len(first) == len(second) == 10 and not set(first) & set(second)
    assert all((a == b).all() for a, b in zip(found, halves(21, 50, seed=3), strict=True))
    assert any((a != b).any() for a, b in zip(found, halves(21, 50, seed=4), strict=True))


def test_planted_genes_are_selected_with_their_signs_whatever_the_number_of_workers():
    features, target = planted()
    found = stability_selection(features, target)
    again = stability_selection(features, target, mapper=ThreadMapper(3))
    selected = np.flatnonzero(found.proportions >= found.threshold)
    assert set(range(6)) <= set(selected) and len(selected) <= 8
    np.testing.assert_array_equal(found.signs[:6], [1, -1, 1, -1, 1, -1])
    assert (found.counts == again.counts).all() and found.chosen == again.chosen
    assert found.penalty == found.penalties[found.chosen[0]] and found.surface[found.chosen] == np.nanmax(found.surface)
    np.testing.assert_allclose(found.halves.mean(axis=0), found.proportions)
    assert found.bound() == pytest.approx(false_positive_bound(found.selected[found.chosen[0]], 300, found.threshold))
    # The paths end where the mean selected number does.
    assert found.selected[:-1].max() <= 120 / 8


def test_calibrated_choice_on_planted_truth():
    precision, recall = [], []
    for seed in range(8):
        features, target = planted(lines=240, genes=500, true=10, seed=seed, noise=2.0)
        found = stability_selection(features, target, StabilitySettings(pairs=20, seed=seed))
        selected = set(np.flatnonzero(found.proportions >= found.threshold))
        precision.append(len(selected & set(range(10))) / max(len(selected), 1))
        recall.append(len(selected & set(range(10))) / 10)
    assert np.mean(precision) > 0.9 and np.mean(recall) > 0.8


def test_false_positives_stay_under_the_bound_with_penalty_and_threshold_fixed():
    false, bounds = [], []
    for seed in range(200):
        features, target = planted(lines=80, genes=150, true=4, seed=seed, noise=1.5)
        found = stability_selection(
            features, target, StabilitySettings(pairs=10, seed=seed), penalties=np.array([0.45])
        )
        stable = np.flatnonzero(found.counts[0] >= 0.7 * found.draws)
        false.append(len(set(stable) - set(range(4))))
        bounds.append(false_positive_bound(found.selected[0], 150, 0.7))
    assert np.mean(bounds) <= 5
    assert np.mean(false) <= np.mean(bounds)


def test_a_constant_target_selects_nothing_and_says_so():
    features, _ = planted(lines=40, genes=30)
    found = stability_selection(features, np.ones(40), StabilitySettings(pairs=5))
    assert (
        found.chosen is None
        and math.isnan(found.threshold)
        and not found.proportions.any()
        and math.isnan(found.bound())
    )


def definition(features, target, penalties, draws):
    """Stability selection written down once more, with scikit-learn's paths and scipy's binomial."""
    counts = np.zeros((len(penalties), len(features)), dtype=int)
    for half in draws:
        part = features[:, half] - features[:, half].mean(axis=1, keepdims=True)
        _, weights, _ = lasso_path(
            part.T, target[half] - target[half].mean(), alphas=penalties, tol=1e-8, max_iter=50_000
        )
        counts += (weights.T != 0).astype(int)
    n, best = len(draws), (-np.inf, 0, 0.0)
    for row, count in enumerate(counts):
        share = count.sum() / n / len(features)
        if not 0 < share < 1:
            continue
        for threshold in np.arange(60, 91) / 100:
            up, down = round(n * threshold + 1e-9), round(n * (1 - threshold) + 1e-9)
            inside, outside = count >= up, count <= down
            masses = [
                binom.pmf(np.arange(first, last), n, share).sum()
                for first, last in ((up, n + 1), (0, down + 1), (down + 1, up))
            ]
            score = -(
                inside.sum() * np.log(masses[0])
                + outside.sum() * np.log(masses[1])
                + (~inside & ~outside).sum() * np.log(masses[2])
            )
            if score > best[0]:
                best = (score, row, threshold)
    return counts, best


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("seed", range(3))
def test_proportions_and_choice_are_those_of_an_independent_implementation(seed):
    features, target = planted(lines=120, genes=200, true=8, seed=seed, noise=1.5)
    found = stability_selection(features, target, StabilitySettings(pairs=25, penalties=30, seed=seed))
    same, best_same = definition(features, target, found.penalties, halves(120, 25, seed))
    assert (same != found.counts).mean() < 1e-3
    assert abs(best_same[1] - found.chosen[0]) <= 1 and best_same[2] == pytest.approx(found.threshold, abs=0.011)
    chosen = found.chosen[0]
    assert spearmanr(same[chosen], found.counts[chosen])[0] >= 0.98
