"""Expression of several studies as one table: the first stays as it is, the lines that others add are brought to it."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from leap_core.data.joining import join_study
from leap_core.data.unit_verdict import panel_unit
from leap_core.errors import PanelError

FEWEST_SHARED = 0.5


def joined_expression(first: pd.DataFrame, others: Sequence[tuple[str, pd.DataFrame]], unit: str) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Add the lines of other studies to a table of expression.

    Each study is brought to the first by ComBat with the first as frozen reference (from 10 new lines on; fewer by the first's quantiles;
    `leap_core.data.joining`). Only expression takes part in that, of all lines of either study.

    Parameters
    ----------
    first
        (n, genes), lines in rows.
    others
        Name and (m, genes) of each further study. A line that was there before is left out.
    unit
        Of the first.

    Returns
    -------
    pandas.DataFrame
        (n + new lines, genes of the first); genes that a study lacks are gaps.
    tuple of str
        What was done, a sentence a study.

    Raises
    ------
    PanelError
        If a study shares fewer than half of the first's genes, or is of another unit.
    """
    table, notes = first, []
    for name, other in others:
        new = other.loc[~other.index.isin(table.index)]
        if new.empty:
            notes.append(f"{name} adds no line that is not there already")
            continue
        shared = first.columns.intersection(new.columns)
        if len(shared) < FEWEST_SHARED * first.shape[1]:
            raise PanelError(
                f"{name} shares {len(shared):,} of the {first.shape[1]:,} genes of the first expression table; at least half are needed to join it. "
                "Are both in gene symbols?"
            )
        theirs = panel_unit(new[shared].to_numpy())
        if theirs != unit:
            raise PanelError(f"{name} is in {theirs}, the first expression table in {unit}; bring it to {unit} first.")
        brought, how = join_study(first, new)
        table = pd.concat([table, brought.reindex(columns=first.columns)])
        notes.append(f"{len(new):,} lines of {name} joined by {len(shared):,} shared genes: {how}")
    return table, tuple(notes)
