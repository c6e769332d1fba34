"""Filling gaps of a matrix by its low-rank structure: soft-impute (Mazumder, Hastie & Tibshirani 2010, JMLR 11)."""

from __future__ import annotations

import numpy as np

from leap_core.arrays import Array

_ROUNDS, _TOLERANCE = 30, 1e-2
# Singular values are shrunk by this share of the first that is left out.
_SHRINK = 0.3


def soft_impute(values: Array, rank: int) -> Array:
    """Fill the gaps of standardised columns.

    The gaps are replaced by a low-rank fit to what is known and what was filled in before, its singular values shrunk,
    until what is filled in changes by less than a hundredth (root mean square), thirty times at most.

    Parameters
    ----------
    values
        (n, q) columns of mean 0 and variance about 1; NaN = a gap.
    rank
        Singular vectors that are kept.

    Returns
    -------
    numpy.ndarray
        (n, q); what was known is unchanged.
    """
    gaps = np.isnan(values)
    filled: Array = np.where(gaps, 0.0, values)
    if not gaps.any():
        return filled
    for _ in range(_ROUNDS):
        fit = _shrunk(filled, rank)
        change = float(np.sqrt(np.square(fit - filled)[gaps].mean()))
        filled = np.where(gaps, fit, values)
        if change < _TOLERANCE:
            break
    return filled


def _shrunk(values: Array, rank: int) -> Array:
    """The first singular vectors with shrunk singular values, through the smaller Gram matrix."""
    wide = values.shape[0] <= values.shape[1]
    squares, vectors = np.linalg.eigh(values @ values.T if wide else values.T @ values)
    singular = np.sqrt(np.maximum(squares[::-1], 0.0))
    threshold = _SHRINK * singular[min(rank, len(singular) - 1)]
    kept = np.maximum(singular[:rank] - threshold, 0.0) / np.maximum(singular[:rank], 1e-300)
    first = vectors[:, ::-1][:, :rank]
    fit: Array = (first * kept) @ (first.T @ values) if wide else ((values @ first) * kept) @ first.T
    return fit
