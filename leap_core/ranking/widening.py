"""The winner's curse, and lines far from the panel.

Where intervals of one kind hold too seldom, and what makes up for it.

The first rows of a list were chosen because their predictions stand out, so their errors are larger than others'; and
lines that lie unusually far from the panel are predicted worse. Intervals are therefore calibrated within such groups
(Mondrian conformal prediction; Vovk, Gammerman & Shafer 2005, section 4.5), on lines that the outer folds had not seen.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from leap_core.arrays import Array, Floats, Labels, Mask
from leap_core.passport.familiarity import FAMILIAR, OUTSIDE, UNUSUAL

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
    order = np.argsort(-np.where(np.isfinite(probability), probability, -np.inf), axis=-1, kind="stable")
    ahead = np.zeros(probability.shape, dtype=bool)
    np.put_along_axis(ahead, order[..., :FIRST_ROWS], True, axis=-1)
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
    usual = np.nanquantile(errors.astype(np.float64), levels, axis=0, method="higher")
    with np.errstate(invalid="ignore", divide="ignore"):
        ratios: Array = distance[None] / (width[None] * usual[:, None])
    return ratios


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
    ahead = first_rows(np.where(known, probability, np.nan))
    parts = [_factors(ratios, known, known & group, levels) for group in (ahead, ~ahead)]
    of_class = []
    for name in CLASSES:
        lines = classes == name
        enough = int((lines & known.any(axis=1)).sum()) >= _MIN_LINES
        of_class.append(_factors(ratios, known, known & lines[:, None], levels) if enough else np.ones(len(levels)))
    # A class that is too small to be measured is at least as hard as the one before it.
    return Widening(parts[0], parts[1], np.maximum.accumulate(np.stack(of_class), axis=0))


def _factors(ratios: Array, known: Mask, group: Mask, levels: tuple[float, ...]) -> Array:
    if not group.any():
        return np.ones(len(levels))
    found = [
        np.quantile(row[group], level) / np.quantile(row[known], level)
        for row, level in zip(ratios, levels, strict=True)
    ]
    factors: Array = np.clip(found, _NARROWEST, _WIDEST)
    return factors
