"""Uploaded samples: any table of expression in, profiles under gene symbols out, or one clear refusal.

What a model makes of them is `leap_core.sample.model_input`.
"""

from __future__ import annotations

import itertools
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

import numpy as np
import pandas as pd

from leap_core.arrays import Array, Mask
from leap_core.errors import SampleError
from leap_core.genes.names import GeneNames, Lookup, Resolution, resolve, what_they_are
from leap_core.io.expression_table import DUPLICATES_IN_WORDS, ExpressionTable, refuse_other_species
from leap_core.io.layouts import LayoutAnswers, expression_table
from leap_core.io.long_tables import LongAnswers
from leap_core.io.tables import UPLOAD_LIMIT, RawTable, SizeLimit, TableOptions, read_columns
from leap_core.io.verdict import UnitVerdict
from leap_core.sample.cleaning import Cleaned, cleaned
from leap_core.sample.rescaling import brought_to_a_million, scorable, sums_to_a_million, with_zeros, without_mouse
from leap_core.sample.single_cells import look_like_cells
from leap_core.sample.species import mouse_rows
from leap_core.sample.units import sample_verdicts

Duplicates = Literal["highest", "mean", "sum"]

MAXIMUM_SAMPLES = 5000
_MIN_GENES = 20
_NO_GENE = re.compile(
    r"^(grand )?(total|sum|age|batch|passage|reads?|library[ _.]?size|depth|rin|mapped.*|size[ _.]?factor)s?$",
    re.IGNORECASE,
)
_STATISTICS = re.compile(
    r"^(.*[ _.])?(p[ _.-]?val(ue)?s?|padj|fdr|q[ _.-]?val(ue)?s?|adj[ _.]?p.*|log2?[ _.]?(fold["
    r" _.]?change|fc)|fold[ _.-]?change|ratio|basemean|lfcse)([ _.].*)?$",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Profiles:
    """Samples as read from a file (or several), not yet in any model's unit.

    Attributes
    ----------
    values
        (m, genes) float64, index sample names, columns approved symbols (as in the file where they are not known); gaps
        are NaN.
    file_name
        What the user called it.
    genes_in_rows
        Orientation that was found.
    notes
        What was read, changed or left out, one sentence each.
    verdicts
        (m,) unit of each sample: as judged from its numbers, as its layout says, or as the user declared.
    cells
        Why the samples look like single cells; nothing if they do not.
    warnings
        What must be known before predictions are looked at, one sentence each.
    refused
        Other files of the same upload that could not be read, and why.
    resolution
        What became of the identifiers.
    names
        Tables that the identifiers were looked up in.
    """

    values: pd.DataFrame
    file_name: str
    genes_in_rows: bool
    notes: tuple[str, ...]
    verdicts: tuple[UnitVerdict, ...]
    cells: str = ""
    warnings: tuple[str, ...] = ()
    refused: tuple[tuple[str, str], ...] = ()
    resolution: Resolution = field(default_factory=lambda: Resolution((), {}, {}, (), {}))
    names: GeneNames = field(default_factory=GeneNames)

    @property
    def samples(self) -> list[str]:
        """Names of the samples."""
        return [str(name) for name in self.values.index]

    def one(self, sample: str) -> Profiles:
        """The same with one sample only."""
        position = self.samples.index(sample)
        return replace(self, values=self.values.iloc[[position]], verdicts=(self.verdicts[position],))


@dataclass(frozen=True)
class ReadOptions:
    """What only the user can decide about a file.

    Attributes
    ----------
    value, sample
        Columns of a long table that hold the expression and the names of samples.
    sheet
        Sheet of a workbook.
    duplicates
        What becomes of a gene that occurs more than once: its row of the highest mean, the mean, or the sum
        (right for linear units such as TPM).
    unit
        The unit, where the user overrules the verdict or answers its question (see `leap_core.io.units.parse_unit`).
    turned
        Take a matrix the other way round than it looks.
    dates
        Pairs of a date that Excel made of a gene's name, and the gene it was.
    """

    value: str | None = None
    duplicates: Duplicates = "highest"
    unit: str | None = None
    turned: bool = False
    dates: tuple[tuple[str, str], ...] = ()
    sample: str | None = None
    sheet: str | None = None

    @property
    def layout(self) -> LayoutAnswers:
        """What they say of the layout."""
        return LayoutAnswers(LongAnswers(self.value, self.sample, self.duplicates), self.turned)


def read_profiles(
    source: Path | bytes,
    name: str,
    known_genes: set[str],
    names: GeneNames | None = None,
    options: ReadOptions | None = None,
    limit: SizeLimit = UPLOAD_LIMIT,
) -> Profiles:
    """Read samples from any table of expression.

    Parameters
    ----------
    source, name, limit
        As in `leap_core.io.tables.read_columns`.
    known_genes
        Symbols that the models know; they count as genes even where `names` lacks them.
    names
        Tables of identifiers; without them symbols still work.
    options
        What only the user can decide.

    Raises
    ------
    ChoiceNeededError
        If only the user can tell the unit, or which column holds the expression.
    UnreadableTableError, SampleError
        With what was found, what was expected, and the way out.
    """
    names, options = names or GeneNames(), options or ReadOptions()
    known = frozenset(known_genes) | {names.canonical(gene) for gene in known_genes}
    lookup = Lookup(names, known)
    known_file = TableOptions(options.sheet, lambda label: lookup.count([label]) == 1, can_ask=True)
    raw = read_columns(source, name, limit, known_file)
    table = expression_table(raw.frame, name, lookup.count, options.layout)
    mouse = mouse_rows(table.labels, known | names.approved)
    if not mouse.any():
        # Before any lookup: mouse symbols are human ones in other capitals.
        refuse_other_species(table.labels, name)
    _refuse_statistics(table, name)
    _refuse_too_many(table, name)
    labels = [label for label, no in zip(table.labels, mouse, strict=True) if not no]
    resolution = resolve(labels, names, known, dict(options.dates))
    _refuse_unmapped(labels, resolution, name)
    _refuse_one_gene(resolution, name)
    return _profiles(raw, table, resolution, mouse, _Reading(name, names, options))


@dataclass(frozen=True)
class _Reading:
    name: str
    names: GeneNames
    options: ReadOptions


def _profiles(
    raw: RawTable, table: ExpressionTable, resolution: Resolution, mouse: Mask, reading: _Reading
) -> Profiles:
    """Profiles of a table whose labels are known."""
    name, options = reading.name, reading.options
    symbols = _symbols_of_rows(resolution, mouse)
    known_rows = np.array([symbol is not None for symbol in symbols])
    numbers = table.values.to_numpy(dtype=np.float64)
    strange = _strangers(numbers, known_rows | mouse)
    clean = cleaned(np.where(strange[:, None], np.nan, numbers), symbols, [str(one) for one in table.values.columns])
    values = pd.DataFrame(clean.values, table.values.index, table.values.columns)
    gap_notes = _gaps(clean, name)
    # Judged on all rows of the file, mapped or not: the sum over a whole transcriptome tells the unit.
    said = f"{name}\n{raw.comments}\n{table.said}\n{options.value or ''}"
    judged = ~(_totals(values, table.labels, known_rows | mouse) | strange)
    # Of two species either the one or both together sum to a million.
    together = bool(mouse.any()) and sums_to_a_million(values[judged])
    judged = judged & (~mouse | together)
    zeros = list(zip(clean.off[judged].sum(axis=0).tolist(), clean.bare.tolist(), strict=True))
    verdicts = sample_verdicts(values[judged], options.unit, table.unit, said, name, zeros)
    values, verdicts, off, left_out, missed = scorable(values, verdicts, clean.off)
    values, verdicts = with_zeros(values, verdicts, off)
    values, verdicts, scale_notes = brought_to_a_million(values, verdicts, table)
    values, verdicts, mouse_warnings = without_mouse(values, verdicts, mouse, together)
    samples = values.loc[known_rows].T.set_axis([symbol for symbol in symbols if symbol is not None], axis=1)
    samples.index = pd.Index(named_once(samples.index), name="sample", dtype=object)
    samples, duplicate_notes = _without_duplicates(samples, options.duplicates)
    counted = f"{len(samples)} sample{'s' if len(samples) != 1 else ''}, {samples.shape[1]:,} genes; {table.layout}"
    notes = (
        counted,
        *raw.notes,
        *table.notes,
        *left_out,
        *scale_notes,
        *_identifier_notes(resolution),
        *gap_notes,
        *duplicate_notes,
    )
    return Profiles(
        samples,
        name,
        table.genes_in_rows,
        notes,
        verdicts,
        look_like_cells(samples, name),
        (*raw.warnings, *table.warnings, *clean.warnings, *missed, *mouse_warnings),
        (),
        resolution,
        reading.names,
    )


def _symbols_of_rows(resolution: Resolution, mouse: Mask) -> list[str | None]:
    """Symbol of every row, none for those of mouse, which were not looked up."""
    symbols = iter(resolution.symbols)
    return [None if no else next(symbols) for no in mouse]


def _refuse_too_many(table: ExpressionTable, name: str) -> None:
    if table.values.shape[1] > MAXIMUM_SAMPLES:
        raise SampleError(
            f"{name} holds {table.values.shape[1]:,} samples; at most {MAXIMUM_SAMPLES:,} are read. Split the file, or"
            " sum single cells to pseudo-bulks."
        )


def _refuse_one_gene(resolution: Resolution, name: str) -> None:
    genes = {symbol for symbol in resolution.symbols if symbol is not None}
    if len(genes) == 1:
        raise SampleError(
            f"{name} holds a single gene ({next(iter(genes))}); expression of the whole transcriptome is needed. Upload"
            " the whole table."
        )


def _totals(values: pd.DataFrame, labels: tuple[str, ...], known: Mask) -> Mask:
    """Rows that are no gene and would decide the unit of the table: totals, ages, library sizes."""
    numbers = values.to_numpy()
    rest = np.nansum(numbers, axis=0) - np.nan_to_num(numbers)
    with np.errstate(invalid="ignore", divide="ignore"):
        total = (np.abs(numbers / rest - 1.0) < 0.01).any(axis=1)
    other: Mask = ~known & (total | np.array([bool(_NO_GENE.match(label)) for label in labels]))
    return other if not other.all() else np.zeros_like(other)


def _strangers(numbers: Array, known: Mask) -> Mask:
    """Rows that are no gene and have values below zero where no gene has: components, fold changes, responses."""
    with np.errstate(invalid="ignore"):
        negative = (numbers < 0).any(axis=1)
    strange: Mask = ~known & negative
    return strange if known.any() and not (negative & known).any() else np.zeros_like(strange)


def _refuse_unmapped(labels: list[str], resolution: Resolution, name: str) -> None:
    if resolution.mapped >= min(_MIN_GENES, max(1, len(labels) // 2)):
        return
    examples = ", ".join(labels[:3])
    said = what_they_are(resolution)
    raise SampleError(
        f"{name}: only {resolution.mapped} of its {len(labels):,} names ({examples} ...) are human genes;"
        f" {said or 'expected HGNC symbols, Ensembl or Entrez gene ids'}."
    )


def _identifier_notes(resolution: Resolution) -> list[str]:
    notes = [f"identifiers: {', '.join(f'{count:,} {kind}' for kind, count in resolution.kinds.items())}"]
    if resolution.replaced:
        old, new = next(iter(resolution.replaced.items()))
        notes.append(f"{len(resolution.replaced):,} names replaced by the approved symbol (e.g. {old} by {new})")
    open_dates = {label: genes for label, genes in resolution.asked.items() if label not in resolution.replaced}
    if open_dates:
        label, genes = next(iter(open_dates.items()))
        notes.append(
            f"{len(open_dates)} names that Excel turned into dates may be either of two genes ({label}:"
            f" {' or '.join(genes)}); left out"
        )
    notes += resolution.notes
    if resolution.unmapped:
        notes.append(
            f"{len(resolution.unmapped):,} names are no gene that could be found (e.g."
            f" {', '.join(resolution.unmapped[:3])}); left out"
        )
    return notes


def _refuse_statistics(table: ExpressionTable, file_name: str) -> None:
    """Refuse tables of test statistics: they have gene names and numbers, and would be scored without complaint."""
    statistics = [str(name) for name in table.values.columns if _STATISTICS.match(str(name))]
    if statistics:
        raise SampleError(
            f"{file_name} looks like a table of statistics (columns {', '.join(statistics[:4])}), not of expression. "
            "Upload the expression itself (TPM or log2(TPM+1)), one column per sample."
        )


def _gaps(clean: Cleaned, name: str) -> list[str]:
    """Say how many cells are gaps.

    Raises
    ------
    SampleError
        If most are.
    """
    gaps = float((np.isnan(clean.values) & ~clean.off).mean())
    if gaps > 0.5:
        raise SampleError(f"{name}: {gaps:.0%} of the cells are empty or no numbers; expected expression values.")
    return [f"{gaps:.2%} of the cells are empty or no numbers; they take the training mean"] if gaps > 0 else []


def named_once(samples: Iterable[object]) -> list[str]:
    """Names of which those that occur again have a number, so that no sample replaces another."""
    samples = list(samples)
    names: dict[str, None] = {}
    taken = {str(name) for name in samples}
    numbers: dict[str, Iterator[int]] = defaultdict(lambda: itertools.count(2))
    for position, raw in enumerate(samples, start=1):
        label = str(raw) or f"sample {position}"
        if label in names:
            label = next(other for number in numbers[label] if (other := f"{label} ({number})") not in taken)
        taken.add(label)
        names[label] = None
    return list(names)


def _without_duplicates(samples: pd.DataFrame, rule: str) -> tuple[pd.DataFrame, list[str]]:
    """Keep one column of a gene that occurs more than once: that of the highest mean, the mean, or the sum."""
    twice = samples.columns.duplicated(keep=False)
    if not twice.any():
        return samples, []
    genes = samples.columns[twice].unique()
    once, repeated = samples.loc[:, ~twice], samples.loc[:, twice]
    if rule == "highest":
        order = np.argsort(-np.nan_to_num(repeated.mean(axis=0).to_numpy()), kind="stable")
        ranked = repeated.iloc[:, order]
        kept = ranked.loc[:, ~ranked.columns.duplicated()]
    else:
        grouped = repeated.T.groupby(level=0, sort=False)
        kept = (grouped.mean() if rule == "mean" else grouped.sum(min_count=1)).T
    note = (
        f"{len(genes)} genes occur more than once ({', '.join(genes[:3])}{' ...' if len(genes) > 3 else ''});"
        f" {DUPLICATES_IN_WORDS[rule]}"
    )
    return pd.concat([once, kept], axis=1)[samples.columns.unique()], [note]
