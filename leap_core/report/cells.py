"""Text that is safe in a spreadsheet: nothing that a cell would run."""

from __future__ import annotations

import pandas as pd

_DANGEROUS = ("=", "+", "-", "@", "\t", "\r")


def neutralised(text: str) -> str:
    """The text, with an apostrophe before it where a spreadsheet would run it as a formula."""
    return f"'{text}" if text.startswith(_DANGEROUS) else text


def safe_table(table: pd.DataFrame) -> pd.DataFrame:
    """The table with its labels and its columns of text neutralised; numbers stay numbers."""
    safe = table.copy(deep=False)
    safe.index = pd.Index([neutralised(str(name)) for name in table.index], name=table.index.name)
    for column in table.columns:
        if table[column].dtype == object or pd.api.types.is_string_dtype(table[column].dtype):
            safe[column] = [neutralised(value) if isinstance(value, str) else value for value in table[column]]
    return safe
