"""Prediction intervals by CV+ (Barber, Candes, Ramdas & Tibshirani 2021, Annals of Statistics 49, section 3)."""

from __future__ import annotations

import numba
import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]

LEVELS = (0.8, 0.9)


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _bounds(fold_means, out_of_fold, measured, folds, shares, residual_scale, bounds):  # type: ignore[no-untyped-def]
    n, p = measured.shape
    low, high = np.empty(n), np.empty(n)
    for j in range(p):
        count = 0
        for i in range(n):
            y = measured[i, j]
            if not np.isnan(y):
                centre = fold_means[folds[i], j]
                error = residual_scale * abs(y - out_of_fold[i, j])
                low[count], high[count] = centre - error, centre + error
                count += 1
        if count < 2:
            continue
        lows, highs = np.sort(low[:count]), np.sort(high[:count])
        for level in range(shares.shape[0]):
            miss = 1.0 - shares[level]
            # The floor(a (n + 1))-th smallest, and the ceil((1 - a)(n + 1))-th smallest, counted from 1.
            below = int(np.floor(miss * (count + 1)))
            above = int(np.ceil((1.0 - miss) * (count + 1)))
            bounds[level, 0, j] = lows[below - 1] if below >= 1 else -np.inf
            bounds[level, 1, j] = highs[above - 1] if above <= count else np.inf


def cv_plus(
    fold_means: npt.NDArray[np.floating], out_of_fold: npt.NDArray[np.floating], measured: npt.NDArray[np.floating], folds: npt.NDArray[np.int64],
    levels: tuple[float, ...] = LEVELS, residual_scale: float = 1.0,
) -> Array:  # fmt: skip
    """Intervals of one sample for every perturbation.

    Parameters
    ----------
    fold_means
        (K, p) the sample's prediction by each fold's models.
    out_of_fold, measured
        (n, p) of the panel's lines; NaN in `measured` = not screened.
    folds
        (n,) of each line, 0..K-1.
    levels
        Nominal coverages.
    residual_scale
        What residuals are multiplied with: they are errors of one fold's models, the sample's prediction averages all of them
        (`leap_core.evaluation.line_errors.averaging_scale`). 1 is CV+ as published, whose intervals are a little too wide for that
        reason.

    Returns
    -------
    numpy.ndarray
        (levels, 2, p): lower and upper bound; NaN with fewer than two lines, infinite with too few for the level.
    """
    bounds = np.full((len(levels), 2, measured.shape[1]), np.nan)
    _bounds(
        np.ascontiguousarray(fold_means, dtype=np.float64), np.asarray(out_of_fold), np.asarray(measured), np.asarray(folds),
        np.asarray(levels, dtype=np.float64), residual_scale, bounds,
    )  # fmt: skip
    return bounds
