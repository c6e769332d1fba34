"""Quantile mapping: a sample's genes keep their order and take the panel's distribution."""

from __future__ import annotations

import numpy as np
from scipy.stats import rankdata

from leap_core.arrays import Array, Floats


def quantiles_of(panel: Floats) -> Array:
    """Mean over lines of their sorted values: (n, genes) to (genes,).

    A line with gaps takes part by the quantiles of what it has.
    """
    lines = np.sort(panel.astype(np.float64), axis=1)
    places = np.linspace(0.0, 1.0, lines.shape[1])
    for row in np.flatnonzero(np.isnan(lines).any(axis=1)):
        known = lines[row][~np.isnan(lines[row])]
        lines[row] = np.interp(places, np.linspace(0.0, 1.0, len(known)), known) if len(known) else np.nan
    means: Array = np.nanmean(lines, axis=0)
    return means


def to_quantiles(values: Floats, reference: Array) -> Array:
    """Give a sample (g,) the distribution of the reference (sorted values) while its genes keep their order.

    Equal values stay equal, at the mean of their ranks; gaps stay gaps.
    """
    result = np.full(values.shape, np.nan)
    there = np.isfinite(values)
    ranks = rankdata(values[there]) - 1.0
    result[there] = np.interp(ranks / max(there.sum() - 1, 1), np.linspace(0.0, 1.0, len(reference)), reference)
    return result


def rows_to_quantiles(values: Floats, reference: Array) -> Array:
    """The same of many samples (m, g), those without gaps in one piece."""
    whole = np.isfinite(values).all(axis=1)
    result = np.empty(values.shape)
    for row in np.flatnonzero(~whole):
        result[row] = to_quantiles(values[row], reference)
    ranks = rankdata(values[whole], axis=1) - 1.0
    result[whole] = _between(ranks * ((len(reference) - 1) / max(values.shape[1] - 1, 1)), reference)
    return result


def _between(places: Array, reference: Array) -> Array:
    """Values of the reference at places (0 .. length - 1), between two of them by the line that joins them."""
    below = np.minimum(places.astype(np.int64), len(reference) - 1)
    step = np.append(np.diff(reference), 0.0)
    found: Array = reference[below] + (places - below) * step[below]
    return found
