"""Expression of several studies as one table: the first stays as it is, the lines that others add are brought to it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from leap_core.errors import PanelError
from leap_core.io.matrices import ReadReport
from leap_core.panel.joining import MIN_FOR_COMBAT, Join, combat, join_study
from leap_core.panel.lines import UNKNOWN_LINEAGE
from leap_core.panel.units import panel_unit

# A line that misses more than a fifth of the genes is left out of a panel.
MIN_SHARED = 0.8
# Half of the lines would have to change their lineage for the two studies to be alike.
MAX_APART = 0.5


@dataclass(frozen=True)
class Study:
    """Expression of another study: name of its file, (m, genes) with lines in rows, and what reading it left out."""

    name: str
    expression: pd.DataFrame
    report: ReadReport = field(default_factory=ReadReport)


@dataclass(frozen=True)
class FirstStudy:
    """The table that others are brought to.

    Attributes
    ----------
    expression
        (n, genes), lines in rows.
    unit
        Of the values.
    unit_declared
        Whether the user said so, of all tables; else each must be recognised as the same.
    lineages
        Lineage by line, of this study and the others; may be empty.
    screened
        Lines with a response.
    """

    expression: pd.DataFrame
    unit: str
    unit_declared: bool
    lineages: pd.Series
    screened: pd.Index


def joined_expression(
    first: FirstStudy, others: Sequence[Study], how: Join = "auto"
) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Add the lines of other studies to a table of expression.

    What ComBat (`leap_core.panel.joining`, the first study as frozen reference) takes off is a study's difference in
    the mean and spread of each gene. Where ten lines or more are in both studies it is learnt from these alone, so that
    it is technical. Otherwise it is learnt from all lines, which takes biology along where the studies' lineages
    differ: such a study, or one of fewer than ten lines, is mapped to the first's quantiles. No response takes part.

    Parameters
    ----------
    first
        What stays as it is.
    others
        In the order in which they are added; a line that was there before is left out.
    how
        ``"auto"`` as above; or one way for all.

    Returns
    -------
    pandas.DataFrame
        (n + new lines, genes of the first). What a study lacks, or has as a constant where the first varies, is a gap.
    tuple of str
        What was done, a sentence a study.

    Raises
    ------
    PanelError
        If a study shares fewer than four fifths of the first's genes, or is of another unit.
    """
    table, notes = first.expression, []
    for study in others:
        new = study.expression.loc[~study.expression.index.isin(table.index)]
        if new.empty:
            notes.append(f"{study.name} adds no line that is not there already")
            continue
        shared = _shared_genes(first, study)
        brought, words = _brought(first, study.expression[shared], new[shared], how)
        varies = first.expression[shared].std() > 0
        brought.loc[:, varies & (new[shared].nunique() <= 1).to_numpy() & (len(new) > 1)] = np.nan
        table = pd.concat([table, brought.reindex(columns=table.columns)])
        notes.append(_sentence(first, study, new.index, len(shared), words))
    return table, tuple(notes)


def _shared_genes(first: FirstStudy, study: Study) -> pd.Index:
    """The genes of both, if they are enough and of one unit."""
    genes = first.expression.columns
    shared = genes.intersection(study.expression.columns)
    if len(shared) < MIN_SHARED * len(genes):
        raise PanelError(
            f"{study.name} has {len(shared):,} of the {len(genes):,} genes of the first expression table; at least"
            f" {MIN_SHARED:.0%} are needed to join it. Are both in gene symbols? A first table of the genes that"
            " both have can be joined."
        )
    if first.unit_declared:
        return shared
    try:
        unit = panel_unit(study.expression[shared].to_numpy())
    except PanelError as error:
        raise PanelError(f"{study.name}: {error}") from error
    if unit != first.unit:
        raise PanelError(
            f"{study.name} is in {unit}, the first expression table in {first.unit}; bring it to {first.unit} first."
        )
    return shared


def _brought(first: FirstStudy, whole: pd.DataFrame, new: pd.DataFrame, how: Join) -> tuple[pd.DataFrame, str]:
    """New lines of a study, brought to the first, and how."""
    table = first.expression
    both = table.index.intersection(whole.index)
    if how in ("auto", "combat") and len(both) >= MIN_FOR_COMBAT:
        values = combat(
            *(part.to_numpy(dtype=np.float64) for part in (table.loc[both, new.columns], whole.loc[both], new))
        )
        return (
            pd.DataFrame(values.astype(np.float32), new.index, new.columns),
            f"ComBat, learnt from {len(both)} lines that both have",
        )
    apart = _lineages_apart(first.lineages, table.index, new.index)
    if how == "auto" and len(new) >= MIN_FOR_COMBAT and apart > MAX_APART:
        return (
            join_study(table, new, "quantiles")[0],
            (
                "mapped to the first table's quantiles, for its lines are of other lineages and ComBat would take that"
                " difference away"
            ),
        )
    brought, words = join_study(table, new, how)
    return brought, words.replace("the panel", "the first table")


def _lineages_apart(lineages: pd.Series, one: pd.Index, other: pd.Index) -> float:
    """Share of the lines that would have to change their lineage for two studies to be alike.

    0 where that cannot be told.
    """
    shares = []
    for lines in (one, other):
        known = lineages.reindex(lines).dropna()
        known = known[known != UNKNOWN_LINEAGE]
        if len(known) < 0.5 * len(lines):
            return 0.0
        shares.append(known.value_counts(normalize=True))
    return float(0.5 * shares[0].sub(shares[1], fill_value=0.0).abs().sum())


def _sentence(first: FirstStudy, study: Study, new: pd.Index, shared: int, words: str) -> str:
    screened, absent = int(new.isin(first.screened).sum()), first.expression.shape[1] - shared
    parts = [
        f"{len(new):,} lines of {study.name} joined by {shared:,} genes, {words}; {screened:,} of them were screened"
    ]
    if absent:
        parts.append(f"{absent:,} of the first table's genes are not in it")
    left_out = len(study.report.other_profiles) + len(study.report.duplicated_lines)
    if left_out:
        parts.append(f"{left_out:,} of its rows, not the default profile of their line or repeated, were left out")
    return "; ".join(parts)
