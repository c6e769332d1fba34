"""Measured values of a screen of one sample: a table of scores, MAGeCK's gene summary, or a Chronos matrix."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from leap_core.errors import ChoiceNeededError, SampleError
from leap_core.genes.headers import symbol_of
from leap_core.io.tables import UPLOAD_LIMIT, SizeLimit, labels_of, numbers_of, read_columns

_MAGECK_LFC, _MAGECK_FDR = "neg|lfc", "neg|fdr"
_SCORES = re.compile(r"(chronos|effect|ceres|score|lfc|log2?fc|fold|ln[ _]?ic50|auc|aac|beta|z)", re.IGNORECASE)


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
    """

    values: pd.Series
    hits: pd.Series | None
    kind: str


def read_measured(
    source: Path | bytes, name: str, perturbations: pd.Index, column: str | None = None, limit: SizeLimit = UPLOAD_LIMIT
) -> MeasuredScreen:
    """Read measured values.

    Parameters
    ----------
    source, name, limit
        As in `leap_core.io.tables.read_columns`.
    perturbations
        Of the model: they tell which column or row holds the names.
    column
        Which column of numbers, where there are several.

    Raises
    ------
    ChoiceNeededError
        If several columns may be the score.
    UnreadableTableError, SampleError
        If it is no such table, or shares too few names with the model.
    """
    frame = read_columns(source, name, limit).frame
    titles = {str(title).strip().lower(): str(title) for title in frame.columns}
    if {_MAGECK_FDR, _MAGECK_LFC} <= titles.keys():
        names = _labels(frame.iloc[:, 0])
        values = pd.Series(numbers_of(frame[titles[_MAGECK_LFC]]), names)
        hits = pd.Series(numbers_of(frame[titles[_MAGECK_FDR]]) <= 0.05, names)
        kind = "MAGeCK's gene summary: median log fold change, hits at 5 % FDR of negative selection"
        return _checked(values, hits, kind, perturbations, name)
    table = _names_in_rows(frame, perturbations)
    numbers = table.apply(pd.to_numeric, errors="coerce").dropna(axis=1, how="all")
    columns = [str(title) for title in numbers.columns]
    chosen = _column(columns, column, name)
    values = pd.Series(numbers_of(numbers.iloc[:, columns.index(chosen)]), numbers.index)
    return _checked(values, None, f"its column {chosen}", perturbations, name)


def _names_in_rows(frame: pd.DataFrame, perturbations: pd.Index) -> pd.DataFrame:
    """The table with names of perturbations as its index, from whichever column, or the titles, hold most of them."""
    known = {str(value).upper() for value in perturbations}
    in_columns = sum(symbol_of(str(title)).upper() in known for title in frame.columns)
    in_rows = [
        sum(label.upper() in known for label in _labels(frame.iloc[:, p])) for p in range(min(frame.shape[1], 6))
    ]
    best = int(np.argmax(in_rows))
    if in_columns > in_rows[best]:
        table = frame.set_index(frame.columns[0]).T
        return table.set_axis([symbol_of(str(label)) for label in table.index], axis=0)
    return frame.drop(columns=[frame.columns[best]]).set_axis(_labels(frame.iloc[:, best]), axis=0)


def _labels(column: pd.Series) -> list[str]:
    return [symbol_of(label) for label in labels_of(column)]


def _column(titles: list[str], asked: str | None, name: str) -> str:
    if not titles:
        raise SampleError(f"{name} has no column of numbers; expected a name and a measured score in every row.")
    if asked is not None:
        if asked not in titles:
            raise SampleError(f"{name} has no column {asked!r} of numbers; there are {', '.join(titles)}.")
        return asked
    if len(titles) == 1:
        return titles[0]
    likely = [title for title in titles if _SCORES.search(title)]
    if len(likely) == 1:
        return likely[0]
    raise ChoiceNeededError(
        f"{name} has several columns of numbers: which of them is the measured score?", tuple(titles)
    )


def _checked(
    values: pd.Series, hits: pd.Series | None, kind: str, perturbations: pd.Index, name: str
) -> MeasuredScreen:
    """Names as the model has them, each once."""
    by_upper = {str(value).upper(): str(value) for value in perturbations}
    labels = pd.Index([by_upper.get(str(label).upper(), "") for label in values.index])
    kept = (labels != "") & np.isfinite(values.to_numpy())
    if kept.sum() < 10:
        raise SampleError(
            f"{name} shares {int(kept.sum())} names with a number with the model"
            f" ({', '.join(map(str, values.index[:3]))} ...); at least 10 are needed. Expected the model's genes or"
            " drugs in one column and their measured score in another."
        )
    found = pd.Series(values.to_numpy()[kept], labels[kept]).groupby(level=0, sort=False).mean()
    called = None if hits is None else pd.Series(hits.to_numpy()[kept], labels[kept]).groupby(level=0, sort=False).max()
    return MeasuredScreen(found, called, f"{kind}; {len(found):,} of the model's {len(perturbations):,} names")
