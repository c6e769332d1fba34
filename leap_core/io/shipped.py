"""What comes with the program: a table of human genes, and open gene sets; ``data/`` says where each is from."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd

from leap_core.run.places import data_folder


def shipped_genes() -> Path:
    """Table of human genes with the columns of HGNC's complete set (tab separated, gzip)."""
    return data_folder() / "identifiers" / "genes.tsv.gz"


def shipped_genes_record() -> dict[str, Any]:
    """What is recorded of that table: ``name``, ``date``, ``genes``, ``sha256``, ``licence``, ``sources``."""
    record: dict[str, Any] = json.loads((data_folder() / "identifiers" / "record.json").read_text(encoding="utf-8"))
    return record


def shipped_gene_sets() -> dict[str, tuple[Path, dict[str, str]]]:
    """File of each collection of gene sets by its name, and what is recorded of it, as a shelf records its files."""
    folder = data_folder() / "gene_sets"
    records = json.loads((folder / "record.json").read_text(encoding="utf-8"))
    return {
        record["name"]: (
            folder / record["file"],
            {
                "name": record["name"],
                "address": record["address"],
                "sha256": record["sha256"],
                "fetched": record["date"],
                "sets": str(record["sets"]),
                "licence": record["licence"],
            },
        )
        for record in records
    }


def read_shipped_genes() -> pd.DataFrame:
    """Read the table of human genes: text in every column, blank where there is nothing."""
    # The separator in one character and no conversion: a tenth of a second.
    return pd.read_csv(shipped_genes(), sep="\t", dtype=str, keep_default_na=False, na_filter=False)
