"""A pilot's values in the unit that the model predicts: as they are, by their ranks, or by their laboratory's lines.

What cannot be told of another unit from one line alone is where its zero lies: a difference that all rows share is
taken as unknown, not as the line's general level.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.stats import norm

from leap_core.arrays import Array, Floats, Ints, Matrix
from leap_core.errors import SampleError
from leap_core.pilot.residuals import PanelResiduals

# What another laboratory's values in the same unit differ by: one zero for all rows, and each row's own, in standard
# deviations of residuals (docs/pilot.md#another-laboratory).
ANOTHER_ZERO, ANOTHER_NOISE = 0.5, 1.0
# Of another unit: fewer values have no ranks worth matching.
MIN_RANKED = 10
# Lines of the panel that another laboratory has measured as well, for each of its rows that counts.
MIN_SHARED = 20
_QUANTILES, _FEWEST_VALUES = 99, 3


@dataclass(frozen=True)
class Errors:
    """What is known beforehand of a pilot's errors, in variances of residuals.

    Attributes
    ----------
    shared
        (s, s) covariance of errors that the rows have in common: of an unknown zero.
    least_noise
        Smallest variance of each row's own error that is thought possible.
    """

    shared: Array
    least_noise: float = 0.0

    @classmethod
    def none(cls, rows: int) -> Errors:
        """Those of the panel's own study."""
        return cls(np.zeros((rows, rows)))

    @classmethod
    def of_another_laboratory(cls, rows: int) -> Errors:
        """Those of another laboratory that measures in the same unit."""
        return cls(np.full((rows, rows), ANOTHER_ZERO**2), ANOTHER_NOISE)


@dataclass(frozen=True)
class JoinedPilot:
    """A pilot beside the panel's lines, in standardised residuals.

    Attributes
    ----------
    rows
        (s,) positions of the perturbations that count, each with a value.
    measured
        (s,) in the score's unit, or as near to it as can be told.
    values
        (s,) of the sample, standardised.
    others
        (n, s) what the values would be, were the sample each of the panel's lines.
    of_lines
        (n, s) what the pilot's laboratory found, or would have found, of the panel's lines; NaN = not measured.
    of_unseen
        (n, s) the same by predictions of the outer folds.
    errors
        Of the pilot's values beyond those of the panel's study.
    """

    rows: Ints
    measured: Array
    values: Array
    others: Matrix
    of_lines: Matrix
    of_unseen: Matrix
    errors: Errors


@dataclass(frozen=True)
class PanelSide:
    """What joining needs of the panel's lines.

    Attributes
    ----------
    residuals
        Of out-of-fold predictions.
    measured, out_of_fold, unseen
        (n, p) of the lines: measured, predicted by inner folds, and by outer folds; NaN = not known.
    """

    residuals: PanelResiduals
    measured: Floats
    out_of_fold: Floats
    unseen: Floats


def join_same_unit(panel: PanelSide, predicted: Array, measured: Array) -> JoinedPilot:
    """Take values (p,; NaN = not measured) as they are: the panel's unit."""
    rows = np.flatnonzero(np.isfinite(measured) & panel.residuals.known)
    return _joined(panel, predicted, rows, measured[rows].astype(np.float64), Errors.none(len(rows)))


def join_by_ranks(panel: PanelSide, predicted: Array, measured: Array, same_direction: bool) -> JoinedPilot:
    """Give values of another unit those of the panel's unit: a monotone map, learnt from the rows themselves.

    The k-th smallest of s values is given the quantile (k - 1/2)/s of what is predicted of these rows, with the spread
    of their residuals.

    Raises
    ------
    SampleError
        For fewer than ten values.
    """
    rows = np.flatnonzero(np.isfinite(measured) & panel.residuals.known)
    if len(rows) < MIN_RANKED:
        raise SampleError(
            f"{len(rows)} rows of the pilot are rows of the model with residuals to learn from; in another unit than"
            f" the panel's at least {MIN_RANKED} are needed."
        )
    if len(np.unique(measured[rows])) < _FEWEST_VALUES:
        raise SampleError(
            f"The pilot has {len(np.unique(measured[rows]))} different values in {len(rows)} rows; their order says"
            " nothing of a row."
        )
    steps = norm.ppf((np.arange(_QUANTILES) + 0.5) / _QUANTILES)
    expected = predicted[rows] + panel.residuals.centre[rows]
    quantiles = np.sort((expected[:, None] + panel.residuals.scale[rows, None] * steps).ravel())
    given = measured[rows] if same_direction else -measured[rows]
    # Ties share their mean rank.
    order = np.array([np.mean((given < value) + 0.5 * (given == value)) for value in given])
    mapped = np.quantile(quantiles, np.clip(order, 0.0, 1.0))
    zero = mapped.std() / panel.residuals.scale[rows]
    return _joined(panel, predicted, rows, mapped, Errors(np.outer(zero, zero), ANOTHER_NOISE))


def join_laboratory(panel: PanelSide, predicted: Array, measured: Array, laboratory: Floats) -> JoinedPilot:
    """Join values by what their laboratory has measured of the panel's own lines.

    Of each row a straight line leads from what is predicted of the panel's lines to what the laboratory found of them;
    what it leaves is the laboratory's residual, in a unit of its own.

    Parameters
    ----------
    panel, predicted
        Of the model; (p,) of the sample.
    measured
        (p,) of the sample, in the laboratory's unit; NaN = not measured.
    laboratory
        (n, p) of the panel's lines, in the laboratory's unit; NaN = not measured.

    Raises
    ------
    SampleError
        If the laboratory shares too few lines of every row with the panel.
    """
    enough = np.isfinite(laboratory).sum(axis=0) >= MIN_SHARED
    rows = np.flatnonzero(np.isfinite(measured) & panel.residuals.known & enough)
    if not len(rows):
        raise SampleError(
            f"No row of the pilot has at least {MIN_SHARED} lines that this laboratory and the panel have both"
            " measured; without them nothing says how its values compare with the panel's."
        )
    # A row of which the laboratory found one value for all lines tells nothing.
    rows = rows[np.nanmax(laboratory[:, rows], axis=0) > np.nanmin(laboratory[:, rows], axis=0)]
    lines = _LaboratoryLines.of(laboratory[:, rows], panel.out_of_fold[:, rows])
    rows = rows[np.isfinite(lines.scale)]
    lines = _LaboratoryLines.of(laboratory[:, rows], panel.out_of_fold[:, rows])
    mine = measured[rows].astype(np.float64)
    values = lines.residuals(mine, predicted[rows])
    # Back in the panel's unit, as far as that can be told: the prediction, moved by as many spreads.
    back = predicted[rows] + panel.residuals.centre[rows] + values * panel.residuals.scale[rows]
    return JoinedPilot(
        rows,
        back,
        values,
        lines.residuals(mine[None], panel.out_of_fold[:, rows]).astype(np.float32),
        lines.residuals(laboratory[:, rows], panel.out_of_fold[:, rows]).astype(np.float32),
        lines.residuals(laboratory[:, rows], panel.unseen[:, rows]).astype(np.float32),
        Errors.none(len(rows)),
    )


@dataclass(frozen=True)
class _LaboratoryLines:
    """Of each row (s) a straight line from what is predicted of lines to what a laboratory found of them."""

    centre: Array
    zero: Array
    slope: Array
    scale: Array

    @classmethod
    def of(cls, found: Floats, predicted: Floats) -> _LaboratoryLines:
        """By least squares over the lines (n, s) that the laboratory has measured."""
        known, number = np.isfinite(found), np.isfinite(found).sum(axis=0)
        values, own = np.nan_to_num(found).astype(np.float64), predicted.astype(np.float64)
        centre, zero = (np.where(known, part, 0.0).sum(axis=0) / number for part in (own, values))
        spread = np.where(known, np.square(own - centre), 0.0).sum(axis=0)
        slope = np.where(known, (own - centre) * (values - zero), 0.0).sum(axis=0) / np.maximum(spread, 1e-12)
        # A laboratory that ranks a drug's lines the other way round does so by chance.
        slope = np.maximum(slope, 0.0)
        left = values - zero - slope * (own - centre)
        scale = np.sqrt(np.where(known, np.square(left), 0.0).sum(axis=0) / number)
        return cls(centre, zero, slope, np.where(scale > 0, scale, np.nan))

    def residuals(self, found: Floats, predicted: Floats) -> Array:
        """What the straight lines leave (..., s), standardised."""
        result: Array = (found - self.zero - self.slope * (predicted - self.centre)) / self.scale
        return result


def _joined(panel: PanelSide, predicted: Array, rows: Ints, measured: Array, errors: Errors) -> JoinedPilot:
    residuals = panel.residuals
    return JoinedPilot(
        rows,
        measured,
        residuals.standardised(measured, predicted[rows], rows),
        residuals.standardised(measured[None], panel.out_of_fold[:, rows], rows).astype(np.float32),
        residuals.values[:, rows],
        residuals.standardised(panel.measured[:, rows], panel.unseen[:, rows], rows).astype(np.float32),
        errors,
    )
