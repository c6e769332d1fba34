"""How far samples lie from the panel's lines, as percentiles of how far these lie from each other.

Two distances to the five nearest lines of other patients:

- kinship, one minus the correlation in the space of the panel's principal components, every profile mapped to the
  panel's quantiles before: another kind of cell, seen by the order of its genes, whatever the laboratory;
- shift, the root mean square difference over all genes in standard deviations: another laboratory or platform, a
  damaged sample, numbers on another scale.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, partial

import numpy as np

from leap_core.arrays import Array, Floats, Ints, Mask, Matrix, row_correlations
from leap_core.panel.quantiles import quantiles_of, rows_to_quantiles
from leap_core.passport.nearest_lines import root_mean_squares
from leap_core.passport.space import PanelSpace
from leap_core.run.mapping import Mapper, SerialMapper

_NEIGHBOURS = 5
# Of 20 to 100 tried, 20 set lines that are predicted badly apart best, and are moved least by another platform.
_COMPONENTS = 20


@dataclass(frozen=True)
class _Lines:
    """Profiles seen in two ways.

    Attributes
    ----------
    ordered
        (n, g) mapped to the panel's quantiles, standardised: for kinship.
    plain
        (n, g) standardised as they are: for shift.
    """

    ordered: Matrix
    plain: Matrix

    @cached_property
    def moments(self) -> Array:
        """(n, n) products of the lines as they are ordered."""
        ordered = self.ordered.astype(np.float64)
        found: Array = ordered @ ordered.T
        return found

    @cached_property
    def apart(self) -> Array:
        """(n, n) root mean square differences of the lines as they are."""
        return root_mean_squares(self.plain, self.plain)


@dataclass(frozen=True)
class _Scale:
    """How profiles are brought to both: learnt on the panel's lines."""

    gaps: Array
    quantiles: Array
    ordered_mean: Array
    ordered_scale: Array
    plain_scale: Array

    @classmethod
    def of(cls, expression: Matrix) -> tuple[_Scale, _Lines]:
        values = expression.astype(np.float64)
        gaps = np.nanmean(values, axis=0)
        filled = np.where(np.isfinite(values), values, gaps)
        quantiles = quantiles_of(filled)
        ordered = rows_to_quantiles(filled, quantiles)
        scale = cls(gaps, quantiles, ordered.mean(axis=0), ordered.std(axis=0) + 1e-9, filled.std(axis=0) + 1e-9)
        return scale, scale._standardised(filled, ordered)

    def samples(self, values: Floats) -> _Lines:
        """Samples (m, g); gaps stay gaps."""
        numbers = values.astype(np.float64)
        known = np.isfinite(numbers)
        filled = np.stack([self._with_all_genes(row, there) for row, there in zip(numbers, known, strict=True)])
        ordered = rows_to_quantiles(filled, self.quantiles)
        return self._standardised(numbers, np.where(known, ordered, np.nan))

    def _with_all_genes(self, values: Array, known: Mask) -> Array:
        """A sample (g,) whose missing genes stand between the others where the panel's mean profile has them."""
        if known.all():
            return values
        places = np.searchsorted(np.sort(self.gaps[known]), self.gaps[~known]) / max(known.sum(), 1)
        filled = values.copy()
        filled[~known] = np.quantile(values[known], places)
        return filled

    def _standardised(self, values: Array, ordered: Array) -> _Lines:
        return _Lines(
            ((ordered - self.ordered_mean) / self.ordered_scale).astype(np.float32),
            ((values - self.gaps) / self.plain_scale).astype(np.float32),
        )


def _distances(alike: Array, squares: Array) -> Array:
    """Kinship and shift (m, 2) from correlations and root mean square differences (m, n) with some lines."""
    count = min(_NEIGHBOURS, alike.shape[1])
    nearest = np.sort(alike, axis=1)[:, -count:]
    closest = np.sort(squares, axis=1)[:, :count]
    return np.column_stack([1.0 - nearest.mean(axis=1), closest.mean(axis=1)])


def _to_others(lines: _Lines, inside: Mask) -> tuple[Array, PanelSpace, Array]:
    """Distances of some lines to the others, the space of these, and their places in it."""
    others = lines.ordered[~inside]
    space = PanelSpace.of(others, _COMPONENTS, lines.moments[np.ix_(~inside, ~inside)])
    places = space.project(others)
    here = row_correlations(space.project(lines.ordered[inside]), places)
    return _distances(here, lines.apart[np.ix_(inside, ~inside)]), space, places


@dataclass(frozen=True)
class PanelDistances:
    """How far the panel's lines lie from each other.

    Attributes
    ----------
    scale, lines
        The panel's lines, and how samples are brought to the same scale.
    folds
        (n,) fold of each line, patients never split: a line's neighbours are those of other folds.
    own
        (n, 2) kinship and shift of each line, to the lines of other folds.
    spaces
        Of each fold: the space of the lines outside it, and their places in it.
    """

    scale: _Scale
    lines: _Lines
    folds: Ints
    own: Array
    spaces: dict[int, tuple[PanelSpace, Array]]

    @classmethod
    def of(cls, expression: Matrix, folds: Ints, mapper: Mapper | None = None) -> PanelDistances:
        """Measure the panel's own distances.

        Parameters
        ----------
        expression
            (n, g) in the panel's unit, gaps as NaN.
        folds
            (n,) of each line.
        mapper
            Runs the folds; one after the other by default.
        """
        scale, lines = _Scale.of(expression)
        own, spaces, names = np.zeros((len(expression), 2)), {}, [int(fold) for fold in np.unique(folds)]
        found = (mapper or SerialMapper()).map(partial(_to_others, lines), [folds == fold for fold in names])
        for fold, (distances, space, places) in zip(names, found, strict=True):
            own[folds == fold] = distances
            spaces[fold] = space, places
        return cls(scale, lines, folds, own, spaces)

    def percentiles(self, samples: Floats) -> Array:
        """Percentiles (m, 2) of kinship and shift of samples (m, g): the shares of panel lines that lie nearer.

        Like with like: against the lines of fold k a sample's distances are taken to the lines outside fold k. Genes
        that a sample lacks (NaN) take no part in its distances.
        """
        here = self.scale.samples(samples)
        squares = root_mean_squares(here.plain, self.lines.plain)
        nearer = np.zeros((len(samples), 2))
        for fold, (space, places) in self.spaces.items():
            inside = self.folds == fold
            found = _distances(row_correlations(space.project(here.ordered), places), squares[:, ~inside])
            nearer += (self.own[inside][None] < found[:, None]).sum(axis=1)
        return 100.0 * nearer / len(self.folds)

    def percentiles_elsewhere(self, groups: Ints) -> Array:
        """Percentiles (n, 2) of each line's distances to the lines of other groups.

        NaN for lines of a group below 0.
        """
        found = np.full((len(groups), 2), np.nan)
        for group in np.unique(groups[groups >= 0]):
            inside = groups == group
            here, _, _ = _to_others(self.lines, inside)
            found[inside] = 100.0 * (self.own[None] < here[:, None]).mean(axis=1)
        return found

    @property
    def own_percentiles(self) -> Array:
        """(n, 2) percentiles of the panel's own lines."""
        nearer: Array = 100.0 * (self.own[None] < self.own[:, None]).mean(axis=1)
        return nearer
