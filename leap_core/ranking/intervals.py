"""Prediction intervals by CV+ (Barber, Candes, Ramdas & Tibshirani 2021, Annals of Statistics 49, section 3)."""

from __future__ import annotations

import numba
import numpy as np

from leap_core.arrays import Array, Floats, Ints, read_only, within

LEVELS = (0.8, 0.9)


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _bounds(fold_means, errors, folds, width, shares, bounds):  # type: ignore[no-untyped-def]
    n, p = errors.shape
    low, high = np.empty(n), np.empty(n)
    for j in range(p):
        count = 0
        for i in range(n):
            error = errors[i, j]
            if not np.isnan(error):
                centre = fold_means[folds[i], j]
                low[count], high[count] = centre - width[j] * error, centre + width[j] * error
                count += 1
        if count < 2:
            continue
        for level in range(shares.shape[0]):
            miss = 1.0 - shares[level]
            # The floor(a (n + 1))-th smallest, and the ceil((1 - a)(n + 1))-th smallest, counted from 1.
            below = int(np.floor(miss * (count + 1) + 1e-9))
            above = int(np.ceil((1.0 - miss) * (count + 1) - 1e-9))
            bounds[level, 0, j] = np.partition(low[:count], below - 1)[below - 1] if below >= 1 else -np.inf
            bounds[level, 1, j] = np.partition(high[:count], above - 1)[above - 1] if above <= count else np.inf


def cv_plus(
    fold_means: Floats, errors: Floats, folds: Ints, width: Floats | float = 1.0, levels: tuple[float, ...] = LEVELS
) -> Array:
    """Intervals of one sample for every perturbation.

    Parameters
    ----------
    fold_means
        (K, p) the sample's prediction by each fold's models.
    errors
        (n, p) absolute out-of-fold residuals of the panel's lines, in units of what is usual where each stands; NaN =
        not screened.
    folds
        (n,) of each line, 0..K-1.
    width
        (p,) or one for all: what the errors are multiplied with where the sample stands. With plain residuals and 1 it
        is CV+ as published.
    levels
        Nominal coverages.

    Returns
    -------
    numpy.ndarray
        (levels, 2, p): lower and upper bound; NaN with fewer than two lines, infinite with too few for the level.
    """
    if len(folds) != len(errors) or fold_means.shape[1] != errors.shape[1]:
        raise ValueError(f"errors {errors.shape} do not go with {len(folds)} folds and predictions {fold_means.shape}")
    within(folds, len(fold_means), "folds")
    bounds = np.full((len(levels), 2, errors.shape[1]), np.nan)
    _bounds(
        np.ascontiguousarray(fold_means, dtype=np.float64),
        read_only(errors),
        read_only(folds),
        read_only(np.ascontiguousarray(np.broadcast_to(np.asarray(width, dtype=np.float64), errors.shape[1:]))),
        np.asarray(levels, dtype=np.float64),
        bounds,
    )
    return bounds
