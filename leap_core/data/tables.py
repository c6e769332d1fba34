"""Reading one file as a table: bytes in, a frame of text-labelled columns out, no guess about biology.

Every table that a user hands over passes here, so the limits and the plain-word errors live here. Parsing
itself is left to pandas and pyarrow.
"""

from __future__ import annotations

import csv
import gzip
import io
import warnings
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from leap_core.errors import UnreadableTableError

PARQUET_SUFFIXES = (".parquet", ".pq")
TEXT_SUFFIXES = (".csv", ".tsv", ".txt", ".tab")
_MAGIC = {
    b"\x89PNG": "a PNG picture", b"\xff\xd8\xff": "a JPEG picture", b"%PDF": "a PDF document",
    b"PK\x03\x04": "a zip archive or an Excel workbook", b"\xd0\xcf\x11\xe0": "an old Excel or Word file",
    b"BZh": "a bzip2 archive", b"7z\xbc\xaf": "a 7-zip archive", b"\x89HDF": "an HDF5 file",
}  # fmt: skip


@dataclass(frozen=True)
class SizeLimit:
    """Largest size of a file that is read, in bytes, as it lies on disk and after decompression."""

    file_bytes: int
    text_bytes: int


# Enough for the header and first row of a table with samples in rows and all genes in columns.
_START_BYTES = 4 * 2**20

UPLOAD_LIMIT = SizeLimit(file_bytes=200 * 2**20, text_bytes=600 * 2**20)
PANEL_LIMIT = SizeLimit(file_bytes=2 * 2**30, text_bytes=6 * 2**30)


def read_table(source: Path | bytes, name: str, limit: SizeLimit = PANEL_LIMIT) -> pd.DataFrame:
    """Read a delimited text (also gzipped) or parquet file; the first column becomes the row labels.

    Parameters
    ----------
    source
        A path, or the content of an uploaded file.
    name
        The file's name: its suffix chooses the parser, and messages call the file by it. It is never
        used as a path.
    limit
        Sizes above which the file is refused before it is parsed.

    Returns
    -------
    pandas.DataFrame
        Labels are text; the columns keep whatever type they were read as. A parquet file keeps its own
        index, or takes its first text column.

    Raises
    ------
    UnreadableTableError
        If the file is missing, too large, empty, of another kind, or has no columns.
    """
    if isinstance(source, Path) and not source.is_file():
        raise UnreadableTableError(f"There is no file at {source}.")
    size = source.stat().st_size if isinstance(source, Path) else len(source)
    if size == 0:
        raise UnreadableTableError(f"{name} is empty (0 bytes). Export the table again and upload that file.")
    if size > limit.file_bytes:
        raise UnreadableTableError(
            f"{name} has {size / 2**20:,.0f} MB; the limit is {limit.file_bytes / 2**20:,.0f} MB. "
            "Keep only the samples and genes that you need, or compress it with gzip."
        )
    if name.lower().endswith(PARQUET_SUFFIXES):
        return _read_parquet(source, name)
    return _read_text(source, name, limit)


def _read_parquet(source: Path | bytes, name: str) -> pd.DataFrame:
    try:
        frame = pd.read_parquet(source if isinstance(source, Path) else io.BytesIO(source))
    except (OSError, ValueError) as error:
        raise UnreadableTableError(f"{name} is called parquet but could not be read as one.") from error
    if isinstance(frame.index, pd.RangeIndex) and frame.shape[1] > 1:
        frame = frame.set_index(frame.columns[0])
    return _with_text_labels(frame, name)


def _read_text(source: Path | bytes, name: str, limit: SizeLimit) -> pd.DataFrame:
    content = source.read_bytes() if isinstance(source, Path) else source
    content = _decompressed(content, name, limit)
    _refuse_other_kinds(content, name)
    delimiter = _delimiter(content[:65536])
    header, first_row = _first_rows(content, delimiter) if delimiter is not None else ([], [])
    if len(first_row) == len(header) + 1:
        # R writes the header one column short, without a title for the labels.
        header = ["", *header]
    if delimiter is None or len(header) < 2:
        raise UnreadableTableError(
            f"{name} has only one column; expected gene identifiers and at least one column of numbers, "
            "separated by commas, semicolons or tabs."
        )
    try:
        # Positions instead of titles: pandas would rename a title that occurs twice.
        options: dict[str, Any] = {
            "sep": delimiter, "header": None, "skiprows": 1, "names": range(len(header)), "index_col": False,
            "low_memory": False, "encoding_errors": "replace",
        }  # fmt: skip
        with warnings.catch_warnings():
            # A row longer than the header would lose its last cells with a warning only.
            warnings.simplefilter("error", pd.errors.ParserWarning)
            frame = pd.read_csv(io.BytesIO(content), dtype={0: str}, **options)
            if frame[0].isna().any():
                # Labels stay as they are written: a gene called NA is a gene, not a gap.
                frame[0] = pd.read_csv(io.BytesIO(content), usecols=[0], dtype=str, na_filter=False, **options)[0]
    except (pd.errors.ParserError, pd.errors.ParserWarning, pd.errors.EmptyDataError, UnicodeError, ValueError) as error:
        raise UnreadableTableError(f"{name} could not be read as a table: {str(error).splitlines()[0]}.") from error
    frame.columns = pd.Index(header, dtype=object)
    if frame.shape[0] == 0 or frame.shape[1] < 2:
        raise UnreadableTableError(f"{name} has {frame.shape[0]} rows and {frame.shape[1]} columns; expected a table.")
    labels = frame.iloc[:, 0]
    frame = frame.iloc[:, 1:]
    frame.index = pd.Index(labels, name=header[0] or None)
    return _with_text_labels(frame, name)


def _first_rows(content: bytes, delimiter: str) -> tuple[list[str], list[str]]:
    """Header and first row, split as CSV; a file that ends before has an empty row."""
    start = io.TextIOWrapper(io.BytesIO(content[:_START_BYTES]), encoding="utf-8-sig", errors="replace", newline="")
    rows = csv.reader(start, delimiter=delimiter)
    try:
        return next(rows, []), next(rows, [])
    except csv.Error:
        return [], []


def _decompressed(content: bytes, name: str, limit: SizeLimit) -> bytes:
    if content[:2] != b"\x1f\x8b":
        return content
    try:
        # Read one byte past the limit rather than all: a small gzip can grow to gigabytes.
        with gzip.open(io.BytesIO(content)) as stream:
            text = stream.read(limit.text_bytes + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise UnreadableTableError(f"{name} looks like gzip but is damaged; compress the table again.") from error
    if len(text) > limit.text_bytes:
        raise UnreadableTableError(f"{name} grows beyond {limit.text_bytes / 2**20:,.0f} MB when decompressed, which is the limit.")
    return text


def _refuse_other_kinds(content: bytes, name: str) -> None:
    for magic, kind in _MAGIC.items():
        if content.startswith(magic):
            raise UnreadableTableError(f"{name} is {kind}, not a text table. Save the expression table as CSV and upload that.")
    if b"\x00" in content[:65536]:
        raise UnreadableTableError(f"{name} is a binary file, not a text table. Save the table as CSV (UTF-8).")
    if not content.strip():
        raise UnreadableTableError(f"{name} holds only blanks. Export the table again and upload that file.")


def _delimiter(start: bytes) -> str | None:
    """Delimiter that splits the first lines into the most columns of equal number, or None."""
    lines = [line for line in start.decode("utf-8", errors="replace").splitlines()[:20] if line.strip()]
    best, best_count = None, 0
    for delimiter in (",", "\t", ";"):
        # The first row decides: the header may be one column short, a single sample's even without delimiter.
        count = lines[1].count(delimiter) if len(lines) > 1 else lines[0].count(delimiter) if lines else 0
        if count > best_count:
            best, best_count = delimiter, count
    return best


def _with_text_labels(frame: pd.DataFrame, name: str) -> pd.DataFrame:
    if frame.shape[0] == 0 or frame.shape[1] == 0:
        raise UnreadableTableError(f"{name} has {frame.shape[0]} rows and {frame.shape[1]} columns; expected a table.")
    frame = frame.copy(deep=False)
    frame.index = pd.Index([_label(value) for value in frame.index], name=frame.index.name, dtype=object)
    frame.columns = pd.Index([_label(value) for value in frame.columns], dtype=object)
    return frame


def _label(value: object) -> str:
    text = "" if value is None or value != value else str(value)  # NaN is not equal to itself
    return text.strip().strip("\ufeff").strip('"')
