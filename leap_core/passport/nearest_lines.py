"""Where a sample stands among the screened lines: correlation and nearest lines."""

from __future__ import annotations

import numpy as np
import pandas as pd

from leap_core.arrays import Array, Matrix, over_known


def nearest_lines(correlations: Array, annotation: pd.DataFrame, count: int = 5) -> pd.DataFrame:
    """Return the screened lines most correlated with one sample.

    Parameters
    ----------
    correlations
        (n,) of the sample with each line, in the order of `annotation`.
    annotation
        Columns ``name`` and ``lineage``, index line ids.

    Returns
    -------
    pandas.DataFrame
        Index line ids; columns ``name``, ``lineage``, ``correlation``; best first.
    """
    order = np.argsort(-correlations, kind="stable")[:count]
    nearest = annotation.iloc[order][["name", "lineage"]].copy()
    nearest["correlation"] = correlations[order]
    return nearest


def root_mean_squares(samples: Matrix, lines: Matrix) -> Array:
    """Root mean square difference over genes, in standard deviations, of samples (m, g) and lines (n, g): (m, n).

    Genes that a sample lacks (NaN) take no part.
    """
    known = np.isfinite(samples)
    a, b = np.where(known, samples, 0.0).astype(np.float64), lines.astype(np.float64)
    squares = np.square(a).sum(axis=1)[:, None] + over_known(np.square(b), known) - 2.0 * a @ b.T
    return np.sqrt(np.maximum(squares, 0.0) / np.maximum(known.sum(axis=1), 1)[:, None])
