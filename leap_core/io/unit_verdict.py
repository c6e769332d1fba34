"""The verdict on a sample's unit, from its numbers alone, with the evidence in words.

One sample is judged at a time, so that its company in the file changes nothing. What the numbers cannot tell is
said so: TPM and FPKM differ by one constant per sample, which shows only in the sum over all genes.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from leap_core.arrays import Floats
from leap_core.io.no_expression import is_corrected, is_ratio, is_root, lies_around_its_median, logarithm_without_zeros
from leap_core.io.unit_numbers import (
    BASES,
    FPKM_SUM,
    MAX_LOG,
    MIN_GENES,
    MIN_READS,
    STRAY,
    TPM_SUM,
    Numbers,
    are_counts,
    are_whole,
    common_unit,
    evidence_in_words,
    may_be_rescaled,
)
from leap_core.io.units import Quantity, Unit
from leap_core.io.verdict import CONSTANT, FRACTIONS, NO_UNIT, RATIOS, RELATIVE, UnitVerdict

# A scanner of 16 bits ends at log2(65,535): what is above is sequencing.
_MAX_MICROARRAY = 16.1
# Some genes stand in several rows.
_SUM_WITH_DUPLICATES = 1.2e6
# Counts of all genes over a million, less those of no gene.
_CPM_SUM = (0.2e6, 1.05e6)
# TPM of a whole table sum to a million; FPKM to less or more, of unusual libraries.
_EXACT_SUM, _WIDE_FPKM_SUM = 5e3, (5e4, 1e6)
# TPM that were normalised once more between samples (TMM) pass a million by this much.
_NORMALISED_SUM = 1.2e6
# FPKM over the upper quartile instead of all reads sum to billions.
_UPPER_QUARTILE_SUM = 5e8
# Of a sample's values: microarrays have few gaps, tables that leave zeros blank have many.
_GAPS = 0.15
# Genes that are barely on lie below it, where one was added: of a thousand genes, and of fewer.
_HOLE = (0.3, 1.0)
# Where so many genes are off, more than these are barely on.
_MANY_OFF, _FEW_BARELY_ON = 0.05, 0.06
# Largest log2 and standard deviation of log2 over genes, of 1,235 lines and subsets of 300 to 17,893 genes. A logarithm
# to another base has them smaller.
_SUBSET_MAXIMUM, _SUBSET_SPREAD = (7.0, 17.8), (1.2, 2.9)
# What no table of some genes has passed, however it was cut.
_WIDE_MAXIMUM, _WIDE_SPREAD = 20.5, 5.0
_FEW_BELOW_ONE = 0.02
# FPKM-UQ of a mitochondrial gene, where others are off; amounts of proteins are as large, and none of them 0.
_HIGH_LOG, _MOST_LOG = 30.0, 36.0
# Log2 of the reads that one gene may have.
_MOST_COUNTS = 24.0
_PSEUDO_COUNTS = (1.0, 0.5, 0.25, 0.125, 0.1, 0.05, 0.01, 0.001, 1e-4, 1e-5, 1e-6)


def judge_unit(values: Floats, off: int = 0, bare: bool = False) -> UnitVerdict:
    """Judge the unit of one sample.

    Parameters
    ----------
    values
        (g,) expression of all genes of the file, at least one finite number; NaN allowed.
    off
        How many of the genes without a number are known to be off (blank or minus infinity for zero).
    bare
        Whether nothing was added before a logarithm was taken: zeros were minus infinity.
    """
    numbers = Numbers.of(values, off, bare)
    finite = numbers.values
    low, high = float(finite.min()), float(finite.max())
    evidence, count = evidence_in_words(finite), len(finite)
    if low == high:
        return UnitVerdict((), CONSTANT, evidence, count)
    negative = float(np.mean(finite < 0))
    if high <= 1.5 and low >= 0 and count >= MIN_GENES:
        return UnitVerdict((), FRACTIONS, evidence, count)
    if negative > STRAY and not bare and is_corrected(numbers):
        unit = Unit("TPM", 2.0)
        warning = (
            f"{negative:.0%} of the values are below zero, as batch correction leaves them: taken as genes that are off"
        )
        return UnitVerdict((unit,), unit.name, f"{evidence}; corrected for batches", count, warning=warning)
    if negative > STRAY and numbers.at_minimum < STRAY and not logarithm_without_zeros(numbers):
        return UnitVerdict((), RELATIVE, evidence, count)
    if count >= MIN_GENES and is_ratio(numbers):
        return UnitVerdict((), RATIOS, evidence, count)
    linear = is_linear(numbers)
    if linear and (root := is_root(numbers)) is not None:
        return UnitVerdict((), root, evidence, count)
    units = _linear_units(numbers) if linear else _log_units(numbers)
    if not units and low >= 0:
        return UnitVerdict((), NO_UNIT, evidence, count)
    if not units or (negative > STRAY and abs(finite.mean()) < 0.1 and abs(numbers.spread - 1.0) < 0.1):
        return UnitVerdict((), RELATIVE, evidence, count)
    kind = " or ".join(unit.name for unit in units)
    also, possible = _other_logarithms(numbers, units)
    return UnitVerdict(units, kind, evidence, count, also=also, possible=possible)


def _other_logarithms(numbers: Numbers, units: tuple[Unit, ...]) -> tuple[tuple[Unit, ...], tuple[Unit, ...]]:
    """Of some genes alone: units that must be spoken of, unlikely as they are, and all that a name may still mean."""
    taken = [unit for unit in units if unit.quantity != "microarray"]
    if numbers.whole_table or not taken or any(unit.base is None for unit in taken):
        return (), ()
    high, low = float(numbers.values.max()), float(numbers.values.min())
    # Genes that are off stand apart from the others, in whichever logarithm.
    spread = min(numbers.spread, numbers.spread_of_expressed)
    also: list[Unit] = []
    possible: list[Unit] = []
    for base in BASES:
        for pseudo in sorted({unit.pseudo for unit in taken}) if low >= 0 else (0.0,):
            others: dict[Quantity, float] = {"TPM": _WIDE_MAXIMUM, "FPKM": _WIDE_MAXIMUM, "CPM": _WIDE_MAXIMUM}
            if are_counts(numbers, base, pseudo) is not False:
                others["counts"] = _MOST_COUNTS
            possible += [Unit(quantity, base, pseudo) for quantity in others]
            if base not in {unit.base for unit in taken} and spread * np.log2(base) < _WIDE_SPREAD:
                also += [Unit(one, base, pseudo) for one, most in others.items() if high * np.log2(base) < most]
    return tuple(also), tuple(possible)


def is_linear(numbers: Numbers) -> bool:
    """Whether the numbers are no logarithms."""
    high = float(numbers.values.max())
    if numbers.values.min() < 0:
        # A few negatives among large numbers are marks of missing values or a background taken off too far.
        return high > 100 and float(np.mean(numbers.values < 0)) <= STRAY
    # Logarithms are at most a few times their median; linear values span orders of magnitude.
    expressed = numbers.values[numbers.values > 0]
    if high > MAX_LOG:
        # log2 of counts may pass 20; linear values of many genes span more than one order of magnitude.
        return high > 8 * float(np.median(expressed)) or len(expressed) < MIN_GENES
    if numbers.step >= 1:
        # Logarithms are no whole numbers; counts of a single cell are, and small.
        return True
    if numbers.whole_table or len(expressed) < MIN_GENES:
        # In no unit does a transcriptome sum to so little.
        return False
    return high > 5 and high > 40 * float(np.median(expressed)) and float(np.mean(expressed < 0.5)) > 0.5


def _linear_units(numbers: Numbers) -> tuple[Unit, ...]:
    values = numbers.values
    total = float(values.sum())
    expressed = values[values > 0]
    whole = float(np.mean(expressed == np.round(expressed)))
    counts, tpm, fpkm, array, cpm = (Unit(quantity) for quantity in ("counts", "TPM", "FPKM", "microarray", "CPM"))
    steps = common_unit(values, 0.6 * numbers.step)
    if whole < 1 and steps is not None:
        # Counts over a number of the sample: CPM, or counts normalised for depth.
        sure = numbers.whole_table and not may_be_rescaled(steps, total)
        return (cpm,) if sure else (tpm, cpm) if numbers.whole_table else (cpm, tpm)
    if whole < 1 and numbers.whole_table and total > _UPPER_QUARTILE_SUM:
        return (fpkm,)
    if len(expressed) == len(values) and values.min() >= 1 and whole < 1 and numbers.whole_table and total > MIN_READS:
        return (array,)
    if numbers.whole_table:
        if whole == 1:
            # TPM rounded to whole numbers sum to a little less than a million and lose most genes below 0.5.
            return (tpm, counts) if TPM_SUM[0] <= total <= 1.01e6 else (counts,)
        if TPM_SUM[0] <= total <= TPM_SUM[1]:
            return (tpm,)
        if FPKM_SUM[0] <= total <= FPKM_SUM[1]:
            return (fpkm,)
        if total > TPM_SUM[1]:
            few = (tpm, fpkm, counts) if total < _NORMALISED_SUM else (fpkm, counts)
            return (counts,) if total > MIN_READS else few
        return (tpm, fpkm)
    if whole == 1:
        return (counts,)
    if 0.99e6 <= total <= 1.01e6:
        return (tpm, cpm)
    if whole > 0.25 and numbers.step < 0.1:
        return (counts, tpm, fpkm)
    if total > _SUM_WITH_DUPLICATES:
        return (counts, fpkm)
    return (tpm, fpkm, cpm)


def _log_units(numbers: Numbers) -> tuple[Unit, ...]:
    values = numbers.values
    low, high = float(values.min()), float(values.max())
    off = numbers.at_minimum
    if high > _MOST_LOG or (high > _HIGH_LOG and not (low == 0 and off > STRAY)):
        return ()
    if off < 0.001 and float(np.mean(values < 1.0)) < 0.002 and low >= 0 and not numbers.off:
        # Background of a microarray lies around 2 to 5 and is never 0; RNA-seq has genes that are off.
        array = Unit("microarray", 2.0, 0.0) if high <= _MAX_MICROARRAY else Unit("counts", 2.0, 0.0)
        if numbers.gaps <= _GAPS * len(values):
            return (array,)
        # They may be left blank: then it may be a logarithm of anything.
        return (array, *_on_a_subset(numbers, [(base, pseudo) for base in BASES for pseudo in (1.0, 0.0)]))
    if off >= 0.001 and low > 1.0 and not numbers.off:
        # Genes that are off share one value far above 0: something large was added to TPM, or they are
        # variance-stabilised counts.
        added = [Unit("TPM", base, base**low) for base in BASES]
        tpm = [one for one in added if TPM_SUM[0] <= float(one.linear(values).sum()) <= TPM_SUM[1]]
        return (tpm[0] if tpm and numbers.whole_table else Unit("counts", 2.0, 0.0),)
    if lies_around_its_median(numbers):
        return ()
    candidates = list(_logarithms(numbers))
    if not candidates:
        # Genes that are off share a value that no usual pseudo-count gives: edgeR's, which depends on the depth, or a
        # score.
        return (Unit("CPM", 2.0, float(np.exp2(low))),) if low < 0 and high > 6 else ()
    return (
        _by_steps(numbers, candidates)
        or (_by_sum(numbers, candidates) if numbers.whole_table else ())
        or (() if numbers.whole_table else _on_a_subset(numbers, candidates))
    )


def _by_steps(numbers: Numbers, candidates: list[tuple[float, float]]) -> tuple[Unit, ...]:
    """Counts, or counts over one number, by what small values have in common without the logarithm."""
    if numbers.values.min() == 0 and are_whole(np.sinh(np.minimum(numbers.values, 20.0)), numbers.step):
        return (Unit("counts", asinh=True),)
    if counts := [Unit("counts", *one) for one in candidates if are_counts(numbers, *one)]:
        # One more than whole numbers are whole numbers, too.
        return tuple([unit for unit in counts if unit.pseudo] or counts)
    if numbers.off and not numbers.whole_table:
        # Nothing says what was added: a small number of values fits too many.
        return ()
    found: list[Unit] = []
    doubted: list[Unit] = []
    for base, pseudo in candidates:
        if pseudo == 0 and numbers.at_minimum and numbers.values.min() >= 0:
            # That zero was written for the logarithm of zero is a doubt, which a fit by chance must not settle.
            doubted += [Unit("CPM", base, pseudo), Unit("TPM", base, pseudo)]
            continue
        linear = Unit("TPM", base, pseudo).linear(numbers.values)
        # Single-cell tools write ln of counts over ten thousand; edgeR log2 of counts over a million.
        near = abs(float(linear.sum()) - 1e4) < (200 if numbers.whole_table else 20)
        if base == BASES[1] and near and not _to_a_million(numbers, candidates):
            return (Unit("CPM", base, pseudo),)
        if numbers.whole_table and not _CPM_SUM[0] <= float(linear.sum()) <= _CPM_SUM[1]:
            continue
        steps = common_unit(linear, _error(numbers, base))
        if steps is not None:
            cpm, tpm = Unit("CPM", base, pseudo), Unit("TPM", base, pseudo)
            if not numbers.whole_table:
                # A few small values may fit by chance: a name decides.
                found += [cpm, tpm]
            else:
                found += [tpm, cpm] if may_be_rescaled(steps, float(linear.sum())) else [cpm]
    return (*found, *(doubted if found and not numbers.whole_table else ()))


def _to_a_million(numbers: Numbers, candidates: list[tuple[float, float]]) -> bool:
    """Whether the values without some logarithm sum to a million."""
    return any(abs(float(Unit("TPM", *one).linear(numbers.values).sum()) - 1e6) < 1e4 for one in candidates)


def _error(numbers: Numbers, base: float) -> Floats:
    """How far values without their logarithm may be off, by the precision of the logarithm."""
    error: Floats = 0.6 * numbers.step * np.log(base) * np.power(base, np.minimum(numbers.values, 60.0 / np.log2(base)))
    return error


def _by_sum(numbers: Numbers, candidates: list[tuple[float, float]]) -> tuple[Unit, ...]:
    """Units by the sum over all genes without the logarithm."""
    sums = {
        (base, pseudo): float(Unit("TPM", base, pseudo).linear(numbers.values).sum()) for base, pseudo in candidates
    }

    def within(quantity: Quantity, bounds: tuple[float, float]) -> list[Unit]:
        return [Unit(quantity, *one) for one, total in sums.items() if bounds[0] <= total <= bounds[1]]

    if tpm := within("TPM", TPM_SUM):
        # Both sum to a million. What edgeR and voom add depends on the reads; no one adds such a number to TPM.
        return (tpm[0],) if _usual(tpm[0].pseudo) else (replace(tpm[0], quantity="CPM"), tpm[0])
    asinh = Unit("TPM", asinh=True)
    of_asinh = float(asinh.linear(numbers.values).sum()) if numbers.values.min() >= 0 else 0.0
    fpkm = within("FPKM", FPKM_SUM)
    base, pseudo = candidates[0]
    total = sums[candidates[0]]
    upper = [Unit("FPKM", *one) for one, sum_of_it in sums.items() if sum_of_it > _UPPER_QUARTILE_SUM]
    if upper and total < TPM_SUM[1] and float(np.mean(numbers.values[numbers.values > 0] < 1.0)) < _FEW_BELOW_ONE:
        # In logarithms to base 2 of FPKM many genes lie between 0 and 1; to base 10 of FPKM-UQ next to none.
        return tuple(upper)
    if TPM_SUM[0] <= of_asinh <= TPM_SUM[1]:
        # Some FPKM come that near to a million by chance, in one sample or another.
        sure = abs(of_asinh - 1e6) < _EXACT_SUM and not fpkm
        return (asinh,) if sure else (asinh, *(fpkm or [Unit("FPKM", base, pseudo)]))
    if fpkm:
        return tuple(fpkm)
    if not _usual(pseudo):
        # Genes that are off share a value that no usual pseudo-count gives: edgeR's, which depends on the depth.
        return (Unit("CPM", base, pseudo),) if numbers.values.max() > 6 else ()
    if total > _UPPER_QUARTILE_SUM:
        return (Unit("FPKM", base, pseudo),)
    if total > MIN_READS:
        return (Unit("counts", base, pseudo),)
    if total > TPM_SUM[1]:
        tpm_too = [Unit("TPM", base, pseudo)] if total < _NORMALISED_SUM else []
        return (*tpm_too, Unit("FPKM", base, pseudo), Unit("counts", base, pseudo))
    others = [one for one in within("FPKM", _WIDE_FPKM_SUM) if (one.base, one.pseudo) != (base, pseudo)]
    return (Unit("TPM", base, pseudo), Unit("FPKM", base, pseudo), *others)


def _usual(pseudo: float) -> bool:
    return pseudo == 0 or any(np.isclose(pseudo, known) for known in _PSEUDO_COUNTS)


def _on_a_subset(numbers: Numbers, candidates: list[tuple[float, float]]) -> tuple[Unit, ...]:
    """Candidates where the sum over all genes is not at hand.

    TPM or FPKM, and the bases that the largest value allows.
    """
    sums = {one: float(Unit("TPM", *one).linear(numbers.values).sum()) for one in candidates}
    # Some genes that sum to a million were brought there.
    bases = {base for (base, _), total in sums.items() if abs(total - 1e6) < 1e4}
    # What was added hardly changes the sum.
    exact = [one for one in candidates if one[0] in bases]
    if exact and len(numbers.values) >= MIN_GENES:
        return tuple(Unit(quantity, *one) for one in exact for quantity in ("TPM", "CPM"))
    high, spread = float(numbers.values.max()), numbers.spread
    few = len(numbers.values) < MIN_GENES
    possible = [
        (base, pseudo)
        for base, pseudo in candidates
        if few
        or (
            _SUBSET_MAXIMUM[0] < high * np.log2(base) < _SUBSET_MAXIMUM[1]
            and _SUBSET_SPREAD[0] < spread * np.log2(base) < _SUBSET_SPREAD[1]
        )
    ] or [one for one in candidates if one[0] == candidates[0][0]]
    # Counts give themselves away by whole numbers, where there are small ones.
    found: list[Unit] = []
    for base, pseudo in possible:
        found += [Unit("TPM", base, pseudo), Unit("FPKM", base, pseudo)]
        if are_counts(numbers, base, pseudo) is not False:
            found.append(Unit("counts", base, pseudo))
        found.append(Unit("CPM", base, pseudo))
    return tuple(found)


def _logarithms(numbers: Numbers) -> Iterator[tuple[float, float]]:
    """Bases and pseudo-counts that the smallest value allows, base 2 first."""
    low = float(numbers.values.min())
    if numbers.off:
        # Zeros are not among the values: nothing says what was added, if anything was.
        if low >= 0 and not numbers.bare:
            # Where nothing was added, genes that are barely on lie below zero.
            yield from ((base, 1.0) for base in BASES)
        if low < 0 or numbers.bare or not numbers.whole_table:
            yield from ((base, 0.0) for base in BASES)
        return
    if low >= -0.5 * numbers.step:
        # Genes that are off are 0, or all are on: one was added.
        yield from ((base, 1.0) for base in BASES)
        positive = numbers.values[numbers.values > 0.5 * numbers.step]
        hole = float(positive.min()) > _HOLE[len(positive) < 1000] if len(positive) >= MIN_GENES else False
        sparse = numbers.at_minimum > _MANY_OFF and float(np.mean(positive < 1.0)) < _FEW_BARELY_ON
        if numbers.at_minimum > STRAY and (hole or (sparse and len(positive) >= MIN_GENES)):
            # Nothing between zero and that: zero may be written for the logarithm of zero.
            yield from ((base, 0.0) for base in BASES)
        return
    known = [
        (base, pseudo)
        for base in BASES
        for pseudo in _PSEUDO_COUNTS[1:]
        if abs(np.log(pseudo) / np.log(base) - low) <= max(numbers.step, 2e-4)
        and float(numbers.values.max()) * np.log2(base) < _MOST_COUNTS
    ]
    yield from known
    if not known and numbers.at_minimum < STRAY:
        # Without a pseudo-count zeros are gaps.
        yield from ((base, 0.0) for base in BASES)
    elif not known and numbers.whole_table:
        yield from ((base, base**low) for base in BASES)
