"""Gene sets as tables: a member a row (msigdbr, GO), or all members of a set in one cell (CORUM, enrichr)."""

from __future__ import annotations

import csv
import json
import re
from typing import Any

from leap_core.genes.labels import SYMBOLS
from leap_core.genes.names import GeneNames, Lookup, kind_of
from leap_core.io.tables import letters_of

Sets = dict[str, frozenset[str]]
_DELIMITERS = "\t\x1f,;"
# Rows by which the columns of a table are told.
_ROWS = 1000
_GENES, _LISTS, _FULL = 0.8, 0.8, 0.95
_BETWEEN = re.compile(r"\s*[/;,|]\s*|\s+")
# Titles of the column that names a set, the more readable first.
_NAMED = (
    *("gsname", "termname", "pathwayname", "complexname", "description", "term"),
    *("pathway", "setname", "geneset", "name", "gsid", "id"),
)
_MEMBERS = ("geneSymbols", "genes", "members")


def delimited_rows(text: str) -> list[list[str]]:
    """Cells of every line that is not blank, by the first delimiter that most lines have."""
    lines = [line for line in text.splitlines() if line.strip()]
    usual = next((sign for sign in _DELIMITERS if sum(sign in line for line in lines) > 0.5 * len(lines)), "\t")
    try:
        rows = list(csv.reader(lines, delimiter=usual)) if usual != "\t" else [line.split("\t") for line in lines]
    except csv.Error:
        return []
    return [[cell.strip().strip('"') for cell in row] for row in rows]


def sets_of_json(text: str) -> Sets | None:
    """Sets of an object that gives each name a list, or an object with one, as MSigDB does; None where it is none."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if not isinstance(found, dict):
        return None
    listed = {str(name): _listed(held) for name, held in found.items()}
    return {name: members for name, members in listed.items() if name and members}


def _listed(held: Any) -> frozenset[str]:
    if isinstance(held, dict):
        held = next((held[key] for key in _MEMBERS if key in held), [])
    return frozenset(str(gene).strip() for gene in held if gene) - {""} if isinstance(held, list) else frozenset()


def sets_of_table(rows: list[list[str]], names: GeneNames) -> Sets | None:
    """Sets of a table with titles in its first row; None where the rows are none of these.

    Parameters
    ----------
    rows
        Cells of each row.
    names
        Tables of identifiers, by which columns of genes are known.
    """
    width = len(rows[0]) if rows else 0
    if width < 2 or len(rows) < 3 or sum(len(row) != width for row in rows) > 0.02 * len(rows):
        return None
    table = [row for row in rows[1:] if len(row) == width]
    lookup = Lookup(names, frozenset())
    columns = [[row[place] for row in table[:_ROWS] if row[place]] for place in range(width)]
    genes = [place for place, cells in enumerate(columns) if are_genes(cells, lookup)]
    if genes and not lookup.count([rows[0][genes[0]]]):
        return _by_rows(rows[0], table, genes)
    lists = [place for place, cells in enumerate(columns) if _are_lists(cells, lookup)]
    return _by_cells(rows[0], table, lists) if lists else None


def are_genes(cells: list[str], lookup: Lookup) -> bool:
    """Whether most of some cells are genes."""
    return bool(cells) and lookup.count(cells) >= _GENES * len(cells)


def _are_lists(cells: list[str], lookup: Lookup) -> bool:
    """Whether most cells hold several genes, so that no description is taken for them."""
    parts = [[part for part in _BETWEEN.split(cell) if part] for cell in cells]
    several = sum(len(one) > 1 for one in parts)
    # Beside a gene some write its weight.
    every = [part if "." not in part else "" for one in parts for part in one]
    return several > 0.5 * len(cells) and bool(every) and lookup.count(every) >= _LISTS * len(every)


def _by_rows(titles: list[str], table: list[list[str]], genes: list[int]) -> Sets | None:
    """A member a row: symbols before ids, under the column of names that repeat."""
    symbols = [place for place in genes if kind_of(next(row[place] for row in table if row[place])) == SYMBOLS]
    member = (symbols or genes)[0]
    held = [[row[place] for row in table if row[place]] for place in range(len(titles))]
    distinct = {place: len(set(cells)) for place, cells in enumerate(held) if place not in genes}
    # The columns of a file with a set a column have gaps, and nothing twice.
    repeated = [place for place in distinct if len(held[place]) >= _FULL * len(table) >= 2 * distinct[place]]
    if not repeated:
        return None
    called = _named(titles, repeated)
    name = max(repeated, key=lambda place: distinct[place]) if called is None else called
    found: dict[str, set[str]] = {}
    for row in table:
        if row[name] and row[member]:
            found.setdefault(row[name], set()).add(row[member])
    return {title: frozenset(members) for title, members in found.items()}


def _by_cells(titles: list[str], table: list[list[str]], lists: list[int]) -> Sets:
    """All members of a set in one cell; its name in the first other column, if none is titled as one."""
    others = [place for place in range(len(titles)) if place not in lists]
    named = _named(titles, others)
    name = named if named is not None else (others or lists)[0]
    found = {row[name]: frozenset(_BETWEEN.split(row[lists[0]])) - {""} for row in table if row[name]}
    return {title: members for title, members in found.items() if members}


def _named(titles: list[str], places: list[int]) -> int | None:
    called = {letters_of(titles[place]): place for place in reversed(places)}
    return next((called[title] for title in _NAMED if title in called), None)
