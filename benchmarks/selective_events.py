"""Which measurements of real screens count as true, selective dependencies, and whether genes that are off do.

    python -m benchmarks.selective_events

Of every screen the share of pairs, what the median line and the line with most have, and how many of these the rule of
before (the strongest tenth of every row) counted for that line. Of DRIVE the share among genes that no line expresses
(below 0.1 in 98 % of the lines with expression), and how many of their values pass the floor of the unit. Writes the
table into docs/methods.md.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from benchmarks.reporting import DOCS, Stopwatch, real_data, report, write_section
from leap_core.panel.scores import SCORE_TYPES
from leap_core.ranking.dependency_rule import DependencyRule

SCREENS = {
    "GDSC2 8.5, AUC": ("drugs/gdsc2_8.5_auc.parquet", "AUC"),
    "GDSC2 8.5, ln IC50": ("drugs/gdsc2_8.5_ln_ic50.parquet", "ln_ic50"),
    "GDSC1, ln IC50": ("drugs/gdsc1_v17_ln_ic50.parquet", "ln_ic50"),
    "DRIVE, relative RNAi": ("essentiality/rnai_drive_ataris.parquet", "rnai_relative"),
    "Chronos 23Q4, 635 genes": ("essentiality/chronos_23q4_635_genes.parquet", "gene_effect"),
}
EXPRESSION = "essentiality/expression_17893_genes.parquet"
OFF, IN_SO_MANY = 0.1, 0.98


def read(path: Path) -> pd.DataFrame:
    """A table with lines in rows."""
    frame = pd.read_parquet(path)
    return frame if pd.api.types.is_numeric_dtype(frame.dtypes.iloc[0]) else frame.set_index(frame.columns[0])


def figures_of(screen: pd.DataFrame, key: str) -> dict[str, Any]:
    """Shares and counts of one screen."""
    score, measured = SCORE_TYPES[key], screen.to_numpy(dtype=float)
    events = DependencyRule.of(measured, score).events(measured)
    strength = np.asarray(score.strength(measured))
    tenth = strength >= np.nanquantile(strength, 0.9, axis=0)
    return {
        "lines": len(screen),
        "perturbations": screen.shape[1],
        "share": float(np.nanmean(events)),
        "median line": float(np.median(np.nansum(events, axis=1))),
        "most": int(np.nansum(events, axis=1).max()),
        "most by strongest tenth": int(tenth.sum(axis=1).max()),
    }


def of_genes_that_are_off(screen: pd.DataFrame, expression: pd.DataFrame) -> dict[str, float]:
    """Share of events, and of values beyond the floor, among genes that no line expresses."""
    score, measured = SCORE_TYPES["rnai_relative"], screen.to_numpy(dtype=float)
    events = DependencyRule.of(measured, score).events(measured)
    shared = expression.loc[expression.index.intersection(screen.index)]
    silent = screen.columns.isin(shared.columns[(shared < OFF).mean() > IN_SO_MANY])
    values = measured[:, silent]
    assert score.effect_floor is not None
    return {
        "genes": int(silent.sum()),
        "events": float(np.nanmean(events[:, silent])),
        "beyond_floor": float((values[np.isfinite(values)] <= score.effect_floor).mean()),
    }


def main() -> None:
    """Measure, print, write."""
    folder = real_data()
    with Stopwatch() as watch:
        screens = {title: read(folder / path) for title, (path, _) in SCREENS.items()}
        found = {title: figures_of(screens[title], key) for title, (_, key) in SCREENS.items()}
        off = of_genes_that_are_off(screens["DRIVE, relative RNAi"], read(folder / EXPRESSION))
    report("selective_events", {"screens": found, "genes_off": off}, watch.cost)
    lines = [
        "| `python -m benchmarks.selective_events` | lines x perturbations | events | median line | line with most |"
        " most by the strongest tenth of every row |",
        "|---|---|---|---|---|---|",
    ]
    lines += [
        f"| {title} | {one['lines']} x {one['perturbations']:,} | {one['share']:.1%} | {one['median line']:.0f} |"
        f" {one['most']} | {one['most by strongest tenth']} |"
        for title, one in found.items()
    ]
    lines += [
        "",
        f"Of {off['genes']} genes of DRIVE that no line expresses {off['beyond_floor']:.1%} of the values pass the"
        f" floor, and {off['events']:.1%} are events.",
    ]
    write_section("selective events", "\n".join(lines), DOCS / "methods.md")


if __name__ == "__main__":
    main()
