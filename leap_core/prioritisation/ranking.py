"""The hit table: one row per perturbation for one sample, in the default order, with what is hidden counted."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from leap_core.data.scores import ScoreType
from leap_core.ensemble.model import Predictions
from leap_core.prioritisation.priority import DEFAULT, PRESETS, Weights, components, priority

ORDERS = {
    **{
        name: "priority: " + ", ".join(f"{component} {weight:g} %" for component, weight in weights.as_dict().items() if weight)
        for name, weights in PRESETS.items()
    },
    "Strongest predicted": "predicted score alone",
    "Most accurate": "accuracy on unseen lines alone",
    "Name": "alphabetical",
}


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
        Part of a name, any case; empty shows all.
    """

    order: str = DEFAULT
    minimum_accuracy: float | None = None
    hide_common_essential: bool = True
    search: str = ""


@dataclass(frozen=True)
class Shown:
    """The rows of a view, and how many are hidden for which reason.

    Attributes
    ----------
    table
        Rows in order.
    total
        Rows before hiding.
    common_essential, below_accuracy, not_searched
        Rows hidden, each counted once, under the first reason that applies in this order.
    """

    table: pd.DataFrame
    total: int
    common_essential: int
    below_accuracy: int
    not_searched: int

    def sentence(self, noun: str) -> str:
        """What is shown and hidden, in words."""
        reasons = [
            f"{count:,} {reason}"
            for count, reason in (
                (self.common_essential, "common essential"),
                (self.below_accuracy, "below the accuracy cut"),
                (self.not_searched, "not matching the search"),
            )
            if count
        ]
        hidden = f" (hidden: {', '.join(reasons)})" if reasons else ""
        return f"{len(self.table):,} of {self.total:,} {noun} shown{hidden}"


def hit_table(
    predictions: Predictions, sample: str, panel_table: pd.DataFrame, score: ScoreType, evidence: pd.DataFrame | None = None
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
    evidence
        From `leap_core.prioritisation.sample_columns.sample_columns`.

    Returns
    -------
    pandas.DataFrame
        Index perturbations, default order; ``predicted``, ``agreement_sd``, ``panel_percentile``,
        ``accuracy``, ``accuracy_metric``, ``status``, ``priority`` (of the default weights), the evidence, then the panel's
        columns.
    """
    table = pd.DataFrame(
        {
            "predicted": predictions.predicted.loc[sample],
            "agreement_sd": predictions.agreement_sd.loc[sample],
            "panel_percentile": predictions.panel_percentile.loc[sample],
        }
    )
    table = table.join(panel_table)
    table.insert(4, "accuracy_metric", score.metric)
    if evidence is not None:
        table = table.join(evidence)
    table["priority"] = priority(components(table, score), PRESETS[DEFAULT])
    extra = list(evidence.columns) if evidence is not None else []
    first = ["predicted", "agreement_sd", "panel_percentile", "accuracy", "accuracy_metric", "status", "priority", *extra]
    table = table[first + [column for column in table.columns if column not in first]]
    table.index.name = "perturbation"
    return ordered(table, score, DEFAULT)


def ordered(table: pd.DataFrame, score: ScoreType, order: str, weights: Weights | None = None) -> pd.DataFrame:
    """Sort a hit table by one of `ORDERS`, or by weights of the user's own; what has no number comes last, ties by name."""
    accuracy = table["accuracy"].fillna(-np.inf)
    percentile = table["panel_percentile"].fillna(-np.inf)
    strength = pd.Series(score.strength(table["predicted"].to_numpy(dtype=float)), index=table.index).fillna(-np.inf)
    weights = weights or PRESETS.get(order)
    if weights is not None:
        keys = [priority(components(table, score), weights), percentile, accuracy]
    else:
        keys = {"Strongest predicted": [strength], "Most accurate": [accuracy], "Name": []}[order]
    names = table.index.to_numpy(dtype=str)
    return table.iloc[np.lexsort([names, *(-key.to_numpy(dtype=float) for key in reversed(keys))])]


def show(table: pd.DataFrame, score: ScoreType, view: View) -> Shown:
    """Apply a view to a hit table."""
    essential = table["common_essential"].fillna(False).to_numpy(dtype=bool) & view.hide_common_essential
    below = np.zeros(len(table), dtype=bool)
    if view.minimum_accuracy is not None:
        below = ~(table["accuracy"].to_numpy(dtype=float) >= view.minimum_accuracy)
    names = table.index.to_series().str.lower()
    unmatched = ~names.str.contains(view.search.strip().lower(), regex=False).to_numpy(dtype=bool)
    kept = ~(essential | below | unmatched)
    return Shown(
        table=ordered(table[kept], score, view.order),
        total=len(table),
        common_essential=int(essential.sum()),
        below_accuracy=int((below & ~essential).sum()),
        not_searched=int((unmatched & ~below & ~essential).sum()),
    )


def rank_agreement(members: pd.DataFrame, ensemble: pd.Series) -> pd.Series:
    """Spearman correlation over perturbations of each member (row) with the ensemble."""
    return members.T.rank().corrwith(ensemble.rank())
