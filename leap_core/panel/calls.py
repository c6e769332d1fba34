"""Calls that are written as words: a table of yes and no, dependent and not, as 1 and 0."""

from __future__ import annotations

import pandas as pd

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


def calls_of_words(table: pd.DataFrame, name: str) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """The table with words for calls as 1.0 and 0.0 where most columns hold nothing else; as it is otherwise."""
    texts = [place for place, dtype in enumerate(table.dtypes) if not pd.api.types.is_numeric_dtype(dtype)]
    if not texts or len(texts) < _MOST * table.shape[1]:
        return table, ()
    cells = table.iloc[:, texts].map(lambda cell: "" if pd.isna(cell) else str(cell).strip().lower())
    signs = "-" in set(cells.iloc[:, 0]) | set(cells.iloc[:, -1])
    words = {cell for column in cells for cell in set(cells[column]) if cell == "-" or not is_gap(cell)}
    pair = next((pair for pair in _PAIRS if words == set(pair)), None)
    if pair is None or (pair[1] == "-") != signs:
        return table, ()
    found = table.copy(deep=False)
    for place, title in zip(texts, cells.columns, strict=True):
        found.isetitem(place, cells[title].map({pair[0]: 1.0, pair[1]: 0.0}).to_numpy(dtype=float))
    return found, (f"{name}: {pair[0]!r} was read as 1 (dependent or sensitive), {pair[1]!r} as 0",)
