"""Metrics per perturbation: one column of predictions against one column of measurements."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.stats import rankdata

MINIMUM_LINES = 3

Matrix = npt.NDArray[np.floating]


def spearman_columns(predicted: Matrix, measured: Matrix) -> npt.NDArray[np.float64]:
    """Spearman correlation of each column over the lines that were screened.

    Parameters
    ----------
    predicted, measured
        (m, p); NaN in `measured` = not screened.

    Returns
    -------
    numpy.ndarray
        (p,); NaN where undefined: fewer than 3 lines, or a constant column.
    """
    return _by_pattern(predicted, measured, _spearman_complete)


def auroc_columns(predicted: Matrix, measured: Matrix) -> npt.NDArray[np.float64]:
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
    return _by_pattern(predicted, measured, _auroc_complete)


def score_columns(predicted: Matrix, measured: Matrix, metric: str) -> npt.NDArray[np.float64]:
    """Score each column by the metric of its score type: ``spearman`` or ``auroc``."""
    return {"spearman": spearman_columns, "auroc": auroc_columns}[metric](predicted, measured)


def skill_columns(predicted: Matrix, measured: Matrix, metric: str) -> npt.NDArray[np.float64]:
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


def _by_pattern(predicted, measured, score) -> npt.NDArray[np.float64]:  # type: ignore[no-untyped-def]
    """Score columns with the same screened lines together."""
    observed = ~np.isnan(measured)
    result = np.full(measured.shape[1], np.nan)
    patterns, group = np.unique(observed, axis=1, return_inverse=True)
    group = np.asarray(group).ravel()
    for pattern in range(patterns.shape[1]):
        columns = np.flatnonzero(group == pattern)
        rows = patterns[:, pattern]
        if rows.sum() >= MINIMUM_LINES:
            result[columns] = score(predicted[np.ix_(rows, columns)], measured[np.ix_(rows, columns)])
    return result


def _spearman_complete(predicted: Matrix, measured: Matrix) -> npt.NDArray[np.float64]:
    centre = 0.5 * (len(predicted) + 1)
    a = rankdata(predicted, axis=0) - centre
    b = rankdata(measured, axis=0) - centre
    norm = np.sqrt((a * a).sum(axis=0) * (b * b).sum(axis=0))
    return np.where(norm > 0, (a * b).sum(axis=0) / np.where(norm > 0, norm, 1.0), np.nan)


def _auroc_complete(predicted: Matrix, measured: Matrix) -> npt.NDArray[np.float64]:
    positive = measured > 0.5
    positives = positive.sum(axis=0)
    negatives = len(measured) - positives
    ranks = rankdata(predicted, axis=0)
    above = (ranks * positive).sum(axis=0) - positives * (positives + 1) / 2
    pairs = positives * negatives
    return np.where(pairs > 0, above / np.maximum(pairs, 1), np.nan)
