"""What the responses of a block of perturbations share: their principal components, with gaps filled in."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from leap_core.arrays import Array, Ints
from leap_core.model.heads.base import FurtherColumns
from leap_core.model.heads.multitarget.imputation import soft_impute

# Responses take part in the components in their own unit, where what varies more usually says more; none by more than
# this many median standard deviations.
_HEAVIEST = 3.0


@dataclass(frozen=True)
class ResponseComponents:
    """Principal components of the responses of one fold's training lines, and the way back.

    Attributes
    ----------
    scores
        (n, r): each component a response of its own.
    loadings
        (q, r).
    mean, level, unit
        (q,) response at the origin: ``mean + level * unit``; a component adds ``loadings * unit``.
    """

    scores: Array
    loadings: Array
    mean: Array
    level: Array
    unit: Array

    @classmethod
    def of(
        cls, seen: Array, everything: Array, max_components: int, rank: int, further: FurtherColumns | None = None
    ) -> ResponseComponents:
        """From the responses of the training lines.

        Parameters
        ----------
        seen
            (n, q) of the training lines, NaN = not screened.
        everything
            (N, q) of all lines: a perturbation that no training line was screened for stays at their mean.
        max_components
            Components, at most.
        rank
            By which gaps are filled in (`soft_impute`).
        further
            Responses of other studies, which take part in what the components are: a training line may have no others.
        """
        mean, deviation = _observed(seen, everything)
        weight = np.minimum(deviation, _HEAVIEST * np.median(deviation))
        q, standardised, weights = len(mean), (seen - mean) / deviation, weight
        if further is not None:
            others, of_others = _standardised(further, float(np.median(deviation)))
            standardised, weights = np.hstack([standardised, others]), np.concatenate([weight, of_others])
        weighted = soft_impute(standardised, rank) * weights
        level = weighted.mean(axis=0)
        loadings = _components(weighted - level, max_components)
        return cls((weighted - level) @ loadings, loadings[:q], mean, level[:q], deviation / weight)

    @property
    def back(self) -> Array:
        """(r, q) what one unit of each component adds to the responses."""
        found: Array = self.loadings.T * self.unit
        return found

    def shared(self, values: Array | Ints) -> Array:
        """Values of the components (r,) as averages of each perturbation (q,), by its loadings."""
        squares = np.square(self.loadings)
        found: Array = (squares / np.maximum(squares.sum(axis=1, keepdims=True), 1e-300)) @ values
        return found


def _standardised(further: FurtherColumns, unit: float) -> tuple[Array, Array]:
    """Further columns (n, a) of mean 0 and variance 1, and their weights (a,).

    A study's median column weighs as much as the median of what is predicted, times the study's weight.
    """
    values = further.response.astype(np.float64)
    mean, deviation = _observed(values, values)
    relative = np.zeros(len(deviation))
    for study in np.unique(further.study):
        here = further.study == study
        relative[here] = np.minimum(deviation[here] / np.median(deviation[here]), _HEAVIEST)
    return (values - mean) / deviation, relative * unit * further.weight


def _observed(seen: Array, y: Array) -> tuple[Array, Array]:
    """Mean and standard deviation (q,) of the training lines.

    Without one the mean of all, and what does not vary stays at its mean.
    """
    known = ~np.isnan(seen)
    count = known.sum(axis=0)
    everything = np.where(np.isnan(y), 0.0, y).sum(axis=0) / np.maximum((~np.isnan(y)).sum(axis=0), 1)
    mean = np.where(count > 0, np.where(known, seen, 0.0).sum(axis=0) / np.maximum(count, 1), everything)
    variance = np.square(np.where(known, seen - mean, 0.0)).sum(axis=0) / np.maximum(count, 1)
    return mean, np.where(variance > 1e-16, np.sqrt(variance), 1e-8)


def _components(centred: Array, max_components: int) -> Array:
    """Loadings (q, r) of the first principal components of the responses (n, q)."""
    n, q = centred.shape
    values, vectors = np.linalg.eigh(centred @ centred.T if n <= q else centred.T @ centred)
    kept = np.flatnonzero(values > 1e-10 * max(float(values[-1]), 1e-300))[::-1][:max_components]
    loadings: Array = vectors[:, kept] if n > q else centred.T @ vectors[:, kept] / np.sqrt(values[kept])
    return loadings
