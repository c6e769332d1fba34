"""Familiar, unusual or outside.

How far a sample lies from the panel, measured against how far panel lines lie from each other.

Two distances to the five nearest lines of other patients:

- kinship, one minus the correlation in the space of the panel's principal components, every profile mapped to the
  panel's quantiles before: another kind of cell, seen by the order of its genes, whatever the laboratory;
- shift, the root mean square difference over all genes in standard deviations: another laboratory or platform, a
  damaged sample, numbers on another scale.

Each is given as a percentile of the panel lines' own distances. Predictions get worse with both (docs/reading.md).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from leap_core.arrays import Array, Ints, Mask, Matrix, row_correlations
from leap_core.panel.quantiles import quantiles_of, to_quantiles
from leap_core.passport.nearest_lines import root_mean_squares
from leap_core.passport.space import PanelSpace

FAMILIAR, UNUSUAL, OUTSIDE = "familiar", "unusual", "outside"
CLASSES = (FAMILIAR, UNUSUAL, OUTSIDE)
# Percentiles of the panel's lines at which the classes begin.
UNUSUAL_FROM, OUTSIDE_FROM = 80.0, 95.0
_NEIGHBOURS = 5
# Of 20 to 100 tried, 20 set lines that are predicted badly apart best, and are moved least by another platform.
_COMPONENTS = 20
_RESAMPLES = 400


def class_of(percentile: float) -> str:
    """Class of a distance percentile (0..100)."""
    if percentile >= OUTSIDE_FROM:
        return OUTSIDE
    return UNUSUAL if percentile >= UNUSUAL_FROM else FAMILIAR


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

    def part(self, keep: Mask) -> _Lines:
        return _Lines(self.ordered[keep], self.plain[keep])


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
        ordered = np.stack([to_quantiles(row, quantiles) for row in filled])
        scale = cls(gaps, quantiles, ordered.mean(axis=0), ordered.std(axis=0) + 1e-9, filled.std(axis=0) + 1e-9)
        return scale, scale._standardised(filled, ordered)

    def lines(self, expression: Matrix) -> _Lines:
        values = expression.astype(np.float64)
        filled = np.where(np.isfinite(values), values, self.gaps)
        return self._standardised(filled, np.stack([to_quantiles(row, self.quantiles) for row in filled]))

    def _standardised(self, filled: Array, ordered: Array) -> _Lines:
        return _Lines(
            ((ordered - self.ordered_mean) / self.ordered_scale).astype(np.float32),
            ((filled - self.gaps) / self.plain_scale).astype(np.float32),
        )


def _distances(samples: _Lines, lines: _Lines, space: PanelSpace) -> Array:
    """Kinship and shift (m, 2) of samples to their nearest of some lines, in the space of these lines."""
    count = min(_NEIGHBOURS, len(lines.plain))
    alike = row_correlations(
        space.project(samples.ordered).astype(np.float32), space.project(lines.ordered).astype(np.float32)
    )
    nearest = np.sort(alike, axis=1)[:, -count:]
    closest = np.sort(root_mean_squares(samples.plain, lines.plain), axis=1)[:, :count]
    return np.column_stack([1.0 - nearest.mean(axis=1), closest.mean(axis=1)])


@dataclass(frozen=True)
class Percentiles:
    """Where one sample's distances stand among those of the panel's lines (0..100; 100 = farther than all)."""

    kinship: float
    shift: float


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
        Of each fold: the space of the lines outside it.
    """

    scale: _Scale
    lines: _Lines
    folds: Ints
    own: Array
    spaces: dict[int, PanelSpace]

    @classmethod
    def of(cls, expression: Matrix, folds: Ints) -> PanelDistances:
        """Measure the panel's own distances.

        Parameters
        ----------
        expression
            (n, g) in the panel's unit, gaps as NaN.
        folds
            (n,) of each line.
        """
        scale, lines = _Scale.of(expression)
        own = np.zeros((len(expression), 2))
        spaces = {}
        for fold in map(int, np.unique(folds)):
            inside = folds == fold
            outside = lines.part(~inside)
            spaces[fold] = PanelSpace.of(outside.ordered, _COMPONENTS)
            own[inside] = _distances(lines.part(inside), outside, spaces[fold])
        return cls(scale, lines, folds, own, spaces)

    def percentiles(self, sample: Matrix) -> Percentiles:
        """Percentiles of one sample (1, g): the shares of panel lines that lie nearer.

        Like with like: against the lines of fold k the sample's distances are taken to the lines outside fold k.
        """
        here = self.scale.lines(sample)
        by_fold = {
            fold: _distances(here, self.lines.part(self.folds != fold), space)[0] for fold, space in self.spaces.items()
        }
        nearer = 100.0 * (self.own < np.stack([by_fold[int(fold)] for fold in self.folds])).mean(axis=0)
        return Percentiles(float(nearer[0]), float(nearer[1]))

    def percentiles_elsewhere(self, groups: Ints) -> Array:
        """Percentiles (n, 2) of each line's distances to the lines of other groups.

        NaN for lines of a group below 0.
        """
        found = np.full((len(groups), 2), np.nan)
        for group in np.unique(groups[groups >= 0]):
            inside = groups == group
            outside = self.lines.part(~inside)
            here = _distances(self.lines.part(inside), outside, PanelSpace.of(outside.ordered, _COMPONENTS))
            found[inside] = 100.0 * (self.own[None] < here[:, None]).mean(axis=1)
        return found

    @property
    def own_percentiles(self) -> Array:
        """(n, 2) percentiles of the panel's own lines."""
        nearer: Array = 100.0 * (self.own[None] < self.own[:, None]).mean(axis=1)
        return nearer


@dataclass(frozen=True)
class ClassErrors:
    """Prediction errors of the classes (see `class_errors`).

    Attributes
    ----------
    kinship
        By kinship, of held-out lines.
    without_lineage
        By kinship, of lines whose whole lineage was left out; None where there are too few lineages.
    shift
        By shift, of held-out lines.
    """

    kinship: pd.DataFrame
    without_lineage: pd.DataFrame | None
    shift: pd.DataFrame


def line_percentiles(panel: PanelDistances, lineage_folds: Ints) -> pd.DataFrame:
    """Distance percentiles of the panel's own lines.

    Parameters
    ----------
    lineage_folds
        (n,) which lines are left out together with their lineages (see `leap_core.accuracy.line_errors.lineage_folds`).

    Returns
    -------
    pandas.DataFrame
        (n lines) ``kinship`` and ``shift`` to the lines of other folds, ``lineage_kinship`` to those of other lineage
        folds.
    """
    own = panel.own_percentiles
    return pd.DataFrame(
        {"kinship": own[:, 0], "shift": own[:, 1], "lineage_kinship": panel.percentiles_elsewhere(lineage_folds)[:, 0]}
    )


def measured_class_errors(lines: pd.DataFrame, patients: list[str]) -> ClassErrors:
    """Summarise the errors of a model's lines by class.

    Parameters
    ----------
    lines
        Errors (see `leap_core.accuracy.outer_folds.Measured`) and percentiles (`line_percentiles`) of each line.
    patients
        (n,) patient of each line.
    """
    names = ["squared_error", "squared_error_of_mean"]
    left_out = (
        lines[[f"lineage_{name}" for name in names]].set_axis(names, axis=1).assign(percentile=lines["lineage_kinship"])
    )
    return ClassErrors(
        class_errors(lines[names].assign(percentile=lines["kinship"]), patients),
        None if left_out["squared_error"].isna().all() else class_errors(left_out, patients),
        class_errors(lines[names].assign(percentile=lines["shift"]), patients),
    )


def class_errors(errors: pd.DataFrame, patients: list[str]) -> pd.DataFrame:
    """Prediction error of each class of lines, with 95 % intervals from resampling patients.

    Parameters
    ----------
    errors
        (n lines) ``percentile`` of distance, ``squared_error`` and ``squared_error_of_mean``: mean over perturbations
        of the squared difference between measured and predicted (or the training lines' mean), in variances of the
        perturbation; NaN where a line was not predicted.
    patients
        (n,) patient of each line.

    Returns
    -------
    pandas.DataFrame
        Index class; ``lines``, ``error`` (root mean square, in standard deviations of the perturbation),
        ``error_low``, ``error_high``, ``error_of_mean`` (what predicting the panel's mean would give on the same
        lines). Only classes that hold a line.
    """
    known = errors["squared_error"].notna().to_numpy()
    table, names = errors[known], np.asarray(patients, dtype=str)[known]
    kinds = np.array([class_of(value) for value in table["percentile"]])
    random = np.random.default_rng(0)
    rows = {}
    for kind in CLASSES:
        inside = kinds == kind
        if not inside.any():
            continue
        squared = table.loc[inside, "squared_error"].to_numpy(dtype=np.float64)
        _, patient = np.unique(names[inside], return_inverse=True)
        total, size = np.bincount(patient, squared), np.bincount(patient)
        drawn = random.integers(0, len(total), (_RESAMPLES, len(total)))
        low, high = np.quantile(np.sqrt(total[drawn].sum(axis=1) / size[drawn].sum(axis=1)), (0.025, 0.975))
        of_mean = float(np.sqrt(table.loc[inside, "squared_error_of_mean"].mean()))
        rows[kind] = (int(inside.sum()), float(np.sqrt(squared.mean())), float(low), float(high), of_mean)
    columns = ["lines", "error", "error_low", "error_high", "error_of_mean"]
    return pd.DataFrame.from_dict(rows, orient="index", columns=columns)
