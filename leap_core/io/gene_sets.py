"""Gene sets from GMT, GMX and JSON files and tables, under whichever identifiers, and as the genes of a model."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from leap_core.errors import ChoiceNeededError, UserError
from leap_core.genes.names import GeneNames, Lookup, resolve, species_of, what_they_are
from leap_core.io.containers import UPLOAD_LIMIT, as_utf8, content_of, is_workbook
from leap_core.io.gene_set_tables import are_genes, delimited_rows, sets_of_json, sets_of_table
from leap_core.io.workbooks import read_workbook

MIN_SIZE, MAX_SIZE = 10, 500
_NO_TEXT = re.compile("[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffd]")
_NO_DESCRIPTION = frozenset({"na", "n/a", "", "-", "null", "none", "> na", ">na"})


@dataclass(frozen=True)
class GeneSets:
    """Named sets of genes.

    Attributes
    ----------
    sets
        Name to members.
    source
        What they are called.
    """

    sets: dict[str, frozenset[str]]
    source: str

    @cached_property
    def digest(self) -> str:
        """SHA-256 of names and members."""
        total = hashlib.sha256()
        for name in sorted(self.sets):
            total.update("\t".join([name, *sorted(self.sets[name]), "\n"]).encode())
        return total.hexdigest()

    def among(
        self, genes: Iterable[str], smallest: int = MIN_SIZE, largest: int = MAX_SIZE
    ) -> dict[str, frozenset[str]]:
        """The sets cut to some genes, as far as they then hold as many as the limits ask."""
        known = frozenset(genes)
        cut = {name: members & known for name, members in self.sets.items()}
        return {name: members for name, members in cut.items() if smallest <= len(members) <= largest}

    def for_genes(self, genes: Iterable[str], names: GeneNames) -> GeneSets:
        """The same sets with their members under the names that a model has for them.

        Parameters
        ----------
        genes
            Of the model.
        names
            Tables of identifiers: Entrez and Ensembl ids, aliases and previous symbols of either side are translated.

        Raises
        ------
        UserError
            If no set then has `MIN_SIZE` to `MAX_SIZE` genes of the model; says what the members are.
        """
        genes = tuple(genes)
        own = {names.canonical(gene): gene for gene in genes} | {gene: gene for gene in genes}
        members = sorted(frozenset().union(*self.sets.values()))
        found = resolve(members, names, frozenset(genes))
        # Another name in one set is no reason to leave it out because a second set has the symbol itself.
        symbols = {
            member: symbol or found.shadowed.get(member, member)
            for member, symbol in zip(members, found.symbols, strict=True)
        }
        called = {member: own.get(symbol, symbol) for member, symbol in symbols.items()}
        translated = GeneSets(
            {name: frozenset(called[member] for member in held) for name, held in self.sets.items()}, self.source
        )
        if not translated.among(genes):
            kinds = max(found.kinds, key=lambda kind: found.kinds[kind])
            shared = len(set(called.values()) & set(genes))
            species = species_of(members)
            why = f"these are genes of {species}; give the sets of human genes" if species else what_they_are(found)
            raise UserError(
                f"{self.source}: none of its {len(self.sets):,} sets has {MIN_SIZE} to {MAX_SIZE} genes of the model,"
                f" which knows {shared:,} of their {len(members):,} members ({', '.join(members[:3])} ..., read as"
                f" {kinds}). {why[0].upper() + why[1:] if why else 'Expected sets of human genes'}."
            )
        return translated


def read_gmt(source: Path | bytes, name: str = "", names: GeneNames | None = None) -> GeneSets:
    """Read a GMT file: a set a line, its name, a description, then its genes, separated by tabs.

    A GMX file, which has a set a column, is turned; MSigDB's JSON, tables with a member a row or with all members of a
    set in one cell, and workbooks of all these are read too. All may be packed with gzip and in UTF-16.

    Parameters
    ----------
    source
        A path, or the content of a file.
    name
        What the sets are called; the file's own name where it is empty.
    names
        Tables of identifiers: by them a file without descriptions is known, and one with a set a column.

    Raises
    ------
    UserError
        If it is not there, or holds no set.
    """
    if isinstance(source, Path):
        name = name or source.name
    text = _text_of(source, name)
    if text.lstrip().startswith("{"):
        return _called(sets_of_json(text), name)
    if text.lstrip().startswith("<"):
        raise _no_sets(name, " It is XML: take the same sets as GMT or JSON.")
    rows = _rows(text, name)
    told = None if names is None or _titled_gmx(name) else sets_of_table(rows, names)
    if told is not None:
        return _called(told, name)
    if _is_gmx(rows, name, names):
        rows = _turned(rows)
    first = 1 if _lack_descriptions(rows, names) else 2
    sets: dict[str, frozenset[str]] = {}
    for title, *rest in rows:
        # Some files put a weight behind a comma.
        members = frozenset(gene.split(",")[0].strip() for gene in rest[first - 1 :]) - {""}
        if title and members:
            sets[title] = members | sets.get(title, frozenset())
    return _called(sets, name)


def _called(sets: dict[str, frozenset[str]] | None, name: str) -> GeneSets:
    if not sets:
        raise _no_sets(name)
    return GeneSets(sets, name)


def _text_of(source: Path | bytes, name: str) -> str:
    """The text of the file; a workbook's sheet as one."""
    content = content_of(source, name, UPLOAD_LIMIT)
    if not content.strip():
        raise _no_sets(name)
    if is_workbook(content):
        try:
            return read_workbook(content, name, UPLOAD_LIMIT).content.decode()
        except ChoiceNeededError as question:
            raise UserError(f"{question} Save the one that is meant as a file of its own.") from question
    text = as_utf8(content, name).decode()
    if len(_NO_TEXT.findall(text)) > 0.001 * len(text):
        raise UserError(f"{name} is no text; expected a GMT file: a set a line, separated by tabs.")
    return text


def _turned(rows: list[list[str]]) -> list[list[str]]:
    """Columns of ragged rows; what a short row lacks takes no memory."""
    columns: list[list[str]] = [[] for _ in range(max(map(len, rows)))]
    for number, row in enumerate(rows):
        for column, cell in zip(columns, row, strict=False):
            # Names and descriptions keep their places.
            if cell or number < 2:
                column.append(cell)
    return columns


def _rows(text: str, name: str) -> list[list[str]]:
    """Cells of every line that is not blank."""
    rows = delimited_rows(text)
    if rows and all(len(row) == 1 for row in rows):
        raise _no_sets(name, " Its cells are not separated.")
    return rows


def _no_sets(name: str, why: str = "") -> UserError:
    return UserError(
        f"{name} holds no gene set; expected a GMT file: name, description and genes, separated by tabs, a set a"
        f" line.{why}"
    )


def _titled_gmx(name: str) -> bool:
    return name.lower().removesuffix(".gz").endswith(".gmx")


def _is_gmx(rows: list[list[str]], name: str, names: GeneNames | None) -> bool:
    """Whether a set is a column: names in the first row, descriptions in the second, then genes all over."""
    if _titled_gmx(name):
        return True
    if len(rows) < 3 or len(rows[0]) < 2 or len(rows[1]) < 2:
        return False
    if all(cell.lower() in _NO_DESCRIPTION for cell in rows[1]):
        return True
    if names is None:
        return False
    lookup = Lookup(names, frozenset())
    firsts = [row[0] for row in rows[2:] if row[0]]
    return are_genes(firsts, lookup) and not are_genes(rows[0], lookup)


def _lack_descriptions(rows: list[list[str]], names: GeneNames | None) -> bool:
    seconds = [row[1] for row in rows if len(row) > 1]
    return names is not None and are_genes(seconds, Lookup(names, frozenset()))
