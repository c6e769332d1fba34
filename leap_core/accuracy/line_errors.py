"""How well each line was predicted, over all perturbations: what familiar, unusual and outside are worth."""

from __future__ import annotations

import numpy as np

from leap_core.arrays import Array, Floats, Ints, Mask, Matrix, masked_mean
from leap_core.panel.lines import UNKNOWN_LINEAGE
from leap_core.panel.splits import patient_folds
from leap_core.panel.status import observed_mean
from leap_core.run.seeds import seed_of

LINEAGE_FOLDS = 5
NEVER = -1


def squared_errors(predicted: Matrix, measured: Matrix, training: Matrix, learnable: Mask) -> dict[str, Array]:
    """Mean squared error of each held-out line over the perturbations it was screened with.

    Parameters
    ----------
    predicted, measured
        (m, p) of the held-out lines; NaN = not screened.
    training
        (n, p) responses of the training lines: errors are in their variances, and their mean is the yardstick.
    learnable
        (p,) perturbations that count.

    Returns
    -------
    dict
        ``squared_error`` and ``squared_error_of_mean`` (predicting the training mean): (m,); NaN for a line without
        a measurement.
    """
    mean = observed_mean(training).astype(np.float64)
    observed = ~np.isnan(training)
    deviation = np.where(observed, training - mean, 0.0)
    variance = np.square(deviation).sum(axis=0) / np.maximum(observed.sum(axis=0), 1)
    usable = learnable & (variance > 1e-12)
    scale = np.sqrt(variance[usable])
    counted = ~np.isnan(measured[:, usable])

    def of(values: Floats) -> Array:
        return masked_mean(np.square((measured[:, usable] - values) / scale), counted, axis=1)

    return {"squared_error": of(predicted[:, usable].astype(np.float64)), "squared_error_of_mean": of(mean[usable])}


def averaging_scale(squared_error: Floats, of_one_fold: Floats) -> float:
    """Error of the mean over folds relative to one fold's (at most 1), from lines that neither saw.

    An out-of-fold residual is the error of one fold's models; a new line's prediction averages all of them, and the
    spread between them is taken off its squared error (Krogh & Vedelsby 1995, equation 6).

    Parameters
    ----------
    squared_error, of_one_fold
        (n,) per line; NaN for lines without a measurement.
    """
    known = np.isfinite(squared_error) & np.isfinite(of_one_fold)
    one = float(of_one_fold[known].sum())
    return min(float(np.sqrt(squared_error[known].sum() / one)), 1.0) if one > 0 else 1.0


def lineage_folds(lineages: list[str]) -> Ints:
    """Fold (n,) of each line when whole lineages are left out; `NEVER` for lines of unknown lineage.

    As many folds as there are lineages, at most five; all `NEVER` with fewer than two lineages.
    """
    names = np.asarray(lineages, dtype=str)
    known = names != UNKNOWN_LINEAGE
    count = len(np.unique(names[known]))
    folds = np.full(len(names), NEVER, dtype=np.int64)
    if count >= 2:
        folds[known] = patient_folds(names[known].tolist(), min(LINEAGE_FOLDS, count), seed_of("lineage folds"))
    return folds
