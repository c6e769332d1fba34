"""A made-up transcriptome, the numbers as a file writes them, and what is true of that file.

The truth is taken from the written digits, so that a right reading agrees to rounding errors however few there are.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from tests.io.layout_generator import LINEAR, NO_PSEUDO, Composition

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

TABLE = Path(__file__).resolve().parents[2] / "data" / "identifiers" / "genes.tsv.gz"
MILLION = 1e6
LOGARITHMS = {"log2": np.log2, "ln": np.log, "log10": np.log10}
BASES = {"log2": 2.0, "ln": float(np.e), "log10": 10.0}


@dataclass(frozen=True)
class Genes:
    """Genes of a table (n,): approved symbols and their ids."""

    symbol: tuple[str, ...]
    ensembl: tuple[str, ...]
    entrez: tuple[str, ...]
    hgnc: tuple[str, ...]


@dataclass(frozen=True)
class Truth:
    """What is true of a file.

    Attributes
    ----------
    samples
        (samples,) names in the order of the file; None where it names none.
    genes
        (genes,) approved symbols, each once.
    linear
        By family of units, the values (samples, genes) that are true of the file: more than one where it is a
        convention what the sum is taken over. The logarithm for microarrays. NaN where the file has no number.
    preferred
        Families that a reader should give; another is right only if it says so.
    off
        (samples, genes) whether the gene is off.
    off_tolerance
        What an off gene may be, for the digits that were written.
    family, unit
        Family of the unit that the file is in, and the unit with its logarithm.
    sheet
        Name of the sheet, where a workbook has another one that could be meant.
    """

    samples: tuple[str | None, ...]
    genes: tuple[str, ...]
    linear: dict[str, tuple[Floats, ...]]
    preferred: tuple[str, ...]
    off: Bools
    off_tolerance: float
    family: str
    unit: str
    sheet: str | None = None


@dataclass(frozen=True)
class Numbers:
    """Numbers of a table before they are laid out: texts (samples, rows), and what each row is."""

    texts: tuple[tuple[str, ...], ...]
    rows: npt.NDArray[np.int64]
    lengths: npt.NDArray[np.int64]
    values: Floats
    linear: dict[str, tuple[Floats, ...]] = field(default_factory=dict)
    off: Bools = field(default_factory=lambda: np.zeros((0, 0), bool))
    odd: Bools = field(default_factory=lambda: np.zeros((0, 0), bool))


@functools.cache
def well_known() -> pd.DataFrame:
    """Protein-coding genes with every kind of id, whose symbols mean nothing else."""
    table = pd.read_csv(TABLE, sep="\t", dtype=str, keep_default_na=False)
    others = {
        word.upper() for title in ("alias_symbol", "prev_symbol") for words in table[title] for word in words.split("|")
    }
    kept = table[(table["locus_type"] == "gene with protein product") & ~table["symbol"].str.upper().isin(others)]
    kept = kept[(kept["entrez_id"] != "") & (kept["ensembl_gene_id"] != "")]
    for title in ("symbol", "entrez_id", "ensembl_gene_id"):
        kept = kept[~kept[title].str.upper().duplicated(keep=False)]
    return kept.reset_index(drop=True)


def genes_of(c: Composition, random: np.random.Generator) -> Genes:
    """Genes of a composition, by chance, in its order."""
    pool = well_known()
    chosen = pool.iloc[random.permutation(len(pool))[: c.genes]]
    if c.gene_order == "by name":
        title = {"Ensembl": "ensembl_gene_id", "Ensembl with version": "ensembl_gene_id"}.get(c.identifier, "symbol")
        order = chosen["entrez_id"].astype(int) if "ntrez" in c.identifier.lower() else chosen[title]
        chosen = chosen.loc[order.sort_values().index]
    return Genes(
        *(tuple(str(v) for v in chosen[title]) for title in ("symbol", "ensembl_gene_id", "entrez_id", "hgnc_id"))
    )


def transcriptome(genes: int, samples: int, random: np.random.Generator) -> Floats:
    """TPM (samples, genes): log-normal, a quarter of the genes off, each sample a million."""
    level = random.normal(1.0, 1.6, genes)
    values = np.exp(level + random.normal(0.0, 0.5, (samples, genes)))
    silent = random.random(genes) < 0.2
    off = (silent & (random.random((samples, genes)) < 0.9)) | (random.random((samples, genes)) < 0.06)
    values[off] = 0.0
    return values * (MILLION / values.sum(axis=1, keepdims=True))


def microarray(genes: int, samples: int, random: np.random.Generator) -> Floats:
    """Logarithms of RMA (samples, genes): 2.5 to 14.5, most of them low, none of them off."""
    level = 3.3 + random.gamma(1.7, 1.9, genes)
    return np.clip(level + random.normal(0.0, 0.25, (samples, genes)), 2.5, 14.5)


def _amounts(c: Composition, lengths: npt.NDArray[np.int64], random: np.random.Generator) -> Floats:
    """What is to be written, before any logarithm (samples, genes)."""
    if c.unit == "RMA":
        return microarray(c.genes, c.samples, random)
    tpm = transcriptome(c.genes, c.samples, random)
    if c.total == "cut from a whole":
        tpm *= c.genes / 19_000 * random.uniform(0.8, 1.4, (c.samples, 1))
    if c.unit == "FPKM":
        return tpm * random.uniform(0.3, 0.65, (c.samples, 1))
    if c.unit == "TPM":
        return tpm
    share = tpm * lengths
    depth = np.exp(random.uniform(np.log(2e6), np.log(3e7), (c.samples, 1)))
    counts = random.poisson(share / share.sum(axis=1, keepdims=True) * depth).astype(float)
    return counts if c.unit == "counts" else counts * (tpm.sum(axis=1) / counts.sum(axis=1))[:, None]


def _plain(c: Composition, values: Floats) -> list[list[str]]:
    """Digits with a decimal point and no marks."""
    if c.unit == "counts" and c.form == LINEAR:
        return [[f"{value:.0f}" for value in row] for row in values]
    pattern = {"exponent": f"{{:.{c.digits}e}}", "general": f"{{:.{c.digits + 1}g}}"}.get(c.style, f"{{:.{c.digits}f}}")
    texts = [[pattern.format(value) for value in row] for row in values]
    if c.style == "trimmed":
        texts = [[text.rstrip("0").rstrip(".") for text in row] for row in texts]
    return texts


def _localised(c: Composition, text: str) -> str:
    """The same digits with the marks of the composition."""
    if c.thousands and len(text.split(".")[0].lstrip("-")) > 3:
        whole, point, rest = text.partition(".")
        text = f"{int(whole):,}".replace(",", "\0") + point + rest
    text = text.replace(".", c.decimal).replace("\0", c.thousands)
    return f"+{text}" if c.style == "plus" and not text.startswith("-") else text


def _brought_to_a_million(values: Floats, rows: npt.NDArray[np.int64]) -> tuple[Floats, ...]:
    """By the sum over genes, and by the sum over rows where genes stand in several."""
    sums = [np.nansum(values, axis=1), np.nansum(values[:, rows], axis=1)]
    return tuple(values * (MILLION / total[:, None]) for total in sums[: 1 + (len(rows) > values.shape[1])])


def _families(
    c: Composition, written: Floats, lengths: npt.NDArray[np.int64], rows: npt.NDArray[np.int64]
) -> dict[str, tuple[Floats, ...]]:
    if c.unit == "counts":
        found = {"CPM": _brought_to_a_million(written, rows), "counts": (written,)}
        if "length" in c.annotation:
            found = {"TPM": _brought_to_a_million(written / lengths, rows)} | found
        return found
    if c.unit == "FPKM":
        return {"TPM": _brought_to_a_million(written, rows), "FPKM": (written,)}
    return {c.unit: (written, *_brought_to_a_million(written, rows)) if c.unit == "CPM" else (written,)}


def unit_of(c: Composition) -> str:
    """The unit as people write it, e.g. ``log2(TPM+1)``."""
    return c.unit if c.form == LINEAR else c.form.replace("x", c.unit)


def inverse(c: Composition, values: Floats) -> Floats:
    """Written values without their logarithm."""
    if c.form == LINEAR:
        return values
    if c.form == NO_PSEUDO:
        return np.exp2(values)
    name, inside = c.form.rstrip(")").split("(x+")
    return np.maximum(BASES[name] ** values - float(inside), 0.0)


def forward(c: Composition, amounts: Floats) -> Floats:
    """What is written for amounts of the unit."""
    if c.form == LINEAR:
        return amounts
    if c.form == NO_PSEUDO:
        return np.log2(np.where(amounts > 0, amounts, 1.0))
    name, inside = c.form.rstrip(")").split("(x+")
    return np.asarray(LOGARITHMS[name](amounts + float(inside)), dtype=float)


def off_tolerance(c: Composition) -> float:
    """What half of the last digit is at zero, on the linear scale."""
    if c.form in (LINEAR, NO_PSEUDO):
        return 1e-6
    name, inside = c.form.rstrip(")").split("(x+")
    return 1e-6 + float(inside) * np.log(BASES[name]) * 10.0**-c.digits


def numbers_of(c: Composition, random: np.random.Generator) -> Numbers:
    """Texts of all cells, with the truth that is in them."""
    lengths = np.maximum(np.exp(random.normal(np.log(2300), 0.6, c.genes)).astype(np.int64), 200)
    amounts = _amounts(c, lengths, random)
    plain = _plain(c, forward(c, amounts))
    written = np.array([[float(text) for text in row] for row in plain])
    off = amounts == 0
    if c.form in (LINEAR, "log2(x+1)", "ln(x+1)", "log10(x+1)"):
        off = written == 0
    linear = inverse(c, written)
    linear[off] = 0.0
    texts = [[_localised(c, text) for text in row] for row in plain]
    mark = {"0": None, "literal 0": "0"}.get(c.zeros, "" if c.zeros == "blank" else c.zeros)
    if mark is not None:
        texts = [
            [mark if gone else text for text, gone in zip(row, gone_row, strict=True)]
            for row, gone_row in zip(texts, off, strict=True)
        ]
    odd = np.zeros(off.shape, bool)
    if c.odd != "none":
        hit = random.permutation(c.genes)[: max(1, int(c.genes * random.uniform(0.002, 0.018)))]
        odd[random.integers(0, c.samples, len(hit)), hit] = True
        for sample, gene in zip(*np.nonzero(odd), strict=True):
            texts[sample][gene] = c.odd
        linear[odd] = np.nan
    rows = np.arange(c.genes)
    for copy in random.permutation(c.genes)[: c.duplicates]:
        rows = np.insert(rows, int(random.integers(len(rows) + 1)), copy)
    return Numbers(
        tuple(tuple(row[gene] for gene in rows) for row in texts),
        rows,
        lengths,
        written,
        _families(c, linear, lengths, rows),
        off & ~odd,
        odd,
    )
