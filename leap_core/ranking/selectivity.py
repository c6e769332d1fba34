"""Selectivity of a prediction: where it stands among the out-of-fold predictions of the panel's lines, like with like.

A new line's prediction by the models of fold k is compared with the lines of fold k, which those models had not seen
either (docs/methods.md#panel-percentile). Measured scores are no yardstick: predictions are narrower.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from leap_core.arrays import Array, Floats, Ints, Mask, Matrix
from leap_core.model.percentile import weaker_share
from leap_core.panel.scores import ScoreType
from leap_core.run.blocks import in_blocks

# Out-of-fold values that spread less than this share of the measured spread say nothing of any line.
_MIN_SPREAD = 0.02
MIN_OF_LINEAGE = 5
# Of fewer perturbations than these a line's general level is not taken off.
FEWEST_ROWS = 20


@dataclass(frozen=True)
class PanelSpread:
    """Centre and spread of a panel's out-of-fold predictions.

    Attributes
    ----------
    centre
        (K, p) median over the lines of each fold.
    scale
        (p,) 1.4826 times the median absolute deviation from the fold's centre, in the score's unit; NaN where the
        predictions have next to no spread.
    sign
        +1 where a higher score is stronger, -1 where a lower one is.
    """

    centre: Array
    scale: Array
    sign: float

    @classmethod
    def of(cls, out_of_fold: Matrix, folds: Ints, panel_sd: Floats, higher_is_stronger: bool) -> PanelSpread:
        """Measure it.

        Parameters
        ----------
        out_of_fold
            (n, p), in the order of `folds` (n,).
        panel_sd
            (p,) standard deviation of the measured scores.
        """
        names = np.unique(folds)
        position = np.searchsorted(names, folds)

        def of_block(out_of_fold: Matrix) -> tuple[Array, Array]:
            middle = [np.median(out_of_fold[folds == fold], axis=0) for fold in names]
            centre = np.stack(middle).astype(np.float64)
            return centre, 1.4826 * np.median(np.abs(out_of_fold - centre[position]), axis=0).astype(np.float64)

        centre, scale = in_blocks(of_block, out_of_fold)
        with np.errstate(invalid="ignore"):
            narrow = ~(scale > np.maximum(_MIN_SPREAD * panel_sd, 1e-9))
        return cls(centre, np.where(narrow, np.nan, scale), 1.0 if higher_is_stronger else -1.0)

    def among(self, usable: Mask) -> PanelSpread:
        """That of some perturbations (p,)."""
        return PanelSpread(self.centre[:, usable], self.scale[usable], self.sign)

    def robust_z(self, fold_means: Floats, share: Array) -> Array:
        """Robust z (p,) of one sample: positive = stronger than the panel.

        Parameters
        ----------
        fold_means
            (K, p) the sample's prediction by each fold's models, mean over layers.
        share
            (K,) share of the panel's lines in each fold.
        """
        z: Array = self.sign * (share @ (fold_means - self.centre)) / self.scale
        return z

    def of_lines(self, out_of_fold: Floats, folds: Ints) -> Array:
        """Robust z (n, p) of panel lines by their own out-of-fold predictions."""
        fold = np.searchsorted(np.unique(folds), folds)
        z: Array = in_blocks(
            lambda values, centre, scale: self.sign * (values - centre[fold]) / scale,
            out_of_fold,
            self.centre,
            self.scale,
        )
        return z


def fold_shares(folds: Ints) -> Array:
    """Share of the lines in each fold (K,)."""
    _, counts = np.unique(folds, return_counts=True)
    shares: Array = counts / counts.sum()
    return shares


def lineage_percentile(
    out_of_fold: Matrix, folds: Ints, members: Mask, fold_means: Matrix, higher_is_stronger: bool
) -> Floats:
    """Percentile (p,) among the lines of one lineage (`members`, (n,)); NaN with fewer than five of them."""
    if int(members.sum()) < MIN_OF_LINEAGE:
        return np.full(out_of_fold.shape[1], np.nan)
    return weaker_share(np.ascontiguousarray(out_of_fold[members]), folds[members], fold_means, higher_is_stronger)


def general_level(z: Array) -> Array:
    """General sensitivity: the mean robust z over perturbations.

    (n,) of lines (n, q), or a scalar array of one sample (q,).
    """
    known = np.isfinite(z)
    level: Array = np.where(known, z, 0.0).sum(axis=-1) / np.maximum(known.sum(axis=-1), 1)
    return level


def relative_z(z: Array, score: ScoreType) -> Array:
    """What calibrators take: z (..., q) of the perturbations that can be learnt, less the line's general level.

    Only for drugs, whose lines differ most in it; and not of few perturbations: their level is mostly the row itself.
    """
    if score.kind != "drug" or z.shape[-1] < FEWEST_ROWS:
        return z
    relative: Array = z - general_level(z)[..., None]
    return relative


def relative_percentile(rest: Array, lines: Array) -> Array:
    """Percentile (q,) of a sample's z less its general level, among the panel's (n, q) less theirs."""
    result: Array = np.where(np.isfinite(rest), 100.0 * (lines < rest).mean(axis=0), np.nan)
    return result
