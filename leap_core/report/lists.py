"""Lists that other programs take: ranks (.rnk), plain names, and chunks for whoever designs the library."""

from __future__ import annotations

import io
import zipfile

import pandas as pd

CHUNK = 200


def rnk(table: pd.DataFrame) -> bytes:
    """Names and robust z, strongest first, as pre-ranked GSEA takes them; rows without z are left out."""
    ranked = table["z"].dropna().sort_values(ascending=False, kind="stable")
    return "".join(f"{name}\t{value:.6g}\n" for name, value in ranked.items()).encode()


def names(table: pd.DataFrame) -> bytes:
    """One name a line, in list order."""
    return "".join(f"{name}\n" for name in table.index).encode()


def entrez_ids(table: pd.DataFrame, entrez: dict[str, str]) -> bytes:
    """One Entrez id a line, in list order; names without one are comments at the end.

    Parameters
    ----------
    entrez
        Symbols to ids.
    """
    known = [entrez[name] for name in table.index if name in entrez]
    missing = [f"# no Entrez id is known of {name}" for name in table.index if name not in entrez]
    return "".join(f"{line}\n" for line in [*known, *missing]).encode()


def chunks(table: pd.DataFrame, stem: str) -> bytes:
    """A zip of text files of 200 names each, in list order."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for number, start in enumerate(range(0, max(len(table), 1), CHUNK), start=1):
            # A fixed time: the same list is the same file.
            entry = zipfile.ZipInfo(f"{stem}_{number:02d}.txt", (2026, 1, 1, 0, 0, 0))
            archive.writestr(entry, names(table.iloc[start : start + CHUNK]))
    return content.getvalue()
