"""Tasks that a recipe is judged by: which lines are trained on, and which are predicted.

docs/methods.md#evaluations-of-recipes.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from leap_core.arrays import Array, Mask, Matrix
from leap_core.errors import UserError
from leap_core.io.drug_tables import name_and_id, spelt
from leap_core.panel.joining import Join, join_study
from leap_core.panel.lines import UNKNOWN_LINEAGE
from leap_core.panel.panel import Panel
from leap_core.panel.splits import digest_test_lines

UNSEEN_LINES, UNSEEN_LINEAGE, FEW_SHOT, UNSEEN_PERTURBATIONS, EXTERNAL = (
    "unseen-lines",
    "unseen-lineage",
    "few-shot",
    "unseen-perturbations",
    "external",
)
TASKS = {
    UNSEEN_LINES: "a fifth of the patients held out, again and again",
    UNSEEN_LINEAGE: "one whole lineage held out, each with 15 lines or more",
    FEW_SHOT: "another study of the same perturbations, a few of whose samples are labelled",
    UNSEEN_PERTURBATIONS: (
        "a fifth of the perturbations on a fifth of the patients, neither trained on (pan-perturbation recipes only)"
    ),
    EXTERNAL: "another study of the same perturbations",
}
MIN_LINEAGE = 15
MIN_TEST_LINES, _MIN_PATIENTS, _MIN_PERTURBATIONS = 3, 10, 5
_ID = re.compile(r"[_:](BRD-\S+|\d{2,})$")


@dataclass(frozen=True)
class Labelled:
    """Samples of another study whose responses may be learnt from.

    Attributes
    ----------
    expression
        (r, genes).
    response
        (r, p) in the order of the panel's perturbations, in the panel's score; NaN = not screened.
    patients
        (r,).
    """

    expression: pd.DataFrame
    response: Matrix
    patients: tuple[str, ...]


@dataclass(frozen=True)
class Splitting:
    """How a task is split.

    Attributes
    ----------
    repeats
        Of unseen lines, unseen perturbations and few-shot.
    labelled
        Samples of another study that are labelled.
    join
        How another study's expression is brought to the panel's (see `leap_core.panel.joining`).
    """

    repeats: int = 5
    labelled: int = 10
    join: Join = "auto"

    def __post_init__(self) -> None:
        if self.repeats < 1 or self.labelled < 5:
            raise UserError(
                f"Expected at least 1 repeat and 5 labelled samples, got {self.repeats} and {self.labelled}."
            )


@dataclass(frozen=True)
class TaskSplit:
    """One split of a task.

    Attributes
    ----------
    name
        Within its task.
    training
        (n,) which lines of the panel are trained on.
    expression
        (m, genes) of the test lines.
    measured
        (m, p) their responses in the order of the panel's perturbations; NaN = not screened.
    patients, lineages
        (m,) of the test lines.
    perturbations
        (p,) which perturbations are trained on, where not all are; the others are predicted.
    labelled
        Samples of the other study that are learnt from.
    joined
        How the other study's expression was brought to the panel's, in words.
    """

    name: str
    training: Mask
    expression: pd.DataFrame
    measured: Matrix
    patients: tuple[str, ...]
    lineages: tuple[str, ...]
    perturbations: Mask | None = None
    labelled: Labelled | None = None
    joined: str = ""


def splits_of(task: str, panel: Panel, how: Splitting, other: Panel | None = None) -> list[TaskSplit]:
    """Splits of a task; no patient is on both sides of any.

    Parameters
    ----------
    task
        One of `TASKS`.
    panel
        The panel that is trained on.
    how
        Repeats, labelled samples, joining.
    other
        The other study, for the tasks external and few-shot.

    Raises
    ------
    UserError
        If the panel has nothing that the task asks for.
    """
    if task in (UNSEEN_LINES, UNSEEN_PERTURBATIONS):
        splits = [
            _held_out(panel, f"split {number}", digest_test_lines(list(panel.patients), number))
            for number in range(how.repeats)
        ]
        if task == UNSEEN_PERTURBATIONS:
            splits = [_without_perturbations(panel, split, number) for number, split in enumerate(splits)]
        return _usable(splits, panel)
    if task == UNSEEN_LINEAGE:
        lineages = panel.lines["lineage"].to_numpy(dtype=object)
        names, counts = np.unique(lineages.astype(str), return_counts=True)
        large = [
            str(name)
            for name, count in zip(names, counts, strict=True)
            if count >= MIN_LINEAGE and name != UNKNOWN_LINEAGE
        ]
        if not large:
            raise UserError(
                f"No lineage of the panel has {MIN_LINEAGE} lines or more; give the lines' annotation with --lines."
            )
        return _usable([_held_out(panel, name, lineages == name) for name in large], panel)
    if other is None:
        raise UserError(f"The task {task} needs another study: --test-expression and --test-response.")
    whole = _external(panel, other, how.join)
    return _usable([whole] if task == EXTERNAL else _few_shot(panel, other, whole, how), panel)


def _usable(splits: list[TaskSplit], panel: Panel) -> list[TaskSplit]:
    """Those with enough test lines to score and enough patients to train on."""
    patients = np.asarray(panel.patients, dtype=object)
    usable = [
        split
        for split in splits
        if len(split.expression) >= MIN_TEST_LINES and len(set(patients[split.training])) >= _MIN_PATIENTS
    ]
    if not usable:
        raise UserError(
            f"No split leaves {MIN_TEST_LINES} lines to predict and {_MIN_PATIENTS} patients to train on: the panel is"
            " too small or too uniform for this task, or the other study has the panel's own lines."
        )
    return usable


def _held_out(panel: Panel, name: str, test: Mask) -> TaskSplit:
    patients = np.asarray(panel.patients, dtype=object)
    return TaskSplit(
        name,
        ~np.isin(patients, patients[test]),
        panel.expression[test],
        panel.response.to_numpy()[test],
        tuple(map(str, patients[test])),
        tuple(map(str, panel.lines["lineage"][test])),
    )


def _without_perturbations(panel: Panel, split: TaskSplit, number: int) -> TaskSplit:
    """A fifth of the perturbations are not trained on; a drug under two ids goes as one."""
    names = [spelt(name_and_id(str(name))[0]) for name in panel.response.columns]
    held_out = digest_test_lines(names, number)
    if held_out.sum() < 1 or (~held_out).sum() < _MIN_PERTURBATIONS:
        raise UserError(
            f"The panel has {len(names)} perturbations; the task needs {_MIN_PERTURBATIONS} to train on and some to"
            " predict."
        )
    return replace(
        split, measured=np.where(held_out, split.measured, np.nan).astype(np.float32), perturbations=~held_out
    )


def _few_shot(panel: Panel, other: Panel, whole: TaskSplit, how: Splitting) -> list[TaskSplit]:
    """Random samples of the other study are labelled, whole patients at a time; the rest is predicted."""
    patients = np.asarray(whole.patients, dtype=object)
    everyone = np.unique(patients.astype(str))
    splits = []
    for number in range(how.repeats):
        digests = [hashlib.sha256(f"few-shot-{number}|{patient}".encode()).digest() for patient in everyone]
        drawn = [everyone[position] for position in sorted(range(len(everyone)), key=digests.__getitem__)]
        sizes = np.cumsum([int((patients == patient).sum()) for patient in drawn])
        own = np.isin(patients, drawn[: int(np.searchsorted(sizes, how.labelled)) + 1])
        if len(patients) - own.sum() < MIN_TEST_LINES:
            raise UserError(
                f"The other study has {len(patients)} samples; with {int(own.sum())} labelled fewer than"
                f" {MIN_TEST_LINES} are left to predict."
            )
        known = whole.measured[own]
        # By the labelled samples alone: those that are predicted are not known.
        response = (
            known
            if other.score.key == panel.score.key
            else _in_panel_units(known, panel.response.to_numpy()[whole.training])
        )
        labelled = Labelled(whole.expression[own], response, tuple(map(str, patients[own])))
        splits.append(
            replace(
                whole,
                name=f"draw {number}",
                expression=whole.expression[~own],
                measured=whole.measured[~own],
                labelled=labelled,
                patients=tuple(map(str, patients[~own])),
                lineages=tuple(np.asarray(whole.lineages, dtype=object)[~own]),
            )
        )
    return splits


def _in_panel_units(measured: Matrix, panel: Matrix) -> Matrix:
    """Another score (m, p) with the mean and deviation that the panel's has, perturbation by perturbation."""
    known, here = ~np.isnan(measured), ~np.isnan(panel)

    def moments(values: Matrix, there: Mask) -> tuple[Array, Array]:
        count = np.maximum(there.sum(axis=0), 1)
        mean = np.where(there, values, 0.0).sum(axis=0, dtype=np.float64) / count
        return mean, np.sqrt(np.square(np.where(there, values - mean, 0.0)).sum(axis=0) / count)

    (mean, deviation), (level, spread) = moments(measured, known), moments(panel, here)
    return ((measured - mean) / np.where(deviation > 1e-12, deviation, 1.0) * spread + level).astype(np.float32)


def _external(panel: Panel, other: Panel, join: Join) -> TaskSplit:
    if other.unit != panel.unit:
        raise UserError(
            f"The other study's expression is {other.unit}, the panel's {panel.unit}; expected the same unit."
        )
    if other.score.higher_is_stronger != panel.score.higher_is_stronger:
        raise UserError(
            f"The other study's score ({other.score.direction}) runs the other way from the panel's"
            f" ({panel.score.direction})."
        )
    shared = int(panel.expression.columns.isin(other.expression.columns).sum())
    if shared < 0.5 * panel.expression.shape[1]:
        raise UserError(
            f"The other study's expression has {shared:,} of the panel's {panel.expression.shape[1]:,} genes; expected"
            " at least half, by the same symbols."
        )
    columns = _same_perturbations(list(panel.response.columns), list(other.response.columns))
    if not columns:
        raise UserError(
            f"The two studies share no perturbation by name (for example {panel.response.columns[0]} and"
            f" {other.response.columns[0]})."
        )
    measured = np.full((len(other.lines), panel.response.shape[1]), np.nan, dtype=np.float32)
    for here, there in columns.items():
        measured[:, here] = other.response.iloc[:, there]
    # A line of any study of the panel tells the patient even where the other study is not annotated.
    known = pd.concat([panel.lines, *(study.lines for study in panel.further)])[["patient", "lineage"]]
    known = known[~known.index.duplicated()]
    own = other.lines[["patient", "lineage"]]
    told = known.reindex(own.index)
    annotated = told.where(told["patient"].notna(), own)
    training = ~np.isin(np.asarray(panel.patients, dtype=object), [*other.patients, *annotated["patient"]])
    expression, words = join_study(panel.expression[training], other.expression, join)
    return TaskSplit(
        other.release,
        training,
        expression,
        measured,
        tuple(annotated["patient"].astype(str)),
        tuple(annotated["lineage"].astype(str)),
        joined=words,
    )


def _same_perturbations(ours: Sequence[str], theirs: Sequence[str]) -> dict[int, int]:
    """Columns of ours to columns of theirs.

    By the whole name, else by the name before a numeric id, where that is unique in both.
    """
    whole_ours, whole_theirs = (
        _unique([name.casefold() for name in ours]),
        _unique([name.casefold() for name in theirs]),
    )
    found = {number: whole_theirs[name] for name, number in whole_ours.items() if name in whole_theirs}
    short_ours, short_theirs = _unique_short(ours), _unique_short(theirs)
    for name, number in short_ours.items():
        if number not in found and name in short_theirs and short_theirs[name] not in found.values():
            found[number] = short_theirs[name]
    return found


def _unique_short(names: Sequence[str]) -> dict[str, int]:
    """Letters and digits of the names, less an id of two digits or more behind an underscore or a colon."""
    return _unique(["".join(letter for letter in _ID.sub("", name).casefold() if letter.isalnum()) for name in names])


def _unique(names: Sequence[str]) -> dict[str, int]:
    counts = Counter(names)
    return {name: number for number, name in enumerate(names) if name and counts[name] == 1}
