"""One sheet of an Excel workbook to a table: values only, no formula is run, no macro is looked at."""

from __future__ import annotations

import io
import zipfile
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
from openpyxl import load_workbook

from leap_core.errors import UnreadableTableError
from leap_core.io.containers import SizeLimit


def read_workbook(content: bytes, name: str, limit: SizeLimit) -> pd.DataFrame:
    """Read the sheet with the most cells; its first row that is not empty holds the titles.

    Returns
    -------
    pandas.DataFrame
        All columns under the sheet's titles; the first column is text, dates as Excel shows them (``1-Mar``).

    Raises
    ------
    UnreadableTableError
        If it is damaged, larger than the limit, or holds no table.
    """
    _check_archive(content, name, limit)
    try:
        book = load_workbook(io.BytesIO(content), read_only=True, data_only=True, keep_links=False)
        sheet, rows = _largest(book.worksheets, name, limit)
    except UnreadableTableError:
        raise
    except Exception as error:
        # On a damaged file openpyxl raises whatever its parsers of zip, XML and numbers do.
        raise UnreadableTableError(
            f"{name} is called a workbook but could not be read as one. Save the table as CSV."
        ) from error
    if len(rows) < 2:
        raise UnreadableTableError(f"{name}: the sheet {sheet.title!r} has {len(rows)} rows; expected a table.")
    width = max(len(row) for row in rows)
    titles = ["" if value is None else str(value).strip() for value in rows[0]]
    frame = pd.DataFrame([[*row, *[None] * (width - len(row))] for row in rows[1:]])
    frame.columns = pd.Index([*titles, *[""] * (width - len(titles))], dtype=object)
    keep = [position for position in range(width) if frame.columns[position] or frame.iloc[:, position].notna().any()]
    frame = frame.iloc[:, keep]
    for position in range(1, frame.shape[1]):
        column = frame.iloc[:, position]
        numbers = pd.to_numeric(column, errors="coerce")
        if numbers.notna().sum() == column.notna().sum():
            frame.isetitem(position, numbers.to_numpy())
    frame.isetitem(0, np.array([_label(value) for value in frame.iloc[:, 0]], dtype=object))
    return frame


def _largest(sheets, name: str, limit: SizeLimit):  # type: ignore[no-untyped-def]
    """The sheet with the most cells, and its rows."""
    sized = [sheet for sheet in sheets if sheet.max_row and sheet.max_column]
    streamed = [sheet for sheet in sheets if sheet not in sized]
    for sheet in streamed:
        # Written as a stream, without a size at its head: only its rows tell.
        sheet.reset_dimensions()
    largest = sorted(sized, key=lambda one: one.max_row * one.max_column)[-1:]
    candidates = [(sheet, rows) for sheet in [*largest, *streamed] if (rows := _rows(sheet, name, limit))]
    if not candidates:
        raise UnreadableTableError(
            f"{name} has no sheet with cells. Save the expression table in the workbook's first sheet."
        )
    return max(candidates, key=lambda one: len(one[1]) * len(one[1][0]))


def _rows(sheet, name: str, limit: SizeLimit) -> list[tuple[object, ...]]:  # type: ignore[no-untyped-def]
    rows: list[tuple[object, ...]] = []
    cells = 0
    for row in sheet.iter_rows(values_only=True):
        if not rows and all(value is None for value in row):
            continue
        cells += len(row)
        if cells > limit.workbook_cells:
            raise UnreadableTableError(
                f"{name}: the sheet {sheet.title!r} has more than {limit.workbook_cells:,} cells, the limit for"
                " workbooks. Save it as CSV."
            )
        rows.append(row)
    while rows and all(value is None for value in rows[-1]):
        rows.pop()
    return rows


def _check_archive(content: bytes, name: str, limit: SizeLimit) -> None:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            unpacked = sum(entry.file_size for entry in archive.infolist())
    except zipfile.BadZipFile as error:
        raise UnreadableTableError(f"{name} is called a workbook but is damaged. Save the table as CSV.") from error
    # XML is some ten times as large as the numbers in it.
    if unpacked > 4 * limit.text_bytes:
        raise UnreadableTableError(
            f"{name} grows beyond {4 * limit.text_bytes / 2**20:,.0f} MB when unpacked. Save the table as CSV."
        )


def _label(value: Any) -> str:
    if isinstance(value, date):
        return f"{value.day}-{value.strftime('%b')}"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return "" if pd.isna(value) else str(value).strip()
