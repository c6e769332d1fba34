"""Delimited text to a table of named columns: where it begins, how it is split, how its numbers are written."""

from __future__ import annotations

import csv
import io
import re
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

import pandas as pd

from leap_core.errors import UnreadableTableError
from leap_core.io.cells import Cells, as_numbers, format_of_columns
from leap_core.io.containers import SizeLimit
from leap_core.io.delimiters import BLANKS, Delimiter, commonest_width, delimiter_of, quotes_enclose
from leap_core.io.header import Header, IsGene, find_header, titles_labels
from leap_core.io.numbers import NumberFormat

# Enough for the header and first rows of a table with samples in rows and all genes in columns.
_START_BYTES = 4 * 2**20
_FIRST_ROWS = 120
_COMMENT = (b"#", b"!", b'"#', b'"!', b"sep=")
_MAX_ANNOTATION = 10_000
# Genes are 60,000; each column takes ten kilobytes while it is parsed, however short.
_MOST_COLUMNS = 120_000
_OPEN_CELL = re.compile(r'^(?:[^"]*"[^"]*")*(?:[^"]*[\t,;|\x1f ])?"[^"]*$')
_LONGEST_CELL = 10_000
# Between the columns of a text that is aligned by blanks.
_WIDE_GAP = re.compile(r" {2,}|\t")
_PARSER_ERRORS = (
    pd.errors.ParserError,
    pd.errors.ParserWarning,
    pd.errors.EmptyDataError,
    UnicodeError,
    ValueError,
    OverflowError,
)


@dataclass(frozen=True)
class _Layout:
    """How the text is laid out: its delimiter, its titles, and the byte at which the data begin."""

    delimiter: Delimiter
    header: Header
    start: int

    @property
    def options(self) -> dict[str, Any]:
        """Of `pandas.read_csv`, the columns under their positions: it would rename a title that occurs twice."""
        return {
            "sep": self.delimiter.sign,
            "header": None,
            "names": range(len(self.header.titles)),
            "index_col": False,
            "low_memory": False,
            "encoding_errors": "replace",
            "quoting": csv.QUOTE_MINIMAL if self.delimiter.quoted else csv.QUOTE_NONE,
        }


def read_text_table(
    content: bytes,
    name: str,
    limit: SizeLimit,
    is_gene: IsGene | None = None,
    delimiter: Delimiter | None = None,
    as_text: bool = False,
) -> Cells:
    """Parse a delimited text.

    Parameters
    ----------
    content
        UTF-8, from `leap_core.io.containers.as_utf8`.
    name
        What messages call the file.
    limit
        Its `cells` are counted before anything is parsed.
    is_gene
        Says whether a label is a human gene, which decides whether a row of numbers is a header.
    delimiter
        Where it is known; found otherwise.
    as_text
        Leave every cell as it stands: ids that are mostly numbers are none.

    Returns
    -------
    Cells
        All columns under the file's own titles (which may occur twice); the first column is text.

    Raises
    ------
    UnreadableTableError
        If there are no columns, or a row is longer or shorter than the header, or there are too many cells.
    """
    layout = _layout(content, name, is_gene, delimiter)
    _refuse_too_large(content.count(b"\n") + 1, len(layout.header.titles), name, limit)
    try:
        with warnings.catch_warnings():
            # A row longer than the header would lose its last cells with a warning only.
            warnings.simplefilter("error", pd.errors.ParserWarning)
            frame, format, cells = _cells(content, layout, as_text)
    except _PARSER_ERRORS as error:
        raise UnreadableTableError(f"{name} could not be read as a table: {str(error).splitlines()[0]}.") from error
    if frame[layout.header.width - 1].isna().any():
        _refuse_short_rows(content, len(frame), name, layout)
    cells.frame.columns = pd.Index(layout.header.titles, dtype=object)
    notes = (*layout.header.notes, *_format_note(format), *cells.notes)
    return Cells(cells.frame, notes, cells.warnings, f"{comments_of(content)}\n{layout.header.above}".strip())


def _cells(content: bytes, layout: _Layout, as_text: bool) -> tuple[pd.DataFrame, NumberFormat, Cells]:
    """The table as it was parsed, how it writes numbers, and its cells."""
    if as_text:
        frame = _as_text(content, layout)
        return frame, NumberFormat(), Cells(frame)
    frame = _parsed(content, layout)
    format = format_of_columns(frame, lambda: _as_text(content, layout))
    # A point between thousands reads as a decimal one: only the text tells.
    text = frame if format.plain else _as_text(content, layout)
    title = layout.header.titles[0]
    # Samples in rows may be called 1.1 and 1.10, or 1E5.
    labelled = bool(title) and titles_labels(title) and frame.shape[1] > len(frame)
    return frame, format, as_numbers(text, format, labelled)


def _refuse_too_large(rows: int, width: int, name: str, limit: SizeLimit) -> None:
    if rows * width > limit.cells:
        raise UnreadableTableError(
            f"{name} has {rows:,} rows and {width:,} columns; the limit is {limit.cells:,} cells. Keep only"
            " the samples that you need, or sum single cells to pseudo-bulks first."
        )
    if width > _MOST_COLUMNS:
        raise UnreadableTableError(
            f"{name} has {width:,} columns; the limit is {_MOST_COLUMNS:,}. Turn the table round."
        )


def comments_of(content: bytes) -> str:
    """Comment lines above the header, as they stand."""
    lines = content[:_START_BYTES].split(b"\n")
    return "\n".join(line.decode(errors="replace") for line in lines[: _before_header(lines)[0]])


def _format_note(format: NumberFormat) -> list[str]:
    return [] if format.plain else [f"numbers read with {format.in_words}"]


def _parsed(content: bytes, layout: _Layout) -> pd.DataFrame:
    """All rows, numbers in the plain format as numbers; the first column is text as it stands."""
    frame = pd.read_csv(_from(content, layout), dtype={0: str}, **layout.options)
    if frame[0].isna().any():
        # Labels stay as they are written: a gene called NA is a gene, not a gap.
        frame[0] = pd.read_csv(_from(content, layout), usecols=[0], dtype=str, na_filter=False, **layout.options)[0]
    # In few blocks: pandas is slow on thousands of columns that each are their own.
    return frame.copy()


def _as_text(content: bytes, layout: _Layout) -> pd.DataFrame:
    """All rows as text."""
    return pd.read_csv(_from(content, layout), dtype=str, na_filter=False, **layout.options)


def _from(content: bytes, layout: _Layout) -> io.BytesIO:
    stream = io.BytesIO(content)
    stream.seek(layout.start)
    return stream


def _layout(content: bytes, name: str, is_gene: IsGene | None, known: Delimiter | None) -> _Layout:
    start = content[:_START_BYTES]
    comments, annotation = _before_header(start.split(b"\n"))
    offset = _offset_of_line(start, comments)
    delimiter = known or delimiter_of(_some_lines(content, offset))
    if delimiter is None:
        raise UnreadableTableError(
            f"{name} has only one column; expected gene identifiers and at least one column of numbers, separated by"
            " commas, semicolons or tabs."
        )
    delimiter = known or Delimiter(delimiter.sign, quotes_enclose(content[offset:], delimiter))
    try:
        rows = list(islice(_rows(start, offset, delimiter), _FIRST_ROWS + annotation))
    except csv.Error as error:
        raise UnreadableTableError(f"{name} could not be read as a table: {error}.") from error
    # GCT 1.3 has rows of column annotation under its header.
    ends = [end for _, end in rows[min(annotation, len(rows) - 1) :]]
    rows = [*rows[:1], *rows[1 + annotation :]]
    cells = [row for row, _ in rows]
    if delimiter.sign == BLANKS and cells:
        cells[0] = _by_wide_gaps(cells, start[offset : rows[0][1]].decode(errors="replace"))
    header = find_header(cells, name, is_gene, delimiter.sign == BLANKS)
    return _Layout(delimiter, header, offset if header.first == 0 else ends[header.first - 1])


def _by_wide_gaps(rows: list[list[str]], line: str) -> list[str]:
    """Titles with single blanks in them, where runs of blanks make as many as the rows below have cells."""
    usual = commonest_width(rows[1:]) if len(rows) > 1 else 0
    titles = [title.strip('"') for title in _WIDE_GAP.split(line.strip())]
    return titles if len(rows[0]) > usual and len(titles) in (usual, usual - 1) and len(titles) > 1 else rows[0]


def _rows(start: bytes, offset: int, delimiter: Delimiter) -> Iterator[tuple[list[str], int]]:
    """Rows that are not blank, each with the byte at which the next one begins."""
    at = offset
    lines = start[offset:].split(b"\n")
    # The last line may be cut off.
    whole = lines[:-1] if len(start) == _START_BYTES and len(lines) > 2 else lines

    def read() -> Iterator[str]:
        nonlocal at
        for line in whole:
            at += len(line) + 1
            yield line.decode(errors="replace") + "\n"

    if delimiter.quoted and delimiter.sign != BLANKS:
        for row in csv.reader(read(), delimiter=delimiter.sign):
            if any(cell.strip() for cell in row):
                yield row, at
        return
    for line in read():
        if line.strip():
            yield [cell.strip().strip('"') for cell in delimiter.split(line.rstrip("\r\n"))], at


def _some_lines(content: bytes, offset: int) -> list[str]:
    """Lines that are not blank, from the beginning and from the middle of a text."""
    first = content[offset : offset + _START_BYTES].split(b"\n")
    middle = content[(offset + len(content)) // 2 :][: _START_BYTES // 8].split(b"\n")[1:-1]
    # Of a short text the first lines are all.
    lines = [*_some(first, 40), *(_some(middle, 40) if len(first) > 80 else [])]
    return _whole([line.decode(errors="replace").rstrip("\r") for line in lines])


def _whole(lines: list[str]) -> list[str]:
    """Lines whose quotes are closed: a cell that begins with one may hold a line break."""
    found: list[str] = []
    for line in lines:
        if found and line.count('"') % 2 and len(found[-1]) < _LONGEST_CELL and _OPEN_CELL.search(found[-1]):
            found[-1] += " " + line
        else:
            found.append(line)
    return found


def _some(lines: list[bytes], count: int) -> list[bytes]:
    return list(islice((line for line in lines if line.strip()), count))


def _offset_of_line(start: bytes, line: int) -> int:
    offset = 0
    for _ in range(line):
        offset = start.find(b"\n", offset) + 1
    return offset


def _before_header(lines: list[bytes]) -> tuple[int, int]:
    """Lines before the header, and (GCT 1.3) lines of column annotation after it."""
    version = lines[0].strip().strip(b'"')
    if version.startswith((b"#1.2", b"#1.3")) and len(lines) > 2:
        sizes = lines[1].split()
        stated = sizes[3] if len(sizes) == 4 else b""
        return 2, min(int(stated), _MAX_ANNOTATION) if re.fullmatch(rb"\d{1,6}", stated) else 0
    count = 0
    while count < len(lines) and (lines[count].startswith(_COMMENT) or not lines[count].strip()):
        count += 1
    # A header may itself begin with the comment sign: it then splits into as many cells as the row of data below it.
    commented = [line for line in lines[:count] if line.strip()]
    if commented and count < len(lines) and commented[-1].startswith((b"#", b'"#')):
        for sign in (b"\t", b",", b";", b"|"):
            # Either may end with one more.
            titles, row = (line.rstrip(b"\r").removesuffix(sign) for line in (commented[-1], lines[count]))
            if row.count(sign) and titles.count(sign) == row.count(sign) and _is_body(row.split(sign)):
                return lines.index(commented[-1]), 0
    return count, 0


def _is_body(cells: list[bytes]) -> bool:
    """Whether most cells beside the first are numbers; others may be further labels."""
    numbers = [bool(re.fullmatch(rb'\s*"?[+-]?[\d.,]+([eE][+-]?\d+)?"?\s*', cell)) for cell in cells[1:]]
    return sum(numbers) >= max(1, 0.5 * len(numbers))


def _refuse_short_rows(content: bytes, count: int, name: str, layout: _Layout) -> None:
    """Refuse rows that lost a separator: their values would stand under their neighbours' titles."""
    width, sign = layout.header.width, layout.delimiter.sign.encode()
    if layout.delimiter.sign != BLANKS:
        # Where nothing is quoted and every line is a row, counting says the same much sooner.
        lines = islice(_from(content, layout), None)
        if [b'"' not in line and line.count(sign) >= width - 1 for line in lines] == [True] * count:
            return
    skipped = content[: layout.start].count(b"\n")
    try:
        for line, row in _lines_and_rows(content, layout):
            # A label alone says that its row is empty.
            if 1 < len(row) < width:
                raise UnreadableTableError(
                    f"{name}: line {skipped + line:,} has {len(row):,} cells where the header has {width:,},"
                    " so its values would stand under other columns' titles. Repair the line (a separator is missing,"
                    " or the file was cut off) and upload the table again."
                )
    except csv.Error as error:
        raise UnreadableTableError(f"{name} could not be read as a table: {error}.") from error


def _lines_and_rows(content: bytes, layout: _Layout) -> Iterator[tuple[int, list[str]]]:
    """Every row of the body, and the number of its last line."""
    text = io.TextIOWrapper(_from(content, layout), errors="replace", newline="")
    if not layout.delimiter.quoted or layout.delimiter.sign == BLANKS:
        yield from enumerate(map(layout.delimiter.split, text), start=1)
        return
    rows = csv.reader(text, delimiter=layout.delimiter.sign)
    for row in rows:
        yield rows.line_num, row
