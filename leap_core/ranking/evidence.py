"""What a model knows beside its predictions to make a list of them.

Spread, calibration, and what such lists have yielded.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pandas as pd

from leap_core.panel.scores import ScoreType
from leap_core.ranking.calibration import Calibration, fit_calibration, true_dependencies
from leap_core.ranking.difficulty import SAME_EVERYWHERE, Difficulty, fit_difficulty
from leap_core.ranking.hits import hits_at
from leap_core.ranking.intervals import LEVELS
from leap_core.ranking.priority import DEFAULT, PRESETS, components, priority
from leap_core.ranking.selectivity import PanelSpread
from leap_core.ranking.widening import Widening, fit_widening, interval_ratios, no_widening

Matrix = npt.NDArray[np.floating]
Array = npt.NDArray[np.float64]

LONGEST_LIST = 200


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
class Evidence:
    """Of the p perturbations of a model.

    Attributes
    ----------
    spread
        Centre and spread of the out-of-fold predictions.
    chance
        z to the probability of a true, selective dependency.
    call
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
    chance: Calibration
    call: Calibration | None
    yields: Yield | None
    difficulty: Difficulty = SAME_EVERYWHERE
    residual_scale: float = 1.0
    widening: Widening = field(default_factory=lambda: no_widening(len(LEVELS)))

    @property
    def learnt(self) -> npt.NDArray[np.bool_]:
        """(p,) which perturbations could be learnt."""
        return np.isfinite(self.chance.slopes)


def gather_evidence(
    out_of_fold: npt.NDArray[np.float32],
    folds: npt.NDArray[np.int64],
    measured: npt.NDArray[np.float32],
    table: pd.DataFrame,
    score: ScoreType,
    accuracy: npt.NDArray[np.floating],
    usable: npt.NDArray[np.bool_],
    unseen: dict[str, npt.NDArray[np.float32]] | None,
    residual_scale: float = 1.0,
    classes: npt.NDArray[np.object_] | None = None,
) -> Evidence:
    """Fit spread and calibration on out-of-fold predictions, and count what lists of held-out lines would have found.

    Parameters
    ----------
    out_of_fold, measured
        (n, p) of the panel's lines.
    folds
        (n,) of each line.
    table
        Per perturbation: ``panel_sd``, and the reliability columns where they were measured.
    accuracy
        (p,) of the out-of-fold predictions: what the slopes are drawn to.
    usable
        (p,) perturbations that can be learnt.
    unseen
        By method: (n, q) of the usable ones, by outer folds.
    residual_scale
        As in `Evidence`.
    classes
        (n,) passport class of each line; with `unseen` it tells how much wider intervals have to be.
    """
    p = measured.shape[1]
    spread = PanelSpread.of(out_of_fold, folds, table["panel_sd"].to_numpy(dtype=float), score.higher_is_stronger)
    z = spread.of_lines(out_of_fold, folds)[:, usable]
    here = measured[:, usable]
    event = true_dependencies(here, here, spread.sign, score.binary)
    chance = fit_calibration(z, event, accuracy[usable])
    call = fit_calibration(z, np.where(np.isnan(here), np.nan, here > 0.5), accuracy[usable]) if score.binary else None
    part, residuals = spread.among(usable), here - out_of_fold[:, usable]
    difficulty = SAME_EVERYWHERE if score.binary else fit_difficulty(z, residuals)
    yields, widening = None, no_widening(len(LEVELS))
    if unseen is not None:
        z_unseen = part.of_lines(unseen["leap"], folds)
        probability = chance.probability(z_unseen)
        yields = _count(unseen, part, probability, event, here, table.loc[usable], score)
        if classes is not None and not score.binary:
            width = residual_scale * difficulty.at(z_unseen)
            ratios = interval_ratios(np.abs(here - unseen["leap"]), difficulty.errors(residuals, z), width, LEVELS)
            widening = fit_widening(ratios, probability, classes, LEVELS)
    spread_call = None if call is None else _spread_out(call, usable, p)
    return Evidence(spread, _spread_out(chance, usable, p), spread_call, yields, difficulty, residual_scale, widening)


def _spread_out(calibration: Calibration, usable: npt.NDArray[np.bool_], p: int) -> Calibration:
    intercepts, slopes = np.full(p, np.nan), np.full(p, np.nan)
    intercepts[usable], slopes[usable] = calibration.intercepts, calibration.slopes
    return Calibration(intercepts, slopes)


def _count(
    unseen: dict[str, npt.NDArray[np.float32]],
    spread: PanelSpread,
    probability: Array,
    event: Array,
    measured: Matrix,
    table: pd.DataFrame,
    score: ScoreType,
) -> Yield:
    reliability = table["accuracy_shrunk"].to_numpy(dtype=float)
    order = np.stack([_ordered(row, reliability, score) for row in probability])
    lengths = tuple(range(1, LONGEST_LIST + 1))
    known = np.isfinite(event)
    hits = {"leap": hits_at(order, event, lengths)}
    mean, deviation = np.nanmean(measured, axis=0), np.nanstd(measured, axis=0) + 1e-9
    for method in ("lineage_mean", "nearest_line"):
        ranked = spread.sign * (unseen[method] - mean) / deviation
        if score.binary:
            # A share of called neighbours says most as it is, of genes that are called seldom.
            ranked = np.where(
                np.nan_to_num(event.max(axis=0, initial=0.0, where=known)) > 0, unseen[method] + 1e-3 * mean, -1.0
            )
        hits[method] = hits_at(ranked, event, lengths)
    true = np.where(known.any(axis=1), np.nansum(event, axis=1), np.nan)
    share = true / np.maximum(known.sum(axis=1), 1)
    hits["random"] = share[:, None] * np.minimum(np.asarray(lengths)[None], known.sum(axis=1)[:, None])
    expected = hits_at(order, np.where(known, np.nan_to_num(probability), np.nan), lengths)
    return Yield(hits, expected, true)


def _ordered(probability: Array, reliability: npt.NDArray[np.floating], score: ScoreType) -> Array:
    frame = pd.DataFrame({"probability": probability, "accuracy_shrunk": reliability})
    return priority(components(frame, score), PRESETS[DEFAULT]).to_numpy(dtype=float)
