"""Multi-target ridge: the perturbations of a block are predicted together, through what their responses share.

Curds and whey (Breiman & Friedman 1997, JRSS B 59) in the basis of the responses' principal components: each component is a response of
its own with its own penalty, so what many perturbations share is learnt from all of them, and what is noise is shrunk away.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import numpy as np
import numpy.typing as npt

from leap_core.errors import UserError
from leap_core.execution.mapping import Done, Mapper, in_portions, nothing
from leap_core.regression.base import LinearHeads, Problem
from leap_core.regression.gram import chunk_count
from leap_core.regression.imputation import soft_impute
from leap_core.regression.selection import held_out_spearman

Array = npt.NDArray[np.float64]
Folds = npt.NDArray[np.int64]

# Responses take part in the components in their own unit, where what varies more usually says more; none by more than this many median
# standard deviations.
_HEAVIEST = 3.0


@dataclass(frozen=True)
class MultiTargetSettings:
    """Settings of multi-target ridge.

    Attributes
    ----------
    components
        Principal components of the responses, at most.
    imputed_rank
        Rank by which responses that were not screened are filled in, within the training lines only; they take part in what
        perturbations share, never in an accuracy.
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
        """See `leap_core.regression.base.RegressorSettings.seconds`."""
        return 2e-9 * lines**2

    def fit_heads(self, problem: Problem, mapper: Mapper, done: Done = nothing) -> LinearHeads:
        """Fit all perturbations together; see `leap_core.regression.base.RegressorSettings`.

        Each fold's models see its training lines alone; their penalties are chosen on the other folds, one held out after the other.
        ``penalties`` and ``grid_index`` of a perturbation are those of its components, averaged by its loadings.
        """
        latent, response, folds, count = problem.latent, problem.response, problem.folds, problem.count
        if count < 3:
            raise UserError(f"Multi-target ridge chooses its penalties on the other folds and needs 3 folds at least, got {count}.")
        x, y = latent.astype(np.float64), response.astype(np.float64)
        fits = mapper.map(partial(_fit_fold, self, x, y, folds), range(count), in_portions(done, chunk_count(response.shape[1]), count))
        index = np.mean([fit.index for fit in fits], axis=0)
        return LinearHeads(
            weights=np.stack([fit.weights for fit in fits]).astype(np.float32), fitted=np.arange(response.shape[1]),
            intercepts=np.stack([fit.intercepts for fit in fits]).astype(np.float32), penalties=np.stack([fit.penalties for fit in fits]).astype(np.float32),
            grid_index=np.rint(index).astype(np.int16), validation_score=np.mean([fit.score for fit in fits], axis=0).astype(np.float32),
            converged=np.ones(response.shape[1], dtype=bool),
        )  # fmt: skip


@dataclass(frozen=True)
class _Fold:
    """One fold's models (d, q), (q,), and per perturbation their penalty, its place on the grid, and the score on the held-out lines."""

    weights: Array
    intercepts: Array
    penalties: Array
    index: Array
    score: Array


def _fit_fold(settings: MultiTargetSettings, x: Array, y: Array, folds: Folds, fold: int) -> _Fold:
    seen = folds != fold
    mean, deviation = _observed(y[seen], y)
    weight = np.minimum(deviation, _HEAVIEST * np.median(deviation))
    weighted = soft_impute((y[seen] - mean) / deviation, settings.imputed_rank) * weight
    level = weighted.mean(axis=0)
    loadings = _components(weighted - level, settings.components)
    scores = (weighted - level) @ loadings
    chosen = _choose(settings, x[seen], scores, folds[seen])
    centre = x[seen].mean(axis=0)
    ridge = _Ridge.of(x[seen] - centre, scores)
    ratios = settings.grid()
    weights = np.zeros((x.shape[1], len(chosen)))
    for place in np.unique(chosen):
        weights[:, chosen == place] = ridge.weights(float(ratios[place]), chosen == place)
    unit = deviation / weight
    heads = (weights @ loadings.T) * unit
    intercepts = mean + level * unit - centre @ heads
    shares = np.square(loadings) / np.maximum(np.square(loadings).sum(axis=1, keepdims=True), 1e-300)
    penalties = ratios[chosen] * ridge.unit
    return _Fold(heads, intercepts, shares @ penalties, shares @ chosen, held_out_spearman(x[~seen] @ heads, y[~seen], folds[~seen]))


def _observed(seen: Array, y: Array) -> tuple[Array, Array]:
    """Mean and standard deviation (q,) of the training lines; without one the mean of all, and what does not vary stays at its mean."""
    known = ~np.isnan(seen)
    count = known.sum(axis=0)
    everything = np.where(np.isnan(y), 0.0, y).sum(axis=0) / np.maximum((~np.isnan(y)).sum(axis=0), 1)
    mean = np.where(count > 0, np.where(known, seen, 0.0).sum(axis=0) / np.maximum(count, 1), everything)
    variance = np.square(np.where(known, seen - mean, 0.0)).sum(axis=0) / np.maximum(count, 1)
    return mean, np.where(variance > 1e-16, np.sqrt(variance), 1e-8)


def _components(centred: Array, most: int) -> Array:
    """Loadings (q, r) of the first principal components of the responses (n, q)."""
    n, q = centred.shape
    values, vectors = np.linalg.eigh(centred @ centred.T if n <= q else centred.T @ centred)
    kept = np.flatnonzero(values > 1e-10 * max(float(values[-1]), 1e-300))[::-1][:most]
    loadings: Array = vectors[:, kept] if n > q else centred.T @ vectors[:, kept] / np.sqrt(values[kept])
    return loadings


@dataclass(frozen=True)
class _Ridge:
    """Ridge of all components on all penalties, from one eigendecomposition."""

    values: Array
    vectors: Array
    projected: Array
    unit: float

    @classmethod
    def of(cls, centred: Array, scores: Array) -> _Ridge:
        """From centred features (n, d); the scores (n, r) need not be centred."""
        n = len(centred)
        values, vectors = np.linalg.eigh(centred.T @ centred / n)
        values = np.maximum(values, 0.0)
        return cls(values, vectors, vectors.T @ (centred.T @ (scores - scores.mean(axis=0)) / n), max(float(values.sum()) / n, 1e-300))

    def weights(self, ratio: float, columns: npt.NDArray[np.bool_] | slice = slice(None)) -> Array:
        """(d, r) of some components at one penalty."""
        found: Array = self.vectors @ (self.projected[:, columns] / (self.values + ratio * self.unit)[:, None])
        return found


def _choose(settings: MultiTargetSettings, x: Array, scores: Array, folds: Folds) -> npt.NDArray[np.int64]:
    """(r,) place on the grid of the lowest squared error over the inner folds; ties go to the larger penalty."""
    errors = np.zeros((settings.penalties, scores.shape[1]))
    for fold in np.unique(folds):
        seen = folds != fold
        centre, level = x[seen].mean(axis=0), scores[seen].mean(axis=0)
        ridge = _Ridge.of(x[seen] - centre, scores[seen])
        rotated = (x[~seen] - centre) @ ridge.vectors
        for place, ratio in enumerate(settings.grid()):
            predicted = rotated @ (ridge.projected / (ridge.values + ratio * ridge.unit)[:, None]) + level
            errors[place] += np.square(scores[~seen] - predicted).sum(axis=0)
    found: npt.NDArray[np.int64] = np.argmin(errors * (1.0 - 1e-12), axis=0)
    return found
