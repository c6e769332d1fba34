"""Residuals conditioned on measured rows: by the definition, by patients left out, and on planted factors."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import multivariate_normal

from leap_core.pilot.conditioning import SHRINKAGES, Conditioning, Correlations, Trust
from leap_core.pilot.design import choose_rows
from leap_core.pilot.guard import left_out_density, log_odds, of_the_same_study, trust_of, weight_of
from leap_core.pilot.joining import Errors
from leap_core.pilot.residuals import PanelResiduals, unit_columns


def correlated(random, lines, rows, factors=3, own=0.6):
    """Residuals of lines that share some factors, and each row's own."""
    shared = random.normal(size=(lines, factors)) @ random.normal(size=(factors, rows))
    return shared / shared.std(axis=0) * np.sqrt(1 - own) + random.normal(size=(lines, rows)) * np.sqrt(own)


def planted(seed=0, lines=300, rows=40, **more):
    random = np.random.default_rng(seed)
    values = correlated(random, lines, rows, **more)
    return PanelResiduals.of(values, np.zeros_like(values), random.integers(0, 5, lines))


def without_errors(rows):
    return np.zeros((rows, rows))


def test_residuals_are_standardised_and_rows_without_spread_are_left_out():
    random = np.random.default_rng(1)
    measured, predicted = random.normal(3, 2, (50, 4)), random.normal(3, 1, (50, 4))
    measured[:, 2], measured[::3, 1] = predicted[:, 2], np.nan
    found = PanelResiduals.of(measured, predicted, np.zeros(50, dtype=int))
    assert found.known.tolist() == [True, True, False, True]
    np.testing.assert_allclose(np.nanmean(found.values[:, [0, 1, 3]], axis=0), 0.0, atol=1e-6)
    np.testing.assert_allclose(np.nanstd(found.values[:, [0, 1, 3]], axis=0), 1.0, rtol=1e-5)
    back = found.standardised(measured[4, [0, 3]], predicted[4, [0, 3]], np.array([0, 3]))
    np.testing.assert_allclose(back, found.values[4, [0, 3]], rtol=1e-5)


def test_unit_columns_make_correlations_without_negative_eigenvalues_whatever_is_missing():
    values = np.random.default_rng(2).normal(size=(30, 12)).astype(np.float32)
    values[np.random.default_rng(3).random(values.shape) < 0.5] = np.nan
    unit = unit_columns(values).astype(float)
    products = unit.T @ unit / len(unit)
    np.testing.assert_allclose(np.diag(products), 1.0, rtol=1e-5)
    assert np.linalg.eigvalsh(products).min() > -1e-6


def test_the_expectation_is_that_of_a_gaussian_given_some_of_its_values():
    random = np.random.default_rng(4)
    root = random.normal(size=(9, 9))
    covariance = root @ root.T
    covariance /= np.sqrt(np.outer(np.diag(covariance), np.diag(covariance)))
    measured = np.array([1, 4, 6])
    found = Correlations(covariance[np.ix_(measured, measured)], covariance[measured].astype(np.float32))
    values = random.normal(size=(5, 3))
    values[1, 2] = np.nan
    expected = found.expected(values)
    for line, value in enumerate(values):
        known = np.isfinite(value)
        inside = measured[known]
        by_hand = covariance[:, inside] @ np.linalg.inv(covariance[np.ix_(inside, inside)]) @ value[known]
        np.testing.assert_allclose(expected[line], by_hand, rtol=1e-4, atol=1e-5)
    # A row that was measured is known.
    np.testing.assert_allclose(expected[0, measured], values[0], rtol=1e-4, atol=1e-4)


def test_lines_are_told_by_correlations_that_their_patients_had_no_part_in():
    residuals = planted()
    rows = np.array([0, 7, 11, 23])
    conditioning = Conditioning(residuals, residuals.values[:, rows], 0.2)
    found = conditioning.of_lines(residuals.values[:, rows], Trust(), without_errors(4))
    inside = residuals.folds == 2
    others, unit = ~inside, unit_columns(residuals.values).astype(float)
    correlation = 0.8 * unit[others].T @ unit[others] / others.sum()
    within = correlation[np.ix_(rows, rows)].copy()
    np.fill_diagonal(within, 1.0)
    by_hand = residuals.values[inside][:, rows] @ np.linalg.inv(within) @ correlation[rows]
    np.testing.assert_allclose(found[inside], by_hand, rtol=1e-3, atol=1e-4)
    half = conditioning.of_lines(residuals.values[:, rows], Trust(weight=0.5), without_errors(4))
    np.testing.assert_allclose(half, 0.5 * found, rtol=1e-5)


def test_a_pilot_of_some_lines_tells_as_much_as_one_of_all():
    residuals = planted(lines=2000)
    rows = np.arange(8)
    whole = Conditioning(residuals, residuals.values[:, rows], 0.1).correlations()
    some = residuals.values[:, rows].copy()
    some[500:] = np.nan
    part = Conditioning(residuals, some, 0.1).correlations()
    strong = np.abs(whole.across) > 0.3
    assert np.median(part.across[strong] / whole.across[strong]) == pytest.approx(1.0, abs=0.1)


def test_the_shrinkage_is_strong_where_rows_have_nothing_in_common_and_weak_where_they_have():
    alike, strangers = planted(own=0.2), planted(own=1.0)
    rows = np.arange(10)
    assert Conditioning.of(alike, alike.values[:, rows], rows).shrinkage <= 0.2
    assert Conditioning.of(strangers, strangers.values[:, rows], rows).shrinkage == SHRINKAGES[-1]


def test_trusting_less_leads_from_the_panels_correlations_to_one_for_all_rows():
    residuals = planted()
    whole = Conditioning(residuals, residuals.values[:, :6], 0.1).correlations()
    level = whole.trusted(Trust(specific=0.0, noise=2.0), without_errors(6))
    off = level.within[~np.eye(6, dtype=bool)]
    np.testing.assert_allclose(off, whole.level)
    np.testing.assert_allclose(np.diag(level.within), 3.0)
    np.testing.assert_allclose(level.across, whole.level, rtol=1e-5)
    same = whole.trusted(Trust(), without_errors(6))
    np.testing.assert_allclose(same.within, whole.within)


def test_left_out_densities_are_those_of_each_value_given_the_others():
    random = np.random.default_rng(5)
    root = random.normal(size=(6, 8))
    covariance, values = root @ root.T / 8 + 0.3 * np.eye(6), random.normal(size=(3, 6))
    found = left_out_density(covariance, values)
    for line, value in enumerate(values):
        total = 0.0
        for row in range(6):
            others = np.arange(6) != row
            gain = covariance[row, others] @ np.linalg.inv(covariance[np.ix_(others, others)])
            mean, variance = gain @ value[others], covariance[row, row] - gain @ covariance[others, row]
            total += multivariate_normal.logpdf(value[row], mean, variance)
        assert found[line] == pytest.approx(total)


def test_odds_are_those_of_this_line_against_the_mean_over_others():
    random = np.random.default_rng(6)
    root = random.normal(size=(5, 7))
    covariance, values, others = root @ root.T / 7, random.normal(size=5), random.normal(size=(20, 5))
    density = multivariate_normal(cov=covariance)
    by_hand = density.logpdf(values) - np.log(np.mean(density.pdf(others)))
    assert log_odds(covariance, values, others) == pytest.approx(by_hand)
    assert weight_of(-0.1) == 0.0 and weight_of(20.0) == pytest.approx(1.0) and 0.5 <= weight_of(0.1) < 0.6


def test_noise_and_shuffling_are_seen_in_the_rows_themselves():
    residuals = planted(rows=80, own=0.3)
    rows = np.arange(40)
    correlations = Conditioning.of(residuals, residuals.values[:, rows], rows).correlations()
    clean, noisy, shuffled = [], [], []
    random = np.random.default_rng(8)
    for line in range(40):
        # Lines of the panel serve: their own part in 300 lines' correlations is small.
        value = residuals.values[line, rows].astype(float)
        clean.append(trust_of(correlations, value, Errors.none(40)))
        noisy.append(trust_of(correlations, value + random.normal(0, 2, 40), Errors.none(40)))
        shuffled.append(trust_of(correlations, random.permutation(value), Errors.none(40)))
    assert np.mean([one.noise for one in clean]) < 0.3 < 1.5 < np.mean([one.noise for one in noisy])
    assert np.mean([one.specific for one in clean]) > 0.9 > 0.6 > np.mean([one.specific for one in shuffled])
    least = Errors.of_another_laboratory(40)
    assert trust_of(correlations, residuals.values[0, rows].astype(float), least).noise >= least.least_noise


def test_the_panels_own_study_is_told_from_another_laboratory():
    residuals = planted(rows=60)
    rows = np.arange(20)
    correlations = Conditioning.of(residuals, residuals.values[:, rows], rows).correlations()
    random = np.random.default_rng(9)
    own = [of_the_same_study(correlations, residuals.values[line, rows].astype(float)) for line in range(60)]
    others = [
        of_the_same_study(
            correlations, residuals.values[line, rows] + random.normal(0, 0.5) + random.normal(0, 1.2, 20)
        )
        for line in range(60)
    ]
    assert np.mean(own) > 0.6 and np.mean(others) < 0.15


@given(st.integers(0, 10_000))
def test_the_plate_is_chosen_greedily_by_the_variance_of_the_others(seed):
    random = np.random.default_rng(seed)
    residuals = planted(seed, lines=30, rows=12)
    candidates, counts = random.random(12) < 0.8, random.random(12)
    candidates[:2] = True
    design = choose_rows(residuals, 4, candidates, counts, np.array([1]))
    unit = unit_columns(residuals.values).astype(float) * np.sqrt(0.7)
    axes = np.linalg.eigh(unit @ unit.T / 30)[1]
    low = (axes[:, ::-1][:, :50].T @ unit / np.sqrt(30)).astype(np.float32).astype(float)
    covariance = low.T @ low
    noise = 1.0 - np.diag(covariance)

    def explained(rows):
        own = covariance[np.ix_(rows, rows)] + np.diag(noise[rows])
        told = covariance[:, rows] @ np.linalg.inv(own) @ covariance[rows]
        return float(counts @ np.diag(told)) / counts.sum()

    chosen = [1]
    while len(chosen) < 4 and (free := [row for row in np.flatnonzero(candidates) if row not in chosen]):
        chosen.append(max(free, key=lambda row: explained([*chosen, row])))
    assert explained(design.rows.tolist()) == pytest.approx(explained(chosen), rel=1e-3)
    assert design.explained[-1] == pytest.approx(explained(design.rows.tolist()), rel=1e-3)
    assert design.rows[0] == 1 and set(design.rows[1:]) <= set(np.flatnonzero(candidates))
