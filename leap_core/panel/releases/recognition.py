"""What a file is, told by its content: the head of a table says more than its name, which browsers change."""

from __future__ import annotations

import csv
import re
import zipfile
from pathlib import Path

import numpy as np

from leap_core.genes.headers import SYMBOL_ENTREZ
from leap_core.io.containers import is_web_page

LINES, EXPRESSION, GENE_EFFECT, GENE_DEPENDENCY = "lines", "expression", "gene effect", "gene dependency"
ESSENTIALS, GENES, SCREENS, RMA, DOSE_RESPONSE = (
    "common essentials",
    "gene identifiers",
    "screens",
    "RMA expression",
    "dose response",
)
DRUG_AUC, COMPOUNDS, WEB_PAGE, UNFINISHED, OTHER = "drug AUC", "compounds", "web page", "unfinished", "other"
# Raise it when a file may be told otherwise than before: what was remembered of files is then forgotten.
VERSION = 2
_UNFINISHED = (".crdownload", ".part", ".download", ".partial", ".tmp")
_READABLE = (".csv", ".txt", ".tsv", ".xlsx", ".zip")
_HEAD_BYTES = 2**21
_ROWS = 8


def recognise(path: Path) -> str:
    """Kind of a file, one of this module's constants; ``OTHER`` where it is none of the official tables.

    At most the first 2 MB are read. A file that cannot be read as what its name says is none of them.
    """
    try:
        return _recognised(path)
    except Exception:
        # Whatever else lies in a downloads folder: damaged archives and odd tables raise what their parsers like.
        return OTHER


def _recognised(path: Path) -> str:
    name = path.name.lower()
    if name.endswith(_UNFINISHED):
        return UNFINISHED
    if not name.endswith(_READABLE):
        return OTHER
    if name.endswith(".xlsx"):
        return DOSE_RESPONSE if _is_dose_response(path) else OTHER
    if name.endswith(".zip"):
        return RMA if _zipped_rma(path) else OTHER
    with path.open("rb") as stream:
        head = stream.read(_HEAD_BYTES)
    if is_web_page(head):
        return WEB_PAGE
    rows = _rows(head)
    return _kind(rows, name) if rows else OTHER


def _rows(head: bytes) -> list[list[str]]:
    """The first rows; one that the head cuts off is left out."""
    text = head.decode("utf-8-sig", errors="replace")
    lines = text.splitlines()[: _ROWS + 1]
    if len(head) == _HEAD_BYTES and len(lines) <= _ROWS:
        lines = lines[:-1]
    if not lines:
        return []
    delimiter = "\t" if lines[0].count("\t") > lines[0].count(",") else ","
    return [row for row in csv.reader(lines, delimiter=delimiter) if any(cell.strip() for cell in row)]


def _kind(rows: list[list[str]], name: str) -> str:
    titles = rows[0]
    lower = {title.strip().lower() for title in titles}
    if {"modelid"} <= lower and lower & {"patientid", "oncotreelineage"} and len(titles) < 200:
        return LINES
    if {"drug_id", "ln_ic50"} <= lower:
        return DOSE_RESPONSE
    if sum(title.startswith("DATA.") for title in titles) > 20:
        return RMA
    if {"symbol", "hgnc_id"} <= lower or {"symbol", "ensembl_gene_id"} <= lower:
        return GENES
    if "compoundname" in lower and len(titles) < 100:
        return COMPOUNDS
    genes = sum(bool(SYMBOL_ENTREZ.match(title)) for title in titles)
    if len(titles) == 1 and rows[1:] and all(row and SYMBOL_ENTREZ.match(row[0]) for row in rows[1:]):
        # Lists of controls look the same: the name must tell.
        return ESSENTIALS if "inferred" in name or titles[0].strip().lower() == "essentials" else OTHER
    if genes > 20:
        return _gene_matrix(rows, titles)
    if "auc" in name and len(titles) > 20 and rows[1:] and all(row[0].startswith("ACH-") for row in rows[1:]):
        return DRUG_AUC
    return OTHER


def _gene_matrix(rows: list[list[str]], titles: list[str]) -> str:
    """Expression, gene effect or gene dependency, by the values of the first rows."""
    if titles[0].strip().lower() in ("screenid", "screen_id") or (rows[1:] and re.match(r"^SC-", rows[1][0])):
        return SCREENS
    columns = [position for position, title in enumerate(titles) if SYMBOL_ENTREZ.match(title)]
    values = np.array([_number(row[position]) for row in rows[1:] for position in columns if position < len(row)])
    values = values[np.isfinite(values)]
    if not len(values):
        return OTHER
    if values.min() < -0.01:
        return GENE_EFFECT
    if values.max() <= 1.0:
        return GENE_DEPENDENCY
    return EXPRESSION if values.max() < 25 else OTHER


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return float("nan")


def _zipped_rma(path: Path) -> bool:
    with zipfile.ZipFile(path) as archive:
        return any("RMA_proc_basalExp" in name for name in archive.namelist())


def _is_dose_response(path: Path) -> bool:
    """Whether the strings of a workbook hold the titles of GDSC's fitted tables (without parsing its rows)."""
    with zipfile.ZipFile(path) as archive:
        for name in archive.namelist():
            if name == "xl/sharedStrings.xml" or name.startswith("xl/worksheets/sheet1"):
                with archive.open(name) as stream:
                    head = stream.read(200_000)
                if b"LN_IC50" in head and b"DRUG_ID" in head:
                    return True
    return False
