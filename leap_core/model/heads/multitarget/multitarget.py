"""Multi-target ridge: the perturbations of a block are predicted together, through what their responses share.

Curds and whey (Breiman & Friedman 1997, JRSS B 59) in the basis of the responses' principal components: each component
is a response of its own with its own penalty, so what many perturbations share is learnt from all of them, and what is
noise is shrunk away.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, ClassVar, TypeVar

import numpy as np

from leap_core.arrays import Array, Mask
from leap_core.errors import UserError
from leap_core.model.heads.base import Heads, LinearHeads, Problem, RegressorSettings, records
from leap_core.model.heads.chunks import chunk_count
from leap_core.model.heads.multitarget.component_ridge import ComponentRidge, InnerFold, choose_penalties
from leap_core.model.heads.multitarget.response_components import ResponseComponents
from leap_core.model.heads.selection import held_out_spearman
from leap_core.run.mapping import Done, Mapper, in_portions, nothing


@dataclass(frozen=True)
class MultiTargetSettings(RegressorSettings):
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
    takes_further: ClassVar[bool] = True

    def __post_init__(self) -> None:
        if self.components < 1 or self.imputed_rank < 1 or self.penalties < 1:
            raise ValueError("components, imputed_rank and penalties must be at least 1")
        if not 0 < self.smallest <= self.largest:
            raise ValueError("0 < smallest <= largest")

    def grid(self) -> Array:
        """(A,) ratios, falling."""
        found: Array = np.geomspace(self.largest, self.smallest, self.penalties)
        return found

    def fit_heads(self, problem: Problem, mapper: Mapper, done: Done = nothing) -> Heads:
        """Fit all perturbations together; see `leap_core.model.heads.base.RegressorSettings`.

        Each fold's models see its training lines alone; their penalties are chosen on the other folds, one held out
        after the other. ``penalties`` and ``grid_index`` of a perturbation are those of its components, averaged by its
        loadings.
        """
        x, y = problem.latent.astype(np.float64), problem.response.astype(np.float64)
        fits = fit_folds(partial(_fit_fold, self, x, y, problem), problem, mapper, done)
        return LinearHeads(weights=np.stack([fit.weights for fit in fits]).astype(np.float32), **fold_records(fits))


@dataclass(frozen=True)
class FoldModels:
    """One fold's intercepts, and what chose its models: penalty, grid index and held-out score; each (q,)."""

    intercepts: Array
    penalties: Array
    index: Array
    score: Array


Fold = TypeVar("Fold", bound=FoldModels)


def components_of(settings: MultiTargetSettings, y: Array, problem: Problem, seen: Mask) -> ResponseComponents:
    """What the responses (n, q) of the training lines of a fold share, further studies among them."""
    further = None if problem.further is None else problem.further.of_lines(seen)
    return ResponseComponents.of(y[seen], y, settings.components, settings.imputed_rank, further)


def fit_folds(fit: Callable[[int], Fold], problem: Problem, mapper: Mapper, done: Done) -> list[Fold]:
    """Fit the models of each fold.

    Raises
    ------
    UserError
        If there are fewer than three folds: penalties are chosen on the others.
    """
    count, q = problem.count, problem.response.shape[1]
    if count < 3:
        raise UserError(
            f"Multi-target ridge chooses its penalties on the other folds and needs 3 folds at least, got {count}."
        )
    return mapper.map(fit, range(count), in_portions(done, chunk_count(q), count))


def fold_records(fits: Sequence[FoldModels]) -> dict[str, Any]:
    """What is recorded of the models of all folds: index and score are means over them."""
    return records(
        np.stack([fit.intercepts for fit in fits]),
        np.rint(np.mean([fit.index for fit in fits], axis=0)).astype(np.int16),
        np.mean([fit.score for fit in fits], axis=0),
        np.stack([fit.penalties for fit in fits]),
    )


@dataclass(frozen=True)
class _LinearModels(FoldModels):
    """The same with weights (d, q)."""

    weights: Array


def _fit_fold(settings: MultiTargetSettings, x: Array, y: Array, problem: Problem, fold: int) -> _LinearModels:
    folds = problem.folds
    seen = folds != fold
    targets = components_of(settings, y, problem, seen)
    features, inner, ratios = x[seen], folds[seen], settings.grid()
    chosen = choose_penalties(
        ratios, (InnerFold.of(features, targets.scores, inner != held_out) for held_out in np.unique(inner))
    )
    centre = features.mean(axis=0)
    ridge = ComponentRidge.of(features - centre, targets.scores)
    weights = (ridge.chosen_weights(ratios, chosen) @ targets.loadings.T) * targets.unit
    return _LinearModels(
        intercepts=targets.mean + targets.level * targets.unit - centre @ weights,
        penalties=targets.shared(ratios[chosen] * ridge.unit),
        index=targets.shared(chosen),
        score=held_out_spearman(x[~seen] @ weights, y[~seen], folds[~seen]),
        weights=weights,
    )
