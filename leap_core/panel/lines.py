"""Annotation of cell lines: patient, name, lineage, from DepMap's Model.csv or a table of that form."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from leap_core.errors import PanelError
from leap_core.io.numbers import is_gap
from leap_core.io.tables import PANEL_LIMIT, TableOptions, labels_of, read_columns
from leap_core.panel.line_names import LineNames

UNKNOWN_LINEAGE = "Unknown"
_COLUMNS = {
    "patient": ("PatientID", "patient_id", "patient", "donor", "donor_id", "DonorID", "Patient", "Donor"),
    "name": ("StrippedCellLineName", "stripped_cell_line_name", "CellLineName", "cell_line_name", "model_name"),
    "lineage": ("OncotreeLineage", "lineage", "tissue"),
    "disease": ("OncotreePrimaryDisease", "primary_disease", "cancer_type"),
}
_NOBODY = ("0", "unk", "not known")
_ID_TITLES = ("ModelID", "DepMap_ID", "depmap_id", "model_id", "BROAD_ID")


@dataclass(frozen=True)
class LineTable:
    """Annotation of cell lines.

    Attributes
    ----------
    annotation
        One row per line; columns ``patient``, ``name``, ``lineage``, ``disease`` (text, missing as NaN).
    names
        Every name by which the table knows a line.
    """

    annotation: pd.DataFrame
    names: LineNames


def read_line_table(source: Path | bytes, name: str) -> LineTable:
    """Read the annotation of cell lines: DepMap's Model.csv, sample_info.csv of older releases, or one of that form.

    Raises
    ------
    PanelError
        If neither a patient nor a lineage column is there, or an id occurs twice.
    """
    raw = read_columns(source, name, PANEL_LIMIT, TableOptions(as_text=True)).frame
    frame = raw.iloc[:, 1:].set_axis(pd.Index(labels_of(raw.iloc[:, 0]), name=raw.columns[0] or None), axis=0)
    known = {one.lower(): one for one in (*_ID_TITLES, *itertools.chain(*_COLUMNS.values()))}
    # Some programs write all titles in capitals, or in small letters.
    same = [str(title) if str(title) in known.values() else known.get(str(title).lower(), title) for title in frame]
    frame = frame.set_axis(same, axis=1) if len(set(same)) == len(same) else frame
    title = next((one for one in _ID_TITLES if one in frame.columns), None)
    if title is not None:
        frame = frame.set_index(title)
    frame.index = pd.Index([str(label).strip() for label in frame.index], dtype=object)
    found = {own: next((one for one in titles if one in frame.columns), None) for own, titles in _COLUMNS.items()}
    if found["patient"] is None and found["lineage"] is None:
        raise PanelError(
            f"{name} has neither PatientID nor OncotreeLineage among its columns "
            f"({', '.join(map(str, frame.columns[:6]))} ...); expected DepMap's Model.csv, or sample_info.csv of an"
            " older release (patient_id, lineage)."
        )
    duplicated = frame.index[frame.index.duplicated()].unique()
    if len(duplicated):
        raise PanelError(f"{name} lists {len(duplicated)} lines twice, for example {duplicated[0]}.")
    lines = pd.DataFrame(index=pd.Index(frame.index, name="line", dtype=object))
    for own, column in found.items():
        cells = None if column is None else frame[column].astype(object)
        lines[own] = None if cells is None else cells.where(~cells.map(lambda cell: is_gap(str(cell))), None)
    # A word for "nobody knows" is no patient that lines share.
    unknown = lines["patient"].astype(str).str.strip().str.lower().isin(_NOBODY)
    lines["patient"] = lines["patient"].where(~unknown, None)
    return LineTable(lines, LineNames.of(frame))


def read_lines(source: Path | bytes, name: str) -> pd.DataFrame:
    """The annotation alone (see `read_line_table`)."""
    return read_line_table(source, name).annotation


def annotate(lines: pd.DataFrame | None, ids: pd.Index) -> pd.DataFrame:
    """Annotate the lines `ids`: an unannotated line is its own patient, its lineage unknown.

    Returns
    -------
    pandas.DataFrame
        Index `ids`; columns ``patient``, ``name``, ``lineage``, ``disease``, all text without gaps.
    """
    known = lines if lines is not None else pd.DataFrame(columns=list(_COLUMNS))
    result = known.reindex(ids).astype(object)
    own = pd.Series(ids, index=ids, dtype=object)
    result["patient"] = result["patient"].where(result["patient"].notna(), own)
    result["name"] = result["name"].where(result["name"].notna(), own)
    for column in ("lineage", "disease"):
        result[column] = result[column].where(result[column].notna(), UNKNOWN_LINEAGE)
    result.index.name = "line"
    return result.astype(str)
