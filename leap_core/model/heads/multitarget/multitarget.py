"""Multi-target ridge: the perturbations of a block are predicted together, through what their responses share.

Curds and whey (Breiman & Friedman 1997, JRSS B 59) in the basis of the responses' principal components: each component
is a response of its own with its own penalty, so what many perturbations share is learnt from all of them, and what is
noise is shrunk away.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import numpy as np
import numpy.typing as npt

from leap_core.errors import UserError
from leap_core.model.heads.base import Heads, LinearHeads, Problem
from leap_core.model.heads.gram import chunk_count
from leap_core.model.heads.multitarget.component_ridge import ComponentRidge, InnerFold, choose_penalties
from leap_core.model.heads.multitarget.response_components import ResponseComponents
from leap_core.model.heads.selection import held_out_spearman
from leap_core.run.mapping import Done, Mapper, in_portions, nothing

Array = npt.NDArray[np.float64]
Folds = npt.NDArray[np.int64]


@dataclass(frozen=True)
class MultiTargetSettings:
    """Settings of multi-target ridge.

    Attributes
    ----------
    components
        Principal components of the responses, at most.
    imputed_rank
        Rank by which responses that were not screened are filled in, within the training lines only; they take part in
        what perturbations share, never in an accuracy.
    penalties
        Length of the grid.
    largest, smallest
        First and last penalty, in mean eigenvalues of ``X'X / n`` (those of n eigenvalues).
    """

    components: int = 100
    imputed_rank: int = 20
    penalties: int = 12
    largest: float = 30.0
    smallest: float = 3e-3
    kind: str = "multi-target ridge"

    def __post_init__(self) -> None:
        if self.components < 1 or self.imputed_rank < 1 or self.penalties < 1:
            raise ValueError("components, imputed_rank and penalties must be at least 1")
        if not 0 < self.smallest <= self.largest:
            raise ValueError("0 < smallest <= largest")

    def grid(self) -> Array:
        """(A,) ratios, falling."""
        found: Array = np.geomspace(self.largest, self.smallest, self.penalties)
        return found

    @property
    def pan(self) -> bool:
        """A model for each perturbation."""
        return False

    def seconds(self, lines: int, features: int) -> float:
        """See `leap_core.model.heads.base.RegressorSettings.seconds`."""
        return 2.5e-10 * lines**2 + 5e-5

    def fit_heads(self, problem: Problem, mapper: Mapper, done: Done = nothing) -> Heads:
        """Fit all perturbations together; see `leap_core.model.heads.base.RegressorSettings`.

        Each fold's models see its training lines alone; their penalties are chosen on the other folds, one held out
        after the other. ``penalties`` and ``grid_index`` of a perturbation are those of its components, averaged by its
        loadings.
        """
        response, count = problem.response, checked_folds(problem)
        x, y = problem.latent.astype(np.float64), response.astype(np.float64)
        fit = partial(_fit_fold, self, x, y, problem.folds)
        fits = mapper.map(fit, range(count), in_portions(done, chunk_count(response.shape[1]), count))
        return LinearHeads(
            weights=np.stack([fit.weights for fit in fits]).astype(np.float32),
            fitted=np.arange(response.shape[1]),
            intercepts=np.stack([fit.intercepts for fit in fits]).astype(np.float32),
            penalties=np.stack([fit.penalties for fit in fits]).astype(np.float32),
            grid_index=np.rint(np.mean([fit.index for fit in fits], axis=0)).astype(np.int16),
            validation_score=np.mean([fit.score for fit in fits], axis=0).astype(np.float32),
            converged=np.ones(response.shape[1], dtype=bool),
        )


def checked_folds(problem: Problem) -> int:
    """How many folds a problem has, if they are enough to choose penalties.

    Raises
    ------
    UserError
        If there are fewer than three.
    """
    if problem.count < 3:
        raise UserError(
            "Multi-target ridge chooses its penalties on the other folds and needs 3 folds at least, got"
            f" {problem.count}."
        )
    return problem.count


@dataclass(frozen=True)
class _Fold:
    """One fold's models (d, q), (q,), and per perturbation penalty, grid index and held-out score."""

    weights: Array
    intercepts: Array
    penalties: Array
    index: Array
    score: Array


def _fit_fold(settings: MultiTargetSettings, x: Array, y: Array, folds: Folds, fold: int) -> _Fold:
    seen = folds != fold
    targets = ResponseComponents.of(y[seen], y, settings.components, settings.imputed_rank)
    features, inner, ratios = x[seen], folds[seen], settings.grid()
    chosen = choose_penalties(
        ratios, (InnerFold.of(features, targets.scores, inner != held_out) for held_out in np.unique(inner))
    )
    centre = features.mean(axis=0)
    ridge = ComponentRidge.of(features - centre, targets.scores)
    heads = (ridge.chosen_weights(ratios, chosen) @ targets.loadings.T) * targets.unit
    intercepts = targets.mean + targets.level * targets.unit - centre @ heads
    penalties = targets.shared(ratios[chosen] * ridge.unit)
    return _Fold(
        heads,
        intercepts,
        penalties,
        targets.shared(chosen),
        held_out_spearman(x[~seen] @ heads, y[~seen], folds[~seen]),
    )
