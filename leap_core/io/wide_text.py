"""Large comma- or tab-separated matrices of plain numbers, as releases publish them.

Parsed in place, straight to float32.

Such a table has tens of thousands of columns. General readers keep a builder for every column and pass over all of them
for every row; here a row is parsed into its row of the result, and rows are shared among threads. Whatever is not a
plain number sends the whole file back to the general reader, so this changes how long reading takes and nothing else.
"""

from __future__ import annotations

import csv
import mmap
import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numba
import numpy as np
import numpy.typing as npt

_COMMA, _TAB, _QUOTE, _DOT, _MINUS, _PLUS, _RETURN = (ord(character) for character in ',\t".-+\r')
_SMALLEST_BYTES = 2**24
_POWERS = 10.0 ** np.arange(23)


@dataclass(frozen=True)
class WideTable:
    """A table as parsed.

    Attributes
    ----------
    titles
        Of all columns, those of text first.
    text
        Columns of text that come before the numbers, each with a value per row.
    values
        (rows, columns) float32; an empty cell is NaN.
    """

    titles: list[str]
    text: list[list[str]]
    values: npt.NDArray[np.float32]


def read_wide_text(path: Path) -> WideTable | None:
    """Read a large table of numbers; None where it is small, or not of that plain form.

    Columns of text may come first (row labels, metadata): as many as the first row of data says.
    Numbers are decimal with a point, with or without exponent, correct to float32's last digit but one; cells that are
    empty, ``NA`` or ``NaN`` are gaps.
    """
    if path.stat().st_size < _SMALLEST_BYTES:
        return None
    with path.open("rb") as stream, mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as content:
        return _parsed(content)


def compile_reader() -> None:
    """Compile the reader now rather than at its first large file."""
    with mmap.mmap(-1, 32) as content:
        content.write(b",a,b\nx,1.5,-2e3\ny,,NA\n".ljust(32, b"\n"))
        _parsed(content)


def _parsed(content: mmap.mmap) -> WideTable | None:
    bounds = _line_bounds(content)
    if len(bounds) < 3:
        return None
    delimiter = _COMMA if content[: bounds[1]].count(b",") >= content[: bounds[1]].count(b"\t") else _TAB
    titles = _cells(content[: bounds[1]], delimiter)
    first_row = _cells(content[bounds[1] : bounds[2]], delimiter)
    if titles is None or first_row is None or len(titles) != len(first_row):
        return None
    numbers = [_is_number(cell) for cell in first_row]
    # Row labels are text even where they only count; a gap at the beginning of the numbers belongs to them.
    texts = max((position for position, number in enumerate(numbers) if not number), default=0) + 1
    if texts > 20 or len(titles) - texts < 2:
        return None
    values = np.empty((len(bounds) - 2, len(titles) - texts), dtype=np.float32)
    begins = np.zeros(len(values), dtype=np.int64)
    buffer = np.frombuffer(content, dtype=np.uint8)
    pieces = np.array_split(np.arange(len(values)), 8 * (os.cpu_count() or 1))
    try:
        with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
            done = [
                pool.submit(_parse_rows, buffer, bounds[1:], rows, delimiter, texts, begins, values)
                for rows in pieces
                if len(rows)
            ]
            if not all(piece.result() for piece in done):
                return None
        labels = [_cells(content[bounds[row + 1] : begins[row] - 1], delimiter) for row in range(len(values))]
    finally:
        # The file cannot be closed while an array looks into it.
        del buffer, done
    if any(cells is None or len(cells) != texts for cells in labels):
        return None
    return WideTable(
        titles, [list(column) for column in zip(*(cells for cells in labels if cells), strict=True)], values
    )


def _line_bounds(content: mmap.mmap) -> npt.NDArray[np.int64]:
    """Where each line begins, and where the last one ends; a blank line at the end is none."""
    bounds, position = [0], content.find(b"\n", 0)
    while position >= 0:
        bounds.append(position + 1)
        position = content.find(b"\n", position + 1)
    if bounds[-1] < len(content):
        bounds.append(len(content))
    return np.array(bounds, dtype=np.int64)


def _cells(line: bytes, delimiter: int) -> list[str] | None:
    """Cells of one line; None where it is not UTF-8 or not whole."""
    try:
        rows = list(csv.reader([line.decode("utf-8-sig").rstrip("\r\n")], delimiter=chr(delimiter), strict=True))
    except (UnicodeError, csv.Error):
        return None
    return [cell.strip() for cell in rows[0]] if rows else None


def _is_number(cell: str) -> bool:
    if cell in ("", "NA", "NaN"):
        return True
    try:
        float(cell)
    except ValueError:
        return False
    return "_" not in cell


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _parse_rows(
    buffer: npt.NDArray[np.uint8],
    bounds: npt.NDArray[np.int64],
    rows: npt.NDArray[np.int64],
    delimiter: int,
    texts: int,
    begins: npt.NDArray[np.int64],
    values: npt.NDArray[np.float32],
) -> bool:
    """Parse some rows into `values`; `begins` is where their numbers begin. False where a cell is no plain number."""
    for row in rows:
        position, end = bounds[row], bounds[row + 1]
        while end > position and (buffer[end - 1] == 10 or buffer[end - 1] == _RETURN):
            end -= 1
        skipped, quoted = 0, False
        while position < end and skipped < texts:
            if buffer[position] == _QUOTE:
                quoted = not quoted
            elif buffer[position] == delimiter and not quoted:
                skipped += 1
            position += 1
        if skipped < texts:
            return False
        begins[row] = position
        for column in range(values.shape[1]):
            position = _parse_number(buffer, position, end, delimiter, values, row, column)
            if position < 0:
                return False
        # After the last cell the row has ended, neither earlier nor later.
        if position != end + 1:
            return False
    return True


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _parse_number(
    buffer: npt.NDArray[np.uint8],
    position: int,
    end: int,
    delimiter: int,
    values: npt.NDArray[np.float32],
    row: int,
    column: int,
) -> int:
    """Parse the cell that begins at `position`; return where the next one begins, or -1."""
    if position > end:
        return -1
    begin, negative = position, False
    if position < end and (buffer[position] == _MINUS or buffer[position] == _PLUS):
        negative = buffer[position] == _MINUS
        position += 1
    mantissa, exponent, digits, point = np.uint64(0), 0, 0, False
    while position < end:
        character = buffer[position]
        if 48 <= character <= 57:
            # Beyond 18 digits float32 has long since stopped to notice.
            if mantissa < np.uint64(10**17):
                mantissa = mantissa * np.uint64(10) + np.uint64(character - 48)
                exponent -= point
            else:
                exponent += not point
            digits += 1
        elif character == _DOT and not point:
            point = True
        else:
            break
        position += 1
    if digits == 0:
        if not _is_gap(buffer, begin, position, end, delimiter):
            return -1
        values[row, column] = np.nan
        while position < end and buffer[position] != delimiter:
            position += 1
        return position + 1
    if position < end and (buffer[position] | 32) == 101:
        position, power = _parse_exponent(buffer, position + 1, end)
        if position < 0:
            return -1
        exponent += power
    if position < end and buffer[position] != delimiter:
        return -1
    size = float(mantissa)
    if exponent < 0:
        size = size / _POWERS[-exponent] if exponent >= -22 else size * 10.0**exponent
    elif exponent > 0:
        size = size * 10.0**exponent
    values[row, column] = -size if negative else size
    return position + 1


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _parse_exponent(buffer: npt.NDArray[np.uint8], position: int, end: int) -> tuple[int, int]:
    """Where an exponent ends, or -1, and its value."""
    negative, power, digits = False, 0, 0
    if position < end and (buffer[position] == _MINUS or buffer[position] == _PLUS):
        negative = buffer[position] == _MINUS
        position += 1
    while position < end and 48 <= buffer[position] <= 57 and digits < 4:
        power = 10 * power + (buffer[position] - 48)
        digits += 1
        position += 1
    return (position if digits else -1), (-power if negative else power)


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _is_gap(buffer: npt.NDArray[np.uint8], begin: int, position: int, end: int, delimiter: int) -> bool:
    """Whether a cell without digits is empty, ``NA`` or ``NaN`` (in any capitals)."""
    if position != begin:
        return False
    length = 0
    while position + length < end and length < 4 and buffer[position + length] != delimiter:
        length += 1
    if length == 0:
        return True
    n, a = 110, 97
    if length < 2 or length > 3 or (buffer[begin] | 32) != n or (buffer[begin + 1] | 32) != a:
        return False
    return length == 2 or (buffer[begin + 2] | 32) == n
