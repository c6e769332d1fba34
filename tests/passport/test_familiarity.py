"""Kinship, shift and what the classes are worth, on planted panels."""

import numpy as np
import pandas as pd
import pytest

from leap_core.arrays import row_correlations
from leap_core.passport.distances import PanelDistances
from leap_core.passport.familiarity import (
    FAMILIAR,
    OUTSIDE,
    UNUSUAL,
    class_errors,
    class_of,
    line_percentiles,
    measured_class_errors,
)
from leap_core.passport.nearest_lines import root_mean_squares
from leap_core.passport.space import PanelSpace


def planted(n=120, genes=300, kinds=6, seed=0):
    """Lines of some kinds of cells, and fresh samples.

    One of a known kind, one of another kind, one shifted as a whole.
    """
    random = np.random.default_rng(seed)
    level = random.uniform(0, 10, genes)
    centres = random.normal(0, 2, (kinds + 1, genes))
    noise = lambda: random.normal(0, 1, genes)  # noqa: E731
    lines = np.stack([level + centres[number % kinds] + noise() for number in range(n)])
    known, other = level + centres[0] + noise(), level + centres[kinds] + noise()
    return lines, {"known": known, "other": other, "shifted": known + random.normal(0, 4, genes) ** 2 / 4}


@pytest.fixture(scope="module")
def panel():
    lines, samples = planted()
    return PanelDistances.of(lines, np.arange(120) % 5), samples


def test_percentiles_follow_the_definition(panel):
    distances, samples = panel
    by_hand = np.zeros((120, 2))
    here = distances.scale.samples(samples["known"][None])
    for line in range(120):
        others = distances.folds != distances.folds[line]
        rms = np.sort(root_mean_squares(here.plain, distances.lines.plain[others])[0])[:5].mean()
        space = PanelSpace.of(distances.lines.ordered[others], 20)
        correlation = [
            np.corrcoef(space.project(here.ordered)[0], row)[0, 1]
            for row in space.project(distances.lines.ordered[others])
        ]
        by_hand[line] = 1 - np.sort(correlation)[-5:].mean(), rms
    found = distances.percentiles(samples["known"][None])[0]
    np.testing.assert_allclose(found, 100 * (distances.own < by_hand).mean(axis=0), atol=1.0)


def test_fresh_lines_of_the_panels_kinds_spread_over_all_percentiles_and_another_kind_is_outside():
    random = np.random.default_rng(1)
    level, centres = random.uniform(0, 10, 300), random.normal(0, 2, (7, 300))

    def line(kind):
        return level + centres[kind] + random.normal(0, 1, 300)

    distances = PanelDistances.of(np.stack([line(number % 6) for number in range(120)]), np.arange(120) % 5)
    fresh = distances.percentiles(np.stack([line(number % 6) for number in range(150)]))
    for found in fresh.T:
        assert 40 < np.median(found) < 62 and np.quantile(found, 0.1) < 25 and np.quantile(found, 0.9) > 72
    assert np.mean([class_of(kinship) == OUTSIDE for kinship in fresh[:, 0]]) < 0.1
    assert class_of(distances.percentiles(line(6)[None])[0, 0]) == OUTSIDE


def test_kinship_sees_the_order_of_the_genes_only(panel):
    distances, samples = panel
    plain, squeezed, shifted = distances.percentiles(
        np.stack([samples["known"], np.sinh(samples["known"] / 3), samples["shifted"]])
    )
    assert squeezed[0] == pytest.approx(plain[0], abs=1.0) and squeezed[1] > 99
    assert shifted[1] > 95


def test_lines_far_from_all_others_are_measured_without_their_group(panel):
    distances, _ = panel
    kinds = np.arange(120) % 6
    groups = np.where(kinds == 5, -1, kinds)
    away = distances.percentiles_elsewhere(groups)
    assert np.isnan(away[kinds == 5]).all()
    assert np.median(away[kinds < 5, 0]) > 90 > np.median(distances.own_percentiles[:, 0])


def test_genes_that_a_sample_lacks_take_no_part(panel):
    lines, samples = planted()
    lines[3, :5] = np.nan
    distances = PanelDistances.of(lines, np.arange(120) % 5)
    whole = np.stack(list(samples.values()))
    some = whole.copy()
    for row, first in enumerate((0, 100, 200)):
        some[row, first : first + 6] = np.nan
    found = distances.percentiles(some)
    np.testing.assert_allclose(found, distances.percentiles(whole), atol=10)
    # One sample alone has what it has in company.
    for row, sample in enumerate(some):
        np.testing.assert_allclose(distances.percentiles(sample[None])[0], found[row], atol=1.0)


def test_over_known_genes_correlations_and_differences_are_those_of_the_genes_alone():
    random = np.random.default_rng(3)
    samples, lines = random.normal(5, 2, (4, 60)), random.normal(5, 2, (7, 60))
    samples[1, :20], samples[2, 7], samples[3, 1:] = np.nan, np.nan, np.nan
    correlations, squares = row_correlations(samples, lines), root_mean_squares(samples, lines)
    for row, sample in enumerate(samples):
        known = np.isfinite(sample)
        for line, values in enumerate(lines):
            rms = np.sqrt(np.square(sample[known] - values[known]).mean())
            assert squares[row, line] == pytest.approx(rms, rel=1e-9)
            expected = np.corrcoef(sample[known], values[known])[0, 1] if known.sum() > 1 else 0.0
            assert correlations[row, line] == pytest.approx(expected, abs=1e-9)


def test_a_place_in_the_space_is_the_one_nearest_to_the_known_genes():
    random = np.random.default_rng(4)
    lines = random.normal(size=(80, 50)).astype(np.float32)
    space = PanelSpace.of(lines, 6)
    sample = random.normal(size=(1, 50))
    sample[0, [3, 30, 41]] = np.nan
    known = np.isfinite(sample[0])
    length = np.sqrt(np.square(space.projection.astype(float)).sum(axis=0))
    loadings = space.projection.astype(float) / length
    (place, *_) = np.linalg.lstsq(loadings[known], sample[0, known] - space.mean[known])
    np.testing.assert_allclose(space.project(sample)[0], place * length, rtol=1e-4, atol=1e-5)


def test_errors_by_class_are_root_mean_squares_with_patients_resampled():
    errors = pd.DataFrame(
        {
            "percentile": [10.0, 20, 85, 85, 99, 50],
            "squared_error": [1.0, 3, 4, 4, 9, np.nan],
            "squared_error_of_mean": [2.0, 2, 4, 4, 1, 1],
        }
    )
    table = class_errors(errors, ["a", "b", "c", "c", "d", "e"])
    assert table.index.tolist() == [FAMILIAR, UNUSUAL, OUTSIDE]
    assert table["lines"].tolist() == [2, 2, 1]
    np.testing.assert_allclose(table["error"], np.sqrt([2, 4, 9]))
    np.testing.assert_allclose(table.loc[FAMILIAR, ["error_low", "error_high"]].to_numpy(dtype=float), [1, np.sqrt(3)])
    # Both lines of a class are of one patient: there is nothing to resample.
    assert table.loc[UNUSUAL, "error_low"] == table.loc[UNUSUAL, "error_high"] == 2
    assert table.loc[OUTSIDE, "error_of_mean"] == 1


def test_a_model_without_lineages_has_no_errors_for_them(panel):
    distances, _ = panel
    random = np.random.default_rng(0)
    lines = pd.DataFrame({name: random.random(120) for name in ("squared_error", "squared_error_of_mean")})
    lines["lineage_squared_error"], lines["lineage_squared_error_of_mean"] = np.nan, np.nan
    percentiles = line_percentiles(distances, np.full(120, -1))
    assert percentiles["lineage_kinship"].isna().all() and percentiles["kinship"].between(0, 100).all()
    found = measured_class_errors(lines.join(percentiles), [str(n) for n in range(120)])
    assert found.without_lineage is None and found.kinship["lines"].sum() == found.shift["lines"].sum() == 120
