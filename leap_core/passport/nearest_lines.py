"""Where a sample stands among the screened lines: correlation and nearest lines."""

from __future__ import annotations

import numpy as np
import pandas as pd

from leap_core.arrays import Array, Matrix, row_correlations


def nearest_lines(sample: Matrix, lines: Matrix, annotation: pd.DataFrame, count: int = 5) -> pd.DataFrame:
    """Return the screened lines most correlated with one sample.

    Parameters
    ----------
    sample
        (1, g) standardised.
    lines
        (n, g) standardised, in the order of `annotation`.
    annotation
        Columns ``name`` and ``lineage``, index line ids.

    Returns
    -------
    pandas.DataFrame
        Index line ids; columns ``name``, ``lineage``, ``correlation``; best first.
    """
    found = row_correlations(sample, lines)[0]
    order = np.argsort(-found, kind="stable")[:count]
    nearest = annotation.iloc[order][["name", "lineage"]].copy()
    nearest["correlation"] = found[order]
    return nearest


def root_mean_squares(samples: Matrix, lines: Matrix) -> Array:
    """Root mean square difference over genes, in standard deviations, of samples (m, g) and lines (n, g): (m, n)."""
    a, b = samples.astype(np.float64), lines.astype(np.float64)
    squares = np.square(a).sum(axis=1)[:, None] + np.square(b).sum(axis=1)[None] - 2.0 * a @ b.T
    return np.sqrt(np.maximum(squares, 0.0) / max(a.shape[1], 1))
