"""Lists that other programs take: ranks (.rnk), plain names, and chunks for whoever designs the library."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence

import pandas as pd

from leap_core.report.cells import comment_line, neutralised

CHUNK = 200


def rnk(table: pd.DataFrame) -> bytes:
    """Names and robust z, strongest first, as pre-ranked GSEA takes them; rows without z are left out."""
    ranked = table["z"].dropna().sort_values(ascending=False, kind="stable")
    return "".join(f"{_entry(name)}\t{value:.6g}\n" for name, value in ranked.items()).encode()


def names(table: pd.DataFrame) -> bytes:
    """One name a line, in list order."""
    return lines(list(table.index))


def entrez_ids(table: pd.DataFrame, entrez: dict[str, str]) -> bytes:
    """One Entrez id a line, in list order; names without one are comments at the end.

    Parameters
    ----------
    entrez
        Symbols to ids.
    """
    known = [_entry(entrez[name]) for name in table.index if name in entrez]
    missing = [comment_line(f"no Entrez id is known of {name}") for name in table.index if name not in entrez]
    return "".join(f"{line}\n" for line in [*known, *missing]).encode()


def lines(texts: Sequence[str]) -> bytes:
    """One text a line, as it may stand in a cell."""
    return "".join(f"{_entry(text)}\n" for text in texts).encode()


def _entry(name: object) -> str:
    """A name on a line of its own: whatever would end the line or the column is a blank."""
    return neutralised(" ".join(str(name).split()))


def chunks(table: pd.DataFrame, stem: str) -> bytes:
    """A zip of text files of 200 names each, in list order."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for number, start in enumerate(range(0, max(len(table), 1), CHUNK), start=1):
            # A fixed time: the same list is the same file.
            entry = zipfile.ZipInfo(f"{stem}_{number:02d}.txt", (2026, 1, 1, 0, 0, 0))
            archive.writestr(entry, names(table.iloc[start : start + CHUNK]))
    return content.getvalue()
