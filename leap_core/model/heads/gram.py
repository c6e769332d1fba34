"""Training problems of many perturbations as inner products, shared where the same lines were screened."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Protocol

import numpy as np

from leap_core.arrays import Array, Ints, Mask, Matrix
from leap_core.model.heads.base import LinearHeads, Problem, records
from leap_core.model.heads.chunks import Arrays, by_chunks, patterns
from leap_core.model.heads.selection import fold_means, path_spearman, select_penalty
from leap_core.run.mapping import Done, Mapper, nothing


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
    converged: Mask


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
    folds: Ints
    held_out: tuple[Array, ...]
    grams: tuple[Array, ...]
    prepared: tuple[object, ...]
    sums: tuple[Array, ...]

    @classmethod
    def of(cls, centred: Array, folds: Ints, solver: PathSolver) -> _Lines:
        """Compute what depends on lines and folds alone."""
        numbers = range(int(folds.max()) + 1)
        held_out = tuple(centred[folds == fold] for fold in numbers)
        whole, total = centred.T @ centred, centred.sum(axis=0)
        grams = tuple(whole - part.T @ part for part in held_out)
        prepared = tuple(solver.prepare(gram) for gram in grams)
        return cls(centred, folds, held_out, grams, prepared, tuple(total - part.sum(axis=0) for part in held_out))


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
    offset = problem.latent.mean(axis=0, dtype=np.float64)
    lines = _Lines.of(problem.latent.astype(np.float64) - offset, problem.folds, solver)
    found = by_chunks(partial(_fit_chunk, lines, solver), problem.response, mapper, done)
    weights = found.pop("weights")
    found["intercepts"] = found["intercepts"] - np.einsum("d,kdp->kp", offset, weights)
    return LinearHeads(weights=weights, **records(**found))


def _fit_chunk(lines: _Lines, solver: PathSolver, response: Matrix) -> Arrays:
    """Fit the perturbations of one chunk (n, q): paths and validation scores of every fold, then the selection."""
    y = response.astype(np.float64)
    fits = [_fit_fold(lines, solver, y, fold) for fold in range(len(lines.grams))]
    chosen, score = select_penalty(
        np.stack([_validation_scores(lines, y, fold, fit.weights) for fold, fit in enumerate(fits)], axis=1)
    )
    picked = np.arange(len(chosen))
    selected = np.stack([fit.weights[picked, chosen] for fit in fits])
    return {
        "weights": selected.transpose(0, 2, 1).astype(np.float32),
        "intercepts": np.stack(
            [
                fit.y_mean - np.einsum("qd,qd->q", weights, fit.x_mean)
                for fit, weights in zip(fits, selected, strict=True)
            ]
        ).astype(np.float32),
        "penalties": np.stack([fit.penalties[picked, chosen] for fit in fits]),
        "grid_index": chosen,
        "validation_score": score,
        "converged": np.all([fit.converged[picked, chosen] for fit in fits], axis=0),
    }


@dataclass(frozen=True)
class _FoldFit(PathFit):
    """Paths of one chunk on one fold's training lines, and the means (q, d) and (q,) that were taken off."""

    x_mean: Array
    y_mean: Array


def _fit_fold(lines: _Lines, solver: PathSolver, y: Array, fold: int) -> _FoldFit:
    """Fit the paths of all perturbations (n, q) on one fold, equal patterns of gaps together."""
    observed, of_fold = ~np.isnan(y), lines.folds != fold
    training, missing = of_fold[:, None] & observed, of_fold[:, None] & ~observed
    y_mean = fold_means(y, of_fold)
    y_centred = np.where(training, y - y_mean, 0.0)
    count = np.maximum(training.sum(axis=0), 1)
    x_mean = (lines.sums[fold] - missing.T.astype(np.float64) @ lines.centred) / count[:, None]
    xty, yty = y_centred.T @ lines.centred, np.square(y_centred).sum(axis=0)
    paths = []
    for columns in patterns(observed):
        rows, absent, mean = training[:, columns.start], missing[:, columns.start], x_mean[columns.start]
        n = int(rows.sum())
        if absent.sum() < n:
            # With few lines missing the fold's Gram matrix is shared. Centring takes off the mean, n times.
            off = np.vstack([lines.centred[absent], np.sqrt(n) * mean])
            base, prepared = lines.grams[fold], lines.prepared[fold]
        else:
            x = lines.centred[rows] - mean
            base, off, prepared = x.T @ x, x[:0], None
        paths.append(solver.solve(GramProblem(base, off, xty[columns], yty[columns], n, prepared)))
    return _FoldFit(
        np.concatenate([path.weights for path in paths]),
        np.concatenate([path.penalties for path in paths]),
        np.concatenate([path.converged for path in paths]),
        x_mean,
        y_mean,
    )


def _validation_scores(lines: _Lines, y: Array, fold: int, weights: Array) -> Array:
    """Validation Spearman (q, A) of whole paths (q, A, d) on a fold's held-out lines; 0 where undefined."""
    count, grid, d = weights.shape
    # Without intercepts: they change no rank.
    predictions = (weights.reshape(count * grid, d) @ lines.held_out[fold].T).reshape(count, grid, -1)
    scores = path_spearman(predictions, y[lines.folds == fold])
    scores[~np.any(weights, axis=2)] = 0.0
    return scores
