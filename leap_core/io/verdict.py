"""What is said of a sample's unit: the verdict, and the ways out where the numbers are no expression."""

from __future__ import annotations

from dataclasses import dataclass

from leap_core.io.units import Unit

RELATIVE = "z-scores or fold changes"
FRACTIONS = "fractions"
RATIOS = "ratios"
CONSTANT = "constant"
SQUARE_ROOTS, CUBE_ROOTS = "square roots", "cube roots"
NO_UNIT = "no unit of expression"
WAYS_OUT = {
    RELATIVE: (
        "These look like fold changes, z-scores or statistics. Upload the expression itself, as TPM or log2(TPM+1)."
    ),
    FRACTIONS: (
        "No gene is above 1.5: these look like p-values, calls or other fractions. Upload the expression itself, as TPM"
        " or log2(TPM+1)."
    ),
    RATIOS: (
        "Many values are exactly 1 and the others lie around it: these look like ratios to a control. Upload the"
        " expression itself, as TPM or log2(TPM+1)."
    ),
    NO_UNIT: (
        "No unit of RNA expression looks like this (protein, methylation, copy numbers?). Upload expression, as TPM or"
        " log2(TPM+1)."
    ),
    SQUARE_ROOTS: "These look like square roots of TPM or CPM. Upload the expression itself, as TPM or log2(TPM+1).",
    CUBE_ROOTS: "These look like cube roots of TPM or CPM. Upload the expression itself, as TPM or log2(TPM+1).",
    CONSTANT: "All numbers are the same. Upload the expression itself, as TPM or log2(TPM+1).",
}


@dataclass(frozen=True)
class UnitVerdict:
    """What the numbers of one sample are.

    Attributes
    ----------
    units
        Candidates, the likeliest first: one is certain, several are for the user to choose from, none is no
        expression.
    kind
        Name of the unit, ``"A or B"`` where it is ambiguous, or what it is instead (a key of `WAYS_OUT`).
    evidence
        Range, shares of zeros, negatives and whole numbers, sum, in words.
    genes
        How many numbers it rests on.
    overruled
        What the numbers look like where the user said otherwise.
    warning
        What must be known of how they were read; nothing where all is as usual.
    also
        Units that the numbers do not rule out, unlikely as they are.
    possible
        Units that a name may still mean.
    """

    units: tuple[Unit, ...]
    kind: str
    evidence: str
    genes: int
    overruled: str = ""
    warning: str = ""
    also: tuple[Unit, ...] = ()
    possible: tuple[Unit, ...] = ()

    @property
    def certain(self) -> bool:
        """Whether the numbers leave no doubt."""
        return len(self.units) == 1
