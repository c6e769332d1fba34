"""The planted biology of the simulated panel, read from ``data/demo``; its README says what each column means."""

from __future__ import annotations

from functools import cache

import pandas as pd

from leap_core.run.places import data_folder


@cache
def table(name: str) -> pd.DataFrame:
    """Return a table of the demo, indexed by its first column; empty cells are empty strings."""
    path = data_folder() / "demo" / f"{name}.tsv"
    return pd.read_csv(path, sep="\t", index_col=0, keep_default_na=False)


def gene_table() -> pd.DataFrame:
    """Return one row per gene (index ``gene``) with what its module says, in the order of the modules."""
    modules = table("modules").reset_index()
    return modules.assign(gene=modules.pop("genes").str.split()).explode("gene").set_index("gene")


def weights(cells: pd.Series, columns: pd.Index) -> pd.DataFrame:
    """Return cells such as ``emt=0.4 ras=-1`` as a table, rows of `cells` x `columns`, NaN where not named."""
    rows = [dict(pair.split("=") for pair in cell.split()) for cell in cells]
    return pd.DataFrame(rows, index=cells.index).reindex(columns=columns).astype(float)
