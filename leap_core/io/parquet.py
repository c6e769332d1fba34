"""A parquet file as a table, decoded in a child process that is held to memory and time."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pyarrow as pa

from leap_core.errors import UnreadableTableError
from leap_core.io import parquet_columns
from leap_core.io.containers import SizeLimit
from leap_core.io.limited import run_limited

# Beside what is decoded: the program itself.
_MEMORY = 1 * 2**30
# The file, its columns, and these once more while text is unfolded.
_COPIES = 4
_SECONDS, _SECONDS_PER_MB = 15, 0.05


def read_parquet(source: Path | bytes, name: str, limit: SizeLimit) -> pd.DataFrame:
    """Read all columns; an index of its own, unless it only counts, becomes the first column.

    Raises
    ------
    UnreadableTableError
        If it is damaged, larger than the limit once decoded, or holds lists or structures.
    """
    content = source.read_bytes() if isinstance(source, Path) else source
    memory = _MEMORY + _COPIES * limit.text_bytes
    seconds = _SECONDS + int(_SECONDS_PER_MB * limit.text_bytes / 2**20)
    answer = run_limited(parquet_columns, content, memory, seconds, limit.cells, limit.text_bytes)
    if answer is None:
        raise UnreadableTableError(
            f"{name} could not be read as parquet within {seconds} seconds and the memory that is set aside for it; it"
            " may be damaged. Save the table as CSV and upload that."
        )
    head, stream = answer
    if "error" in head:
        raise UnreadableTableError(f"{name} {head['error']}")
    try:
        with pa.ipc.open_stream(pa.BufferReader(stream)) as columns:
            return _with_labels(columns.read_all().to_pandas())
    except Exception as error:
        # On a damaged file the parser raises more than it documents.
        raise UnreadableTableError(f"{name} is called parquet but could not be read as one.") from error


def _with_labels(frame: pd.DataFrame) -> pd.DataFrame:
    if isinstance(frame.index, pd.RangeIndex):
        return frame
    labels = frame.index
    frame = frame.reset_index(drop=True)
    frame.insert(0, labels.name or "", labels.astype(str), allow_duplicates=True)
    return frame
