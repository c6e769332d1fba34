"""Differences of two samples: by the definition, with intervals that hold, and calls in the right direction."""

import numpy as np
import pandas as pd
import pytest

from leap_core.panel.scores import SCORE_TYPES
from leap_core.ranking.comparison import compare, difference_width, z_table


def tables(shift):
    names = [f"T{n}" for n in range(5)]
    base = pd.DataFrame({"predicted": -1.0, "z": 0.0, "probability": 0.1, "accuracy": 0.4}, index=names)
    other = base.assign(predicted=-1.0 + np.asarray(shift), z=-np.asarray(shift))
    members = [f"layer_{layer}_fold_{fold}" for layer in (1, 2) for fold in (1, 2)]
    base_members = pd.DataFrame(-1.0, members, names)
    other_members = pd.DataFrame(-1.0 + np.tile(shift, (4, 1)), members, names)
    other_members.iloc[0] = -1.0 - np.asarray(shift)
    return base, other, base_members, other_members


def test_differences_follow_the_direction_of_the_score():
    shift = [-2.0, 2.0, 0.1, -0.1, np.nan]
    base, other, base_members, other_members = tables(shift)
    width = pd.Series([1.0, 1.0, 1.0, np.nan, 1.0], base.index)
    found = compare(base, other, base_members, other_members, width, SCORE_TYPES["gene_effect"])
    assert found.index[:2].tolist() == ["T0", "T1"] and found["call"].to_dict() == {
        "T0": "gained",
        "T1": "lost",
        "T2": "",
        "T3": "",
        "T4": "",
    }
    assert found.loc["T0", ["difference", "difference_low", "difference_high"]].tolist() == [-2, -3, -1]
    assert (
        found.loc["T0", "members_agree"] == 0.75
        and found.loc["T0", "gained"] == 2
        and np.isnan(found.loc["T4", "members_agree"])
    )
    swapped = compare(base, other, base_members, other_members, width, SCORE_TYPES["AAC"])
    assert swapped.loc["T0", "call"] == "lost" and swapped.loc["T1", "call"] == "gained"


def test_intervals_of_differences_hold_for_pairs_of_fresh_lines():
    random = np.random.default_rng(0)
    truth = random.normal(size=(400, 10))
    predicted, measured = truth + random.normal(0, 0.3, truth.shape), truth + random.normal(0, 1, truth.shape)
    measured[random.random(measured.shape) < 0.1] = np.nan
    width = difference_width(predicted[:300], measured[:300])
    first, second = np.arange(300, 350), np.arange(350, 400)
    error = np.abs((measured[first] - measured[second]) - (predicted[first] - predicted[second]))
    assert np.nanmean(np.where(np.isnan(error), np.nan, error <= width)) == pytest.approx(0.8, abs=0.06)
    assert np.isnan(difference_width(predicted[:20], np.full((20, 10), np.nan))).all()


def test_the_heat_maps_rows_differ_most():
    names = list("abcd")
    one, two = pd.DataFrame({"z": [0.0, 1, 5, np.nan]}, index=names), pd.DataFrame({"z": [0.0, 3, -5, 1]}, index=names)
    assert z_table({"one": one, "two": two}, 2).index.tolist() == ["c", "b"]
