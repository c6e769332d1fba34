"""PS-ridge: one eigendecomposition serves every perturbation that was screened on the same lines."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from leap_core.execution.mapping import Done, Mapper, nothing
from leap_core.regression.base import LinearHeads, Matrix
from leap_core.regression.gram import GramProblem, PathFit, fit_linear_heads


@dataclass(frozen=True)
class RidgeSettings:
    """Settings of PS-ridge: objective ``1/(2n) ||y - Xw||^2 + penalty/2 ||w||^2``.

    Attributes
    ----------
    penalties
        Length of the grid.
    largest, smallest
        First and last penalty, in largest eigenvalues of ``X'X / n``.
    """

    penalties: int = 11
    largest: float = 10.0
    smallest: float = 1e-4
    kind: str = "PS-ridge"

    def __post_init__(self) -> None:
        if self.penalties < 1 or not 0 < self.smallest <= self.largest:
            raise ValueError("penalties must be at least 1 and 0 < smallest <= largest")

    def fit_heads(
        self, latent: Matrix, response: Matrix, folds: npt.NDArray[np.int64], mapper: Mapper, done: Done = nothing
    ) -> LinearHeads:
        """Fit all perturbations; see `leap_core.regression.base.RegressorSettings`."""
        return fit_linear_heads(latent, response, folds, self.solve, mapper, done)

    def solve(self, problem: GramProblem) -> PathFit:
        """Fit the paths of one problem in closed form."""
        rows = max(problem.rows, 1)
        values, vectors = np.linalg.eigh(problem.gram)
        values = np.maximum(values, 0.0)
        grid = np.geomspace(self.largest, self.smallest, self.penalties) * values[-1] / rows
        rotated = problem.xty @ vectors
        shrunk = rotated[:, None, :] / np.maximum(values + rows * grid[:, None], 1e-300)
        count = len(problem.xty)
        return PathFit(shrunk @ vectors.T, np.tile(grid, (count, 1)), np.ones((count, len(grid)), dtype=bool))
