"""Delimited text to a table of named columns: delimiter, comments, decimal commas, headers that are short or absent."""

from __future__ import annotations

import csv
import io
import itertools
import re
import warnings
from dataclasses import dataclass
from typing import Any

import pandas as pd

from leap_core.errors import UnreadableTableError
from leap_core.io.containers import SizeLimit

# Enough for the header and first rows of a table with samples in rows and all genes in columns.
_START_BYTES = 4 * 2**20
_DELIMITERS = (",", "\t", ";", "|", " ")
_COMMENT = (b"#", b"!", b'"#', b'"!', b"sep=")
_DECIMAL_COMMA = re.compile(r"^-?\d+,\d+([eE][-+]?\d+)?$")
_THOUSANDS = re.compile(r"^-?\d{1,3}(,\d{3})+(\.\d+)?$")
_GERMAN = re.compile(r"^-?(\d{1,3}(\.\d{3})+(,\d+)?|\d+,\d+)$")
# A header that begins so has a title for the labels: it is not R's, which has none.
_LABEL_TITLES = "gene genes gene_id geneid gene_name symbol id name sample samples modelid index"
_NUMBER = re.compile(r"^-?\d+([.,]\d+)?([eE][-+]?\d+)?$")


@dataclass(frozen=True)
class _Shape:
    """How the text is laid out.

    Attributes
    ----------
    delimiter, decimal, thousands
        Characters.
    skip
        Lines before the first row of data.
    header
        Titles of the columns.
    """

    delimiter: str
    decimal: str
    thousands: str | None
    skip: int
    header: tuple[str, ...]


def read_text_table(content: bytes, name: str, limit: SizeLimit) -> pd.DataFrame:
    """Parse a delimited text.

    Parameters
    ----------
    content
        UTF-8, from `leap_core.io.containers.as_utf8`.
    name
        What messages call the file.
    limit
        Its `cells` are counted before anything is parsed.

    Returns
    -------
    pandas.DataFrame
        All columns under the file's own titles (which may occur twice); the first column is text.

    Raises
    ------
    UnreadableTableError
        If there are no columns, or a row is longer or shorter than the header, or there are too many cells.
    """
    shape = _shape(content, name)
    rows = content.count(b"\n") + 1
    if rows * len(shape.header) > limit.cells:
        raise UnreadableTableError(
            f"{name} has {rows:,} rows and {len(shape.header):,} columns; the limit is {limit.cells:,} cells. Keep only"
            " the samples that you need, or sum single cells to pseudo-bulks first."
        )
    try:
        with warnings.catch_warnings():
            # A row longer than the header would lose its last cells with a warning only.
            warnings.simplefilter("error", pd.errors.ParserWarning)
            frame = _parsed(content, shape)
    except (
        pd.errors.ParserError,
        pd.errors.ParserWarning,
        pd.errors.EmptyDataError,
        UnicodeError,
        ValueError,
        OverflowError,
    ) as error:
        raise UnreadableTableError(f"{name} could not be read as a table: {str(error).splitlines()[0]}.") from error
    if frame[len(shape.header) - 1].isna().any():
        _refuse_short_rows(content, len(frame), name, shape)
    frame.columns = pd.Index(shape.header, dtype=object)
    return frame


def _parsed(content: bytes, shape: _Shape) -> pd.DataFrame:
    """All rows, the columns under their positions: pandas would rename a title that occurs twice."""
    options: dict[str, Any] = {
        "sep": shape.delimiter,
        "header": None,
        "skiprows": shape.skip,
        "names": range(len(shape.header)),
        "index_col": False,
        "low_memory": False,
        "encoding_errors": "replace",
        "decimal": shape.decimal,
        "thousands": shape.thousands,
    }
    frame = pd.read_csv(io.BytesIO(content), dtype={0: str}, **options)
    if (other := _format_of_text(frame, shape)) is not None:
        again = pd.read_csv(io.BytesIO(content), dtype={0: str}, **(options | other))
        # Only if more cells are numbers by it: one odd cell is no habit of the file.
        if _numeric_cells(again) > _numeric_cells(frame):
            options, frame = options | other, again
    if frame[0].isna().any():
        # Labels stay as they are written: a gene called NA is a gene, not a gap.
        frame[0] = pd.read_csv(io.BytesIO(content), usecols=[0], dtype=str, na_filter=False, **options)[0]
    # In few blocks: pandas is slow on thousands of columns that each are their own.
    return frame.copy()


def _refuse_short_rows(content: bytes, count: int, name: str, shape: _Shape) -> None:
    """Refuse rows that lost a separator: their values would stand under their neighbours' titles."""
    sign, lines = shape.delimiter.encode(), itertools.islice(io.BytesIO(content), shape.skip, None)
    # Where nothing is quoted and every line is a row, counting says the same much sooner.
    if [b'"' not in line and line.count(sign) == len(shape.header) - 1 for line in lines] == [True] * count:
        return
    rows = csv.reader(io.TextIOWrapper(io.BytesIO(content), errors="replace", newline=""), delimiter=shape.delimiter)
    try:
        for row in rows:
            # A label alone says that its row is empty.
            if rows.line_num > shape.skip and 1 < len(row) < len(shape.header):
                raise UnreadableTableError(
                    f"{name}: line {rows.line_num:,} has {len(row):,} cells where the header has {len(shape.header):,},"
                    " so its values would stand under other columns' titles. Repair the line (a separator is missing,"
                    " or the file was cut off) and upload the table again."
                )
    except csv.Error as error:
        raise UnreadableTableError(f"{name} could not be read as a table: {error}.") from error


def comments_of(content: bytes) -> str:
    """Comment lines above the header, as they stand."""
    lines = content[:_START_BYTES].split(b"\n")
    return "\n".join(line.decode(errors="replace") for line in lines[: _before_header(content)[0]])


def _shape(content: bytes, name: str) -> _Shape:
    comments, gct_columns = _before_header(content)
    start = content[:_START_BYTES].split(b"\n")[comments:]
    lines = [line.decode(errors="replace") for line in start[:30] if line.strip()]
    delimiter = _delimiter(lines)
    if delimiter is None:
        raise UnreadableTableError(
            f"{name} has only one column; expected gene identifiers and at least one column of numbers, separated by"
            " commas, semicolons or tabs."
        )
    try:
        rows = list(csv.reader(lines, delimiter=delimiter))
    except csv.Error as error:
        raise UnreadableTableError(f"{name} could not be read as a table: {error}.") from error
    header, data = rows[0], rows[1:]
    # Blank lines count as lines for pandas' skiprows.
    blank = next((number for number, line in enumerate(start) if line.strip()), 0)
    skip = comments + blank + 1
    if data and len(data[0]) == len(header) + 1:
        if _titles_labels(header[0]):
            raise UnreadableTableError(
                f"{name}: the header has {len(header)} titles and begins with that of the labels, but the rows have"
                f" {len(data[0])} cells: every column would stand under its neighbour's title. Repair the header and"
                " upload the table again."
            )
        # R writes the header one column short, without a title for the labels.
        header = ["", *header]
    elif _is_data(header) and data:
        header, skip = ["", *(f"sample {number}" for number in range(1, len(header)))], skip - 1
    if len(header) < 2:
        raise UnreadableTableError(
            f"{name} has only one column; expected gene identifiers and at least one column of numbers."
        )
    cells = [cell.strip() for row in data for cell in row[1:]]
    decimal, thousands = _number_format(cells, delimiter)
    return _Shape(
        delimiter, decimal, thousands, skip + gct_columns, tuple(title.strip().lstrip("#") for title in header)
    )


def _before_header(content: bytes) -> tuple[int, int]:
    """Lines before the header, and (GCT 1.3) lines of column annotation after it."""
    lines = content[:_START_BYTES].split(b"\n")
    version = lines[0].strip().strip(b'"')
    if version.startswith((b"#1.2", b"#1.3")) and len(lines) > 2:
        sizes = lines[1].split()
        return 2, int(sizes[3]) if len(sizes) == 4 and sizes[3].isdigit() else 0
    count = 0
    while count < len(lines) and (lines[count].startswith(_COMMENT) or not lines[count].strip()):
        count += 1
    # A header may itself begin with the comment sign: it then splits into as many cells as the row of data below it.
    if count and count < len(lines):
        for delimiter in _DELIMITERS:
            sign = delimiter.encode()
            same = lines[count].count(sign) and lines[count - 1].count(sign) == lines[count].count(sign)
            if same and _is_data(lines[count].decode(errors="replace").split(delimiter)):
                return count - 1, 0
    return count, 0


def _delimiter(lines: list[str]) -> str | None:
    """Delimiter that splits the first row of data into the most cells, or None."""
    best, best_count = None, 0
    for delimiter in _DELIMITERS:
        # The first row decides: the header may be one column short, a single sample's even without delimiter.
        counts = [_separators(line, delimiter) for line in lines[1:6] or lines[:1]]
        count = min(counts) if counts else 0
        # The header splits alike, or is one title short: bars within GENCODE's labels are no delimiter.
        if lines[1:] and _separators(lines[0], delimiter) < count - 1:
            continue
        # Decimal commas split every number in two: with semicolons or tabs at hand those are the delimiter.
        if (count > best_count and not (delimiter == "," and _commas_are_decimal(lines))) or (
            best == "," and count > 0 and _commas_are_decimal(lines)
        ):
            best, best_count = delimiter, count
    return best


def _separators(line: str, delimiter: str) -> int:
    try:
        return len(next(csv.reader([line], delimiter=delimiter), [])) - 1
    except csv.Error:
        # One cell of the whole line is longer than the parser takes: this does not delimit it.
        return 0


def _commas_are_decimal(lines: list[str]) -> bool:
    for delimiter in (";", "\t", "|"):
        cells = [cell.strip().strip('"') for line in lines[1:] for cell in line.split(delimiter)[1:]]
        if cells and sum(bool(_DECIMAL_COMMA.match(cell)) for cell in cells) > 0.5 * len(cells):
            return True
    return False


def _titles_labels(title: str) -> bool:
    return title.strip().lower() in ("", "unnamed: 0", *_LABEL_TITLES.split())


def _is_data(header: list[str]) -> bool:
    """Whether the first row is data: a label that is no number and then only numbers, as HTSeq and STAR write it."""
    return (
        len(header) > 1
        and not _NUMBER.match(header[0].strip())
        and not _titles_labels(header[0])
        and all(_NUMBER.match(c.strip()) for c in header[1:])
    )


def _numeric_cells(frame: pd.DataFrame) -> int:
    return sum(
        int(pd.to_numeric(frame[position], errors="coerce").notna().sum()) for position in range(1, frame.shape[1])
    )


def _format_of_text(frame: pd.DataFrame, shape: _Shape) -> dict[str, str | None] | None:
    """Another way to write numbers that the cells left as text agree on.

    None where there is none, or nothing is left.
    """
    cells: list[str] = []
    for _, column in frame.select_dtypes(["object", "str"]).drop(columns=0).items():
        texts = column.dropna().astype(str)
        cells += [text.strip() for text in texts[pd.to_numeric(texts, errors="coerce").isna()].head(20_000)]
    ours = (shape.decimal, shape.thousands)
    if len(cells) < 3:
        return None
    if ours != (".", ",") and all(_THOUSANDS.match(cell) for cell in cells):
        return {"decimal": ".", "thousands": ","}
    # 767.602 is a number either way: only cells with both signs say that the point is no decimal one.
    if (
        ours != (",", ".")
        and all(_GERMAN.match(cell) for cell in cells)
        and any("." in cell and "," in cell for cell in cells)
    ):
        return {"decimal": ",", "thousands": "."}
    return None


def _number_format(cells: list[str], delimiter: str) -> tuple[str, str | None]:
    """Decimal character, and the one between thousands."""
    commas = sum(bool(_DECIMAL_COMMA.match(cell)) for cell in cells)
    grouped = sum(bool(_THOUSANDS.match(cell)) for cell in cells)
    # 12,345 may be either; 0,345 and the habits of the file tell.
    if commas > grouped or (commas and (delimiter == ";" or any(cell.startswith(("0,", "-0,")) for cell in cells))):
        return ",", None
    return ".", "," if grouped else None
