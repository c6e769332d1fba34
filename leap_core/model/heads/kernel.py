"""PS-kernel-ridge (RBF): one eigendecomposition per fold serves all perturbations of the same lines."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from leap_core.arrays import Array, Ints, Mask, Matrix
from leap_core.model.heads.base import Heads, Problem, RegressorSettings, records
from leap_core.model.heads.chunks import Arrays, by_chunks, patterns
from leap_core.model.heads.selection import fold_means, path_spearman, select_penalty
from leap_core.run.mapping import Done, Mapper, nothing

Eigen = tuple[Array, Array]


@dataclass(frozen=True)
class KernelHeads(Heads):
    """Weighted kernels around the training lines.

    Attributes
    ----------
    anchors
        (n, d) latent features of the training lines.
    coefficients
        (K, n, q) float64 (with a small penalty they are large and cancel); 0 for lines that a fold's model does not
        see.
    inverse_width
        (1,) float64: the kernel is ``exp(-inverse_width * squared distance)``.
    """

    anchors: Matrix
    coefficients: Array
    inverse_width: Array

    def of_line(self, line: Matrix, fold: int) -> Matrix:
        """See `Heads.of_line`."""
        distance = np.square(self.anchors.astype(np.float64) - line.astype(np.float64)).sum(axis=1)
        kernel = np.exp(-float(self.inverse_width[0]) * distance)
        found: Matrix = (kernel @ self.coefficients[fold]).astype(np.float32)
        return found


@dataclass(frozen=True)
class KernelSettings(RegressorSettings):
    """Settings of PS-kernel-ridge: ``(K + penalty I) c = y - mean(y)``.

    Attributes
    ----------
    width
        The kernel falls to ``exp(-width)`` at the median squared distance of two lines.
    penalties
        Length of the grid.
    largest, smallest
        First and last penalty.
    """

    width: float = 0.3
    penalties: int = 9
    largest: float = 10.0
    smallest: float = 1e-3
    kind: str = "PS-kernel-ridge"

    def __post_init__(self) -> None:
        if self.penalties < 1 or self.width <= 0 or not 0 < self.smallest <= self.largest:
            raise ValueError("penalties must be at least 1, width above 0 and 0 < smallest <= largest")

    def fit_heads(self, problem: Problem, mapper: Mapper, done: Done = nothing) -> Heads:
        """Fit all perturbations; see `leap_core.model.heads.base.RegressorSettings`."""
        latent, folds = problem.latent, problem.folds
        x = latent.astype(np.float64)
        squares = np.square(x).sum(axis=1)
        distance = np.maximum(squares[:, None] + squares[None, :] - 2.0 * x @ x.T, 0.0)
        median = float(np.median(distance[np.triu_indices(len(x), 1)]))
        inverse_width = self.width / max(median, 1e-300)
        kernel = np.exp(-inverse_width * distance)
        shared = mapper.map(partial(_eigen_of, kernel), [folds != fold for fold in range(problem.count)])
        found = by_chunks(partial(_fit_chunk, self, kernel, shared, folds), problem.response, mapper, done)
        coefficients = found.pop("coefficients")
        penalties = np.tile(self.grid()[found["grid_index"]], (problem.count, 1))
        return KernelHeads(
            anchors=latent,
            coefficients=coefficients,
            inverse_width=np.array([inverse_width]),
            **records(**found, penalties=penalties),
        )

    def grid(self) -> Array:
        """(A,) penalties, falling."""
        found: Array = np.geomspace(self.largest, self.smallest, self.penalties)
        return found


def _eigen_of(kernel: Array, rows: Mask) -> Eigen:
    """Eigenvalues and eigenvectors of the kernel among some lines."""
    values, vectors = np.linalg.eigh(kernel[np.ix_(rows, rows)])
    return np.maximum(values, 0.0), vectors


def _fit_chunk(
    settings: KernelSettings, kernel: Array, shared: Sequence[Eigen], folds: Ints, response: Matrix
) -> Arrays:
    """Intercepts (K, q), coefficients (K, n, q), place on the grid and its score (q,) of one chunk."""
    y, grid = response.astype(np.float64), settings.grid()
    observed, (n, q) = ~np.isnan(y), y.shape
    intercepts = np.stack([fold_means(y, folds != fold) for fold in range(len(shared))])
    coefficients = np.zeros((len(shared), len(grid), n, q))
    scores = np.zeros((q, len(shared), len(grid)))
    for fold, whole in enumerate(shared):
        seen = folds != fold
        for columns in patterns(observed):
            rows = seen & observed[:, columns.start]
            if rows.any():
                values, vectors = whole if rows.sum() == seen.sum() else _eigen_of(kernel, rows)
                rotated = vectors.T @ (y[rows, columns] - intercepts[fold, columns])
                for place, penalty in enumerate(grid):
                    coefficients[fold, place, rows, columns] = vectors @ (rotated / (values + penalty)[:, None])
        predicted = np.ascontiguousarray(coefficients[fold].transpose(2, 0, 1)) @ kernel[:, ~seen]
        scores[:, fold] = path_spearman(predicted, y[~seen])
    chosen, score = select_penalty(scores)
    return {
        "intercepts": intercepts,
        "coefficients": coefficients[:, chosen, :, np.arange(q)].transpose(1, 2, 0),
        "grid_index": chosen,
        "validation_score": score,
    }
