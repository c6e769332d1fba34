"""How far measured values lie from predictions, depending on where the prediction stands among the panel's.

Scores are skewed: where a strong dependency is predicted, measurements scatter more than where none is. An interval of
one width for all rows then holds too seldom exactly among the first rows of a list. Residuals are divided by their
usual size at such a z, and multiplied by it again where a new sample stands (locally weighted conformal prediction; Lei
et al. 2018, JASA 113, section 5.2).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from leap_core.arrays import Array, Floats, Matrix
from leap_core.run.blocks import in_blocks

_EDGES = np.array([-3.0, -2.5, -2.0, -1.5, -1.0, -0.5, 0.0, 0.5, 1.0, 1.5, 2.0, 2.5, 3.0])
_MAX_Z = 4.0
# Pairs of line and row that every group is thought to hold beside its own, of the usual error.
_PRIOR_PAIRS = 50.0


@dataclass(frozen=True)
class Difficulty:
    """Size of the residuals by robust z, relative to all residuals of the perturbation.

    Attributes
    ----------
    knots, scale
        (k,) mean z of each group of pairs, and the root mean square of their residuals (1 = as usual).
    """

    knots: Array
    scale: Array

    def at(self, z: Floats) -> Array:
        """Scale at z (any shape), linear between the knots; 1 where there is no z."""
        found: Array = in_blocks(
            lambda at: np.where(np.isfinite(at), np.interp(np.nan_to_num(at), self.knots, self.scale), 1.0), z
        )
        return found

    def errors(self, residuals: Floats, z: Floats) -> Matrix:
        """Absolute residuals in units of what is usual where each stands; NaN where not screened."""
        found: Matrix = in_blocks(lambda part, at: (np.abs(part) / self.at(at)).astype(np.float32), residuals, z)
        return found


SAME_EVERYWHERE = Difficulty(np.zeros(1), np.ones(1))


def fit_difficulty(z: Floats, residuals: Floats) -> Difficulty:
    """Measure it on lines that the models had not seen.

    Parameters
    ----------
    z, residuals
        (n, q) of out-of-fold predictions; pairs where either is missing are left out.
    """
    pairs, sums, places = (part.sum(axis=-1) for part in in_blocks(_grouped, z, residuals))
    if not pairs.any():
        return SAME_EVERYWHERE
    filled, level = pairs > 0, sums.sum() / pairs.sum()
    scale = np.sqrt((sums + _PRIOR_PAIRS * level) / (pairs + _PRIOR_PAIRS) / level)
    return Difficulty(places[filled] / pairs[filled], scale[filled])


def _grouped(z: Floats, residuals: Floats) -> tuple[Array, Array, Array]:
    """By group of z (k, 1): pairs, sum of their squared residuals (1 = as usual of the row), sum of their z."""
    square = np.square(residuals, dtype=np.float64)
    with np.errstate(invalid="ignore", divide="ignore"):
        square /= np.nansum(square, axis=0) / np.maximum(np.isfinite(square).sum(axis=0), 1)
    known = np.isfinite(square) & np.isfinite(z)
    where = np.clip(z[known].astype(np.float64), -_MAX_Z, _MAX_Z)
    group = np.digitize(where, _EDGES)
    number = len(_EDGES) + 1
    counted = [np.bincount(group, part, number) for part in (None, square[known], where)]
    pairs, sums, places = (part[:, None].astype(np.float64) for part in counted)
    return pairs, sums, places
