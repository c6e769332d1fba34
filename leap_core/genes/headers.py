"""Gene identifiers as they stand in headers."""

from __future__ import annotations

import re

import pandas as pd

SYMBOL_ENTREZ = re.compile(r"^(?P<symbol>\S+) \((?P<entrez>\d+|Unknown)\)$")


def symbol_of(header: str) -> str:
    """Return the gene symbol of a header: ``SOX10 (6663)`` gives ``SOX10``, anything else itself.

    The form ``SYMBOL (ENTREZ)`` is that of the official DepMap tables.
    """
    match = SYMBOL_ENTREZ.match(header)
    return match.group("symbol") if match else header


def symbols_of(headers: pd.Index) -> pd.Index:
    """Apply `symbol_of` to every header."""
    return pd.Index([symbol_of(header) for header in headers], dtype=object)


def entrez_of(headers: pd.Index) -> dict[str, str]:
    """Entrez ids to symbols, of the headers that are ``SYMBOL (ENTREZ)``."""
    matches = (SYMBOL_ENTREZ.match(str(header)) for header in headers)
    return {
        match.group("entrez"): match.group("symbol")
        for match in matches
        if match and match.group("entrez") != "Unknown"
    }
