"""A pilot's values in the panel's unit: as they are, by ranks, by its laboratory's own lines."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from leap_core.errors import SampleError
from leap_core.pilot.joining import PanelSide, join_by_ranks, join_laboratory, join_same_unit
from leap_core.pilot.laboratory import read_laboratory
from leap_core.pilot.residuals import PanelResiduals

LINES, ROWS = 60, 25


def panel(seed=0):
    random = np.random.default_rng(seed)
    level = random.normal(0, 3, ROWS)
    predicted = level + random.normal(size=(LINES, ROWS))
    measured = predicted + random.normal(0, 0.8, (LINES, ROWS))
    residuals = PanelResiduals.of(measured, predicted, np.arange(LINES) % 5)
    return PanelSide(residuals, measured, predicted, predicted + 0.1)


def sample(side, seed=1):
    random = np.random.default_rng(seed)
    predicted = side.out_of_fold[0] + random.normal(0, 0.3, ROWS)
    measured = predicted + random.normal(0, 0.8, ROWS)
    measured[::4] = np.nan
    return predicted, measured


def test_values_of_the_panels_unit_stay_and_every_line_is_asked_alike():
    side = panel()
    predicted, measured = sample(side)
    found = join_same_unit(side, predicted, measured)
    assert found.rows.tolist() == np.flatnonzero(np.isfinite(measured)).tolist()
    np.testing.assert_array_equal(found.measured, measured[found.rows])
    centre, scale = side.residuals.centre[found.rows], side.residuals.scale[found.rows]
    np.testing.assert_allclose(found.values, (found.measured - predicted[found.rows] - centre) / scale)
    np.testing.assert_allclose(
        found.others[3], (found.measured - side.out_of_fold[3, found.rows] - centre) / scale, rtol=1e-4
    )
    np.testing.assert_array_equal(found.of_lines, side.residuals.values[:, found.rows])
    assert not found.errors.shared.any()


@given(st.floats(0.1, 5.0), st.floats(-50.0, 50.0), st.booleans())
def test_of_another_unit_only_the_order_counts(factor, shift, turned):
    side = panel()
    predicted, measured = sample(side)
    known = join_by_ranks(side, predicted, measured, True)
    other = np.cbrt(measured) * factor + shift
    found = join_by_ranks(side, predicted, -other if turned else other, not turned)
    np.testing.assert_allclose(found.measured, known.measured)
    order = np.argsort(measured[known.rows])
    assert (np.diff(known.measured[order]) >= 0).all()
    assert known.errors.least_noise > 0 and (known.errors.shared > 0).all()


def test_few_values_of_another_unit_are_refused():
    side = panel()
    predicted, measured = sample(side)
    measured[9:] = np.nan
    with pytest.raises(SampleError, match="at least 10"):
        join_by_ranks(side, predicted, measured, True)


def test_a_laboratory_is_joined_by_its_own_lines_whatever_its_unit():
    side = panel()
    predicted, measured = sample(side)
    random = np.random.default_rng(2)
    laboratory = side.measured + random.normal(0, 1, ROWS) + random.normal(0, 0.5, side.measured.shape)
    laboratory[40:] = np.nan
    laboratory[19:, 3] = np.nan
    one = join_laboratory(side, predicted, measured, laboratory)
    factors, shifts = random.uniform(0.5, 2, ROWS), random.normal(0, 9, ROWS)
    two = join_laboratory(side, predicted, measured * factors + shifts, laboratory * factors + shifts)
    assert 3 not in one.rows and one.rows.tolist() == two.rows.tolist()
    np.testing.assert_allclose(one.values, two.values, rtol=1e-6, atol=1e-9)
    np.testing.assert_allclose(one.of_lines, two.of_lines, rtol=1e-4, atol=1e-5)
    # On the lines that it has measured nothing is left of what the predictions tell.
    known = np.isfinite(one.of_lines[:, 0])
    assert abs(np.corrcoef(one.of_lines[known, 0], side.out_of_fold[known, one.rows[0]])[0, 1]) < 1e-3
    with pytest.raises(SampleError, match="at least 20 lines"):
        join_laboratory(side, predicted, measured, np.full_like(laboratory, np.nan))


def test_a_laboratorys_table_is_read_either_way_round_by_names_of_lines_and_drugs():
    drugs = pd.Index([f"Drug{chr(65 + number)}_{1000 + number}" for number in range(12)])
    lines = pd.DataFrame({"name": [f"LINE-{number}" for number in range(15)]}, [f"ACH-{n:06d}" for n in range(15)])
    values = np.random.default_rng(3).normal(size=(15, 12)).round(3)
    names = [f"line {number}" if number % 2 else f"ACH-{number:06d}" for number in range(15)]
    table = pd.DataFrame(values, names, [drug.split("_")[0].lower() for drug in drugs])
    for content in (table.to_csv(), table.T.to_csv()):
        found = read_laboratory(content.encode(), "lab.csv", drugs, lines)
        np.testing.assert_allclose(found.loc[lines.index, drugs], values)
    with pytest.raises(SampleError, match="shares 0 lines"):
        strangers = pd.DataFrame(values, [f"x{number}" for number in range(15)], table.columns)
        read_laboratory(strangers.to_csv().encode(), "lab.csv", drugs, lines)
