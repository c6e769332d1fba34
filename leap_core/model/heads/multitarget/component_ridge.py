"""Ridge of many responses on one set of lines: one eigendecomposition serves every penalty and every response."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from leap_core.arrays import Array, Ints, Mask


@dataclass(frozen=True)
class ComponentRidge:
    """Ridge of all components on all penalties, from one eigendecomposition.

    Attributes
    ----------
    values, vectors
        (d,) and (d, d) of the features' second moments.
    projected
        (d, r) covariances of features and scores, in the basis of the vectors.
    unit
        What penalties are counted in: the mean of n eigenvalues.
    """

    values: Array
    vectors: Array
    projected: Array
    unit: float

    @classmethod
    def of(cls, centred: Array, scores: Array) -> ComponentRidge:
        """From centred features (n, d); the scores (n, r) need not be centred."""
        n = len(centred)
        values, vectors = np.linalg.eigh(centred.T @ centred / n)
        values = np.maximum(values, 0.0)
        return cls(
            values,
            vectors,
            vectors.T @ (centred.T @ (scores - scores.mean(axis=0)) / n),
            max(float(values.sum()) / n, 1e-300),
        )

    @classmethod
    def of_orthogonal(cls, centred: Array, scores: Array) -> ComponentRidge:
        """The same where the features are principal components of these lines.

        Their second moments are diagonal already.
        """
        n, d = centred.shape
        values = np.square(centred).mean(axis=0)
        projected = centred.T @ (scores - scores.mean(axis=0)) / n
        return cls(values, np.eye(d), projected, max(float(values.sum()) / n, 1e-300))

    def weights(self, ratio: float, columns: Mask) -> Array:
        """(d, r) of some components at one penalty."""
        found: Array = self.vectors @ (self.projected[:, columns] / (self.values + ratio * self.unit)[:, None])
        return found

    def chosen_weights(self, ratios: Array, chosen: Ints) -> Array:
        """(d, r) of every component at the penalty chosen for it."""
        found = np.zeros((len(self.values), len(chosen)))
        for place in np.unique(chosen):
            found[:, chosen == place] = self.weights(float(ratios[place]), chosen == place)
        return found


@dataclass(frozen=True)
class InnerFold:
    """What penalties are chosen on: a ridge of the lines that are seen, and those that are held out.

    Attributes
    ----------
    ridge, level
        Of the lines seen, and the mean (r,) of their scores.
    held_out, held_out_scores
        (m, d) features of the held-out lines, less the seen ones' mean, and their scores (m, r).
    """

    ridge: ComponentRidge
    level: Array
    held_out: Array
    held_out_scores: Array

    @classmethod
    def of(cls, x: Array, scores: Array, seen: Mask) -> InnerFold:
        """From features (n, d) that no response has had a part in."""
        centre = x[seen].mean(axis=0)
        ridge = ComponentRidge.of(x[seen] - centre, scores[seen])
        return cls(ridge, scores[seen].mean(axis=0), x[~seen] - centre, scores[~seen])


def choose_penalties(ratios: Array, inner: Iterable[InnerFold]) -> Ints:
    """Place on the grid of the lowest squared error of each component over inner folds; ties go to the larger penalty.

    Parameters
    ----------
    ratios
        (A,) the grid, falling.
    inner
        What was learnt of the responses for the features of a fold must rest on the lines seen there alone.

    Returns
    -------
    numpy.ndarray
        (r,).
    """
    total: Array | float = 0.0
    for fold in inner:
        ridge, rotated = fold.ridge, fold.held_out @ fold.ridge.vectors
        errors = np.zeros((len(ratios), len(fold.level)))
        for place, ratio in enumerate(ratios):
            predicted = rotated @ (ridge.projected / (ridge.values + ratio * ridge.unit)[:, None]) + fold.level
            errors[place] = np.square(fold.held_out_scores - predicted).sum(axis=0)
        total = total + errors
    found: Ints = np.argmin(total * (1.0 - 1e-12), axis=0)
    return found
