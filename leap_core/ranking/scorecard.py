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
    "panel": "true and selective by the panel's measured scores (same unit as the panel)",
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
        Spearman over perturbations of the strength of predicted with that of measured score (1 = perfect, whichever way
        either points), and of z with the measured score after the panel's
        mean and spread of each row (NaN where the units differ).
    same_unit
        Whether the measured values are in the panel's unit.
    screened_line
        Name of the line of the panel that the sample is: then ``predicted`` is what the models that did not see the
        line said of it. Empty where the sample is none.
    by_length
        Index N; ``hits``, ``rate``, ``low``, ``high`` (95 %, binomial), ``expected`` (sum of probabilities; NaN where
        another rule counts hits), ``by_chance``.
    """

    rows: pd.DataFrame
    rule: str
    correlation: float
    selective_correlation: float
    by_length: pd.DataFrame
    same_unit: bool
    screened_line: str = ""


def score_predictions(
    table: pd.DataFrame,
    screen: MeasuredScreen,
    by_panel: pd.Series,
    same_unit: bool,
    score: ScoreType,
    screened_line: str = "",
) -> Scorecard:
    """Judge a hit table by a measured screen.

    Parameters
    ----------
    table
        Hit table in list order.
    screen
        Measured values of the same sample.
    by_panel
        Whether what was measured is a true, selective dependency by the panel's rule, by perturbation; asked only in
        the panel's unit.
    same_unit
        Whether the measured values may be in the panel's unit; a source that is known to be in another overrules it.
    score
        Of the model.
    screened_line
        As in `Scorecard`.
    """
    same_unit = same_unit and (screen.unit is None or screen.unit == score.key)
    same_unit = same_unit and (screen.stronger == "higher") == score.higher_is_stronger
    rows = table[[name in screen.values.index for name in table.index]].copy()
    rows.insert(0, "measured", screen.values.reindex(rows.index))
    # Both point the same way from here on, whatever the sources do.
    strength = rows["measured"] * (1.0 if screen.stronger == "higher" else -1.0)
    rule, hit = _hits(rows, strength, screen, by_panel if same_unit else None)
    rows.insert(1, "hit", hit.to_numpy(dtype=bool))
    selective = float("nan")
    if same_unit:
        relative = (rows["measured"] - rows["panel_mean"]) / rows["panel_sd"].replace(0.0, np.nan)
        selective = _spearman(rows["z"], pd.Series(score.strength(relative.to_numpy(dtype=float)), rows.index))
    predicted = pd.Series(score.strength(rows["predicted"].to_numpy(dtype=float)), rows.index)
    correlation = _spearman(predicted, strength)
    return Scorecard(rows, rule, correlation, selective, _by_length(rows, rule), same_unit, screened_line)


def _hits(
    rows: pd.DataFrame, strength: pd.Series, screen: MeasuredScreen, by_panel: pd.Series | None
) -> tuple[str, pd.Series]:
    """Which rows are hits, and by which rule."""
    if screen.hits is not None:
        return "called", screen.hits.reindex(rows.index).fillna(False).astype(bool)
    if by_panel is not None:
        return "panel", by_panel.reindex(rows.index) > 0
    return "list", strength >= strength.quantile(0.9)


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
