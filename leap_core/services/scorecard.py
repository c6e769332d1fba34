"""A sample's list judged by a file of what was measured."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd

from leap_core.errors import SampleError
from leap_core.genes.names import GeneNames
from leap_core.io.measured_screens import ScreenOptions, read_measured
from leap_core.ranking.dependency_rule import DependencyRule
from leap_core.ranking.hit_table import View, show
from leap_core.ranking.scorecard import Scorecard, score_predictions
from leap_core.services.models import Model
from leap_core.services.scoring import ScoredSample


@dataclass(frozen=True)
class Measured:
    """A file of measured values, and what is known of it.

    Attributes
    ----------
    source, name
        A path or the content, and what the file is called.
    same_unit
        Whether the values may be in the panel's unit.
    options
        What only the user knows.
    """

    source: Path | bytes
    name: str
    same_unit: bool = True
    options: ScreenOptions = field(default_factory=ScreenOptions)


def score_card(
    model: Model, scored: ScoredSample, view: View, measured: Measured, names: GeneNames | None = None
) -> tuple[Scorecard, str]:
    """Judge a sample's list by a file of measured values.

    A sample that is a line of the panel is judged by what the models that did not see it say of it; one that only a
    further study has screened cannot be judged where the model has learnt from that study.

    Parameters
    ----------
    model, scored
        Who scored what.
    view
        Order and filters of the list.
    measured
        The file, and what is known of it.
    names
        Tables that translate ids and other names of genes.

    Returns
    -------
    card : Scorecard
    what : str
        What was read, in words.

    Raises
    ------
    ChoiceNeededError
        If only the user can tell which column it is, or which end is stronger.
    UnreadableTableError, SampleError
        If the file is no table of measured values (see `leap_core.io.measured_screens.read_measured`).
    """
    screen = read_measured(
        measured.source, measured.name, pd.Index(model.ensemble.perturbations), names, measured.options
    )
    score, perturbations = model.panel.score, list(model.ensemble.perturbations)
    values = screen.values.reindex(perturbations).to_numpy(dtype=float)[None]
    events = DependencyRule.of(model.panel.response.to_numpy(dtype=float), score).events(values)[0]
    by_panel = pd.Series(events, perturbations)
    same = scored.passport.same_line
    line = same if same is not None and same.screened else None
    if line is not None and line.study:
        if model.trained.study_weights.get(line.study, 0.0) > 0:
            raise SampleError(
                f"{scored.sample} is {line.name}, whose values in {line.study} the model has learnt from: its"
                " predictions cannot be judged by a screen of it."
            )
        line = None
    table = _out_of_fold_table(model, scored.table, line.line) if line else show(scored.table, score, view).table
    card = score_predictions(table, screen, by_panel, measured.same_unit, score, "" if line is None else line.name)
    return card, screen.kind


def _out_of_fold_table(model: Model, table: pd.DataFrame, line: str) -> pd.DataFrame:
    """A line's hit table with the predictions of the models that did not see it, strongest first."""
    position = model.panel.lines.index.get_loc(line)
    honest = pd.Series(model.ensemble.out_of_fold[position].astype(float), list(model.ensemble.perturbations))
    found = table.copy()
    found["predicted"] = honest.reindex(table.index)
    relative = (found["predicted"] - found["panel_mean"]) / found["panel_sd"].replace(0.0, np.nan)
    found["z"] = model.panel.score.strength(relative.to_numpy(dtype=float))
    if "probability" in found:
        # Calibrated for lines that are new: it says nothing of one that was seen.
        found["probability"] = np.nan
    return found.loc[found["z"].sort_values(ascending=False, kind="stable").index]
