"""Training problems of many perturbations as inner products, shared where the same lines were screened."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from leap_core.execution.mapping import Done, Mapper, nothing
from leap_core.regression.base import LinearHeads, Matrix
from leap_core.regression.selection import select_penalty, spearman_rows

Array = npt.NDArray[np.float64]

# Perturbations per work item: it bounds the memory of the paths (16 x K x A x d doubles, 1.6 MB for
# K = 5, A = 10, d = 256) and is fixed, so that results never depend on the number of workers.
CHUNK = 16


@dataclass(frozen=True)
class GramProblem:
    """Centred training problem of perturbations that share their lines.

    Attributes
    ----------
    gram
        (d, d) ``X'X``.
    xty
        (q, d) ``X'y``.
    yty
        (q,) ``y'y``.
    rows
        Number n of training lines.
    x_mean, y_mean
        (d,) and (q,) means that were taken off.
    """

    gram: Array
    xty: Array
    yty: Array
    rows: int
    x_mean: Array
    y_mean: Array


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


PathSolver = Callable[[GramProblem], PathFit]


@dataclass(frozen=True)
class _Lines:
    """What all chunks share.

    Attributes
    ----------
    centred, folds
        (n, d) latent features and (n,) fold of each line.
    grams, sums
        Of each fold's training lines: Gram matrix (d, d), sum of the features (d,).
    """

    centred: Array
    folds: npt.NDArray[np.int64]
    grams: tuple[Array, ...]
    sums: tuple[Array, ...]

    @classmethod
    def of(cls, centred: Array, folds: npt.NDArray[np.int64]) -> _Lines:
        parts = [centred[folds != fold] for fold in range(int(folds.max()) + 1)]
        return cls(centred, folds, tuple(part.T @ part for part in parts), tuple(part.sum(axis=0) for part in parts))


def chunk_count(perturbations: int) -> int:
    """How many chunks `fit_linear_heads` makes of so many perturbations."""
    return -(-perturbations // CHUNK)


def fit_linear_heads(
    latent: Matrix, response: Matrix, folds: npt.NDArray[np.int64], solve: PathSolver, mapper: Mapper, done: Done = nothing
) -> LinearHeads:
    """Fit, select and keep K linear models per perturbation.

    For every perturbation the path is fitted on each fold's training lines; the grid index of the best
    mean validation Spearman is selected and the K models of that index are kept (METHODS.md, section 5).

    Parameters
    ----------
    latent
        (n, d).
    response
        (n, p), NaN where not screened.
    folds
        (n,) fold of each line.
    solve
        Fits the paths of one `GramProblem`.
    mapper
        Runs the chunks.
    done
        Called as each of the ``chunk_count(p)`` chunks is finished.
    """
    offset = latent.mean(axis=0, dtype=np.float64)
    lines = _Lines.of(latent.astype(np.float64) - offset, folds)
    order = _pattern_order(response)
    chunks = [response[:, order[start : start + CHUNK]] for start in range(0, len(order), CHUNK)]
    parts = mapper.map(partial(_fit_chunk, lines, solve), chunks, done)
    back = np.argsort(order, kind="stable")
    weights = np.concatenate([part.weights for part in parts], axis=2)[:, :, back]
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


def _pattern_order(response: Matrix) -> npt.NDArray[np.int64]:
    """Columns ordered so that equal patterns of missing lines lie together (stable, so reproducible)."""
    packed = np.packbits(np.isnan(response), axis=0)
    return np.lexsort(packed) if packed.shape[0] else np.arange(response.shape[1])


def _fit_chunk(lines: _Lines, solve: PathSolver, response: Matrix) -> LinearHeads:
    """Fit the perturbations of one chunk (n, q), those with the same screened lines together."""
    count, d, folds = response.shape[1], lines.centred.shape[1], len(lines.grams)
    part = LinearHeads(
        weights=np.zeros((folds, d, count), dtype=np.float32),
        fitted=np.arange(count),
        intercepts=np.zeros((folds, count), dtype=np.float32),
        penalties=np.zeros((folds, count), dtype=np.float32),
        grid_index=np.zeros(count, dtype=np.int16),
        validation_score=np.zeros(count, dtype=np.float32),
        converged=np.zeros(count, dtype=bool),
    )
    for columns, observed in _patterns(response):
        _fit_pattern(lines, solve, response[:, columns].astype(np.float64), observed, part, columns)
    return part


def _fit_pattern(lines: _Lines, solve: PathSolver, y: Array, observed: npt.NDArray[np.bool_], part: LinearHeads, columns: slice) -> None:
    """Fit perturbations (n, q) that were all screened on the `observed` lines, into their columns of `part`."""
    means, paths, scores = [], [], []
    for fold in range(len(lines.grams)):
        problem = _problem(lines, y, observed, fold)
        path = solve(problem)
        means.append((problem.x_mean, problem.y_mean))
        paths.append(path)
        held_out = (lines.folds == fold) & observed
        scores.append(_validation_scores(lines.centred[held_out], y[held_out], problem, path))
    all_scores = np.stack(scores, axis=1)
    chosen = select_penalty(all_scores)
    picked = np.arange(len(chosen))
    for fold, ((x_mean, y_mean), path) in enumerate(zip(means, paths, strict=True)):
        selected = path.weights[picked, chosen]
        part.weights[fold, :, columns] = selected.T
        part.intercepts[fold, columns] = y_mean - selected @ x_mean
        part.penalties[fold, columns] = path.penalties[picked, chosen]
    part.grid_index[columns] = chosen
    part.validation_score[columns] = all_scores.mean(axis=1)[picked, chosen]
    part.converged[columns] = np.all([path.converged[picked, chosen] for path in paths], axis=0)


def _patterns(response: Matrix) -> Iterator[tuple[slice, npt.NDArray[np.bool_]]]:
    """Yield runs of neighbouring columns with the same observed lines, and those lines."""
    observed = ~np.isnan(response)
    changes = np.flatnonzero((observed[:, 1:] != observed[:, :-1]).any(axis=0)) + 1
    starts = [0, *changes.tolist(), response.shape[1]]
    for start, stop in pairwise(starts):
        yield slice(start, stop), observed[:, start]


def _problem(lines: _Lines, y: Array, observed: npt.NDArray[np.bool_], fold: int) -> GramProblem:
    """Inner products of a fold's training lines; with few lines missing the fold's Gram matrix is downdated."""
    of_fold = lines.folds != fold
    training = of_fold & observed
    n, d, count = int(training.sum()), lines.centred.shape[1], y.shape[1]
    if n == 0:
        return GramProblem(np.zeros((d, d)), np.zeros((count, d)), np.zeros(count), 0, np.zeros(d), np.zeros(count))
    missing = lines.centred[of_fold & ~observed]
    if len(missing) < n:
        x_mean = (lines.sums[fold] - missing.sum(axis=0)) / n
        # In one product: take off the missing lines, and the mean.
        off = np.vstack([missing, np.sqrt(n) * x_mean])
        gram = lines.grams[fold] - off.T @ off
    else:
        x = lines.centred[training]
        x_mean = x.mean(axis=0)
        gram = (x - x_mean).T @ (x - x_mean)
    y_mean = y[training].mean(axis=0)
    y_centred = np.where(training[:, None], y - y_mean, 0.0)
    xty = np.ascontiguousarray((lines.centred.T @ y_centred).T)
    return GramProblem(gram, xty, np.square(y_centred).sum(axis=0), n, x_mean, y_mean)


def _validation_scores(x: Array, y: Array, problem: GramProblem, path: PathFit) -> Array:
    """Validation Spearman (q, A) of whole paths; 0 where undefined."""
    count, grid, d = path.weights.shape
    if len(x) < 2:
        return np.zeros((count, grid))
    predictions = (x - problem.x_mean) @ path.weights.reshape(count * grid, d).T
    predictions = np.ascontiguousarray(predictions.T).reshape(count, grid, len(x))
    constant = ~np.any(path.weights, axis=2)
    scores = np.stack([spearman_rows(predictions[j], np.ascontiguousarray(y[:, j])) for j in range(count)])
    scores[constant] = 0.0
    return scores
