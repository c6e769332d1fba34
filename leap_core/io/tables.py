"""Reading one file as a table: bytes in, a frame of text-labelled columns out, no guess about biology.

Every table that a user hands over passes here; the wrapping is opened by `containers`, the text parsed by
`text`, a workbook by `workbooks`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from leap_core.arrays import Array
from leap_core.errors import ChoiceNeededError, UnreadableTableError
from leap_core.io.containers import (
    PANEL_LIMIT,
    UPLOAD_LIMIT,
    SizeLimit,
    check_size,
    content_of,
    is_workbook,
    utf8_and_guess,
)
from leap_core.io.delimiters import Delimiter
from leap_core.io.header import IsGene
from leap_core.io.parquet import read_parquet
from leap_core.io.sheets import SEPARATOR
from leap_core.io.text import read_text_table
from leap_core.io.workbooks import Sheet, read_workbook

__all__ = ["PANEL_LIMIT", "UPLOAD_LIMIT", "RawTable", "SizeLimit", "TableOptions", "read_columns", "read_table"]

PARQUET_SUFFIXES = (".parquet", ".pq")
# ="SEPT2" keeps Excel from making a date of it.
_FORMULA_OF_TEXT = re.compile(rb'(?m)(^|[,;\t|])(?:"=""([^"\r\n]*)"""|="([^"\r\n]*)")(?=[,;\t|\r\n]|$)')
# Labels whose letters are looked at.
_FIRST_LABELS = 1000


@dataclass(frozen=True)
class RawTable:
    """A file as a table.

    Attributes
    ----------
    frame
        Every column under its title (text, may occur twice); rows are numbered.
    comments
        Comment lines above the table, as they stand.
    notes
        How it was read, one sentence each.
    warnings
        What must be known before the table is used: cells that were not understood.
    """

    frame: pd.DataFrame
    comments: str = ""
    notes: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True)
class TableOptions:
    """What is known of a file before it is read.

    Attributes
    ----------
    sheet
        Which sheet of a workbook.
    is_gene
        Says whether a label is a human gene, which decides whether a row of numbers is a header.
    as_text
        Leave every cell of a text or a workbook as it stands.
    can_ask
        Whether the user can be asked which of several sheets is meant, and the answer come back as `sheet`.
    """

    sheet: str | None = None
    is_gene: IsGene | None = None
    as_text: bool = False
    can_ask: bool = False


def read_columns(
    source: Path | bytes, name: str, limit: SizeLimit = PANEL_LIMIT, options: TableOptions | None = None
) -> RawTable:
    """Read a delimited text (also gzipped), a GCT file, a workbook or a parquet file.

    Parameters
    ----------
    source
        A path, or the content of an uploaded file.
    name
        The file's name: messages call the file by it, and ``.parquet`` is recognised by it. It is never used
        as a path.
    limit
        Sizes above which the file is refused before it is parsed.
    options
        What is known of the file.

    Returns
    -------
    RawTable
        A parquet file's own index, unless it only counts, is the first column.

    Raises
    ------
    ChoiceNeededError
        If several sheets of a workbook may be the table, and `options` say that the user can be asked.
    UnreadableTableError
        If the file is missing, too large, empty, of another kind, has several such sheets and nobody can be asked, or
        has no rows or fewer than two columns.
    """
    options = options or TableOptions()
    if name.lower().endswith(PARQUET_SUFFIXES):
        check_size(source, name, limit)
        table = RawTable(read_parquet(source, name, limit))
    else:
        table = _read_text(content_of(source, name, limit), name, limit, options)
    frame = table.frame
    if frame.shape[0] == 0 or frame.shape[1] < 2:
        raise UnreadableTableError(f"{name} has {frame.shape[0]} rows and {frame.shape[1]} columns; expected a table.")
    frame.columns = pd.Index(labels_of(frame.columns), dtype=object)
    # Programs leave columns without title and content at the end.
    empty = [not frame.columns[p] and p > 0 and bool(frame.iloc[:, p].isna().all()) for p in range(frame.shape[1])]
    if any(empty) and frame.shape[1] - sum(empty) >= 2:
        frame = frame.loc[:, [not one for one in empty]]
    return replace(table, frame=frame)


def _read_text(content: bytes, name: str, limit: SizeLimit, options: TableOptions) -> RawTable:
    """A delimited text, or a workbook's sheet, which becomes one."""
    notes: tuple[str, ...] = ()
    delimiter = encoding = None
    if is_workbook(content):
        sheet = _sheet_of(content, name, limit, options)
        content, notes, delimiter = sheet.content, sheet.notes, Delimiter(SEPARATOR)
    else:
        content, encoding = utf8_and_guess(content, name)
        content = _FORMULA_OF_TEXT.sub(rb'\1"\2\3"', content) if b'="' in content else content
        if content.lstrip().startswith((b"{", b"[{", b'["', b"[[")):
            raise UnreadableTableError(f"{name} is JSON, not a table. Save the expression table as CSV.")
    cells = read_text_table(content, name, limit, options.is_gene, delimiter, options.as_text)
    said = _of_guessed_letters(cells.frame, encoding, name)
    return RawTable(cells.frame, cells.above, (*notes, *cells.notes, *said[0]), (*cells.warnings, *said[1]))


def _sheet_of(content: bytes, name: str, limit: SizeLimit, options: TableOptions) -> Sheet:
    try:
        return read_workbook(content, name, limit, options.sheet)
    except ChoiceNeededError as question:
        if options.can_ask:
            raise
        raise UnreadableTableError(f"{question} Save the one that is meant as a file of its own.") from question


def _of_guessed_letters(
    frame: pd.DataFrame, encoding: str | None, name: str
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Note and warning where titles or labels hold letters that only a guess has told."""
    if encoding is None:
        return (), ()
    titles = [*map(str, frame.columns), *map(str, frame.iloc[:_FIRST_LABELS, 0])]
    letters = [title for title in titles if not title.isascii()]
    if not letters:
        return (), ()
    odd = [title for title in letters if not all(mark.isascii() or mark.isalpha() for mark in title)]
    named = ", ".join((odd or letters)[:3])
    said = (
        f"{name} is not UTF-8: its letters were read as {encoding} ({named}); if they are others, save it as UTF-8",
    )
    return ((), said) if odd else (said, ())


def read_table(source: Path | bytes, name: str, limit: SizeLimit = PANEL_LIMIT) -> pd.DataFrame:
    """Read a file as `read_columns` does; the first column becomes the row labels (text)."""
    return read_labelled(source, name, limit)[0]


def read_labelled(
    source: Path | bytes, name: str, limit: SizeLimit = PANEL_LIMIT
) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Read as `read_table` does; with it, what must be known before the table is used, one sentence each."""
    raw = read_columns(source, name, limit)
    frame = raw.frame
    table = frame.iloc[:, 1:]
    table.index = pd.Index(labels_of(frame.iloc[:, 0]), name=frame.columns[0] or None, dtype=object)
    return table, tuple(f"{name}: {warning}" for warning in raw.warnings)


def label_text(value: Any) -> str:
    """A label as plain text: no blanks or quotes around it, nothing for a gap."""
    text = "" if pd.isna(value) else str(value)
    return text.strip().strip("\ufeff").strip('"').strip()


def labels_of(cells: Iterable[object]) -> list[str]:
    """Labels as plain text."""
    return [label_text(cell) for cell in cells]


def numbers_of(column: pd.Series) -> Array:
    """Cells as float64, NaN for what is no number."""
    numbers: Array = pd.to_numeric(column, errors="coerce").to_numpy(dtype=np.float64)
    return numbers


def letters_of(title: object) -> str:
    """Only the letters of a title, small: Gene Symbol and gene_symbol are one."""
    return re.sub(r"[^a-z]", "", str(title).lower())


def first_of(known: str, titles: list[str]) -> int | None:
    """Position of the first of some known titles (separated by blanks) that a table has, or None."""
    return next((titles.index(title) for title in known.split() if title in titles), None)
