"""PS-kNN: the mean response of the nearest screened lines, all perturbations at once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from leap_core.model.heads.base import Heads, Matrix, Problem
from leap_core.model.heads.gram import chunk_count
from leap_core.model.heads.selection import held_out_spearman
from leap_core.run.mapping import Done, Mapper, nothing


@dataclass(frozen=True)
class NeighbourHeads(Heads):
    """Training lines and their responses.

    Attributes
    ----------
    anchors
        (n, d) latent features of the training lines.
    responses
        (n, q); NaN = not screened.
    anchor_folds
        (n,) int64 fold of each: a fold's models are those of the other folds' lines.
    neighbours
        (1,) int64 how many lines are averaged.
    """

    anchors: Matrix
    responses: Matrix
    anchor_folds: npt.NDArray[np.int64]
    neighbours: npt.NDArray[np.int64]

    def of_line(self, line: Matrix, fold: int) -> Matrix:
        """See `Heads.of_line`: mean over the nearest lines that were screened, less the intercept."""
        seen = np.flatnonzero(self.anchor_folds != fold)
        distance = np.square(self.anchors[seen].astype(np.float64) - line.astype(np.float64)).sum(axis=1)
        nearest = self.responses[seen[np.argsort(distance, kind="stable")]].astype(np.float64)
        screened = ~np.isnan(nearest)
        used = screened & (np.cumsum(screened, axis=0) <= int(self.neighbours[0]))
        count = used.sum(axis=0)
        mean = np.where(used, nearest, 0.0).sum(axis=0) / np.maximum(count, 1)
        intercepts = self.intercepts[fold, self.fitted]
        # A perturbation that no training line of the fold was screened with stays at its mean.
        found: Matrix = np.where(count > 0, mean - intercepts, 0.0).astype(np.float32)
        return found


@dataclass(frozen=True)
class NeighbourSettings:
    """Settings of PS-kNN: Euclidean distance in latent space, equal weights.

    Attributes
    ----------
    neighbours
        Lines that are averaged.
    """

    neighbours: int = 5
    kind: str = "PS-kNN"

    def __post_init__(self) -> None:
        if self.neighbours < 1:
            raise ValueError(f"neighbours must be at least 1, got {self.neighbours}")

    @property
    def pan(self) -> bool:
        """A model for each perturbation."""
        return False

    def seconds(self, lines: int, features: int) -> float:
        """See `leap_core.model.heads.base.RegressorSettings.seconds`."""
        return 9e-10 * lines**2 + 1e-5

    def fit_heads(self, problem: Problem, mapper: Mapper, done: Done = nothing) -> Heads:
        """Keep the lines; see `leap_core.model.heads.base.RegressorSettings`."""
        latent, response, folds = problem.latent, problem.response, problem.folds
        count, p = problem.count, response.shape[1]
        known = ~np.isnan(response)
        mean = np.where(known, response, 0.0).sum(axis=0, dtype=np.float64) / np.maximum(known.sum(axis=0), 1)
        heads = NeighbourHeads(
            fitted=np.arange(p),
            intercepts=np.tile(mean.astype(np.float32), (count, 1)),
            penalties=np.full((count, p), np.nan, dtype=np.float32),
            grid_index=np.zeros(p, dtype=np.int16),
            validation_score=np.zeros(p, dtype=np.float32),
            converged=np.ones(p, dtype=bool),
            anchors=latent,
            responses=response,
            anchor_folds=folds.astype(np.int64),
            neighbours=np.array([self.neighbours]),
        )
        heads.validation_score[:] = held_out_spearman(heads.out_of_fold(latent, folds), response, folds)
        for _ in range(chunk_count(p)):
            done()
        return heads
