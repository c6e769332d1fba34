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
AS_IT_IS, TAKE_LOG2, BY_QUANTILES = "as it is", "log2(x + 1)", "by quantiles"

# log2(TPM+1) of one gene cannot pass log2(1e6 + 1) = 19.9, since all TPM of a sample sum to one million.
_LARGEST_LOG2 = 20.0
# Among this many genes some are highly expressed in any cell; if none is, the numbers are no expression.
_MANY_GENES = 100
# A scanner of 16 bits ends at log2(65,535): what is above is sequencing.
_LARGEST_MICROARRAY = 16.1
_WORDS = {"counts": "raw counts", "linear": "TPM or FPKM", "log2 counts": "logarithms of counts"}
_WAYS_OUT = {
    "signed": "These look like fold changes, z-scores or statistics. Upload the expression itself, as TPM or log2(TPM+1).",
    "fractions": "No gene is above 1.5: these look like p-values or other fractions. Upload the expression itself, as TPM or log2(TPM+1).",
}


@dataclass(frozen=True)
class UnitVerdict:
    """What the numbers look like.

    Attributes
    ----------
    kind
        ``"log2(TPM+1)"``, ``"RMA log2"``, ``"log2 counts"``, ``"linear"`` (TPM or FPKM), ``"counts"``, ``"signed"`` (fold
        changes, z-scores) or ``"fractions"`` (p-values).
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
    if microarray:
        return UnitVerdict(RMA_LOG2 if high <= _LARGEST_MICROARRAY else "log2 counts", evidence)
    return UnitVerdict(LOG2_TPM1, evidence)


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


def way_to_unit(verdict: UnitVerdict, unit: str, genes: int, stated: str | None, can_map: bool) -> tuple[str, str]:
    """How values can honestly be brought to a panel's unit.

    Parameters
    ----------
    verdict
        What the values are.
    unit
        Of the panel.
    genes
        How many values the verdict rests on.
    stated
        ``"TPM"`` where the file's layout leaves no doubt.
    can_map
        Whether the panel's quantiles are at hand, for expression in another unit.

    Returns
    -------
    way : str
        `AS_IT_IS`, `TAKE_LOG2` or `BY_QUANTILES`.
    said : str
        The same in words.

    Raises
    ------
    SampleError
        If there is no honest way.
    """
    kind, evidence = verdict.kind, verdict.evidence
    if unit == LOG2_TPM1 and kind != "signed" and (stated == "TPM" or kind == "linear"):
        return TAKE_LOG2, f"{'its layout says' if stated else 'read as'} TPM ({evidence}); log2(TPM + 1) taken"
    if kind in PANEL_UNITS and genes < _MANY_GENES:
        return AS_IT_IS, f"too few genes to tell the unit from ({evidence}); taken as {unit}"
    if kind == unit:
        return AS_IT_IS, f"read as {unit} ({evidence}); used as it is"
    if kind in _WAYS_OUT:
        raise SampleError(f"The numbers cannot be scored: {evidence}. {_WAYS_OUT[kind]}")
    if not can_map or genes < _MANY_GENES:
        raise SampleError(
            f"The numbers cannot be scored: {evidence}. These look like {_WORDS.get(kind, kind)}, but the model was trained on {unit}."
        )
    return (
        BY_QUANTILES,
        f"read as {_WORDS.get(kind, kind)} ({evidence}), which this model was not trained on; mapped to the panel's quantiles",
    )
