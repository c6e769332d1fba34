"""Reading one file as a table: bytes in, a frame of text-labelled columns out, no guess about biology.

Every table that a user hands over passes here; the wrapping is opened by `containers`, the text parsed by
`text`, a workbook by `workbooks`.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from leap_core.arrays import Array
from leap_core.errors import UnreadableTableError
from leap_core.io.containers import PANEL_LIMIT, UPLOAD_LIMIT, SizeLimit, as_utf8, check_size, content_of, is_workbook
from leap_core.io.text import comments_of, read_text_table
from leap_core.io.workbooks import read_workbook

__all__ = ["PANEL_LIMIT", "UPLOAD_LIMIT", "RawTable", "SizeLimit", "read_columns", "read_table"]

PARQUET_SUFFIXES = (".parquet", ".pq")


@dataclass(frozen=True)
class RawTable:
    """A file as a table.

    Attributes
    ----------
    frame
        Every column under its title (text, may occur twice); rows are numbered.
    comments
        Comment lines above the table, as they stand.
    """

    frame: pd.DataFrame
    comments: str = ""


def read_columns(source: Path | bytes, name: str, limit: SizeLimit = PANEL_LIMIT) -> RawTable:
    """Read a delimited text (also gzipped), a GCT file, an Excel workbook or a parquet file.

    Parameters
    ----------
    source
        A path, or the content of an uploaded file.
    name
        The file's name: messages call the file by it, and ``.parquet`` is recognised by it. It is never used
        as a path.
    limit
        Sizes above which the file is refused before it is parsed.

    Returns
    -------
    RawTable
        A parquet file's own index, unless it only counts, is the first column.

    Raises
    ------
    UnreadableTableError
        If the file is missing, too large, empty, of another kind, or has no rows or fewer than two columns.
    """
    comments = ""
    if name.lower().endswith(PARQUET_SUFFIXES):
        check_size(source, name, limit)
        frame = _read_parquet(source, name)
    elif is_workbook(content := content_of(source, name, limit)):
        frame = read_workbook(content, name, limit)
    else:
        content = as_utf8(content, name)
        frame, comments = read_text_table(content, name, limit), comments_of(content)
    if frame.shape[0] == 0 or frame.shape[1] < 2:
        raise UnreadableTableError(f"{name} has {frame.shape[0]} rows and {frame.shape[1]} columns; expected a table.")
    frame.columns = pd.Index(labels_of(frame.columns), dtype=object)
    # Excel leaves columns without title and content at the end.
    empty = [not frame.columns[p] and p > 0 and bool(frame.iloc[:, p].isna().all()) for p in range(frame.shape[1])]
    if any(empty) and frame.shape[1] - sum(empty) >= 2:
        frame = frame.loc[:, [not one for one in empty]]
    return RawTable(frame, comments)


def read_table(source: Path | bytes, name: str, limit: SizeLimit = PANEL_LIMIT) -> pd.DataFrame:
    """Read a file as `read_columns` does; the first column becomes the row labels (text)."""
    frame = read_columns(source, name, limit).frame
    table = frame.iloc[:, 1:]
    table.index = pd.Index(labels_of(frame.iloc[:, 0]), name=frame.columns[0] or None, dtype=object)
    return table


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


def _read_parquet(source: Path | bytes, name: str) -> pd.DataFrame:
    try:
        frame = pd.read_parquet(source if isinstance(source, Path) else io.BytesIO(source))
    except Exception as error:
        # On a damaged file the parser raises more than it documents.
        raise UnreadableTableError(f"{name} is called parquet but could not be read as one.") from error
    if isinstance(frame.index, pd.RangeIndex):
        return frame
    labels = frame.index
    frame = frame.reset_index(drop=True)
    frame.insert(0, labels.name or "", labels.astype(str), allow_duplicates=True)
    return frame
