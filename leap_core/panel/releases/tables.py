"""The tables of a release in the form that panels are assembled from."""

from __future__ import annotations

import re
import tempfile
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd

from leap_core.arrays import Array
from leap_core.errors import PanelError
from leap_core.io.containers import unpack_member
from leap_core.io.matrices import ReadReport, to_matrix
from leap_core.io.numbers import format_of, to_numbers
from leap_core.io.tables import PANEL_LIMIT, read_columns, read_table

_RMA_TITLE = re.compile(r"^DATA\.(\d+)(\.\d+)?$")
# GDSC's own advice: curves that fit worse say little of the response.
WORST_FIT = 0.3
_VALUES = {"ln_ic50": "LN_IC50", "AUC": "AUC"}


def model_ids(lines: Path) -> dict[str, str]:
    """COSMIC ids and Sanger ids (``SIDM...``) to DepMap's ModelIDs, as Model.csv has them."""
    table = read_table(lines, lines.name, PANEL_LIMIT)
    if "ModelID" in table.columns:
        table = table.set_index("ModelID")
    found: dict[str, str] = {}
    for column in ("COSMICID", "SangerModelID"):
        if column in table.columns:
            for line, value in table[column].dropna().items():
                # A line derived from another may have its id: the first row is taken.
                found.setdefault(_whole(value), str(line))
    if not found:
        raise PanelError(
            f"{lines.name} has neither COSMICID nor SangerModelID; expected DepMap's Model.csv, which says which line a"
            " COSMIC id is."
        )
    return found


def with_pairs(ids: dict[str, str], responses: pd.DataFrame) -> dict[str, str]:
    """`ids`, and the COSMIC ids whose Sanger id in GDSC's table of responses is among them.

    Both tables then name a line alike.
    """
    if not {"COSMIC_ID", "SANGER_MODEL_ID"} <= set(responses.columns):
        return ids
    pairs = responses[["COSMIC_ID", "SANGER_MODEL_ID"]].dropna().drop_duplicates()
    names = [
        (_whole(cosmic), _whole(model))
        for cosmic, model in zip(pairs["COSMIC_ID"], pairs["SANGER_MODEL_ID"], strict=True)
    ]
    return {cosmic: ids[model] for cosmic, model in names if model in ids} | ids


def _whole(value: object) -> str:
    return str(value).strip().removesuffix(".0")


def read_rma(path: Path, ids: dict[str, str]) -> tuple[pd.DataFrame, ReadReport]:
    """Read GDSC's expression table: genes in rows, a column ``DATA.<COSMIC id>`` per line.

    Returns
    -------
    expression : pandas.DataFrame
        (lines, genes) float32, RMA log2; index ModelIDs, or ``COSMIC-<id>`` where `ids` has none.
    report : ReadReport
        Lines and genes that occurred twice; the first was kept.

    Raises
    ------
    PanelError
        If no column is a line's.
    """
    table = _read_rma_table(path)
    # By position: a line that was measured twice has two columns of one title.
    columns = {
        place: match.group(1) for place, title in enumerate(table.columns) if (match := _RMA_TITLE.match(str(title)))
    }
    if not columns:
        raise PanelError(
            f"{path.name} has no column DATA.<COSMIC id>; expected GDSC's Cell_line_RMA_proc_basalExp.txt."
        )
    genes = pd.Index([str(gene).strip() for gene in table.index], dtype=object)
    named = (genes != "") & (genes != "nan")
    values = table.iloc[:, list(columns)].to_numpy(dtype=np.float32)[named].T
    lines = [ids.get(cosmic, f"COSMIC-{cosmic}") for cosmic in columns.values()]
    return to_matrix(pd.DataFrame(values, pd.Index(lines, dtype=object), genes[named]), path.name)


def _read_rma_table(path: Path) -> pd.DataFrame:
    """The table as it lies, or unpacked from the archive that the source hands out."""
    if not zipfile.is_zipfile(path):
        return read_table(path, path.name)
    with tempfile.TemporaryDirectory(prefix="leap-rma-") as folder:
        inside = Path(folder) / "Cell_line_RMA_proc_basalExp.txt"
        unpack_member(path, inside.name, inside)
        return read_table(inside, inside.name)


def read_fitted(path: Path) -> pd.DataFrame:
    """GDSC's fitted dose responses as they lie, from the workbook or the same table as text."""
    return read_columns(path, path.name, PANEL_LIMIT).frame


def dose_responses(
    table: pd.DataFrame, name: str, ids: dict[str, str], score: str
) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Turn GDSC's fitted dose responses, a row for each line and drug, into lines x drugs.

    Parameters
    ----------
    table
        From `read_fitted`.
    name
        What messages call the file.
    ids
        From `model_ids`.
    score
        ``ln_ic50`` (natural logarithm, uM) or ``AUC``.

    Returns
    -------
    response : pandas.DataFrame
        (lines, drugs); columns ``Name_DRUGID``, because a drug may have been screened under two ids.
    notes : tuple of str
        What was left out.

    Raises
    ------
    PanelError
        If a column is missing.
    """
    wanted = ("COSMIC_ID", "DRUG_ID", "DRUG_NAME", _VALUES[score])
    missing = [column for column in wanted if column not in table.columns]
    if missing:
        raise PanelError(f"{name} lacks the columns {', '.join(missing)}; expected GDSC's fitted dose responses.")
    table, notes = _without_poor_fits(table)
    line, drug = _lines_and_drugs(table, ids)
    values, said = _measured(table, _VALUES[score])
    notes += said
    long = pd.DataFrame({"line": line, "drug": drug, "value": values})
    twice = int(long.duplicated(["line", "drug"]).sum())
    if twice:
        notes.append(f"{twice:,} pairs of line and drug were measured more than once; their mean was taken")
    response = long.groupby(["line", "drug"], sort=True)["value"].mean().unstack()
    response.columns = pd.Index(response.columns.tolist(), dtype=object)
    response.index = pd.Index(response.index.tolist(), dtype=object, name="line")
    return response.astype(np.float32), tuple(notes)


def _lines_and_drugs(table: pd.DataFrame, ids: dict[str, str]) -> tuple[list[str], list[str]]:
    """Line and drug of each row."""
    sanger = table["SANGER_MODEL_ID"] if "SANGER_MODEL_ID" in table.columns else table["COSMIC_ID"]
    line = [
        ids.get(_whole(cosmic)) or ids.get(_whole(model)) or f"COSMIC-{_whole(cosmic)}"
        for cosmic, model in zip(table["COSMIC_ID"], sanger, strict=True)
    ]
    drug = [
        f"{str(title).strip()}_{_whole(number)}"
        for title, number in zip(table["DRUG_NAME"], table["DRUG_ID"], strict=True)
    ]
    return line, drug


def _without_poor_fits(table: pd.DataFrame) -> tuple[pd.DataFrame, list[str]]:
    """Curves that fit, and what is to be said of the others."""
    if "RMSE" not in table.columns:
        return table, []
    fit, said = _measured(table, "RMSE")
    poor = fit > WORST_FIT
    words = f"{int(poor.sum()):,} of {len(table):,} dose-response curves fit badly (RMSE above {WORST_FIT})"
    return table[fit <= WORST_FIT], [*([f"{words} and were left out"] if poor.any() else []), *said]


def _measured(table: pd.DataFrame, column: str) -> tuple[Array, list[str]]:
    """Numbers (n,) of a column, NaN for what is none, and what is to be said of curves without one."""
    cells = table[column]
    if pd.api.types.is_numeric_dtype(cells.dtype):
        values = cells.to_numpy(dtype=np.float64, na_value=np.nan)
    else:
        texts = ["" if pd.isna(cell) else str(cell) for cell in cells]
        values = to_numbers(texts, format_of(texts)).values
    without = ~np.isfinite(values)
    if not without.any():
        return values, []
    shown = ", ".join(dict.fromkeys(str(cell) for cell in cells[without].dropna()[:3]))
    count = f"{int(without.sum()):,} of {len(values):,} dose-response curves"
    return np.where(without, np.nan, values), [
        f"{count} have no number as {column}{f' ({shown})' if shown else ''} and were left out"
    ]


def compound_names(path: Path) -> dict[str, str]:
    """PRISM's compound ids to names, from PortalCompounds.csv; a name that two compounds share keeps its id."""
    table = read_columns(path, path.name, PANEL_LIMIT).frame
    key = next((column for column in ("CompoundID", "BroadID", "SampleIDs") if column in table.columns), None)
    if key is None or "CompoundName" not in table.columns:
        return {}
    names = table.dropna(subset=[key, "CompoundName"])
    shared = names["CompoundName"].duplicated(keep=False)
    return {
        str(k): f"{n} ({k})" if twice else str(n)
        for k, n, twice in zip(names[key], names["CompoundName"], shared, strict=True)
    }


def essential_genes(path: Path) -> tuple[str, ...]:
    """Symbols of a release's list of common essentials."""
    text = path.read_text(encoding="utf-8-sig", errors="replace").splitlines()[1:]
    return tuple(dict.fromkeys(line.strip().strip('"').split(" (")[0] for line in text if line.strip()))
