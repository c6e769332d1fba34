"""PS-kernel-ridge (RBF): one eigendecomposition per fold serves all perturbations of the same lines."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import numpy.typing as npt

from leap_core.model.heads.base import Heads, Matrix, Problem
from leap_core.model.heads.gram import CHUNK, pattern_order, patterns
from leap_core.model.heads.selection import select_penalty, spearman_rows
from leap_core.run.mapping import Done, Mapper, nothing

Array = npt.NDArray[np.float64]
Folds = npt.NDArray[np.int64]
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
    inverse_width: npt.NDArray[np.float64]

    def of_line(self, line: Matrix, fold: int) -> Matrix:
        """See `Heads.of_line`."""
        distance = np.square(self.anchors.astype(np.float64) - line.astype(np.float64)).sum(axis=1)
        kernel = np.exp(-float(self.inverse_width[0]) * distance)
        found: Matrix = (kernel @ self.coefficients[fold]).astype(np.float32)
        return found


@dataclass(frozen=True)
class KernelSettings:
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

    @property
    def pan(self) -> bool:
        """A model for each perturbation."""
        return False

    def seconds(self, lines: int, features: int) -> float:
        """See `leap_core.model.heads.base.RegressorSettings.seconds`."""
        # Of perturbations that miss different lines; those that share them cost a tenth.
        return 6e-11 * lines**3 + 1e-3

    def fit_heads(self, problem: Problem, mapper: Mapper, done: Done = nothing) -> Heads:
        """Fit all perturbations; see `leap_core.model.heads.base.RegressorSettings`."""
        latent, response, folds = problem.latent, problem.response, problem.folds
        x = latent.astype(np.float64)
        squares = np.square(x).sum(axis=1)
        distance = np.maximum(squares[:, None] + squares[None, :] - 2.0 * x @ x.T, 0.0)
        median = float(np.median(distance[np.triu_indices(len(x), 1)]))
        inverse_width = self.width / max(median, 1e-300)
        kernel = np.exp(-inverse_width * distance)
        count = problem.count
        shared = mapper.map(partial(_eigen_of, kernel), [folds != fold for fold in range(count)])
        order = pattern_order(response)
        chunks = [response[:, order[start : start + CHUNK]].astype(np.float64) for start in range(0, len(order), CHUNK)]
        parts = mapper.map(partial(_fit_chunk, self, kernel, shared, folds), chunks, done)
        back = np.argsort(order, kind="stable")
        return KernelHeads(
            fitted=np.arange(response.shape[1]),
            intercepts=np.concatenate([part.intercepts for part in parts], axis=1)[:, back].astype(np.float32),
            penalties=np.tile(
                self.grid()[np.concatenate([part.chosen for part in parts])[back]].astype(np.float32), (count, 1)
            ),
            grid_index=np.concatenate([part.chosen for part in parts])[back],
            validation_score=np.concatenate([part.score for part in parts])[back].astype(np.float32),
            converged=np.ones(response.shape[1], dtype=bool),
            anchors=latent,
            coefficients=np.ascontiguousarray(
                np.concatenate([part.coefficients for part in parts], axis=2)[:, :, back]
            ),
            inverse_width=np.array([inverse_width]),
        )

    def grid(self) -> Array:
        """(A,) penalties, falling."""
        found: Array = np.geomspace(self.largest, self.smallest, self.penalties)
        return found


@dataclass(frozen=True)
class _Part:
    """One chunk's intercepts (K, q), coefficients (K, n, q), place on the grid and its score (q,)."""

    intercepts: Array
    coefficients: Array
    chosen: npt.NDArray[np.int16]
    score: Array


def _eigen_of(kernel: Array, rows: npt.NDArray[np.bool_]) -> Eigen:
    """Eigenvalues and eigenvectors of the kernel among some lines."""
    values, vectors = np.linalg.eigh(kernel[np.ix_(rows, rows)])
    return np.maximum(values, 0.0), vectors


def _fit_chunk(settings: KernelSettings, kernel: Array, shared: Sequence[Eigen], folds: Folds, y: Array) -> _Part:
    observed, grid = ~np.isnan(y), settings.grid()
    count, n, q = len(shared), *y.shape
    # A fold that leaves no training line predicts the mean of all.
    everything = np.where(observed, y, 0.0).sum(axis=0) / np.maximum(observed.sum(axis=0), 1)
    intercepts = np.tile(everything, (count, 1))
    coefficients = np.zeros((count, len(grid), n, q))
    scores = np.zeros((q, count, len(grid)))
    for fold, whole in enumerate(shared):
        seen = folds != fold
        for columns in patterns(observed):
            rows = seen & observed[:, columns.start]
            if rows.any():
                intercepts[fold, columns] = y[rows, columns].mean(axis=0)
                values, vectors = whole if rows.sum() == seen.sum() else _eigen_of(kernel, rows)
                rotated = vectors.T @ (y[rows, columns] - intercepts[fold, columns])
                for place, penalty in enumerate(grid):
                    coefficients[fold, place, rows, columns] = vectors @ (rotated / (values + penalty)[:, None])
        for column in range(q):
            screened = ~seen & observed[:, column]
            predicted = coefficients[fold, :, :, column] @ kernel[:, screened]
            scores[column, fold] = spearman_rows(
                np.ascontiguousarray(predicted), np.ascontiguousarray(y[screened, column])
            )
    chosen = select_penalty(scores)
    picked = np.arange(q)
    return _Part(
        intercepts, coefficients[:, chosen, :, picked].transpose(1, 2, 0), chosen, scores.mean(axis=1)[picked, chosen]
    )
