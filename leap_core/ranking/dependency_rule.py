"""Which measurements are true, selective dependencies (docs/methods.md#true-and-selective).

Strong in this line beyond its general level, beyond a floor of effect in the screen's unit, and rare in the panel. One
rule for calibration, yields, budget and scorecard.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np

from leap_core.arrays import Array, Floats, Mask
from leap_core.panel.scores import ScoreType
from leap_core.ranking.selectivity import FEWEST_ROWS, general_level

# More lines than the first share depend on no gene selectively; of a drug's lines the second may be sensitive to it.
RARE, STRONGEST = 0.3, 0.1
# How far beyond what is usual for the row, in its standard deviations.
_LEAST = 1.0
# A single value moves the general level of a line no further.
_MAX_Z = 6.0
# A smaller part of the rows says little of a line's general level: a user tests what looks strong.
_LEAST_PART = 0.5


@dataclass(frozen=True)
class DependencyRule:
    """What counts in each of p perturbations, learnt on a panel.

    Attributes
    ----------
    score
        Of the panel.
    centre, scale
        (p,) median and robust standard deviation (1.4826 median absolute deviations) of the measured strength.
    cut
        (p,) what the strength after the line's general level must reach, in `scale` (calls: none).
    rare
        (p,) whether few enough lines of the panel depend on it.
    """

    score: ScoreType
    centre: Array
    scale: Array
    cut: Array
    rare: Mask

    @classmethod
    def of(cls, measured: Floats, score: ScoreType) -> DependencyRule:
        """Learn the rule on a panel's response (n, p), NaN = not screened."""
        strength = _strength(measured, score)
        p = strength.shape[1]
        with warnings.catch_warnings():
            # Rows that nobody screened.
            warnings.simplefilter("ignore", RuntimeWarning)
            rare = np.nan_to_num(np.nanmean(_beyond_floor(strength, score), axis=0), nan=1.0) <= RARE
            if score.binary:
                return cls(score, np.zeros(p), np.ones(p), np.full(p, -np.inf), rare)
            centre = np.nanmedian(strength, axis=0)
            deviation = 1.4826 * np.nanmedian(np.abs(strength - centre), axis=0)
            scale = np.where(deviation > 0, deviation, np.nanstd(strength, axis=0))
            scale = np.where(scale > 0, scale, np.nan)
            relative = _relative_strength(strength, centre, scale)
            cut = np.nanmedian(relative, axis=0) + _LEAST * np.nanstd(relative, axis=0)
            if score.effect_floor is None:
                cut = np.maximum(cut, np.nanquantile(relative, 1.0 - STRONGEST, axis=0))
                rare = np.ones(p, dtype=bool)
        return cls(score, centre, scale, cut, rare)

    def events(self, measured: Floats) -> Array:
        """Which of some measurements (m, p) are events: 1, 0, or NaN where not screened."""
        strength = _strength(measured, self.score)
        found = (np.nan_to_num(_beyond_floor(strength, self.score)) > 0) & self.rare
        if not self.score.binary:
            relative = _relative_strength(strength, self.centre, self.scale)
            found &= np.nan_to_num(relative, nan=-np.inf) >= np.nan_to_num(self.cut, nan=np.inf)
        return np.where(np.isnan(strength), np.nan, found)


def _relative_strength(strength: Array, centre: Array, scale: Array) -> Array:
    """Strength (m, p) in robust standard deviations of its row, less the line's general level.

    The level is taken off where half of the rows, and at least 20, were measured.
    """
    z = np.clip((strength - centre) / scale, -_MAX_Z, _MAX_Z)
    known = np.isfinite(z).sum(axis=1)
    enough = (known >= FEWEST_ROWS) & (known >= _LEAST_PART * z.shape[1])
    relative: Array = (strength - centre) / scale - np.where(enough, general_level(z), 0.0)[:, None]
    return relative


def _strength(measured: Floats, score: ScoreType) -> Array:
    return np.asarray(score.strength(np.asarray(measured, dtype=np.float64)), dtype=np.float64)


def _beyond_floor(strength: Array, score: ScoreType) -> Array:
    """Whether a strength passes the floor of its unit: 1, 0, NaN where not screened; always where there is none."""
    if score.effect_floor is None:
        return np.where(np.isnan(strength), np.nan, 1.0)
    floor = float(score.strength(np.array([score.effect_floor]))[0])
    return np.where(np.isnan(strength), np.nan, strength >= floor)


def rule_in_words(score: ScoreType) -> str:
    """What counts as true and selective, for a sentence that begins with *True:*."""
    share = f"{RARE:.0%}".replace("%", " %")
    if score.binary:
        return f"called, in a gene that at most {share} of the panel's lines are called for"
    if score.effect_floor is None:
        return (
            f"among the strongest tenth of the panel's lines for the {score.kind} and one standard deviation above its"
            " median, after each line's general level"
        )
    beyond = "at or above" if score.higher_is_stronger else "at or below"
    return (
        f"{score.title} {beyond} {score.effect_floor:g}, in a gene where at most {share} of the panel's lines are, and"
        " one standard deviation stronger than its median after the line's general level"
    )
