"""What every layout is turned into: one file's expression, genes in rows, under the identifiers of the file."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from leap_core.arrays import Array
from leap_core.errors import SampleError
from leap_core.genes.names import species_of
from leap_core.io.units import Unit

TPM = Unit("TPM")
DUPLICATES_IN_WORDS = {"highest": "the highest was kept", "mean": "their mean was taken", "sum": "their sum was taken"}

_SUFFIXES = re.compile(
    r"(\.quant)?(\.genes|\.isoforms|ReadsPerGene|[._](gene_)?counts|\.rna_seq\.augmented_star_gene)?"
    r"\.(sf|results|tsv|csv|txt|tab|xlsx?|xlsb|ods|gct|gz|out|tabular|parquet|pq|fpkm_tracking|htseq|counts)$",
    re.IGNORECASE,
)
# GENCODE's headers name the gene of a transcript:
# ENST00000456328.2|ENSG00000223972.5|OTTHUMG...|OTTHUMT...|DDX11L1-202|DDX11L1|1657|...
_GENCODE = re.compile(r"^ENST\d{11}(?:\.\d+)?\|(ENSG\d{11}(?:\.\d+)?(?:_PAR_Y)?)\|")
_TRANSCRIPT = re.compile(r"^(ENST\d{11}|[NX][MR]_\d{6,})")


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
        Where the layout leaves no doubt of it; None where the numbers must tell.
    notes
        What was left out or converted, one sentence each.
    lengths
        (genes,) length of each gene in bases where the file has them: counts become TPM by them.
    said
        Titles that may name the unit.
    warnings
        What must be known before the values are used, one sentence each.
    """

    values: pd.DataFrame
    labels: tuple[str, ...]
    layout: str
    genes_in_rows: bool
    unit: Unit | None = None
    notes: tuple[str, ...] = ()
    lengths: Array | None = None
    said: str = ""
    warnings: tuple[str, ...] = ()


def are_transcripts(labels: Sequence[str]) -> bool:
    """Whether most labels are transcripts (Ensembl or RefSeq)."""
    return sum(bool(_TRANSCRIPT.match(label)) for label in labels) > 0.5 * len(labels)


def genes_of_transcripts(labels: Sequence[str]) -> tuple[str, ...] | None:
    """Gene of each transcript where the labels name it, as GENCODE's do; None where they do not."""
    found = [match.group(1) if (match := _GENCODE.match(label)) else None for label in labels]
    return tuple(gene for gene in found if gene is not None) if all(found) else None


def summed_to_genes(values: pd.DataFrame, genes: Sequence[str]) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Sum transcripts (rows) to their genes, in the order in which the genes first occur."""
    grouped = values.groupby(pd.Index(list(genes), dtype="str"), sort=False).sum(min_count=1)
    return grouped.reset_index(drop=True), tuple(str(gene) for gene in grouped.index)


def tpm_from_counts(counts: Array, lengths: Array) -> Array:
    """TPM (genes, samples) of counts by lengths (genes,) or (genes, samples); genes without a length have none."""
    rate = counts / (lengths[:, None] if lengths.ndim == 1 else lengths)
    with np.errstate(invalid="ignore", divide="ignore"):
        tpm: Array = rate / np.nansum(rate, axis=0) * 1e6
    return tpm


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
            f"{name} holds genes of {species} ({', '.join(labels[:3])} ...); the models know human genes. Map them to"
            " their human orthologues first (for example with Ensembl BioMart) and upload that table."
        )


def sample_name(file_name: str) -> str:
    """A sample's name from its file's (or its alignment's)."""
    stem = re.split(r"[\\/]", file_name)[-1].removesuffix(".bam")
    while (shorter := _SUFFIXES.sub("", stem)) not in (stem, ""):
        stem = shorter
    return stem.rstrip("_.-") or stem


def names_of_paths(titles: Sequence[str]) -> list[str]:
    """Samples of columns called by the paths of their files: by the folder, where the files are called alike."""
    parts = [re.split(r"[\\/]", title) for title in titles]
    if len(titles) < 2 or any(len(one) < 2 or len(one) != len(parts[0]) for one in parts):
        return list(titles)
    last = [one[-1] for one in parts]
    if len(set(last)) == len(last):
        return last
    if len(parts[0]) == 2 and not any("." in one for one in last):
        # A file has an ending: A/ctrl is A over its control.
        return list(titles)
    telling = [place for place in range(len(parts[0])) if len({one[place] for one in parts}) == len(titles)]
    return [one[telling[-1]] for one in parts] if telling else list(titles)


def some(names: Sequence[str]) -> str:
    """The first few of some names, and how many there are."""
    return f"{', '.join(names[:5])}{' ...' if len(names) > 5 else ''} ({len(names)})"
