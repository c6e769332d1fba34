"""Annotation of cell lines: patient, name, lineage, from DepMap's Model.csv or a table of that form."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from leap_core.errors import PanelError
from leap_core.io.tables import PANEL_LIMIT, read_table

UNKNOWN_LINEAGE = "Unknown"
_COLUMNS = {
    "PatientID": "patient",
    "StrippedCellLineName": "name",
    "OncotreeLineage": "lineage",
    "OncotreePrimaryDisease": "disease",
}


def read_lines(source: Path | bytes, name: str) -> pd.DataFrame:
    """Read the annotation of cell lines.

    Returns
    -------
    pandas.DataFrame
        One row per ``ModelID``; columns ``patient``, ``name``, ``lineage``, ``disease`` (text, missing as NaN).

    Raises
    ------
    PanelError
        If neither a patient nor a lineage column is there, or an id occurs twice.
    """
    frame = read_table(source, name, PANEL_LIMIT)
    if "ModelID" in frame.columns:
        frame = frame.set_index("ModelID")
    if not {"PatientID", "OncotreeLineage"} & set(frame.columns):
        raise PanelError(
            f"{name} has neither PatientID nor OncotreeLineage among its columns "
            f"({', '.join(map(str, frame.columns[:6]))} ...); expected DepMap's Model.csv."
        )
    duplicated = frame.index[frame.index.duplicated()].unique()
    if len(duplicated):
        raise PanelError(f"{name} lists {len(duplicated)} lines twice, for example {duplicated[0]}.")
    lines = pd.DataFrame(index=pd.Index(frame.index, name="line", dtype=object))
    for column, own in _COLUMNS.items():
        lines[own] = frame[column].astype(object) if column in frame else None
    return lines


def annotate(lines: pd.DataFrame | None, ids: pd.Index) -> pd.DataFrame:
    """Annotate the lines `ids`: an unannotated line is its own patient, its lineage unknown.

    Returns
    -------
    pandas.DataFrame
        Index `ids`; columns ``patient``, ``name``, ``lineage``, ``disease``, all text without gaps.
    """
    known = lines if lines is not None else pd.DataFrame(columns=list(_COLUMNS.values()))
    result = known.reindex(ids).astype(object)
    own = pd.Series(ids, index=ids, dtype=object)
    result["patient"] = result["patient"].where(result["patient"].notna(), own)
    result["name"] = result["name"].where(result["name"].notna(), own)
    for column in ("lineage", "disease"):
        result[column] = result[column].where(result[column].notna(), UNKNOWN_LINEAGE)
    result.index.name = "line"
    return result.astype(str)
