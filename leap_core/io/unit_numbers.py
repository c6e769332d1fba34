"""What the rules of the unit ask of a sample's numbers: precision, spikes, multiples, logarithms of whole numbers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from leap_core.arrays import Floats

# log2(TPM+1) of one gene cannot pass log2(1e6 + 1) = 19.9, since all TPM of a sample sum to one million.
MAX_LOG = 20.0
# Sums of all (protein-coding) genes: TPM of 344 cell lines, 17,893 genes: 0.88 to 0.95 million.
TPM_SUM = (0.8e6, 1.02e6)
# One billion over the mean length of what is transcribed (1.4 to 5 kb).
FPKM_SUM = (0.2e6, 0.72e6)
MIN_READS = 2e6
BASES = (2.0, float(np.e), 10.0)
# Below this many genes the shape of the numbers says nothing.
MIN_GENES = 100
# From here on the table is that of a whole transcriptome, and its sum means something.
WHOLE_TRANSCRIPTOME = 12_000
# A share of the genes that may be anything.
STRAY = 0.005
# TPM of all genes, written with two decimals, cut to some genes and brought to a million again: by so much at most; or
# with another species' genes beside them: by so little at least.
_RESCALED, _SHARED = 1.35, 0.33
# How many values are looked at, up to how many times the smallest; up to how many counts that one may be; and how many
# values, and different multiples, must agree.
_SMALLEST, _WITHIN, _MOST_MULTIPLES, _FEWEST, _DIFFERENT = 400, 60.0, 400, 25, 8


@dataclass(frozen=True)
class Numbers:
    """A sample's finite numbers, and the precision they were written with.

    Attributes
    ----------
    values
        (g,) finite.
    step
        Smallest difference that the writing allows, at most a millionth.
    off
        How many further genes are known to be off: left blank, or minus infinity.
    gaps
        How many further genes have no number, for whatever reason.
    bare
        Whether zeros were minus infinity: nothing was added before the logarithm was taken.
    """

    values: Floats
    step: float
    off: int = 0
    gaps: int = 0
    bare: bool = False

    @classmethod
    def of(cls, values: Floats, off: int = 0, bare: bool = False) -> Numbers:
        """The finite ones among some values."""
        everything = np.asarray(values, dtype=np.float64)
        finite = everything[np.isfinite(everything)]
        return cls(finite, _step(finite), off, len(everything) - len(finite) - off, bare)

    @property
    def whole_table(self) -> bool:
        """Whether so many genes are there that their sum means something."""
        return len(self.values) + self.off >= WHOLE_TRANSCRIPTOME

    @property
    def at_minimum(self) -> float:
        """Share of the numbers that equal the smallest: genes that are off. A pair may be chance."""
        equal = int(np.sum(self.values <= self.values.min() + 0.5 * self.step))
        return equal / len(self.values) if equal > 3 else 0.0

    @property
    def spread(self) -> float:
        """Standard deviation; infinite, which fits no unit, where the squares are too large for a number."""
        with np.errstate(over="ignore"):
            return float(self.values.std())

    @property
    def spread_of_expressed(self) -> float:
        """Standard deviation of what is above the value that genes share which are off; infinite as `spread` is."""
        expressed = self.values[self.values > self.values.min() + 0.5 * self.step] if self.at_minimum else self.values
        with np.errstate(over="ignore"):
            return float(expressed.std())


def _step(finite: Floats) -> float:
    """The precision the numbers were written with, at most a millionth."""
    # An odd stride: what alternates from gene to gene is seen.
    some = finite[:: max(1, len(finite) // 500) | 1]
    for decimals in range(6):
        if np.allclose(some, np.round(some, decimals), rtol=0, atol=1e-9):
            return float(10.0**-decimals)
    return 1e-6


def are_counts(numbers: Numbers, base: float, pseudo: float) -> bool | None:
    """Whether the values are logarithms of whole numbers; None where too few are small enough to tell."""
    values = numbers.values
    # The value of genes that are off says nothing of the others.
    values = values[values > values.min() + 0.5 * numbers.step] if numbers.at_minimum > STRAY else values
    linear = np.power(base, np.minimum(values, 60.0 / np.log2(base))) - pseudo
    # An error of half a step grows with the value: only small counts tell.
    limit = min(50.0, 0.05 / (np.log(base) * max(numbers.step, 1e-7)))
    small = linear[(linear > 0.05) & (linear < limit)]
    between = float(np.mean(np.abs(small - np.round(small)) > 0.15)) if len(small) else 0.0
    if len(small) >= 3 and between > 0.3:
        return False
    return _whole(small[small > 0.5])


def are_whole(linear: Floats, step: float) -> bool:
    """Whether small values, whose inverse hyperbolic sine was written with that precision, are whole numbers."""
    small = linear[(linear > 0.05) & (linear < min(50.0, 0.05 / max(step, 1e-7)))]
    return _whole(small) is True


def _whole(small: Floats) -> bool | None:
    """Whether nearly all of some small values are whole numbers; None where too few are there to tell."""
    if len(small) < 20 or len(np.unique(np.round(small))) < 3:
        return None
    return float(np.mean(np.abs(small - np.round(small)) < 0.06)) > 0.98


def common_unit(linear: Floats, error: Floats | float) -> float | None:
    """Find the number that the smallest values are whole multiples of: counts divided by it, no gene's length in them.

    None where there is none, or where it is the precision that they were written with.

    Parameters
    ----------
    linear
        (g,) values without a logarithm.
    error
        How far each may be from what was measured, by the precision it was written with.
    """
    errors = np.broadcast_to(error, linear.shape)
    positive = linear > 0
    if int(positive.sum()) < MIN_GENES:
        return None
    # Each value once: a few that stand in many rows fit by chance.
    small, first = np.unique(linear[positive], return_index=True)
    errors = errors[positive][first]
    within = np.flatnonzero(small <= _WITHIN * small[0])
    within = within[:: len(within) // _SMALLEST + 1]
    small, errors = small[within], errors[within]
    # Below this a multiple of a smaller number is as near as chance has it.
    finest = max(float(errors[0]) * 8.0, float(small[0]) / _MOST_MULTIPLES)
    for multiple in range(1, _MOST_MULTIPLES + 1):
        unit = float(small[0]) / multiple
        if unit < finest:
            break
        # The smallest value fixes the unit only as well as it was written: a long way up the error grows.
        off_by = np.maximum(errors + errors[0] * small / small[0] + 1e-9 * small, 0.02 * unit)
        sharp = off_by < 0.12 * unit
        steps = np.round(small[sharp] / unit)
        if int(sharp.sum()) < _FEWEST or len(np.unique(steps)) < _DIFFERENT:
            continue
        if float(np.mean(np.abs(small[sharp] - steps * unit) <= off_by[sharp])) > 0.97:
            power_of_ten = abs(np.log10(unit) - round(np.log10(unit))) < 0.01
            # TPM that were written with two decimals are multiples of 0.01.
            return None if power_of_ten else unit
    return None


def may_be_rescaled(unit: float, total: float) -> bool:
    """Whether multiples of `unit` that sum to `total` may be rounded TPM of some genes brought to a million."""
    factor = float(unit / 10.0 ** np.floor(np.log10(unit)))
    return 0.99e6 <= total <= 1.01e6 and unit < 0.05 and not _RESCALED < factor < 10 * _SHARED


def evidence_in_words(finite: Floats) -> str:
    """Range, shares of zeros, negatives and whole numbers, and the sum."""
    low, high = float(finite.min()), float(finite.max())
    parts = [f"{len(finite):,} values from {low:.3g} to {high:.3g}", f"{np.mean(finite == 0):.0%} zeros"]
    if (negative := float(np.mean(finite < 0))) > 0:
        parts.append(f"{negative:.0%} negative")
    if high > MAX_LOG:
        whole = float(np.mean(finite == np.round(finite)))
        parts += [f"{'all' if whole == 1 else f'{whole:.0%}'} whole numbers", f"sum {finite.sum():,.0f}"]
    return ", ".join(parts)
