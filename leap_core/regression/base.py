"""The contract of a regressor, and the fitted heads it returns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from leap_core.execution.mapping import Mapper

Matrix = npt.NDArray[np.float32]


@dataclass(frozen=True)
class LinearHeads:
    """Heads of one layer: K linear models per perturbation, at the penalty that was selected.

    Attributes
    ----------
    weights
        (K, d, p) float32.
    intercepts
        (K, p) float32.
    penalties
        (K, p) float32: the penalty of each fold's model.
    grid_index
        (p,) int16: which of the grid's penalties was selected, 0 = the largest; -1 where nothing was fitted.
    validation_score
        (p,) float32: mean validation Spearman at that index. It chose the penalty, so it is no accuracy.
    converged
        (p,) bool: whether the selected models of all folds met the solver's tolerance.
    """

    weights: Matrix
    intercepts: Matrix
    penalties: Matrix
    grid_index: npt.NDArray[np.int16]
    validation_score: Matrix
    converged: npt.NDArray[np.bool_]

    def predict(self, latent: Matrix) -> Matrix:
        """Predictions of every member: (m, d) latent features to (K, m, p)."""
        return np.stack([self.predict_fold(latent, fold) for fold in range(len(self.weights))])

    def predict_fold(self, latent: Matrix, fold: int) -> Matrix:
        """Predictions (m, p) of one fold's models.

        One line at a time, so that a line's prediction does not depend on the lines beside it.
        """
        return np.stack([row @ self.weights[fold] for row in latent]) + self.intercepts[fold]

    def out_of_fold(self, latent: Matrix, folds: npt.NDArray[np.int64]) -> Matrix:
        """Out-of-fold predictions (n, p): each line by the models of the fold it was held out of."""
        result = np.empty((len(latent), self.weights.shape[2]), dtype=np.float32)
        for fold in range(len(self.weights)):
            rows = folds == fold
            result[rows] = self.predict_fold(latent[rows], fold)
        return result


class RegressorSettings(Protocol):
    """Settings of a regressor know how to fit the heads of a layer for all perturbations at once."""

    @property
    def kind(self) -> str:
        """Name of the regressor, as shown and as stored."""
        ...

    def fit_heads(self, latent: Matrix, response: Matrix, folds: npt.NDArray[np.int64], mapper: Mapper) -> LinearHeads:
        """Fit K models per perturbation.

        Parameters
        ----------
        latent
            (n, d) latent features.
        response
            (n, p), NaN where not screened.
        folds
            (n,) fold of each line, 0..K-1.
        mapper
            Runs the chunks of perturbations.
        """
        ...
