"""Gene identifiers as they stand in headers."""

from __future__ import annotations

import re

import pandas as pd

SYMBOL_ENTREZ = re.compile(r"^(?P<symbol>\S+) \((?P<entrez>\d+|Unknown)\)$")
_WITH_ID = re.compile(r"^(?P<symbol>\S+) \((?:\d+|Unknown|ENSG\d{11}(?:\.\d+)?(?:_PAR_Y)?)\)$")
# What R makes of the same.
_MANGLED = re.compile(r"^(?P<symbol>\S+?)\.\.(?:\d+|Unknown|ENSG\d{11}(?:\.\d+)?)\.$")


def symbol_of(header: str) -> str:
    """Return the gene symbol of a header: ``SOX10 (6663)`` gives ``SOX10``, anything else itself.

    The forms ``SYMBOL (ENTREZ)`` and ``SYMBOL (ENSG...)`` are those of the official DepMap tables; R makes
    ``SYMBOL..ENTREZ.`` of them.
    """
    match = (_WITH_ID.match(header) if header.endswith(")") else None) or (
        _MANGLED.match(header) if header.endswith(".") else None
    )
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
