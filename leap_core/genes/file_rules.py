"""What the names of one file say of each other: which readings of a label are right is decided over all of them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from leap_core.genes.dates import Order, order_of, serial_genes
from leap_core.genes.labels import DATES, ENTREZ, PROBES, SYMBOLS, Label
from leap_core.genes.table import GeneNames

Capitals = Literal["upper", "lower", "mixed"]

# Columns of a sample sheet that once were, or still are, another name of a gene.
_SHEET = re.compile(
    r"^(RIN|AGE|SEX|GENDER|OS|PFS|DFS|DSS|EFS|ER|PR|PGR|HER2|AR|T|N|M|TNM|TYPE|RACE|ARM|HRD|TMB|MSI|STAGE|GRADE|BATCH|"
    r"LANE|SITE|SET|GROUP|CLASS|ID|KEY|PC_?\d+|UMAP_?\d+|CLUSTER|PURITY|PLOIDY|STATUS|TIME|DOSE|DAY|WEEK|BMI|PSA|CEA|"
    r"LDH|RNA|DNA|TIL|TILS|SV|CNV|SCORE|DEPTH|READS|RATIO|MEAN|MEDIAN|SD|MAD|TOTAL|SUM|"
    r"SAMPLE([_ .]?(ID|NAME|TYPE))?|PATIENT([_ .]?ID)?|DONOR|SUBJECT|CELL[_ .]?LINE|MODEL[_ .]?ID|LINEAGE|TISSUE|ORGAN|"
    r"DISEASE|DIAGNOSIS|HISTOLOGY|SUBTYPE|CONDITION|TREATMENT|DRUG|REPLICATE|PASSAGE|COHORT|STUDY|CENTER|SEX|ETHNICITY|"
    r"CANCER[_ .]?TYPE|PROTOCOL|PLATFORM|LIBRARY|RESPONSE|SURVIVAL|EVENT|NOTES?|COMMENTS?)$",
    re.IGNORECASE,
)
_NUMBERED = re.compile(r"^X(\d+)(?:\.0)?$")
_AS_A_WHOLE = 0.8
_A_GOOD_PART = 0.25
_STRAY = 0.05
# As few as these may stand in any order by chance.
_MIN_ROWS = 5


@dataclass(frozen=True)
class FileRules:
    """How the labels of one file are read.

    Attributes
    ----------
    capitals
        Which capitals the file, or a good part of it, is written in throughout.
    row_numbers
        Its numbers only count.
    entrez
        Its numbers are Entrez ids, not single strays among symbols.
    brainarray
        ``7157_at`` is an Entrez id, no probe set.
    numbered
        ``X7157`` is an Entrez id that R has changed.
    dashes
        Dots and underscores may be dashes: no symbol of the file has any.
    old_names
        It has names of older tables, and at most one word that sample sheets have too: that is such a name as well.
    order
        Whether day or month is first in its dates.
    serials
        Genes of its serial numbers of dates.
    exact
        Labels that are approved symbols, or symbols of the models that the tables lack.
    present
        All labels.
    """

    capitals: frozenset[Capitals]
    row_numbers: bool
    entrez: bool
    brainarray: bool
    numbered: bool
    dashes: bool
    old_names: bool
    order: Order | None
    serials: Mapping[str, tuple[str, ...]]
    exact: frozenset[str] = field(repr=False)
    present: frozenset[str] = field(repr=False)

    def accepts(self, text: str, symbol: str, route: str) -> bool:
        """Whether another name, or one in other capitals, may stand for the gene in this file."""
        orf = "upper" in self.capitals and "orf" in symbol and "ORF" in text.upper()
        if route == "other capitals" and not orf and capitals_of(text) not in self.capitals:
            return False
        return self.old_names or text.upper() == symbol.upper() or not is_column_title(text)


def file_rules(texts: Sequence[str], parts: Sequence[Label], names: GeneNames, known: frozenset[str]) -> FileRules:
    """Decide how the labels of a file (cleaned, and taken apart) are read."""
    exact = frozenset(
        text for text in texts if text in names.approved or (text in known and text.upper() not in names.aliases)
    )
    numbers = [label.entrez for label in parts if label.kind == ENTREZ]
    symbols = [text for text, label in zip(texts, parts, strict=True) if label.kind == SYMBOLS]
    rest = len(texts) - len(numbers)
    # Many symbols of a whole annotation are no approved ones (clones, LOC...); it is a table of symbols all the same.
    of_symbols = len(symbols) >= _AS_A_WHOLE * rest and len(exact) >= _A_GOOD_PART * rest > 0
    stray = of_symbols and len(numbers) <= _STRAY * len(texts)
    row_numbers = _only_count(numbers)
    x_numbers = [match.group(1) for text in texts if (match := _NUMBERED.match(text))]
    titles = {text.upper() for text in symbols if text not in exact and is_column_title(text)}
    old = [text for text in symbols if text not in exact and text in names.spelt and not is_column_title(text)]
    return FileRules(
        capitals=_capitals(symbols, exact, names),
        row_numbers=row_numbers,
        entrez=not stray and not row_numbers,
        brainarray=_is_brainarray(texts, parts, names),
        numbered=len(x_numbers) > _AS_A_WHOLE * len(texts) and _most(x_numbers, names.entrez),
        dashes=not any("-" in text for text in exact),
        old_names=len(old) >= max(3, 0.005 * len(symbols)) and len(titles) < 2,
        order=order_of(text for text, label in zip(texts, parts, strict=True) if label.kind == DATES),
        serials=serial_genes(numbers) if stray else {},
        exact=exact,
        present=frozenset(texts),
    )


def capitals_of(text: str) -> Capitals:
    """Which capitals a label is written in."""
    return "upper" if text == text.upper() else "lower" if text == text.lower() else "mixed"


def is_column_title(text: str) -> bool:
    """Whether a name is a column of sample sheets too."""
    return bool(_SHEET.match(text))


def _capitals(symbols: Sequence[str], exact: frozenset[str], names: GeneNames) -> frozenset[Capitals]:
    """Capitals of a quarter or more of the names that are genes in whatever capitals; mixed ones are never enough."""
    written = [capitals_of(text) for text in symbols if text in exact or text.upper() in names.aliases]
    styles: tuple[Capitals, ...] = ("upper", "lower")
    return frozenset(style for style in styles if written.count(style) >= max(1, _A_GOOD_PART * len(written)))


def _only_count(numbers: Sequence[str]) -> bool:
    """Whether numbers are those of rows: each one more than the one before."""
    if len(numbers) < _MIN_ROWS or not all(numbers[1:]):
        return False
    counted = [int(number or 0) for number in numbers]
    return counted[0] in (0, 1) and counted == list(range(counted[0], counted[0] + len(counted)))


def _is_brainarray(texts: Sequence[str], parts: Sequence[Label], names: GeneNames) -> bool:
    """Whether ``7157_at`` and their like are all there is, but for controls, and nearly all are genes."""
    probes = [label for text, label in zip(texts, parts, strict=True) if label.kind == PROBES and text[:4] != "AFFX"]
    ids = [label.entrez for label in probes if label.entrez]
    return bool(ids) and len(ids) == len(probes) and _most(ids, names.entrez)


def _most(ids: Sequence[str], table: Mapping[str, str]) -> bool:
    return sum(key in table for key in ids) >= _AS_A_WHOLE * len(ids)
