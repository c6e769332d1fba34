"""Profiles brought to one model's genes and unit, with an input light and its reasons, or refused."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.stats import rankdata

from leap_core.data.samples import Profiles
from leap_core.data.units import AS_IT_IS, BY_QUANTILES, TAKE_LOG2, judge_unit, way_to_unit
from leap_core.errors import SampleError

AMBER_COVERAGE = 0.8
REFUSED_COVERAGE = 0.5


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
    reasons
        Why the input is amber, one sentence each; none if it is green.
    notes
        Coverage and unit in words.
    """

    values: pd.DataFrame
    coverage: float
    missing_genes: tuple[str, ...]
    reasons: tuple[str, ...]
    notes: tuple[str, ...]

    @property
    def light(self) -> str:
        """``"green"`` or ``"amber"``."""
        return "amber" if self.reasons else "green"


def to_model_input(profiles: Profiles, genes: tuple[str, ...], unit: str, panel: pd.DataFrame | None = None) -> ModelInput:
    """Bring profiles to a model's genes and unit.

    Parameters
    ----------
    profiles
        From `leap_core.data.samples.read_profiles`.
    genes
        (g,) symbols of the model.
    unit
        Expression unit of the model's panel.
    panel
        (n, genes) the panel's expression: a sample in another unit is mapped to its quantiles. Without it such
        a sample is refused.

    Raises
    ------
    SampleError
        If fewer than half of the genes are there, or the numbers cannot honestly be scored.
    """
    column_of = {gene: _column(gene, profiles) for gene in genes}
    found = [gene for gene, column in column_of.items() if column is not None]
    aligned = profiles.values[[column_of[gene] for gene in found]].set_axis(pd.Index(found, dtype=object), axis=1)
    coverage = _coverage(aligned, len(genes), profiles.file_name)
    values, unit_notes, mapped = _in_unit(profiles, aligned, unit, panel)
    notes = (
        f"{round(coverage * len(genes)):,} of the model's {len(genes):,} genes found ({coverage:.0%})"
        + ("; the missing ones take the training mean" if coverage < 1 else ""),
        *unit_notes,
    )
    reasons = [f"{1 - coverage:.0%} of the model's genes are missing"] if coverage < AMBER_COVERAGE else []
    if mapped:
        reasons.append(
            f"the numbers are {' and '.join(mapped)}, not {unit}: they were mapped to the panel's quantiles, which keeps the order of the genes "
            "within the sample and nothing else"
        )
    missing = tuple(gene for gene, column in column_of.items() if column is None)
    return ModelInput(values, coverage, missing, tuple(reasons), notes)


def _coverage(aligned: pd.DataFrame, genes: int, file_name: str) -> float:
    # Per sample: a sample that is mostly empty must not hide behind the others of its file.
    per_sample = aligned.notna().sum(axis=1) / genes
    coverage = float(per_sample.min())
    if coverage < REFUSED_COVERAGE:
        worst = f" for sample {per_sample.idxmin()}" if len(per_sample) > 1 else ""
        raise SampleError(
            f"{file_name} holds values of {round(coverage * genes):,} of the model's {genes:,} genes ({coverage:.0%}){worst}; "
            f"at least {REFUSED_COVERAGE:.0%} are needed. Upload the whole expression table."
        )
    return coverage


def _column(gene: str, profiles: Profiles) -> str | None:
    """The profiles' column of a model's gene, whose symbol may have been renamed since the model's panel was made."""
    if gene in profiles.values.columns:
        return gene
    approved = profiles.names.canonical(gene)
    return approved if approved in profiles.values.columns else None


def _in_unit(profiles: Profiles, aligned: pd.DataFrame, unit: str, panel: pd.DataFrame | None) -> tuple[pd.DataFrame, list[str], list[str]]:
    """Bring each sample to the unit by itself, so that company in the file changes nothing.

    Returns
    -------
    values, notes, mapped
        The kinds in `mapped` were brought over by quantiles.
    """
    rows: list[npt.NDArray[np.floating]] = []
    notes: dict[str, str] = {}
    mapped: dict[str, None] = {}
    for sample, everything, values in zip(profiles.values.index, profiles.values.to_numpy(), aligned.to_numpy(), strict=True):
        verdict = judge_unit(everything)
        try:
            way, said = way_to_unit(verdict, unit, everything.size, profiles.unit, panel is not None)
        except SampleError as error:
            raise SampleError(f"{error} (sample {sample})" if len(aligned) > 1 else str(error)) from error
        if way == BY_QUANTILES and panel is not None:
            reference = np.sort(np.nan_to_num(panel[aligned.columns].to_numpy(dtype=np.float64)), axis=1).mean(axis=0)
            rows.append(to_quantiles(values, reference))
            mapped[verdict.kind] = None
        else:
            rows.append({AS_IT_IS: values, TAKE_LOG2: np.log2(values + 1.0) if way == TAKE_LOG2 else values}[way])
        notes.setdefault(said.split(" (")[0], said)
    said_all = list(notes.values())
    if len(said_all) > 1:
        said_all.append("the samples of this file are in different units; each was converted by itself")
    return pd.DataFrame(np.stack(rows), index=aligned.index, columns=aligned.columns), said_all, list(mapped)


def to_quantiles(values: npt.NDArray[np.floating], reference: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Give a sample (g,) the distribution of the reference (sorted values) while its genes keep their order.

    Equal values stay equal, at the mean of their ranks; gaps stay gaps.
    """
    result = np.full(values.shape, np.nan)
    there = np.isfinite(values)
    ranks = rankdata(values[there]) - 1.0
    result[there] = np.interp(ranks / max(there.sum() - 1, 1), np.linspace(0.0, 1.0, len(reference)), reference)
    return result
