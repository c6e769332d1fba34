"""Numbers of samples before their unit is judged: the impossible becomes a gap, genes that are off are told from gaps.

A blank is either "not measured" or "zero": where no value of a sample is at or near zero while a part of its genes has
none, blanks stand for zeros; where zeros are there as well, blanks are gaps.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from leap_core.arrays import Array, Floats, Mask
from leap_core.io.unit_numbers import MIN_GENES, WHOLE_TRANSCRIPTOME, Numbers
from leap_core.io.unit_verdict import is_linear

# So many values of a sample may be marks or slips; more are a habit of the file.
_FEW = 5
# No logarithm of expression is larger, and no share of a million.
_LARGEST_LOG, _LARGEST_SHARE = 30.0, 1.001e6
_LARGEST = 1e12
# A fraction below zero that is no value is at most this: -9.99.
_HIGHEST_MARK = -9.0
# Of the genes of a sample, at least so many are off in any cell line, and blank where zeros are left out.
_LEAST_BLANK = 0.02
_SPIKE = 0.02
_MANY_GAPS = 0.1
# The sum of TPM; what is far beyond it holds a value that is none.
_TPM_SUM = 1.05e6


@dataclass(frozen=True)
class Cleaned:
    """Values of a file's samples, cleaned.

    Attributes
    ----------
    values
        (genes, samples) float64, NaN for gaps and for genes that are off.
    off
        (genes, samples) True where a gene is known to be off.
    warnings
        What was done, one sentence each.
    bare
        (samples,) True where zeros are told to be the logarithm of zero itself: nothing was added before it was taken.
    """

    values: Array
    off: Mask
    warnings: tuple[str, ...]
    bare: Mask


def cleaned(values: Array, symbols: Sequence[str | None], samples: Sequence[str]) -> Cleaned:
    """Take impossible values out, and find the genes that are off.

    Parameters
    ----------
    values
        (genes, samples) as in the file; minus infinity is the logarithm of zero.
    symbols, samples
        Names, for the sentences; rows that are no gene have no symbol and are not spoken of.
    """
    found = np.array(values, dtype=np.float64)
    off = np.isneginf(found)
    bare = np.asarray(off.any(axis=0))
    found[~np.isfinite(found)] = np.nan
    slips: list[str] = []
    blank: list[str] = []
    spiked: list[str] = []
    undecided: list[int] = []
    for column, sample in enumerate(samples):
        one = found[:, column]
        for row in _impossible(one):
            if symbols[row] is not None:
                slips.append(f"{one[row]:.4g} ({symbols[row]}, {sample})")
            one[row] = np.nan
        if (spike := _zero_spike(one)).any():
            off[spike, column], one[spike], bare[column] = True, np.nan, True
            spiked.append(sample)
        elif not off[:, column].any() and _blanks_are_zeros(one):
            off[np.isnan(one), column] = True
            blank.append(sample)
        elif not off[:, column].any() and _may_be_zeros(one):
            undecided.append(column)
    if spiked:
        # Who wrote the file wrote 0 for the logarithm of zero: in every sample.
        for column in np.flatnonzero((found == 0).mean(axis=0) > _SPIKE).tolist():
            off[found[:, column] == 0, column], bare[column] = True, True
            found[off[:, column], column] = np.nan
            spiked.append(samples[column])
    if blank and not (found == 0).any():
        # Who wrote the file left zeros blank: in every sample.
        off[:, undecided] |= np.isnan(found[:, undecided])
        blank += [samples[column] for column in undecided]
        undecided = []
    return Cleaned(
        found,
        off,
        (*_sentences(slips, blank, spiked, float(off.mean())), *_of_gaps([samples[c] for c in undecided])),
        bare,
    )


def _sentences(slips: list[str], blank: list[str], spiked: list[str], share: float) -> tuple[str, ...]:
    found = []
    if slips:
        more = f" and {len(slips) - 3} more" if len(slips) > 3 else ""
        found.append(f"values that no expression has were taken as gaps: {', '.join(slips[:3])}{more}")
    if blank:
        found.append(
            f"{share:.0%} of the cells are blank and no value is zero: blanks were taken as genes that are off"
            f" ({_some(blank)})"
        )
    if spiked:
        found.append(
            f"many values are exactly 0 between negative and positive ones: these zeros were taken as genes that are"
            f" off ({_some(spiked)})"
        )
    return tuple(found)


def _may_be_zeros(one: Floats) -> bool:
    """Whether a sample has many gaps and no zero, and nothing tells what its gaps are."""
    gaps = np.isnan(one)
    return bool(gaps.mean() > _MANY_GAPS and (~gaps).sum() >= MIN_GENES and not np.any(one == 0))


def _of_gaps(undecided: list[str]) -> tuple[str, ...]:
    if not undecided:
        return ()
    return (
        f"many cells are blank and no value is zero ({_some(undecided)}): blanks were taken as not measured (gaps). If"
        " they are genes that are off, write zeros and upload the table again",
    )


def _some(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{len(names)} samples"


def _impossible(one: Floats) -> list[int]:
    """Rows of a sample whose values cannot be expression, where they are few: marks of gaps, slips, overflows."""
    there = np.flatnonzero(np.isfinite(one))
    if len(there) < MIN_GENES:
        return [int(row) for row in there[np.abs(one[there]) >= _LARGEST]]
    found = set(there[np.abs(one[there]) >= _LARGEST].tolist())
    found |= set(_marks_below(one, there))
    order = there[np.argsort(one[there], kind="stable")]
    top, rest = order[-_FEW:], one[order[:-_FEW]]
    limit = _upper_limit(rest)
    return sorted(found | {int(row) for row in top if one[row] > limit})


def _marks_below(one: Floats, there: np.ndarray) -> list[int]:
    """A few negative values under others that are none: -1, -9, -999."""
    values = one[there]
    negative = there[values < 0]
    if not 0 < len(negative) <= max(_FEW, 0.001 * len(there)):
        return []
    marks = one[negative]
    if np.any(marks != np.round(marks)) and (np.ptp(marks) > 0 or marks[0] > _HIGHEST_MARK):
        # Fractions are the logarithms of small values.
        return []
    rest = values[values >= 0]
    spike = float(np.mean(rest == 0)) > 0.01
    apart = float(rest.min()) - float(one[negative].max()) >= 0.5
    return negative.tolist() if spike or apart else []


def _upper_limit(rest: Floats) -> float:
    """What no further value of a sample may pass, told from all but its largest few."""
    rest = rest[rest >= 0]
    if len(rest) < MIN_GENES:
        return _LARGEST
    high, total = float(rest.max()), float(rest.sum())
    numbers = Numbers(rest, 1e-6)
    if high <= _LARGEST_LOG and not is_linear(numbers) and np.any(rest != np.round(rest)):
        # log2 of something: the largest gene is a few units above the next ones, never many times as high.
        return max(high + 8.0, 20.0) if high <= 20.0 else _LARGEST_LOG + 3.0
    if len(rest) >= WHOLE_TRANSCRIPTOME and 0.8e6 < total <= _TPM_SUM and np.any(rest != np.round(rest)):
        # TPM but for one value, which is as much as all others.
        return max(10.0 * high, _TPM_SUM - total)
    if len(rest) >= WHOLE_TRANSCRIPTOME and 0.4e6 < total <= _TPM_SUM:
        return _LARGEST_SHARE
    return max(1e4 * high, 1e6)


def _zero_spike(one: Floats) -> Mask:
    """Zeros of a logarithm without pseudo-count, written for genes that are off (if 0 then 0)."""
    finite = one[np.isfinite(one)]
    nothing = np.zeros(len(one), dtype=bool)
    if len(finite) < MIN_GENES:
        return nothing
    zeros, negative = float(np.mean(finite == 0)), float(np.mean(finite < 0))
    near = float(np.mean((np.abs(finite) < 0.05) & (finite != 0)))
    if zeros < _SPIKE or negative == 0 or zeros < 5 * near or finite.max() > _LARGEST_LOG:
        return nothing
    rest = finite[finite != 0]
    lowest = np.sum(rest == rest.min())
    if lowest > max(2, 0.001 * len(rest), 0.5 * zeros * len(finite)) or float(np.median(rest)) < 0.1:
        # Another value is shared by more: that one stands for zero; or differences around zero.
        return nothing
    return one == 0


def _blanks_are_zeros(one: Floats) -> bool:
    """Whether the gaps of a sample are genes that are off: it has no value at the bottom."""
    there = np.isfinite(one)
    if there.sum() < 200 or not _LEAST_BLANK <= 1 - there.mean() <= 0.8:
        return False
    finite = one[there]
    low, median = float(finite.min()), float(np.median(finite))
    if float(np.mean(finite <= low + 1e-9 * max(1.0, abs(low)))) > 0.05 and low == 0:
        return False
    if low > 0 and finite.max() <= _LARGEST_LOG and low > 0.3 * median:
        # Microarrays have a background and no zeros: their gaps are gaps.
        return False
    return float(np.mean(finite == 0)) < 0.001
