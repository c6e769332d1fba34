"""What the columns beside the gene names hold: expression, or annotation that is told by its content."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.stats import spearmanr

from leap_core.arrays import Array, masked_mean
from leap_core.io.derived_columns import derived
from leap_core.io.header import counts_rows
from leap_core.io.tables import labels_of, numbers_of

CountGenes = Callable[[Sequence[str]], int]

VALUES, LENGTHS, ANNOTATION, TEXT, ROW_NUMBERS = "values", "lengths", "annotation", "text", "row numbers"

_TITLED = re.compile(
    r"^(chr(om(osome)?)?([ _.]?(name|scaffold.*))?|((gene|tx|cds|exon)[ _.]?)?(start|end|stop)"
    r"([ _.]?(position|bp))?.*|strand|.*gc[ _]?content.*|"
    r"entrez.*|locus[ _.]?id|gene[ _.]?entrez.*|(gene|ncbi|hgnc|hugo|locus|transcript|exon)[ _.-]?(gene)?[ _.-]?ids?|"
    r"gene[ _.]?(chr|start|end|strand|biotype|type|level|version).*|level|rank|row|index|no\.?|version|"
    r"(transcript|exon|isoform)s?[ _.]?(count|number)s?|number of (transcript|exon)s)$",
    re.IGNORECASE,
)
_LENGTH = re.compile(
    r"(^|[ _.(]|eff|gene|exon|transcript)(length|len|width|size|kb|bp|bases)s?($|[ _.)(\d])", re.IGNORECASE
)
# BioMart calls them "Gene start (bp)".
_COORDINATE = re.compile(
    r"(^|[^a-z])(tx|cds|exon|gene)?[ _.]?(start|end|stop|position|from|to)s?($|[ _.(])", re.IGNORECASE
)
_KILOBASES = re.compile(r"(^|[ _.(])(kb|kbp|kilobases?)($|[ _.)])", re.IGNORECASE)
_EFFECTIVE = re.compile(r"eff", re.IGNORECASE)
# Lengths of genes, in bases: 1 % are shorter than 80, next to none longer than 500,000.
_SHORTEST, _LONGEST = 80.0, 5e5
_FIRST_BASE = 1e5
_FEW = 1_000
_FEW_GENES = 10
# So many different whole numbers, each as often as the others, are ids.
_MIN_IDS = 50
_MOST, _NEARLY_ALL = 0.2, 0.9
# Rank correlation of two samples is above; that of a length or a number of transcripts with a sample below.
_ALIKE = 0.5
SAMPLE_TITLE = re.compile(r"sample|model|cell[ _.]?line|(^|[ _.])(line|run|barcode|library)s?($|[ _.])", re.IGNORECASE)
_GENES = re.compile(r"gene|symbol|hgnc|hugo|ensembl|feature", re.IGNORECASE)
_MEASURED = re.compile(r"len|count|start|end|strand|version|width|expression|level|score|value|number", re.IGNORECASE)
_IDS = re.compile(r"entrez|locus|ncbi|(^|[ _.-])(gene)?[ _.-]?ids?($|[ _.-])", re.IGNORECASE)


@dataclass(frozen=True)
class Column:
    """One column beside the gene names.

    Attributes
    ----------
    title, position
        As in the frame.
    role
        One of the roles of this module.
    """

    title: str
    position: int
    role: str


def column_roles(frame: pd.DataFrame, gene: int, count_genes: CountGenes, wide: bool = True) -> list[Column]:
    """The role of every column but that of the gene names.

    Parameters
    ----------
    frame
        From `leap_core.io.tables.read_columns`, genes in rows.
    gene
        Position of the gene names.
    count_genes
        Says how many of some labels are genes.
    wide
        Whether columns are samples, which tell each other apart from annotation; those of a long table do not.
    """
    found = []
    for position in range(frame.shape[1]):
        if position == gene:
            continue
        title, column = str(frame.columns[position]), frame.iloc[:, position]
        found.append(Column(title, position, _role(title, column, position, count_genes)))
    return _without_derived(frame, _with_values(frame, found)) if wide else found


def _role(title: str, column: pd.Series, position: int, count_genes: CountGenes) -> str:
    if counts_rows(column.head(5000).tolist()):
        return ROW_NUMBERS
    if not (_measures(title, column) if position == 0 else pd.api.types.is_numeric_dtype(column.dtype)):
        return TEXT
    values = numbers_of(column)
    values = values[np.isfinite(values)]
    if SAMPLE_TITLE.search(title) and len(values) == len(column) > 1 and np.ptp(values) == 0:
        return TEXT
    if not len(values):
        # A sample without a number is named where it cannot be scored.
        return VALUES if title else TEXT
    if _LENGTH.search(title) and not _COORDINATE.search(title) and values.min() >= 0:
        bases = 1000.0 if _KILOBASES.search(title) else 1.0
        if _SHORTEST < bases * np.median(values) < _LONGEST:
            return LENGTHS
    if _TITLED.match(title.strip()):
        return ANNOTATION
    return ANNOTATION if _is_annotation(values, count_genes) else VALUES


def _measures(title: str, first: pd.Series) -> bool:
    """Whether the first column, which mostly names the rows, holds a sample: numbers under a title that are no ids."""
    if not title.strip():
        return False
    values = numbers_of(first)
    finite = values[np.isfinite(values)]
    # No id is zero, of several rows.
    counts = bool((finite == 0).sum() > max(1, 0.01 * len(finite)))
    return len(finite) > _NEARLY_ALL * len(values) and (counts or bool((finite != np.round(finite)).any()))


def _is_annotation(values: Array, count_genes: CountGenes) -> bool:
    """Whether numbers are ids, positions, strands, numbers of transcripts or shares of bases, whatever their title."""
    if len(values) < 20:
        return False
    whole = bool((values == np.round(values)).all())
    low, high = float(values.min()), float(values.max())
    if not whole:
        # Shares of G and C among the bases.
        return low > 0.2 and high < 0.85
    if set(np.unique(values)) == {-1.0, 1.0}:
        return True
    unique = len(np.unique(values)) / len(values)
    if low >= 1 and unique > 0.95 and len(values) >= 50:
        some = values[:: max(1, len(values) // 2000)]
        return count_genes([str(int(value)) for value in some]) > 0.8 * len(some)
    return float(np.quantile(values, 0.05)) > _FIRST_BASE


def _with_values(frame: pd.DataFrame, found: list[Column]) -> list[Column]:
    """Tell what only the company of other columns tells: lengths without a title, and small whole numbers."""
    values = [column for column in found if column.role == VALUES]
    if len(values) < 2:
        return found
    # A transcriptome has genes that are off: where a column has none, and others do, it is no sample.
    numbers = {column.position: numbers_of(frame.iloc[:, column.position]) for column in values}
    numbers = {position: one for position, one in numbers.items() if np.isfinite(one).any()}
    without_zero = {position for position, one in numbers.items() if np.nanmin(one) > 0}
    if not without_zero or len(without_zero) == len(numbers):
        return found
    with_zero = np.stack([numbers[p] for p in numbers if p not in without_zero])
    others = masked_mean(with_zero, np.isfinite(with_zero))
    roles = {position: _company_role(numbers[position], others) for position in without_zero}
    return [
        Column(column.title, column.position, roles.get(column.position, column.role))
        if column.role == VALUES
        else column
        for column in found
    ]


def _without_derived(frame: pd.DataFrame, found: list[Column]) -> list[Column]:
    """Tell columns that were computed from others: their means, spreads, ratios."""
    values = [column for column in found if column.role == VALUES]
    places = derived([one.title for one in values], lambda place: numbers_of(frame.iloc[:, values[place].position]))
    computed = {values[place].position for place in places}
    return [Column(c.title, c.position, ANNOTATION if c.position in computed else c.role) for c in found]


def _company_role(values: Array, others: Array) -> str:
    both = np.isfinite(values) & np.isfinite(others)
    finite = values[both]
    if len(finite) < 50 or not (finite == np.round(finite)).all():
        return VALUES
    constant = not np.ptp(finite) or not np.ptp(others[both])
    if not constant and abs(float(spearmanr(finite, others[both]).statistic)) >= _ALIKE:
        return VALUES
    if float(np.quantile(finite, 0.05)) >= _SHORTEST and float(finite.max()) <= _LONGEST:
        return LENGTHS
    return ANNOTATION if finite.max() < _FEW else VALUES


def lengths_of(frame: pd.DataFrame, columns: Sequence[Column]) -> Array | None:
    """(genes,) length of each row's gene in bases; None without such a column. Effective lengths go first."""
    found = [column for column in columns if column.role == LENGTHS]
    if not found:
        return None
    best = min(found, key=lambda column: not _EFFECTIVE.search(column.title))
    lengths = numbers_of(frame.iloc[:, best.position]) * (1000.0 if _KILOBASES.search(best.title) else 1.0)
    return np.where(lengths > 0, lengths, np.nan)


def gene_column(frame: pd.DataFrame, count_genes: CountGenes) -> tuple[int, int]:
    """Position of the column whose cells are most often genes, and how many are; titles play no part."""
    candidates = [0] + [
        position
        for position in range(1, min(frame.shape[1], 40))
        if not pd.api.types.is_float_dtype(frame.iloc[:, position].dtype) or _whole(frame.iloc[:, position])
    ]
    hits: dict[int, int] = {}
    sure: set[int] = set()
    numbered = counts_rows(frame.iloc[:, 0].head(5000).tolist())
    for position in candidates:
        column = frame.iloc[:, position]
        if position and pd.api.types.is_numeric_dtype(column.dtype) and not _may_be_ids(frame, position, numbered):
            continue
        if counts_rows(column.head(5000).tolist()):
            continue
        # Once each: samples that are called like genes stand in many rows of a long table.
        once = list(dict.fromkeys(labels_of(column)))
        different = count_genes(once)
        # Some lines are called like genes; of a column of genes most names are.
        hits[position] = different if different > _MOST * len(once) else 0
        sure |= {position} if different > max(_FEW_GENES, _NEARLY_ALL * len(once)) else set()
    if max(hits.values(), default=0) < _FEW_GENES:
        # No column has many different genes: all rows may be of one.
        hits = {position: count_genes(labels_of(frame.iloc[:, position])) for position in hits}
    # Many a measured number is an Entrez id, too, but not nearly all of them.
    best = max(hits, key=lambda position: (position in sure, hits[position], -position), default=0)
    return best, hits.get(best, 0)


def _may_be_ids(frame: pd.DataFrame, position: int, numbered: bool) -> bool:
    """Whether a column of whole numbers may be ids: counts are whole, too, and many a small number is an Entrez id."""
    title = str(frame.columns[position])
    if _IDS.search(title) or (_GENES.search(title) and not _MEASURED.search(title)):
        return True
    column = frame.iloc[:, position]
    if numbered and position == 1 and column.nunique() > 0.95 * len(column):
        return True
    # In a long table every gene has a row for each sample.
    times = column.value_counts().to_numpy()
    return len(times) >= _MIN_IDS and float(np.median(times)) > 1 and float(np.mean(times == np.median(times))) > 0.95


def _whole(column: pd.Series) -> bool:
    values = numbers_of(column)
    values = values[np.isfinite(values)]
    return bool(len(values)) and bool((values == np.round(values)).all())
