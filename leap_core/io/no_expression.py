"""Numbers that are no expression as it is measured: roots, copy numbers, what batch correction or blanks left."""

from __future__ import annotations

import numpy as np

from leap_core.io.unit_numbers import BASES, FPKM_SUM, MAX_LOG, MIN_READS, STRAY, TPM_SUM, Numbers
from leap_core.io.units import Unit
from leap_core.io.verdict import CUBE_ROOTS, SQUARE_ROOTS

# Batch correction moves genes that are off below zero, by little.
_CORRECTED_LOW, _CORRECTED_SHARE = -3.0, 0.45
# Of so many genes some are off; and the highest is higher than this in any logarithm to base 2.
_MANY_GENES, _LEAST_MAXIMUM = 1000, 9.0

# Genes that are off in both are 1 over 1, and the others lie on either side.
_ONES, _ON_A_SIDE = 0.01, 0.2


def is_ratio(numbers: Numbers) -> bool:
    """Whether the values are ratios to a control with something added to both: more are exactly 1 than anything else.

    Small ones may have been rounded to 0.
    """
    values = numbers.values
    if values.min() < 0 or numbers.off or bool((values == np.round(values)).all()):
        return False
    common, times = np.unique(values, return_counts=True)
    most = common[int(np.argmax(times))] == 1.0 and float(times.max()) > _ONES * len(values)
    below, above = float(np.mean((values > 0) & (values < 1))), float(np.mean(values > 1))
    return bool(most and min(below, above) > _ON_A_SIDE)


def is_root(numbers: Numbers) -> str | None:
    """Square or cube roots of TPM or CPM, by the sum over all genes of what they are roots of; None of neither."""
    values = numbers.values
    if not numbers.whole_table or values.min() < 0 or values.sum() > FPKM_SUM[0]:
        return None
    # Anscombe's transformation is twice the root of a little more.
    linear = ((values**2, SQUARE_ROOTS), (values**2 / 4.0 - 0.375, SQUARE_ROOTS), (values**3, CUBE_ROOTS))
    for numbers_before, kind in linear:
        if TPM_SUM[0] <= float(numbers_before.sum()) <= TPM_SUM[1]:
            return kind
    return None


def lies_around_its_median(numbers: Numbers) -> bool:
    """Whether hardly a gene is off or barely on, and none is high: copy numbers, and no logarithm of expression."""
    values, median = numbers.values, float(np.median(numbers.values))
    return (
        len(values) >= _MANY_GENES
        and values.min() >= 0
        and values.max() < _LEAST_MAXIMUM
        and median > 0
        and float(np.mean(values < 0.3 * median)) < 0.01
        and not numbers.off
    )


def is_corrected(numbers: Numbers) -> bool:
    """Whether the values are log2(TPM+1) that batch correction has moved: few are below zero, and by little."""
    values = numbers.values
    if numbers.at_minimum >= STRAY or values.min() < _CORRECTED_LOW or values.max() > MAX_LOG:
        return False
    if numbers.off:
        # Where genes that are off are blank, those barely on lie below zero in any logarithm without a pseudo-count.
        return False
    if float(np.mean(values < 0)) > _CORRECTED_SHARE:
        return False
    if not numbers.whole_table:
        # Differences and z-scores lie around zero, as far below as above.
        return float(np.median(values)) > 1.0 and values.max() > 8.0 > -8.0 * values.min()
    return TPM_SUM[0] * 0.8 <= float(Unit("TPM", 2.0).linear(values).sum()) <= TPM_SUM[1] * 1.2


def logarithm_without_zeros(numbers: Numbers) -> bool:
    """Whether numbers with negatives are logarithms whose zeros were left out, rather than differences around zero."""
    values = numbers.values
    centre, spread = float(np.median(values)), numbers.spread
    if not numbers.whole_table and len(values) < 5000:
        return centre > 0.6 * spread and float(values.max()) > 6
    totals = [float(np.exp(np.minimum(values * np.log(base), 41.0)).sum()) for base in BASES]
    return (
        any(FPKM_SUM[0] <= total <= TPM_SUM[1] or total > MIN_READS for total in totals)
        and float(values.max()) > 8 / np.log2(BASES[2])
        and centre > 0.2 * spread
    )
