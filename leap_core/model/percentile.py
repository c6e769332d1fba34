"""Where a prediction stands among the panel's out-of-fold values; compiled, for it reads all of them."""

from __future__ import annotations

import numba
import numpy as np

from leap_core.arrays import Ints, Mask, Matrix, read_only, within


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _count(out_of_fold, folds, fold_means, below, ties):  # type: ignore[no-untyped-def]
    for line in range(out_of_fold.shape[0]):
        row = out_of_fold[line]
        against = fold_means[folds[line]]
        for j in range(row.shape[0]):
            below[j] += row[j] < against[j]
            ties[j] += row[j] == against[j]


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _varies(out_of_fold, varies):  # type: ignore[no-untyped-def]
    for line in range(1, out_of_fold.shape[0]):
        for j in range(out_of_fold.shape[1]):
            varies[j] |= out_of_fold[line, j] != out_of_fold[0, j]


def weaker_share(out_of_fold: Matrix, folds: Ints, fold_means: Matrix, higher_is_stronger: bool) -> Matrix:
    """Percentage of panel lines whose out-of-fold value is weaker than a sample's value by the same fold's models.

    Parameters
    ----------
    out_of_fold
        (n, p) of the panel's lines.
    folds
        (n,) fold of each line.
    fold_means
        (K, p) the sample's prediction by each fold's models, mean over layers.
    higher_is_stronger
        Direction of the score.

    Returns
    -------
    numpy.ndarray
        (p,) 0..100; ties count half.
    """
    n, p = out_of_fold.shape
    if len(folds) != n or fold_means.shape[1] != p:
        raise ValueError(f"{n} lines and {p} perturbations do not go with {len(folds)} folds and {fold_means.shape}")
    within(folds, len(fold_means), "folds")
    below, ties = np.zeros(p, dtype=np.int32), np.zeros(p, dtype=np.int32)
    _count(read_only(out_of_fold), read_only(folds), fold_means, below, ties)
    weaker = below if higher_is_stronger else n - below - ties
    return (100.0 * (weaker + 0.5 * ties) / max(n, 1)).astype(np.float32)


def varying(out_of_fold: Matrix) -> Mask:
    """(p,) whether a perturbation's out-of-fold values differ between lines; without that there is no percentile."""
    varies = np.zeros(out_of_fold.shape[1], dtype=np.bool_)
    _varies(read_only(out_of_fold), varies)
    return varies
