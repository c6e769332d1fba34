"""Samples after their unit is known: zeros for genes that are off, counts over lengths, human genes beside mouse."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from leap_core.arrays import Mask
from leap_core.io.expression_table import TPM, ExpressionTable, some, tpm_from_counts
from leap_core.io.unit_verdict import judge_unit
from leap_core.io.units import Unit
from leap_core.io.verdict import NO_UNIT, RELATIVE, UnitVerdict
from leap_core.sample.units import EMPTY, sample_verdicts

_SPIKE = 0.02
# Of everything that was measured; some genes may be missing.
_LEAST_SUM, _MOST_SUM = 0.8e6, 1.02e6

# What single-cell tools divide the counts of a cell to, before they take the logarithm.
_TEN_THOUSAND, _NEAR = 1e4, 0.02
# Numbers of few genes are hard to tell: somebody may miss the sample.
_MAY_BE_SAMPLES = frozenset({RELATIVE, NO_UNIT})


def with_zeros(
    values: pd.DataFrame, verdicts: tuple[UnitVerdict, ...], off: Mask
) -> tuple[pd.DataFrame, tuple[UnitVerdict, ...]]:
    """Zeros for the genes that are off: as the unit writes them, or without the logarithm where it cannot."""
    numbers, found, off = values.to_numpy(copy=True), list(verdicts), off.copy()
    for column, verdict in enumerate(verdicts):
        if not verdict.units:
            continue
        linear = {unit.quantity: unit for unit in verdict.units}
        unit = verdict.units[0]
        zeros = numbers[:, column] == 0
        if unit.is_log and unit.pseudo == 0 and unit.quantity != "microarray" and zeros.mean() > _SPIKE:
            # Written for the logarithm of zero.
            off[zeros, column] = True
        if not off[:, column].any():
            continue
        if unit.is_log:
            numbers[:, column] = unit.linear(numbers[:, column])
            # Without the logarithm nothing of the doubt is left in the units: it is said.
            others = [one.name for one in verdict.units if one != unit]
            doubt = f"taken as {unit.name}; it may be {', '.join(others)}" if others else ""
            found[column] = replace(
                verdict,
                warning="; ".join(part for part in (verdict.warning, doubt) if part),
                units=tuple(Unit(quantity) for quantity in linear),
                kind=" or ".join(linear),
                evidence=f"from {verdict.kind}; {verdict.evidence}",
            )
        numbers[off[:, column], column] = 0.0
    return pd.DataFrame(numbers, values.index, values.columns), tuple(found)


def without_mouse(
    values: pd.DataFrame, verdicts: tuple[UnitVerdict, ...], mouse: Mask, together: bool
) -> tuple[pd.DataFrame, tuple[UnitVerdict, ...], list[str]]:
    """The human genes of a table of two species, brought to the sum of both where that is a million."""
    if not mouse.any():
        return values, verdicts, []
    numbers, found, shares = values.to_numpy(copy=True), list(verdicts), []
    for column, verdict in enumerate(verdicts):
        if not verdict.units:
            continue
        unit = verdict.units[0]
        linear = unit.linear(numbers[:, column])
        human, both = float(np.nansum(linear[~mouse])), float(np.nansum(linear))
        shares.append(1 - human / both if both > 0 else 0.0)
        if together and unit.quantity in ("TPM", "FPKM", "CPM") and human > 0:
            numbers[:, column] = linear * (both / human)
            units = tuple(dict.fromkeys(Unit(one.quantity) for one in verdict.units))
            found[column] = replace(verdict, units=units, kind=" or ".join(one.name for one in units))
    warning = (
        f"{int(mouse.sum()):,} of the {len(mouse):,} names are genes of mouse (or another species), with"
        f" {min(shares, default=0):.0%} to {max(shares, default=0):.0%} of the expression; they were left out"
        f"{' and the human genes brought to the full sum' if together else ''}"
    )
    return pd.DataFrame(numbers, values.index, values.columns), tuple(found), [warning]


def _from_ten_thousand(
    values: pd.DataFrame, verdicts: tuple[UnitVerdict, ...]
) -> tuple[pd.DataFrame, tuple[UnitVerdict, ...], list[str]]:
    """Counts over ten thousand, as single-cell tools have them, brought to a million as the models know them."""
    found, numbers = list(verdicts), values
    for column, verdict in enumerate(verdicts):
        if not verdict.units or verdict.units[0].quantity != "CPM" or not verdict.units[0].is_log:
            continue
        linear = verdict.units[0].linear(values.iloc[:, column].to_numpy(dtype=np.float64))
        if abs(float(np.nansum(linear)) / _TEN_THOUSAND - 1.0) > _NEAR:
            continue
        numbers = numbers.copy() if numbers is values else numbers
        numbers.isetitem(column, linear * (1e6 / _TEN_THOUSAND))
        found[column] = replace(verdict, units=(Unit("CPM"),))
    notes = [] if numbers is values else ["its values sum to ten thousand, and were brought to a million"]
    return numbers, tuple(found), notes


def sums_to_a_million(values: pd.DataFrame) -> bool:
    """Whether every sample is TPM or CPM by its numbers, and all of it."""
    columns = [column.to_numpy(dtype=np.float64) for _, column in values.items() if column.notna().any()]
    units = [judge_unit(column).units[:1] for column in columns]
    return all(
        unit and unit[0].quantity in ("TPM", "CPM") and _LEAST_SUM < np.nansum(unit[0].linear(column)) < _MOST_SUM
        for column, unit in zip(columns, units, strict=True)
    )


def scorable(
    values: pd.DataFrame, verdicts: tuple[UnitVerdict, ...], off: Mask
) -> tuple[pd.DataFrame, tuple[UnitVerdict, ...], Mask, list[str], list[str]]:
    """Leave out columns that are no expression where others are, and say so: notes, and warnings of what may be some.

    An empty sample stays, to be refused by name.
    """
    bad = [not verdict.units and verdict.kind != EMPTY for verdict in verdicts]
    said: dict[bool, list[str]] = {False: [], True: []}
    for name, verdict, no in zip(values.columns, verdicts, bad, strict=True):
        if no:
            said[verdict.kind in _MAY_BE_SAMPLES].append(f"{name} ({verdict.kind})")
    kept = [not no for no in bad]
    notes, warnings = (
        [f"columns left out because they are no expression: {some(names)}"] if names else [] for names in said.values()
    )
    return (
        values.loc[:, kept],
        tuple(v for v, keep in zip(verdicts, kept, strict=True) if keep),
        off[:, kept],
        notes,
        warnings,
    )


def brought_to_a_million(
    values: pd.DataFrame, verdicts: tuple[UnitVerdict, ...], table: ExpressionTable
) -> tuple[pd.DataFrame, tuple[UnitVerdict, ...], list[str]]:
    """Counts as TPM where the file has the lengths of its genes, and what sums to ten thousand as CPM."""
    values, verdicts, notes = _by_length(values, verdicts, table)
    values, verdicts, more = _from_ten_thousand(values, verdicts)
    return values, verdicts, [*notes, *more]


def _by_length(
    values: pd.DataFrame, verdicts: tuple[UnitVerdict, ...], table: ExpressionTable
) -> tuple[pd.DataFrame, tuple[UnitVerdict, ...], list[str]]:
    """Turn counts into TPM where the file has the lengths of its genes."""
    counts = [verdict.kind == "counts" for verdict in verdicts]
    if table.lengths is None or not all(counts):
        return values, verdicts, []
    tpm = pd.DataFrame(tpm_from_counts(values.to_numpy(), table.lengths), values.index, values.columns)
    as_tpm = sample_verdicts(tpm, None, TPM, "", "")
    return tpm, as_tpm, ["TPM was computed from its counts and the lengths beside them"]
