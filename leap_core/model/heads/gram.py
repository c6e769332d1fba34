"""Training problems of many perturbations as inner products, shared where the same lines were screened."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from typing import Protocol

import numpy as np
import numpy.typing as npt

from leap_core.model.heads.base import LinearHeads, Matrix, Problem
from leap_core.model.heads.selection import select_penalty, spearman_rows
from leap_core.run.mapping import Done, Mapper, nothing

Array = npt.NDArray[np.float64]

# Perturbations per work item: it bounds the memory of the paths (16 x K x A x d doubles, 1.6 MB for
# K = 5, A = 10, d = 256) and is fixed, so that results never depend on the number of workers.
CHUNK = 16


@dataclass(frozen=True)
class GramProblem:
    """Centred training problem of perturbations that share their lines.

    Attributes
    ----------
    base
        (d, d) Gram matrix that other problems share.
    off
        (m, d) what is to be taken off it: lines that these perturbations lack, and the mean. The problem's own
        Gram matrix ``X'X`` is ``base - off' off``.
    xty
        (q, d) ``X'y``.
    yty
        (q,) ``y'y``.
    rows
        Number n of training lines.
    prepared
        What the solver's `prepare` made of `base`; None if that was not worth it.
    """

    base: Array
    off: Array
    xty: Array
    yty: Array
    rows: int
    prepared: object = None

    @property
    def gram(self) -> Array:
        """(d, d) ``X'X``."""
        return self.base - self.off.T @ self.off


@dataclass(frozen=True)
class PathFit:
    """Whole paths of the perturbations of one problem.

    Attributes
    ----------
    weights
        (q, A, d).
    penalties
        (q, A), falling.
    converged
        (q, A) bool.
    """

    weights: Array
    penalties: Array
    converged: npt.NDArray[np.bool_]


class PathSolver(Protocol):
    """Fits whole paths on inner products."""

    def prepare(self, gram: Array) -> object:
        """Whatever is worth computing once of a Gram matrix (d, d) that many problems share; may be None."""
        ...

    def solve(self, problem: GramProblem) -> PathFit:
        """Fit the paths of one problem."""
        ...


@dataclass(frozen=True)
class _Lines:
    """What all chunks share.

    Attributes
    ----------
    centred, folds
        (n, d) latent features and (n,) fold of each line.
    held_out
        Of each fold: the features (v, d) of its lines.
    grams, prepared, sums
        Of each fold's training lines: Gram matrix (d, d), what the solver made of it, sum of the features (d,).
    """

    centred: Array
    folds: npt.NDArray[np.int64]
    held_out: tuple[Array, ...]
    grams: tuple[Array, ...]
    prepared: tuple[object, ...]
    sums: tuple[Array, ...]

    @classmethod
    def of(cls, centred: Array, folds: npt.NDArray[np.int64], solver: PathSolver) -> _Lines:
        """Compute what depends on lines and folds alone."""
        numbers = range(int(folds.max()) + 1)
        held_out = tuple(centred[folds == fold] for fold in numbers)
        whole, total = centred.T @ centred, centred.sum(axis=0)
        grams = tuple(whole - part.T @ part for part in held_out)
        prepared = tuple(solver.prepare(gram) for gram in grams)
        return cls(centred, folds, held_out, grams, prepared, tuple(total - part.sum(axis=0) for part in held_out))


def chunk_count(perturbations: int) -> int:
    """How many chunks `fit_linear_heads` makes of so many perturbations."""
    return -(-perturbations // CHUNK)


def fit_linear_heads(problem: Problem, solver: PathSolver, mapper: Mapper, done: Done = nothing) -> LinearHeads:
    """Fit, select and keep K linear models per perturbation.

    For every perturbation the path is fitted on each fold's training lines; the grid index of the best
    mean validation Spearman is selected and the K models of that index are kept (docs/methods.md#choosing-a-penalty).

    Parameters
    ----------
    problem
        Lines, responses and folds.
    solver
        Fits the paths of one `GramProblem`.
    mapper
        Runs the chunks.
    done
        Called as each of the ``chunk_count(p)`` chunks is finished.
    """
    latent, response, folds = problem.latent, problem.response, problem.folds
    offset = latent.mean(axis=0, dtype=np.float64)
    lines = _Lines.of(latent.astype(np.float64) - offset, folds, solver)
    order = pattern_order(response)
    chunks = [response[:, order[start : start + CHUNK]] for start in range(0, len(order), CHUNK)]
    parts = mapper.map(partial(_fit_chunk, lines, solver), chunks, done)
    back = np.argsort(order, kind="stable")
    # In the layout that they have when they are read again: sums then round alike.
    weights = np.ascontiguousarray(np.concatenate([part.weights for part in parts], axis=2)[:, :, back])
    intercepts = np.concatenate([part.intercepts for part in parts], axis=1)[:, back]
    return LinearHeads(
        weights=weights,
        fitted=np.arange(response.shape[1]),
        intercepts=(intercepts - np.einsum("d,kdp->kp", offset, weights)).astype(np.float32),
        penalties=np.concatenate([part.penalties for part in parts], axis=1)[:, back],
        grid_index=np.concatenate([part.grid_index for part in parts])[back],
        validation_score=np.concatenate([part.validation_score for part in parts])[back],
        converged=np.concatenate([part.converged for part in parts])[back],
    )


def pattern_order(response: Matrix) -> npt.NDArray[np.int64]:
    """Columns ordered so that equal patterns of missing lines lie together (stable, so reproducible)."""
    packed = np.packbits(np.isnan(response), axis=0)
    return np.lexsort(packed) if packed.shape[0] else np.arange(response.shape[1])


def _fit_chunk(lines: _Lines, solver: PathSolver, response: Matrix) -> LinearHeads:
    """Fit the perturbations of one chunk (n, q): paths and validation scores of every fold, then the selection."""
    y, observed = response.astype(np.float64), ~np.isnan(response)
    fits = [_fit_fold(lines, solver, y, observed, fold) for fold in range(len(lines.grams))]
    scores = np.stack(
        [_validation_scores(lines, y, observed, fold, fit.weights) for fold, fit in enumerate(fits)], axis=1
    )
    chosen = select_penalty(scores)
    picked = np.arange(len(chosen))
    selected = np.stack([fit.weights[picked, chosen] for fit in fits])
    intercepts = np.stack(
        [fit.y_mean - np.einsum("qd,qd->q", weights, fit.x_mean) for fit, weights in zip(fits, selected, strict=True)]
    )
    return LinearHeads(
        weights=selected.transpose(0, 2, 1).astype(np.float32),
        fitted=picked,
        intercepts=intercepts.astype(np.float32),
        penalties=np.stack([fit.penalties[picked, chosen] for fit in fits]).astype(np.float32),
        grid_index=chosen,
        validation_score=scores.mean(axis=1)[picked, chosen].astype(np.float32),
        converged=np.all([fit.converged[picked, chosen] for fit in fits], axis=0),
    )


@dataclass(frozen=True)
class _FoldFit:
    """Paths of one chunk on one fold's training lines, and the means (q, d) and (q,) that were taken off."""

    weights: Array
    penalties: Array
    converged: npt.NDArray[np.bool_]
    x_mean: Array
    y_mean: Array


def _fit_fold(lines: _Lines, solver: PathSolver, y: Array, observed: npt.NDArray[np.bool_], fold: int) -> _FoldFit:
    """Fit the paths of all perturbations (n, q) on one fold, equal patterns of gaps together."""
    of_fold = (lines.folds != fold)[:, None]
    training, missing = of_fold & observed, of_fold & ~observed
    rows = training.sum(axis=0)
    count = np.maximum(rows, 1)
    # A fold that leaves no training line predicts the mean of all.
    everything = np.where(observed, y, 0.0).sum(axis=0) / np.maximum(observed.sum(axis=0), 1)
    y_mean = np.where(rows > 0, np.where(training, y, 0.0).sum(axis=0) / count, everything)
    y_centred = np.where(training, y - y_mean, 0.0)
    x_mean = (lines.sums[fold] - missing.T.astype(np.float64) @ lines.centred) / count[:, None]
    xty, yty = y_centred.T @ lines.centred, np.square(y_centred).sum(axis=0)
    paths = []
    for columns in patterns(observed):
        first = columns.start
        problem = _problem(
            lines, fold, training[:, first], missing[:, first], x_mean[first], xty[columns], yty[columns]
        )
        paths.append(solver.solve(problem))
    return _FoldFit(
        np.concatenate([path.weights for path in paths]),
        np.concatenate([path.penalties for path in paths]),
        np.concatenate([path.converged for path in paths]),
        x_mean,
        y_mean,
    )


def patterns(observed: npt.NDArray[np.bool_]) -> Iterator[slice]:
    """Yield runs of neighbouring columns with the same observed lines."""
    changes = np.flatnonzero((observed[:, 1:] != observed[:, :-1]).any(axis=0)) + 1
    for start, stop in pairwise([0, *changes.tolist(), observed.shape[1]]):
        yield slice(start, stop)


def _problem(
    lines: _Lines,
    fold: int,
    training: npt.NDArray[np.bool_],
    missing: npt.NDArray[np.bool_],
    x_mean: Array,
    xty: Array,
    yty: Array,
) -> GramProblem:
    """The problem of perturbations with the same lines; with few lines missing it shares the fold's Gram matrix."""
    n, absent = int(training.sum()), lines.centred[missing]
    if len(absent) < n:
        # Centring takes off the mean, n times.
        off = np.vstack([absent, np.sqrt(n) * x_mean])
        return GramProblem(lines.grams[fold], off, xty, yty, n, lines.prepared[fold])
    x = lines.centred[training] - x_mean
    return GramProblem(x.T @ x, x[:0], xty, yty, n)


def _validation_scores(lines: _Lines, y: Array, observed: npt.NDArray[np.bool_], fold: int, weights: Array) -> Array:
    """Validation Spearman (q, A) of whole paths (q, A, d) on a fold's held-out lines; 0 where undefined."""
    count, grid, d = weights.shape
    # Without intercepts: they change no rank.
    predictions = (weights.reshape(count * grid, d) @ lines.held_out[fold].T).reshape(count, grid, -1)
    of_fold = lines.folds == fold
    scores = np.zeros((count, grid))
    for j in range(count):
        screened = observed[of_fold, j]
        scores[j] = spearman_rows(np.ascontiguousarray(predictions[j][:, screened]), y[of_fold, j][screened])
    scores[~np.any(weights, axis=2)] = 0.0
    return scores
