"""What a user's laboratory has measured of several lines: how its values compare with the panel's is learnt on them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from leap_core.errors import SampleError
from leap_core.genes.names import GeneNames
from leap_core.io.measured_screens import KnownNames
from leap_core.io.tables import PANEL_LIMIT, TableOptions, labels_of, numbers_of, read_columns
from leap_core.panel.line_names import LineNames, plain_name

_MIN = 10


def read_laboratory(
    source: Path | bytes, name: str, perturbations: pd.Index, lines: pd.DataFrame, names: GeneNames | None = None
) -> pd.DataFrame:
    """Read a matrix of lines by genes or drugs, either way round.

    Parameters
    ----------
    source, name
        As in `leap_core.io.tables.read_columns`.
    perturbations
        Of the model.
    lines
        The panel's lines: index ids; ``name``.
    names
        Tables that translate ids and other names of genes.

    Returns
    -------
    pandas.DataFrame
        Ids of the panel's lines x the model's names, float64; the mean of what stands there twice.

    Raises
    ------
    UnreadableTableError, SampleError
        If it is no table, or shares too few lines or names with the panel.
    """
    known, line_names = KnownNames.of(perturbations, names or GeneNames()), _names_of(lines)
    table = read_columns(source, name, PANEL_LIMIT, TableOptions()).frame
    labels = labels_of(table.iloc[:, 0])
    matrix = table.iloc[:, 1:].apply(numbers_of).set_axis(pd.Index(labels, dtype=object), axis=0)
    if line_names.count(matrix.columns) > line_names.count(labels):
        matrix = matrix.T
    rows = [line_names.line_of(label) or "" for label in matrix.index]
    columns = known.found([str(title) for title in matrix.columns])
    shared = sum(map(bool, rows)), sum(map(bool, columns))
    if min(shared) < _MIN:
        raise SampleError(
            f"{name} shares {shared[0]} lines and {shared[1]} names with the panel; expected a matrix of lines by genes"
            f" or drugs with at least {_MIN} of each."
        )
    there = matrix.set_axis(rows, axis=0).set_axis(columns, axis=1).loc[np.array(rows) != "", np.array(columns) != ""]
    return there.groupby(level=0, sort=False).mean().T.groupby(level=0, sort=False).mean().T


def _names_of(lines: pd.DataFrame) -> LineNames:
    """The panel's lines by id and by name; a name of two lines says nothing."""
    named = pd.Series(lines.index.astype(str), [plain_name(name) for name in lines["name"]])
    named = named[(named.index != "") & ~named.index.duplicated(keep=False)]
    return LineNames({str(name): str(line) for name, line in named.items()}, frozenset(lines.index.astype(str)))
