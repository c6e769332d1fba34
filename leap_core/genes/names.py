"""Gene identifiers of any kind to approved symbols: the one resolver, which sees all labels of a file at once.

HGNC symbols, aliases, Ensembl, Entrez, and what Excel, R and annotation programs made of them. What a label means may
depend on the others (`leap_core.genes.file_rules`): that is decided first, then each label by itself.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import pandas as pd

from leap_core.genes.dates import excel_date_genes
from leap_core.genes.file_rules import FileRules, file_rules
from leap_core.genes.headers import symbol_of
from leap_core.genes.labels import (
    ASSEMBLED,
    DATES,
    ENSEMBL,
    ENTREZ,
    FOREIGN,
    METHYLATION,
    PROBES,
    ROW_NUMBERS,
    SYMBOLS,
    TRANSCRIPTS,
    Label,
    cleaned,
    hides_something,
    taken_apart,
)
from leap_core.genes.species import species_of
from leap_core.genes.table import GeneNames, Route

__all__ = [
    "GeneNames",
    "Lookup",
    "Resolution",
    "excel_date_genes",
    "identifier_list",
    "kind_of",
    "resolve",
    "species_of",
    "what_they_are",
]

# What programs write for a name that is not there; NAN is also an alias of SCN11A.
_BLANK = frozenset({"", "nan", "na", "n/a", "none", "null", "-", "---", "?", ".", "#n/a", "#name?", "#ref!", "unknown"})
_X_NUMBER = re.compile(r"^X\d+(\.0)?$")
# TBCE.1, TBCE-1, TBCE_1: the second TBCE of a file, as R, scanpy and others tell two of one name apart.
_SECOND = re.compile(r"^(.+?)[._-]{1,2}\d{1,3}$")
# TP53_7157, 7157:TP53: a symbol and an Entrez id where both are of one gene.
_PAIR = re.compile(r"^(?:([^\d\W][\w.-]*?)\s*[_:;/,-]\s*(\d+)|(\d+)\s*[_:;/,-]\s*([^\d\W][\w.-]*))$")
# Ids that can have come out of no other table than the right one.
_SURE: tuple[str, ...] = ("approved", "id")
_OTHER_NAMES = ("other name", "other capitals", "date", "refused")
# What a gene is called as long as nobody knows what it does.
_PLACEHOLDER = re.compile(r"^(C\d+orf\d+|CXorf\d+|KIAA\d+|FLJ\d+|MGC\d+|LOC\d+|DKFZ\S+|FAM\d+\w*)$", re.IGNORECASE)
_NO_GENES = {
    PROBES: (
        "these are probe sets of a microarray; translate them with the platform's table (the annotation file of the"
        " array, or biomaRt) and give symbols, Ensembl or Entrez ids"
    ),
    METHYLATION: "these are probes of a methylation array, which measures no expression",
    TRANSCRIPTS: "these are transcripts; give the table of genes, or one that says which gene each belongs to",
    ASSEMBLED: "these are StringTie's or Cufflinks' own names; give the column of gene names (-e -G, or gene_name)",
    FOREIGN: "these are genes of another species; map them to their human orthologues first",
    ROW_NUMBERS: "these are the numbers of rows; give the column that names the genes",
}


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
    shadowed
        Labels left out because the file has the gene that they are another name of under its own name, and that gene;
        they are in `unmapped` too.
    hidden
        How many labels held characters that nobody sees, which were taken out.
    """

    symbols: tuple[str | None, ...]
    kinds: dict[str, int]
    replaced: dict[str, str]
    unmapped: tuple[str, ...]
    asked: dict[str, tuple[str, ...]]
    shadowed: dict[str, str] = field(default_factory=dict)
    hidden: int = 0

    @property
    def mapped(self) -> int:
        """How many labels a gene was found for."""
        return sum(symbol is not None for symbol in self.symbols)

    @property
    def notes(self) -> tuple[str, ...]:
        """What a reader should be told beside the counts: one sentence each."""
        notes = []
        if self.shadowed:
            label, gene = next(iter(self.shadowed.items()))
            notes.append(
                f"{len(self.shadowed):,} names left out because the gene that they are another name of is there itself"
                f" ({label}: {gene})"
            )
        if self.hidden:
            notes.append(f"invisible characters taken out of {self.hidden:,} names")
        return tuple(notes)


def resolve(
    labels: Iterable[str], names: GeneNames, known: frozenset[str] = frozenset(), dates: Mapping[str, str] | None = None
) -> Resolution:
    """Find the approved symbol of every label.

    Parameters
    ----------
    labels
        As they stand in the file, all of them: some are told apart by the others.
    names
        Tables of identifiers.
    known
        Approved symbols that count as genes though the tables lack them (those of the models).
    dates
        What the user said of dates that may be either of two genes.
    """
    labels = list(labels)
    texts = [cleaned(label) for label in labels]
    # A name that stands in many rows is looked at once.
    apart = {
        text: Label(SYMBOLS, (text,)) if text in names.approved or text in known else taken_apart(text)
        for text in dict.fromkeys(texts)
    }
    parts = [apart[text] for text in texts]
    rules = file_rules(texts, parts, names, known)
    one = _OneFile(names, known, rules, {cleaned(date): gene for date, gene in (dates or {}).items()})
    genes = {text: one.gene_of(text, label) for text, label in apart.items()}
    found = [genes[text] for text in texts]
    own = {symbol for symbol, route in found if route in _SURE}
    found = _kept_apart(parts, found, own, known)
    shadowed = _shadowed(labels, found, own)
    symbols = tuple(
        None if label in shadowed or route == "refused" else symbol
        for label, (symbol, route) in zip(labels, found, strict=True)
    )
    return Resolution(
        symbols,
        dict(Counter(_kinds(texts, parts, found, rules))),
        _replaced(labels, symbols, found),
        tuple(label for label, symbol in zip(labels, symbols, strict=True) if symbol is None),
        _asked(labels, texts, parts, found, rules),
        shadowed,
        sum(hides_something(label) for label in labels),
    )


def _shadowed(labels: list[str], found: list[tuple[str | None, str]], own: set[str | None]) -> dict[str, str]:
    """Other names of genes that the file has themselves, and the genes."""
    # Excel leaves no old name as it is: where a date and an old name are one gene, the date is the gene's row.
    dated = {symbol for symbol, route in found if route == "date"} - own
    return {
        label: symbol
        for label, (symbol, route) in zip(labels, found, strict=True)
        if symbol is not None
        and (
            (symbol in own and route in _OTHER_NAMES)
            or (symbol in dated and route == "other name")
            or route == "placeholder"
        )
    }


@dataclass(frozen=True)
class _OneFile:
    """Looks up labels of one file, by the rules that hold in it."""

    names: GeneNames
    known: frozenset[str]
    rules: FileRules
    dates: Mapping[str, str]

    def gene_of(self, text: str, label: Label, second: bool = True) -> tuple[str | None, str]:
        """Approved symbol of a label, and how: as in `GeneNames.look_up`, or date, second, dashes, refused."""
        if text in self.rules.exact:
            return text, "approved"
        if text.lower() in _BLANK:
            return None, "none"
        symbol, route = self._looked_up(text, label)
        if symbol is None and label.kind not in (ENSEMBL, FOREIGN, TRANSCRIPTS, METHYLATION, ASSEMBLED, PROBES):
            symbol, route = self._loosely(text, label, second)
        return symbol, route

    def _looked_up(self, text: str, label: Label) -> tuple[str | None, str]:
        if label.kind == ENTREZ and not self.rules.entrez:
            return self._date(text, self.rules.serials.get(label.entrez, ()))
        if label.kind == PROBES:
            return (self.names.entrez.get(label.entrez), "id") if self.rules.brainarray else (None, "none")
        if self.rules.numbered and _X_NUMBER.match(text):
            # X123 is another name of a gene, too; where R has put an X before every number it is the number.
            return self.names.entrez.get(text[1:].removesuffix(".0")), "id"
        found: tuple[str | None, Route] = self.names.look_up(label)
        symbol, route = found
        if symbol is None or route in _SURE:
            bare = next((part for part in label.symbols if part in self.known), None)
            return (symbol, route) if symbol is not None else (bare, "approved" if bare else "none")
        said = [part for part in label.symbols if self.names.look_up(Label(SYMBOLS, (part,)))[0] == symbol]
        return symbol, route if all(self.rules.accepts(part, symbol, route) for part in said) else "refused"

    def _loosely(self, text: str, label: Label, second: bool) -> tuple[str | None, str]:
        """What spreadsheets and R have made of a name."""
        if label.kind == DATES:
            return self._date(text, excel_date_genes(text, self.rules.order))
        for part in label.symbols:
            dashed = part.replace(".", "-").replace("_", "-")
            if self.rules.dashes and dashed != part and (dashed in self.names.approved or dashed in self.known):
                return dashed, "dashes"
        if match := _PAIR.match(text):
            named, key = match.group(1) or match.group(4), match.group(2) or match.group(3)
            if self.names.entrez.get(key) == named:
                return named, "id"
        if second and (match := _SECOND.match(text)) and (first := match.group(1)) in self.rules.present:
            symbol, route = self.gene_of(first, taken_apart(first), second=False)
            return symbol, "second" if route in _SURE else route
        return None, "none"

    def _date(self, text: str, genes: tuple[str, ...]) -> tuple[str | None, str]:
        gene = genes[0] if len(genes) == 1 else self.dates.get(text)
        return (self.names.canonical(gene), "date") if gene in genes else (None, "none")


def _kept_apart(
    parts: list[Label], found: list[tuple[str | None, str]], own: set[str | None], known: frozenset[str]
) -> list[tuple[str | None, str]]:
    """Leave symbols of the models as they are where the file tells them from the gene that they were merged with.

    KIAA1107 is a previous symbol of BTBD8 now; in a file that has both, and for a model that has both, they are two.
    Of C17orf47 and SEPT4, which both became SEPTIN4, the one that was a name is the gene.
    """
    claims: dict[str | None, set[str]] = {}
    for label, (symbol, route) in zip(parts, found, strict=True):
        if route == "other name":
            claims.setdefault(symbol, set()).update(label.symbols)
    told: list[tuple[str | None, str]] = []
    for label, (symbol, route) in zip(parts, found, strict=True):
        several = route == "other name" and (symbol in own or len(claims[symbol]) > 1)
        if several and label.symbols[0] in known:
            told.append((label.symbols[0], "approved"))
        elif (
            several and all(map(_PLACEHOLDER.match, label.symbols)) and not all(map(_PLACEHOLDER.match, claims[symbol]))
        ):
            told.append((symbol, "placeholder"))
        else:
            told.append((symbol, route))
    return told


def _kinds(texts: list[str], parts: list[Label], found: list[tuple[str | None, str]], rules: FileRules) -> list[str]:
    kinds = []
    for text, label, (_, route) in zip(texts, parts, found, strict=True):
        kind = label.kind
        if kind == ENTREZ and rules.row_numbers:
            kind = ROW_NUMBERS
        elif route == "date" or (kind == ENTREZ and label.entrez in rules.serials):
            kind = DATES
        elif (kind == PROBES and rules.brainarray and label.entrez) or (
            rules.numbered and route == "id" and text[:1] == "X"
        ):
            kind = ENTREZ
        kinds.append(kind)
    return kinds


def _replaced(
    labels: list[str], symbols: tuple[str | None, ...], found: list[tuple[str | None, str]]
) -> dict[str, str]:
    """Names that became others; a symbol beside an id, or behind a prefix, is no other name."""
    return {
        label: symbol
        for label, symbol, (_, route) in zip(labels, symbols, found, strict=True)
        if symbol is not None and route not in _SURE and symbol_of(label) != symbol
    }


def _asked(
    labels: list[str], texts: list[str], parts: list[Label], found: list[tuple[str | None, str]], rules: FileRules
) -> dict[str, tuple[str, ...]]:
    asked = {}
    for label, text, part, (symbol, route) in zip(labels, texts, parts, found, strict=True):
        if (route == "date" or symbol is None) and part.kind in (DATES, ENTREZ):
            dated = part.kind == DATES
            genes = excel_date_genes(text, rules.order) if dated else rules.serials.get(part.entrez, ())
            if len(genes) > 1:
                asked[label] = genes
    return asked


def kind_of(label: str) -> str:
    """Kind of an identifier taken by itself, in words (plural)."""
    return taken_apart(cleaned(label)).kind


def what_they_are(resolution: Resolution) -> str | None:
    """What labels are that cannot be looked up, and what to do, if most are of one such kind; None if they are not."""
    total = sum(resolution.kinds.values())
    kind = max(_NO_GENES, key=lambda one: resolution.kinds.get(one, 0))
    return _NO_GENES[kind] if total and resolution.kinds.get(kind, 0) > 0.5 * total else None


def identifier_list(resolution: Resolution) -> pd.DataFrame | None:
    """Every name that was replaced, may be either of two genes, or was not found; None if there is none.

    Returns
    -------
    pandas.DataFrame
        Columns ``name`` (as in the file), ``gene`` and ``what`` (replaced, either of two, there itself, not found).
    """
    rows = [(name, gene, "replaced") for name, gene in resolution.replaced.items()]
    rows += [
        (name, " or ".join(genes), "either of two")
        for name, genes in resolution.asked.items()
        if name not in resolution.replaced
    ]
    rows += [(name, gene, "there itself") for name, gene in resolution.shadowed.items()]
    said = {*resolution.asked, *resolution.shadowed}
    rows += [(name, "", "not found") for name in resolution.unmapped if name not in said]
    return pd.DataFrame(rows, columns=["name", "gene", "what"]) if rows else None


@dataclass(frozen=True)
class Lookup:
    """Answers how many labels of a column, or of a header, are genes.

    Attributes
    ----------
    names
        Tables of identifiers.
    known
        Symbols that count as genes though the tables lack them.
    """

    names: GeneNames
    known: frozenset[str]

    def count(self, labels: Iterable[str]) -> int:
        """How many labels are human genes; any human Ensembl id is one, though the tables may lack it."""
        labels = list(labels)
        found = resolve(labels, self.names, self.known).symbols
        return sum(
            symbol is not None or (label[:4].upper() == "ENSG" and kind_of(label) == ENSEMBL)
            for label, symbol in zip(labels, found, strict=True)
        )
