"""A panel whose lines had the same rows measured as a pilot has, and the sample beside them.

The panel's lines are treated as the sample is: the same rows, the same noise, the same share of the update, each by
correlations that its patient had no part in. Spread, calibrators, intervals and accuracy are then those of such lists,
by the same rules as without a pilot.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from leap_core.accuracy.reliability import interval_95, shrunk
from leap_core.accuracy.resampling import drawn_weights, resampled_scores
from leap_core.arrays import Array, Floats, Ints, Labels, Mask, Matrix
from leap_core.panel.scores import ScoreType
from leap_core.pilot.conditioning import Conditioning, Trust
from leap_core.pilot.joining import JoinedPilot, PanelSide
from leap_core.pilot.residuals import PanelResiduals
from leap_core.ranking.dependency_rule import DependencyRule
from leap_core.ranking.list_calibration import ListCalibration, OuterPredictions, PanelFit, fit_list_calibration
from leap_core.ranking.sample_columns import PanelPredictions
from leap_core.run.blocks import in_blocks
from leap_core.run.seeds import seed_of

_DRAWS = 100
# Lines with a smaller part of the pilot's rows are not counted on, where so many others are left.
_LEAST_SHARE, _FEWEST_LINES = 0.5, 60


@dataclass(frozen=True)
class KnownPanel:
    """What a model keeps of its panel's lines (n) and perturbations (p, of which q could be learnt).

    Attributes
    ----------
    measured, out_of_fold
        (n, p); NaN = not screened.
    cross_validated
        By method, (n, q), by the outer fold that did not see the line.
    folds, outer_folds
        (n,) of each line.
    learnable
        (p,).
    patients, lineages, classes
        (n,) of each line; passport classes.
    table
        Per perturbation: ``panel_sd``, and the reliability columns.
    score
        Of the panel.
    """

    measured: Matrix
    out_of_fold: Matrix
    cross_validated: dict[str, Matrix]
    folds: Ints
    outer_folds: Ints
    learnable: Mask
    patients: tuple[str, ...]
    lineages: Labels
    classes: Labels
    table: pd.DataFrame
    score: ScoreType

    @cached_property
    def residuals(self) -> PanelResiduals:
        """Of the perturbations that could be learnt."""
        measured = np.where(self.learnable, self.measured, np.nan)
        return PanelResiduals.of(measured, self.out_of_fold, self.folds)

    @cached_property
    def events(self) -> Array:
        """(n, p) which measurements are events: by the rule of all rows, so that a pilot changes nothing of it.

        NaN where not screened or not learnable.
        """
        found = np.full(self.measured.shape, np.nan)
        here = self.measured[:, self.learnable]
        found[:, self.learnable] = DependencyRule.of(here, self.score).events(here)
        return found

    @cached_property
    def side(self) -> PanelSide:
        """What joining needs."""
        unseen = np.full(self.measured.shape, np.nan, dtype=np.float32)
        unseen[:, self.learnable] = self.cross_validated["leap"]
        return PanelSide(self.residuals, self.measured, self.out_of_fold, unseen)


@dataclass(frozen=True)
class UpdatedPanel:
    """The panel's side of every comparison after a pilot.

    Attributes
    ----------
    predictions
        Out-of-fold predictions after the pilot, and what is calibrated on them.
    accuracy
        Per perturbation: ``accuracy``, ``accuracy_low``, ``accuracy_high``, ``accuracy_shrunk`` on unseen lines with
        these rows measured; NaN for the measured rows.
    """

    predictions: PanelPredictions
    accuracy: pd.DataFrame


def updated_panel(
    known: KnownPanel, pilot: JoinedPilot, conditioning: Conditioning, trust: Trust, left_out: Ints
) -> UpdatedPanel:
    """Give the panel's lines the pilot that the sample has, and calibrate anew.

    Parameters
    ----------
    known, pilot, conditioning, trust
        Of the model and the sample's pilot.
    left_out
        Positions of the perturbations that no list names: the measured ones.
    """
    noise, shared = _noise(pilot, trust, len(known.folds)), pilot.errors.shared
    out_of_fold = _moved(known, known.out_of_fold, conditioning.of_lines(pilot.of_lines + noise, trust, shared))
    moved = conditioning.of_lines(pilot.of_unseen + noise, trust, shared)
    usable = known.learnable & known.residuals.known
    usable[left_out] = False
    kept = usable[known.learnable]
    by_method = {method: values[:, kept] for method, values in known.cross_validated.items()}
    by_method["leap"] = _moved(known, known.side.unseen, moved)[:, usable]
    measured = np.where(usable & _counted(pilot)[:, None], known.measured, np.nan)
    accuracy = _accuracy(known, by_method["leap"], measured, usable)
    table = known.table.assign(accuracy_shrunk=accuracy["accuracy_shrunk"])
    calibration = _calibration(known, measured, out_of_fold, usable, table, by_method)
    predictions = PanelPredictions.of(out_of_fold, measured, known.folds, known.lineages, calibration, known.score)
    return UpdatedPanel(predictions, accuracy)


def _counted(pilot: JoinedPilot) -> Mask:
    """Lines (n,) whose pilot says as much as the sample's; all of them where they are few."""
    share = np.isfinite(pilot.of_lines).mean(axis=1) if pilot.of_lines.shape[1] else np.ones(len(pilot.of_lines))
    counted: Mask = share >= _LEAST_SHARE
    return counted if counted.sum() >= _FEWEST_LINES else np.ones_like(counted)


def _noise(pilot: JoinedPilot, trust: Trust, lines: int) -> Matrix:
    """Errors (n, s) such as the pilot has beyond the panel's own; drawn by what the pilot is, so always the same."""
    random = np.random.default_rng(seed_of("pilot noise", *pilot.rows.tolist(), trust.noise))
    own = np.sqrt(trust.noise) * random.standard_normal((lines, len(pilot.rows)))
    common = random.standard_normal((lines, 1)) * np.sqrt(np.diag(pilot.errors.shared))
    found: Matrix = (own + common).astype(np.float32)
    return found


def _moved(known: KnownPanel, predicted: Floats, standardised: Matrix) -> Matrix:
    scale = np.nan_to_num(known.residuals.scale)
    found: Matrix = in_blocks(
        lambda values, moved, usual: (values + moved * usual).astype(np.float32), predicted, standardised, scale
    )
    return found


def _accuracy(known: KnownPanel, predicted: Matrix, measured: Matrix, usable: Mask) -> pd.DataFrame:
    """Accuracy of the outer folds' predictions after the pilot, with its interval over resampled patients."""
    weights = drawn_weights(list(known.patients), _DRAWS)
    draws = resampled_scores(predicted, measured[:, usable], known.outer_folds, weights, known.score.metric)
    low, high = interval_95(draws)
    found = {"accuracy": draws[0], "accuracy_low": low, "accuracy_high": high}
    found["accuracy_shrunk"] = shrunk(draws[0], draws[1:].var(axis=0))
    return pd.DataFrame(found, index=known.table.index[usable]).reindex(known.table.index)


def _squared_errors(measured: Matrix, predicted: Matrix, usual: Array) -> Array:
    found: Array = np.nansum(np.square((measured - predicted) / usual), axis=0)
    return found


def _calibration(
    known: KnownPanel,
    measured: Matrix,
    out_of_fold: Matrix,
    usable: Mask,
    table: pd.DataFrame,
    by_method: dict[str, Matrix],
) -> ListCalibration:
    accuracy = np.full(len(usable), np.nan)
    everyone = np.ones((1, len(known.folds)))
    here = measured[:, usable]
    accuracy[usable] = resampled_scores(out_of_fold[:, usable], here, known.folds, everyone, known.score.metric)[0]
    events = np.where(np.isfinite(here), known.events[:, usable], np.nan)
    fit = PanelFit(out_of_fold, measured, known.folds, accuracy, usable, table, known.score, events)
    scale = 1.0
    if not known.score.binary:
        # Both predict lines that they had not seen; the outer folds' average several models.
        usual = known.residuals.scale[usable]
        pair = (by_method["leap"], out_of_fold[:, usable])
        errors = [in_blocks(_squared_errors, here, predicted, usual).sum() for predicted in pair]
        scale = min(float(np.sqrt(errors[0] / errors[1])), 1.0)
    return fit_list_calibration(fit, OuterPredictions(by_method, scale, known.classes))
