"""Gene identifiers as they stand in headers."""

from __future__ import annotations

import re

import pandas as pd

_SYMBOL_ENTREZ = re.compile(r"^(?P<symbol>\S+) \((?P<entrez>\d+|Unknown)\)$")
_ENSEMBL = re.compile(r"^ENSG\d{11}(\.\d+)?(_PAR_Y)?$")


def symbol_of(header: str) -> str:
    """Return the gene symbol of a header: ``SOX10 (6663)`` gives ``SOX10``, anything else itself.

    The form ``SYMBOL (ENTREZ)`` is that of the official DepMap tables.
    """
    match = _SYMBOL_ENTREZ.match(header)
    return match.group("symbol") if match else header


def symbols_of(headers: pd.Index) -> pd.Index:
    """Apply `symbol_of` to every header."""
    return pd.Index([symbol_of(header) for header in headers], dtype=object)


def describe_identifiers(labels: pd.Index) -> str:
    """Say in words what kind of identifier most labels are, for a message to the user."""
    if len(labels) == 0:
        return "no identifiers"
    text = [str(label) for label in labels[:2000]]
    ensembl = sum(bool(_ENSEMBL.match(label)) for label in text)
    numbers = sum(label.isdigit() for label in text)
    mouse = sum(bool(re.match(r"^[A-Z][a-z]+\d*[a-z]?\d*$", label)) for label in text)
    if ensembl > len(text) / 2:
        return "Ensembl gene ids"
    if numbers > len(text) / 2:
        return "numbers, perhaps Entrez ids"
    if mouse > len(text) / 2:
        return "names spelled like mouse genes"
    return f"names such as {', '.join(text[:3])}"
