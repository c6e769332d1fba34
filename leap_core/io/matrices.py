"""From a table as read to a labelled matrix of numbers: lines in rows, genes or perturbations in columns.

Shared by expression and response tables: both come in DepMap's layouts, with metadata columns before the
genes, several profiles per line, duplicated columns, and text that is no number.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from leap_core.errors import PanelError
from leap_core.genes.headers import symbols_of
from leap_core.io.tables import numbers_of

LINE_COLUMNS = ("ModelID", "DepMap_ID", "model_id")
_METADATA = "SequencingID ProfileID IsDefaultEntryForModel ModelConditionID IsDefaultEntryForMC is_default_entry"


@dataclass(frozen=True)
class ReadReport:
    """What was dropped or changed while a table was read, counted and named.

    Attributes
    ----------
    metadata_columns, text_columns, duplicated_columns
        Columns that were left out.
    other_profiles
        Rows left out because they are not the default profile of their line.
    duplicated_lines
        Lines that occurred more than once; the first row was kept.
    """

    metadata_columns: tuple[str, ...] = ()
    text_columns: tuple[str, ...] = ()
    duplicated_columns: tuple[str, ...] = ()
    other_profiles: tuple[str, ...] = ()
    duplicated_lines: tuple[str, ...] = field(default=())


def to_matrix(table: pd.DataFrame, name: str) -> tuple[pd.DataFrame, ReadReport]:
    """Turn a table with lines in rows into numbers under plain symbols.

    Parameters
    ----------
    table
        As `leap_core.io.tables.read_table` returns it.
    name
        What messages call the file.

    Returns
    -------
    matrix : pandas.DataFrame
        float32, index = line ids, columns = symbols (``SYMBOL (ENTREZ)`` is shortened) or drug names.
    report : ReadReport
        What was left out.

    Raises
    ------
    PanelError
        If no column of numbers remains.
    """
    table, metadata, profiles = without_metadata(table)
    table, text_columns = numeric_columns(table)
    if table.shape[1] == 0:
        raise PanelError(f"{name} has no column of numbers; expected lines in rows, genes or drugs in columns.")
    table.columns = symbols_of(table.columns)
    twice_columns = table.columns.duplicated()
    twice_lines = table.index.duplicated()
    report = ReadReport(
        metadata_columns=tuple(metadata),
        text_columns=tuple(text_columns),
        duplicated_columns=tuple(table.columns[twice_columns]),
        other_profiles=tuple(profiles),
        duplicated_lines=tuple(table.index[twice_lines].unique()),
    )
    values = table.to_numpy()[np.ix_(~twice_lines, ~twice_columns)].astype(np.float32, copy=False)
    values[~np.isfinite(values)] = np.nan
    matrix = pd.DataFrame(values, pd.Index(table.index[~twice_lines], name="line"), table.columns[~twice_columns])
    return matrix, report


def without_metadata(table: pd.DataFrame) -> tuple[pd.DataFrame, list[str], list[str]]:
    """Take DepMap's metadata columns off and keep the default profile of each line.

    Returns
    -------
    table : pandas.DataFrame
        Index line ids where there is a column of them.
    metadata : list of str
        Columns taken off.
    profiles : list of str
        Labels of the rows left out.
    """
    metadata = set(_METADATA.split())
    found = [column for column in table.columns if column in metadata]
    line_column = next((column for column in LINE_COLUMNS if column in table.columns), None)
    titles = table.columns if line_column is not None else found
    default = next((column for column in titles if column.startswith("IsDefaultEntryForModel")), None)
    profiles: list[str] = []
    if default is not None:
        keep = table[default].astype(str).str.lower().isin(("yes", "true", "1", "1.0")).to_numpy()
        profiles = [str(label) for label in table.index[~keep]]
        table = table.loc[keep]
    if line_column is not None:
        table = table.set_index(line_column)
        found.append(line_column)
    table = table.drop(columns=[column for column in found if column in table.columns])
    table.index = pd.Index(table.index.astype(str), dtype=object)
    return table, found, profiles


def numeric_columns(table: pd.DataFrame) -> tuple[pd.DataFrame, list[str]]:
    """Convert text to numbers where it is one; return the columns of numbers, and the names of the others.

    The numbers are in one block (float32 where all were read so, else float64): pandas is slow on thousands of columns
    that each are their own.
    """
    if (table.dtypes == np.float32).all():
        return table, []
    numeric = np.array([pd.api.types.is_numeric_dtype(dtype) for dtype in table.dtypes])
    if numeric.all():
        return pd.DataFrame(table.to_numpy(dtype=np.float64), table.index, table.columns), []
    values = np.full(table.shape, np.nan)
    values[:, numeric] = table.loc[:, numeric].to_numpy(dtype=np.float64)
    text = np.zeros(len(numeric), dtype=bool)
    for position in np.flatnonzero(~numeric):
        column = table.iloc[:, int(position)]
        numbers = numbers_of(column)
        filled = int(column.notna().sum())
        text[position] = filled == 0 or int(np.isfinite(numbers).sum()) < 0.5 * filled
        values[:, position] = numbers
    names = [str(name) for name in table.columns[text]]
    return pd.DataFrame(values[:, ~text], table.index, table.columns[~text]), names
