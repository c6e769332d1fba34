"""What a model knows beside its predictions to make a list of them.

Spread, calibration, and what such lists have yielded.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from leap_core.arrays import Array, Floats, Ints, Labels, Mask, Matrix
from leap_core.panel.scores import ScoreType
from leap_core.ranking.calibrator import Calibrator, fit_calibrator, recalibrated
from leap_core.ranking.dependency_rule import DependencyRule
from leap_core.ranking.difficulty import SAME_EVERYWHERE, Difficulty, fit_difficulty
from leap_core.ranking.hits import hits_at
from leap_core.ranking.intervals import LEVELS
from leap_core.ranking.priority import priority_of_lines
from leap_core.ranking.selectivity import PanelSpread, relative_z
from leap_core.ranking.widening import Widening, fit_widening, interval_ratios, no_widening

MAX_LIST = 200


@dataclass(frozen=True)
class Yield:
    """True dependencies found on held-out lines, by length of the list.

    Attributes
    ----------
    hits
        By method (``leap``, ``lineage_mean``, ``nearest_line``, ``random``): (n, N) hits among the first 1..N of each
        line's list.
    expected
        (n, N) sum of the calibrated probabilities of ``leap``'s first 1..N.
    true
        (n,) how many true dependencies each line has among what it was screened with; NaN for none screened.
    """

    hits: dict[str, Array]
    expected: Array
    true: Array


@dataclass(frozen=True)
class ListCalibration:
    """Of the p perturbations of a model.

    Attributes
    ----------
    spread
        Centre and spread of the out-of-fold predictions.
    calibrator
        z after the general level (`leap_core.ranking.selectivity.relative_z`) to the probability of a true, selective
        dependency.
    call_calibrator
        z to the probability of a call (calls only).
    yields
        From held-out lines, where accuracy was measured.
    difficulty
        Size of the residuals where a prediction stands.
    residual_scale
        What out-of-fold residuals are multiplied with in intervals (see
        `leap_core.accuracy.line_errors.averaging_scale`); 1 where accuracy was not measured.
    widening
        What makes up for the first rows of a list and for lines far from the panel.
    """

    spread: PanelSpread
    calibrator: Calibrator
    call_calibrator: Calibrator | None
    yields: Yield | None
    difficulty: Difficulty = SAME_EVERYWHERE
    residual_scale: float = 1.0
    widening: Widening = field(default_factory=lambda: no_widening(len(LEVELS)))

    @property
    def learnt(self) -> Mask:
        """(p,) which perturbations could be learnt."""
        return np.isfinite(self.calibrator.slopes)

    def probability(self, z: Array, score: ScoreType) -> Array:
        """Probability of a true, selective dependency by robust z (..., p); NaN where nothing could be learnt."""
        found, learnt = np.full(z.shape, np.nan), self.learnt
        found[..., learnt] = self.calibrator.among(learnt).probability(relative_z(z[..., learnt], score))
        return found


@dataclass(frozen=True)
class PanelFit:
    """What an ensemble predicts of its own panel, and what was measured there.

    Attributes
    ----------
    out_of_fold, measured
        (n, p) of the panel's lines.
    folds
        (n,) of each line.
    accuracy
        (p,) of the out-of-fold predictions: what the slopes are drawn to.
    usable
        (p,) perturbations that can be learnt.
    table
        Per perturbation: ``panel_sd``, and the reliability columns where they were measured.
    score
        Score type of the panel.
    events
        (n, q) which measurements of the usable perturbations are events; None: by the rule learnt on these alone.
    """

    out_of_fold: Matrix
    measured: Matrix
    folds: Ints
    accuracy: Floats
    usable: Mask
    table: pd.DataFrame
    score: ScoreType
    events: Array | None = None


@dataclass(frozen=True)
class OuterPredictions:
    """What the outer cross-fit adds.

    Attributes
    ----------
    by_method
        (n, q) predictions of the usable perturbations, by outer folds.
    residual_scale
        As in `ListCalibration`.
    classes
        (n,) passport class of each line; tells how much wider intervals have to be.
    """

    by_method: dict[str, Matrix]
    residual_scale: float = 1.0
    classes: Labels | None = None


def fit_list_calibration(fit: PanelFit, outer: OuterPredictions | None = None) -> ListCalibration:
    """Fit spread and calibrators on out-of-fold predictions; count what lists of held-out lines would have found."""
    score, usable = fit.score, fit.usable
    p = fit.measured.shape[1]
    panel_sd = fit.table["panel_sd"].to_numpy(dtype=float)
    spread = PanelSpread.of(fit.out_of_fold, fit.folds, panel_sd, score.higher_is_stronger)
    z = spread.of_lines(fit.out_of_fold, fit.folds)[:, usable]
    here = fit.measured[:, usable]
    event = DependencyRule.of(here, score).events(here) if fit.events is None else fit.events
    calibrator = fit_calibrator(relative_z(z, score), event, fit.accuracy[usable])
    call = None
    if score.binary:
        called = np.where(np.isnan(here), np.nan, here > 0.5)
        call = _spread_out(fit_calibrator(z, called, fit.accuracy[usable]), usable, p)
    residuals = here - fit.out_of_fold[:, usable]
    difficulty = SAME_EVERYWHERE if score.binary else fit_difficulty(z, residuals)
    whole = ListCalibration(spread, _spread_out(calibrator, usable, p), call, None, difficulty)
    if outer is None:
        return whole
    part, leap = spread.among(usable), outer.by_method["leap"]
    z_outer = part.of_lines(leap, fit.folds)
    x_outer = relative_z(z_outer, score)
    calibrator = recalibrated(calibrator, x_outer, event)
    probability = calibrator.probability(x_outer)
    whole = replace(
        whole,
        calibrator=_spread_out(calibrator, usable, p),
        yields=_count(fit, part, outer.by_method, probability, event),
        residual_scale=outer.residual_scale,
    )
    if outer.classes is None or score.binary:
        return whole
    width = outer.residual_scale * difficulty.at(z_outer)
    ratios = interval_ratios(np.abs(here - leap), difficulty.errors(residuals, z), width, LEVELS)
    return replace(whole, widening=fit_widening(ratios, probability, outer.classes, LEVELS))


def _spread_out(calibrator: Calibrator, usable: Mask, p: int) -> Calibrator:
    intercepts, slopes = np.full(p, np.nan), np.full(p, np.nan)
    intercepts[usable], slopes[usable] = calibrator.intercepts, calibrator.slopes
    return Calibrator(intercepts, slopes)


def _count(fit: PanelFit, spread: PanelSpread, by_method: dict[str, Matrix], probability: Array, event: Array) -> Yield:
    """Hits (n, N) of each method's list, of the usable perturbations."""
    score, measured = fit.score, fit.measured[:, fit.usable]
    reliability = fit.table.loc[fit.usable, "accuracy_shrunk"].to_numpy(dtype=float)
    order = priority_of_lines(probability, reliability, score)
    lengths = tuple(range(1, MAX_LIST + 1))
    known = np.isfinite(event)
    hits = {"leap": hits_at(order, event, lengths)}
    mean, deviation = np.nanmean(measured, axis=0), np.nanstd(measured, axis=0) + 1e-9
    for method in ("lineage_mean", "nearest_line"):
        ranked = spread.sign * (by_method[method] - mean) / deviation
        if score.binary:
            # A share of called neighbours says most as it is, of genes that are called seldom.
            ranked = np.where(
                np.nan_to_num(event.max(axis=0, initial=0.0, where=known)) > 0, by_method[method] + 1e-3 * mean, -1.0
            )
        hits[method] = hits_at(ranked, event, lengths)
    true = np.where(known.any(axis=1), np.nansum(event, axis=1), np.nan)
    share = true / np.maximum(known.sum(axis=1), 1)
    hits["random"] = share[:, None] * np.minimum(np.asarray(lengths)[None], known.sum(axis=1)[:, None])
    expected = hits_at(order, np.where(known, np.nan_to_num(probability), np.nan), lengths)
    return Yield(hits, expected, true)
