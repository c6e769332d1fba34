"""The program of the child process that decodes one parquet file: bytes in, Arrow's stream of columns out.

Run by `leap_core.io.limited`, with nothing of leap_core imported: a page may unpack to whatever its compression allows,
whatever the file's metadata say. The first line of the output is JSON, ``{}`` or ``{"error": sentence}``; the stream
follows.
"""

from __future__ import annotations

import json
import os
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pyarrow as pa

# Arrow's own allocator reserves more address space than it uses.
os.environ["ARROW_DEFAULT_MEMORY_POOL"] = "system"


def main(arguments: list[str]) -> int:
    """Decode the file on the standard input; arguments are how many cells, and bytes once unpacked, are allowed."""
    import pyarrow as pa

    cells, size = (int(argument) for argument in arguments)

    out = sys.stdout.buffer
    try:
        table = _table(sys.stdin.buffer.read(), cells, size)
    except _Refused as refused:
        out.write(json.dumps({"error": str(refused)}).encode() + b"\n")
        return 0
    except pa.ArrowMemoryError:
        # An Arrow exception, too, and none of a damaged file: the parent says what an end without an answer means.
        return 1
    except (pa.ArrowException, OSError, ValueError, OverflowError, KeyError, IndexError):
        out.write(json.dumps({"error": "is called parquet but could not be read as one."}).encode() + b"\n")
        return 0
    out.write(b"{}\n")
    with pa.ipc.new_stream(out, table.schema) as stream:
        stream.write_table(table)
    out.flush()
    return 0


class _Refused(Exception):
    """A sentence for the user."""


def _table(content: bytes, most_cells: int, most_bytes: int) -> pa.Table:
    """All columns; sizes are read from the metadata before a value is decoded."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    with pq.ParquetFile(pa.BufferReader(content)) as file:
        schema, cells = file.schema_arrow, file.metadata.num_rows * file.metadata.num_columns
        size = sum(file.metadata.row_group(group).total_byte_size for group in range(file.metadata.num_row_groups))
    if cells > most_cells or size > most_bytes:
        raise _Refused(
            f"holds {cells:,} cells, {size / 2**20:,.0f} MB once unpacked; the limits are {most_cells:,} and"
            f" {most_bytes / 2**20:,.0f} MB. Keep only the samples that you need."
        )
    nested = [field.name for field in schema if pa.types.is_nested(field.type)]
    if nested:
        raise _Refused(f"has lists or structures in its column {nested[0]}; expected one number or text in each cell.")
    return _without_repeats(content, schema, most_bytes)


def _without_repeats(content: bytes, schema: pa.Schema, most_bytes: int) -> pa.Table:
    """The table; text is repeated only once it is known how much that makes."""
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    texts = [field.name for field in schema if pa.types.is_string(field.type) or pa.types.is_large_string(field.type)]
    table = pq.read_table(pa.BufferReader(content), read_dictionary=texts, use_threads=False)
    size = 0
    for column in table.columns:
        for chunk in column.chunks if pa.types.is_dictionary(column.type) else ():
            lengths = pc.binary_length(chunk.dictionary)
            size += pc.sum(lengths.take(chunk.indices)).as_py() or 0
    if size > most_bytes:
        raise _Refused(
            f"holds {size / 2**20:,.0f} MB of text once unpacked; the limit is {most_bytes / 2**20:,.0f} MB. Keep only"
            " the columns that you need."
        )
    table = table.cast(schema)
    # Text that is no UTF-8 would only be noticed by whoever looks at it.
    table.validate(full=True)
    return table


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
