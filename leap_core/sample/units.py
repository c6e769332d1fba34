"""The unit of every sample of a file: declared, said by the layout or by a name, judged from the numbers, or asked."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from leap_core.arrays import Floats
from leap_core.errors import ChoiceNeededError, SampleError
from leap_core.io.unit_numbers import MIN_GENES
from leap_core.io.unit_verdict import judge_unit
from leap_core.io.units import Unit, parse_unit
from leap_core.io.verdict import WAYS_OUT, UnitVerdict

EMPTY = "empty"
# Of a file's samples: what so many are for certain, the others are.
_SOME = 0.2
_QUANTITIES = {
    "TPM": re.compile("tpm", re.IGNORECASE),
    "FPKM": re.compile("[fr]pkm", re.IGNORECASE),
    "counts": re.compile("count", re.IGNORECASE),
    "CPM": re.compile("cpm", re.IGNORECASE),
}
_PLUS_ONE = re.compile(r"\+ ?1\b|plus[ _]?(1|one)|log(2|10|e)?1p|logp1", re.IGNORECASE)
_BASES = {
    2.0: re.compile("log_?2", re.IGNORECASE),
    10.0: re.compile("log_?10", re.IGNORECASE),
    float(np.e): re.compile(r"(^|[^a-z])ln($|[^a-z])|log_?e($|[^a-z])", re.IGNORECASE),
}


def sample_verdicts(
    values: pd.DataFrame,
    declared: str | None,
    stated: Unit | None,
    said: str,
    name: str,
    off: Sequence[tuple[int, bool]] | None = None,
) -> tuple[UnitVerdict, ...]:
    """Find the unit of every sample.

    Parameters
    ----------
    values
        (genes, samples) all rows of the file.
    declared
        The user's word, which overrules the numbers.
    stated
        What the layout leaves no doubt of.
    said
        File name, comments, title of the value column: a unit named there decides between candidates.
    name
        The file's name, for messages.
    off
        (samples,) how many genes without a number are known to be off, and whether they were minus infinity.

    Raises
    ------
    SampleError
        If no sample is expression, with the reason and the way out.
    ChoiceNeededError
        If the candidates differ by more than a constant per sample, and only the user can choose.
    """
    word = parse_unit(declared) if declared else None
    zeros = off or [(0, False)] * values.shape[1]
    verdicts = [
        _verdict(column.to_numpy(dtype=np.float64), count, (word, stated), (str(sample), said))
        for (sample, column), count in zip(values.items(), zeros, strict=True)
    ]
    if not any(verdict.units for verdict in verdicts):
        worst = next((verdict for verdict in verdicts if verdict.kind in WAYS_OUT), verdicts[0])
        raise SampleError(
            f"{name}: the numbers cannot be scored: {worst.evidence}. {WAYS_OUT.get(worst.kind, 'There are none.')}"
        )
    verdicts = _by_company(verdicts)
    _ask(verdicts, name)
    return tuple(_warned(verdict) for verdict in verdicts)


def _warned(verdict: UnitVerdict) -> UnitVerdict:
    """The verdict, with what else the numbers may be."""
    if not verdict.also or not verdict.units or verdict.genes < MIN_GENES:
        return verdict
    others = ", ".join(unit.name for unit in verdict.also)
    said = f"taken as {verdict.units[0].name}; so few genes do not rule out {others}"
    return replace(verdict, warning=f"{verdict.warning}; {said}" if verdict.warning else said)


def _verdict(
    numbers: Floats, off: tuple[int, bool], known: tuple[Unit | None, Unit | None], texts: tuple[str, str]
) -> UnitVerdict:
    """The verdict on one sample; `known` is the user's word and what the layout says."""
    if not np.isfinite(numbers).any():
        return UnitVerdict((), EMPTY, "no number", 0)
    verdict, (word, stated) = judge_unit(numbers, *off), known
    if word is not None:
        return _declared(verdict, word)
    if stated is not None:
        evidence = f"as its layout says; {verdict.evidence}"
        return replace(verdict, units=(stated,), kind=stated.name, evidence=evidence)
    return _by_words(verdict, texts)


def differ_little(units: Sequence[Unit]) -> bool:
    """Whether candidates are TPM, FPKM or CPM of one logarithm: amber, not asked.

    TPM and FPKM of a sample differ by a factor; what was added before the logarithm matters for genes that are barely
    on.
    """
    return {unit.quantity for unit in units} <= {"TPM", "FPKM", "CPM"} and len({unit.base for unit in units}) == 1


def _declared(verdict: UnitVerdict, unit: Unit) -> UnitVerdict:
    agrees = unit.name in {candidate.name for candidate in verdict.units}
    return replace(
        verdict,
        units=(unit,),
        kind=unit.name,
        evidence=f"declared by you; {verdict.evidence}",
        overruled="" if agrees else verdict.kind,
    )


def _by_words(verdict: UnitVerdict, texts: Sequence[str]) -> UnitVerdict:
    """Let a unit named in the sample's or file's name decide between candidates; the numbers are never overruled."""
    for text in texts:
        verdict = _same_sum(verdict, text)
        bases = {base for base, pattern in _BASES.items() if pattern.search(text)}
        quantities = {quantity for quantity, pattern in _QUANTITIES.items() if pattern.search(text)}

        def is_named(unit: Unit, bases: set[float] = bases, quantities: set[str] = quantities) -> bool:
            return (not bases or unit.base in bases) and (not quantities or unit.quantity in quantities)

        others = tuple(unit for unit in verdict.possible if is_named(unit))
        if bases and others and not any(map(is_named, verdict.units)):
            verdict = _named(verdict, others)
        for named in (_QUANTITIES, _BASES):
            said = {key for key, pattern in named.items() if pattern.search(text)}
            kept = tuple(
                unit for unit in verdict.units if (unit.quantity if named is _QUANTITIES else unit.base) in said
            )
            if 0 < len(kept) < len(verdict.units):
                verdict = _named(verdict, kept)
        if bases:
            # The base is named: no other one is spoken of.
            verdict = replace(verdict, also=())
        if _PLUS_ONE.search(text) and len(kept := tuple(u for u in verdict.units if u.pseudo == 1.0)) > 0:
            verdict = _named(verdict, kept) if len(kept) < len(verdict.units) else verdict
    return verdict


def _named(verdict: UnitVerdict, units: tuple[Unit, ...]) -> UnitVerdict:
    evidence = verdict.evidence if "; named so" in verdict.evidence else f"{verdict.evidence}; named so"
    return replace(verdict, units=units, kind=" or ".join(unit.name for unit in units), evidence=evidence)


def _same_sum(verdict: UnitVerdict, text: str) -> UnitVerdict:
    """What the sum alone has decided is left to a name.

    CPM sum to a million as TPM do, and TPM of some genes to as little as FPKM.
    """
    said = {quantity for quantity, pattern in _QUANTITIES.items() if pattern.search(text)}
    for judged, named in (("TPM", "CPM"), ("FPKM", "TPM")):
        if said == {named} and {unit.quantity for unit in verdict.units} == {judged}:
            units = tuple(replace(unit, quantity=named) for unit in verdict.units)  # type: ignore[arg-type]
            return replace(
                verdict,
                units=units,
                kind=" or ".join(unit.name for unit in units),
                evidence=f"{verdict.evidence}; named so",
            )
    return verdict


def _by_company(verdicts: list[UnitVerdict]) -> list[UnitVerdict]:
    """Leave an ambiguous sample the candidates that nearly all samples of the file share.

    Certain ones stay as they are.
    """
    verdicts = _cpm_by_company(verdicts)
    judged = sum(bool(verdict.units) for verdict in verdicts)
    for told_by in (_as_it_is, _without_pseudo):
        counted = Counter(key for verdict in verdicts for key in set(map(told_by, verdict.units)))
        shared = {key for key, count in counted.items() if count > 0.8 * judged}
        verdicts = [
            _kept(verdict, tuple(unit for unit in verdict.units if told_by(unit) in shared)) for verdict in verdicts
        ]
    return verdicts


def _as_it_is(unit: Unit) -> Unit:
    return unit


def _without_pseudo(unit: Unit) -> Unit:
    """A unit but for what was added before the logarithm: that may depend on the sample's reads."""
    return replace(unit, pseudo=0.0)


def _kept(verdict: UnitVerdict, units: tuple[Unit, ...]) -> UnitVerdict:
    if not 0 < len(units) < len(verdict.units):
        return verdict
    return replace(verdict, units=units, kind=" or ".join(unit.name for unit in units))


def _cpm_by_company(verdicts: list[UnitVerdict]) -> list[UnitVerdict]:
    """Take a sample that its sum makes TPM for CPM where others of the file are CPM: both sum to a million.

    Others are CPM by their steps, or because what was added before the logarithm differs from sample to sample.
    """
    certain = Counter(_without_pseudo(verdict.units[0]) for verdict in verdicts if verdict.certain)
    added: dict[Unit, set[float]] = {}
    for unit in (verdict.units[0] for verdict in verdicts if verdict.units):
        if unit.quantity == "CPM" and unit.pseudo not in (0.0, 1.0):
            added.setdefault(_without_pseudo(unit), set()).add(unit.pseudo)
    found = []
    for verdict in verdicts:
        cpm = _as_cpm(verdict)
        alike = _without_pseudo(cpm[0]) if cpm else Unit("CPM")
        if cpm and (len(added.get(alike, ())) > 1 or certain[alike] >= _SOME * len(verdicts)):
            evidence = f"{verdict.evidence}; as other samples of the file"
            verdict = replace(verdict, units=cpm, kind=" or ".join(unit.name for unit in cpm), evidence=evidence)
        found.append(verdict)
    return found


def _as_cpm(verdict: UnitVerdict) -> tuple[Unit, ...]:
    """The CPM that a sample may be as far as its numbers say; none where they say otherwise, or CPM already."""
    quantities, bases = ({getattr(unit, of) for unit in verdict.units} for of in ("quantity", "base"))
    if len(bases) != 1 or not quantities <= {"TPM", "FPKM", "CPM"} or (verdict.certain and quantities != {"TPM"}):
        return ()
    named = tuple(unit for unit in verdict.units if unit.quantity == "CPM")
    return (replace(verdict.units[0], quantity="CPM"),) if verdict.certain else named


def _ask(verdicts: Sequence[UnitVerdict], name: str) -> None:
    for verdict in verdicts:
        if len(verdict.units) > 1 and not differ_little(verdict.units) and verdict.genes >= MIN_GENES:
            raise ChoiceNeededError(
                f"{name}: the numbers leave open what they are ({verdict.evidence}). Which unit is it?",
                tuple(unit.name for unit in verdict.units),
                "unit",
            )
