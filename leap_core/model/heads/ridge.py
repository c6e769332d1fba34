"""PS-ridge: one eigendecomposition serves every perturbation that was screened on the same lines."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from leap_core.arrays import Array
from leap_core.model.heads.base import LinearHeads, Problem, RegressorSettings
from leap_core.model.heads.gram import GramProblem, PathFit, fit_linear_heads
from leap_core.run.mapping import Done, Mapper, nothing

_LANCZOS_STEPS = 40
_ROUNDING = 1e-12


@dataclass(frozen=True)
class RidgeSettings(RegressorSettings):
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

    def fit_heads(self, problem: Problem, mapper: Mapper, done: Done = nothing) -> LinearHeads:
        """Fit all perturbations; see `leap_core.model.heads.base.RegressorSettings`."""
        return fit_linear_heads(problem, self, mapper, done)

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
        rows, count = max(problem.rows, 1), len(xty)
        top = _largest_eigenvalue(values, off)
        if top <= _ROUNDING * values[-1]:
            # The lines that are left are all alike.
            nothing_learnt = np.zeros((count, self.penalties, len(values)))
            return PathFit(
                nothing_learnt, np.zeros((count, self.penalties)), np.ones((count, self.penalties), dtype=bool)
            )
        grid = np.geomspace(self.largest, self.smallest, self.penalties) * top / rows
        inverse = 1.0 / np.maximum(values + rows * grid[:, None], 1e-300)
        weights = xty[:, None, :] * inverse
        if len(off):
            scaled = off * inverse[:, None, :]
            small = np.eye(len(off)) - scaled @ off.T
            correction = np.linalg.solve(small, (weights @ off.T).transpose(1, 2, 0))
            weights = weights + np.einsum("amq,amd->qad", correction, scaled)
        return PathFit(weights @ vectors.T, np.tile(grid, (count, 1)), np.ones((count, len(grid)), dtype=bool))


def _largest_eigenvalue(values: Array, off: Array) -> float:
    """Largest eigenvalue of ``diag(values) - off' off``, by Lanczos with full reorthogonalisation."""
    if not len(off):
        return float(values[-1])
    d = len(values)
    # Near the largest one without the rows that are taken off, and blind to no direction.
    start = np.full(d, 0.1 / np.sqrt(d))
    start[-1] += 1.0
    basis = np.zeros((min(_LANCZOS_STEPS, d), d))
    projected = np.zeros((len(basis), len(basis)))
    vector = start / np.linalg.norm(start)
    for step in range(len(basis)):
        basis[step] = vector
        image = values * vector - off.T @ (off @ vector)
        projected[: step + 1, step] = projected[step, : step + 1] = basis[: step + 1] @ image
        image -= basis[: step + 1].T @ (basis[: step + 1] @ image)
        image -= basis[: step + 1].T @ (basis[: step + 1] @ image)
        length = np.linalg.norm(image)
        if length <= _ROUNDING * values[-1]:
            projected = projected[: step + 1, : step + 1]
            break
        vector = image / length
    return max(float(np.linalg.eigvalsh(projected)[-1]), 0.0)
