"""Rows that go together: in what was measured, and in what the models do not know (Pan et al. 2018, Cell Systems 6)."""

from __future__ import annotations

import numpy as np
import pandas as pd

from leap_core.accuracy.resampling import drawn_weights
from leap_core.arrays import Array, Floats, Mask

_DRAWS = 200
# Fewer lines in common have no correlation worth the name.
MIN_LINES = 20


def codependencies(
    residuals: Floats, measured: Floats, row: int, patients: list[str], names: pd.Index, top: int = 10
) -> pd.DataFrame:
    """The rows whose residuals go most with those of one row.

    What two rows share in their residuals is no consequence of what expression tells of both.

    Parameters
    ----------
    residuals
        (n, p) measured less out-of-fold prediction of the panel's lines; NaN = not screened.
    measured
        (n, p) of the panel's lines.
    row
        Which one.
    patients, names
        Of the lines (n) and rows (p).
    top
        How many.

    Returns
    -------
    pandas.DataFrame
        Index perturbations, the strongest correlation (of either sign) first; ``residuals`` with ``low`` and ``high``
        (95 %, patients resampled), ``scores`` (of what was measured) with ``scores_low`` and ``scores_high``, ``lines``
        (in common). Pearson.
    """
    together = _correlations(residuals, row)
    together[row] = np.nan
    known = np.flatnonzero(np.isfinite(together))
    chosen = known[np.argsort(-np.abs(together[known]), kind="stable")[:top]]
    weights = drawn_weights(patients, _DRAWS)
    rows = []
    for other in chosen:
        both = np.isfinite(residuals[:, row]) & np.isfinite(residuals[:, other])
        own = _with_interval(residuals[both, row], residuals[both, other], weights[:, both])
        theirs = _with_interval(measured[both, row], measured[both, other], weights[:, both])
        rows.append((*own, *theirs, int(both.sum())))
    columns = ["residuals", "low", "high", "scores", "scores_low", "scores_high", "lines"]
    return pd.DataFrame(rows, pd.Index(names[chosen], name="perturbation"), columns)


def _correlations(values: Floats, row: int) -> Array:
    """Correlation (p,) of one column with every column over the lines that both have."""
    own = values[:, row].astype(np.float64)
    lines: Mask = np.isfinite(own)
    others, x = values[lines].astype(np.float64), own[lines][:, None]
    there = np.isfinite(others)
    filled, count = np.where(there, others, 0.0), there.sum(axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean_x, mean_y = (x * there).sum(axis=0) / count, filled.sum(axis=0) / count
        product = (x * filled).sum(axis=0) / count - mean_x * mean_y
        spread = ((x * x * there).sum(axis=0) / count - mean_x**2) * ((filled**2).sum(axis=0) / count - mean_y**2)
        found: Array = np.where((count >= MIN_LINES) & (spread > 0), product / np.sqrt(spread), np.nan)
    return found


def _with_interval(a: Floats, b: Floats, weights: Array) -> tuple[float, float, float]:
    """Correlation of all lines, which are the first draw, and its 95 % interval over the others."""
    drawn = _drawn(a, b, weights)
    low, high = np.nanquantile(drawn[1:], (0.025, 0.975))
    return float(drawn[0]), float(low), float(high)


def _drawn(a: Floats, b: Floats, weights: Array) -> Array:
    """Weighted correlation of every draw (draws,)."""
    total = weights.sum(axis=1, keepdims=True)
    share = weights / np.where(total > 0, total, np.nan)
    x = a.astype(np.float64) - (share @ a.astype(np.float64))[:, None]
    y = b.astype(np.float64) - (share @ b.astype(np.float64))[:, None]
    with np.errstate(invalid="ignore", divide="ignore"):
        found: Array = (share * x * y).sum(axis=1) / np.sqrt((share * x * x).sum(axis=1) * (share * y * y).sum(axis=1))
    return found
