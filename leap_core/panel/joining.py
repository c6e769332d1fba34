"""Bringing another study's expression to a panel's.

ComBat with the panel as frozen reference, or the panel's quantiles.

ComBat (Johnson, Li & Rabinovic 2007) in its parametric form, with a reference batch as the Bioconductor package sva has
it: the panel is not touched, so a model that was trained on it stays as it is.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
import pandas as pd

from leap_core.arrays import Array, Ints
from leap_core.errors import UserError
from leap_core.panel.quantiles import quantiles_of, to_quantiles

Join = Literal["auto", "combat", "quantiles", "none"]
WAYS: tuple[Join, ...] = ("auto", "combat", "quantiles", "none")
MIN_FOR_COMBAT = 10
_STEPS, _TOLERANCE = 1000, 1e-4


def join_study(panel: pd.DataFrame, other: pd.DataFrame, how: Join = "auto") -> tuple[pd.DataFrame, str]:
    """Bring another study's lines to the panel.

    Parameters
    ----------
    panel, other
        (n, genes) and (m, genes) in one unit; the genes that both have are brought, others are dropped.
    how
        ``"auto"``: ComBat from 10 lines on, else quantiles.

    Returns
    -------
    pandas.DataFrame
        (m, shared genes).
    str
        What was done, in words.

    Raises
    ------
    UserError
        If ComBat is asked for with fewer than 10 lines, or no gene is shared.
    """
    shared = panel.columns[panel.columns.isin(other.columns)]
    if not len(shared):
        raise UserError("The two studies share no gene.")
    other = other[shared]
    if how == "none":
        return other, "as it is"
    if how == "quantiles" or (how == "auto" and len(other) < MIN_FOR_COMBAT):
        reference = quantiles_of(panel[shared].to_numpy(dtype=np.float64))
        rows = [to_quantiles(row, reference) for row in other.to_numpy(dtype=np.float64)]
        few = f", for {len(other)} lines are too few for ComBat" if how == "auto" else ""
        return (
            pd.DataFrame(np.stack(rows).astype(np.float32), other.index, shared),
            f"mapped to the panel's quantiles{few}",
        )
    if len(other) < MIN_FOR_COMBAT:
        raise UserError(
            f"ComBat needs {MIN_FOR_COMBAT} lines at least, the other study has {len(other)}; use quantiles."
        )
    adjusted = combat(panel[shared].to_numpy(dtype=np.float64), other.to_numpy(dtype=np.float64))
    return pd.DataFrame(adjusted.astype(np.float32), other.index, shared), "ComBat, the panel as frozen reference"


def combat(reference: Array, batch: Array, lines: Array | None = None) -> Array:
    """Adjust a batch's location and scale, gene by gene, to a reference that stays as it is.

    Each gene's shift and scale are shrunk towards those of all genes by empirical Bayes: a normal prior for shifts, an
    inverse gamma prior for scales (Johnson et al. 2007, equations 3.1 to 3.3). A gene that is constant in
    either is left alone.

    Parameters
    ----------
    reference, batch
        (n, g) and (m, g); gaps as NaN.
    lines
        (k, g) of the same batch, to be adjusted by what is learnt from `batch`, whose rows are then the same cell lines
        as the reference's: a gene's shift is no matter of chance between lines, and is not shrunk. None: the batch
        itself, of other lines.

    Returns
    -------
    numpy.ndarray
        (k, g); gaps stay.
    """
    paired = lines is not None
    lines = batch if lines is None else lines
    mean, scale = np.nanmean(reference, axis=0), np.nanstd(reference, axis=0)
    count = (~np.isnan(batch)).sum(axis=0)
    usable = (scale > 1e-8) & (count > 1)
    result = lines.copy()
    z = (batch[:, usable] - mean[usable]) / scale[usable]
    shift, spread = np.nanmean(z, axis=0), np.nanvar(z, axis=0, ddof=0 if paired else 1)
    varies = spread > 1e-12
    if varies.sum() < 2:
        return result
    learnt = (z[:, varies], shift[varies], spread[varies], count[usable][varies])
    shrunk_shift, shrunk_spread = (shift[varies], _shrunk_spread(*learnt)) if paired else _posterior(*learnt)
    columns = np.flatnonzero(usable)[varies]
    adjusted = (lines[:, columns] - mean[columns]) / scale[columns]
    result[:, columns] = (adjusted - shrunk_shift) / np.sqrt(shrunk_spread) * scale[columns] + mean[columns]
    return result


def _posterior(z: Array, shift: Array, spread: Array, count: Ints) -> tuple[Array, Array]:
    """Posterior shift and scale (g,) of each gene, each given the other in turn until neither moves."""
    prior_mean, prior_variance = shift.mean(), shift.var(ddof=1)
    found_shift, found_spread = shift, spread
    for _ in range(_STEPS):
        new_shift = (count * prior_variance * shift + found_spread * prior_mean) / (
            count * prior_variance + found_spread
        )
        new_spread = _shrunk_spread(z, new_shift, spread, count)
        moved = max(
            np.max(np.abs(new_shift - found_shift) / np.maximum(np.abs(found_shift), 1e-8)),
            np.max(np.abs(new_spread - found_spread) / found_spread),
        )
        found_shift, found_spread = new_shift, new_spread
        if moved < _TOLERANCE:
            break
    return found_shift, found_spread


def _shrunk_spread(z: Array, shift: Array, spread: Array, count: Ints) -> Array:
    """Posterior scale (g,) of each gene given its shift; the prior is that of all genes' spreads."""
    level, variance = spread.mean(), max(float(spread.var(ddof=1)), 1e-12)
    shape, rate = 2.0 + level**2 / variance, level + level**3 / variance
    found: Array = (rate + 0.5 * np.nansum(np.square(z - shift), axis=0)) / (0.5 * count + shape - 1.0)
    return found
