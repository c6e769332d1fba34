"""What a laboratory has to test: names one a line, or in a column of its own table of stocks."""

from __future__ import annotations

from pathlib import Path

from leap_core.errors import UnreadableTableError
from leap_core.io.containers import as_utf8, content_of, is_workbook
from leap_core.io.gene_lists import one_column
from leap_core.io.measured_screens import KnownNames
from leap_core.io.tables import UPLOAD_LIMIT, TableOptions, labels_of, read_columns


def read_candidates(source: Path | bytes, name: str, known: KnownNames) -> tuple[list[str], list[str]]:
    """The model's names of what a file lists, each once, and names that are none of the model's.

    Of lines as they stand and columns of a table, those are taken that hold the most names of the model.

    Parameters
    ----------
    source, name
        As in `leap_core.io.tables.read_columns`.
    known
        Names of the model.

    Raises
    ------
    UnreadableTableError
        If it is neither a text nor a table.
    """
    lists = _lists(source, name)
    found = [known.found(labels) for labels in lists]
    best = max(range(len(lists)), key=lambda place: len(set(filter(None, found[place]))))
    # The title of a column is no name, unless the model has it.
    title = {lists[best][0]} if best >= 1 and len(lists) > 2 else set()
    missing = [label for label, ours in zip(lists[best], found[best], strict=True) if label and not ours]
    return list(dict.fromkeys(filter(None, found[best]))), [one for one in dict.fromkeys(missing) if one not in title]


def _lists(source: Path | bytes, name: str) -> list[list[str]]:
    """The lines as they stand, which a workbook has none of, then the columns of the table with their titles."""
    content = content_of(source, name, UPLOAD_LIMIT)
    lines = one_column(content, name, UPLOAD_LIMIT)
    if lines is not None:
        return [[label for label in labels_of(lines) if label]]
    packed = is_workbook(content) or content.startswith(b"PAR1")
    lines = [] if packed else labels_of(as_utf8(content, name).decode("utf-8-sig").splitlines())
    found = [[line for line in lines if line]]
    if len(found[0]) == 1:
        # All names in one line.
        return [*found, *([label for label in labels_of(found[0][0].split(mark)) if label] for mark in "\t;,")]
    try:
        frame = read_columns(content, name, options=TableOptions(as_text=True)).frame
    except UnreadableTableError:
        # Names with commas in them are no table.
        if packed:
            raise
        return found
    columns = ([str(title), *labels_of(frame.iloc[:, place])] for place, title in enumerate(frame.columns))
    return [*found, *columns]
