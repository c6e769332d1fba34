"""CSV files: predictions of many samples, and a hit list with where it comes from written inside."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from leap_core.model.ensemble import FittedEnsemble
from leap_core.panel.scores import ScoreType
from leap_core.report.cells import safe_table

PREDICTION_COLUMNS = ("predicted", "agreement_sd", "panel_percentile", "accuracy", "accuracy_metric", "status")
RED_STAMP = "RED INPUT: this sample failed its input check; see Input check below before anything of this file is used."
NOTICE = "Research use only; not for clinical decisions. Predictions are hypotheses to test."


@dataclass(frozen=True)
class Provenance:
    """Where a hit list comes from; written into the file's first lines.

    Attributes
    ----------
    sample, upload
        The sample, and the name of its file.
    model, model_key, release, score
        Model, key of its artefact, data release, score in words.
    input_check
        What the input passport said.
    red
        Whether the input is red: stamped on the file and its name.
    view
        Which rows, in which order.
    simulated
        True where the panel is the simulated demo.
    """

    sample: str
    upload: str
    model: str
    model_key: str
    release: str
    score: str
    input_check: str
    view: str
    simulated: bool
    day: date
    red: bool = False

    def lines(self) -> list[str]:
        """Comment lines, each beginning with ``#``."""
        entries = {
            "LEAP Screen Prioritiser": NOTICE,
            "Sample": f"{self.sample} (from {self.upload})",
            "Model": f"{self.model} ({self.model_key[:16]})",
            "Data release": self.release + (" - SIMULATED DATA, not real cell lines" if self.simulated else ""),
            "Score": self.score,
            "Input check": self.input_check,
            "Rows": self.view,
            "Date": self.day.isoformat(),
        }
        stamp = [f"# {RED_STAMP}"] if self.red else []
        return [*stamp, *(f"# {key}: {_one_line(value)}" for key, value in entries.items())]


def hit_list_csv(table: pd.DataFrame, provenance: Provenance, separator: str = ",") -> bytes:
    """Write a hit table, in the order given, below comment lines that say where it comes from."""
    return ("\n".join(provenance.lines()) + "\n" + table_body(table, separator)).encode("utf-8")


def table_body(table: pd.DataFrame, separator: str = ",") -> str:
    """A hit table as delimited text, numbers to six digits."""
    return str(safe_table(table).to_csv(sep=separator, float_format="%.6g", lineterminator="\n"))


def table_csv(table: pd.DataFrame) -> bytes:
    """Write a table of text; names that a spreadsheet would run as a formula begin with an apostrophe."""
    return safe_table(table.set_index(table.columns[0])).to_csv(lineterminator="\n").encode("utf-8")


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


def file_name(sample: str, view: str, release: str, day: date, red: bool = False, ending: str = "csv") -> str:
    """``<sample>_<view>_<release>_<date>.<ending>`` with nothing in it that a file system dislikes.

    Red inputs say so first.
    """
    parts = [re.sub(r"[^A-Za-z0-9.-]+", "-", part).strip("-.")[:60] or "x" for part in (sample, view, release)]
    return "_".join([*(["RED-INPUT"] if red else []), *parts, day.isoformat()]) + f".{ending}"


def predictions_frame(tables: dict[str, pd.DataFrame], score: ScoreType) -> pd.DataFrame:
    """Long table of all samples' hit tables.

    ``sample, perturbation``, `PREDICTION_COLUMNS`, then the evidence of each row.
    """
    extra = ("priority", *evidence_columns(score), "accuracy_low", "accuracy_high", "accuracy_shrunk", "badge")
    parts = []
    for sample, table in tables.items():
        kept = [column for column in (*PREDICTION_COLUMNS, *extra) if column in table]
        part = table[kept].reset_index()
        part.insert(0, "sample", sample)
        parts.append(part)
    return pd.concat(parts, ignore_index=True)


def evidence_columns(score: ScoreType) -> tuple[str, ...]:
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
        members = members_frame(ensemble, samples.loc[[sample]])
        parts.append(rows.join(members.T, on="perturbation"))
    return pd.concat(parts, ignore_index=True)


def members_frame(ensemble: FittedEnsemble, sample: pd.DataFrame) -> pd.DataFrame:
    """Prediction of every member for one sample: rows ``layer_<l>_fold_<k>``, columns perturbations."""
    members = ensemble.members(sample)
    layers, folds, p = members.shape
    names = [f"layer_{layer}_fold_{fold}" for layer in range(1, layers + 1) for fold in range(1, folds + 1)]
    return pd.DataFrame(
        members.reshape(layers * folds, p).astype(np.float64), index=names, columns=list(ensemble.perturbations)
    )


def _one_line(text: str) -> str:
    return " ".join(text.split())
