"""Layouts of expression tables: quantifiers' files, long tables, matrices either way round. Genes in rows comes out."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd

from leap_core.errors import SampleError
from leap_core.io.expression_table import (
    ANNOTATION,
    CountGenes,
    ExpressionTable,
    are_transcripts,
    gene_lengths,
    genes_of_transcripts,
    refuse_other_species,
    some,
    summed_to_genes,
)
from leap_core.io.long_tables import long_table
from leap_core.io.matrices import numeric_columns, without_metadata
from leap_core.io.quantifiers import quantifier_table
from leap_core.io.tables import labels_of

_MIN_GENES = 20
_COUNTERS = re.compile(r"^(N_(unmapped|multimapping|noFeature|ambiguous)|__\w+)$")


def expression_table(
    frame: pd.DataFrame,
    name: str,
    count_genes: CountGenes,
    value: str | None = None,
    duplicates: str = "highest",
    turned: bool = False,
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
    value, duplicates
        As in `leap_core.io.long_tables.long_table`.
    turned
        Take a matrix the other way round than it looks.

    Raises
    ------
    ChoiceNeededError
        If a long table has several columns that may be the expression.
    SampleError
        If neither rows nor columns are genes, or the table cannot be summed up to genes.
    """
    titles = [str(title).strip().lower() for title in frame.columns]
    found = quantifier_table(frame, titles, name) or long_table(frame, titles, name, value, duplicates)
    return found or _matrix(frame, name, count_genes, turned)


def _matrix(frame: pd.DataFrame, name: str, count_genes: CountGenes, turned: bool) -> ExpressionTable:
    """A matrix either way round, perhaps with columns of annotation and several columns of ids."""
    numeric = [pd.api.types.is_numeric_dtype(dtype) for dtype in frame.dtypes]
    id_columns = [0, *(p for p in range(1, frame.shape[1]) if not numeric[p])][:12]
    id_columns += [
        p for p in range(1, min(frame.shape[1], 12)) if p not in id_columns and ANNOTATION.match(str(frame.columns[p]))
    ]
    first = tuple(labels_of(frame.iloc[:, 0]))
    transcripts = are_transcripts(first[:2000])
    genes = genes_of_transcripts(first) if transcripts else None
    hits = {position: count_genes(labels_of(frame.iloc[:, position])) for position in id_columns}
    if genes is not None:
        hits[0] = count_genes(genes)
    best = max(hits, key=lambda position: (hits[position], -position))
    in_columns = count_genes([str(title) for title in frame.columns])
    if max(hits[best], in_columns) < min(_MIN_GENES, max(1, frame.shape[0] // 2)):
        _refuse_no_genes(frame, name, transcripts)
    if (hits[best] >= in_columns) != turned:
        labels = genes if best == 0 and genes is not None else tuple(labels_of(frame.iloc[:, best]))
        return _genes_in_rows(frame, best, labels, name, transcripts)
    return _genes_in_columns(frame, name)


def _refuse_no_genes(frame: pd.DataFrame, name: str, transcripts: bool) -> None:
    labels = labels_of(frame.iloc[:5000, 0])
    refuse_other_species(labels, name)
    refuse_other_species([str(title) for title in frame.columns[1:5000]], name)
    if transcripts:
        raise SampleError(
            f"{name} names transcripts ({', '.join(labels[:2])} ...), and no map from transcripts to genes is at hand."
            " Upload the table of genes, or one with a column of gene ids."
        )
    raise SampleError(
        f"{name}: neither its rows ({', '.join(labels[:3])} ...) nor its columns"
        f" ({', '.join(str(t) for t in frame.columns[1:4])} ...) are human genes. Expected HGNC symbols, Ensembl or"
        " Entrez gene ids in rows or in columns."
    )


def _genes_in_rows(
    frame: pd.DataFrame, gene: int, found: tuple[str, ...], name: str, transcripts: bool
) -> ExpressionTable:
    labels = pd.Series(found)
    rest = frame.iloc[:, [p for p in range(frame.shape[1]) if p != gene]]
    annotation = [str(title) for title in rest.columns if ANNOTATION.match(str(title))]
    lengths = gene_lengths(rest)
    rest = rest.loc[:, [not ANNOTATION.match(str(title)) for title in rest.columns]]
    numbers, text = _numbers(rest, name)
    counters = labels.str.match(_COUNTERS).to_numpy(dtype=bool)
    notes = (
        [f"columns left out because they are no expression: {some([*text, *annotation])}"] if text or annotation else []
    )
    if counters.any():
        notes.append(f"{int(counters.sum())} rows of read statistics left out")
    values = numbers.loc[~counters].reset_index(drop=True)
    kept = tuple(labels[~counters])
    if transcripts:
        values, kept, note = _transcripts_to_genes(values, kept, name)
        notes.append(note)
    return ExpressionTable(
        values,
        kept,
        "matrix, genes in rows",
        True,
        None,
        tuple(notes),
        None if lengths is None or transcripts else lengths[~counters],
    )


def _transcripts_to_genes(
    values: pd.DataFrame, genes: tuple[str, ...], name: str
) -> tuple[pd.DataFrame, tuple[str, ...], str]:
    if float(np.nanmax(values.to_numpy())) <= 20:
        raise SampleError(
            f"{name} holds logarithms of transcripts, which cannot be summed to genes. Upload TPM of transcripts, or a"
            " table of genes."
        )
    summed, labels = summed_to_genes(values, genes)
    return summed, labels, f"{len(genes):,} transcripts summed to {len(labels):,} genes"


def _genes_in_columns(frame: pd.DataFrame, name: str) -> ExpressionTable:
    table = frame.iloc[:, 1:]
    table.index = pd.Index(labels_of(frame.iloc[:, 0]), dtype=object)
    table, _, other_profiles = without_metadata(table)
    numbers, text = _numbers(table, name)
    notes = [f"text columns left out: {some(text)}"] if text else []
    if other_profiles:
        notes.append(f"{len(other_profiles)} profiles left out because they are not the default of their line")
    values = pd.DataFrame(numbers.to_numpy().T)
    values.columns = pd.Index(numbers.index, dtype=object)
    return ExpressionTable(
        values, tuple(str(title) for title in numbers.columns), "matrix, genes in columns", False, None, tuple(notes)
    )


def _numbers(table: pd.DataFrame, name: str) -> tuple[pd.DataFrame, list[str]]:
    """Columns of numbers, of which there must be one, and the names of the others."""
    numbers, text = numeric_columns(table)
    if numbers.shape[1] == 0:
        raise SampleError(f"{name} has no column of numbers; expected expression values, for example TPM.")
    return numbers, text
