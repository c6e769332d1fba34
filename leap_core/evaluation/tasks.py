"""Tasks that a recipe is judged by: which lines are trained on, and which are predicted (METHODS.md, section 6)."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from leap_core.data.lines import UNKNOWN_LINEAGE
from leap_core.data.panel import Panel
from leap_core.data.splits import digest_test_lines
from leap_core.errors import UserError

UNSEEN_LINES, UNSEEN_LINEAGE, EXTERNAL = "unseen-lines", "unseen-lineage", "external"
TASKS = {
    UNSEEN_LINES: "a fifth of the patients held out, again and again",
    UNSEEN_LINEAGE: "one whole lineage held out, each with 15 lines or more",
    EXTERNAL: "another study of the same perturbations",
}
SMALLEST_LINEAGE = 15
FEWEST_TEST, _FEWEST_PATIENTS = 3, 10
_ID = re.compile(r"[_:](BRD-\S+|\d{2,})$")
Mask = npt.NDArray[np.bool_]


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
    """

    name: str
    training: Mask
    expression: pd.DataFrame
    measured: npt.NDArray[np.float32]
    patients: tuple[str, ...]
    lineages: tuple[str, ...]


def splits_of(task: str, panel: Panel, repeats: int, other: Panel | None = None) -> list[TaskSplit]:
    """Splits of a task; no patient is on both sides of any.

    Parameters
    ----------
    task
        One of `TASKS`.
    panel
        The panel that is trained on.
    repeats
        Of unseen lines.
    other
        The other study, for the task external.

    Raises
    ------
    UserError
        If the panel has nothing that the task asks for.
    """
    if task == UNSEEN_LINES:
        return _usable(
            [_held_out(panel, f"split {number}", digest_test_lines(list(panel.patients), number)) for number in range(repeats)], panel
        )
    if task == UNSEEN_LINEAGE:
        lineages = panel.lines["lineage"].to_numpy(dtype=object)
        names, counts = np.unique(lineages.astype(str), return_counts=True)
        large = [str(name) for name, count in zip(names, counts, strict=True) if count >= SMALLEST_LINEAGE and name != UNKNOWN_LINEAGE]
        if not large:
            raise UserError(f"No lineage of the panel has {SMALLEST_LINEAGE} lines or more; give the lines' annotation with --lines.")
        return _usable([_held_out(panel, name, lineages == name) for name in large], panel)
    if other is None:
        raise UserError("The task external needs another study: --test-expression and --test-response.")
    return _usable([_external(panel, other)], panel)


def _usable(splits: list[TaskSplit], panel: Panel) -> list[TaskSplit]:
    """Those with enough test lines to score and enough patients to train on."""
    patients = np.asarray(panel.patients, dtype=object)
    usable = [split for split in splits if len(split.expression) >= FEWEST_TEST and len(set(patients[split.training])) >= _FEWEST_PATIENTS]
    if not usable:
        raise UserError(
            f"No split leaves {FEWEST_TEST} lines to predict and {_FEWEST_PATIENTS} patients to train on: the panel is too small or too uniform for this task, "
            "or the other study has the panel's own lines."
        )
    return usable


def _held_out(panel: Panel, name: str, test: Mask) -> TaskSplit:
    patients = np.asarray(panel.patients, dtype=object)
    return TaskSplit(
        name, ~np.isin(patients, patients[test]), panel.expression[test], panel.response.to_numpy()[test],
        tuple(map(str, patients[test])), tuple(map(str, panel.lines["lineage"][test])),
    )  # fmt: skip


def _external(panel: Panel, other: Panel) -> TaskSplit:
    if other.unit != panel.unit:
        raise UserError(f"The other study's expression is {other.unit}, the panel's {panel.unit}; expected the same unit.")
    if other.score.higher_is_stronger != panel.score.higher_is_stronger:
        raise UserError(f"The other study's score ({other.score.direction}) runs the other way from the panel's ({panel.score.direction}).")
    shared = int(panel.expression.columns.isin(other.expression.columns).sum())
    if shared < 0.5 * panel.expression.shape[1]:
        raise UserError(
            f"The other study's expression has {shared:,} of the panel's {panel.expression.shape[1]:,} genes; expected at least half, by the same symbols."
        )
    columns = _same_perturbations(list(panel.response.columns), list(other.response.columns))
    if not columns:
        raise UserError(f"The two studies share no perturbation by name (for example {panel.response.columns[0]} and {other.response.columns[0]}).")  # fmt: skip
    measured = np.full((len(other.lines), panel.response.shape[1]), np.nan, dtype=np.float32)
    for here, there in columns.items():
        measured[:, here] = other.response.iloc[:, there]
    # A line of both studies tells the patient even where the other study is not annotated.
    patients = np.asarray(panel.patients, dtype=object)
    same = np.isin(panel.lines.index.astype(str), other.lines.index.astype(str))
    training = ~np.isin(patients, [*other.patients, *patients[same]])
    known = dict(zip(panel.lines.index.astype(str), zip(panel.patients, panel.lines["lineage"], strict=True), strict=True))
    annotated = [
        known.get(str(line), own)
        for line, own in zip(other.lines.index, zip(other.patients, other.lines["lineage"], strict=True), strict=True)
    ]
    return TaskSplit(
        other.release, training, other.expression, measured, tuple(str(patient) for patient, _ in annotated), tuple(str(lineage) for _, lineage in annotated)
    )  # fmt: skip


def _same_perturbations(ours: Sequence[str], theirs: Sequence[str]) -> dict[int, int]:
    """Columns of ours to columns of theirs: by the whole name, else by the name before a numeric id, where that is unique in both."""
    whole_ours, whole_theirs = _unique([name.casefold() for name in ours]), _unique([name.casefold() for name in theirs])
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
