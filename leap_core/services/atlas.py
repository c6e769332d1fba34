"""The accuracy atlas of a model.

What its outer cross-fit says per perturbation and per lineage, beside the baselines.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from leap_core.accuracy.metrics import skill_columns
from leap_core.accuracy.tasks import MIN_LINEAGE, UNSEEN_LINEAGE, UNSEEN_LINES, UNSEEN_PERTURBATIONS, Splitting
from leap_core.arrays import Array, Ints, masked_mean
from leap_core.model.catalogue import recipe_called, recipe_words
from leap_core.model.stages import training_set
from leap_core.model.work import held_out_work
from leap_core.panel.lines import UNKNOWN_LINEAGE
from leap_core.panel.panel import Panel
from leap_core.services.models import Model

# What the table of perturbations calls a method, and what people call it.
METHODS = {
    "accuracy": "ensemble",
    "accuracy_single_layer": "mean single layer",
    "accuracy_pca_ridge": "PCA + ridge",
    "accuracy_lineage_mean": "lineage mean",
    "accuracy_nearest_line": "nearest line",
}
_OF_UNSEEN = {
    "leap": "ensemble",
    "pca_ridge": "PCA + ridge",
    "lineage_mean": "lineage mean",
    "nearest_line": "nearest line",
}
_MIN_LINES = 10


def perturbation_accuracies(model: Model) -> pd.DataFrame:
    """Accuracy of every perturbation that has one, the numbers of the hit table.

    Returns
    -------
    pandas.DataFrame
        Index perturbations, the most accurate first; a column per method of `METHODS`, ``lines`` that were screened,
        ``sd`` of the measured responses, ``accuracy_low``, ``accuracy_high``, ``badge``.
    """
    known = model.table[np.isfinite(model.table["accuracy"].astype(float))]
    table = known[list(METHODS)].rename(columns=METHODS)
    table = table.assign(
        lines=known["lines_screened"],
        sd=known["panel_sd"],
        accuracy_low=known["accuracy_low"],
        accuracy_high=known["accuracy_high"],
        badge=known["badge"],
    )
    return table.sort_values("ensemble", ascending=False, kind="stable")


def lineage_accuracies(model: Model) -> pd.DataFrame:
    """Accuracy within each lineage with ten lines or more, mean over perturbations.

    Lines of a lineage are spread over the outer folds, so predictions and measurements of a perturbation are taken less
    their fold's mean before they are ranked together; calls are ranked by predictions less their fold's mean.

    Returns
    -------
    pandas.DataFrame
        Index lineages, the most accurate first; a column per method, and ``lines``.
    """
    lineages = model.panel.lines["lineage"].to_numpy(dtype=object)
    measured = model.panel.response.to_numpy(dtype=float)[:, model.learnable]
    folds, metric = model.outer_folds, model.panel.score.metric
    target = measured if model.panel.score.binary else _less_fold_means(measured, folds)
    predictions = {
        title: _less_fold_means(model.cross_validated[name].astype(float), folds) for name, title in _OF_UNSEEN.items()
    }
    rows: dict[str, dict[str, float]] = {}
    for lineage in sorted(set(map(str, lineages)) - {UNKNOWN_LINEAGE}):
        lines = lineages == lineage
        if lines.sum() < _MIN_LINES:
            continue
        scores = {title: skill_columns(values[lines], target[lines], metric) for title, values in predictions.items()}
        rows[lineage] = {
            title: float(np.nanmean(score)) if np.isfinite(score).any() else np.nan for title, score in scores.items()
        }
        rows[lineage]["lines"] = int(lines.sum())
    table = pd.DataFrame.from_dict(rows, orient="index", columns=[*_OF_UNSEEN.values(), "lines"])
    table.index.name = "lineage"
    return table.sort_values("ensemble", ascending=False, kind="stable")


def _less_fold_means(values: Array, folds: Ints) -> Array:
    centred = values.copy()
    for fold in np.unique(folds):
        rows = folds == fold
        centred[rows] -= np.nan_to_num(masked_mean(values[rows], np.isfinite(values[rows])))
    return centred


def evaluation_table(found: dict[str, Any]) -> pd.DataFrame:
    """Methods of an evaluation (see `leap_core.accuracy.summary.summarise`), the best first."""
    rows = [
        {
            "method": method,
            "mean": values["mean"],
            "low": values["interval_95"][0],
            "high": values["interval_95"][1],
            "mean layer": values.get("mean_layer"),
            "best layer": values.get("best_layer"),
            "seconds": found["seconds"].get(method),
        }
        for method, values in found["methods"].items()
    ]
    return pd.DataFrame(rows).sort_values("mean", ascending=False, kind="stable", ignore_index=True)


def difference_table(found: dict[str, Any]) -> pd.DataFrame:
    """Paired differences of an evaluation."""
    rows = [
        {
            "recipe": e["recipe"],
            "minus": e["minus"],
            "difference": e["mean"],
            "low": e["interval_95"][0],
            "high": e["interval_95"][1],
            "verdict": e["verdict"],
        }
        for e in found["differences"]
    ]
    return pd.DataFrame(rows, columns=["recipe", "minus", "difference", "low", "high", "verdict"])


def tasks_on(panel: Panel) -> list[str]:
    """Tasks that a panel can be split for by itself."""
    return [UNSEEN_LINES, UNSEEN_LINEAGE, *([UNSEEN_PERTURBATIONS] if panel.fingerprints is not None else [])]


def recipes_for(panel: Panel, task: str) -> list[str]:
    """Names of the recipes that a task can compare on a panel.

    Those that need fingerprints only where there are some.
    """
    pan = {name: recipe_called(name).pan for name in recipe_words()}
    if task == UNSEEN_PERTURBATIONS:
        return [name for name, of_all in pan.items() if of_all]
    return [name for name, of_all in pan.items() if not of_all or panel.fingerprints is not None]


def comparison_seconds(panel: Panel, recipes: list[str], task: str) -> float:
    """Rough seconds on one core that comparing recipes takes, before anything is found in the store."""
    lineages = panel.lines["lineage"].value_counts()
    large = int(((lineages >= MIN_LINEAGE) & (lineages.index != UNKNOWN_LINEAGE)).sum())
    splits = large if task == UNSEEN_LINEAGE else Splitting().repeats
    chosen = [recipe_called(name) for name in recipes]
    return 0.8 * splits * sum(held_out_work(training_set(panel, recipe), recipe) for recipe in chosen)
