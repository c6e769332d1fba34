"""Distillation: a sparse student of the ensemble's out-of-fold predictions, and how faithful it is."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from leap_core.arrays import Array, Floats, Ints, spearman_columns
from leap_core.explain.stability import StabilitySettings, penalty_grid
from leap_core.model.heads.lasso.residual_path import residual_path

# Below this share of the teacher's variance on held-out lines a student's list of genes is marked as unfaithful.
FAITHFUL = 0.5
_MAX_SELECTED_SHARE = 4


@dataclass(frozen=True)
class Student:
    """A LASSO fitted to the teacher.

    Attributes
    ----------
    weights
        (g,) of the standardised features.
    penalty
        Of the LASSO, chosen by the folds.
    r2, spearman
        Agreement with the teacher on lines that the student had not seen, mean over folds, each fold by the penalty
        that the other folds choose; NaN for a constant teacher.
    """

    weights: Array
    penalty: float
    r2: float
    spearman: float

    @property
    def faithful(self) -> bool:
        """Whether the student follows its teacher well enough to speak for it."""
        return bool(self.r2 >= FAITHFUL)


def centred_per_fold(out_of_fold: Floats, folds: Ints) -> Array:
    """The teacher (n,): out-of-fold predictions less the mean of their fold, which is an accident of the split."""
    teacher = out_of_fold.astype(np.float64).copy()
    for fold in np.unique(folds):
        teacher[folds == fold] -= teacher[folds == fold].mean()
    return teacher


def fit_student(features: Array, teacher: Array, folds: Ints, settings: StabilitySettings | None = None) -> Student:
    """Fit the student and measure its fidelity.

    Parameters
    ----------
    features
        (g, n) standardised, one feature a row.
    teacher
        (n,) from `centred_per_fold`.
    folds
        (n,) of each line.
    settings
        Of the grid of penalties.
    """
    settings = settings or StabilitySettings()
    mean = features.mean(axis=1, keepdims=True)
    centred = features - mean
    if np.ptp(teacher) < 1e-12:
        return Student(np.zeros(len(features)), float("nan"), float("nan"), float("nan"))
    grid = penalty_grid(centred, teacher - teacher.mean(), settings)
    max_selected = max(len(teacher) // _MAX_SELECTED_SHARE, 1)
    names = np.unique(folds)
    r2 = np.full((len(names), len(grid)), np.nan)
    rank = np.full_like(r2, np.nan)
    for row, fold in enumerate(names):
        seen, held_out = folds != fold, folds == fold
        level, base = centred[:, seen].mean(axis=1, keepdims=True), teacher[seen].mean()
        weights, reached = residual_path(centred[:, seen] - level, teacher[seen] - base, grid, max_selected)
        predicted = weights[:reached] @ (centred[:, held_out] - level) + base
        spread = np.square(teacher[held_out] - teacher[held_out].mean()).sum()
        if spread > 0 and held_out.sum() > 2:
            r2[row, :reached] = 1.0 - np.square(teacher[held_out] - predicted).sum(axis=1) / spread
            measured = np.broadcast_to(teacher[held_out][:, None], predicted.T.shape)
            rank[row, :reached] = np.nan_to_num(spearman_columns(predicted.T, measured))
    chosen = _best(r2)
    # A fold does not choose the penalty by which it is judged.
    others = [_best(np.delete(r2, row, axis=0)) for row in range(len(names))]
    judged = [(r2[row, column], rank[row, column]) for row, column in enumerate(others)]
    weights, _ = residual_path(centred, teacher - teacher.mean(), grid[: chosen + 1])
    return Student(
        weights[chosen], float(grid[chosen]), *(float(np.nanmean([pair[part] for pair in judged])) for part in (0, 1))
    )


def _best(scores: Array) -> int:
    """Penalty of the highest mean score among those that every fold has reached.

    The largest penalty where there is none.
    """
    reached = np.isfinite(scores).all(axis=0)
    return (
        int(np.argmax(np.where(reached, np.where(reached, scores, 0.0).mean(axis=0), -np.inf))) if reached.any() else 0
    )
