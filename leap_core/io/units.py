"""Units of expression: what a number of a table stands for, how units are written, and how they become linear again."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

import numpy as np

from leap_core.arrays import Floats
from leap_core.errors import SampleError

Quantity = Literal["counts", "CPM", "TPM", "FPKM", "microarray"]

LOG2_TPM1 = "log2(TPM+1)"
RMA_LOG2 = "RMA log2"
PANEL_UNITS = (LOG2_TPM1, RMA_LOG2)
# What a user can say of a file, most common first.
DECLARABLE = (
    "TPM",
    LOG2_TPM1,
    "FPKM",
    "log2(FPKM+1)",
    "counts",
    "log2(counts+1)",
    "CPM",
    "log2(CPM+1)",
    RMA_LOG2,
    "ln(TPM+1)",
    "ln(FPKM+1)",
    "ln(counts+1)",
    "log10(TPM+1)",
    "log10(FPKM+1)",
    "log2(TPM+0.001)",
    "log2(FPKM+0.1)",
    "log2(TPM)",
    "asinh(TPM)",
)

_BASES = {"log2": 2.0, "ln": float(np.e), "log10": 10.0}
_LOGARITHM = re.compile(r"^(log2|ln|log10)\((counts|CPM|TPM|FPKM)(?:\+(\d*\.?\d+(?:e-?\d+)?))?\)$", re.IGNORECASE)
_QUANTITIES: dict[str, Quantity] = {"counts": "counts", "cpm": "CPM", "tpm": "TPM", "fpkm": "FPKM", "rpkm": "FPKM"}


@dataclass(frozen=True)
class Unit:
    """A unit of expression.

    Attributes
    ----------
    quantity
        ``counts``, ``CPM``, ``TPM``, ``FPKM`` (RPKM is the same per sample) or ``microarray``.
    base
        Of the logarithm; None for linear values.
    pseudo
        What was added before the logarithm was taken.
    asinh
        Whether the inverse hyperbolic sine was taken instead of a logarithm.
    """

    quantity: Quantity
    base: float | None = None
    pseudo: float = 1.0
    asinh: bool = False

    @property
    def is_log(self) -> bool:
        """Whether a logarithm (or the inverse hyperbolic sine) was taken."""
        return self.base is not None or self.asinh

    @property
    def name(self) -> str:
        """The unit as it is written, for example ``log2(TPM+1)``."""
        if self.quantity == "microarray":
            return RMA_LOG2 if self.base is not None else "microarray intensities"
        if self.asinh:
            return f"asinh({self.quantity})"
        if self.base is None:
            return self.quantity
        logarithm = next(name for name, base in _BASES.items() if np.isclose(base, self.base))
        return f"{logarithm}({self.quantity}{f'+{self.pseudo:g}' if self.pseudo else ''})"

    def linear(self, values: Floats) -> Floats:
        """The values without the logarithm; never below zero, gaps stay gaps."""
        if self.asinh:
            return np.maximum(np.sinh(np.minimum(values, 41.0)), 0.0)
        if self.base is None:
            return np.maximum(values, 0.0)
        # Beyond 2**60 nothing is expression, and an overflow would spread to the whole sample.
        power = np.exp(np.clip(values, -1e6, 41.0 / np.log(self.base)) * np.log(self.base))
        return np.maximum(power - (0.0 if self.quantity == "microarray" else self.pseudo), 0.0)


def is_unit(text: str) -> bool:
    """Whether a text is a unit as it is written."""
    try:
        parse_unit(text)
    except SampleError:
        return False
    return True


def parse_unit(text: str) -> Unit:
    """Read a unit as it is written: ``TPM``, ``counts``, ``log2(TPM+1)``, ``ln(FPKM+0.1)``, ``RMA log2``.

    Raises
    ------
    SampleError
        If it is none.
    """
    plain = re.sub(r"\s+", "", text).lower()
    if match := re.match(r"^(?:asinh|arcsinh|arsinh)\((tpm|fpkm|cpm|counts)\)$", plain):
        return Unit(_QUANTITIES[match.group(1)], asinh=True)
    if plain in ("rmalog2", "rma", "microarray"):
        return Unit("microarray", 2.0, 0.0)
    if plain == "microarrayintensities":
        return Unit("microarray")
    if plain in _QUANTITIES:
        return Unit(_QUANTITIES[plain])
    if match := _LOGARITHM.match(re.sub("rpkm", "fpkm", plain)):
        return Unit(_QUANTITIES[match.group(2).lower()], _BASES[match.group(1).lower()], float(match.group(3) or 0.0))
    raise SampleError(
        f"{text!r} is no unit of expression that is known. Known are, among others: {', '.join(DECLARABLE)}."
    )
