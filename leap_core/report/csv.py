"""CSV files: predictions of many samples, and a hit list with where it comes from written inside."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date

import numpy as np
import pandas as pd

from leap_core.accuracy.ceiling import CEILING_COLUMNS
from leap_core.model.ensemble import FittedEnsemble
from leap_core.panel.scores import ScoreType
from leap_core.ranking.consensus import CONSENSUS_COLUMNS
from leap_core.report.cells import safe_table
from leap_core.report.provenance import Provenance
from leap_core.run.names import is_device

PREDICTION_COLUMNS = ("predicted", "agreement_sd", "panel_percentile", "accuracy", "accuracy_metric", "status")


def hit_list_csv(table: pd.DataFrame, provenance: Provenance, separator: str = ",") -> bytes:
    """Write a hit table, in the order given, below comment lines that say where it comes from."""
    return ("\n".join(provenance.lines()) + "\n" + table_body(table, separator)).encode("utf-8")


def table_body(table: pd.DataFrame, separator: str = ",", digits: int | None = 6, titles: bool = True) -> str:
    """A table as delimited text: the only way in which rows leave as CSV or TSV.

    Parameters
    ----------
    table
        Its index is the first column.
    separator
        Between cells.
    digits
        Significant digits of numbers; None: as many as it takes to tell them apart.
    titles
        Whether the first line holds the names of the columns.

    Returns
    -------
    str
        Names that a spreadsheet would run as a formula begin with an apostrophe.
    """
    safe = safe_table(table)
    if digits is not None:
        safe = _with_digits(safe, f"%.{digits}g")
    return str(safe.to_csv(sep=separator, header=titles, lineterminator="\n"))


def _with_digits(table: pd.DataFrame, form: str) -> pd.DataFrame:
    """Floating-point columns as text, gaps as nothing: as pandas' own ``float_format``, in a tenth of its time."""
    found = table.copy(deep=False)
    for place in range(table.shape[1]):
        values = table.iloc[:, place].to_numpy() if isinstance(table.dtypes.iloc[place], np.dtype) else None
        if values is not None and values.dtype.kind == "f":
            text = [form % value if value == value else "" for value in values.tolist()]
            found.isetitem(place, np.array([*text, None], dtype=object)[:-1])
    return found


def table_csv(table: pd.DataFrame) -> bytes:
    """Write a table whose first column holds its labels, numbers as they are."""
    return table_body(table.set_index(table.columns[0]), digits=None).encode("utf-8")


def numbers_csv(table: pd.DataFrame) -> bytes:
    """Write a table of numbers with a label for each row, to ten digits."""
    return safe_table(table).to_csv(float_format="%.10g", lineterminator="\n").encode("utf-8")


def unique_names(names: Sequence[str]) -> list[str]:
    """File names with ``-2``, ``-3`` ... before the ending where they would be the same, capitals or not."""
    taken: set[str] = set()
    unique = []
    for name in names:
        stem, _, ending = name.rpartition(".")
        number, free = 1, name
        while free.lower() in taken:
            number += 1
            free = f"{stem}-{number}.{ending}"
        taken.add(free.lower())
        unique.append(free)
    return unique


def file_part(text: str) -> str:
    """A name as a part of a file's name, with nothing in it that a file system dislikes.

    Windows opens a device where a file is called ``CON`` or ``nul.txt``.
    """
    part = re.sub(r"[^A-Za-z0-9.-]+", "-", text).strip("-.")[:60].strip("-.") or "x"
    return f"x-{part}" if is_device(part) else part


def file_name(sample: str, view: str, release: str, day: date, red: bool = False, ending: str = "csv") -> str:
    """``<sample>_<view>_<release>_<date>.<ending>``; red inputs say so first."""
    parts = [file_part(part) for part in (sample, view, release)]
    return "_".join([*(["RED-INPUT"] if red else []), *parts, day.isoformat()]) + f".{ending}"


def predictions_frame(tables: dict[str, pd.DataFrame], score: ScoreType) -> pd.DataFrame:
    """Long table of all samples' hit tables.

    ``sample, perturbation``, `PREDICTION_COLUMNS`, then the evidence of each row.
    """
    extra = (
        *("priority", *sample_column_names(score), "accuracy_low", "accuracy_high", "accuracy_shrunk", "badge"),
        *(*CONSENSUS_COLUMNS, *CEILING_COLUMNS),
    )
    parts = []
    for sample, table in tables.items():
        kept = [column for column in (*PREDICTION_COLUMNS, *extra) if column in table]
        part = table[kept].reset_index()
        part.insert(0, "sample", sample)
        parts.append(part)
    return pd.concat(parts, ignore_index=True)


def sample_column_names(score: ScoreType) -> tuple[str, ...]:
    """Columns of `leap_core.ranking.sample_columns.sample_columns` for a score type."""
    intervals = (
        ("call_probability",)
        if score.binary
        else ("interval_80_low", "interval_80_high", "interval_90_low", "interval_90_high")
    )
    relative = ("relative_percentile",) if score.kind == "drug" else ()
    return ("z", "probability", *intervals, "lineage_percentile", *relative)


def with_members(frame: pd.DataFrame, ensemble: FittedEnsemble, samples: pd.DataFrame) -> pd.DataFrame:
    """Add one column per layer and fold, ``layer_<l>_fold_<k>``, to a frame of `predictions_frame`."""
    parts = []
    for sample, rows in frame.groupby("sample", sort=False):
        members = ensemble.members_frame(samples.loc[[sample]])
        parts.append(rows.join(members.T, on="perturbation"))
    return pd.concat(parts, ignore_index=True)
