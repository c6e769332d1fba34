"""Genes against the measured response of the panel, before and after the lineages are taken out."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy.stats import rankdata

from leap_core.accuracy.resampling import drawn_weights
from leap_core.arrays import Array, Floats, Ints
from leap_core.panel.lines import UNKNOWN_LINEAGE

BIOMARKER_COLUMNS = (
    "correlation",
    "low",
    "high",
    "within_lineage",
    "within_low",
    "within_high",
    "lines",
    "lines_within",
)
_MIN_LINES = 10


def biomarker_correlations(
    expression: pd.DataFrame, measured: Floats, lineages: Sequence[str], patients: Sequence[str]
) -> pd.DataFrame:
    """Rank correlation of genes with a measured response, and the partial one given the lineage.

    The partial correlation is that of the residuals of the ranks after a regression on indicators of the lineage, which
    are the deviations from the lineage's mean rank. Lines of unknown lineage and those alone in theirs say nothing
    about it and are left out.

    Parameters
    ----------
    expression
        (n, k) of the lines, one gene a column.
    measured
        (n,) NaN = not screened.
    lineages, patients
        (n,) of the lines; intervals draw patients.

    Returns
    -------
    pandas.DataFrame
        Index genes; `BIOMARKER_COLUMNS`: Spearman correlation with its 95 % interval, the partial one with its
        interval, and on how many lines each rests. NaN with fewer than ten lines, or where a gene or the response does
        not vary.
    """
    screened = np.isfinite(measured)
    labels = np.asarray(lineages, dtype=object)
    names, which, counts = np.unique(
        np.where(screened, labels, "").astype(str), return_inverse=True, return_counts=True
    )
    within = screened & (counts[which] > 1) & (names[which] != UNKNOWN_LINEAGE)
    # A gap takes the gene's mean, as in the model.
    values, response = (
        expression.fillna(expression.mean()).to_numpy(dtype=np.float64),
        np.asarray(measured, dtype=np.float64),
    )
    weights = drawn_weights([str(patient) for patient in patients])
    parts = []
    for rows, groups in ((screened, np.zeros(len(labels), dtype=np.int64)), (within, which)):
        if rows.sum() < _MIN_LINES:
            parts.append(np.full((3, expression.shape[1]), np.nan))
            continue
        genes = _less_group_means(rankdata(values[rows], axis=0), groups[rows])
        target = _less_group_means(rankdata(response[rows])[:, None], groups[rows])[:, 0]
        drawn = _weighted_correlations(genes, target, weights[:, rows])
        parts.append(np.vstack([drawn[0], _quantiles(drawn[1:])]))
    table = pd.DataFrame(np.vstack(parts).T, expression.columns, list(BIOMARKER_COLUMNS[:6]))
    return table.assign(lines=int(screened.sum()), lines_within=int(within.sum()))


def _quantiles(drawn: Array) -> Array:
    """2.5 and 97.5 % quantile (2, k) of the draws that vary; NaN where none does."""
    varies = np.isfinite(drawn)
    found = np.full((2, drawn.shape[1]), np.nan)
    some = varies.any(axis=0)
    found[:, some] = np.nanquantile(drawn[:, some], (0.025, 0.975), axis=0)
    return found


def _less_group_means(values: Array, groups: Ints) -> Array:
    names, which = np.unique(groups, return_inverse=True)
    members = np.eye(len(names))[which]
    means = (members.T @ values) / members.sum(axis=0)[:, None]
    centred: Array = values - means[which]
    return centred


def _weighted_correlations(genes: Array, target: Array, weights: Array) -> Array:
    """Correlation (draws, k) of each gene (n, k) with the target (n,), every line as often as it is drawn."""
    size = weights.sum(axis=1, keepdims=True)
    mean_g, mean_t = weights @ genes / size, weights @ target[:, None] / size
    covariance = weights @ (genes * target[:, None]) / size - mean_g * mean_t
    spread_g, spread_t = weights @ genes**2 / size - mean_g**2, weights @ target[:, None] ** 2 / size - mean_t**2
    spread = spread_g * spread_t
    # Sums of squares of ranks leave dust where nothing varies.
    varies = spread > 1e-9 * max(float(np.square(target).mean()), 1e-12) * np.maximum(
        np.square(genes).mean(axis=0), 1e-12
    )
    return np.where(varies, covariance / np.sqrt(np.where(varies, spread, 1.0)), np.nan)
