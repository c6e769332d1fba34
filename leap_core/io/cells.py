"""Columns of cells to columns of numbers, and what of them was not understood.

A value that is left out without a word shifts whatever is computed from the rest: every cell with a digit that is no
number is counted and named.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from leap_core.io.numbers import (
    Converted,
    NumberFormat,
    format_of,
    has_digit,
    is_gap,
    is_grouped,
    looks_numeric,
    may_hide_thousands,
    to_numbers,
)

# Above so many cells that look like numbers and are none, a reader must know before looking at results.
_HANDFUL = 5
# Digits of the shortest whole number that is taken for an id rather than a small value.
_LEAST_ID = 4
# So many numbers tell how a table writes them; so many rows, what a column holds.
_TELLING, _FEWEST = 2_000, 8
# A column is one of numbers if at most this share of what is filled in is none.
_ODD_SHARE = 0.5
# Beyond what was tested, below what can be told, estimated, or with a footnote.
_BOUND = re.compile(r"^\s*(?:[<>\u2264\u2265~\u2248]=?\s*)?([+\-\u2212]?\d[\d.,]*(?:[eE][+-]?\d+)?)\s*\*{0,3}\s*$")
_CHROMOSOME = re.compile(r"^(chr)?(\d{1,2}|x|y|xy|m|mt|un|un_.*|.*_(random|alt|fix)|(gl|ki)\d+.*)$", re.IGNORECASE)


@dataclass(frozen=True)
class Cells:
    """A table whose columns are numbers (float64 or integers) or text.

    Attributes
    ----------
    frame
        The table; its first column is text.
    notes
        What was read or left out, one sentence each.
    warnings
        What the reader must know before using the table.
    above
        Comments and lines above the header, as they stand.
    """

    frame: pd.DataFrame
    notes: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    above: str = ""


def format_of_columns(frame: pd.DataFrame, as_text: Callable[[], pd.DataFrame]) -> NumberFormat:
    """How a table writes its numbers, decided over all its cells.

    Parameters
    ----------
    frame
        Columns under their positions; what is no plain number is text.
    as_text
        Gives the same table with every cell as text: asked for only if some cells are in another format, or plain
        numbers may be whole ones with points between thousands.
    """
    hidden = may_hide_thousands(_sample_of_numbers(frame))
    if not hidden and not any(_unplain(cell) for cell in _text_cells(frame)):
        return NumberFormat()
    text = as_text()
    columns = [[str(cell) for cell in dict.fromkeys(cells)] for _, cells in _columns(text, range(1, text.shape[1]))]

    def tells(cells: list[str]) -> bool:
        """Whether a column says how numbers are written: ids, lengths and chromosomes have no marks."""
        return any("." in cell or _unplain(cell) for cell in cells)

    return format_of(cell for cells in filter(tells, columns) for cell in cells if looks_numeric(cell))


def as_numbers(frame: pd.DataFrame, format: NumberFormat, labelled: bool = False) -> Cells:
    """Columns of numbers as numbers, each cell converted by itself; the other columns stay text.

    Where it is known that the first column holds labels (`labelled`), it stays text, whatever these look like.
    """
    odd: list[tuple[str, str]] = []
    bounds: list[tuple[str, str]] = []
    words = 0
    columns: dict[int, np.ndarray] = {}
    truths = {position for position, dtype in enumerate(frame.dtypes) if dtype == np.bool_}
    for position, texts in _columns(frame, _text_columns(frame)):
        if position in truths:
            columns[position] = np.array([str(cell) for cell in texts], dtype=object)
            continue
        found, bound = _with_bounds(texts, to_numbers(texts, format), format)
        if not _is_numeric(texts, found.odd, found.values):
            continue
        bounds += [(str(frame.iloc[at, 0]), str(texts[at]).strip()) for at in bound]
        columns[position] = _as_integers(found.values)
        left = [(str(frame.iloc[at, 0]), str(texts[at])) for at in found.odd]
        odd += [pair for pair in left if has_digit(pair[1])]
        words += len(left)
    labels = [str(label) for label in frame.iloc[:, 0]]
    first = to_numbers(labels, format)
    filled = [label for label in labels if not is_gap(label)]
    marked = sum(not label.strip().isdecimal() for label in filled)
    if (
        not labelled
        and filled
        and not first.odd
        and (marked > 0.5 * len(filled) or any(is_grouped(one, format) for one in filled))
    ):
        # Labels are no fractions, nor written with marks between thousands: the table has no column of labels.
        columns[0] = first.values
    notes, warnings = _said(odd, words)
    if bounds:
        named = ", ".join(f"{cell!r} ({label})" for label, cell in bounds[:3])
        warnings += (f"{len(bounds):,} cells are bounds or estimates ({named}): the number itself was taken",)
    return Cells(_replaced(frame, columns), notes, warnings)


def _with_bounds(texts: list[object], found: Converted, format: NumberFormat) -> tuple[Converted, tuple[int, ...]]:
    """Cells such as >60, <0.001, ~5 and 1.2* as the number that they name, and where they stand."""
    marked = [at for at in found.odd if (cell := texts[at]) is not None and _BOUND.match(str(cell))]
    if not marked:
        return found, ()
    plain = to_numbers([_BOUND.sub(r"\1", str(texts[at])) for at in marked], format)
    values = found.values.copy()
    values[marked] = plain.values
    not_told = {marked[place] for place in plain.odd}
    bound = tuple(at for at in marked if at not in not_told)
    odd = set(found.odd).difference(bound)
    return Converted(values, tuple(sorted(odd))), bound


def _as_integers(values: np.ndarray) -> np.ndarray:
    """Whole numbers as integers, as a parser of plain numbers has them: ids are told from measurements."""
    whole = bool(np.isfinite(values).all()) and bool((values == np.round(values)).all())
    return values.astype(np.int64) if whole and len(values) and np.abs(values).max() < 2**53 else values


def _replaced(frame: pd.DataFrame, columns: dict[int, np.ndarray]) -> pd.DataFrame:
    """The frame with some of its columns in the place of the old ones; numbers in one block where all but one are."""
    if not columns:
        return frame
    numeric = [position for position, values in columns.items() if position and values.dtype == np.float64]
    if len(numeric) == frame.shape[1] - 1 and numeric:
        block = pd.DataFrame(np.column_stack([columns[position] for position in numeric]), columns=numeric)
        block.insert(0, 0, columns.get(0, frame.iloc[:, 0].to_numpy()))
        return block
    series = [
        pd.Series(columns[position], frame.index, name=position)
        if position in columns
        else frame.iloc[:, position].rename(position)
        for position in range(frame.shape[1])
    ]
    return pd.concat(series, axis=1)


def _said(odd: list[tuple[str, str]], words: int) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Notes and warnings of cells that are no numbers."""
    notes = []
    if words > len(odd):
        notes.append(f"{words - len(odd):,} cells hold text without a number; taken as gaps")
    if not odd:
        return tuple(notes), ()
    named = ", ".join(f"{cell!r} ({label})" for label, cell in odd[:3])
    cells = "cell looks like a number but is" if len(odd) == 1 else "cells look like numbers but are"
    sentence = f"{len(odd):,} {cells} not understood, and taken as {'a gap' if len(odd) == 1 else 'gaps'}: {named}"
    # Separators stand in large numbers: where these are lost, a sample changes.
    large = sum(looks_numeric(cell) or bool(re.search(r"\d[.,' ]\d{3}", cell)) for _, cell in odd)
    if len(odd) > _HANDFUL or large:
        return tuple(notes), (sentence,)
    return (*notes, sentence), ()


def _is_numeric(texts: list[object], odd: tuple[int, ...], values: np.ndarray) -> bool:
    good = int((~np.isnan(values)).sum())
    if good == 0 or len(odd) > _ODD_SHARE * (good + len(odd)):
        return False
    # Chromosomes are mostly numbers.
    return not odd or not all(_CHROMOSOME.match(str(texts[at]).strip()) for at in odd)


def _text_columns(frame: pd.DataFrame) -> list[int]:
    """Positions of the columns of text, but the first."""
    dtypes = list(frame.dtypes)
    return [p for p in range(1, len(dtypes)) if not pd.api.types.is_numeric_dtype(dtypes[p]) or dtypes[p] == np.bool_]


def _sample_of_numbers(frame: pd.DataFrame) -> np.ndarray:
    """Some of the numbers of columns with fractions: whole ones, as lengths and ids, say nothing of these."""
    if not len(frame):
        return np.empty(0)
    text = set(_text_columns(frame))
    some = [position for position in range(1, frame.shape[1]) if position not in text]
    some = some[: max(20, _TELLING // len(frame))]
    step = max(1, len(frame) // 20_000)
    values = frame.iloc[::step, some].to_numpy(dtype=np.float64)
    # A single word among numbers makes text of a column.
    words = [
        pd.to_numeric(frame.iloc[::step, p], errors="coerce").to_numpy(dtype=np.float64)
        for p in sorted(text)[: max(20, _TELLING // len(frame))]
    ]
    values = np.column_stack([values, *words])
    if len(values) >= _FEWEST:
        with np.errstate(invalid="ignore"):
            values = values[:, np.any(values != np.round(values), axis=0, where=np.isfinite(values))]
    return values.ravel()


def _text_cells(frame: pd.DataFrame) -> Iterator[str]:
    """Different cells of the columns of text, but those of the first."""
    for _, cells in _columns(frame, _text_columns(frame)):
        yield from (str(cell) for cell in dict.fromkeys(cells) if cell is not None)


def _columns(frame: pd.DataFrame, positions: Iterable[int]) -> Iterator[tuple[int, list[object]]]:
    """Columns as lists, None for a gap: a table may have a hundred thousand of them."""
    wanted = set(positions)
    for position, (_, column) in enumerate(frame.items()):
        if position in wanted:
            cells = column.to_numpy(dtype=object)
            yield position, [None if cell is pd.NA or cell != cell else cell for cell in cells]


def _unplain(cell: str) -> bool:
    """Whether a cell is a number that a program which expects plain ones does not read."""
    if is_gap(cell) or not has_digit(cell) or not looks_numeric(cell):
        return False
    try:
        float(cell)
    except ValueError:
        return True
    return False
