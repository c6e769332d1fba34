"""Expression and response as people have them, brought to lines in rows, lines and genes under one name each."""

from __future__ import annotations

import re
from dataclasses import dataclass

import pandas as pd

from leap_core.errors import PanelError
from leap_core.genes.names import GeneNames, excel_date_genes, resolve
from leap_core.io.matrices import LINE_COLUMNS
from leap_core.panel.line_names import LineNames

_MOST = 0.9
_NAMES = re.compile(r"symbol|name|gene|drug|compound", re.IGNORECASE)
_WORDS = re.compile(r"[A-Za-z][a-z _.%()-]*")
_UNLISTED = ("symbols", "symbols with Entrez id")


@dataclass(frozen=True)
class Known:
    """What tells lines and genes in a table.

    Attributes
    ----------
    lines
        Names of lines, from the annotation; empty without one.
    names
        Tables of gene identifiers.
    """

    lines: LineNames
    names: GeneNames

    def gene_share(self, labels: pd.Index) -> float:
        """Share of the labels that are human genes."""
        found = resolve([str(label) for label in labels], self.names)
        return found.mapped / len(labels) if len(labels) else 0.0


def with_lines_in_rows(table: pd.DataFrame, name: str, known: Known) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Turn a table that has the lines in its columns, and call its lines by their ids.

    Returns
    -------
    table : pandas.DataFrame
    notes : tuple of str
        How many lines were found by another name.
    """
    rows, columns = known.lines.count(line_labels(table)), known.lines.count(table.columns)
    if columns > rows:
        table = _named_by_text(table, known)
        # Text beside the names is left behind; a line that the annotation lacks stays, as its own patient.
        table = table.select_dtypes("number").T
        if not len(table):
            raise PanelError(f"{name} has no column of numbers; expected lines in columns, genes or drugs in rows.")
    old = line_labels(table)
    new = [known.lines.line_of(label) or label.strip() for label in old]
    changed = [(a, b) for a, b in zip(old, new, strict=True) if a.strip() != b]
    notes: tuple[str, ...] = ()
    if changed:
        notes = (f"{name}: {len(changed):,} lines found by another name (e.g. {changed[0][0]} is {changed[0][1]})",)
    column = next((title for title in LINE_COLUMNS if title in table.columns), None)
    if column is not None:
        return table.assign(**{column: new}), notes
    return table.set_axis(pd.Index(new, dtype=object), axis=0), notes


def _named_by_text(table: pd.DataFrame, known: Known) -> pd.DataFrame:
    """Rows of ids under the symbols or names that a column of text beside them has."""
    ids = [str(label) for label in table.index]
    if sum(any(character.isdigit() for character in one) for one in ids) < _MOST * len(ids):
        return table
    for position, title in enumerate(map(str, table.columns)):
        column = table.iloc[:, position]
        if not _NAMES.search(title) or pd.api.types.is_numeric_dtype(column.dtype) or known.lines.line_of(title):
            continue
        names = ["" if pd.isna(cell) else str(cell).strip() for cell in column]
        if len(set(names)) < _MOST * len(names) or not any(names):
            continue
        of_genes = known.gene_share(pd.Index(ids)) >= _MOST and not numbered(pd.Index(ids))
        if sum(len(one.split()) for one in names) >= 3 * len(names) or (
            of_genes and known.gene_share(pd.Index(names)) < 0.5
        ):
            # A description.
            continue
        taken = pd.Series(names).duplicated(keep=False)
        both = [f"{a}_{b}" if twice or not a else a for a, b, twice in zip(names, ids, taken, strict=True)]
        return table.set_axis(pd.Index(both, dtype=object), axis=0)
    return table


def line_labels(table: pd.DataFrame) -> list[str]:
    """Labels of the rows: those of the column of ids, where there is one."""
    column = next((column for column in LINE_COLUMNS if column in table.columns), None)
    return [str(label) for label in (table.index if column is None else table[column])]


def numbered(labels: pd.Index) -> bool:
    """Whether columns are called by numbers, which may be ids of drugs as well as of genes."""
    return sum(str(label).strip().isdecimal() for label in labels) > 0.5 * len(labels)


def without_other_columns(table: pd.DataFrame, name: str, known: Known) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """A table of genes without columns that are called by plain words: age, doubling_time, mean."""
    if known.gene_share(table.columns) < _MOST:
        return table, ()
    words = [str(title) for title in table.columns if _WORDS.fullmatch(str(title))]
    others = {word for word, symbol in zip(words, resolve(words, known.names).symbols, strict=True) if symbol is None}
    if not others:
        return table, ()
    kept = [str(title) not in others for title in table.columns]
    return table.loc[:, kept], (f"{name}: columns that are no gene were left out ({', '.join(sorted(others)[:5])})",)


def with_genes_named(table: pd.DataFrame, names: GeneNames) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Genes in the columns under their symbols, where the file has ids; symbols stay as they are.

    Columns of ids that are no gene are left out.

    Returns
    -------
    table : pandas.DataFrame
    notes : tuple of str
    """
    labels = [str(title) for title in table.columns]
    found = resolve(labels, names)
    plain = sum(found.kinds.get(kind, 0) for kind in _UNLISTED)
    if plain >= 0.5 * len(labels):
        dates = {old: new for old, new in found.replaced.items() if excel_date_genes(old)}
        note = f"{len(dates):,} names that Excel turned into dates read as genes ({', '.join(list(dates)[:3])})"
        return table.set_axis([dates.get(label, label) for label in labels], axis=1), (note,) if dates else ()
    if found.mapped < 0.5 * len(labels):
        return table, ()
    metadata = [
        not any(character.isdigit() for character in label) and symbol is None
        for label, symbol in zip(labels, found.symbols, strict=True)
    ]
    kept = [symbol is not None or other for symbol, other in zip(found.symbols, metadata, strict=True)]
    titles = [symbol or label for label, symbol in zip(labels, found.symbols, strict=True)]
    kind = max(found.kinds, key=lambda one: found.kinds[one])
    note = f"{found.mapped:,} {kind} read as symbols"
    if left := len(kept) - sum(kept):
        note += f"; {left:,} that are no gene were left out"
    return table.loc[:, kept].set_axis([t for t, keep in zip(titles, kept, strict=True) if keep], axis=1), (note,)
