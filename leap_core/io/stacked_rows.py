"""Several rows of one gene or drug: repeats, or contrasts, lines, times and doses.

Of guides and replicates the mean is taken. Where every label of another column has (almost) all names, the rows of one
label are one list.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import pandas as pd

from leap_core.arrays import Mask
from leap_core.errors import ChoiceNeededError, SampleError
from leap_core.io.screen_scores import known_score

REPEATS = re.compile(
    r"(^|[^a-z])(rep(licate)?s?|plates?|batch|wells?|runs?|guides?|sg[ _.-]?rnas?|sequence|barcode|screen([ _.-]?id)?)"
    r"($|[^a-z])",
    re.IGNORECASE,
)
AMOUNTS = re.compile(
    r"(^|[^a-z])(days?|times?|time[ _.-]?points?|hours?|hrs?|weeks?|passage|doses?|conc(entration)?s?|dilution)"
    r"($|[^a-z])",
    re.IGNORECASE,
)
_MOST_LABELS = 200
# Of the names, what each label of a column of contrasts has, and how many names have to stand in several rows.
_COVERED, _REPEATED = 0.5, 0.1


@dataclass(frozen=True)
class Stack:
    """Rows of one list each, in a column that tells them apart."""

    title: str
    labels: tuple[str, ...]


def rows_of_one(table: pd.DataFrame, names: list[str], asked: str | None, name: str) -> tuple[Mask, str]:
    """Which rows are read.

    Parameters
    ----------
    table
        A row for each name and whatever else.
    names
        The model's name of each row; empty where it has none.
    asked
        The label whose rows are meant, where the user has said it.
    name
        What messages call the file.

    Returns
    -------
    rows : numpy.ndarray
        (n,) bool.
    words : str
        What was done; empty where each name stands once.

    Raises
    ------
    ChoiceNeededError
        If the rows are several lists.
    SampleError
        If no label is the one that was asked for.
    """
    every: Mask = pd.Series(names).ne("").to_numpy()
    repeated = pd.Series(names)[every].duplicated(keep=False)
    stack = _stack(table[every], pd.Series(names, table.index)[every]) if repeated.mean() > _REPEATED else None
    if stack is None:
        if asked is not None:
            raise SampleError(f"{name} has no rows of {asked!r}: no column tells several lists apart.")
        return every, f"{int(repeated.sum()):,} rows repeat a name, their mean was taken" if repeated.any() else ""
    if asked is None:
        raise ChoiceNeededError(
            f"{name} has several rows of each gene or drug, told apart by its column {stack.title}: which are this"
            " sample's?",
            stack.labels,
            "rows",
        )
    chosen: Mask = every & (table[stack.title].astype(str).str.strip() == asked).to_numpy()
    if not chosen.any():
        raise SampleError(f"{name} has no rows of {asked!r}; there are {', '.join(stack.labels[:20])}.")
    return chosen, f"rows of {asked} by its column {stack.title}"


def _stack(table: pd.DataFrame, names: pd.Series) -> Stack | None:
    """The column that tells several lists apart."""
    for position, title in enumerate(map(str, table.columns)):
        cells = table.iloc[:, position]
        number = pd.api.types.is_numeric_dtype(cells.dtype)
        if REPEATS.search(title) or (number and not AMOUNTS.search(title)) or known_score(title) is not None:
            continue
        labels = cells.astype(str).str.strip().where(cells.notna())
        levels = labels.dropna().unique()
        if not 1 < len(levels) <= _MOST_LABELS or (labels.groupby(names.to_numpy()).nunique() > 1).mean() < _COVERED:
            continue
        covered = names.groupby(labels.to_numpy()).nunique() / names.nunique()
        if covered.median() >= _COVERED or (number and AMOUNTS.search(title)):
            return Stack(title, tuple(str(level) for level in levels))
    return None
