"""The workbook of one scored sample, put together from its tables."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial

import pandas as pd

from leap_core.panel.scores import ScoreType
from leap_core.passport.passport import Passport
from leap_core.ranking.columns import Column, hit_columns
from leap_core.report.excel import Sheet, workbook
from leap_core.report.links import first_link
from leap_core.report.provenance import RED_STAMP, Provenance


@dataclass(frozen=True)
class SampleTables:
    """What the workbook of a sample holds.

    Attributes
    ----------
    hits, everything
        Hit tables, in order.
    members
        Rows ``layer_<l>_fold_<k>``, columns perturbations: the sheet has the hits' in rows.
    controls
        From `leap_core.ranking.controls.matched_controls`.
    more
        Other sheets by title, before the input check; empty ones are left out.
    """

    hits: pd.DataFrame
    everything: pd.DataFrame
    members: pd.DataFrame
    controls: pd.DataFrame
    more: dict[str, pd.DataFrame] = field(default_factory=dict)


def sample_workbook(tables: SampleTables, passport: Passport, provenance: Provenance, score: ScoreType) -> bytes:
    """Sheets Hits, Controls, All predictions, Members, Input check, Read-me; names lead to a public database."""
    columns = {**hit_columns(score), "control": Column("Control", "text"), "note": Column("Note", "text")}
    link = partial(first_link, score.kind)
    check = pd.DataFrame(_flat(passport), columns=["entry", "value"]).set_index("entry")
    members = tables.members[[name for name in tables.hits.index if name in tables.members.columns]].T
    sheets = {
        "Hits": Sheet(tables.hits, columns, link),
        "Controls": Sheet(tables.controls, columns, link),
        "All predictions": Sheet(tables.everything, columns, link),
        "Members": Sheet(members.rename_axis("perturbation"), columns),
        **{title: Sheet(table, columns) for title, table in tables.more.items() if len(table)},
        "Input check": Sheet(check),
    }
    readme = [tuple(line.removeprefix("# ").split(": ", 1)) for line in provenance.lines() if ": " in line]
    return workbook(
        sheets,
        [(name, text) for name, text in readme] + _explained((tables.hits, tables.everything), columns),
        RED_STAMP if provenance.red else "",
    )


def _explained(tables: Sequence[pd.DataFrame], columns: dict[str, Column]) -> list[tuple[str, str]]:
    """What the columns of some tables say, by their titles, each once."""
    names = dict.fromkeys(name for table in tables for name in table.columns)
    known = [columns[name] for name in names if name in columns]
    return [(column.title, column.help.replace("**", "")) for column in known if column.help]


def _flat(passport: Passport) -> list[tuple[str, str]]:
    content = passport.as_dict()
    rows = [
        (name, str(content[name]))
        for name in ("sample", "file", "model", "light", "unit", "evidence", "verdict", "coverage", "missing_genes")
    ]
    rows += [(f"finding ({finding['level']})", finding["text"]) for finding in content["findings"]]
    rows += [
        (f"nearest line {number}", f"{row['name']} ({row['lineage']}), correlation {row['correlation']}")
        for number, row in enumerate(content["nearest"], 1)
    ]
    rows += [
        ("lineage", ", ".join(f"{name} {value:.0%}" for name, value in content["lineages"].items())),
        ("sex chromosomes", content["sex"]),
    ]
    return rows
