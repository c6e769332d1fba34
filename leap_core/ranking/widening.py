"""The winner's curse, and lines far from the panel.

Where intervals of one kind hold too seldom, and what makes up for it.

The first rows of a list were chosen because their predictions stand out, so their errors are larger than others'; and
lines that lie unusually far from the panel are predicted worse. Intervals are therefore calibrated within such groups
(Mondrian conformal prediction; Vovk, Gammerman & Shafer 2005, section 4.5), on lines that the outer folds had not seen.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import numpy as np

from leap_core.arrays import Array, Floats, Labels, Mask
from leap_core.passport.familiarity import FAMILIAR, OUTSIDE, UNUSUAL
from leap_core.ranking.hits import first_places
from leap_core.run.blocks import in_blocks

FIRST_ROWS = 20
CLASSES = (FAMILIAR, UNUSUAL, OUTSIDE)
# Fewer lines of a class than this tell nothing of it.
_MIN_LINES = 10
_NARROWEST, _WIDEST = 0.9, 2.0


@dataclass(frozen=True)
class Widening:
    """Factors of the intervals' widths.

    Attributes
    ----------
    first, rest
        (levels,) of the first 20 rows of a list by probability, and of all others.
    classes
        (3, levels) of `CLASSES`.
    """

    first: Array
    rest: Array
    classes: Array

    def of(self, probability: Array, familiarity: str | None) -> Array:
        """Factors (levels, p) of one sample's rows."""
        ahead = first_rows(probability)
        by_class = self.classes[CLASSES.index(familiarity)] if familiarity in CLASSES else np.ones(len(self.first))
        found: Array = np.where(ahead[None], self.first[:, None], self.rest[:, None]) * by_class[:, None]
        return found


def first_rows(probability: Array) -> Mask:
    """Which of the rows (..., p) are the first 20 by probability; rows that are not known stand behind all others."""
    ahead = np.zeros(probability.shape, dtype=bool)
    order = np.where(np.isfinite(probability), probability, -np.inf)
    np.put_along_axis(ahead, first_places(order, FIRST_ROWS), True, axis=-1)
    return ahead


def no_widening(levels: int) -> Widening:
    """Factors of 1: where nothing was measured."""
    return Widening(np.ones(levels), np.ones(levels), np.ones((len(CLASSES), levels)))


def interval_ratios(distance: Array, errors: Floats, width: Array, levels: tuple[float, ...]) -> Array:
    """How far measurements lie from predictions, in units of the interval's half width (levels, n, q).

    Above 1 it did not hold.

    Parameters
    ----------
    distance
        (n, q) absolute distance of held-out lines' measurements from their predictions; NaN = not screened.
    errors
        (n, q) as in `leap_core.ranking.intervals.cv_plus`.
    width
        (n, q) what the errors are multiplied with where each line stands.
    levels
        Nominal coverages.
    """
    ratios: Array = in_blocks(partial(_ratios, levels), distance, errors, width)
    return ratios


def _ratios(levels: tuple[float, ...], distance: Array, errors: Floats, width: Array) -> Array:
    with np.errstate(invalid="ignore", divide="ignore"):
        ratios: Array = distance[None] / (width[None] * _quantiles(levels, errors)[:, None])
    return ratios


def _quantiles(levels: tuple[float, ...], errors: Floats) -> Array:
    """Quantiles (levels, q) of what is known of each column, the next higher value; NaN of a column without any."""
    ordered = np.sort(errors.astype(np.float64), axis=0)
    known = np.isfinite(ordered).sum(axis=0)
    place = np.ceil(np.asarray(levels)[:, None] * (known - 1)).astype(np.int64)
    found: Array = np.take_along_axis(ordered, np.clip(place, 0, len(ordered) - 1), axis=0)
    return found


def fit_widening(ratios: Array, probability: Array, classes: Labels, levels: tuple[float, ...]) -> Widening:
    """Measure the factors.

    A group's factor is the quantile of its ratios over that of all: the outer folds' models saw fewer lines than the
    model that is used, which makes all ratios larger alike.

    Parameters
    ----------
    ratios
        (levels, n, q) from `interval_ratios`.
    probability
        (n, q) what lists are ordered by.
    classes
        (n,) passport class of each line.
    levels
        Nominal coverages.
    """
    known = np.isfinite(ratios[0])
    if not known.any():
        return no_widening(len(levels))
    usual = [float(np.quantile(row[known], level)) for row, level in zip(ratios, levels, strict=True)]
    ahead = first_rows(np.where(known, probability, np.nan))
    parts = [_factors(ratios, usual, known & group, levels) for group in (ahead, ~ahead)]
    of_class = []
    for name in CLASSES:
        lines = classes == name
        enough = int((lines & known.any(axis=1)).sum()) >= _MIN_LINES
        of_class.append(_factors(ratios, usual, known & lines[:, None], levels) if enough else np.ones(len(levels)))
    # A class that is too small to be measured is at least as hard as the one before it.
    return Widening(parts[0], parts[1], np.maximum.accumulate(np.stack(of_class), axis=0))


def _factors(ratios: Array, usual: list[float], group: Mask, levels: tuple[float, ...]) -> Array:
    if not group.any():
        return np.ones(len(levels))
    found = [np.quantile(row[group], level) / of_all for row, of_all, level in zip(ratios, usual, levels, strict=True)]
    factors: Array = np.clip(found, _NARROWEST, _WIDEST)
    return factors
