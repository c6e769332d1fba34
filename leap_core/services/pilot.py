"""A pilot through one model: what a sample's list says once some of its rows were measured."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

from leap_core.accuracy.ceiling import share_of_ceiling
from leap_core.arrays import Array, Floats
from leap_core.errors import ChoiceNeededError, SampleError
from leap_core.genes.names import GeneNames
from leap_core.io.measured_screens import ANOTHER, MeasuredScreen, read_measured
from leap_core.model.percentile import weaker_share
from leap_core.pilot.conditioning import Conditioning, Correlations, Trust
from leap_core.pilot.guard import MIN_ROWS, log_odds, of_the_same_study, trust_of, weight_of
from leap_core.pilot.joining import Errors, JoinedPilot, join_by_ranks, join_laboratory, join_same_unit
from leap_core.pilot.laboratory import read_laboratory
from leap_core.pilot.outcome import ANOTHER_LABORATORY, BY_ITS_LINES, BY_RANKS, SAME_STUDY, Pilot, PilotOutcome
from leap_core.pilot.update import updated_panel
from leap_core.ranking.hit_table import hit_table
from leap_core.ranking.sample_columns import sample_columns
from leap_core.services.models import Model, predict
from leap_core.services.plates import refuse_without_accuracy
from leap_core.services.scorecard import Measured
from leap_core.services.scoring import ScoredSample, with_consensus

# A further round may be small; of fewer names nothing says that they are the model's.
_FEWEST_OF_A_ROUND = 3
_BY_THE_USERS_TABLES = ("common_essential", "panel_class")
# More rows take minutes, and are a screen.
MAX_ROWS = 1000
# Measured rows that are named beside a row that they moved, and by how much at least.
_NAMED, _SEEN = 3, 0.005


def read_pilot(
    model: Model,
    measured: Measured,
    names: GeneNames | None = None,
    *,
    same_study: bool | None = None,
    certain: bool = False,
    laboratory: tuple[Path | bytes, str] | None = None,
) -> Pilot:
    """Read a file of measured values as a pilot.

    Parameters
    ----------
    model
        Whose rows.
    measured
        The file, and what is known of it.
    names
        Tables that translate ids and other names of genes.
    same_study, certain
        As in `leap_core.pilot.outcome.Pilot`.
    laboratory
        A table of what the same laboratory measured of the panel's lines, and its name.

    Raises
    ------
    ChoiceNeededError, UnreadableTableError, SampleError
        As in `leap_core.io.measured_screens.read_measured` and `leap_core.pilot.laboratory.read_laboratory`.
    """
    perturbations, score = pd.Index(model.ensemble.perturbations), model.panel.score
    screen = _screen_of(model, measured, names)
    table = None if laboratory is None else read_laboratory(*laboratory, perturbations, model.panel.lines, names)
    return Pilot(
        screen.values,
        measured.same_unit and screen.unit in (None, score.key),
        (screen.stronger == "higher") == score.higher_is_stronger,
        same_study,
        certain,
        table,
        f"{measured.name}: {screen.kind}",
    )


def _screen_of(model: Model, measured: Measured, names: GeneNames | None) -> MeasuredScreen:
    """The file's values; what its title says of the direction stands, and of the panel's unit it is the panel's."""
    perturbations, score = pd.Index(model.ensemble.perturbations), model.panel.score
    said, own = measured.options.direction, "higher" if score.higher_is_stronger else "lower"
    options = replace(measured.options, fewest=_FEWEST_OF_A_ROUND, direction=None)
    try:
        screen = read_measured(measured.source, measured.name, perturbations, names, options)
    except ChoiceNeededError as question:
        if question.option != "direction" or (said is None and not measured.same_unit):
            raise
        # In the panel's unit it is the panel's direction, unless somebody says another.
        told = replace(options, direction=said or own)
        screen = read_measured(measured.source, measured.name, perturbations, names, told)
        if said is None and screen.unit == ANOTHER:
            raise
    else:
        if said is not None and said != screen.stronger:
            raise SampleError(
                f"{measured.name}: {screen.stronger} values are stronger by the title of what was read, and you say"
                f" {said}. Leave the direction out, or give the column another title."
            )
    return screen


def with_pilot(model: Model, scored: ScoredSample, pilot: Pilot) -> ScoredSample:
    """Score a sample anew, now that some of its rows are measured.

    Parameters
    ----------
    model, scored
        Who scored what; a pilot that it has already is the first round of this one.
    pilot
        What was measured.

    Returns
    -------
    ScoredSample
        Its `pilot` says what was made of the measurements; its table has ``measured``, ``predicted_before``,
        ``rank_before`` and ``moved_by`` beside the columns of before.

    Raises
    ------
    SampleError, UserError
        If the sample is a line of the panel, too few rows can be used, or the model was trained without accuracy.
    """
    if scored.before_pilot is not None and scored.pilot is not None:
        return _Update(model, scored.before_pilot, pilot.after(scored.pilot.pilot)).scored_anew()
    return _Update(model, scored, pilot).scored_anew()


@dataclass(frozen=True)
class _Update:
    """One sample, one pilot."""

    model: Model
    scored: ScoredSample
    pilot: Pilot

    def scored_anew(self) -> ScoredSample:
        model, scored = self.model, self.scored
        self._refuse()
        predictions = predict(model, scored.checked.values)
        predicted = predictions.predicted.to_numpy(dtype=np.float64)[0]
        known, joined = model.known_panel, self._joined(predicted)
        conditioning = Conditioning.of(known.residuals, joined.of_lines, joined.rows)
        correlations = conditioning.correlations()
        joined = self._with_errors(joined, correlations)
        trust, odds = self._trust(joined, correlations)
        after = updated_panel(known, joined, conditioning, trust, joined.rows)
        effects = self._effects(joined, correlations, trust)
        shift = effects.sum(axis=0).astype(np.float32)
        by_fold = predictions.by_fold[0] + shift
        percentile = weaker_share(
            after.predictions.out_of_fold, known.folds, by_fold, model.ensemble.higher_is_stronger
        )
        moved = replace(
            predictions,
            predicted=predictions.predicted + shift,
            panel_percentile=predictions.panel_percentile * 0.0 + percentile,
            by_fold=by_fold[None],
        )
        names, passport = predictions.predicted.columns, scored.passport
        columns, level = sample_columns(by_fold, after.predictions, names, passport.lineage, passport.familiarity)
        table = model.table.drop(columns=after.accuracy.columns, errors="ignore").join(after.accuracy)
        if "ceiling" in table:
            share = share_of_ceiling(table["accuracy"].to_numpy(dtype=float), table["ceiling"].to_numpy(dtype=float))
            table["share_of_ceiling"] = share
        table = hit_table(moved, str(scored.checked.values.index[0]), table, model.panel.score, columns)
        # The other studies' predictions stay; what was moved is the first one's.
        (table, _), *_ = with_consensus(model, scored.checked.values, [(table, level)])
        rows = self._rows(joined, names, predicted)
        table = self._with_before(table, rows, effects, names)
        unused = self._unused(joined, names)
        outcome = PilotOutcome(self.pilot, rows, self._how(joined), trust, odds, after.predictions.calibration, unused)
        return replace(scored, table=table, level=level, pilot=outcome, before_pilot=scored)

    def _refuse(self) -> None:
        same = self.scored.passport.same_line
        refuse_without_accuracy(self.model)
        if same is None or not same.screened:
            return
        if not same.study:
            raise SampleError(
                f"{self.scored.sample} is {same.name}, which the panel has measured: a pilot tells nothing that is not"
                " known of it."
            )
        if self.model.trained.study_weights.get(same.study, 0.0) > 0:
            raise SampleError(
                f"{self.scored.sample} is {same.name}, whose values in {same.study} the model has learnt from: how far"
                " a pilot surprises it says nothing of a new line."
            )

    def _joined(self, predicted: Array) -> JoinedPilot:
        pilot, side = self.pilot, self.model.known_panel.side
        names = pd.Index(self.model.ensemble.perturbations)
        measured = pilot.values.reindex(names).to_numpy(dtype=np.float64)
        if pilot.laboratory is not None:
            there = pilot.laboratory.reindex(self.model.panel.lines.index, columns=names)
            sign = 1.0 if pilot.same_direction else -1.0
            joined = join_laboratory(side, predicted, sign * measured, sign * there.to_numpy(dtype=np.float64))
        elif self._as_it_is:
            joined = join_same_unit(side, predicted, measured)
        else:
            joined = join_by_ranks(side, predicted, measured, pilot.same_direction)
        if len(joined.rows) > MAX_ROWS:
            raise SampleError(
                f"{len(joined.rows):,} rows were measured; a pilot has at most {MAX_ROWS:,}. Hand in the most"
                " telling ones (a plate chosen from what you have), or judge the list with the Scorecard."
            )
        if len(joined.rows) < MIN_ROWS:
            raise SampleError(
                f"{len(joined.rows)} of the measured rows are rows that {self.model.name} has learnt; at least"
                f" {MIN_ROWS} are needed to tell anything of the others."
            )
        left = int(self.model.known_panel.residuals.known.sum()) - len(joined.rows)
        if left < MIN_ROWS:
            raise SampleError(
                f"All rows but {left} that {self.model.name} has learnt were measured: there is nothing left to rank."
                " The Scorecard judges the predictions by them."
            )
        return joined

    @property
    def _as_it_is(self) -> bool:
        """Whether the values stand in the panel's unit, and nothing says how their laboratory measures."""
        return self.pilot.laboratory is None and self.pilot.same_unit and self.pilot.same_direction

    def _how(self, joined: JoinedPilot) -> str:
        """How the values were joined to the panel's unit, in words."""
        if self.pilot.laboratory is not None:
            return BY_ITS_LINES
        if not self._as_it_is:
            return BY_RANKS
        return ANOTHER_LABORATORY if joined.errors.least_noise else SAME_STUDY

    def _unused(self, joined: JoinedPilot, names: pd.Index) -> tuple[str, ...]:
        """Rows that were measured and tell nothing: nothing was learnt of them, or nothing says how they compare."""
        used = set(names[joined.rows])
        return tuple(str(name) for name in self.pilot.values.index if name not in used)

    def _with_errors(self, joined: JoinedPilot, correlations: Correlations) -> JoinedPilot:
        """The pilot, with the errors of another laboratory where it is one."""
        if not self._as_it_is:
            return joined
        same = self.pilot.same_study
        if same is None:
            same = of_the_same_study(correlations, joined.values)
        return joined if same else replace(joined, errors=Errors.of_another_laboratory(len(joined.rows)))

    def _trust(self, joined: JoinedPilot, correlations: Correlations) -> tuple[Trust, float]:
        trust = trust_of(correlations, joined.values, joined.errors)
        odds = log_odds(correlations.trusted(trust, joined.errors.shared).within, joined.values, joined.others)
        return replace(trust, weight=1.0 if self.pilot.certain else weight_of(odds)), odds

    def _effects(self, joined: JoinedPilot, correlations: Correlations, trust: Trust) -> Floats:
        """What each measured row moves every row by (s, p), in the score's unit."""
        trusted = correlations.trusted(trust, joined.errors.shared)
        gains = np.linalg.solve(trusted.within, trusted.across.astype(np.float64))
        scale = trust.weight * np.nan_to_num(self.model.known_panel.residuals.scale)
        effects: Array = joined.values[:, None] * gains * scale
        # A measured row is known by its own measurement.
        effects[:, joined.rows] = 0.0
        return effects

    def _rows(self, joined: JoinedPilot, names: pd.Index, predicted: Array) -> pd.DataFrame:
        """The measured rows that count: ``measured`` (in the panel's unit), ``predicted``, ``surprise``."""
        return pd.DataFrame(
            {"measured": joined.measured, "predicted": predicted[joined.rows], "surprise": joined.values},
            index=pd.Index(names[joined.rows], name="perturbation"),
        )

    def _with_before(self, table: pd.DataFrame, rows: pd.DataFrame, effects: Floats, names: pd.Index) -> pd.DataFrame:
        """The new table with what was before, and what only the sample's own table had."""
        before = self.scored.table
        # What the user's own tables say of genes and drugs was written over the model's.
        told = [name for name in _BY_THE_USERS_TABLES if name in before]
        table = table.drop(columns=told, errors="ignore")
        table = table.join(before[[column for column in before if column not in table]])
        table["in_pilot"] = table.index.isin(self.pilot.values.index)
        table["measured"] = rows["measured"].reindex(table.index)
        table["predicted_before"] = before["predicted"].reindex(table.index)
        places = pd.Series(np.arange(1, len(before) + 1), before.index)
        table["rank_before"] = places.reindex(table.index)
        table["moved_by"] = _moved_by(effects, rows.index, names).reindex(table.index)
        return table


def _moved_by(effects: Floats, measured: pd.Index, names: pd.Index) -> pd.Series:
    """The measured rows that moved each row most, with how far, in words; empty where nothing did."""
    order = np.argsort(-np.abs(effects), axis=0, kind="stable")[:_NAMED]
    sizes = np.take_along_axis(effects, order, axis=0)
    labels = measured.to_numpy(dtype=object)[order]
    texts = [
        ", ".join(f"{label} {size:+.2f}" for label, size in zip(*pair, strict=True) if abs(size) >= _SEEN)
        for pair in zip(labels.T, sizes.T, strict=True)
    ]
    return pd.Series(texts, names, dtype=object)
