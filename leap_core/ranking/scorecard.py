"""The prospective scorecard: how predictions did once the screen was done."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.stats import binomtest

from leap_core.arrays import spearman_columns
from leap_core.io.measured_screens import MeasuredScreen
from leap_core.panel.scores import ScoreType

HIT_RULES = {
    "called": "called by the table itself",
    "panel": "among the strongest tenth of the panel's measured scores for that row (same unit as the panel)",
    "list": "among the strongest tenth of what was measured here (another unit than the panel's)",
}


@dataclass(frozen=True)
class Scorecard:
    """How predictions of one sample did.

    Attributes
    ----------
    rows
        Index perturbations in list order: ``measured``, ``hit``, and the columns of the hit table.
    rule
        Key of `HIT_RULES`: what counts as a hit.
    correlation, selective_correlation
        Spearman over perturbations of predicted with measured score, and of z with the measured score after the panel's
        mean and spread of each row (NaN where the units differ).
    by_length
        Index N; ``hits``, ``rate``, ``low``, ``high`` (95 %, binomial), ``expected`` (sum of probabilities; NaN where
        another rule counts hits), ``by_chance``.
    """

    rows: pd.DataFrame
    rule: str
    correlation: float
    selective_correlation: float
    by_length: pd.DataFrame


def score_predictions(
    table: pd.DataFrame, screen: MeasuredScreen, panel_cut: pd.Series, same_unit: bool, score: ScoreType
) -> Scorecard:
    """Judge a hit table by a measured screen.

    Parameters
    ----------
    table
        Hit table in list order.
    screen
        Measured values of the same sample.
    panel_cut
        Score that the strongest tenth of the panel's lines reach, by perturbation.
    same_unit
        Whether the measured values are in the panel's unit (as far as the user says so).
    score
        Of the model.
    """
    rows = table[[name in screen.values.index for name in table.index]].copy()
    rows.insert(0, "measured", screen.values.reindex(rows.index))
    strength = pd.Series(score.strength(rows["measured"].to_numpy(dtype=float)), rows.index)
    if screen.hits is not None:
        rule, hit = "called", screen.hits.reindex(rows.index).fillna(False).astype(bool)
    elif same_unit:
        rule, hit = (
            "panel",
            strength >= pd.Series(score.strength(panel_cut.reindex(rows.index).to_numpy(dtype=float)), rows.index),
        )
    else:
        rule, hit = "list", strength >= strength.quantile(0.9)
    rows.insert(1, "hit", hit.to_numpy(dtype=bool))
    selective = float("nan")
    if same_unit:
        relative = pd.Series(
            score.strength(
                ((rows["measured"] - rows["panel_mean"]) / rows["panel_sd"].replace(0.0, np.nan)).to_numpy(dtype=float)
            ),
            rows.index,
        )
        selective = _spearman(rows["z"], relative)
    return Scorecard(rows, rule, _spearman(rows["predicted"], rows["measured"]), selective, _by_length(rows, rule))


def _spearman(a: pd.Series, b: pd.Series) -> float:
    both = pd.DataFrame({"a": a, "b": b}).dropna().to_numpy(dtype=float)
    return float(spearman_columns(both[:, :1], both[:, 1:])[0])


def _by_length(rows: pd.DataFrame, rule: str) -> pd.DataFrame:
    share = float(rows["hit"].mean())
    found = {}
    for number in (n for n in (5, 10, 20, 50, 100, 200) if n <= len(rows)):
        hits = int(rows["hit"].iloc[:number].sum())
        interval = binomtest(hits, number).proportion_ci(method="wilson")
        expected = float(rows["probability"].iloc[:number].fillna(0.0).sum()) if rule == "panel" else float("nan")
        found[number] = (hits, hits / number, float(interval.low), float(interval.high), expected, share * number)
    return pd.DataFrame.from_dict(
        found, orient="index", columns=["hits", "rate", "low", "high", "expected", "by_chance"]
    ).rename_axis("N")
