"""Kinship, shift and what the classes are worth, on planted panels."""

import numpy as np
import pandas as pd
import pytest

from leap_core.passport.familiarity import (
    FAMILIAR,
    OUTSIDE,
    UNUSUAL,
    PanelDistances,
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
    here = distances.scale.lines(samples["known"][None])
    for line in range(120):
        others = distances.folds != distances.folds[line]
        rms = np.sort(root_mean_squares(here.plain, distances.lines.plain[others])[0])[:5].mean()
        space = PanelSpace.of(distances.lines.ordered[others], 20)
        correlation = [
            np.corrcoef(space.project(here.ordered)[0], row)[0, 1]
            for row in space.project(distances.lines.ordered[others])
        ]
        by_hand[line] = 1 - np.sort(correlation)[-5:].mean(), rms
    found = distances.percentiles(samples["known"][None])
    np.testing.assert_allclose([found.kinship, found.shift], 100 * (distances.own < by_hand).mean(axis=0), atol=1.0)


def test_fresh_lines_of_the_panels_kinds_spread_over_all_percentiles_and_another_kind_is_outside():
    random = np.random.default_rng(1)
    level, centres = random.uniform(0, 10, 300), random.normal(0, 2, (7, 300))

    def line(kind):
        return level + centres[kind] + random.normal(0, 1, 300)

    distances = PanelDistances.of(np.stack([line(number % 6) for number in range(120)]), np.arange(120) % 5)
    fresh = [distances.percentiles(line(number % 6)[None]) for number in range(150)]
    for found in ([one.kinship for one in fresh], [one.shift for one in fresh]):
        assert 40 < np.median(found) < 62 and np.quantile(found, 0.1) < 25 and np.quantile(found, 0.9) > 72
    assert np.mean([class_of(one.kinship) == OUTSIDE for one in fresh]) < 0.1
    assert class_of(distances.percentiles(line(6)[None]).kinship) == OUTSIDE


def test_kinship_sees_the_order_of_the_genes_only(panel):
    distances, samples = panel
    plain, squeezed = (
        distances.percentiles(values[None]) for values in (samples["known"], np.sinh(samples["known"] / 3))
    )
    assert squeezed.kinship == pytest.approx(plain.kinship, abs=1.0) and squeezed.shift > 99
    assert distances.percentiles(samples["shifted"][None]).shift > 95


def test_lines_far_from_all_others_are_measured_without_their_group(panel):
    distances, _ = panel
    kinds = np.arange(120) % 6
    groups = np.where(kinds == 5, -1, kinds)
    away = distances.percentiles_elsewhere(groups)
    assert np.isnan(away[kinds == 5]).all()
    assert np.median(away[kinds < 5, 0]) > 90 > np.median(distances.own_percentiles[:, 0])


def test_gaps_of_panel_and_sample_take_the_mean():
    lines, samples = planted()
    lines[3, :5] = np.nan
    distances = PanelDistances.of(lines, np.arange(120) % 5)
    sample = samples["known"].copy()
    sample[:5] = np.nan
    found = distances.percentiles(sample[None])
    assert np.isfinite([found.kinship, found.shift]).all() and found.kinship < 95


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
