"""Profiles brought to one model's genes and unit, with what is to be said of that, or refused."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
import pandas as pd
from scipy.stats import spearmanr

from leap_core.arrays import Array, Floats, Ints
from leap_core.errors import SampleError
from leap_core.io.unit_numbers import MIN_GENES, WHOLE_TRANSCRIPTOME
from leap_core.io.units import LOG2_TPM1, RMA_LOG2, Unit, parse_unit
from leap_core.io.verdict import WAYS_OUT, UnitVerdict
from leap_core.panel.quantiles import quantiles_of, to_quantiles
from leap_core.sample.profiles import Profiles

Level = Literal["amber", "red"]

# Shares of the model's genes; how accuracy falls with them is measured in docs/reading.md.
AMBER_COVERAGE = 0.8
RED_COVERAGE = 0.5
REFUSED_COVERAGE = 0.1
# Rank correlation of a profile with the panel's mean profile: 0.76 or more for every one of 1,235 lines, on 200 genes
# too.
RED_RESEMBLANCE = 0.5
REFUSED_RESEMBLANCE = 0.25


@dataclass(frozen=True)
class Finding:
    """Something that makes an input less than sound, in one sentence."""

    level: Level
    text: str


@dataclass(frozen=True)
class ModelInput:
    """Profiles brought to one model's genes and unit.

    Attributes
    ----------
    values
        (m, found genes) in the model's unit.
    coverage
        Share (0..1) of the model's genes that were found.
    missing_genes
        The model's genes that were not: they take the training mean.
    findings
        What is amber or red.
    notes
        Coverage and unit in words.
    mapped
        Whether a sample was in a unit that could only be mapped to the panel's quantiles.
    """

    values: pd.DataFrame
    coverage: float
    missing_genes: tuple[str, ...]
    findings: tuple[Finding, ...]
    notes: tuple[str, ...]
    mapped: bool = False


@dataclass(frozen=True)
class ModelGenes:
    """What samples are brought to.

    Attributes
    ----------
    genes
        (g,) symbols of the model.
    unit
        Expression unit of the model's panel.
    panel
        (n, genes) the panel's expression: a sample in a unit that cannot be converted is mapped to its quantiles.
        Without it such a sample is refused.
    """

    genes: tuple[str, ...]
    unit: str
    panel: pd.DataFrame | None = None

    @cached_property
    def means(self) -> Array:
        """(g,) mean of each gene over the panel's lines."""
        assert self.panel is not None
        return self.panel[list(self.genes)].mean(axis=0).to_numpy(dtype=np.float64)

    def found_in(self, profiles: Profiles) -> FoundGenes:
        """Those that a file has; the same for each of its samples."""
        columns = {gene: _column(gene, profiles) for gene in self.genes}
        found = {gene: column for gene, column in columns.items() if column is not None}
        return FoundGenes(
            self,
            pd.Index(list(found), dtype=object),
            np.array([place for place, gene in enumerate(self.genes) if gene in found], dtype=np.int64),
            profiles.values.columns.get_indexer(pd.Index(list(found.values()))),
            tuple(gene for gene in self.genes if gene not in found),
        )


@dataclass(frozen=True)
class FoundGenes:
    """The genes of a model that a file has.

    Attributes
    ----------
    model
        All genes of the model.
    genes
        (f,) symbols of those found.
    places
        (f,) where they are among the model's genes.
    positions
        (f,) the file's column of each.
    missing
        The others.
    """

    model: ModelGenes
    genes: pd.Index
    places: Ints
    positions: Ints
    missing: tuple[str, ...]

    @property
    def means(self) -> Array:
        """(f,) mean of each gene over the panel's lines."""
        means: Array = self.model.means[self.places]
        return means

    @cached_property
    def quantiles(self) -> Array:
        """(f,) the panel's mean quantiles of these genes."""
        assert self.model.panel is not None
        return quantiles_of(self.model.panel[self.genes].to_numpy())


def to_model_input(profiles: Profiles, genes: ModelGenes, found: FoundGenes | None = None) -> ModelInput:
    """Bring profiles to a model's genes and unit.

    Parameters
    ----------
    profiles
        From `leap_core.sample.profiles.read_profiles`.
    genes
        Of the model.
    found
        From `ModelGenes.found_in`, where it is known from other samples of the file.

    Raises
    ------
    SampleError
        If fewer than a tenth of the genes are there, or the numbers cannot honestly be scored.
    """
    found = genes.found_in(profiles) if found is None else found
    total = len(genes.genes)
    aligned = profiles.values.to_numpy()[:, found.positions]
    coverage = _coverage(aligned, total, profiles)
    values, notes, findings, mapped = _in_unit(profiles, aligned, found)
    if coverage < AMBER_COVERAGE:
        findings.insert(
            0,
            Finding(
                "red" if coverage < RED_COVERAGE else "amber", f"{1 - coverage:.0%} of the model's genes are missing"
            ),
        )
    findings += [Finding("amber", warning) for warning in profiles.warnings]
    if genes.panel is not None:
        findings += _resemblance(values, found.means, bool(profiles.cells))
    said = f"{round(coverage * total):,} of the model's {total:,} genes found ({coverage:.0%})"
    notes.insert(0, said + ("; the missing ones take the training mean" if coverage < 1 else ""))
    return ModelInput(values, coverage, found.missing, tuple(findings), tuple(notes), mapped)


def logged_profile(profiles: Profiles) -> tuple[pd.Series, bool]:
    """All genes of the first sample as log2 of its share of a million plus one, and whether it is a microarray instead.

    Only for looking whether a gene is on: counts are divided by their sum, lengths or not.
    """
    values, verdict = profiles.values.iloc[0], profiles.verdicts[0]
    unit = verdict.units[0]
    if unit.quantity == "microarray":
        return values if unit.base is not None else values.clip(lower=1.0).transform(np.log2), True
    linear = pd.Series(unit.linear(values.to_numpy(dtype=np.float64)), values.index)
    total = float(linear.sum())
    whole = len(linear) >= WHOLE_TRANSCRIPTOME and total > 0
    # Of a subset of genes only TPM and CPM are known as shares of a million; FPKM are near enough, counts are not.
    scale = 1e6 / total if unit.quantity != "TPM" and whole else float("nan") if unit.quantity == "counts" else 1.0
    return (linear * scale + 1.0).transform(np.log2), False


def _coverage(aligned: Floats, genes: int, profiles: Profiles) -> float:
    # Per sample: a sample that is mostly empty must not hide behind the others of its file.
    per_sample = (~np.isnan(aligned)).sum(axis=1) / genes
    coverage = float(per_sample.min())
    if coverage < REFUSED_COVERAGE:
        worst = f" for sample {profiles.samples[per_sample.argmin()]}" if len(per_sample) > 1 else ""
        raise SampleError(
            f"{profiles.file_name} holds values of {round(coverage * genes):,} of the model's {genes:,} genes"
            f" ({coverage:.0%}){worst}; at least {REFUSED_COVERAGE:.0%} are needed. Upload the whole expression table."
        )
    return coverage


def _column(gene: str, profiles: Profiles) -> str | None:
    """The profiles' column of a model's gene, whose symbol may have been renamed since the model's panel was made."""
    if gene in profiles.values.columns:
        return gene
    approved = profiles.names.canonical(gene)
    return approved if approved in profiles.values.columns else None


def _in_unit(
    profiles: Profiles, aligned: Floats, found: FoundGenes
) -> tuple[pd.DataFrame, list[str], list[Finding], bool]:
    """Bring each sample to the unit by itself, so that company in the file changes nothing.

    Returns
    -------
    values, notes, findings, mapped
        As in `ModelInput`.
    """
    rows: list[Floats] = []
    notes: dict[str, str] = {}
    findings: dict[Finding, None] = {}
    mapped = False
    everything = profiles.values.to_numpy()
    for position, verdict in enumerate(profiles.verdicts):
        try:
            conversion = _convert(verdict, everything[position], aligned[position], found)
        except SampleError as error:
            raise SampleError(
                f"{error} (sample {profiles.samples[position]})" if len(aligned) > 1 else str(error)
            ) from error
        rows.append(conversion.values)
        notes.setdefault(conversion.note.split(" (")[0], conversion.note)
        findings |= dict.fromkeys(conversion.findings)
        mapped |= conversion.mapped
    said = list(notes.values())
    if len(said) > 1:
        said.append("the samples of this file are in different units; each was converted by itself")
    return pd.DataFrame(np.stack(rows), profiles.values.index, found.genes), said, list(findings), mapped


@dataclass(frozen=True)
class _Conversion:
    values: Floats
    note: str
    findings: tuple[Finding, ...] = ()
    mapped: bool = False


def _convert(verdict: UnitVerdict, everything: Floats, values: Floats, found: FoundGenes) -> _Conversion:
    """Bring one sample's values (found genes,) to the unit; `everything` are all genes of the file."""
    unit, known = parse_unit(found.model.unit), found.model.panel is not None
    if not verdict.units:
        raise SampleError(
            f"The numbers cannot be scored: {verdict.evidence}. {WAYS_OUT.get(verdict.kind, 'There are none.')}"
        )
    if verdict.genes < MIN_GENES and not verdict.certain:
        taken = next((candidate for candidate in verdict.units if candidate.name == unit.name), verdict.units[0])
        return _Conversion(
            _logged(taken, values, 1.0),
            f"too few genes to tell the unit from ({verdict.evidence}); taken as {taken.name}",
        )
    taken = next((candidate for candidate in verdict.units if candidate.name == unit.name), verdict.units[0])
    read = f"read as {taken.name} ({verdict.evidence})"
    doubt: tuple[Finding, ...] = ()
    if not verdict.certain:
        text = (
            f"the numbers leave open whether they are {verdict.kind}: they were taken as {taken.name}; say which under"
            " How the file is read (--unit)"
        )
        doubt = (Finding("amber", text),)
    if verdict.warning:
        doubt = (*doubt, Finding("amber", verdict.warning))
    if verdict.overruled:
        level: Level = "red" if verdict.overruled in WAYS_OUT else "amber"
        doubt = (
            *doubt,
            Finding(level, f"the unit is {taken.name} by your word; the numbers look like {verdict.overruled}"),
        )
    if taken.name == unit.name:
        # Below zero lies what batch correction or noise has moved there.
        return _Conversion(
            np.maximum(values, 0.0) if unit.name == LOG2_TPM1 else values, f"{read}; used as it is", doubt
        )
    if unit.quantity == taken.quantity == "microarray" and taken.base is None:
        return _Conversion(np.log2(np.maximum(values, 1.0)), f"{read}; log2 taken", doubt)
    if unit.name == LOG2_TPM1 and taken.quantity == "TPM":
        return _Conversion(_logged(taken, values, 1.0), f"{read}; brought to log2(TPM+1)", doubt)
    if unit.name == LOG2_TPM1 and taken.quantity == "FPKM":
        return _from_fpkm(taken, everything, values, found.means if known else None, read, doubt)
    return _by_quantiles(taken, values, unit, found.quantiles if known else None, read, doubt)


def _logged(unit: Unit, values: Floats, factor: float) -> Floats:
    logged: Floats = np.log2(factor * unit.linear(values) + 1.0)
    return logged


def _from_fpkm(
    unit: Unit, everything: Floats, values: Floats, means: Array | None, read: str, doubt: tuple[Finding, ...]
) -> _Conversion:
    """FPKM and TPM of a sample differ by one factor: TPM sum to a million."""
    linear = unit.linear(everything)
    if int(np.isfinite(linear).sum()) >= WHOLE_TRANSCRIPTOME:
        factor = 1e6 / float(np.nansum(linear))
        return _Conversion(
            _logged(unit, values, factor), f"{read}; TPM = FPKM x {factor:.2f}, so that they sum to a million", doubt
        )
    if means is None:
        raise SampleError(
            f"The numbers are {unit.name} of {len(everything):,} genes, too few to turn them into TPM. Upload the whole"
            " table, or TPM."
        )
    typical = np.exp2(means) - 1.0
    here = unit.linear(values)
    usable = (typical > 3) & (here > 0)
    if not usable.any():
        raise SampleError(
            f"The numbers are {unit.name}, and none of the genes that the panel's lines express is expressed. Upload"
            " the whole table, or TPM."
        )
    factor = float(np.median(typical[usable] / here[usable]))
    finding = Finding(
        "amber",
        f"{unit.name} of too few genes to sum to a million: brought to the panel's level instead (x {factor:.2f})",
    )
    return _Conversion(
        _logged(unit, values, factor), f"{read}; TPM = FPKM x {factor:.2f}, the panel's level", (*doubt, finding)
    )


def _by_quantiles(
    unit: Unit, values: Floats, wanted: Unit, quantiles: Array | None, read: str, doubt: tuple[Finding, ...]
) -> _Conversion:
    if quantiles is None or int(np.isfinite(values).sum()) < min(MIN_GENES, len(values)):
        raise SampleError(
            f"The numbers are {unit.name}, but the model was trained on {wanted.name}. Upload"
            f" {'TPM' if wanted.name != RMA_LOG2 else RMA_LOG2}."
        )
    lengths = (
        "; gene lengths are missing, so counts can only be brought over approximately"
        if unit.quantity in ("counts", "CPM")
        else ""
    )
    finding = Finding(
        "amber",
        f"the numbers are {unit.name}, the model was trained on {wanted.name}: they were mapped to the panel's"
        f" quantiles, which keeps the order of the genes within the sample and nothing else{lengths}",
    )
    return _Conversion(
        to_quantiles(values, quantiles),
        f"{read}, which this model was not trained on; mapped to the panel's quantiles",
        (*doubt, finding),
        True,
    )


def _resemblance(values: pd.DataFrame, typical: Array, cells: bool) -> list[Finding]:
    """Refuse or mark samples whose genes are in an order that no expression profile has.

    Mixed-up names, copy numbers.
    """
    if values.shape[1] < MIN_GENES:
        return []
    findings = []
    for sample, row in zip(values.index, values.to_numpy(), strict=True):
        there = np.isfinite(row)
        correlation = float(spearmanr(row[there], typical[there]).statistic) if np.ptp(row[there]) > 0 else 0.0
        text = (
            f"the order of the genes of {sample} has little in common with any profile of the panel (rank correlation"
            f" with its mean {correlation:.2f}"
        )
        if correlation < REFUSED_RESEMBLANCE and not cells:
            raise SampleError(
                f"{text}; screened lines have 0.76 or more). Are the names beside the right numbers, and are these"
                " numbers expression?"
            )
        if correlation < RED_RESEMBLANCE:
            # A single cell shows few of its genes, so that the order of the others is chance.
            findings.append(Finding("amber" if cells else "red", f"{text}; screened lines have 0.76 or more)"))
    return findings
