"""PS-ridge: one eigendecomposition serves every perturbation that was screened on the same lines."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from leap_core.execution.mapping import Done, Mapper, nothing
from leap_core.regression.base import LinearHeads, Matrix
from leap_core.regression.gram import Array, GramProblem, PathFit, fit_linear_heads

_POWER_STEPS = 30


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
        return fit_linear_heads(latent, response, folds, self, mapper, done)

    def prepare(self, gram: Array) -> tuple[Array, Array]:
        """Eigenvalues (d,) and eigenvectors (d, d) of a Gram matrix."""
        values, vectors = np.linalg.eigh(gram)
        return np.maximum(values, 0.0), vectors

    def solve(self, problem: GramProblem) -> PathFit:
        """Fit the paths of one problem in closed form.

        In the basis of the shared Gram matrix's eigenvectors the problem's own is diagonal but for the few rows
        that are taken off: the Sherman-Morrison-Woodbury formula needs a system of that many equations only.
        """
        values, vectors = problem.prepared if isinstance(problem.prepared, tuple) else self.prepare(problem.base)
        off, xty = problem.off @ vectors, problem.xty @ vectors
        rows = max(problem.rows, 1)
        grid = np.geomspace(self.largest, self.smallest, self.penalties) * _largest_eigenvalue(values, off) / rows
        inverse = 1.0 / np.maximum(values + rows * grid[:, None], 1e-300)
        weights = xty[:, None, :] * inverse
        if len(off):
            scaled = off * inverse[:, None, :]
            small = np.eye(len(off)) - scaled @ off.T
            correction = np.linalg.solve(small, (weights @ off.T).transpose(1, 2, 0))
            weights = weights + np.einsum("amq,amd->qad", correction, scaled)
        count = len(xty)
        return PathFit(weights @ vectors.T, np.tile(grid, (count, 1)), np.ones((count, len(grid)), dtype=bool))


def _largest_eigenvalue(values: Array, off: Array) -> float:
    """Largest eigenvalue of ``diag(values) - off' off``, by power iteration: it only sets the grid's scale."""
    if not len(off):
        return float(values[-1])
    vector = np.zeros(len(values))
    vector[-1] = 1.0
    length = 0.0
    for _ in range(_POWER_STEPS):
        vector = values * vector - off.T @ (off @ vector)
        length = float(np.linalg.norm(vector))
        if length == 0.0:
            break
        vector /= length
    return length
