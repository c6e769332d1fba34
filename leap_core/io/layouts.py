"""Layouts of expression tables: long, one sample's many columns, matrices either way round. Genes in rows comes out."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from leap_core.arrays import Array
from leap_core.errors import SampleError
from leap_core.genes.file_rules import is_column_title
from leap_core.genes.names import GeneNames, resolve, what_they_are
from leap_core.io.expression_table import (
    TPM,
    ExpressionTable,
    are_transcripts,
    genes_of_transcripts,
    names_of_paths,
    refuse_other_species,
    sample_name,
    some,
    summed_to_genes,
    tpm_from_counts,
)
from leap_core.io.header import COUNTER, STAR_COUNTER, counts_rows, titles_labels
from leap_core.io.long_tables import LongAnswers, long_table
from leap_core.io.matrices import numeric_columns, without_metadata
from leap_core.io.numbers import format_of, is_gap, looks_numeric, to_numbers
from leap_core.io.quantities import COUNTS, OTHER, Chosen, one_per_sample, titled
from leap_core.io.roles import (
    LENGTHS,
    ROW_NUMBERS,
    SAMPLE_TITLE,
    VALUES,
    Column,
    CountGenes,
    column_roles,
    gene_column,
    lengths_of,
)
from leap_core.io.tables import labels_of, numbers_of
from leap_core.io.units import Unit, is_unit

_MIN_GENES = 20
_STRANDS = ("unstranded", "first strand", "second strand")
_OF_NO_SAMPLE = re.compile(
    r"^(sample 1|value|values|expression|expr|score|level|gene[ _]expression|x|v\d)?$", re.IGNORECASE
)
# So many columns may be genes; names of a few samples look like those of a mouse (Line1, Ctrl2).
_MANY_TITLES = 50
# Of a name in a message: a line that nothing splits is one.
_SHOWN = 60
_HGNC_TITLE = re.compile(r"^hgnc([ _.-]?(id|number|no))?$", re.IGNORECASE)
# Linear values of a transcriptome reach thousands; logarithms stay below 30.
_LINEAR = 50.0
# RSEM's share of all transcripts: TPM over a million.
_SCALED = re.compile(r"scaled[ _.-]?estimate", re.IGNORECASE)


@dataclass(frozen=True)
class LayoutAnswers:
    """What only the user knows of a file's layout.

    Attributes
    ----------
    long
        Of a long table.
    turned
        Take a matrix the other way round than it looks.
    """

    long: LongAnswers = field(default_factory=LongAnswers)
    turned: bool = False


def expression_table(
    frame: pd.DataFrame, name: str, count_genes: CountGenes, answers: LayoutAnswers | None = None
) -> ExpressionTable:
    """Find out how a table is laid out and turn it genes in rows.

    Parameters
    ----------
    frame
        From `leap_core.io.tables.read_columns`.
    name
        The file's name, for messages and as the sample's name where the table has none.
    count_genes
        Says how many of some labels are genes.
    answers
        What only the user knows.

    Raises
    ------
    ChoiceNeededError
        If a long table has several columns that may be the expression, or the samples.
    SampleError
        If neither rows nor columns are genes, or the table cannot be summed up to genes.
    """
    answers = answers or LayoutAnswers()
    gene, in_rows = gene_column(frame, count_genes)
    first = labels_of(frame.iloc[:, 0])
    transcripts = are_transcripts(first[:2000])
    genes = genes_of_transcripts(first) if transcripts else None
    if genes is not None and (named := count_genes(genes)) > in_rows:
        gene, in_rows = 0, named
    in_columns = count_genes([str(title) for title in frame.columns])
    if max(in_rows, in_columns) < min(_MIN_GENES, max(1, frame.shape[0] // 2)):
        _refuse_no_genes(frame, name, transcripts)
    if (in_rows >= in_columns) == answers.turned:
        return _genes_in_columns(frame, name, count_genes)
    found = long_table(frame, gene, name, count_genes, answers.long)
    if found is not None:
        return found
    labels = list(genes) if genes is not None and gene == 0 else labels_of(frame.iloc[:, gene])
    if _HGNC_TITLE.match(str(frame.columns[gene]).strip()):
        # Numbers under such a title are HGNC's, not Entrez'.
        labels = [f"HGNC:{label}" if label.isdigit() else label for label in labels]
    return _genes_in_rows(frame, gene, labels, name, count_genes)


def _refuse_no_genes(frame: pd.DataFrame, name: str, transcripts: bool) -> None:
    labels = labels_of(frame.iloc[:5000, 0])
    refuse_other_species(labels, name)
    if frame.shape[1] > _MANY_TITLES:
        refuse_other_species([str(title) for title in frame.columns[1:5000]], name)
    if transcripts:
        raise SampleError(
            f"{name} names transcripts ({', '.join(labels[:2])} ...), and no map from transcripts to genes is at hand."
            " Upload the table of genes, or one with a column of gene ids (Salmon: quant.genes.sf with --geneMap; RSEM:"
            " genes.results; kallisto: through tximport)."
        )
    said = what_they_are(resolve(labels, GeneNames()))
    rows, columns = (", ".join(str(label)[:_SHOWN] for label in some) for some in (labels[:3], frame.columns[1:4]))
    raise SampleError(
        f"{name}: neither its rows ({rows} ...) nor its columns ({columns} ...) are human genes"
        f"{f'; {said}.' if said else '. Expected HGNC symbols, Ensembl or Entrez gene ids in rows or in columns.'}"
    )


def _genes_in_rows(
    frame: pd.DataFrame, gene: int, labels: list[str], name: str, count_genes: CountGenes
) -> ExpressionTable:
    _refuse_side_by_side(frame, gene, labels, name)
    columns = column_roles(frame, gene, count_genes)
    counters = np.array([bool(COUNTER.match(label)) for label in labels], dtype=bool)
    taken = [column for column in columns if column.role == VALUES]
    if not taken:
        raise SampleError(f"{name} has no column of numbers; expected expression values, for example TPM.")
    lengths = lengths_of(frame, columns)
    if any(STAR_COUNTER.match(label) for label in labels[:6]) and len(taken) == 3:
        values, notes, unit = _star(frame, taken, name)
    else:
        chosen = one_per_sample([column.title for column in columns if column.role in (VALUES, LENGTHS)])
        candidates = [column for column in columns if column.role in (VALUES, LENGTHS)]
        values, notes, unit = _samples(frame, candidates if chosen else taken, chosen, name, lengths)
    left = [
        column.title
        for column in columns
        if column.role not in (VALUES, LENGTHS) and not (column.role == ROW_NUMBERS and not column.title)
    ]
    if left:
        notes.append(f"columns left out because they are no expression: {some(left)}")
    if counters.any():
        notes.append(f"{int(counters.sum())} rows of read statistics left out")
    kept = [label for label, counter in zip(labels, counters, strict=True) if not counter]
    table = ExpressionTable(
        values.loc[~counters].reset_index(drop=True),
        tuple(kept),
        "matrix, genes in rows",
        True,
        unit,
        tuple(notes),
        None if lengths is None or unit is not None else lengths[~counters],
        said=" ".join(column.title for column in taken[:3]) if len(taken) <= 3 else "",
    )
    own = labels_of(frame.iloc[:, 0])
    return _with_transcripts_summed(table, [label for label, c in zip(own, counters, strict=True) if not c], gene, name)


def _refuse_side_by_side(frame: pd.DataFrame, gene: int, labels: list[str], name: str) -> None:
    """Refuse tables beside each other whose genes stand in another order: values would go to others' genes."""
    own = set(labels)
    for position in range(gene + 1, frame.shape[1]):
        column = frame.iloc[:, position]
        if pd.api.types.is_numeric_dtype(column.dtype):
            continue
        others = [label for label in labels_of(column) if label]
        if len(set(others)) < _MIN_GENES or len(own.intersection(others)) < 0.5 * len(set(others)):
            continue
        if np.mean([a == b for a, b in zip(labels, labels_of(column), strict=True) if b]) < 0.5:
            raise SampleError(
                f"{name} holds several tables side by side: its columns {gene + 1} and {position + 1} both name genes,"
                f" in another order ({labels[0]} and {others[0]} in the first row). Put each in a file of its own, and"
                " upload them together."
            )


def _star(frame: pd.DataFrame, taken: list[Column], name: str) -> tuple[pd.DataFrame, list[str], None]:
    """STAR's ReadsPerGene: the same reads counted without regard to the strand, for the first, and for the second."""
    values = pd.DataFrame({sample_name(name): numbers_of(frame.iloc[:, taken[0].position])})
    return values, [f"STAR's counts of one sample: {_STRANDS[0]} taken, not {' and '.join(_STRANDS[1:])}"], None


def _samples(
    frame: pd.DataFrame, columns: list[Column], chosen: Chosen | None, name: str, lengths: Array | None
) -> tuple[pd.DataFrame, list[str], Unit | None]:
    """Columns of samples, what is to be said of them, and their unit where the titles leave no doubt."""
    notes: list[str] = []
    unit = None
    if chosen is None:
        values = _numbers(frame, [column.position for column in columns])
        names = [_sample_of(title) for title in names_of_paths([column.title for column in columns])]
        if all(name.startswith("sample ") for name in names) and len(names) > 1:
            names = [f"{one} ({sample_name(name)})" for one in names]
    else:
        values = _numbers(frame, [columns[position].position for position in chosen.positions])
        names = list(chosen.samples)
        notes.append(
            f"of several columns of each sample {chosen.quantity} was taken; not used: {some(chosen.left_out)}"
        )
        if any(_SCALED.search(columns[position].title) for position in chosen.positions) and np.nanmax(values) <= 1:
            values = values * 1e6
            notes.append("scaled estimates of RSEM were multiplied by a million, which makes them TPM")
        own = _numbers(frame, [columns[position].position for position in chosen.lengths])
        lengths = lengths[:, None] if lengths is not None and not chosen.lengths else own
        if chosen.quantity == COUNTS and lengths is not None and lengths.shape[1]:
            values = tpm_from_counts(values, np.where(lengths > 0, lengths, np.nan))
            unit = TPM
            notes.append("TPM was computed from the counts and lengths beside them")
        elif chosen.quantity == "TPM" and np.nanmax(values) > _LINEAR:
            unit = TPM
    if len(names) == 1 and (not names[0] or _OF_NO_SAMPLE.match(names[0])):
        names = [_stated_sample(frame) or sample_name(name)]
    table = pd.DataFrame(values)
    table.columns = pd.Index(names, dtype=object)
    return table, notes, unit


def _stated_sample(frame: pd.DataFrame) -> str:
    """The name that a column of samples has in every row; nothing where there is none."""
    for position, title in enumerate(frame.columns):
        column = frame.iloc[:, position]
        names = SAMPLE_TITLE.search(str(title)) or str(title).strip().lower() in ("name", "variable")
        if names and column.notna().all() and column.nunique() == 1:
            return labels_of(column.iloc[:1])[0]
    return ""


def _sample_of(title: str) -> str:
    """A sample's name from a column's title: paths and names of alignments are shortened."""
    found = titled(title)
    # First and second may be strands of one sample's reads; where no other column says so they are names.
    if (not found.sample and found.quantity not in (None, OTHER)) or is_unit(title):
        return ""
    return sample_name(title) if re.search(r"\.(bam|sam|cram)$", title, re.IGNORECASE) else title


def _numbers(frame: pd.DataFrame, positions: list[int]) -> Array:
    """(rows, positions) float64."""
    found: Array = frame.iloc[:, positions].to_numpy(dtype=np.float64)
    return found


def _with_transcripts_summed(table: ExpressionTable, own: list[str], gene: int, name: str) -> ExpressionTable:
    """A table of transcripts summed to the genes that its labels, or another column, name."""
    if not are_transcripts(own[:2000]):
        return table
    values = table.values.to_numpy()
    if float(np.nanmax(values)) <= 20:
        raise SampleError(
            f"{name} holds logarithms of transcripts, which cannot be summed to genes. Upload TPM of transcripts, or a"
            " table of genes."
        )
    summed, labels = summed_to_genes(table.values, table.labels)
    note = f"{len(own):,} transcripts summed to {len(labels):,} genes"
    return replace(table, values=summed, labels=labels, notes=(*table.notes, note), lengths=None)


def _genes_in_columns(frame: pd.DataFrame, name: str, count_genes: CountGenes) -> ExpressionTable:
    notes = []
    label = _label_column(frame, count_genes)
    if label is None:
        table = frame.copy(deep=False)
        # One column alone was not told from labels before: its numbers are written as those of the others.
        cells = [str(cell) for cell in table.iloc[:, 0]]
        table.isetitem(0, to_numbers(cells, format_of(cells)).values)
        stem = sample_name(name)
        labels = [stem] if len(frame) == 1 else [f"{stem} row {number}" for number in range(1, len(frame) + 1)]
        notes.append("it has no column of sample names: rows were numbered")
    else:
        table = frame.iloc[:, [p for p in range(frame.shape[1]) if p != label]]
        labels = labels_of(frame.iloc[:, label])
        if label:
            notes.append(f"samples are named by its column {frame.columns[label]}; row numbers left out")
            table = table.iloc[:, 1:]
    table = table.set_axis(pd.Index(labels, dtype=object), axis=0)
    table, _, other_profiles = without_metadata(table)
    numbers, text = numeric_columns(_with_empty_genes(table))
    if numbers.shape[1] == 0:
        raise SampleError(f"{name} has no column of numbers; expected expression values, for example TPM.")
    if text:
        notes.append(f"text columns left out: {some(text)}")
    if other_profiles:
        notes.append(f"{len(other_profiles)} profiles left out because they are not the default of their line")
    values = pd.DataFrame(numbers.to_numpy(dtype=np.float64).T)
    values.columns = pd.Index(numbers.index, dtype=object)
    return ExpressionTable(
        values, tuple(str(title) for title in numbers.columns), "matrix, genes in columns", False, None, tuple(notes)
    )


def _with_empty_genes(table: pd.DataFrame) -> pd.DataFrame:
    """The table with columns of nothing but words for a gap as numbers: genes that no sample has a value of."""
    table = table.copy(deep=False)
    for position, (_, column) in enumerate(table.items()):
        if not pd.api.types.is_numeric_dtype(column.dtype) and all(is_gap(str(cell)) for cell in column.dropna()):
            table.isetitem(position, np.full(len(table), np.nan))
    return table


def _label_column(frame: pd.DataFrame, count_genes: CountGenes) -> int | None:
    """Position of the sample names; None where the first column is a gene's values as the others are."""
    first = frame.iloc[:, 0]
    # A gene's name over numbers, as over all other columns: no label.
    filled = [str(cell) for cell in first.dropna() if not is_gap(str(cell))]
    numbers = pd.api.types.is_float_dtype(first.dtype) or (bool(filled) and all(map(looks_numeric, filled)))
    if numbers and count_genes([str(frame.columns[0])]) == 1:
        return None
    few = len(frame) < 3 and first.tolist() in (["0"], ["1"], ["0", "1"], ["1", "2"])
    if counts_rows(first.tolist()) or few:
        title, second = str(frame.columns[1]), frame.iloc[:, 1]
        # Names may be numbers, too; then their title, or that they have none, tells them from a gene.
        named = count_genes([title]) == 0 and (titles_labels(title) or bool(SAMPLE_TITLE.search(title)))
        words = not pd.api.types.is_numeric_dtype(second.dtype) and (named or not is_column_title(title))
        return 1 if words or (named and second.nunique() == len(frame)) else 0
    return 0
