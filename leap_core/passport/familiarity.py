"""Familiar, unusual or outside: classes of distance from the panel, and how well lines of each are predicted.

Predictions get worse with both distances (`leap_core.passport.distances`, docs/reading.md).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from leap_core.arrays import Ints
from leap_core.passport.distances import PanelDistances

FAMILIAR, UNUSUAL, OUTSIDE = "familiar", "unusual", "outside"
CLASSES = (FAMILIAR, UNUSUAL, OUTSIDE)
# Percentiles of the panel's lines at which the classes begin.
UNUSUAL_FROM, OUTSIDE_FROM = 80.0, 95.0
_RESAMPLES = 400


def class_of(percentile: float) -> str:
    """Class of a distance percentile (0..100)."""
    if percentile >= OUTSIDE_FROM:
        return OUTSIDE
    return UNUSUAL if percentile >= UNUSUAL_FROM else FAMILIAR


@dataclass(frozen=True)
class Percentiles:
    """Where one sample's distances stand among those of the panel's lines (0..100; 100 = farther than all)."""

    kinship: float
    shift: float


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
