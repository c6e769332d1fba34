"""The hit table: one row per perturbation for one sample, in the default order, with what is hidden counted."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from leap_core.arrays import Mask
from leap_core.model.ensemble import Predictions
from leap_core.panel.scores import ScoreType
from leap_core.ranking.priority import DEFAULT, PRESETS, Weights, components, priority

ORDERS = {
    **{
        name: (
            "priority: "
            + ", ".join(f"{component} {weight:g} %" for component, weight in weights.as_dict().items() if weight)
        )
        for name, weights in PRESETS.items()
    },
    "Strongest predicted": "predicted score alone",
    "Most accurate": "accuracy on unseen lines alone",
    "Name": "alphabetical",
}


_FIRST_COLUMNS = ["predicted", "agreement_sd", "panel_percentile", "accuracy", "accuracy_metric", "status", "priority"]
_SEARCHED = ("targets", "pathway", "approved_drugs", "other_drugs")


@dataclass(frozen=True)
class View:
    """Which rows are shown, and in what order.

    Attributes
    ----------
    order
        One of `ORDERS`.
    minimum_accuracy
        Rows below are hidden; None shows all. Rows without a measured accuracy are below any cut.
    hide_common_essential
        Whether common essential genes are hidden.
    search
        Part of a name, a target, a pathway, or a drug against a gene, any case; empty shows all.
    minimum_probability
        Rows with a lower probability of a true, selective dependency are hidden; 0 shows all.
    hide_not_expressed
        Whether genes that the sample does not express are hidden.
    weights
        The user's own weights of the priority; they go before `order`.
    maximum_disagreement
        Rows that several studies predict further apart, in points of percentile, are hidden; None shows all, and rows
        of one study are never hidden.
    """

    order: str = DEFAULT
    minimum_accuracy: float | None = None
    hide_common_essential: bool = True
    search: str = ""
    minimum_probability: float = 0.0
    hide_not_expressed: bool = False
    weights: Weights | None = None
    maximum_disagreement: float | None = None


@dataclass(frozen=True)
class Shown:
    """The rows of a view, and how many are hidden for which reason.

    Attributes
    ----------
    table
        Rows in order.
    total
        Rows before hiding.
    hidden
        Reason to rows hidden, each counted once, under the first reason that applies.
    """

    table: pd.DataFrame
    total: int
    hidden: dict[str, int]

    def sentence(self, noun: str) -> str:
        """What is shown and hidden, in words."""
        reasons = [f"{count:,} {reason}" for reason, count in self.hidden.items() if count]
        hidden = f" (hidden: {', '.join(reasons)})" if reasons else ""
        return f"{len(self.table):,} of {self.total:,} {noun} shown{hidden}"


def hit_table(
    predictions: Predictions,
    sample: str,
    panel_table: pd.DataFrame,
    score: ScoreType,
    of_sample: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Join one sample's predictions with what is known of each perturbation.

    Parameters
    ----------
    predictions
        From the ensemble.
    sample
        Row of the predictions.
    panel_table
        The model's table per perturbation.
    score
        Score type of the model.
    of_sample
        From `leap_core.ranking.sample_columns.sample_columns`.

    Returns
    -------
    pandas.DataFrame
        Index perturbations, default order; ``predicted``, ``agreement_sd``, ``panel_percentile``,
        ``accuracy``, ``accuracy_metric``, ``status``, ``priority`` (of the default weights), the columns of the sample,
        then the panel's columns.
    """
    names = ("predicted", "agreement_sd", "panel_percentile")
    own = pd.DataFrame({name: getattr(predictions, name).loc[sample] for name in names})
    beside = [panel_table] if of_sample is None else [panel_table, of_sample]
    # One row for each prediction; tables that have the same rows are put beside each other as they are.
    others = [part if part.index.equals(own.index) else part.reindex(own.index) for part in beside]
    table = pd.concat([own, *others], axis=1).assign(accuracy_metric=score.metric)
    table["priority"] = priority(components(table, score), PRESETS[DEFAULT])
    extra = list(of_sample.columns) if of_sample is not None else []
    first = [*_FIRST_COLUMNS, *extra]
    table = table[first + [column for column in table.columns if column not in first]]
    table.index.name = "perturbation"
    return ordered(table, score, DEFAULT)


def ordered(table: pd.DataFrame, score: ScoreType, order: str, weights: Weights | None = None) -> pd.DataFrame:
    """Sort a hit table by one of `ORDERS`, or by weights of the user's own.

    What has no number comes last, ties by name.

    A column ``priority`` is taken as the points of these weights (`show` makes it so).
    """
    accuracy = table["accuracy"].fillna(-np.inf)
    percentile = table["panel_percentile"].fillna(-np.inf)
    strength = pd.Series(score.strength(table["predicted"].to_numpy(dtype=float)), index=table.index).fillna(-np.inf)
    weights = weights or PRESETS.get(order)
    if weights is not None:
        points = table["priority"] if "priority" in table else priority(components(table, score), weights)
        keys = [points, percentile, accuracy]
    else:
        keys = {"Strongest predicted": [strength], "Most accurate": [accuracy], "Name": []}[order]
    names = table.index.to_numpy(dtype=str)
    return table.iloc[np.lexsort([names, *(-key.to_numpy(dtype=float) for key in reversed(keys))])]


def show(table: pd.DataFrame, score: ScoreType, view: View) -> Shown:
    """Apply a view to a hit table."""
    reasons = {
        "measured in the pilot": _measured(table),
        "common essential": table["common_essential"].fillna(False).to_numpy(dtype=bool) & view.hide_common_essential,
        "below the accuracy cut": _below(table, "accuracy", view.minimum_accuracy),
        "below the probability cut": _below(table, "probability", view.minimum_probability or None),
        "predicted apart by the studies": _apart(table, view.maximum_disagreement),
        "not expressed": ~_true_or_unknown(table, "expressed") & view.hide_not_expressed,
        "not matching the search": ~_found(table, view.search),
    }
    gone = np.zeros(len(table), dtype=bool)
    hidden = {}
    for reason, rows in reasons.items():
        hidden[reason] = int((rows & ~gone).sum())
        gone |= rows
    # Of all rows, hidden or not: a filter changes no row's points.
    table = with_priority(table, score, view)
    return Shown(ordered(table[~gone], score, view.order, view.weights), len(table), hidden)


def with_priority(table: pd.DataFrame, score: ScoreType, view: View) -> pd.DataFrame:
    """The table with every row's points by the weights of a view's order; as it is where the order has none."""
    weights = view.weights or PRESETS.get(view.order)
    return table if weights is None else table.assign(priority=priority(components(table, score), weights))


def _found(table: pd.DataFrame, search: str) -> Mask:
    """Rows with the text in their name, targets, pathway, or drugs."""
    if not search.strip():
        return np.ones(len(table), dtype=bool)
    found = np.zeros(len(table), dtype=bool)
    for column in (table.index, *(table[name] for name in _SEARCHED if name in table)):
        found |= (
            pd.Series(column)
            .astype(str)
            .str.lower()
            .str.contains(search.strip().lower(), regex=False)
            .to_numpy(dtype=bool)
        )
    return found


def _below(table: pd.DataFrame, column: str, cut: float | None) -> Mask:
    """Rows below a cut; those without a number are below any."""
    if cut is None or column not in table:
        return np.zeros(len(table), dtype=bool)
    return ~(table[column].to_numpy(dtype=float) >= cut)


def _apart(table: pd.DataFrame, most: float | None) -> Mask:
    """Rows that the studies predict further apart than so many points."""
    if most is None or "disagreement" not in table:
        return np.zeros(len(table), dtype=bool)
    return table["disagreement"].to_numpy(dtype=float) > most


def _measured(table: pd.DataFrame) -> Mask:
    """Rows that a pilot has measured: what is known of them is no prediction."""
    if "in_pilot" not in table:
        return np.zeros(len(table), dtype=bool)
    return table["in_pilot"].to_numpy(dtype=bool)


def _true_or_unknown(table: pd.DataFrame, column: str) -> Mask:
    if column not in table:
        return np.ones(len(table), dtype=bool)
    return table[column].fillna(True).to_numpy(dtype=bool)


def everything(view: View) -> View:
    """The same order with nothing hidden."""
    return replace(
        view,
        minimum_accuracy=None,
        hide_common_essential=False,
        search="",
        minimum_probability=0.0,
        hide_not_expressed=False,
        maximum_disagreement=None,
    )


def in_words(view: View) -> str:
    """The order of a view, with the weights where they are the user's own."""
    if view.weights is None:
        return view.order
    return "own weights: " + ", ".join(
        f"{name} {weight:g}" for name, weight in view.weights.as_dict().items() if weight
    )


def rank_agreement(members: pd.DataFrame, ensemble: pd.Series) -> pd.Series:
    """Spearman correlation over perturbations of each member (row) with the ensemble."""
    ranks, own = members.T.rank(), ensemble.rank().reindex(members.columns)
    known = own.notna().to_numpy() & ranks.notna().all(axis=1).to_numpy()
    a, b = ranks.to_numpy()[known], own.to_numpy()[known]
    a, b = a - a.mean(axis=0), b - b.mean()
    with np.errstate(invalid="ignore", divide="ignore"):
        return pd.Series(b @ a / np.sqrt(np.square(a).sum(axis=0) * np.square(b).sum()), members.index)
