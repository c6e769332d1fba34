"""Training problems of many perturbations as inner products, shared where the same lines were screened."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from leap_core.execution.mapping import Mapper
from leap_core.regression.base import LinearHeads, Matrix
from leap_core.regression.selection import select_penalty, spearman_rows

Array = npt.NDArray[np.float64]

# Perturbations per work item: it bounds the memory of the paths (16 x K x A x d doubles, 2 MB for
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


def fit_linear_heads(latent: Matrix, response: Matrix, folds: npt.NDArray[np.int64], solve: PathSolver, mapper: Mapper) -> LinearHeads:
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
    """
    centred = latent.astype(np.float64) - latent.mean(axis=0, dtype=np.float64)
    offset = latent.mean(axis=0, dtype=np.float64)
    fold_grams = [_gram(centred[folds != fold]) for fold in range(int(folds.max()) + 1)]
    order = _pattern_order(response)
    chunks = [order[start : start + CHUNK] for start in range(0, len(order), CHUNK)]
    parts = mapper.map(lambda columns: _fit_chunk(centred, response[:, columns], folds, fold_grams, solve), chunks)
    back = np.argsort(order, kind="stable")
    weights = np.concatenate([part.weights for part in parts], axis=2)[:, :, back]
    intercepts = np.concatenate([part.intercepts for part in parts], axis=1)[:, back]
    return LinearHeads(
        weights=weights,
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


def _fit_chunk(centred: Array, response: Matrix, folds: npt.NDArray[np.int64], fold_grams: list[Array], solve: PathSolver) -> LinearHeads:
    count, d = response.shape[1], centred.shape[1]
    fold_count = len(fold_grams)
    weights = np.zeros((fold_count, d, count), dtype=np.float32)
    intercepts = np.zeros((fold_count, count), dtype=np.float32)
    penalties = np.zeros((fold_count, count), dtype=np.float32)
    grid_index = np.zeros(count, dtype=np.int16)
    validation = np.zeros(count, dtype=np.float32)
    converged = np.zeros(count, dtype=bool)
    for columns, observed in _patterns(response):
        y = response[observed][:, columns].astype(np.float64)
        problems, paths, scores = [], [], []
        for fold in range(fold_count):
            problem = _problem(centred, y, observed, folds, fold, fold_grams[fold])
            path = solve(problem)
            problems.append(problem)
            paths.append(path)
            held_out = folds[observed] == fold
            scores.append(_validation_scores(centred[observed][held_out], y[held_out], problem, path))
        all_scores = np.stack(scores, axis=1)
        chosen = select_penalty(all_scores)
        picked = np.arange(len(columns))
        for fold, (problem, path) in enumerate(zip(problems, paths, strict=True)):
            selected = path.weights[picked, chosen]
            weights[fold][:, columns] = selected.T
            intercepts[fold, columns] = problem.y_mean - selected @ problem.x_mean
            penalties[fold, columns] = path.penalties[picked, chosen]
        grid_index[columns] = chosen
        validation[columns] = all_scores.mean(axis=1)[picked, chosen]
        converged[columns] = np.all([path.converged[picked, chosen] for path in paths], axis=0)
    return LinearHeads(weights, intercepts, penalties, grid_index, validation, converged)


def _patterns(response: Matrix) -> Iterator[tuple[npt.NDArray[np.int64], npt.NDArray[np.bool_]]]:
    """Yield groups of columns with the same observed lines, and those lines."""
    observed = ~np.isnan(response)
    _, group = np.unique(observed, axis=1, return_inverse=True)
    group = np.asarray(group).ravel()
    for pattern in range(int(group.max()) + 1):
        columns = np.flatnonzero(group == pattern)
        yield columns, observed[:, columns[0]]


def _gram(rows: Array) -> Array:
    gram: Array = rows.T @ rows
    return gram


def _problem(
    centred: Array, y: Array, observed: npt.NDArray[np.bool_], folds: npt.NDArray[np.int64], fold: int, fold_gram: Array
) -> GramProblem:
    """Inner products of a fold's training lines; with few lines missing the fold's Gram matrix is downdated."""
    training = (folds != fold) & observed
    missing = (folds != fold) & ~observed
    x = centred[training]
    n = len(x)
    if missing.sum() < n:
        gram = fold_gram - _gram(centred[missing]) if missing.any() else fold_gram.copy()
    else:
        gram = _gram(x)
    if n == 0:
        zeros = np.zeros((y.shape[1], x.shape[1]))
        return GramProblem(gram, zeros, np.zeros(y.shape[1]), 0, np.zeros(x.shape[1]), np.zeros(y.shape[1]))
    x_mean = x.mean(axis=0)
    gram -= n * np.outer(x_mean, x_mean)
    # In C order and symmetric to the bit: the solver walks along rows.
    gram = np.ascontiguousarray((gram + gram.T) / 2)
    y_training = y[folds[observed] != fold]
    y_mean = y_training.mean(axis=0)
    y_centred = y_training - y_mean
    xty = np.ascontiguousarray((x.T @ y_centred).T)
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
