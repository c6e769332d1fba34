"""Heads as a product of two matrices: many genes in, a few components, many perturbations out.

And a gene of their own for some.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from leap_core.arrays import Array, Ints, Matrix
from leap_core.model.heads.base import Heads


@dataclass(frozen=True)
class FactoredHeads(Heads):
    """Linear models of low rank: what (K, d, q) weights would take is kept as their factors.

    Attributes
    ----------
    maps
        (K, d, r) float32 from features to components.
    loadings
        (K, r, q) float32 from components to the q fitted perturbations.
    single_genes
        (K, q) int64: the feature that a perturbation takes in besides.
    single_weights
        (K, q) float32: its weight; 0 where there is none.
    """

    linear: ClassVar[bool] = True

    maps: Matrix
    loadings: Matrix
    single_genes: Ints
    single_weights: Matrix

    def of_line(self, line: Matrix, fold: int) -> Matrix:
        """See `Heads.of_line`."""
        # BLAS would split the sum over genes by the number of cores, and so round otherwise on another machine.
        components = np.einsum("d,dr->r", line, self.maps[fold])
        found: Matrix = (
            np.matmul(components, self.loadings[fold]) + line[self.single_genes[fold]] * self.single_weights[fold]
        )
        return found

    def mean_weights(self, places: Ints) -> Array:
        """See `Heads.mean_weights`."""
        total = np.zeros((self.maps.shape[1], len(places)))
        columns = np.arange(len(places))
        for fold in range(self.folds):
            total += self.maps[fold].astype(np.float64) @ self.loadings[fold][:, places].astype(np.float64)
            total[self.single_genes[fold, places], columns] += self.single_weights[fold, places]
        return total / self.folds
