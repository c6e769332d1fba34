"""Choosing from a grid: rank correlation of validation predictions, all places of the grid in one call."""

from __future__ import annotations

import numba
import numpy as np
import numpy.typing as npt

from leap_core.arrays import Array, Floats, Ints, Mask


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _average_ranks(values):  # type: ignore[no-untyped-def]
    """Ranks 1..v with ties sharing their mean rank."""
    order = np.argsort(values)
    ranks = np.empty(values.shape[0])
    start = 0
    while start < order.shape[0]:
        stop = start + 1
        while stop < order.shape[0] and values[order[stop]] == values[order[start]]:
            stop += 1
        for position in range(start, stop):
            ranks[order[position]] = 0.5 * (start + stop + 1)
        start = stop
    return ranks


@numba.njit(cache=True, nogil=True, error_model="numpy")
def spearman_rows(predictions, measured):  # type: ignore[no-untyped-def]
    """Spearman correlation of each row of `predictions` (a, v) with `measured` (v,); 0 where undefined.

    Returns
    -------
    numpy.ndarray
        (a,) float64.
    """
    count = predictions.shape[0]
    result = np.zeros(count)
    if measured.shape[0] < 2:
        return result
    centre = 0.5 * (measured.shape[0] + 1)
    target = _average_ranks(measured) - centre
    target_norm = np.sum(target * target)
    for row in range(count):
        ranks = _average_ranks(predictions[row]) - centre
        norm = np.sum(ranks * ranks)
        if norm > 0.0 and target_norm > 0.0:
            result[row] = np.sum(ranks * target) / np.sqrt(norm * target_norm)
    return result


def path_spearman(predicted: Floats, measured: Floats) -> Array:
    """Spearman correlation (p, A) of predictions (p, A, m) with what was measured (m, p), over screened lines.

    A is the length of a grid; 0 where undefined.
    """
    found = np.zeros(predicted.shape[:2])
    for column, values in enumerate(measured.T):
        known = ~np.isnan(values)
        found[column] = spearman_rows(
            np.ascontiguousarray(predicted[column][:, known], dtype=np.float64),
            np.ascontiguousarray(values[known], dtype=np.float64),
        )
    return found


def select_penalty(scores: Array) -> tuple[npt.NDArray[np.int16], Array]:
    """Select the grid index of the best mean validation score; ties go to the larger penalty.

    Parameters
    ----------
    scores
        (q, K, A) validation scores, penalties falling along the last axis, undefined ones counted as 0.

    Returns
    -------
    numpy.ndarray
        (q,) index on the grid.
    numpy.ndarray
        (q,) the mean score there.
    """
    mean = scores.mean(axis=1)
    # Equal up to rounding is a tie: the sums of equal rank correlations differ in their last bits.
    best = mean.max(axis=1, keepdims=True)
    chosen = np.argmax(mean >= best - 1e-12, axis=1).astype(np.int16)
    return chosen, mean[np.arange(len(mean)), chosen]


def fold_means(response: Array, training: Mask) -> Array:
    """Mean response (p,) of the training lines (n,); of all lines where none of them was screened."""
    known = ~np.isnan(response)
    seen = known & training[:, None]
    seen = np.where(seen.any(axis=0), seen, known)
    found: Array = np.where(seen, response, 0.0).sum(axis=0) / np.maximum(seen.sum(axis=0), 1)
    return found


def held_out_spearman(predicted: Floats, measured: Floats, folds: Ints) -> Array:
    """Mean over folds of the Spearman correlation (p,) of out-of-fold predictions (n, p) with what was measured.

    Undefined counts 0.
    """
    numbers = np.unique(folds)
    total = np.zeros(measured.shape[1])
    for fold in numbers:
        rows = folds == fold
        total += path_spearman(predicted[rows].T[:, None], measured[rows])[:, 0]
    return total / len(numbers)
