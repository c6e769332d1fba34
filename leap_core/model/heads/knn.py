"""PS-kNN: the mean response of the nearest screened lines, all perturbations at once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from leap_core.arrays import Ints, Matrix
from leap_core.model.heads.base import Heads, Problem, RegressorSettings, records
from leap_core.model.heads.chunks import chunk_count
from leap_core.model.heads.selection import fold_means, held_out_spearman
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
    anchor_folds: Ints
    neighbours: Ints

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
class NeighbourSettings(RegressorSettings):
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

    def fit_heads(self, problem: Problem, mapper: Mapper, done: Done = nothing) -> Heads:
        """Keep the lines; see `leap_core.model.heads.base.RegressorSettings`."""
        latent, response, folds = problem.latent, problem.response, problem.folds
        mean = fold_means(response.astype(np.float64), np.ones(len(response), dtype=bool))
        nought = np.zeros(len(mean))
        heads = NeighbourHeads(
            anchors=latent,
            responses=response,
            anchor_folds=folds.astype(np.int64),
            neighbours=np.array([self.neighbours]),
            **records(np.tile(mean, (problem.count, 1)), nought.astype(np.int16), nought),
        )
        heads.validation_score[:] = held_out_spearman(heads.out_of_fold(latent, folds), response, folds)
        for _ in range(chunk_count(len(mean))):
            done()
        return heads
