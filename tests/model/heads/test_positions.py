"""Positions that lead out of an array are refused before compiled code follows them."""

from dataclasses import replace

import numpy as np
import pytest

from leap_core.arrays import within
from leap_core.model.heads.base import Problem
from leap_core.model.heads.boosting import BoostingSettings
from leap_core.model.percentile import weaker_share
from leap_core.ranking.intervals import cv_plus
from leap_core.run.mapping import SerialMapper


@pytest.fixture(scope="module")
def heads():
    random = np.random.default_rng(0)
    latent = random.normal(size=(90, 4)).astype(np.float32)
    response = (latent[:, :3] + 0.1 * random.normal(size=(90, 3))).astype(np.float32)
    settings = BoostingSettings(num_iterations=(5,), feature_fraction=1.0)
    return settings.fit_heads(Problem(latent, response, np.arange(90) % 3), SerialMapper())


def changed(array, place, value):
    copy = array.copy()
    copy[place] = value
    return copy


@pytest.mark.parametrize(
    ("name", "place", "value"),
    [
        ("children", (0, 0, 0), 0),
        ("children", (0, 0, 1), 30_000),
        ("children", (0, 0, 1), -30_000),
        ("features", (0, 0), -1),
        ("bounds", -1, 10_000),
        ("bounds", 0, -1),
        ("fitted", 0, 3),
        ("fitted", 0, -1),
    ],
)
def test_trees_that_lead_nowhere_or_round_and_round_are_refused(heads, name, place, value):
    with pytest.raises(ValueError, match=r"expected 0\.\.|leads back"):
        replace(heads, **{name: changed(getattr(heads, name), place, value)})


def test_trees_that_need_more_features_are_refused(heads):
    line = np.zeros(4, dtype=np.float32)
    assert heads.of_line(line, 0).shape == (3,)
    needy = replace(heads, features=changed(heads.features, (0, 0), 30_000))
    for head, features in ((needy, line), (heads, line[:1])):
        with pytest.raises(ValueError, match="need"):
            head.of_line(features, 0)
    with pytest.raises(ValueError, match="sums"):
        heads.sums(line[None], 0, 10)


@pytest.mark.parametrize("folds", [[0, 1, 2, 3], [0, 1, 2, -1], [0, 1, 2]])
def test_folds_that_nobody_has_are_refused(folds):
    panel, means = np.zeros((4, 2), dtype=np.float32), np.ones((3, 2), dtype=np.float32)
    with pytest.raises(ValueError, match="folds"):
        weaker_share(panel, np.array(folds), means, True)
    with pytest.raises(ValueError, match="folds"):
        cv_plus(means.astype(float), panel.astype(float), np.array(folds))


def test_positions_within_are_let_through():
    within(np.array([0, 2]), 3, "positions")
    within(np.array([], dtype=int), 0, "positions")
    with pytest.raises(ValueError, match=r"positions lie in 0\.\.3"):
        within(np.array([0, 3]), 3, "positions")
