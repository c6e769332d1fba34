"""Calls that are written as words: a table of yes and no, dependent and not, as 1 and 0."""

from __future__ import annotations

import pandas as pd

from leap_core.arrays import Mask
from leap_core.io.numbers import is_gap

# What means dependent or sensitive, and what does not.
_PAIRS = (
    ("true", "false"),
    ("yes", "no"),
    ("y", "n"),
    ("t", "f"),
    ("dependent", "not dependent"),
    ("dependent", "non-dependent"),
    ("dependent", "nondependent"),
    ("dependent", "independent"),
    ("essential", "non-essential"),
    ("essential", "nonessential"),
    ("essential", "not essential"),
    ("e", "ne"),
    ("sensitive", "resistant"),
    ("s", "r"),
    ("hit", "no hit"),
    ("hit", "non-hit"),
    ("+", "-"),
)
_MOST = 0.9


def chosen_rows(column: pd.Series) -> Mask | None:
    """Rows (n,) that a column of words says yes to; None where it is no such column."""
    cells = column.map(_word)
    pair = _pair(set(cells))
    return None if pair is None else (cells == pair[0]).to_numpy()


def _word(cell: object) -> str:
    return "" if cell is None or cell != cell else str(cell).strip().lower()


def _pair(cells: set[str]) -> tuple[str, str] | None:
    """Yes and no, where the cells hold both and nothing else; a dash alone is a gap."""
    words = {cell for cell in cells if cell == "-" or not is_gap(cell)}
    return next((pair for pair in _PAIRS if words == set(pair)), None)


def calls_of_words(table: pd.DataFrame, name: str) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """The table with words for calls as 1.0 and 0.0 where most columns hold nothing else; as it is otherwise."""
    texts = [place for place, dtype in enumerate(table.dtypes) if not pd.api.types.is_numeric_dtype(dtype)]
    if not texts or len(texts) < _MOST * table.shape[1]:
        return table, ()
    # By their places: titles may occur twice.
    cells = [table.iloc[:, place].map(_word) for place in texts]
    pair = _pair(set().union(*map(set, cells)))
    if pair is None:
        return table, ()
    found = table.copy(deep=False)
    for place, column in zip(texts, cells, strict=True):
        found.isetitem(place, column.map({pair[0]: 1.0, pair[1]: 0.0}).to_numpy(dtype=float))
    return found, (f"{name}: {pair[0]!r} was read as 1 (dependent or sensitive), {pair[1]!r} as 0",)
