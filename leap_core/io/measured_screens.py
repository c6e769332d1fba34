"""Measured values of a screen of one sample: a table of scores of any program, or a matrix of lines by genes."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import cast

import numpy as np
import pandas as pd

from leap_core.errors import ChoiceNeededError, PanelError, SampleError
from leap_core.genes.headers import symbol_of
from leap_core.genes.names import GeneNames, resolve
from leap_core.io.concentrations import in_one_unit
from leap_core.io.marks import without_marks
from leap_core.io.screen_scores import Direction, ScreenScore, best_of, known_score, speaks_of_another
from leap_core.io.stacked_rows import rows_of_one
from leap_core.io.tables import UPLOAD_LIMIT, SizeLimit, TableOptions, labels_of, numbers_of, read_columns

DIRECTIONS: tuple[str, ...] = ("lower", "higher")
ANOTHER = "another unit"
_FDR = 0.05
# No concentration, count or score reaches it.
_OVERFLOW = 1e20


@dataclass(frozen=True)
class MeasuredScreen:
    """What a screen of one sample has measured.

    Attributes
    ----------
    values
        Index perturbations (once each, the mean of repeats), float64.
    hits
        True where the table itself calls a hit (MAGeCK: negative selection at a false discovery rate of 5 %); None
        where it does not say.
    kind
        What was read, in words.
    stronger
        Which end of the values means more dependent or more sensitive.
    unit
        Key of the score type that the values are in, `ANOTHER` for a source with a unit of its own; None where nothing
        tells.
    """

    values: pd.Series
    hits: pd.Series | None
    kind: str
    stronger: Direction
    unit: str | None


@dataclass(frozen=True)
class ScreenOptions:
    """What only the user knows of a file of measured values.

    Attributes
    ----------
    column
        Which column of numbers (or which line of a matrix), where there are several.
    direction
        ``lower`` or ``higher``: which end is stronger, where the titles do not say.
    sheet
        Sheet of a workbook.
    rows
        Label of the rows that are meant, where several lists stand under one another (contrasts, lines, times).
    fewest
        Names that have to be shared with the model: of fewer nothing says that these are its names.
    """

    column: str | None = None
    direction: str | None = None
    sheet: str | None = None
    rows: str | None = None
    fewest: int = 10


def read_measured(
    source: Path | bytes,
    name: str,
    perturbations: pd.Index,
    names: GeneNames | None = None,
    options: ScreenOptions | None = None,
    limit: SizeLimit = UPLOAD_LIMIT,
) -> MeasuredScreen:
    """Read measured values.

    Parameters
    ----------
    source, name, limit
        As in `leap_core.io.tables.read_columns`.
    perturbations
        Of the model: they tell which column or row holds the names.
    names
        Tables that translate ids and other names of genes.
    options
        What only the user knows, and how many rows there have to be.

    Raises
    ------
    ChoiceNeededError
        If several columns may be the score, several lists stand under one another, or nothing says which end of the
        score is stronger.
    UnreadableTableError, SampleError
        If it is no such table, holds p-values alone, or shares too few names with the model.
    """
    options, known = options or ScreenOptions(), KnownNames.of(perturbations, names or GeneNames())
    raw = read_columns(source, name, limit, TableOptions(options.sheet, known.is_name, can_ask=True))
    table, matrix = _names_in_rows(raw.frame, known)
    of_model = _of_model(table, known, name, options.fewest)
    titles = [str(title) for title in table.columns]
    numeric = [t for p, t in enumerate(titles) if pd.api.types.is_numeric_dtype(table.dtypes.iloc[p])]
    chosen = _column(numeric, options.column, name, matrix)
    rows, stacked = rows_of_one(table.drop(columns=chosen), of_model, options.rows, name)
    table = table[rows]
    numbers, units = in_one_unit(numbers_of(table.iloc[:, titles.index(chosen)]), table, chosen, name)
    values, marks = _without_marks(pd.Series(numbers, table.index), name)
    score = known_score(name if matrix else chosen, values.to_numpy())
    fdr = next((title for title in titles if title.lower() in ("neg|fdr", "neg.fdr")), None)
    hits = None if fdr is None else pd.Series(numbers_of(table[fdr]) <= _FDR, table.index)
    stronger = _direction(score, options.direction, chosen, name)
    kind = f"its column {chosen}" + (f" ({score.name}, {stronger} = stronger)" if score else f", {stronger} = stronger")
    if hits is not None:
        kind += ", hits at 5 % FDR of negative selection"
    kind += "".join(f"; {said}" for said in (stacked, units, *marks, *raw.warnings) if said)
    unit = score.unit or ANOTHER if score else (ANOTHER if not matrix and speaks_of_another(chosen) else None)
    return _checked(MeasuredScreen(values, hits, kind, stronger, unit), known, name, options.fewest)


@dataclass(frozen=True)
class KnownNames:
    """A model's perturbations under every name by which they can be told.

    Attributes
    ----------
    by_name
        Name in capitals to the model's.
    names
        Tables that translate ids and other names of genes.
    """

    by_name: dict[str, str]
    names: GeneNames

    @classmethod
    def of(cls, perturbations: pd.Index, names: GeneNames) -> KnownNames:
        """Those of some perturbations."""
        own = {str(one).upper(): str(one) for one in perturbations}
        approved = {names.canonical(str(one)).upper(): str(one) for one in perturbations}
        return cls(_without_ids(list(own.values())) | approved | own, names)

    def is_name(self, label: str) -> bool:
        """Whether a label may be a perturbation's."""
        return symbol_of(label).upper() in self.by_name or self.names.approved_symbol(label) is not None

    def found(self, labels: list[str]) -> list[str]:
        """The model's name of each label; empty where it has none."""
        direct = [self.by_name.get(symbol_of(label).upper(), "") for label in labels]
        if sum(map(bool, direct)) > 0.5 * len(labels):
            return direct
        symbols = resolve(labels, self.names, frozenset(self.by_name.values())).symbols
        translated = [self.by_name.get(str(symbol).upper(), "") if symbol else "" for symbol in symbols]
        return [own or other for own, other in zip(direct, translated, strict=True)]


def _without_ids(perturbations: list[str]) -> dict[str, str]:
    """Drugs by their names alone, where they carry an id behind them (``Erlotinib_1168``) and no other has the name."""
    found: dict[str, list[str]] = {}
    for name in perturbations:
        stem, _, number = name.rpartition("_")
        if stem and number.isdigit():
            found.setdefault(stem.upper(), []).append(name)
    return {stem: ours[0] for stem, ours in found.items() if len(ours) == 1}


def _names_in_rows(frame: pd.DataFrame, known: KnownNames) -> tuple[pd.DataFrame, bool]:
    """The table with the model's names as its index, and whether they stood in the titles of a matrix of lines."""
    in_columns = sum(map(bool, known.found([str(title) for title in frame.columns])))
    candidates = range(min(frame.shape[1], 6))
    in_rows = [sum(map(bool, known.found(labels_of(frame.iloc[:, position])))) for position in candidates]
    best = int(np.argmax(in_rows))
    if in_columns > in_rows[best]:
        lines = labels_of(frame.iloc[:, 0])
        table = frame.iloc[:, 1:].apply(numbers_of).T
        return table.set_axis(pd.Index(lines, dtype=object), axis=1), True
    rest = frame.iloc[:, [position for position in range(frame.shape[1]) if position != best]]
    return rest.set_axis(pd.Index(labels_of(frame.iloc[:, best]), dtype=object), axis=0), False


def _of_model(table: pd.DataFrame, known: KnownNames, name: str, fewest: int) -> list[str]:
    """The model's name of each row; a table of other names is refused before anything is asked of it."""
    found = known.found([str(label) for label in table.index])
    shared = sum(map(bool, found))
    if shared < fewest:
        raise SampleError(
            f"{name} shares {shared} names with the model ({', '.join(map(str, table.index[:3]))} ...); at least"
            f" {fewest} are needed. Expected the model's genes or drugs in one column and their measured score in"
            " another."
        )
    return found


def _column(titles: list[str], asked: str | None, name: str, matrix: bool) -> str:
    if not titles:
        raise SampleError(f"{name} has no column of numbers; expected a name and a measured score in every row.")
    if asked is not None and asked not in titles:
        raise SampleError(f"{name} has no column {asked!r} of numbers; there are {', '.join(titles[:20])}.")
    if asked is not None:
        candidates = [title for title in titles if title == asked]
    else:
        candidates = titles if matrix else best_of(titles)
    if not candidates:
        raise SampleError(
            f"{name} holds p-values, ranks or numbers of guides alone ({', '.join(titles[:5])}), which are no score."
            " Upload the table with the effect of each gene: a fold change, beta, gene effect, normZ or Bayes factor."
        )
    if len(set(candidates)) < len(candidates):
        raise SampleError(
            f"{name} has several columns called {candidates[0]!r}; give each its own title, and upload it again."
        )
    if len(candidates) > 1:
        what = "line was measured" if matrix else "of them is the measured score"
        raise ChoiceNeededError(f"{name} has several columns of numbers: which {what}?", tuple(candidates), "column")
    return candidates[0]


def _direction(score: ScreenScore | None, said: str | None, title: str, name: str) -> Direction:
    if said is not None:
        if said not in DIRECTIONS:
            raise SampleError(f"The direction is lower or higher (which end is stronger), not {said!r}.")
        return cast(Direction, said)
    if score is None:
        raise ChoiceNeededError(
            f"{name}: nothing says which end of its column {title!r} means more dependent (or more sensitive). Is it"
            " the lower or the higher one?",
            DIRECTIONS,
            "direction",
        )
    return score.stronger


def _without_marks(values: pd.Series, name: str) -> tuple[pd.Series, tuple[str, ...]]:
    """The values with marks of gaps (-999, 9999, 1e30) as gaps, and a sentence on them.

    Other values far from the rest stay: a concentration may well be.
    """
    numbers = values.to_numpy(dtype=np.float64)
    written = [f"{abs(number):g}" for number in numbers]
    nines = np.array([len(size) > 2 and set(size) == {"9"} for size in written], dtype=bool)
    try:
        cleaned, marks = without_marks(numbers, name, "score", nines | (np.abs(numbers) >= _OVERFLOW))
    except PanelError as error:
        raise SampleError(str(error)) from error
    return pd.Series(cleaned, values.index), marks


def _checked(screen: MeasuredScreen, known: KnownNames, name: str, fewest: int) -> MeasuredScreen:
    """Names as the model has them, each once."""
    values, hits = screen.values, screen.hits
    labels = pd.Index(known.found([str(label) for label in values.index]), dtype=object)
    kept = np.array([bool(label) for label in labels]) & np.isfinite(values.to_numpy())
    if kept.sum() < fewest:
        raise SampleError(
            f"{name} shares {int(kept.sum())} names with a number with the model"
            f" ({', '.join(map(str, values.index[:3]))} ...); at least {fewest} are needed. Expected the model's"
            " genes or drugs in one column and their measured score in another."
        )
    found = pd.Series(values.to_numpy()[kept], labels[kept]).groupby(level=0, sort=False).mean()
    called = None if hits is None else pd.Series(hits.to_numpy()[kept], labels[kept]).groupby(level=0, sort=False).max()
    kind = f"{screen.kind}; {len(found):,} of the model's {len(set(known.by_name.values())):,} names"
    return MeasuredScreen(found, called, kind, screen.stronger, screen.unit)
