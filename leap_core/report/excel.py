"""One workbook for a sample.

Hits, all predictions, members, the input check, controls, and a page that explains them.
"""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import pandas as pd
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Font, PatternFill
from openpyxl.utils import get_column_letter

from leap_core.report.cells import neutralised

_BOLD, _RED = Font(bold=True), PatternFill("solid", fgColor="FFD9D2")
_TEXT = "@"
_WIDEST = 60


def workbook(sheets: dict[str, pd.DataFrame], readme: list[tuple[str, str]], red: str = "") -> bytes:
    """Write a workbook.

    Parameters
    ----------
    sheets
        By title; the index becomes the first column. Text is written as text (no gene becomes a date), never as a
        formula.
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
    for title, table in sheets.items():
        sheet = book.create_sheet(title[:31])
        frame = table.reset_index()
        widths = [max([len(str(name)), *(len(str(value)) for value in frame[name].head(50))]) for name in frame.columns]
        for position, width in enumerate(widths, start=1):
            sheet.column_dimensions[get_column_letter(position)].width = min(width + 2, _WIDEST)
        sheet.freeze_panes = "B3" if red else "B2"
        if red:
            sheet.append([_cell(sheet, red, warning=True)])
        sheet.append([_cell(sheet, str(name), bold=True) for name in frame.columns])
        for row in frame.itertuples(index=False, name=None):
            sheet.append([_cell(sheet, value) for value in row])
    sheet = book.create_sheet("Read-me")
    sheet.column_dimensions["A"].width, sheet.column_dimensions["B"].width = 24, 110
    for name, text in [*([("RED INPUT", red)] if red else []), *readme]:
        sheet.append([_cell(sheet, name, bold=True), _cell(sheet, text)])
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


def _cell(sheet: Any, value: object, bold: bool = False, warning: bool = False) -> WriteOnlyCell:
    cell = WriteOnlyCell(sheet, value=_plain(value))
    if isinstance(cell.value, str):
        # The type is set by hand: openpyxl would make a formula of what begins with an equals sign.
        cell.data_type, cell.number_format = "s", _TEXT
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
