"""Tables of drugs and their targets, of whichever make, in one form: GDSC, PRISM, DGIdb, or a user's own."""

from __future__ import annotations

import re
from pathlib import Path

import pandas as pd

from leap_core.errors import UserError
from leap_core.io.containers import as_utf8, content_of, is_workbook
from leap_core.io.tables import (
    PARQUET_SUFFIXES,
    UPLOAD_LIMIT,
    SizeLimit,
    first_of,
    label_text,
    letters_of,
    read_columns,
)

DRUG_COLUMNS = ("drug", "drug_id", "synonyms", "targets", "pathway", "approved")
"""Columns of a drug table; several targets or synonyms are separated by ``|``, ``approved`` may be missing."""

# Titles without anything but letters; the first that a file has is taken.
_TITLES = {
    "drug": (
        "drugname drug drugs pertiname pertname compoundname compound cpdname drugclaimname inhibitors inhibitor"
        " drugnames prefname moleculename genericname productname itemname substance agent treatment wirkstoff molecule"
        " name"
    ),
    "drug_id": "drugid compoundid drugconceptid",
    "synonyms": "synonyms synonym drugsynonyms aliases",
    "targets": (
        "targets target zielgen zielgene putativetarget genesymboloftargets"
        " genename genesymbol gene genes genesymbols targetgene"
        " targetgenes drugtarget drugtargets entrezid entrezgeneid"
    ),
    "pathway": "targetpathway pathwayname pathway moa mechanismofaction targetormechanism",
    "approved": "approved fdaapproved approvalstatus approval maxphase phase clinicalphase",
    "interaction": "interactiontype interactiontypes",
    "smiles": "smiles canonicalsmiles isomericsmiles smilesstring drugsmiles",
}
_IN_WORDS = {
    "smiles": "structures (SMILES)",
    "targets": "targets (target, gene)",
    "pathway": "pathway (pathway, MOA)",
    "approved": "approval (approved, phase)",
}
# A phase counts as approved from 4 on; a 1 under approved means yes.
_PHASES = frozenset({"maxphase", "phase", "clinicalphase"})
_YES = frozenset({"true", "yes", "y", "1"})
_NO = frozenset(
    {"false", "no", "n", "0", "withdrawn", "investigational", "experimental", "preclinical", "not approved"}
)
_WHOLE = re.compile(r"^-?\d+\.0$")
_BLANK = frozenset({"", "nan", "none", "null", "na", "n/a", "unknown", "-"})
# What takes a protein's function away, as a knock-out does (DGIdb's terms).
_INHIBITS = re.compile(
    r"inhibit|antagonist|block|negative|inverse|suppress|antisense|degrad|cleavage|antibody|neutrali", re.IGNORECASE
)
_ID_AT_THE_END = re.compile(r"^(?P<name>.+)_(?P<id>\d+)$")
_SEPARATORS = re.compile(r"[,;|]")


def read_drug_table(source: Path | bytes, name: str, limit: SizeLimit = UPLOAD_LIMIT) -> pd.DataFrame:
    """Read a table of drugs.

    Parameters
    ----------
    source, name, limit
        As in `leap_core.io.tables.read_columns`. Recognised by their titles are columns of drugs (required), their ids,
        synonyms, targets or genes, pathway or mechanism, and approval. Where a column says how a drug acts on a gene,
        only rows that inhibit are kept.

    Returns
    -------
    pandas.DataFrame
        `DRUG_COLUMNS`.

    Raises
    ------
    UnreadableTableError
        If it is no table.
    UserError
        If it names no drugs, or says nothing of them.
    """
    frame = _frame(source, name, limit)
    columns = _recognised(frame, name, ("targets", "pathway", "approved"))
    table = _text(frame, columns)
    if "interaction" in table:
        table = table[[bool(_INHIBITS.search(value)) for value in table["interaction"]]]
    by_phase = "approved" in columns and letters_of(frame.columns[columns["approved"]]) in _PHASES
    table["approved"] = (
        _approval(table["approved"], by_phase)
        if "approved" in table
        else pd.array([pd.NA] * len(table), dtype="boolean")
    )
    if letters_of(frame.columns[columns["drug"]]) == "inhibitors":
        # A row of genes with all their drugs in one cell.
        table["drug"] = [parts_of(value) for value in table["drug"]]
        table = table.explode("drug")
    table = table[table["drug"].astype(bool)]
    if table.empty:
        raise UserError(f"{name} names no drug that inhibits anything in its column {frame.columns[columns['drug']]}.")
    return table[list(DRUG_COLUMNS)].drop_duplicates(ignore_index=True)


def parts_of(cell: str) -> list[str]:
    """What commas, semicolons and bars take apart, without the blanks around it."""
    return [part.strip() for part in _SEPARATORS.split(cell)]


def _frame(source: Path | bytes, name: str, limit: SizeLimit) -> pd.DataFrame:
    """The table, without the comment lines that the Repurposing Hub begins with ``!``."""
    if not name.lower().endswith(PARQUET_SUFFIXES) and not is_workbook(content := content_of(source, name, limit)):
        text = as_utf8(content, name)
        if text.lstrip().startswith(b"!"):
            source = b"\n".join(line for line in text.splitlines() if not line.lstrip(b' "').startswith(b"!"))
    return read_columns(source, name, limit).frame


def _text(frame: pd.DataFrame, columns: dict[str, int]) -> pd.DataFrame:
    """Recognised columns as text, those that may be missing as blanks; synonyms and targets separated by ``|``."""
    said = {
        role: [_blanked(_written(value)) for value in frame.iloc[:, position]] for role, position in columns.items()
    }
    table = pd.DataFrame(said, dtype=object)
    for role in ("drug_id", "synonyms", "targets", "pathway", "smiles"):
        table[role] = table.get(role, "")
    for role in ("synonyms", "targets"):
        table[role] = ["|".join(part for part in parts_of(value) if part) for value in table[role]]
    return table


def _recognised(frame: pd.DataFrame, name: str, needed: tuple[str, ...]) -> dict[str, int]:
    """Position of the column of each role; there must be one of drugs and any of those `needed`."""
    titles = [letters_of(title) for title in frame.columns]
    found = {role: first_of(known, titles) for role, known in _TITLES.items()}
    columns = {role: position for role, position in found.items() if position is not None}
    if "drug" not in columns or not set(needed) & set(columns):
        *words, last = (_IN_WORDS[role] for role in needed)
        raise UserError(
            f"{name} has the columns {', '.join(map(str, frame.columns[:8]))}; expected one of drugs (drug name,"
            f" compound) and at least one of {', '.join(words)} or {last}."
        )
    return columns


def _blanked(value: str) -> str:
    return "" if value.lower() in _BLANK else value


def _written(value: object) -> str:
    """A cell as its file has it: a column of whole numbers with a gap is read as one of fractions."""
    text = label_text(value)
    return text[:-2] if _WHOLE.match(text) else text


def _approval(values: pd.Series, by_phase: bool) -> pd.arrays.BooleanArray:
    """Approved, not, or missing where a word says neither."""
    return pd.array([_approved(value.lower(), by_phase) for value in values], dtype="boolean")


def _approved(said: str, by_phase: bool) -> bool | None:
    if by_phase and (number := re.search(r"\d", said)):
        return number.group() == "4"
    if said.startswith(("approved", "launched", "fda", "marketed")) or (said in _YES and not by_phase):
        return True
    return False if said in _NO or said.startswith(("phase", "clinical", "discovery")) else None


def read_drug_features(source: Path | bytes, name: str, limit: SizeLimit = UPLOAD_LIMIT) -> pd.DataFrame:
    """Read what drugs are told apart by: structures, targets, pathways.

    Returns
    -------
    pandas.DataFrame
        Text ``drug``, ``drug_id``, ``synonyms`` (separated by ``|``), ``targets`` (likewise), ``pathway``, ``smiles``;
        one row a row of the file.

    Raises
    ------
    UnreadableTableError
        If it is no table.
    UserError
        If it names no drugs, or says nothing of them.
    """
    frame = _frame(source, name, limit)
    columns = _recognised(frame, name, ("smiles", "targets", "pathway"))
    table = _text(frame, columns)
    roles = ["drug", "drug_id", "synonyms", "targets", "pathway", "smiles"]
    return table.loc[table["drug"].astype(bool), roles].reset_index(drop=True)


def spelt(name: str) -> str:
    """One spelling of a drug's name: PLX-4720, PLX4720 and plx 4720 are the same."""
    return re.sub(r"[^a-z0-9]", "", name.lower())


def name_and_id(perturbation: str) -> tuple[str, str]:
    """A drug of a panel (``Name_DRUGID``) as its name and its id; no id where there is none."""
    parts = _ID_AT_THE_END.match(perturbation)
    return (parts.group("name"), parts.group("id")) if parts else (perturbation, "")
