"""One sheet of a workbook as delimited text, read in a child process that is held to memory and time.

Values only: no formula is run, no macro is looked at, and whatever a hostile file does to the reader ends in one
sentence.
"""

from __future__ import annotations

from dataclasses import dataclass

from leap_core.errors import ChoiceNeededError, UnreadableTableError
from leap_core.io import sheets
from leap_core.io.containers import SizeLimit
from leap_core.io.limited import run_limited

_MEMORY = 1 * 2**30
_SECONDS = 15
# A panel's workbook (GDSC's has 240,000 rows of 19 columns) may take longer than a sample's 15 s and 1 GiB.
_SECONDS_PER_CELL = 3e-6
_MEMORY_PER_CELL = 214
# A sheet of at least this share of the largest one's cells may be the one that is meant.
_RIVAL = 0.5
_RIVAL_ROWS = 10


@dataclass(frozen=True)
class Sheet:
    """A sheet as text.

    Attributes
    ----------
    content
        UTF-8, cells separated by `leap_core.io.sheets.SEPARATOR`.
    notes
        Which sheet was taken, where there are several.
    """

    content: bytes
    notes: tuple[str, ...]


def read_workbook(content: bytes, name: str, limit: SizeLimit, sheet: str | None = None) -> Sheet:
    """Read the sheet with the most cells, or the one that is asked for.

    Raises
    ------
    ChoiceNeededError
        If several sheets are of like size.
    UnreadableTableError
        If it is damaged, larger than the limits, or holds no table.
    """
    memory = max(_MEMORY, limit.workbook_cells * _MEMORY_PER_CELL)
    seconds = max(_SECONDS, int(limit.workbook_cells * _SECONDS_PER_CELL))
    asked = () if sheet is None else (sheet,)
    answer = run_limited(sheets, content, memory, seconds, limit.workbook_cells, *asked)
    if answer is None:
        raise UnreadableTableError(
            f"{name} could not be read as a workbook within {seconds} seconds and the memory that is set aside for it;"
            " it may be damaged. Save the table as CSV and upload that."
        )
    about, cells = answer
    if "error" in about:
        raise UnreadableTableError(f"{name} {about['error']}")
    taken, others = (
        str(about["sheet"]),
        [one for one in about["sheets"] if one[0] != about["sheet"] and one[1] * one[2]],
    )
    if sheet is not None and taken.casefold() != sheet.casefold():
        raise UnreadableTableError(
            f"{name} has no sheet {sheet!r}; there are {', '.join(n for n, *_ in about['sheets'])}."
        )
    largest = max(rows * columns for _, rows, columns in about["sheets"])
    rivals = [one[0] for one in others if one[1] >= _RIVAL_ROWS and one[1] * one[2] >= _RIVAL * largest]
    if rivals and sheet is None:
        raise ChoiceNeededError(
            f"{name} has several sheets of like size: which of them is the table?", (taken, *rivals), "sheet"
        )
    notes = (f"its sheet {taken} was taken; not read: {', '.join(one[0] for one in others[:8])}",) if others else ()
    return Sheet(cells, notes)
