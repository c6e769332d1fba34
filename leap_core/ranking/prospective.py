"""Predictions that were frozen before their lines were screened, and what the screen says of them afterwards."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from leap_core.accuracy.metrics import score_columns
from leap_core.accuracy.reliability import interval_95
from leap_core.accuracy.resampling import drawn_weights, resampled_scores
from leap_core.arrays import Array, Floats, Ints, Matrix
from leap_core.errors import UserError
from leap_core.panel.scores import ScoreType
from leap_core.ranking.dependency_rule import DependencyRule

VALUES = ("predicted", "low", "high", "probability", "priority")
RULE = ("centre", "scale", "cut", "rare")
LEVEL = 0.8
FIRST_ROWS = 20
# A perturbation that fewer of the frozen lines were screened for, and a line that fewer rows were, has no correlation.
_MIN_LINES, _MIN_ROWS = 10, 10


@dataclass(frozen=True)
class FrozenFrom:
    """Where frozen predictions come from; all text.

    Attributes
    ----------
    model, key, recipe, release
        The model's name, key and recipe, and the data that it was trained on.
    frozen
        When (ISO 8601, UTC).
    version
        Of this program.
    """

    model: str
    key: str
    recipe: str
    release: str
    frozen: str
    version: str


@dataclass(frozen=True)
class FrozenPredictions:
    """What a model says of m lines that nobody has screened, and what is needed to judge it: no training data.

    Attributes
    ----------
    made
        Where they come from.
    score
        Score type of the model.
    lines
        Index the lines; ``patient``.
    perturbations
        Index the p perturbations; ``accuracy`` (on unseen lines, before), ``panel_mean``, and `RULE`: what counts as
        true and selective (`leap_core.ranking.dependency_rule.DependencyRule`).
    values
        By `VALUES`: (m, p) float32; ``low`` and ``high`` bound 80 % intervals (NaN for calls).
    """

    made: FrozenFrom
    score: ScoreType
    lines: pd.DataFrame
    perturbations: pd.DataFrame
    values: dict[str, Matrix]

    @property
    def rule(self) -> DependencyRule:
        """What counts as a true, selective dependency."""
        numbers = {name: self.perturbations[name].to_numpy(dtype=float) for name in RULE}
        return DependencyRule(self.score, numbers["centre"], numbers["scale"], numbers["cut"], numbers["rare"] > 0)


@dataclass(frozen=True)
class ProspectiveJudgement:
    """How frozen predictions did.

    Attributes
    ----------
    lines, perturbations, values
        How many of the frozen ones were screened since.
    same_unit
        Whether the screen is in the model's unit; where it is not, only orders are compared.
    found
        Index what is looked at; ``found`` with a 95 % interval (``low``, ``high``; patients resampled) and
        ``expected``, what was said of it when the predictions were frozen (NaN where nothing was).
    by_perturbation
        Index perturbations with ten lines or more; ``agreement``, ``accuracy_before``, ``lines``.
    """

    lines: int
    perturbations: int
    values: int
    same_unit: bool
    found: pd.DataFrame
    by_perturbation: pd.DataFrame


def judge_frozen(frozen: FrozenPredictions, measured: pd.DataFrame, score: ScoreType) -> ProspectiveJudgement:
    """Compare frozen predictions with what was measured since.

    Parameters
    ----------
    frozen
        The predictions.
    measured
        Lines in rows, perturbations (called as the frozen ones) in columns; NaN = not screened.
    score
        Its score type.

    Raises
    ------
    UserError
        If none of the frozen lines was screened, or for another kind of perturbation.
    """
    values = measured.reindex(index=frozen.lines.index, columns=frozen.perturbations.index).to_numpy(dtype=float)
    rows = np.flatnonzero(np.isfinite(values).any(axis=1))
    if score.kind != frozen.score.kind or not len(rows):
        raise UserError(
            f"None of the {len(frozen.lines):,} frozen lines (e.g. {frozen.lines.index[0]}) x"
            f" {len(frozen.perturbations):,} {frozen.score.noun} was screened in this table of {len(measured):,} lines"
            f" (e.g. {measured.index[0]}); expected some of them, under the same names."
        )
    values = values[rows]
    weights = drawn_weights(frozen.lines["patient"].iloc[rows].tolist())
    same_unit = score.key == frozen.score.key
    agreement, per_row = _over_lines(frozen, values, score, rows, weights)
    found = agreement | _over_perturbations(frozen, values, score, rows, weights)
    if same_unit:
        found |= _as_said(frozen, values, rows, weights)
    table = pd.DataFrame.from_dict(found, orient="index", columns=["found", "low", "high", "expected"])
    known = np.isfinite(values)
    return ProspectiveJudgement(
        len(rows), int(known.any(axis=0).sum()), int(known.sum()), same_unit, table.dropna(subset=["found"]), per_row
    )


_Row = tuple[float, float, float, float]


def _over_lines(
    frozen: FrozenPredictions, values: Array, score: ScoreType, rows: Ints, weights: Array
) -> tuple[dict[str, _Row], pd.DataFrame]:
    """Agreement over lines of each perturbation, and its mean beside the accuracy that was known before."""
    lines = np.isfinite(values).sum(axis=0)
    # Calls and scores of a continuous screen are compared by the screen's own measure.
    asked = np.flatnonzero(lines >= _MIN_LINES)
    predicted = frozen.score.strength(frozen.values["predicted"][rows][:, asked].astype(float))
    fold = np.zeros(len(rows), dtype=np.int64)
    draws = resampled_scores(predicted, score.strength(values[:, asked]), fold, weights, score.metric)
    accuracy = frozen.perturbations["accuracy"].to_numpy(dtype=float)[asked]
    table = pd.DataFrame(
        {"agreement": draws[0], "accuracy_before": accuracy, "lines": lines[asked]},
        index=frozen.perturbations.index[asked],
    )
    scored = np.isfinite(draws[0])
    if not scored.any():
        return {}, table
    before = accuracy[scored] if score.metric == frozen.score.metric else np.full(1, np.nan)
    title = f"{_metric(score)} over lines, mean over {frozen.score.noun}"
    return {title: _row(np.nanmean(draws[:, scored], axis=1), float(np.mean(before)))}, table


def _over_perturbations(
    frozen: FrozenPredictions, values: Array, score: ScoreType, rows: Ints, weights: Array
) -> dict[str, _Row]:
    """Agreement over the perturbations of each line, beside that of the panel's mean."""
    centre = frozen.perturbations["panel_mean"].to_numpy(dtype=float)
    predicted = frozen.values["predicted"][rows].astype(float)
    told = {
        "prediction": (predicted, values),
        "the panel's mean alone": (np.broadcast_to(centre, predicted.shape), values),
    }
    if score.key == frozen.score.key and not score.binary:
        told["prediction, beyond the panel's mean"] = (predicted - centre, values - centre)
    return {
        f"{_metric(score)} over {frozen.score.noun}, mean over lines: {name}": _of_lines(
            _per_line(frozen.score.strength(ours), score.strength(theirs), score), weights
        )
        for name, (ours, theirs) in told.items()
    }


def _per_line(predicted: Floats, measured: Floats, score: ScoreType) -> Array:
    """(m,) agreement over what was measured of each line; NaN where that is little."""
    enough = np.isfinite(measured).sum(axis=1) >= _MIN_ROWS
    return np.where(enough, score_columns(predicted.T, measured.T, score.metric), np.nan)


def _as_said(frozen: FrozenPredictions, values: Array, rows: Ints, weights: Array) -> dict[str, _Row]:
    """Whether intervals hold and probabilities come true, among all rows and the first ones of each list."""
    known, of = np.isfinite(values), {name: matrix[rows].astype(float) for name, matrix in frozen.values.items()}
    found = {}
    if not frozen.score.binary:
        inside = np.where(known, (values >= of["low"]) & (values <= of["high"]), np.nan)
        found[f"{100 * LEVEL:.0f} % intervals hold"] = _of_rows(inside, None, weights, LEVEL)
    events = frozen.rule.events(values)
    found["true and selective, all rows"] = _of_rows(events, of["probability"], weights)
    # The first rows of what was screened.
    order = np.argsort(np.argsort(np.where(known, -of["priority"], np.inf), axis=1, kind="stable"), axis=1)
    first = np.where(known & (order < FIRST_ROWS), events, np.nan)
    found[f"true and selective, first {FIRST_ROWS} rows"] = _of_rows(first, of["probability"], weights)
    return found


def _of_rows(values: Array, said: Array | None, weights: Array, expected: float = np.nan) -> _Row:
    """Share of the values (m, p) that are true, beside what was said of the same."""
    known = np.isfinite(values)
    if said is not None and known.any():
        expected = float(np.nanmean(said[known]))
    with np.errstate(invalid="ignore", divide="ignore"):
        draws = (weights @ np.where(known, values, 0.0).sum(axis=1)) / (weights @ known.sum(axis=1))
    return _row(draws, expected)


def _of_lines(values: Array, weights: Array) -> _Row:
    """Mean of one value (m,) for each line."""
    known = np.isfinite(values)
    with np.errstate(invalid="ignore", divide="ignore"):
        draws = (weights @ np.where(known, values, 0.0)) / (weights @ known.astype(float))
    return _row(draws, np.nan)


def _row(draws: Array, expected: float) -> _Row:
    """The first draw is all lines; fewer than three lines have no interval."""
    low, high = interval_95(draws[:, None])
    return float(draws[0]), float(low[0]), float(high[0]), expected


def _metric(score: ScoreType) -> str:
    return "AUROC" if score.binary else "rank correlation"
