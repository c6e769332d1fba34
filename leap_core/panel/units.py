"""The unit of a panel's expression table: one for all lines, recognised or declared."""

from __future__ import annotations

import numpy as np

from leap_core.arrays import Floats
from leap_core.errors import PanelError
from leap_core.io.unit_numbers import MIN_GENES
from leap_core.io.unit_verdict import judge_unit
from leap_core.io.units import LOG2_TPM1, RMA_LOG2


def panel_unit(values: Floats, declared: str | None = None) -> str:
    """Return the unit of a panel's expression table (lines x genes), recognised or as declared.

    Raises
    ------
    PanelError
        If the numbers are neither log2(TPM+1) nor RMA log2, or leave the base of the logarithm open.
    """
    allowed = (LOG2_TPM1, RMA_LOG2)
    if declared is not None:
        if declared not in allowed:
            raise PanelError(f"Unknown unit {declared!r}; expected one of: {', '.join(allowed)}.")
        return declared
    verdicts = [judge_unit(row) for row in values[:: max(1, len(values) // 25)] if np.isfinite(row).any()]
    bases = [{unit.base for unit in verdict.units} for verdict in verdicts if verdict.genes >= MIN_GENES]
    if sum(2.0 in one and len(one) > 1 for one in bases) > 0.5 * len(verdicts):
        # Of 1,235 lines and 535 genes in log2 ten leave the base open; in ln nearly all.
        evidence = f"{verdicts[0].kind}: {verdicts[0].evidence}"
        raise PanelError(
            f"The expression table may be {LOG2_TPM1} or another logarithm ({evidence}). Declare its unit (--unit"
            f" '{LOG2_TPM1}') if it is that, else take log2(TPM + 1) of the table, and try again."
        )
    possible = [{unit.name for unit in verdict.units} for verdict in verdicts]
    for unit in allowed:
        # A subset of genes may be ambiguous line by line; the panel as a whole has one unit.
        if possible and sum(unit in names for names in possible) > 0.8 * len(possible):
            return unit
    found = f"{verdicts[0].kind}: {verdicts[0].evidence}" if verdicts else "no numbers"
    raise PanelError(
        f"The expression table is neither log2(TPM+1) nor RMA log2 ({found}); a panel needs one of these. Take log2(TPM"
        " + 1) of the table and try again."
    )
