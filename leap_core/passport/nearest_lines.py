"""Where a sample stands among the screened lines: correlation and nearest lines."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

Matrix = npt.NDArray[np.float32]


def correlations(samples: Matrix, lines: Matrix) -> npt.NDArray[np.float64]:
    """Pearson correlation over genes of standardised samples (m, g) with lines (n, g): (m, n)."""
    return _unit_rows(samples) @ _unit_rows(lines).T


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
    found = correlations(sample, lines)[0]
    order = np.argsort(-found, kind="stable")[:count]
    nearest = annotation.iloc[order][["name", "lineage"]].copy()
    nearest["correlation"] = found[order]
    return nearest


def root_mean_squares(samples: Matrix, lines: Matrix) -> npt.NDArray[np.float64]:
    """Root mean square difference over genes, in standard deviations, of samples (m, g) and lines (n, g): (m, n)."""
    a, b = samples.astype(np.float64), lines.astype(np.float64)
    squares = np.square(a).sum(axis=1)[:, None] + np.square(b).sum(axis=1)[None] - 2.0 * a @ b.T
    return np.sqrt(np.maximum(squares, 0.0) / max(a.shape[1], 1))


def _unit_rows(rows: Matrix) -> npt.NDArray[np.float64]:
    centred = rows.astype(np.float64) - rows.mean(axis=1, keepdims=True, dtype=np.float64)
    norm = np.sqrt(np.square(centred).sum(axis=1, keepdims=True))
    return centred / np.where(norm > 0, norm, 1.0)
