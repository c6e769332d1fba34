"""Text that is safe in a spreadsheet: nothing that a cell would run."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

import numpy as np
import pandas as pd

# Full-width signs too: spreadsheets of East Asian locales take them for the narrow ones.
_DANGEROUS = ("=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20")
# What programs take for the end of a cell: the list separator is a setting of the computer that opens the file.
_SEPARATORS = re.compile(r"([,;\t|])")
# Within a cell the file's own separator is safe between quotation marks.
_INNER = re.compile(r"([;\t|\r\n])")
_INNER_FORMULA = rf"[;\t|\r\n][^0-9A-Za-z]*[{re.escape(''.join(_DANGEROUS))}]"


def neutralised(text: str) -> str:
    """The text, with an apostrophe wherever a spreadsheet would run it as a formula.

    Blanks and invisible characters before a sign do not hide it. A file that is opened with another separator than its
    own begins a cell behind each of these, and a line, also between quotation marks that do not begin a cell there.
    """
    if _INNER.search(text):
        first, *others = _INNER.split(text)
        return "".join([_neutralised_beginning(first), *(_part(part) for part in others)])
    return _neutralised_beginning(text)


def _neutralised_beginning(text: str) -> str:
    if not text or (text[0].isalnum() and text[0].isascii()):
        return text
    begins = next((mark for mark in text if not _unseen(mark)), "")
    return f"'{text}" if begins in _DANGEROUS or text.startswith(("\t", "\r", "\n")) else text


def comment_line(text: str) -> str:
    """A line beginning with ``#``, of which no part is a formula, whatever separator the file is opened with.

    It is not put into quotes as a whole: readers that skip lines beginning with ``#`` would take it for data.
    """
    first, *others = _SEPARATORS.split(" ".join(text.split()))
    return "# " + "".join([first, *(_part(part) for part in others)])


def safe_table(table: pd.DataFrame) -> pd.DataFrame:
    """The table with its labels, its titles and its columns of text neutralised; numbers stay numbers."""
    safe = table.copy(deep=False)
    safe.index, safe.columns = _safe_labels(table.index), _safe_labels(table.columns)
    for place in range(table.shape[1]):
        column = table.iloc[:, place]
        if not pd.api.types.is_numeric_dtype(column.dtype) and not _begin_plainly(column):
            values = _safe(column)
            if values != column.tolist():
                safe.isetitem(place, np.array([*values, None], dtype=object)[:-1])
    return safe


def _safe_labels(labels: pd.Index) -> pd.Index:
    """Labels neutralised; those that are numbers stay numbers."""
    if isinstance(labels, pd.MultiIndex):
        return pd.MultiIndex.from_tuples([tuple(_safe(label)) for label in labels], names=labels.names)
    if pd.api.types.is_numeric_dtype(labels.dtype) or _begin_plainly(labels):
        return labels
    return pd.Index(_safe(labels), name=labels.name)


def _begin_plainly(values: pd.Series | pd.Index) -> bool:
    """Whether all text begins with a letter or digit, behind separators too, so that no value is to be neutralised."""
    try:
        firsts = pd.unique(values.str[:1].dropna())
        within = bool(np.any(values.str.contains(_INNER_FORMULA, regex=True, na=False)))
    except AttributeError:
        return False
    return not within and all(mark == "" or (mark.isascii() and mark.isalnum()) for mark in firsts)


def _safe(values: Iterable[object]) -> list[object]:
    return [neutralised(value) if isinstance(value, str) else value for value in values]


def _part(part: str) -> str:
    """What follows a separator in a comment; the blank after it stays where it is.

    A quotation mark there would begin a cell that goes on into the rows.
    """
    text = part.lstrip()
    return part[: len(part) - len(text)] + (f"'{text}" if text.startswith('"') else _neutralised_beginning(text))


def _unseen(mark: str) -> bool:
    return mark.isspace() or unicodedata.category(mark) in ("Cc", "Cf")
