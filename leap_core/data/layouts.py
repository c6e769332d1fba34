"""Layouts of expression tables: quantifiers' files, long tables, matrices either way round. Genes in rows comes out."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from leap_core.data.gene_names import kind_of, species_of
from leap_core.data.matrices import numeric_columns, without_metadata
from leap_core.data.tables import label_text
from leap_core.errors import ChoiceNeededError, SampleError

# How many of these labels are genes.
CountGenes = Callable[[Sequence[str]], int]

TPM = "TPM"
DUPLICATES_IN_WORDS = {"highest": "the highest was kept", "mean": "their mean was taken", "sum": "their sum was taken"}

_FEWEST_GENES = 20
_QUANTIFIERS = {
    "Salmon": ("name", "effectivelength", "tpm", "numreads"), "kallisto": ("target_id", "eff_length", "est_counts", "tpm"),
    "RSEM": ("gene_id", "expected_count", "tpm", "fpkm"), "StringTie": ("gene id", "gene name", "fpkm", "tpm"),
}  # fmt: skip
_FEATURE_COUNTS = ("geneid", "chr", "start", "end", "strand", "length")
_SAMPLE_TITLES = (
    "model_name", "cell_line_name", "cell_line", "sample_name", "sample", "sample_id", "model_id", "modelid", "depmap_id", "model", "line", "cell",
)  # fmt: skip
_GENE_TITLES = (
    "gene", "gene_symbol", "symbol", "hgnc_symbol", "hugo_symbol", "gene_name", "ensembl_gene_id", "ensembl_id", "entrez_id", "entrez_gene_id", "gene_id",
)  # fmt: skip
_ANNOTATION = re.compile(
    r"^(chr(om(osome)?)?|start([ _]position)?|end([ _]position)?|strand|(eff(ective)?[ _]?)?length|width|gc[ _]?content|entrez.*|gene[ _]?id|ncbi.*)$",
    re.IGNORECASE,
)
_COUNTERS = re.compile(r"^(N_(unmapped|multimapping|noFeature|ambiguous)|__\w+)$")
_SUFFIXES = re.compile(r"(\.quant)?(\.genes|\.isoforms)?\.(sf|results|tsv|csv|txt|tab|xlsx|gct|gz|out|tabular)$", re.IGNORECASE)


@dataclass(frozen=True)
class ExpressionTable:
    """One file's expression, genes in rows.

    Attributes
    ----------
    values
        (genes, samples) float64, NaN where empty; columns sample names.
    labels
        (genes,) identifiers as they stand in the file.
    layout
        What kind of table it was, in words.
    genes_in_rows
        Which way round the file had it.
    unit
        ``"TPM"`` where the layout says so; None where the numbers must tell.
    notes
        What was left out or converted, one sentence each.
    """

    values: pd.DataFrame
    labels: tuple[str, ...]
    layout: str
    genes_in_rows: bool
    unit: str | None = None
    notes: tuple[str, ...] = ()


def expression_table(
    frame: pd.DataFrame, name: str, count_genes: CountGenes, value: str | None = None, duplicates: str = "highest"
) -> ExpressionTable:
    """Find out how a table is laid out and turn it genes in rows.

    Parameters
    ----------
    frame
        From `leap_core.data.tables.read_columns`.
    name
        The file's name, for messages and as the sample's name where the table has none.
    count_genes
        Says how many of some labels are genes.
    value
        Column that holds the expression, where a long table has several.
    duplicates
        What becomes of several rows of one sample and gene in a long table: ``highest``, ``mean`` or ``sum``.

    Raises
    ------
    ChoiceNeededError
        If a long table has several columns that may be the expression.
    SampleError
        If neither rows nor columns are genes, or the table cannot be summed up to genes.
    """
    titles = [str(title).strip().lower() for title in frame.columns]
    for tool, needed in _QUANTIFIERS.items():
        if set(needed) <= set(titles):
            return _quantifier(frame, titles, tool, name)
    if set(_FEATURE_COUNTS) <= set(titles):
        return _feature_counts(frame, titles, name)
    sample, gene = _long_columns(frame, titles)
    if sample is not None and gene is not None:
        return _long(frame, sample, gene, name, value, duplicates)
    return _matrix(frame, name, count_genes)


def _quantifier(frame: pd.DataFrame, titles: list[str], tool: str, name: str) -> ExpressionTable:
    labels = tuple(label_text(value) for value in frame.iloc[:, 0])
    transcripts = sum(kind_of(label) == "Ensembl transcripts" or label.startswith(("NM_", "NR_", "XM_")) for label in labels)
    if transcripts > 0.5 * len(labels):
        raise SampleError(
            f"{name} is {tool}'s table of transcripts ({labels[0]} ...), and no map from transcripts to genes is at hand. "
            f"Upload {tool}'s table of genes (Salmon: quant.genes.sf with --geneMap; RSEM: genes.results; kallisto: through tximport)."
        )
    values = pd.to_numeric(frame.iloc[:, titles.index("tpm")], errors="coerce").to_numpy(dtype=np.float64)
    stem = sample_name(name)
    return ExpressionTable(pd.DataFrame({stem: values}), labels, f"{tool}'s table of genes", True, TPM, ("its column TPM was taken",))


def _feature_counts(frame: pd.DataFrame, titles: list[str], name: str) -> ExpressionTable:
    labels = tuple(label_text(value) for value in frame.iloc[:, titles.index("geneid")])
    samples = [position for position, title in enumerate(titles) if title not in (*_FEATURE_COUNTS, "gene_name", "gene_biotype")]
    if not samples:
        raise SampleError(f"{name} is featureCounts' table without a column of counts. Upload the table with one column per sample.")
    counts = frame.iloc[:, samples].apply(pd.to_numeric, errors="coerce").to_numpy(dtype=np.float64)
    lengths = pd.to_numeric(frame.iloc[:, titles.index("length")], errors="coerce").to_numpy(dtype=np.float64)
    rate = counts / np.where(lengths > 0, lengths, np.nan)[:, None]
    with np.errstate(invalid="ignore", divide="ignore"):
        tpm = rate / np.nansum(rate, axis=0) * 1e6
    names = [_SUFFIXES.sub("", re.split(r"[\\/]", str(frame.columns[position]))[-1].removesuffix(".bam")) for position in samples]
    values = pd.DataFrame(tpm)
    values.columns = pd.Index(names, dtype=object)
    return ExpressionTable(values, labels, "featureCounts' table", True, TPM, ("TPM was computed from its counts and gene lengths",))


def _long_columns(frame: pd.DataFrame, titles: list[str]) -> tuple[int | None, int | None]:
    """Columns of sample and gene in a long table, where every row is one gene of one sample."""
    sample = next((titles.index(title) for title in _SAMPLE_TITLES if title in titles), None)
    genes = [titles.index(title) for title in _GENE_TITLES if title in titles]
    if sample is None or not genes:
        return None, None
    gene = genes[0]
    if frame.shape[1] > 60 or not frame.iloc[:, gene].duplicated().any():
        return None, None
    return sample, gene


def _long(frame: pd.DataFrame, sample: int, gene: int, name: str, value: str | None, duplicates: str) -> ExpressionTable:
    choices = [
        str(frame.columns[position])
        for position in range(frame.shape[1])
        if position not in (sample, gene)
        and pd.api.types.is_numeric_dtype(frame.iloc[:, position].dtype)
        and not _ANNOTATION.match(str(frame.columns[position]))
    ]
    if not choices:
        raise SampleError(f"{name} is a long table (a row for each sample and gene) without a column of numbers; expected expression.")
    if value is None and len(choices) > 1:
        raise ChoiceNeededError(f"{name} is a long table with several columns of numbers: which of them is the expression?", tuple(choices))
    if value is not None and value not in choices:
        raise SampleError(f"{name} has no column {value!r} of numbers; there are {', '.join(choices)}.")
    column = value or choices[0]
    genes, gene_labels = pd.factorize(frame.iloc[:, gene].map(label_text))
    samples, sample_labels = pd.factorize(frame.iloc[:, sample].map(label_text))
    numbers = frame[column].to_numpy(dtype=np.float64)
    usable = np.isfinite(numbers) & (genes >= 0) & (samples >= 0)
    place = (genes[usable], samples[usable])
    seen = np.zeros((len(gene_labels), len(sample_labels)))
    np.add.at(seen, place, 1)
    found = np.full(seen.shape, -np.inf if duplicates == "highest" else 0.0)
    (np.maximum if duplicates == "highest" else np.add).at(found, place, numbers[usable])
    if duplicates == "mean":
        found /= np.maximum(seen, 1)
    values = pd.DataFrame(np.where(seen > 0, found, np.nan))
    values.columns = pd.Index(sample_labels, dtype=object)
    notes = [f"its column {column} was taken"]
    if (seen > 1).any():
        notes.append(f"{int((seen > 1).sum()):,} pairs of sample and gene occur more than once; {DUPLICATES_IN_WORDS[duplicates]}")
    return ExpressionTable(values, tuple(gene_labels), "long table, a row for each sample and gene", True, None, tuple(notes))


def _matrix(frame: pd.DataFrame, name: str, count_genes: CountGenes) -> ExpressionTable:
    """A matrix either way round, perhaps with columns of annotation and several columns of ids."""
    numeric = [pd.api.types.is_numeric_dtype(dtype) for dtype in frame.dtypes]
    id_columns = [0, *(p for p in range(1, frame.shape[1]) if not numeric[p])][:12]
    id_columns += [p for p in range(1, min(frame.shape[1], 12)) if p not in id_columns and _ANNOTATION.match(str(frame.columns[p]))]
    hits = {position: count_genes([label_text(value) for value in frame.iloc[:, position]]) for position in id_columns}
    best = max(hits, key=lambda position: (hits[position], -position))
    in_columns = count_genes([str(title) for title in frame.columns])
    if max(hits[best], in_columns) < min(_FEWEST_GENES, max(1, frame.shape[0] // 2)):
        labels = [label_text(value) for value in frame.iloc[:5000, 0]]
        refuse_other_species(labels, name)
        refuse_other_species([str(title) for title in frame.columns[1:5000]], name)
        raise SampleError(
            f"{name}: neither its rows ({', '.join(labels[:3])} ...) nor its columns ({', '.join(str(t) for t in frame.columns[1:4])} ...) are human genes. "
            "Expected HGNC symbols, Ensembl or Entrez gene ids in rows or in columns."
        )
    if hits[best] >= in_columns:
        return _genes_in_rows(frame, best, [p for p in id_columns if p != best], name)
    return _genes_in_columns(frame, name)


def _genes_in_rows(frame: pd.DataFrame, gene: int, others: list[int], name: str) -> ExpressionTable:
    labels = pd.Series([label_text(value) for value in frame.iloc[:, gene]])
    rest = frame.iloc[:, [p for p in range(frame.shape[1]) if p != gene]]
    annotation = [str(title) for title in rest.columns if _ANNOTATION.match(str(title))]
    rest = rest.loc[:, [not _ANNOTATION.match(str(title)) for title in rest.columns]]
    numbers, text = numeric_columns(rest)
    if numbers.shape[1] == 0:
        raise SampleError(f"{name} has no column of numbers; expected expression values, for example TPM.")
    counters = labels.str.match(_COUNTERS)
    notes = [f"columns left out because they are no expression: {_some([*text, *annotation])}"] if text or annotation else []
    if counters.any():
        notes.append(f"{int(counters.sum())} rows of read statistics left out")
    values = numbers.loc[~counters.to_numpy()].reset_index(drop=True)
    return ExpressionTable(values, tuple(labels[~counters]), "matrix, genes in rows", True, None, tuple(notes))


def _genes_in_columns(frame: pd.DataFrame, name: str) -> ExpressionTable:
    table = frame.iloc[:, 1:]
    table.index = pd.Index([label_text(value) for value in frame.iloc[:, 0]], dtype=object)
    table, _, other_profiles = without_metadata(table)
    numbers, text = numeric_columns(table)
    if numbers.shape[1] == 0:
        raise SampleError(f"{name} has no column of numbers; expected expression values, for example TPM.")
    notes = [f"text columns left out: {_some(text)}"] if text else []
    if other_profiles:
        notes.append(f"{len(other_profiles)} profiles left out because they are not the default of their line")
    values = pd.DataFrame(numbers.to_numpy().T)
    values.columns = pd.Index(numbers.index, dtype=object)
    return ExpressionTable(values, tuple(str(title) for title in numbers.columns), "matrix, genes in columns", False, None, tuple(notes))


def refuse_other_species(labels: Sequence[str], name: str) -> None:
    """Refuse genes of another species.

    Raises
    ------
    SampleError
        Naming the species, and the way out.
    """
    species = species_of(labels)
    if species is not None:
        raise SampleError(
            f"{name} holds genes of {species} ({', '.join(labels[:3])} ...); the models know human genes. Map them to their human orthologues "
            "first (for example with Ensembl BioMart) and upload that table."
        )


def sample_name(file_name: str) -> str:
    """A sample's name from its file's."""
    stem = re.split(r"[\\/]", file_name)[-1]
    while (shorter := _SUFFIXES.sub("", stem)) not in (stem, ""):
        stem = shorter
    return stem


def _some(names: list[str]) -> str:
    return f"{', '.join(names[:5])}{' ...' if len(names) > 5 else ''} ({len(names)})"
