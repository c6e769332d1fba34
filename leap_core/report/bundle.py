"""The workbook of one scored sample, put together from its tables."""

from __future__ import annotations

from dataclasses import dataclass, field

import pandas as pd

from leap_core.passport.passport import Passport
from leap_core.report.excel import workbook
from leap_core.report.provenance import RED_STAMP, Provenance

_COLUMNS_IN_WORDS = {
    "predicted": "prediction in the screen's own unit",
    "panel_percentile": "where the sample stands among the panel's lines; 100 = strongest",
    "probability": "calibrated probability of a true, selective dependency",
    "interval_80_low / _high": "where a measured value would lie, 80 %",
    "accuracy": "on lines never seen in training; low means cannot tell",
    "badge": "against lineage mean, nearest line and PCA + ridge",
    "agreement_sd": "spread of the layers; not a confidence interval",
    "priority": "points of 100, by the weights of the order",
}


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


def sample_workbook(tables: SampleTables, passport: Passport, provenance: Provenance) -> bytes:
    """Sheets Hits, Controls, All predictions, Members, Input check, Read-me."""
    check = pd.DataFrame(_flat(passport), columns=["entry", "value"]).set_index("entry")
    members = tables.members[[name for name in tables.hits.index if name in tables.members.columns]].T
    sheets = {
        "Hits": tables.hits,
        "Controls": tables.controls,
        "All predictions": tables.everything,
        "Members": members.rename_axis("perturbation"),
        **{title: table for title, table in tables.more.items() if len(table)},
        "Input check": check,
    }
    readme = [tuple(line.removeprefix("# ").split(": ", 1)) for line in provenance.lines() if ": " in line]
    return workbook(
        sheets,
        [(name, text) for name, text in readme] + list(_COLUMNS_IN_WORDS.items()),
        RED_STAMP if provenance.red else "",
    )


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
