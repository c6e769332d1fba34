"""Choosing the penalty: rank correlation of validation predictions, all penalties in one call."""

from __future__ import annotations

import numba
import numpy as np
import numpy.typing as npt


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


def select_penalty(scores: npt.NDArray[np.float64]) -> npt.NDArray[np.int16]:
    """Select the grid index of the best mean validation score; ties go to the larger penalty.

    Parameters
    ----------
    scores
        (q, K, A) validation scores, penalties falling along the last axis, undefined ones counted as 0.

    Returns
    -------
    numpy.ndarray
        (q,) index on the grid.
    """
    mean = scores.mean(axis=1)
    # Equal up to rounding is a tie: the sums of equal rank correlations differ in their last bits.
    best = mean.max(axis=1, keepdims=True)
    return np.argmax(mean >= best - 1e-12, axis=1).astype(np.int16)


def column_spearman(predicted: npt.NDArray[np.floating], measured: npt.NDArray[np.floating]) -> npt.NDArray[np.float64]:
    """Spearman correlation (p,) of each column of (m, p) over its screened lines; 0 where undefined."""
    found = np.zeros(measured.shape[1])
    for column in range(measured.shape[1]):
        known = ~np.isnan(measured[:, column])
        found[column] = spearman_rows(
            np.ascontiguousarray(predicted[known, column], dtype=np.float64)[None],
            np.ascontiguousarray(measured[known, column], dtype=np.float64),
        )[0]
    return found


def held_out_spearman(
    predicted: npt.NDArray[np.floating], measured: npt.NDArray[np.floating], folds: npt.NDArray[np.int64]
) -> npt.NDArray[np.float64]:
    """Mean over folds of the Spearman correlation (p,) of out-of-fold predictions (n, p) with what was measured.

    Undefined counts 0.
    """
    numbers = np.unique(folds)
    total = np.zeros(measured.shape[1])
    for fold in numbers:
        rows = folds == fold
        total += column_spearman(predicted[rows], measured[rows])
    return total / len(numbers)
