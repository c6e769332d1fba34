"""A parquet file as a table, its sizes read from the metadata before a value of it is decoded."""

from __future__ import annotations

import io
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from leap_core.errors import UnreadableTableError
from leap_core.io.containers import SizeLimit


def read_parquet(source: Path | bytes, name: str, limit: SizeLimit) -> pd.DataFrame:
    """Read all columns; an index of its own, unless it only counts, becomes the first column.

    Raises
    ------
    UnreadableTableError
        If it is damaged, larger than the limit once decoded, or holds lists or structures.
    """
    try:
        with pq.ParquetFile(source if isinstance(source, Path) else io.BytesIO(source)) as file:
            schema, cells = file.schema_arrow, file.metadata.num_rows * file.metadata.num_columns
            size = sum(file.metadata.row_group(group).total_byte_size for group in range(file.metadata.num_row_groups))
    except (pa.ArrowException, OSError, ValueError, OverflowError) as error:
        raise UnreadableTableError(f"{name} is called parquet but could not be read as one.") from error
    if cells > limit.cells or size > limit.text_bytes:
        raise UnreadableTableError(
            f"{name} holds {cells:,} cells, {size / 2**20:,.0f} MB once unpacked; the limits are {limit.cells:,} and"
            f" {limit.text_bytes / 2**20:,.0f} MB. Keep only the samples that you need."
        )
    nested = [field.name for field in schema if pa.types.is_nested(field.type)]
    if nested:
        raise UnreadableTableError(
            f"{name} has lists or structures in its column {nested[0]}; expected one number or text in each cell."
        )
    try:
        return _with_labels(_decoded(source, schema, name, limit).to_pandas())
    except UnreadableTableError:
        raise
    except Exception as error:
        # On a damaged file the parser raises more than it documents.
        raise UnreadableTableError(f"{name} is called parquet but could not be read as one.") from error


def _decoded(source: Path | bytes, schema: pa.Schema, name: str, limit: SizeLimit) -> pa.Table:
    """The table; text is repeated only once it is known how much that makes."""
    texts = [field.name for field in schema if pa.types.is_string(field.type) or pa.types.is_large_string(field.type)]
    table = pq.read_table(source if isinstance(source, Path) else pa.BufferReader(source), read_dictionary=texts)
    size = 0
    for column in table.columns:
        for chunk in column.chunks if pa.types.is_dictionary(column.type) else ():
            lengths = pc.binary_length(chunk.dictionary)
            size += pc.sum(lengths.take(chunk.indices)).as_py() or 0
    if size > limit.text_bytes:
        raise UnreadableTableError(
            f"{name} holds {size / 2**20:,.0f} MB of text once unpacked; the limit is"
            f" {limit.text_bytes / 2**20:,.0f} MB. Keep only the columns that you need."
        )
    table = table.cast(schema)
    # Text that is no UTF-8 would only be noticed by whoever looks at it.
    table.validate(full=True)
    return table


def _with_labels(frame: pd.DataFrame) -> pd.DataFrame:
    if isinstance(frame.index, pd.RangeIndex):
        return frame
    labels = frame.index
    frame = frame.reset_index(drop=True)
    frame.insert(0, labels.name or "", labels.astype(str), allow_duplicates=True)
    return frame
