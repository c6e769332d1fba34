"""Responses with a row for each line and perturbation: which columns are the line, the perturbation and the score."""

from __future__ import annotations

import re

import pandas as pd

from leap_core.errors import PanelError
from leap_core.io.screen_scores import is_no_score, is_turned, known_score
from leap_core.io.stacked_rows import AMOUNTS, REPEATS
from leap_core.panel.line_names import LineNames
from leap_core.panel.scores import score_type

# A label that names a line in so many rows of a table: a row is one line and one perturbation.
_LONG = 3.0
_MOST_COLUMNS = 60
# What a score that is declared is also called where it is kept: its numbers are held against it afterwards.
_ALSO_CALLED = {"gene_effect": ("dependency",), "ln_ic50": ("ic50",)}
_WAY_OUT = (
    "Give the matrix (lines in rows, perturbations in columns), or one data set of a table with a row for each line and"
    " drug; leap download brings DepMap's and GDSC's."
)
_WORD = r"(^|[^a-z])(%s)($|[^a-z])"
_DRUG = re.compile(_WORD % "drugs?|compounds?|cpd|treatments?|agents?|inhibitors?|molecules?|broad", re.IGNORECASE)
_GENE = re.compile(_WORD % r"genes?|symbols?|hgnc|hugo|entrez|ensembl|perturb\w*|perturbations?", re.IGNORECASE)
_ABOUT_IT = re.compile(_WORD % r"targets?|pathways?|class|moa|mechanism|type|biotype|vendor|supplier", re.IGNORECASE)
_ID = re.compile(_WORD % "ids?|entrez|ensembl|broad", re.IGNORECASE)
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")
# Of the pairs of line and perturbation, what may stand in several rows without a word on why.
_FEW = 0.1
# A column with more labels numbers the rows.
_MOST_LABELS = 50


def pivoted(
    table: pd.DataFrame, name: str, lines: LineNames, score: str | None
) -> tuple[pd.DataFrame, tuple[str, ...]]:
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
    line = _line_column(frame, lines)
    if line is None:
        return table, ()
    of_rows = pd.Series([lines.line_of(label) or str(label).strip() for label in frame.iloc[:, line]])
    perturbation = _perturbation_column(frame, line, of_rows, name)
    value = _value_column(frame, {line, perturbation}, name, score)
    long = pd.DataFrame(
        {
            "line": of_rows,
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


def _perturbation_column(frame: pd.DataFrame, line: int, lines: pd.Series, name: str) -> int:
    """The column that says what was tested: by its title, else the text that with the line tells the rows apart."""
    labels = {
        position: frame.iloc[:, position].astype(str)
        for position in range(frame.shape[1])
        if position != line and not pd.api.types.is_float_dtype(frame.dtypes.iloc[position])
    }
    labels = {position: cells for position, cells in labels.items() if cells.nunique() > 1}
    titled = [position for position in labels if _rank(str(frame.columns[position])) is not None]
    if titled:
        chosen = min(titled, key=lambda position: (_rank(str(frame.columns[position])), position))
        pairs = lines.astype(str) + "\t" + labels[chosen].to_numpy()
        if pairs.duplicated().mean() > _FEW:
            others = {p: cells for p, cells in labels.items() if p != chosen}
            _refuse_what_is_no_repeat(frame, pairs, others, name)
        return chosen
    texts = {p: cells for p, cells in labels.items() if not pd.api.types.is_numeric_dtype(frame.dtypes.iloc[p])}
    found = {
        position: cells.nunique()
        for position, cells in texts.items()
        if (lines.astype(str) + "\t" + cells.to_numpy()).duplicated().mean() <= _FEW
        and not REPEATS.search(str(frame.columns[position]))
    }
    if not found:
        raise PanelError(
            f"{name} has several rows for each line, and no column that tells what was tested in each, once"
            f" ({', '.join(map(str, frame.columns[:8]))}). {_WAY_OUT}"
        )
    return min(found, key=lambda position: found[position])


def _rank(title: str) -> tuple[int, int] | None:
    """How surely a title is that of the perturbations: drugs before genes, names before ids; None where it is not."""
    words = _CAMEL.sub(" ", title)
    if _ABOUT_IT.search(words) or REPEATS.search(words):
        return None
    kind = 0 if _DRUG.search(words) else 1 if _GENE.search(words) else None
    return None if kind is None else (kind, int(bool(_ID.search(words))))


def _refuse_what_is_no_repeat(frame: pd.DataFrame, pairs: pd.Series, others: dict[int, pd.Series], name: str) -> None:
    """Refuse several rows of one line and perturbation, unless they are replicates, guides or nothing tells them apart.

    A mean over doses, times or data sets is no score.
    """
    amounts = {
        position: frame.iloc[:, position].astype(str)
        for position in range(frame.shape[1])
        if AMOUNTS.search(_CAMEL.sub(" ", str(frame.columns[position])))
    }
    for position, cells in {**others, **amounts}.items():
        title = str(frame.columns[position])
        if REPEATS.search(_CAMEL.sub(" ", title)) or (position not in amounts and cells.nunique() > _MOST_LABELS):
            continue
        within = cells.groupby(pairs.to_numpy()).nunique()
        if (within > 1).mean() > _FEW:
            raise PanelError(
                f"{name} has several rows for each line and perturbation, told apart by its column {title}"
                f" ({', '.join(cells.unique()[:4])}): their mean is no score. Keep the rows of one. {_WAY_OUT}"
            )


def _value_column(frame: pd.DataFrame, taken: set[int], name: str, score: str | None) -> int:
    numeric = [
        position
        for position in range(frame.shape[1])
        if position not in taken
        and pd.api.types.is_numeric_dtype(frame.dtypes.iloc[position])
        and not is_no_score(str(frame.columns[position]))
    ]
    titles = {position: str(frame.columns[position]) for position in numeric}
    if score is not None:
        key = score_type(score).key
        named = [p for p, title in titles.items() if (found := known_score(title)) and found.unit == key]
        named = named or [p for p, title in titles.items() if title.strip().lower() in _ALSO_CALLED.get(key, ())]
        if len(named) == 1:
            return named[0]
        if not named and (others := [title for title in titles.values() if _is_another(title, key)]):
            raise PanelError(
                f"{name} has a row for each line and perturbation, and no column of {score_type(key).title} by its"
                f" title; there are {', '.join(titles.values())}, of which {', '.join(others)} is another score. Call"
                " the column by its score, or declare what it is with --score."
            )
    plain = [p for p in numeric if not REPEATS.search(titles[p]) and not AMOUNTS.search(titles[p])]
    if len(plain) != 1:
        listed = ", ".join(titles.values()) or "none"
        raise PanelError(
            f"{name} has a row for each line and perturbation with several columns of numbers ({listed}). Say which"
            f" score it is with --score (its column is then found by its title). {_WAY_OUT}"
            if numeric
            else f"{name} has a row for each line and perturbation, and no column of numbers for the score."
        )
    return plain[0]


def _is_another(title: str, key: str) -> bool:
    """Whether a title names another score than the one of that key, or one turned round."""
    found = known_score(title)
    return is_turned(title) or (found is not None and found.unit != key)
