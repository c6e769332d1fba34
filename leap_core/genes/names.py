"""Gene identifiers of any kind to approved symbols.

HGNC symbols, aliases, Ensembl, Entrez, and what Excel made of them.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

import pandas as pd

from leap_core.genes.headers import SYMBOL_ENTREZ, symbol_of

_ENSEMBL = re.compile(r"^(ENSG\d{11})(\.\d+)?(_PAR_Y)?$", re.IGNORECASE)
_ENTREZ = re.compile(r"^(\d+)(\.0|_at|_st)?$")
# Two ids in one: ENSG00000141510.16|TP53, TP53_ENSG00000141510, TP53|7157 (TCGA).
_PAIRS = (
    re.compile(r"^(?P<id>ENSG\d{11})(?:\.\d+)?[|_:; ](?P<symbol>[^|:; ]+)", re.IGNORECASE),
    re.compile(r"^(?P<symbol>[^|:; ]+)[|_:; ](?P<id>ENSG\d{11})(?:\.\d+)?$", re.IGNORECASE),
    re.compile(r"^(?P<symbol>[^|]+)\|(?P<id>\d+)$"),
)
_MONTHS = {
    name: number
    for number, name in enumerate(
        ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"], 1
    )
} | {"sept": 9}
_SPECIES = {
    "mouse": re.compile(r"^ENSMUSG\d{11}"),
    "rat": re.compile(r"^ENSRNOG\d{11}"),
    "zebrafish": re.compile(r"^ENSDARG\d{11}"),
    "fruit fly": re.compile(r"^FBgn\d{7}"),
    "yeast": re.compile(r"^Y[A-P][LR]\d{3}[WC]"),
    "worm": re.compile(r"^WBGene\d{8}"),
}
# What programs write for a name that is not there; NAN is also an alias of SCN11A.
_BLANK = frozenset({"", "nan", "na", "n/a", "none", "null"})
_MOUSE_SYMBOL = re.compile(r"^[A-Z][a-z]+[a-z0-9]*\d*[a-z]?\d*$")


@dataclass(frozen=True)
class GeneNames:
    """Tables from identifiers to approved symbols.

    Attributes
    ----------
    approved
        Approved symbols.
    aliases
        Previous symbols and aliases (upper case) of one gene only.
    ensembl, entrez
        Ids to approved symbols.
    source
        Where the tables come from, in words.
    """

    approved: frozenset[str] = frozenset()
    aliases: dict[str, str] = field(default_factory=dict)
    ensembl: dict[str, str] = field(default_factory=dict)
    entrez: dict[str, str] = field(default_factory=dict)
    source: str = "no table of identifiers: symbols are taken as they are"

    @classmethod
    def from_hgnc(cls, table: pd.DataFrame, source: str) -> GeneNames:
        """Build the tables from HGNC's complete set.

        Parameters
        ----------
        table
            Text columns ``symbol``, ``alias_symbol``, ``prev_symbol``, ``ensembl_gene_id``, ``entrez_id``; several
            names in a cell are separated by ``|``.
        source
            What to call it.
        """
        approved = frozenset(table["symbol"])
        return cls(
            approved, _unique_aliases(table, approved), _ids(table, "ensembl_gene_id"), _ids(table, "entrez_id"), source
        )

    def with_entrez(self, entrez: Mapping[str, str]) -> GeneNames:
        """The same tables, with Entrez ids (to symbols) that they lack, as the headers of a panel give them."""
        return replace(self, entrez={**{key: self.canonical(symbol) for key, symbol in entrez.items()}, **self.entrez})

    def approved_symbol(self, label: str) -> str | None:
        """Approved symbol of one identifier; None if it is not known."""
        label = label.strip().strip("\"'")
        if match := SYMBOL_ENTREZ.match(label):
            return self._symbol(match.group("symbol")) or self.entrez.get(match.group("entrez"))
        if match := _ENSEMBL.match(label):
            return self.ensembl.get(match.group(1).upper())
        if match := _ENTREZ.match(label):
            return self.entrez.get(match.group(1))
        found = self._symbol(label)
        if found is None:
            pair = next((match for pattern in _PAIRS if (match := pattern.match(label))), None)
            found = self.approved_symbol(pair.group("id")) or self._symbol(pair.group("symbol")) if pair else None
        return found

    def canonical(self, label: str) -> str:
        """Approved symbol, or the symbol as it stands where it is not known."""
        return self.approved_symbol(label) or symbol_of(label)

    def _symbol(self, label: str) -> str | None:
        return label if label in self.approved else self.aliases.get(label.upper())


@dataclass(frozen=True)
class Resolution:
    """What became of the identifiers of one table.

    Attributes
    ----------
    symbols
        One for each label: approved symbol, or None.
    kinds
        How many labels were of which kind.
    replaced
        Labels that were aliases, previous symbols or dates, and what they became.
    unmapped
        Labels that no gene was found for.
    asked
        Labels that may be either of two genes (also where the user has said which).
    """

    symbols: tuple[str | None, ...]
    kinds: dict[str, int]
    replaced: dict[str, str]
    unmapped: tuple[str, ...]
    asked: dict[str, tuple[str, ...]]

    @property
    def mapped(self) -> int:
        """How many labels a gene was found for."""
        return sum(symbol is not None for symbol in self.symbols)


def resolve(
    labels: Iterable[str], names: GeneNames, known: frozenset[str] = frozenset(), dates: Mapping[str, str] | None = None
) -> Resolution:
    """Find the approved symbol of every label.

    Parameters
    ----------
    labels
        As they stand in the file.
    names
        Tables of identifiers.
    known
        Approved symbols that count as genes though the tables lack them (those of the models).
    dates
        What the user said of dates that may be either of two genes.
    """
    labels, chosen = list(labels), dates or {}
    kinds = [kind_of(label) for label in labels]
    unknown = [label for label in labels if names.approved_symbol(label) is None and symbol_of(label) not in known]
    asked = {label: genes for label in unknown if len(genes := excel_date_genes(label)) > 1}
    symbols = [_symbol_of(label, names, known, chosen) for label in labels]
    translatable = ("symbols", "dates made by Excel")
    replaced = {
        label: symbol
        for label, symbol, kind in zip(labels, symbols, kinds, strict=True)
        if symbol is not None and kind in translatable and symbol != symbol_of(label)
    }
    exact = {symbol for label, symbol in zip(labels, symbols, strict=True) if symbol and symbol_of(label) == symbol}
    # A column called set or rest is no gene where SET and REST are there themselves.
    columns = {label for label, symbol in replaced.items() if symbol in exact and label.upper() == symbol.upper()}
    found = tuple(None if label in columns else symbol for label, symbol in zip(labels, symbols, strict=True))
    unmapped = [label for label, symbol in zip(labels, symbols, strict=True) if symbol is None]
    unmapped += [label for label in labels if label in columns]
    replaced = {label: symbol for label, symbol in replaced.items() if label not in set(unmapped)}
    return Resolution(found, dict(Counter(kinds)), replaced, tuple(unmapped), asked)


def _symbol_of(label: str, names: GeneNames, known: frozenset[str], dates: Mapping[str, str]) -> str | None:
    """Approved symbol of one label; None where it is no gene, or one of two that the user has not told apart."""
    bare = symbol_of(label)
    symbol = names.approved_symbol(label) or (bare if bare in known else None)
    if label.lower() in _BLANK and label not in names.approved and label not in known:
        symbol = None
    if symbol is None and (dated := excel_date_genes(label)):
        gene = dates.get(label) if len(dated) > 1 else dated[0]
        symbol = names.canonical(gene) if gene in dated else None
    return symbol


def kind_of(label: str) -> str:
    """Kind of an identifier, in words (plural)."""
    if _ENSEMBL.match(label):
        return "Ensembl ids"
    if re.match(r"^ENST\d{11}", label):
        return "Ensembl transcripts"
    if _ENTREZ.match(label):
        return "Entrez ids"
    if SYMBOL_ENTREZ.match(label):
        return "symbols with Entrez id"
    return "dates made by Excel" if excel_date_genes(label) else "symbols"


def excel_date_genes(label: str) -> tuple[str, ...]:
    """Genes that Excel turned into this date; one where that is certain, two where it is not, none if it is no date.

    ``MARCH1`` and ``MARC1`` both became ``1-Mar``.
    """
    month, number = _month_and_number(label.strip())
    if month == 9 and 1 <= number <= 15:
        return ("SELENOF",) if number == 15 else (f"SEPTIN{number}",)
    if month == 3 and 1 <= number <= 11:
        return (f"MARCHF{number}", f"MTARC{number}") if number <= 2 else (f"MARCHF{number}",)
    return ("DELEC1",) if (month, number) == (12, 1) else ()


def identifier_list(resolution: Resolution) -> pd.DataFrame | None:
    """Every name that was replaced, may be either of two genes, or was not found; None if there is none.

    Returns
    -------
    pandas.DataFrame
        Columns ``name`` (as in the file), ``gene`` and ``what`` (replaced, either of two, not found).
    """
    rows = [(name, gene, "replaced") for name, gene in resolution.replaced.items()]
    rows += [
        (name, " or ".join(genes), "either of two")
        for name, genes in resolution.asked.items()
        if name not in resolution.replaced
    ]
    rows += [(name, "", "not found") for name in resolution.unmapped if name not in resolution.asked]
    return pd.DataFrame(rows, columns=["name", "gene", "what"]) if rows else None


@dataclass(frozen=True)
class Lookup:
    """Answers whether labels are genes, remembering what was asked: a table's labels are looked at several times.

    Attributes
    ----------
    names
        Tables of identifiers.
    known
        Symbols that count as genes though the tables lack them.
    """

    names: GeneNames
    known: frozenset[str]
    _seen: dict[str, bool] = field(default_factory=dict, repr=False)

    def count(self, labels: Iterable[str]) -> int:
        """How many labels are human genes."""
        return sum(self._is_gene(label) for label in labels)

    def _is_gene(self, label: str) -> bool:
        if label not in self._seen:
            self._seen[label] = bool(
                symbol_of(label) in self.known or _ENSEMBL.match(label) or self.names.approved_symbol(label) is not None
            )
        return self._seen[label]


def species_of(labels: Iterable[str]) -> str | None:
    """Another species whose genes most labels are, in words; None for human or unknown."""
    sample = [label for _, label in zip(range(5000), labels, strict=False)]
    for species, pattern in _SPECIES.items():
        if sum(bool(pattern.match(label)) for label in sample) > 0.5 * len(sample):
            return species
    mouse = sum(bool(_MOUSE_SYMBOL.match(label)) for label in sample)
    return "mouse (or rat)" if sample and mouse > 0.5 * len(sample) else None


def _month_and_number(label: str) -> tuple[int, int]:
    if match := re.match(r"^(\d{1,2})[-/. ]([A-Za-z]{3,4})(?:[-/. ]\d{2,4})?$", label):
        return _MONTHS.get(match.group(2).lower(), 0), int(match.group(1))
    if match := re.match(r"^([A-Za-z]{3,4})[-/. ](\d{1,2})$", label):
        return _MONTHS.get(match.group(1).lower(), 0), int(match.group(2))
    if match := re.match(r"^(?:19|20)\d{2}-(\d{2})-(\d{2})(?:[ T]00:00:00)?$", label):
        return int(match.group(1)), int(match.group(2))
    return 0, 0


def _unique_aliases(table: pd.DataFrame, approved: frozenset[str]) -> dict[str, str]:
    """Previous symbols first, then aliases; a name of several genes, or one that is approved itself, is none."""
    found: dict[str, str] = {}
    capitals = {symbol.upper(): symbol for symbol in approved}
    for column in ("prev_symbol", "alias_symbol"):
        owners: dict[str, set[str]] = {}
        for symbol, cell in zip(table["symbol"], table[column].fillna(""), strict=True):
            for name in str(cell).split("|"):
                if name.strip():
                    owners.setdefault(name.strip().upper(), set()).add(symbol)
        for name, genes in owners.items():
            if len(genes) == 1 and name not in capitals:
                found.setdefault(name, next(iter(genes)))
    # Spelled in other capitals: C1ORF112 for C1orf112.
    return {**found, **capitals}


def _ids(table: pd.DataFrame, column: str) -> dict[str, str]:
    pairs = zip(table[column].fillna(""), table["symbol"], strict=True)
    return {str(key).strip().removesuffix(".0"): symbol for key, symbol in pairs if str(key).strip()}
