"""One workbook for a sample.

Hits, all predictions, members, the input check, controls, and a page that explains them.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Font, PatternFill
from openpyxl.utils import get_column_letter

from leap_core.ranking.columns import Column, title_of
from leap_core.report.cells import neutralised

_BOLD, _RED = Font(bold=True), PatternFill("solid", fgColor="FFD9D2")
_LINK = Font(color="1D4E86", underline="single")
_TEXT = "@"
_WIDEST = 60
# How a kind of number is shown; the cell holds all its digits.
_FORMATS: dict[str, str] = {
    "number": "0.00",
    "small number": "0.000",
    "points": "0",
    "percentile": "0",
    "bar of 100": "0",
    "share": "0%",
    "bar of 1": "0%",
}
# Workbooks open slowly with more.
_MOST_LINKS = 2_000


@dataclass(frozen=True)
class Sheet:
    """A table as it stands in a workbook.

    Attributes
    ----------
    table
        The index becomes the first column.
    columns
        Titles and kinds of numbers by name of column; others keep their names in words.
    link
        Address for a name of the index, which becomes a link; None for no links.
    """

    table: pd.DataFrame
    columns: dict[str, Column] = field(default_factory=dict)
    link: Callable[[str], str] | None = None


def workbook(sheets: dict[str, Sheet], readme: list[tuple[str, str]], red: str = "") -> bytes:
    """Write a workbook: titles in words, panes frozen, a filter on every column.

    Parameters
    ----------
    sheets
        By title. Text is written as text (no gene becomes a date), never as a formula.
    readme
        Pairs for the last sheet, ``Read-me``.
    red
        A warning for the first row of every sheet; none if it is empty.

    Returns
    -------
    bytes
        The .xlsx file.
    """
    book = Workbook(write_only=True)
    for title, sheet in sheets.items():
        _write(book.create_sheet(title[:31]), sheet, red)
    last = book.create_sheet("Read-me")
    last.column_dimensions["A"].width, last.column_dimensions["B"].width = 24, 110
    for name, text in [*([("RED INPUT", red)] if red else []), *readme]:
        last.append([_cell(last, name, bold=True), _cell(last, text)])
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


def _write(target: Any, sheet: Sheet, red: str) -> None:
    frame = sheet.table.reset_index()
    names = [str(name) for name in frame.columns]
    titles = [title_of(name, sheet.columns) for name in names]
    formats = [_FORMATS.get(sheet.columns[name].kind, "") if name in sheet.columns else "" for name in names]
    first = 2 if red else 1
    for position, title in enumerate(titles, start=1):
        wide = max([len(title), *(len(_seen(value)) for value in frame.iloc[:50, position - 1])])
        target.column_dimensions[get_column_letter(position)].width = min(wide + 3, _WIDEST)
    target.freeze_panes = f"B{first + 1}"
    target.auto_filter.ref = f"A{first}:{get_column_letter(len(titles))}{first + len(frame)}"
    if red:
        target.append([_cell(target, red, warning=True)])
    target.append([_cell(target, title, bold=True) for title in titles])
    for row, values in enumerate(frame.itertuples(index=False, name=None), start=first + 1):
        cells = [_cell(target, value, number=number) for value, number in zip(values, formats, strict=True)]
        if sheet.link is not None and row - first <= _MOST_LINKS:
            cells[0].row = row
            cells[0].hyperlink, cells[0].font = sheet.link(str(values[0])), _LINK
        target.append(cells)


def _seen(value: object) -> str:
    """About what a cell shows: numbers are written with few digits."""
    return f"{value:.2f}" if isinstance(value, (float, np.floating)) else str(value)


def _cell(sheet: Any, value: object, bold: bool = False, warning: bool = False, number: str = "") -> WriteOnlyCell:
    cell = WriteOnlyCell(sheet, value=_plain(value))
    if isinstance(cell.value, str):
        # The type is set by hand: openpyxl would make a formula of what begins with an equals sign.
        cell.data_type, cell.number_format = "s", _TEXT
    elif number and cell.value is not None:
        cell.number_format = number
    if bold:
        cell.font = _BOLD
    if warning:
        cell.font, cell.fill = _BOLD, _RED
    return cell


def _plain(value: object) -> str | int | float | bool | None:
    """A value as a cell holds it: numbers that do not exist are empty."""
    if value is None or value is pd.NA:
        return None
    if isinstance(value, str):
        return _written(value)
    if isinstance(value, (bool, np.bool_)):
        return bool(value)
    if isinstance(value, (int, np.integer)):
        return int(value)
    if isinstance(value, (float, np.floating)):
        return float(value) if np.isfinite(value) else None
    return _written(str(value))


def _written(text: str) -> str:
    """Text as a cell may hold it; characters that a workbook cannot hold are marked."""
    return str(ILLEGAL_CHARACTERS_RE.sub("\ufffd", neutralised(text)))
