"""What many rooms need of arrays: names of their types, masked means, rank correlation, principal components."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.linalg import eigh
from scipy.stats import rankdata

Matrix = npt.NDArray[np.float32]
Array = npt.NDArray[np.float64]
Floats = npt.NDArray[np.floating[Any]]
Ints = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]
Labels = npt.NDArray[np.object_]

# Fewer values have no rank correlation worth the name.
MIN_RANKED = 3
# Components whose variance is below this share of the largest are rounding errors.
_RANK = 1e-10


def read_only(array: Any) -> Any:
    """A view that cannot be written to, as what is mapped from disk is: one type, so that numba compiles once."""
    view = array.view()
    view.flags.writeable = False
    return view


def within(positions: npt.NDArray[np.integer], stop: int, what: str) -> None:
    """Refuse positions that are not in 0..stop - 1: compiled code reads past the end, and numpy from the wrong end.

    Raises
    ------
    ValueError
        If there is one.
    """
    if positions.size and not (int(positions.min()) >= 0 and int(positions.max()) < stop):
        raise ValueError(f"{what} lie in {positions.min()}..{positions.max()}, expected 0..{stop - 1}")


def masked_mean(values: Floats, known: Mask, axis: int = 0) -> Array:
    """Mean along an axis of the values that are known; NaN where none is."""
    count = known.sum(axis=axis)
    total = np.where(known, values, 0.0).sum(axis=axis, dtype=np.float64)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)


def centred_ranks(values: Floats) -> Array:
    """Ranks within each column, ties sharing their mean rank, less the mean rank."""
    ranks: Array = rankdata(values, axis=0) - 0.5 * (len(values) + 1)
    return ranks


def spearman_columns(predicted: Floats, measured: Floats) -> Array:
    """Spearman correlation of each column over the rows that were measured.

    Parameters
    ----------
    predicted, measured
        (m, p); NaN in `measured` = not screened.

    Returns
    -------
    numpy.ndarray
        (p,); NaN where undefined: fewer than 3 rows, or a constant column.
    """
    return by_pattern(predicted, measured, _spearman_complete)


def by_pattern(predicted: Floats, measured: Floats, score: Any) -> Array:
    """Score the columns that were measured in the same rows together; NaN for fewer than 3 rows.

    Parameters
    ----------
    score
        Takes two (v, c) arrays without gaps, returns (c,).
    """
    observed = ~np.isnan(measured)
    result = np.full(measured.shape[1], np.nan)
    patterns, group = np.unique(observed, axis=1, return_inverse=True)
    group = np.asarray(group).ravel()
    for pattern in range(patterns.shape[1]):
        columns = np.flatnonzero(group == pattern)
        rows = patterns[:, pattern]
        if rows.sum() >= MIN_RANKED:
            result[columns] = score(predicted[np.ix_(rows, columns)], measured[np.ix_(rows, columns)])
    return result


def _spearman_complete(predicted: Floats, measured: Floats) -> Array:
    a, b = centred_ranks(predicted), centred_ranks(measured)
    norm = np.sqrt((a * a).sum(axis=0) * (b * b).sum(axis=0))
    return np.where(norm > 0, (a * b).sum(axis=0) / np.where(norm > 0, norm, 1.0), np.nan)


def row_correlations(samples: Floats, lines: Floats) -> Array:
    """Pearson correlation over columns of samples (m, g) with lines (n, g): (m, n).

    Columns that a sample lacks (NaN) take no part.
    """
    known = np.isfinite(samples)
    if known.all():
        return _unit_rows(samples) @ _unit_rows(lines).T
    number = known.sum(axis=1)[:, None]
    # Of one mean over all columns: what is left of it in the known ones is taken off below.
    filled = np.where(known, samples, 0.0).astype(np.float64)
    centred = np.where(known, filled - filled.sum(axis=1, keepdims=True) / np.maximum(number, 1), 0.0)
    others = lines.astype(np.float64) - lines.mean(axis=1, keepdims=True, dtype=np.float64)
    sums, squares = over_known(others, known), over_known(np.square(others), known)
    spread = np.square(centred).sum(axis=1)[:, None] * (squares - np.square(sums) / np.maximum(number, 1))
    norm = np.sqrt(np.maximum(spread, 0.0))
    return np.where(norm > 0, centred @ others.T / np.where(norm > 0, norm, 1.0), 0.0)


def over_known(lines: Array, known: Mask) -> Array:
    """Sums of lines (n, g) over the columns that each sample has (m, g): (m, n)."""
    sums = np.broadcast_to(lines.sum(axis=1), (len(known), len(lines)))
    some = ~known.all(axis=1)
    if not some.any():
        return sums
    # Mostly few are missing: their sum is taken off.
    result = sums.copy()
    result[some] -= (~known[some]).astype(np.float64) @ lines.T
    return result


def _unit_rows(rows: Floats) -> Array:
    centred = rows.astype(np.float64) - rows.mean(axis=1, keepdims=True, dtype=np.float64)
    norm = np.sqrt(np.square(centred).sum(axis=1, keepdims=True))
    unit: Array = centred / np.where(norm > 0, norm, 1.0)
    return unit


def principal_components(centred: Array, number: int, moments: Array | None = None) -> tuple[Array, Array]:
    """Leading principal components, from the smaller of the two second-moment matrices.

    Parameters
    ----------
    centred
        (n, g) centred columns.
    number
        How many; fewer are returned where the rank is lower.
    moments
        (n, n) products of the rows, where they are known; taken where there are fewer rows than columns.

    Returns
    -------
    variances : numpy.ndarray
        (k,) variances (sums of squares over n), falling.
    loadings : numpy.ndarray
        (g, k) orthonormal. The sign of a component is fixed by its largest loading, so that it does not depend on the
        LAPACK build.
    """
    n, g = centred.shape
    number = min(number, n - 1, g)
    if n <= g:
        moments = centred @ centred.T if moments is None else moments
        values, vectors = eigh(moments, subset_by_index=(n - number, n - 1))
        keep = values > values[-1] * _RANK
        loadings = centred.T @ (vectors[:, keep] / np.sqrt(values[keep]))
    else:
        values, vectors = eigh(centred.T @ centred, subset_by_index=(g - number, g - 1))
        keep = values > values[-1] * _RANK
        loadings = vectors[:, keep]
    loadings = loadings[:, ::-1]
    largest = np.argmax(np.abs(loadings), axis=0)
    return values[keep][::-1] / n, loadings * np.sign(loadings[largest, np.arange(loadings.shape[1])])
