"""Tables from identifiers to approved symbols, and what one identifier is by them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

import pandas as pd

from leap_core.genes.headers import symbol_of
from leap_core.genes.labels import Label, cleaned, taken_apart

# How sure a name is of its gene: the approved symbol, an id, an older or other name, the same in other capitals.
Route = Literal["approved", "id", "other name", "other capitals", "none"]


@dataclass(frozen=True)
class GeneNames:
    """Tables from identifiers to approved symbols.

    Attributes
    ----------
    approved
        Approved symbols.
    aliases
        Previous symbols and aliases (upper case) of one gene only, and approved symbols in upper case.
    ensembl, entrez
        Ids to approved symbols.
    source
        Where the tables come from, in words.
    hgnc
        HGNC's ids (digits) to approved symbols.
    spelt
        The keys of `aliases` as the table spells them.
    """

    approved: frozenset[str] = frozenset()
    aliases: dict[str, str] = field(default_factory=dict)
    ensembl: dict[str, str] = field(default_factory=dict)
    entrez: dict[str, str] = field(default_factory=dict)
    source: str = "no table of identifiers: symbols are taken as they are"
    hgnc: dict[str, str] = field(default_factory=dict)
    spelt: frozenset[str] = frozenset()

    @classmethod
    def from_hgnc(cls, table: pd.DataFrame, source: str) -> GeneNames:
        """Build the tables from HGNC's complete set.

        Parameters
        ----------
        table
            Text columns ``symbol``, ``alias_symbol``, ``prev_symbol``, ``ensembl_gene_id``, ``entrez_id`` and, if it
            has them, ``hgnc_id``; several names in a cell are separated by ``|``.
        source
            What to call it.
        """
        approved = frozenset(table["symbol"])
        aliases, spelt = _unique_aliases(table, approved)
        hgnc = _ids(table, "hgnc_id") if "hgnc_id" in table.columns else {}
        return cls(
            approved,
            aliases,
            _ids(table, "ensembl_gene_id"),
            _ids(table, "entrez_id"),
            source,
            {key.upper().removeprefix("HGNC:"): symbol for key, symbol in hgnc.items()},
            spelt,
        )

    def with_entrez(self, entrez: Mapping[str, str]) -> GeneNames:
        """The same tables, with Entrez ids (to symbols) that they lack, as the headers of a panel give them."""
        return replace(self, entrez={**{key: self.canonical(symbol) for key, symbol in entrez.items()}, **self.entrez})

    def with_genes_of(self, other: GeneNames) -> GeneNames:
        """The same tables, with genes, names and ids of others where they lack them.

        A gene of the others that has an id, or a name, of one of these is that one.
        """
        same = {symbol: self.canonical(symbol) for symbol in other.approved}
        for mine, theirs in ((self.hgnc, other.hgnc), (self.entrez, other.entrez), (self.ensembl, other.ensembl)):
            same |= {symbol: mine[key] for key, symbol in theirs.items() if key in mine}

        def joined(mine: dict[str, str], theirs: dict[str, str]) -> dict[str, str]:
            return {**{key: same.get(symbol, symbol) for key, symbol in theirs.items()}, **mine}

        return replace(
            self,
            approved=self.approved | frozenset(same.values()),
            aliases=joined(self.aliases, other.aliases),
            ensembl=joined(self.ensembl, other.ensembl),
            entrez=joined(self.entrez, other.entrez),
            hgnc=joined(self.hgnc, other.hgnc),
            spelt=self.spelt | other.spelt | other.approved,
            source=f"{self.source}; {other.source}",
        )

    def approved_symbol(self, label: str) -> str | None:
        """Approved symbol of one identifier, taken by itself; None if it is not known, or names two genes."""
        text = cleaned(label)
        if text in self.approved:
            return text
        found = self.look_up(taken_apart(text))[0]
        return found or self.with_dashes(text)

    def canonical(self, label: str) -> str:
        """Approved symbol, or the symbol as it stands where it is not known."""
        return self.approved_symbol(label) or symbol_of(label)

    def look_up(self, label: Label) -> tuple[str | None, Route]:
        """Approved symbol of a label that was taken apart, and how it was found.

        An Ensembl id decides, then an approved symbol, then another id, then another name. Names of two genes are none.
        """
        symbol, route = self._by_symbols(label.symbols)
        genes = {self.ensembl[key] for key in label.ensembl if key in self.ensembl}
        if len(genes) == 1:
            return next(iter(genes)), "id"
        if genes:
            return None, "none"
        if route == "approved":
            return symbol, route
        by_id = self.hgnc.get(label.hgnc) if label.hgnc else None
        if by_id is None and label.entrez:
            by_id = self.entrez.get(label.entrez)
        return (by_id, "id") if by_id is not None else (symbol, route)

    def with_dashes(self, text: str) -> str | None:
        """Approved symbol whose dashes became dots or underscores, as R and others write names: ``HLA.A``."""
        if "." not in text and "_" not in text:
            return None
        dashed = text.replace(".", "-").replace("_", "-")
        return dashed if dashed in self.approved else None

    def _by_symbols(self, symbols: Iterable[str]) -> tuple[str | None, Route]:
        found: dict[str, Route] = {}
        order: tuple[Route, ...] = ("approved", "other name", "other capitals")
        for text in symbols:
            symbol, route = self._by_symbol(text)
            if symbol is not None:
                found[symbol] = min(found.get(symbol, route), route, key=order.index)
        best = [symbol for symbol, route in found.items() if route == "approved"] or list(found)
        return (best[0], found[best[0]]) if len(best) == 1 else (None, "none")

    def _by_symbol(self, text: str) -> tuple[str | None, Route]:
        if text in self.approved:
            return text, "approved"
        if (symbol := self.aliases.get(text.upper())) is None:
            return None, "none"
        return symbol, "other name" if text in self.spelt else "other capitals"


def _unique_aliases(table: pd.DataFrame, approved: frozenset[str]) -> tuple[dict[str, str], frozenset[str]]:
    """Previous symbols first, then aliases; a name of several genes, or one that is approved itself, is none."""
    found: dict[str, str] = {}
    spelt: set[str] = set()
    capitals = {symbol.upper(): symbol for symbol in approved}
    for column in ("prev_symbol", "alias_symbol"):
        owners: dict[str, str | None] = {}
        for symbol, cell in zip(table["symbol"].tolist(), table[column].fillna("").tolist(), strict=True):
            for name in cell.split("|") if cell else ():
                if stripped := name.strip():
                    spelt.add(stripped)
                    upper = stripped.upper()
                    owners[upper] = symbol if owners.get(upper, symbol) == symbol else None
        for name, gene in owners.items():
            if gene is not None and name not in capitals:
                found.setdefault(name, gene)
    # Spelled in other capitals: C1ORF112 for C1orf112.
    return {**found, **capitals}, frozenset(spelt)


def _ids(table: pd.DataFrame, column: str) -> dict[str, str]:
    pairs = zip(table[column].fillna("").tolist(), table["symbol"].tolist(), strict=True)
    return {key.strip().removesuffix(".0"): symbol for key, symbol in pairs if key.strip()}
