"""What was dropped and done while a panel was read, as a table and in sentences."""

from __future__ import annotations

from dataclasses import fields

import pandas as pd

from leap_core.io.matrices import ReadReport
from leap_core.panel.panel import PanelReport

_NAMED = 5
_WORDS = {
    "only_expression": "lines with expression only",
    "only_response": "lines with response only",
    "gappy_lines": "lines missing more than 20 % of the genes",
    "gappy_genes": "genes missing in 5 % or more of the lines",
    "unscreened_perturbations": "perturbations without a value in these lines",
    "unannotated_lines": "lines without annotation (kept; own patient, lineage unknown)",
    "metadata_columns": "columns of metadata",
    "text_columns": "columns of text",
    "duplicated_columns": "columns that occurred before",
    "other_profiles": "profiles that are not their line's default",
    "duplicated_lines": "lines that occurred before",
    "common_essentials": "common essentials, left out by the preset",
    "never_varying": "genes on which fewer than three lines depend, left out by the preset",
    "not_on_list": "perturbations that are not on your list",
    "not_found": "names on your list that the screen does not have",
    "notes": "what else was done",
}


def report_in_sentences(report: PanelReport) -> list[str]:
    """A sentence for everything that was left out or done; the first few names of each."""
    said: list[str] = []
    for table, what, names in _rows(report):
        if what == _WORDS["notes"]:
            said += names
        else:
            more = ", ..." if len(names) > _NAMED else ""
            said.append(f"{table}: {len(names):,} {what} ({', '.join(names[:_NAMED])}{more})")
    return said


def dropped_table(report: PanelReport) -> pd.DataFrame:
    """What was dropped while a panel was read: table, what, how many, which."""
    return pd.DataFrame(
        [(table, what, len(names), ", ".join(names[:200])) for table, what, names in _rows(report)],
        columns=["Table", "What", "How many", "Which"],
    )


def _rows(report: PanelReport) -> list[tuple[str, str, tuple[str, ...]]]:
    """Table, what, which."""
    rows: list[tuple[str, str, tuple[str, ...]]] = []
    for entry in fields(report):
        value = getattr(report, entry.name)
        if isinstance(value, ReadReport):
            rows += [
                (entry.name, _WORDS[part.name], names) for part in fields(value) if (names := getattr(value, part.name))
            ]
        elif value:
            rows.append(("panel", _WORDS[entry.name], value))
    return rows
