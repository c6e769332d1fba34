"""The tables that quantifiers write.

Salmon, kallisto, RSEM, StringTie and featureCounts, of genes or of transcripts.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from leap_core.errors import SampleError
from leap_core.io.expression_table import (
    TPM,
    ExpressionTable,
    are_transcripts,
    genes_of_transcripts,
    sample_name,
    summed_to_genes,
    tpm_from_counts,
)
from leap_core.io.tables import labels_of, numbers_of

_COLUMNS = {
    "Salmon": ("name", "effectivelength", "tpm", "numreads"),
    "kallisto": ("target_id", "eff_length", "est_counts", "tpm"),
    "RSEM": ("gene_id", "expected_count", "tpm", "fpkm"),
    "StringTie": ("gene id", "gene name", "fpkm", "tpm"),
}
_FEATURE_COUNTS = ("geneid", "chr", "start", "end", "strand", "length")
_ITS_OWN = (*_FEATURE_COUNTS, "gene_name", "gene_biotype")


def quantifier_table(frame: pd.DataFrame, titles: list[str], name: str) -> ExpressionTable | None:
    """Turn a quantifier's table genes in rows; None if it is none.

    Parameters
    ----------
    frame
        From `leap_core.io.tables.read_columns`.
    titles
        Its titles in lower case.
    name
        The file's name: the sample is called by it.

    Raises
    ------
    SampleError
        If it is a table of transcripts that does not say which gene they belong to, or has no column of counts.
    """
    for tool, needed in _COLUMNS.items():
        if set(needed) <= set(titles):
            return _one_sample(frame, titles, tool, name)
    return _feature_counts(frame, titles, name) if set(_FEATURE_COUNTS) <= set(titles) else None


def _one_sample(frame: pd.DataFrame, titles: list[str], tool: str, name: str) -> ExpressionTable:
    labels = tuple(labels_of(frame.iloc[:, 0]))
    values = pd.DataFrame({sample_name(name): numbers_of(frame.iloc[:, titles.index("tpm")])})
    notes = ["its column TPM was taken"]
    if are_transcripts(labels):
        genes = genes_of_transcripts(labels)
        if genes is None and "gene_id" in titles[1:]:
            genes = tuple(labels_of(frame.iloc[:, titles.index("gene_id")]))
        if genes is None:
            raise SampleError(
                f"{name} is {tool}'s table of transcripts ({labels[0]} ...), and no map from transcripts to genes is at"
                f" hand. Upload {tool}'s table of genes (Salmon: quant.genes.sf with --geneMap; RSEM: genes.results;"
                " kallisto: through tximport)."
            )
        notes.append(f"{len(labels):,} transcripts summed to {len(set(genes)):,} genes")
        values, labels = summed_to_genes(values, genes)
    return ExpressionTable(values, labels, f"{tool}'s table", True, TPM, tuple(notes))


def _feature_counts(frame: pd.DataFrame, titles: list[str], name: str) -> ExpressionTable:
    labels = tuple(labels_of(frame.iloc[:, titles.index("geneid")]))
    samples = [position for position, title in enumerate(titles) if title not in _ITS_OWN]
    if not samples:
        raise SampleError(
            f"{name} is featureCounts' table without a column of counts. Upload the table with one column per sample."
        )
    counts = frame.iloc[:, samples].apply(pd.to_numeric, errors="coerce").to_numpy(dtype=np.float64)
    lengths = numbers_of(frame.iloc[:, titles.index("length")])
    values = pd.DataFrame(tpm_from_counts(counts, np.where(lengths > 0, lengths, np.nan)))
    values.columns = pd.Index([sample_name(str(frame.columns[position])) for position in samples], dtype=object)
    return ExpressionTable(
        values, labels, "featureCounts' table", True, TPM, ("TPM was computed from its counts and gene lengths",)
    )
