"""What the models did not know of the panel's lines: residuals of out-of-fold predictions, and how they go together."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from leap_core.arrays import Array, Floats, Ints, Mask, Matrix

# So many components are looked at, drawn towards none; more are noise of the panel (docs/pilot.md#the-plate).
_COMPONENTS, _SHRINKAGE = 50, 0.3


@dataclass(frozen=True)
class PanelResiduals:
    """Measured less predicted of the panel's lines, each perturbation in its own standard deviations.

    Attributes
    ----------
    values
        (n, p) standardised residuals; NaN = not screened, or a perturbation without any spread.
    centre, scale
        (p,) mean and standard deviation of the residuals, in the score's unit; scale is NaN where there is no spread.
    folds
        (n,) whole patients: what a line is conditioned by was learnt on the lines of other folds.
    """

    values: Matrix
    centre: Array
    scale: Array
    folds: Ints

    @classmethod
    def of(cls, measured: Floats, predicted: Floats, folds: Ints) -> PanelResiduals:
        """Standardise them.

        Parameters
        ----------
        measured, predicted
            (n, p) of the panel's lines, predicted by models that had not seen them; NaN = not screened.
        folds
            (n,) of each line.
        """
        residuals = np.asarray(measured, dtype=np.float64) - predicted
        with warnings.catch_warnings():
            # Perturbations that nobody screened.
            warnings.simplefilter("ignore", RuntimeWarning)
            centre, scale = np.nanmean(residuals, axis=0), np.nanstd(residuals, axis=0)
            usual = np.nanmedian(scale)
        scale = np.where(scale > 1e-6 * usual, scale, np.nan)
        return cls(((residuals - centre) / scale).astype(np.float32), centre, scale, folds)

    @property
    def known(self) -> Mask:
        """(p,) which perturbations have residuals to learn from."""
        return np.isfinite(self.scale)

    @cached_property
    def factors(self) -> Matrix:
        """Loadings (k, p) of every row on the leading components; what they leave of its variance of one is its own."""
        unit = unit_columns(self.values) * np.float32(np.sqrt(1.0 - _SHRINKAGE))
        n = len(unit)
        size, axes = np.linalg.eigh((unit @ unit.T).astype(np.float64) / n)
        kept = size[::-1][:_COMPONENTS] > 1e-10
        leading = axes[:, ::-1][:, :_COMPONENTS][:, kept]
        # The sign of an axis is LAPACK's own; nothing that is made of these depends on it.
        loadings: Matrix = np.asarray(leading.T @ unit / np.sqrt(n), dtype=np.float32)
        return loadings

    def standardised(self, measured: Floats, predicted: Floats, rows: Ints) -> Array:
        """Standardised residuals (..., s) of some rows, in the score's unit; NaN = not measured."""
        residuals: Array = (measured - predicted - self.centre[rows]) / self.scale[rows]
        return residuals


def unit_columns(values: Floats) -> Matrix:
    """Standardised values (n, q) with zeros for gaps, scaled so that every column has a mean square of one.

    Products of such columns are correlations of complete cases drawn towards zero as far as pairs are missing, and as
    products they make a matrix without negative eigenvalues, which correlations of complete cases need not.
    """
    filled = np.nan_to_num(values.astype(np.float32))
    norm = np.sqrt(np.square(filled, dtype=np.float64).mean(axis=0))
    unit: Matrix = (filled / np.where(norm > 0, norm, 1.0)).astype(np.float32)
    return unit
