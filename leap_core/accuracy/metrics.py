"""Metrics per perturbation: one column of predictions against one column of measurements."""

from __future__ import annotations

import numpy as np
from scipy.stats import rankdata

from leap_core.arrays import Array, Floats, by_pattern, spearman_columns


def auroc_columns(predicted: Floats, measured: Floats) -> Array:
    """Area under the ROC curve of each column of calls; ties count half (Mann-Whitney).

    Parameters
    ----------
    predicted, measured
        (m, p); `measured` holds 0, 1 or NaN.

    Returns
    -------
    numpy.ndarray
        (p,); NaN where one class is absent.
    """
    return by_pattern(predicted, measured, _auroc_complete)


def score_columns(predicted: Floats, measured: Floats, metric: str) -> Array:
    """Score each column by the metric of its score type: ``spearman`` or ``auroc``."""
    return {"spearman": spearman_columns, "auroc": auroc_columns}[metric](predicted, measured)


def skill_columns(predicted: Floats, measured: Floats, metric: str) -> Array:
    """Score each column as `score_columns` does, a constant prediction as no skill: 0 for Spearman, 0.5 for AUROC.

    Returns
    -------
    numpy.ndarray
        (p,); NaN only where the measurements allow no score: constant, of one class, or of fewer than 3 lines.
    """
    anything = np.broadcast_to(np.arange(len(measured), dtype=float)[:, None], measured.shape)
    can_be_scored = ~np.isnan(score_columns(anything, measured, metric))
    score = score_columns(predicted, measured, metric)
    return np.where(can_be_scored & np.isnan(score), 0.5 if metric == "auroc" else 0.0, score)


def _auroc_complete(predicted: Floats, measured: Floats) -> Array:
    positive = measured > 0.5
    positives = positive.sum(axis=0)
    negatives = len(measured) - positives
    ranks = rankdata(predicted, axis=0)
    above = (ranks * positive).sum(axis=0) - positives * (positives + 1) / 2
    pairs = positives * negatives
    return np.where(pairs > 0, above / np.maximum(pairs, 1), np.nan)
