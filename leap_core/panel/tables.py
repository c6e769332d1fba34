"""Expression and response as people have them, brought to lines in rows, lines and genes under one name each."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from leap_core.errors import PanelError
from leap_core.genes.names import GeneNames, resolve
from leap_core.io.matrices import LINE_COLUMNS
from leap_core.io.screen_scores import is_no_score, known_score
from leap_core.panel.line_names import LineNames
from leap_core.panel.scores import score_type

# A label that names a line in so many rows of a table: a row is one line and one perturbation.
_LONG = 3.0
_MOST_COLUMNS = 60
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
        # Text beside the names is left behind; a line that the annotation lacks stays, as its own patient.
        table = table.select_dtypes("number").T
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


def line_labels(table: pd.DataFrame) -> list[str]:
    """Labels of the rows: those of the column of ids, where there is one."""
    column = next((column for column in LINE_COLUMNS if column in table.columns), None)
    return [str(label) for label in (table.index if column is None else table[column])]


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
    if plain >= 0.5 * len(labels) or found.mapped < 0.5 * len(labels):
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


def pivoted(table: pd.DataFrame, name: str, known: Known, score: str | None) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Turn a response with a row for each line and perturbation into a matrix; other tables stay.

    Raises
    ------
    PanelError
        If it is such a table and nothing tells which column holds the perturbations, or the score.
    """
    texts = [dtype for dtype in table.dtypes if not pd.api.types.is_float_dtype(dtype)]
    if not texts or not (table.index.duplicated().any() or table.shape[1] <= _MOST_COLUMNS):
        # A matrix, which is large: nothing of it is copied.
        return table, ()
    frame = table.reset_index(names="" if table.index.name is None else str(table.index.name))
    line = _line_column(frame, known.lines)
    if line is None:
        return table, ()
    lines = [known.lines.line_of(label) or str(label).strip() for label in frame.iloc[:, line]]
    perturbation = _perturbation_column(frame, line, lines, name)
    value = _value_column(frame, {line, perturbation}, name, score)
    long = pd.DataFrame(
        {
            "line": lines,
            "perturbation": [str(one).strip() for one in frame.iloc[:, perturbation]],
            "value": pd.to_numeric(frame.iloc[:, value], errors="coerce"),
        }
    )
    twice = int(long.duplicated(["line", "perturbation"]).sum())
    matrix = long.groupby(["line", "perturbation"], sort=False)["value"].mean().unstack("perturbation")
    note = (
        f"{name} has a row for each line and perturbation: lines by its column {frame.columns[line] or 'of labels'},"
        f" perturbations by {frame.columns[perturbation]}, values by {frame.columns[value]}"
    )
    if twice:
        note += f"; {twice:,} pairs occur more than once, their mean was taken"
    matrix.columns = pd.Index([str(one) for one in matrix.columns], dtype=object)
    matrix.index = pd.Index([str(one) for one in matrix.index], dtype=object)
    return matrix, (note,)


def _line_column(frame: pd.DataFrame, lines: LineNames) -> int | None:
    """The column of lines of a long table: names of lines that stand in many rows each."""
    best, most = None, 0
    for position in range(min(frame.shape[1], 40)):
        column = frame.iloc[:, position].dropna()
        if not len(column) or pd.api.types.is_float_dtype(column.dtype) or column.dtype == bool:
            continue
        labels = column.astype(str).unique()
        if len(column) < _LONG * len(labels) or len(labels) < 2:
            continue
        found = lines.count(labels) if lines.ids else sum(label.upper().startswith("ACH-") for label in labels)
        if found > max(most, 0.3 * len(labels)):
            best, most = position, found
    return best


def _perturbation_column(frame: pd.DataFrame, line: int, lines: list[str], name: str) -> int:
    """The column of text that with the line tells the rows apart, with the fewest labels."""
    found = {}
    for position in range(frame.shape[1]):
        column = frame.iloc[:, position]
        if position == line or pd.api.types.is_numeric_dtype(column.dtype):
            continue
        labels = column.astype(str)
        if labels.nunique() > 1 and not pd.DataFrame({"a": lines, "b": labels.to_numpy()}).duplicated().mean() > 0.1:
            found[position] = labels.nunique()
    if not found:
        raise PanelError(
            f"{name} has several rows for each line, and no column that tells what was tested in each, once"
            f" ({', '.join(map(str, frame.columns[:8]))}). Give the matrix (lines in rows, perturbations in columns),"
            " or one data set of a table with a row for each line and drug; leap download brings DepMap's and GDSC's."
        )
    named = [
        p for p in found if any(word in str(frame.columns[p]).lower() for word in ("name", "symbol", "drug", "gene"))
    ]
    return min(named or found, key=lambda position: found[position])


def _value_column(frame: pd.DataFrame, taken: set[int], name: str, score: str | None) -> int:
    numeric = [
        position
        for position in range(frame.shape[1])
        if position not in taken
        and pd.api.types.is_numeric_dtype(frame.dtypes.iloc[position])
        and not is_no_score(str(frame.columns[position]))
    ]
    if score is not None:
        key = score_type(score).key
        named = [p for p in numeric if (found := known_score(str(frame.columns[p]))) and found.unit == key]
        if len(named) == 1:
            return named[0]
    if len(numeric) != 1:
        titles = ", ".join(str(frame.columns[position]) for position in numeric) or "none"
        raise PanelError(
            f"{name} has a row for each line and perturbation with several columns of numbers ({titles}). Say which"
            " score it is with --score (its column is then found by its title), or give the matrix of one score."
        )
    return numeric[0]
