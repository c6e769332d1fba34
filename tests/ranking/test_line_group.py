"""A sample against a group of lines: by the definition, in the direction of the score, with intervals that hold."""

import numpy as np
import pandas as pd
import pytest

from leap_core.panel.scores import SCORE_TYPES
from leap_core.ranking.comparison import difference_width
from leap_core.ranking.line_group import compare_with_group

NAMES = ["T0", "T1", "T2"]


def test_differences_from_the_mean_of_the_lines_by_hand():
    out_of_fold = np.array([[-1.0, 0.0, 0.2], [-0.6, 0.0, 0.4], [-0.2, 0.0, 0.6], [9.0, 9.0, 9.0]])
    measured = np.array([[-1.2, 0.1, np.nan], [np.nan, 0.3, np.nan], [-0.4, 0.2, np.nan], [9.0, 9.0, 9.0]])
    table = pd.DataFrame({"predicted": [-2.0, 0.1, 1.0], "accuracy": 0.4}, index=NAMES)
    width = pd.Series([0.9, 0.9, 0.9], NAMES)
    group = np.array([True, True, True, False])
    found = compare_with_group(table, out_of_fold, measured, group, width, SCORE_TYPES["gene_effect"]).loc[NAMES]
    np.testing.assert_allclose(found["base"], [-0.6, 0.0, 0.4])
    np.testing.assert_allclose(found["difference"], [-1.4, 0.1, 0.6])
    half = 0.9 * np.sqrt((1 + 1 / 3) / 2)
    np.testing.assert_allclose(found["difference_high"] - found["difference"], half)
    np.testing.assert_allclose(found["gained"], -found["difference"] / out_of_fold.std(axis=0))
    np.testing.assert_allclose(found["measured"], [-0.8, 0.2, np.nan])
    assert found["measured_lines"].tolist() == [2, 3, 0]
    # What is less negative than the lines is lost only where one of both passes the floor of an effect.
    assert found["call"].tolist() == ["gained", "", ""]


def test_intervals_hold_for_fresh_lines_against_groups_of_the_panel():
    random = np.random.default_rng(0)
    truth = random.normal(size=(500, 40))
    predicted, measured = truth + random.normal(0, 0.3, truth.shape), truth + random.normal(0, 1, truth.shape)
    names = [f"T{number}" for number in range(40)]
    width = pd.Series(difference_width(predicted[:300], measured[:300]), names)
    for size in (3, 10, 100):
        held = []
        for line in range(300, 500):
            group = np.zeros(300, dtype=bool)
            group[random.choice(300, size, replace=False)] = True
            table = pd.DataFrame({"predicted": predicted[line], "accuracy": 0.5}, index=names)
            found = compare_with_group(
                table, predicted[:300], measured[:300], group, width, SCORE_TYPES["ln_ic50"]
            ).loc[names]
            true = measured[line] - found["measured"]
            held.append(((found["difference_low"] <= true) & (true <= found["difference_high"])).mean())
        assert np.mean(held) == pytest.approx(0.8, abs=0.05), size
