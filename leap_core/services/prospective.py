"""Freezing what a model says of lines that nobody has screened, and judging it when they have been."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pandas as pd

from leap_core.errors import UserError
from leap_core.io.drug_tables import read_drug_table
from leap_core.io.reference import shipped_gene_names
from leap_core.io.tables import PANEL_LIMIT
from leap_core.panel.further_studies import FurtherSource, read_response
from leap_core.panel.line_names import LineNames
from leap_core.panel.lines import annotate, read_line_table
from leap_core.panel.same_perturbations import same_drugs, same_genes
from leap_core.panel.tables import Known
from leap_core.passport.familiarity import class_of
from leap_core.ranking.dependency_rule import DependencyRule
from leap_core.ranking.prospective import (
    LEVEL,
    RULE,
    VALUES,
    FrozenFrom,
    FrozenPredictions,
    ProspectiveJudgement,
    judge_frozen,
)
from leap_core.run.version import __version__
from leap_core.services.models import Model
from leap_core.services.scoring import tables_of

_INTERVAL = f"interval_{100 * LEVEL:.0f}_"
_COLUMNS = {"low": f"{_INTERVAL}low", "high": f"{_INTERVAL}high"}
# Lines that are scored at a time.
_AT_ONCE = 50


def freeze(model: Model, lines: Path | None = None) -> tuple[FrozenPredictions, tuple[str, ...]]:
    """Predict the lines of a model's panel that have expression and no screen.

    A line that a further study has screened, or whose patient the model has seen, is left out: of these it is no
    prediction.

    Parameters
    ----------
    model
        With its accuracy measured: intervals and probabilities are of lines that it had not seen.
    lines
        A table of lines, which tells the patients of those without a screen; without it each is its own patient.

    Returns
    -------
    frozen : FrozenPredictions
    notes : tuple of str
        What was left out.

    Raises
    ------
    UserError
        If there is no such line, or the accuracy was not measured.
    """
    if not model.accuracy_measured:
        raise UserError(f"{model.name} was trained without measuring its accuracy, so that nothing could be expected.")
    panel = model.panel
    annotation = read_line_table(lines, lines.name).annotation if lines is not None else None
    told = annotate(annotation, panel.unlabelled.index)
    seen = {*panel.patients, *(patient for study in panel.further for patient in study.lines["patient"])}
    screened = pd.Index([]).append([study.response.index for study in panel.further])
    gone = told["patient"].isin(seen) | told.index.isin(screened)
    notes = [f"{int(gone.sum())} lines left out: the model has seen them, or their patient"] if gone.any() else []
    if annotation is None:
        notes.append("no table of lines: each line is taken as a patient of its own")
    kept = panel.unlabelled.loc[~gone.to_numpy()]
    if not len(kept):
        raise UserError(
            f"The panel of {model.name} has no line that it has expression of and nobody has screened"
            f" ({len(panel.unlabelled):,} without a screen, {int(gone.sum()):,} of them known by a study or a patient);"
            " nothing can be frozen. Train on the release's whole table of expression."
        )
    return _frozen(model, kept, told.loc[kept.index, ["patient"]]), tuple(notes)


def _frozen(model: Model, expression: pd.DataFrame, patients: pd.DataFrame) -> FrozenPredictions:
    genes = list(model.ensemble.standardiser.genes)
    kinship = model.reference.percentiles(expression[genes].to_numpy(dtype=np.float64))[:, 0]
    names = model.table.index
    values = {name: np.full((len(expression), len(names)), np.nan, dtype=np.float32) for name in VALUES}
    for start in range(0, len(expression), _AT_ONCE):
        samples = expression.iloc[start : start + _AT_ONCE][genes]
        known = [(None, class_of(percentile)) for percentile in kinship[start : start + _AT_ONCE]]
        for number, (table, _) in enumerate(tables_of(model, samples, known), start):
            for name in VALUES:
                if (column := _COLUMNS.get(name, name)) in table:
                    values[name][number] = table[column].reindex(names).to_numpy(dtype=np.float32)
    made = FrozenFrom(
        model.name,
        model.key,
        str(model.recipe["name"]),
        model.panel.release,
        datetime.now(UTC).isoformat(timespec="seconds"),
        __version__,
    )
    return FrozenPredictions(made, model.panel.score, patients, _perturbations(model), values)


def _perturbations(model: Model) -> pd.DataFrame:
    """What is known of each perturbation beforehand."""
    table = model.table[["accuracy", "panel_mean"]].astype(float)
    rule = DependencyRule.of(model.panel.response[table.index].to_numpy(), model.panel.score)
    return table.assign(**{name: np.asarray(getattr(rule, name), dtype=float) for name in RULE})


def judge(
    frozen: FrozenPredictions, release: FurtherSource, lines: Path | None = None, drugs: Path | None = None
) -> tuple[ProspectiveJudgement, tuple[str, ...]]:
    """Judge frozen predictions by a table of responses that was published since.

    Parameters
    ----------
    frozen
        From `freeze`.
    release
        The responses: a later release of the same screen, or another laboratory's.
    lines
        A table of lines that knows them by several names.
    drugs
        A table of drugs whose synonyms join drugs under several names.

    Returns
    -------
    judgement : ProspectiveJudgement
    notes : tuple of str
        What was done to the table, in sentences.

    Raises
    ------
    UserError, PanelError, UnreadableTableError
        If the table is none, or has none of the frozen lines.
    """
    names = LineNames() if lines is None else read_line_table(lines, lines.name).names
    known = Known(names, shipped_gene_names())
    response, score, notes = read_response(release, known)
    ours, theirs = frozen.perturbations.index.tolist(), response.columns.tolist()
    if score.kind == "gene":
        same = same_genes(ours, theirs, known.names)
    else:
        table = read_drug_table(drugs, drugs.name, PANEL_LIMIT) if drugs is not None else None
        same = same_drugs(ours, theirs, table)
    # Several columns of the screen may be one perturbation: their mean.
    measured = response[same["column"]].set_axis(same["perturbation"].to_numpy(), axis=1)
    measured = measured.T.groupby(level=0).mean().T
    return judge_frozen(frozen, measured, score), tuple(notes)
