"""The input passport: what one sample is, how far a model can be asked about it, and what that is worth."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from leap_core.arrays import Array, Ints, row_correlations
from leap_core.errors import SampleError
from leap_core.passport.familiarity import ClassErrors, Percentiles, class_of
from leap_core.passport.findings import distance_findings, other_findings, release_findings, worth_of
from leap_core.passport.nearest_lines import nearest_lines
from leap_core.passport.panel_layout import settled_by_panel
from leap_core.passport.reference import PanelReference
from leap_core.passport.same_line import SameLine, find_same_line
from leap_core.passport.sanity import Sanity, check_sanity
from leap_core.sample.model_input import Finding, ModelInput, logged_profile, to_model_input
from leap_core.sample.profiles import Profiles

GREEN, AMBER, RED = "green", "amber", "red"
# Probability from which on the first guess of the lineage is taken.
SURE = 0.5


@dataclass(frozen=True)
class Passport:
    """What one sample is to one model.

    Attributes
    ----------
    sample, file_name, model
        Names.
    unit, evidence
        How its numbers were read, and why.
    coverage, missing
        Share (0..1) of the model's genes that were found, and how many were not.
    percentiles
        Distances to the panel (kinship and shift) as percentiles of the panel lines' own distances.
    class_errors
        Prediction errors of the classes of lines; None where they were not measured.
    nearest
        Five most similar screened lines: ``name``, ``lineage``, ``correlation``; index line ids.
    lineages
        Probability of each lineage, highest first; empty where the panel has no lineages to tell.
    lineage_accuracy
        How often the first of them was right on held-out lines.
    position
        The sample on the panel's first two principal components.
    same_line
        A screened line that it may be.
    sanity
        Sex chromosomes and proliferation.
    findings
        What is amber or red, one sentence each.
    notes
        What was read and converted, one sentence each.
    """

    sample: str
    file_name: str
    model: str
    unit: str
    evidence: str
    coverage: float
    missing: int
    percentiles: Percentiles
    class_errors: ClassErrors | None
    nearest: pd.DataFrame
    lineages: pd.Series
    lineage_accuracy: float
    position: tuple[float, float]
    same_line: SameLine | None
    sanity: Sanity
    findings: tuple[Finding, ...]
    notes: tuple[str, ...]

    @property
    def light(self) -> str:
        """``green``, ``amber`` or ``red``: the worst finding."""
        levels = {finding.level for finding in self.findings}
        return RED if RED in levels else AMBER if AMBER in levels else GREEN

    @property
    def familiarity(self) -> str:
        """``familiar``, ``unusual`` or ``outside``, by kinship."""
        return class_of(self.percentiles.kinship)

    @property
    def lineage(self) -> str | None:
        """The lineage that the sample is compared within.

        The first guess where it is likelier than all others together.
        """
        return str(self.lineages.index[0]) if len(self.lineages) and self.lineages.iloc[0] >= SURE else None

    @property
    def verdict(self) -> str:
        """Familiar, unusual or outside, and what that is worth."""
        text = (
            f"{self.familiarity}: its nearest screened lines are farther than those of {self.percentiles.kinship:.0f} %"
            " of the panel's lines"
        )
        if self.class_errors is None:
            return f"{text}; the prediction error of such lines was not measured"
        worth = worth_of(self.class_errors.kinship, self.familiarity, "with neighbours as far away")
        left_out = self.class_errors.without_lineage
        if left_out is not None and self.familiarity in left_out.index:
            other = left_out.loc[self.familiarity]
            worth += (
                f". With their whole lineage left out: {other['error']:.2f} ({other['lines']:.0f} lines; the mean:"
                f" {other['error_of_mean']:.2f})"
            )
        return f"{text}. {worth}"

    def summary(self) -> str:
        """Light, reasons and verdict in one line, for exports."""
        return "; ".join((self.light, *(finding.text for finding in self.further), self.verdict, *self.notes))

    @property
    def further(self) -> tuple[Finding, ...]:
        """Findings that the verdict does not say already."""
        return tuple(finding for finding in self.findings if not self.verdict.startswith(finding.text))

    def as_dict(self) -> dict[str, Any]:
        """Plain, JSON-ready form; numbers that do not exist are None."""
        identity = None if self.same_line is None else {**vars(self.same_line), "sentence": self.same_line.sentence}
        return {
            "sample": self.sample,
            "file": self.file_name,
            "model": self.model,
            "light": self.light,
            "unit": self.unit,
            "evidence": self.evidence,
            "coverage": round(self.coverage, 4),
            "missing_genes": self.missing,
            "kinship_percentile": round(self.percentiles.kinship, 2),
            "shift_percentile": round(self.percentiles.shift, 2),
            "familiarity": self.familiarity,
            "verdict": self.verdict,
            "error_by_class": (
                None
                if self.class_errors is None
                else {
                    "kinship": _rows(self.class_errors.kinship),
                    "kinship_lineage_left_out": _rows(self.class_errors.without_lineage),
                    "shift": _rows(self.class_errors.shift),
                }
            ),
            "nearest": [
                {
                    "line": str(line),
                    "name": row["name"],
                    "lineage": row["lineage"],
                    "correlation": round(float(row["correlation"]), 4),
                }
                for line, row in self.nearest.iterrows()
            ],
            "lineages": {str(name): round(float(value), 4) for name, value in self.lineages.head(5).items()},
            "lineage_accuracy": _number(self.lineage_accuracy),
            "identity": identity,
            "sex": self.sanity.sex,
            "proliferation_percentile": _number(self.sanity.proliferation),
            "findings": [{"level": finding.level, "text": finding.text} for finding in self.findings],
            "notes": list(self.notes),
        }


def make_passport(reference: PanelReference, profiles: Profiles) -> tuple[Passport, ModelInput]:
    """Check one sample against one model.

    Parameters
    ----------
    reference
        The model's side.
    profiles
        With one sample (`leap_core.sample.profiles.Profiles.one`).

    Returns
    -------
    passport : Passport
    checked : ModelInput
        The sample in the model's genes and unit.

    Raises
    ------
    SampleError
        If the sample cannot be scored by this model; the message says why.
    """
    checks, refused = make_passports(reference, profiles)
    for error in refused.values():
        raise error
    return checks[0]


def make_passports(
    reference: PanelReference, profiles: Profiles
) -> tuple[list[tuple[Passport, ModelInput]], dict[str, SampleError]]:
    """Check every sample of a file against one model, each by itself.

    Parameters
    ----------
    reference
        The model's side.
    profiles
        From `leap_core.sample.uploads.read_uploads`.

    Returns
    -------
    checks : list
        Passport and input of each sample that can be scored.
    refused : dict
        Sample to why it cannot.
    """
    inputs, refused = {}, {}
    profiles = settled_by_panel(profiles, reference)
    found = reference.model_genes.found_in(profiles)
    for sample in profiles.samples:
        one = profiles.one(sample)
        try:
            inputs[sample] = one, to_model_input(one, reference.model_genes, found)
        except SampleError as error:
            refused[sample] = error
    return (_passports(reference, *zip(*inputs.values(), strict=True)) if inputs else []), refused


@dataclass(frozen=True)
class _Held:
    """Samples (m) held against the panel's lines (n), and u that only further studies have.

    Attributes
    ----------
    found
        (m,) how many genes of the model each has.
    percentiles
        (m, 2) of kinship and shift.
    correlations
        (m, n + u) of standardised expression.
    lineages
        Probability of each lineage, samples x lineages.
    positions
        (m, 2) on the panel's first two principal components.
    """

    found: Ints
    percentiles: Array
    correlations: Array
    lineages: pd.DataFrame
    positions: Array


def _passports(
    reference: PanelReference, profiles: tuple[Profiles, ...], inputs: tuple[ModelInput, ...]
) -> list[tuple[Passport, ModelInput]]:
    """Whatever needs all lines of the panel is computed for all samples in one piece."""
    genes = list(reference.standardiser.genes)
    values = np.stack([checked.values.reindex(columns=genes).to_numpy(dtype=np.float64)[0] for checked in inputs])
    standardised = reference.standardiser.transform(pd.DataFrame(values, columns=genes))
    # By the genes that a sample has: genes at the training mean would bring it nearer than it is.
    known = np.isfinite(values)
    held = _Held(
        found=known.sum(axis=1),
        percentiles=reference.percentiles(values),
        correlations=row_correlations(np.where(known, standardised, np.nan), reference.standardised_anywhere),
        lineages=reference.lineage_guess.probabilities(standardised),
        positions=reference.on_map(standardised),
    )
    return [
        (_passport(reference, one, checked, held, number), checked)
        for number, (one, checked) in enumerate(zip(profiles, inputs, strict=True))
    ]


def _passport(reference: PanelReference, profiles: Profiles, checked: ModelInput, held: _Held, number: int) -> Passport:
    sample, panel = profiles.samples[0], reference.panel
    percentiles = Percentiles(*map(float, held.percentiles[number]))
    correlations, genes = held.correlations[number], int(held.found[number])
    same_line = find_same_line(sample, correlations, reference.screened_anywhere, genes)
    sanity = check_sanity(*logged_profile(profiles), checked.values.iloc[0], reference.proliferation)
    x, y = map(float, held.positions[number])
    return Passport(
        sample=sample,
        file_name=profiles.file_name,
        model=reference.model,
        unit=profiles.verdicts[0].kind,
        evidence=profiles.verdicts[0].evidence,
        coverage=checked.coverage,
        missing=len(reference.standardiser.genes) - int(held.found[number]),
        percentiles=percentiles,
        class_errors=reference.class_errors,
        nearest=nearest_lines(correlations[: len(panel.lines)], panel.lines),
        lineages=held.lineages.iloc[number].sort_values(ascending=False, kind="stable"),
        lineage_accuracy=reference.lineage_guess.accuracy,
        position=(x, y),
        same_line=same_line,
        sanity=sanity,
        findings=(
            *checked.findings,
            *distance_findings(percentiles, reference.class_errors, checked.mapped),
            *other_findings(profiles.cells, same_line, sanity),
            *release_findings(profiles.file_name, panel.release),
        ),
        notes=checked.notes,
    )


def _rows(table: pd.DataFrame | None) -> dict[str, dict[str, float]] | None:
    if table is None:
        return None
    return {
        str(kind): {str(name): round(float(value), 4) for name, value in row.items()} for kind, row in table.iterrows()
    }


def _number(value: float) -> float | None:
    return round(float(value), 4) if np.isfinite(value) else None
