"""Measured screens in the forms that people have."""

import numpy as np
import pandas as pd
import pytest

from leap_core.errors import ChoiceNeededError, UserError
from leap_core.io.measured_screens import read_measured
from leap_core.panel.scores import SCORE_TYPES
from leap_core.ranking.scorecard import score_predictions

NAMES = pd.Index([f"GENE{n}" for n in range(30)])
VALUES = pd.Series(np.linspace(-2, 1, 30), NAMES)


def csv(frame, **options):
    return frame.to_csv(**options).encode()


@pytest.mark.parametrize(
    "content",
    [
        csv(VALUES.rename("score").rename_axis("gene").to_frame()),
        csv(VALUES.to_frame("MyLine").T),
        csv(VALUES.set_axis([f"{name} ({n + 1})" for n, name in enumerate(NAMES)]).to_frame("ACH-1").T),
        csv(VALUES.set_axis(NAMES.str.lower()).to_frame("x"), sep="\t"),
        csv(pd.DataFrame({"row": range(30), "symbol": NAMES, "chronos": VALUES.to_numpy(), "n": 4}), index=False),
    ],
)
def test_every_form_gives_the_same_values(content):
    found = read_measured(content, "x.csv", NAMES)
    pd.testing.assert_series_equal(
        found.values.sort_index(), VALUES.sort_index(), check_names=False, check_index_type=False
    )
    assert found.hits is None


def test_mageck_brings_its_own_hits_and_repeats_are_averaged():
    summary = pd.DataFrame(
        {
            "id": NAMES,
            "num": 4,
            "neg|lfc": VALUES.to_numpy(),
            "neg|fdr": np.linspace(0, 1, 30),
            "pos|lfc": 0.0,
            "pos|fdr": 1.0,
        }
    )
    found = read_measured(csv(summary, sep="\t", index=False), "g.txt", NAMES)
    assert found.hits.sum() == 2 and found.hits["GENE0"] and found.values["GENE0"] == -2
    twice = pd.concat([VALUES, VALUES + 1]).to_frame("x")
    np.testing.assert_allclose(read_measured(csv(twice), "x.csv", NAMES).values[NAMES], VALUES + 0.5)


def test_what_is_unclear_is_asked_and_what_is_nothing_refused():
    two = pd.DataFrame({"a": VALUES, "b": VALUES})
    with pytest.raises(ChoiceNeededError, match="measured score"):
        read_measured(csv(two), "x.csv", NAMES)
    assert read_measured(csv(two), "x.csv", NAMES, "b").kind.startswith("its column b")
    for content in (
        b"a,b\n1,2\n",
        csv(VALUES.set_axis([f"X{n}" for n in range(30)]).to_frame("x")),
        b"\x89PNG" + bytes(50),
    ):
        with pytest.raises(UserError):
            read_measured(content, "x.csv", NAMES)


def test_a_scorecard_by_hand():
    table = pd.DataFrame(
        {"predicted": VALUES, "z": -VALUES, "probability": 0.3, "panel_mean": 0.0, "panel_sd": 1.0}, index=NAMES
    )  # list order: strongest first
    screen = read_measured(csv(VALUES.to_frame("x")), "x.csv", NAMES)
    effect = SCORE_TYPES["gene_effect"]
    card = score_predictions(table, screen, pd.Series(-1.5, NAMES), True, effect)
    assert card.rule == "panel" and card.rows["hit"].sum() == (VALUES <= -1.5).sum()
    assert card.correlation == pytest.approx(1) and card.selective_correlation == pytest.approx(1)
    assert card.by_length.loc[5, "hits"] == 5 and card.by_length.loc[5, "expected"] == pytest.approx(1.5)
    other = score_predictions(table, screen, pd.Series(-1.5, NAMES), False, effect)
    assert other.rule == "list" and other.rows["hit"].sum() == 3 and np.isnan(other.selective_correlation)
