"""Uploaded samples: any table of expression in, profiles under gene symbols out, or one clear refusal."""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from leap_core.data.identifiers import describe_identifiers, symbols_of
from leap_core.data.matrices import numeric_columns, without_metadata
from leap_core.data.tables import UPLOAD_LIMIT, SizeLimit, read_table
from leap_core.data.units import to_panel_unit
from leap_core.errors import SampleError

MAXIMUM_SAMPLES = 5000
AMBER_COVERAGE = 0.8
REFUSED_COVERAGE = 0.5
_FEWEST_GENES = 20
_STATISTICS = re.compile(
    r"^(.*[ _.])?(p[ _.-]?val(ue)?s?|padj|fdr|q[ _.-]?val(ue)?s?|adj[ _.]?p.*|log2?[ _.]?(fold[ _.]?change|fc)|foldchange|basemean|lfcse|stat|ratio)([ _.].*)?$",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Profiles:
    """Samples as read from one file, not yet in any model's unit.

    Attributes
    ----------
    values
        (m, genes) float64, index sample names, columns symbols as in the file; gaps are NaN.
    file_name
        What the user called it.
    genes_in_rows
        Orientation that was found.
    notes
        What was read, changed or left out, one sentence each.
    """

    values: pd.DataFrame
    file_name: str
    genes_in_rows: bool
    notes: tuple[str, ...]


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
    light
        ``"green"``, or ``"amber"`` where more than 20 % of the genes are missing.
    notes
        Coverage and unit in words.
    """

    values: pd.DataFrame
    coverage: float
    missing_genes: tuple[str, ...]
    light: str
    notes: tuple[str, ...]


def read_profiles(source: Path | bytes, name: str, known_genes: set[str], limit: SizeLimit = UPLOAD_LIMIT) -> Profiles:
    """Read samples from a table with genes in rows or in columns.

    Parameters
    ----------
    source, name, limit
        As in `leap_core.data.tables.read_table`.
    known_genes
        Symbols that the models know; they decide which way round the table is.

    Raises
    ------
    UnreadableTableError, SampleError
        With what was found, what was expected, and the way out.
    """
    table, _, other_profiles = without_metadata(read_table(source, name, limit))
    in_rows = int(symbols_of(table.index).isin(known_genes).sum())
    in_columns = int(symbols_of(table.columns).isin(known_genes).sum())
    if max(in_rows, in_columns) < _FEWEST_GENES:
        labels = table.index if len(table.index) >= len(table.columns) else table.columns
        raise SampleError(
            f"{name}: only {max(in_rows, in_columns)} of its row or column names are genes of the model; found "
            f"{describe_identifiers(labels)}, expected HGNC symbols such as TP53 (or 'TP53 (7157)') in rows or columns."
        )
    genes_in_rows = in_rows >= in_columns
    _refuse_statistics(table.columns if genes_in_rows else table.index, name)
    numbers, notes = _numbers(table, genes_in_rows, name)
    samples = numbers.T if genes_in_rows else numbers
    if len(samples) > MAXIMUM_SAMPLES:
        raise SampleError(f"{name} holds {len(samples):,} samples; at most {MAXIMUM_SAMPLES:,} are read. Split the file.")
    samples = _named_once(samples)
    samples.columns = symbols_of(samples.columns)
    samples, duplicate_note = _without_duplicates(samples)
    notes = [
        f"{len(samples)} sample{'s' if len(samples) != 1 else ''}, {samples.shape[1]:,} genes, "
        f"genes in {'rows' if genes_in_rows else 'columns'}",
        *notes,
        *duplicate_note,
    ]
    if other_profiles:
        notes.append(f"{len(other_profiles)} profiles left out because they are not the default of their line")
    return Profiles(samples, name, genes_in_rows, tuple(notes))


def to_model_input(profiles: Profiles, genes: tuple[str, ...], unit: str) -> ModelInput:
    """Bring profiles to a model's genes and unit.

    Parameters
    ----------
    profiles
        From `read_profiles`.
    genes
        (g,) symbols of the model.
    unit
        Expression unit of the model's panel.

    Raises
    ------
    SampleError
        If fewer than half of the genes are there, or the unit cannot honestly be brought over.
    """
    found = [gene for gene in genes if gene in profiles.values.columns]
    aligned = profiles.values[found]
    # Per sample: a sample that is mostly empty must not hide behind the others of its file.
    per_sample = aligned.notna().sum(axis=1) / len(genes)
    coverage = float(per_sample.min())
    if coverage < REFUSED_COVERAGE:
        worst = f" for sample {per_sample.idxmin()}" if len(per_sample) > 1 else ""
        raise SampleError(
            f"{profiles.file_name} holds values of {round(coverage * len(genes)):,} of the model's {len(genes):,} genes ({coverage:.0%}){worst}; "
            f"at least {REFUSED_COVERAGE:.0%} are needed. Upload the whole expression table under HGNC symbols."
        )
    in_unit, unit_notes = _in_unit(profiles.values, unit)
    missing = tuple(gene for gene in genes if gene not in profiles.values.columns)
    notes = (
        f"{round(coverage * len(genes)):,} of the model's {len(genes):,} genes found ({coverage:.0%})"
        + ("; the missing ones take the training mean" if coverage < 1 else ""),
        *unit_notes,
    )
    light = "green" if coverage >= AMBER_COVERAGE else "amber"
    return ModelInput(in_unit[found], coverage, missing, light, notes)


def _in_unit(samples: pd.DataFrame, unit: str) -> tuple[pd.DataFrame, list[str]]:
    """Bring each sample to the unit by itself, so that company in the file changes nothing."""
    rows: list[npt.NDArray[np.floating]] = []
    done: dict[str, str] = {}
    for sample, values in zip(samples.index, samples.to_numpy(), strict=True):
        try:
            row, said = to_panel_unit(values, unit)
        except SampleError as error:
            raise SampleError(f"{error} (sample {sample})" if len(samples) > 1 else str(error)) from error
        rows.append(row)
        done.setdefault(said.split(" (")[0], said)
    notes = list(done.values())
    if len(notes) > 1:
        notes.append("the samples of this file are in different units; each was converted by itself")
    return pd.DataFrame(np.stack(rows), index=samples.index, columns=samples.columns), notes


def _refuse_statistics(names: pd.Index, file_name: str) -> None:
    """Refuse tables of test statistics: they have gene names and numbers, and would be scored without complaint."""
    statistics = [str(name) for name in names if _STATISTICS.match(str(name))]
    if statistics:
        raise SampleError(
            f"{file_name} looks like a table of statistics (columns {', '.join(statistics[:4])}), not of expression. "
            "Upload the expression itself (TPM or log2(TPM+1)), one column per sample."
        )


def _numbers(table: pd.DataFrame, genes_in_rows: bool, name: str) -> tuple[pd.DataFrame, list[str]]:
    """Keep the columns of numbers; say which were left out and how many cells are no number."""
    numbers, text = numeric_columns(table)
    if numbers.shape[1] == 0:
        raise SampleError(f"{name} has no column of numbers; expected expression values, for example TPM.")
    finite = np.isfinite(numbers.to_numpy())
    values = pd.DataFrame(np.where(finite, numbers.to_numpy(), np.nan), numbers.index, numbers.columns)
    gaps = float(1 - finite.mean())
    if gaps > 0.5:
        raise SampleError(f"{name}: {gaps:.0%} of the cells are empty or no numbers; expected expression values.")
    notes = []
    if text:
        what = "columns" if genes_in_rows else "text columns"
        notes.append(f"{len(text)} {what} of text left out: {', '.join(text[:5])}{' ...' if len(text) > 5 else ''}")
    if gaps > 0:
        notes.append(f"{gaps:.2%} of the cells are empty or no numbers; they take the training mean")
    return values, notes


def _named_once(samples: pd.DataFrame) -> pd.DataFrame:
    """Give samples with the same name a number, so that none replaces another."""
    names: list[str] = []
    taken = {str(name) for name in samples.index}
    for position, raw in enumerate(samples.index, start=1):
        label = str(raw) or f"sample {position}"
        if label in names:
            label = next(other for number in itertools.count(2) if (other := f"{label} ({number})") not in taken)
        taken.add(label)
        names.append(label)
    result = samples.copy(deep=False)
    result.index = pd.Index(names, name="sample", dtype=object)
    return result


def _without_duplicates(samples: pd.DataFrame) -> tuple[pd.DataFrame, list[str]]:
    """Keep the column of the highest mean where a gene occurs more than once."""
    twice = samples.columns.duplicated(keep=False)
    if not twice.any():
        return samples, []
    order = np.argsort(-np.nan_to_num(samples.mean(axis=0).to_numpy()), kind="stable")
    ranked = samples.iloc[:, order]
    kept = ranked.loc[:, ~ranked.columns.duplicated()]
    genes = samples.columns[twice].unique()
    note = f"{len(genes)} genes occur more than once ({', '.join(genes[:3])}{' ...' if len(genes) > 3 else ''}); the highest was kept"
    return kept[samples.columns.unique()], [note]
