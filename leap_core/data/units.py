"""Units of expression: what the numbers of a table are, judged from the numbers, and how to bring them over.

A first, cautious verdict: what is not plainly one of the known units is refused with a reason.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from leap_core.errors import PanelError, SampleError

LOG2_TPM1 = "log2(TPM+1)"
RMA_LOG2 = "RMA log2"
PANEL_UNITS = (LOG2_TPM1, RMA_LOG2)

# log2(TPM+1) of one gene cannot pass log2(1e6 + 1) = 19.9, since all TPM of a sample sum to one million.
_LARGEST_LOG2 = 20.0
# Among this many genes some are highly expressed in any cell; if none is, the numbers are no expression.
_MANY_GENES = 100


@dataclass(frozen=True)
class UnitVerdict:
    """What the numbers look like.

    Attributes
    ----------
    kind
        ``"log2(TPM+1)"``, ``"RMA log2"``, ``"linear"`` (TPM or FPKM), ``"counts"``, ``"signed"`` (fold changes, z-scores)
        or ``"fractions"`` (p-values).
    evidence
        The range, the share of zeros and negatives, in words.
    """

    kind: str
    evidence: str


def judge_unit(values: npt.NDArray[np.floating]) -> UnitVerdict:
    """Judge the unit of expression values.

    Parameters
    ----------
    values
        Expression, any shape, at least one finite number; NaN allowed.
    """
    finite = values[np.isfinite(values)]
    low, high = float(finite.min()), float(finite.max())
    zeros, negatives = float((finite == 0).mean()), float((finite < 0).mean())
    evidence = f"values from {low:.3g} to {high:.3g}, {zeros:.0%} zeros, {negatives:.0%} negative"
    if negatives > 0.01:
        return UnitVerdict("signed", evidence)
    if high > _LARGEST_LOG2:
        whole = bool(np.all(finite == np.round(finite)))
        return UnitVerdict("counts" if whole else "linear", evidence)
    if high <= 1.5 and finite.size >= _MANY_GENES:
        return UnitVerdict("fractions", evidence)
    # Background of a microarray lies around 2 to 5 and is never 0; RNA-seq has genes that are off.
    microarray = zeros < 0.001 and float(np.quantile(finite, 0.01)) > 1.0
    return UnitVerdict(RMA_LOG2 if microarray else LOG2_TPM1, evidence)


def panel_unit(values: npt.NDArray[np.floating], declared: str | None = None) -> str:
    """Return the unit of a panel's expression table, recognised or as declared.

    Raises
    ------
    PanelError
        If the numbers are neither log2(TPM+1) nor RMA log2.
    """
    if declared is not None:
        if declared not in PANEL_UNITS:
            raise PanelError(f"Unknown unit {declared!r}; expected one of: {', '.join(PANEL_UNITS)}.")
        return declared
    verdict = judge_unit(values)
    if verdict.kind in PANEL_UNITS:
        return verdict.kind
    raise PanelError(
        f"The expression table is neither log2(TPM+1) nor RMA log2 ({verdict.evidence}); "
        "a panel needs one of these. Take log2(TPM + 1) of the table and try again."
    )


def to_panel_unit(values: npt.NDArray[np.floating], unit: str, stated: str | None = None) -> tuple[npt.NDArray[np.floating], str]:
    """Bring uploaded values (m, genes) to the panel's unit, or refuse.

    Parameters
    ----------
    values
        Expression.
    unit
        Of the panel.
    stated
        ``"TPM"`` where the file's layout leaves no doubt.

    Returns
    -------
    values
        In the panel's unit, same shape.
    done
        What was done, in words.

    Raises
    ------
    SampleError
        If the values cannot honestly be brought to the unit.
    """
    verdict = judge_unit(values)
    if stated == "TPM" and unit == LOG2_TPM1 and verdict.kind != "signed":
        return np.log2(values + 1.0), f"its layout says TPM ({verdict.evidence}); log2(TPM + 1) taken"
    if verdict.kind in PANEL_UNITS and values.size < _MANY_GENES:
        return values, f"too few genes to tell the unit from ({verdict.evidence}); taken as {unit}"
    if verdict.kind == unit:
        return values, f"read as {unit} ({verdict.evidence}); used as it is"
    if verdict.kind == "linear" and unit == LOG2_TPM1:
        return np.log2(values + 1.0), f"read as TPM ({verdict.evidence}); log2(TPM + 1) taken"
    ways_out = {
        "signed": "These look like fold changes, z-scores or statistics. Upload the expression itself, as TPM or log2(TPM+1).",
        "counts": "These look like raw counts. Convert them to TPM (Salmon and RSEM write it beside the counts) and upload that.",
        "fractions": "No gene is above 1.5: these look like p-values or other fractions. Upload the expression itself, as TPM or log2(TPM+1).",
        "linear": "These look like TPM or FPKM, but the model was trained on microarrays.",
    }
    reason = ways_out.get(verdict.kind, f"These look like {verdict.kind}, but the model was trained on {unit}.")
    raise SampleError(f"The numbers cannot be scored: {verdict.evidence}. {reason}")
