"""The plate of a pilot: which rows tell most of the others, their wells, and what measuring them buys."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import numpy as np
import pandas as pd

from leap_core.arrays import Ints
from leap_core.errors import UserError
from leap_core.pilot.conditioning import Conditioning, Trust
from leap_core.pilot.design import choose_rows
from leap_core.pilot.guard import MIN_ROWS
from leap_core.pilot.joining import join_same_unit
from leap_core.pilot.update import KnownPanel, updated_panel
from leap_core.ranking.controls import matched_controls
from leap_core.services.models import Model
from leap_core.services.scoring import ScoredSample


def propose_plate(
    model: Model,
    number: int,
    candidates: Collection[str] | None = None,
    around: Collection[str] | None = None,
    measured: Sequence[str] = (),
) -> pd.DataFrame:
    """Choose the rows that tell most of the others.

    Parameters
    ----------
    model
        Whose rows.
    number
        How many.
    candidates
        What there is to be tested; None: everything.
    around
        Rows that are to be known better; None: all.
    measured
        Rows that are measured already: none of them is chosen, nor what they tell counted again.

    Returns
    -------
    pandas.DataFrame
        Index perturbations, the most telling first; ``explained``: share (0..1) of what the models do not know of the
        rows that count, known when it and those before it are measured.

    Raises
    ------
    UserError
        If none of the candidates can be chosen, a name is none of the model's, or its accuracy was not measured.
    """
    refuse_without_accuracy(model)
    names = pd.Index(model.ensemble.perturbations)
    if number < 1:
        raise UserError(f"A plate has at least 1 row, not {number}.")
    if strangers := [name for name in (*(candidates or ()), *(around or ()), *measured) if name not in names]:
        raise UserError(f"{model.name} has no {model.panel.score.kind} called {strangers[0]!r}.")
    return _chosen(model, names, number, candidates, around, measured)


def _chosen(
    model: Model,
    names: pd.Index,
    number: int,
    candidates: Collection[str] | None,
    around: Collection[str] | None,
    measured: Sequence[str],
) -> pd.DataFrame:
    known = model.known_panel
    free = np.ones(len(names), dtype=bool) if candidates is None else names.isin(list(candidates))
    counts = np.ones(len(names)) if around is None else names.isin(list(around)).astype(float)
    first = names.get_indexer(pd.Index(list(measured), dtype=object)).astype(np.int64)
    first = first[known.residuals.known[first]]
    free[first], counts[first] = False, 0.0
    if not counts[known.residuals.known].any():
        raise UserError("Nothing is known of how these rows go with others; choose for what others are told.")
    design = choose_rows(known.residuals, number + len(first), free & known.learnable, counts, first)
    plate = pd.DataFrame({"explained": design.explained}, pd.Index(names[design.rows], name="perturbation"))
    if len(plate) <= len(first):
        raise UserError("None of these rows has residuals to learn from; choose from others.")
    return plate.iloc[len(first) :]


def plate_table(
    model: Model, scored: ScoredSample, plate: pd.DataFrame, controls: int, replicates: int
) -> pd.DataFrame:
    """The wells of a plate: the chosen rows, controls for genes, each as often as it is to be measured.

    Returns
    -------
    pandas.DataFrame
        ``perturbation``, ``role`` (``pilot`` or the kind of control), ``replicate`` (1...), ``explained`` (pilot rows).
    """
    rows = plate.assign(role="pilot")
    if model.panel.score.kind == "gene" and controls:
        higher = model.panel.score.higher_is_stronger
        beside = matched_controls(scored.table, plate.index, controls, higher)
        rows = pd.concat([rows, beside[["control"]].set_axis(["role"], axis=1)])
    wells = rows.rename_axis("perturbation").reset_index()
    wells = wells.loc[wells.index.repeat(replicates)].reset_index(drop=True)
    wells["replicate"] = np.arange(len(wells)) % replicates + 1
    return wells[["perturbation", "role", "replicate", "explained"]]


def plate_gains(model: Model, plate: Sequence[str], numbers: Sequence[int]) -> pd.DataFrame:
    """What measuring the first N of a plate buys, on the panel's lines by models that had not seen them.

    All N are judged on the same rows: those that the whole plate leaves.

    Returns
    -------
    pandas.DataFrame
        Index N; ``accuracy`` (mean over rows), ``hits`` (true, selective among the first 20 of a line's list),
        ``accuracy_level``, ``hits_level``: the same where rows go together only as far as all rows of a line do.
    """
    refuse_without_accuracy(model)
    names = pd.Index(model.ensemble.perturbations)
    rows, known = names.get_indexer(pd.Index(list(plate))).astype(np.int64), model.known_panel
    left = int(known.residuals.known.sum()) - len(rows)
    if left < MIN_ROWS:
        raise UserError(f"A plate of {len(rows)} leaves {left} rows of {model.name}; nothing can be counted on them.")
    found = {}
    for number in numbers:
        told = [_told_by(known, rows[:number], rows, Trust(specific=specific)) for specific in (1.0, 0.0)]
        found[number] = (*told[0], *told[1])
    columns = ["accuracy", "hits", "accuracy_level", "hits_level"]
    return pd.DataFrame.from_dict(found, orient="index", columns=columns).rename_axis("N")


def _told_by(known: KnownPanel, rows: Ints, left_out: Ints, trust: Trust) -> tuple[float, float]:
    """Mean accuracy, and hits among the first 20, of the panel's lines with some rows measured."""
    measured = np.full(known.measured.shape[1], np.nan)
    measured[rows] = 0.0
    pilot = join_same_unit(known.side, np.zeros(len(measured)), measured)
    if len(rows):
        conditioning = Conditioning.of(known.residuals, pilot.of_lines, rows)
    else:
        conditioning = Conditioning(known.residuals, pilot.of_lines, 1.0)
    after = updated_panel(known, pilot, conditioning, trust, left_out)
    yields = after.predictions.calibration.yields
    hits = float("nan") if yields is None else float(np.nanmean(yields.hits["leap"][:, 19]))
    return float(np.nanmean(after.accuracy["accuracy"])), hits


def refuse_without_accuracy(model: Model) -> None:
    """A pilot rests on predictions of lines that no model had seen.

    Raises
    ------
    UserError
        If the model was trained without measuring its accuracy.
    """
    if not model.accuracy_measured:
        raise UserError(
            f"{model.name} was trained without measuring its accuracy, which a pilot rests on. Train it with accuracy."
        )
