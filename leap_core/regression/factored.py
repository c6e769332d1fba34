"""Heads as a product of two matrices: many genes in, a few components, many perturbations out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from leap_core.regression.base import Heads, Matrix


@dataclass(frozen=True)
class FactoredHeads(Heads):
    """Linear models of low rank: what (K, d, q) weights would take is kept as their factors.

    Attributes
    ----------
    maps
        (K, d, r) float32 from features to components.
    loadings
        (K, r, q) float32 from components to the q fitted perturbations.
    """

    maps: Matrix
    loadings: Matrix

    @property
    def linear(self) -> bool:
        """See `Heads.linear`."""
        return True

    def of_line(self, line: Matrix, fold: int) -> Matrix:
        """See `Heads.of_line`."""
        # BLAS would split the sum over genes by the number of cores, and so round otherwise on another machine.
        components = np.einsum("d,dr->r", line, self.maps[fold])
        found: Matrix = np.matmul(components, self.loadings[fold])
        return found

    def mean_weights(self, places: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
        """See `Heads.mean_weights`."""
        total = np.zeros((self.maps.shape[1], len(places)))
        for of_fold, loadings in zip(self.maps, self.loadings, strict=True):
            total += of_fold.astype(np.float64) @ loadings[:, places].astype(np.float64)
        return total / self.folds
