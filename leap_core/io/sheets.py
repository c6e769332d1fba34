"""The program of the child process that reads one workbook: bytes in, one sheet as delimited text out.

Run by `leap_core.io.limited`, with nothing of leap_core imported, so that it starts at once. The first line of the
output is JSON, ``{"sheets": [[name, rows, columns]], "sheet": name}`` or ``{"error": sentence}``; the cells follow,
separated by the unit separator and quoted where needed.
"""

from __future__ import annotations

import csv
import io
import json
import re
import sys
import zipfile
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from itertools import chain
from typing import Any, BinaryIO

SEPARATOR = "\x1f"
_LEAST_ROWS = 2
# A sheet's text beyond this many bytes for each allowed cell is no table: a few strings may stand in millions of cells.
_BYTES_PER_CELL = 30
_FORMULA = re.compile(rb"<f[ >/]")


def main(arguments: list[str]) -> int:
    """Read the workbook on the standard input; arguments are how many cells are allowed, and the sheet's name."""
    cells = int(arguments[0])
    content = sys.stdin.buffer.read()
    asked = arguments[1] if len(arguments) > 1 else None
    out = _Bounded(sys.stdout.buffer, _BYTES_PER_CELL * cells)
    try:
        head, rows = _sheet(content, cells, asked)
    except _Refused as refused:
        head, rows = {"error": str(refused)}, iter(())
    out.write(json.dumps(head) + "\n")
    csv.writer(out, delimiter=SEPARATOR, lineterminator="\n").writerows(rows)
    out.flush()
    return 0


class _Refused(Exception):
    """A sentence for the user."""


class _Bounded:
    """Writes text as UTF-8 until there is too much of it, which ends the process as its other limits do."""

    def __init__(self, out: BinaryIO, most: int) -> None:
        self._out, self._left = out, most

    def write(self, text: str) -> None:
        content = text.encode()
        self._left -= len(content)
        if self._left < 0:
            raise MemoryError
        self._out.write(content)

    def flush(self) -> None:
        self._out.flush()


def _sheet(content: bytes, cells: int, asked: str | None) -> tuple[dict[str, Any], Iterator[list[str]]]:
    import python_calamine

    try:
        book = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(content))
        kinds = {one.name: one.typ for one in book.sheets_metadata}
        names = [name for name in book.sheet_names if kinds.get(name) == python_calamine.SheetTypeEnum.WorkSheet]
        # As Excel does, without regard to capitals.
        meant = [name for name in names if asked is not None and name.casefold() == asked.casefold()]
        sheets = [book.get_sheet_by_name(name) for name in ([asked] if asked in names else meant or names)]
    except python_calamine.PasswordError as error:
        raise _Refused("is protected by a password. Save it without one, or as CSV.") from error
    except (python_calamine.CalamineError, ValueError, OverflowError, OSError) as error:
        raise _Refused("could not be read as a workbook. Save the table as CSV.") from error
    sized = [(sheet.name, sheet.height, sheet.width) for sheet in sheets]
    if not any(height and width for _, height, width in sized):
        raise _Refused("has no sheet with cells. Save the expression table in the workbook's first sheet.")
    largest = max(sheets, key=lambda sheet: sheet.height * sheet.width)
    if largest.height * largest.width > cells:
        raise _Refused(
            f"has a sheet ({largest.name}) of {largest.height:,} x {largest.width:,} cells; the limit for workbooks is"
            f" {cells:,}. Save it as CSV."
        )
    if largest.height < _LEAST_ROWS:
        raise _Refused(f"has {largest.height} rows in the sheet {largest.name!r}; expected a table.")
    try:
        rows = largest.to_python(skip_empty_area=True)
    except (python_calamine.CalamineError, ValueError, OverflowError) as error:
        raise _Refused("has a date or time that is out of range. Save the sheet as CSV.") from error
    if _formulas_without_values(content, rows):
        raise _Refused(
            "holds formulas without stored results. Open it in Excel or LibreOffice, save it, and upload it again; or"
            " save the table as CSV."
        )
    first = ([_title(cell) for cell in row] for row in rows[:1])
    body = ([_text(cell) for cell in row] for row in rows[1:])
    return {"sheets": sized, "sheet": largest.name}, chain(first, body)


def _formulas_without_values(content: bytes, rows: list[list[Any]]) -> bool:
    """Whether half of the cells beside the labels are empty in a workbook that has formulas."""
    beside = [cell == "" for row in rows[1:] for cell in row[1:]]
    if not beside or sum(beside) < 0.5 * len(beside) or not content.startswith(b"PK"):
        return False
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        members = [name for name in archive.namelist() if name.startswith("xl/worksheets/")]
        return any(_has_formula(archive, name) for name in members)


def _has_formula(archive: zipfile.ZipFile, name: str) -> bool:
    with archive.open(name) as stream:
        return bool(_FORMULA.search(stream.read(4 * 2**20)))


def _title(cell: Any) -> str:
    """A title as text: a date with its year, which tells samples apart."""
    midnight = isinstance(cell, date) and not (isinstance(cell, datetime) and (cell.hour or cell.minute))
    return f"{cell:%Y-%m-%d}" if midnight else _text(cell)


def _text(cell: Any) -> str:
    """A cell as text: whole numbers without a point, dates as Excel shows a gene that became one (``1-Mar``)."""
    if isinstance(cell, bool):
        return str(cell)
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() and abs(cell) < 1e15 else repr(cell)
    if isinstance(cell, datetime) and (cell.hour or cell.minute):
        return cell.isoformat(sep=" ")
    if isinstance(cell, date):
        return f"{cell.day}-{cell.strftime('%b')}"
    if isinstance(cell, (time, timedelta)):
        return str(cell)
    return str(cell).replace(SEPARATOR, " ")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
