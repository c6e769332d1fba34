"""Accuracy on unseen lines: the score within each outer fold, averaged over folds (docs/methods.md#outer-cross-fit)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from leap_core.accuracy.metrics import skill_columns
from leap_core.arrays import Array, Mask, Matrix

OUTER_FOLDS = 5


@dataclass(frozen=True)
class OuterFold:
    """Predictions for the lines of one outer fold by everything that was trained without them.

    Attributes
    ----------
    predictions
        By method (``leap``, ``lineage_mean``, ``nearest_line``, ``pca_ridge``, ``layer_1`` ...): (m, p).
    measured
        (m, p), NaN where not screened.
    """

    predictions: dict[str, Matrix]
    measured: Matrix


def score_fold(fold: OuterFold, metric: str) -> dict[str, Array]:
    """Score every method within the fold.

    A constant prediction counts as no skill: 0 for Spearman, 0.5 for AUROC. A perturbation whose held-out
    responses are constant, of one class, or fewer than 3 has no score (NaN) in this fold.

    Returns
    -------
    dict
        By method: (p,).
    """
    return {
        method: skill_columns(predictions, fold.measured, metric) for method, predictions in fold.predictions.items()
    }


def accuracy_table(scores: list[dict[str, Array]], perturbations: list[str], enough: Mask) -> pd.DataFrame:
    """Average the folds' scores into the accuracy of each perturbation.

    Parameters
    ----------
    scores
        What `score_fold` returned for each outer fold.
    perturbations
        (p,) names.
    enough
        (p,) False where there are too few lines (or too few of either call) for any number.

    Returns
    -------
    pandas.DataFrame
        Index perturbations; ``accuracy`` of the ensemble; ``accuracy_single_layer``, the mean of its
        layers; ``accuracy_<baseline>``; ``accuracy_folds``, how many folds gave a score. NaN = no number.
    """
    stacked = {method: np.stack([score[method] for score in scores]) for method in scores[0]}
    layers = [name for name in stacked if name.startswith("layer_")]
    table = pd.DataFrame(index=pd.Index(perturbations, name="perturbation"))
    table["accuracy"] = _mean_over_folds(stacked["leap"], enough)
    table["accuracy_single_layer"] = _mean_over_folds(np.mean([stacked[name] for name in layers], axis=0), enough)
    for method in ("lineage_mean", "nearest_line", "pca_ridge"):
        table[f"accuracy_{method}"] = _mean_over_folds(stacked[method], enough)
    table["accuracy_folds"] = (~np.isnan(stacked["leap"])).sum(axis=0)
    return table


def _mean_over_folds(scores: Array, enough: Mask) -> Array:
    observed = ~np.isnan(scores)
    count = observed.sum(axis=0)
    total = np.where(observed, scores, 0.0).sum(axis=0)
    return np.where(enough & (count > 0), total / np.maximum(count, 1), np.nan)
