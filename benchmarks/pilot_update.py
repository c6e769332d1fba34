"""Seconds that a pilot takes to be taken up, against the number of rows, part by part.

    python -m benchmarks.pilot_update [--rows 1000 16827] [--lines 1100] [--measured 100] [--profile]

A made-up panel of gene effects whose residuals share factors, without any training: the parts are those of
`leap_core.services.pilot`. The median of three runs, after one that compiles. Prints one JSON line per size and writes
a section of benchmarks/README.md.
"""

from __future__ import annotations

import argparse
import cProfile
import pstats
import time
from typing import Any

import numpy as np
import pandas as pd

from benchmarks.reporting import Stopwatch, report, write_section
from leap_core.panel.scores import SCORE_TYPES
from leap_core.pilot.conditioning import Conditioning, Trust
from leap_core.pilot.joining import join_same_unit
from leap_core.pilot.update import KnownPanel, updated_panel
from leap_core.ranking.sample_columns import sample_columns

_FACTORS, _FOLDS, _RUNS = 20, 5, 3
PARTS = ("what is known of the panel", "conditioning", "the panel's lines after the pilot", "the sample's columns")


def made_up(lines: int, rows: int) -> KnownPanel:
    """A panel of that size; predictions carry a third of what was measured, three of a hundred values are gaps."""
    random = np.random.default_rng(0)
    shared = random.standard_normal((lines, _FACTORS)) @ random.standard_normal((_FACTORS, rows)) / np.sqrt(_FACTORS)
    signal, own = random.standard_normal((2, lines, rows)).astype(np.float32)
    usual = np.minimum(random.normal(-0.1, 0.3, rows), 0.1)
    predicted = (usual + 0.15 * signal).astype(np.float32)
    measured = (predicted + 0.2 * shared + 0.15 * own).astype(np.float32)
    measured[random.random(measured.shape) < 0.03] = np.nan
    table = pd.DataFrame(
        {"panel_sd": np.nanstd(measured, axis=0), "accuracy": 0.3, "accuracy_shrunk": random.uniform(0, 0.6, rows)},
        index=pd.Index([f"P{row:05d}" for row in range(rows)], name="perturbation"),
    )
    folds = np.arange(lines) % _FOLDS
    lineages = np.array([f"Lineage {line % 20}" for line in range(lines)], dtype=object)
    return KnownPanel(
        measured=measured,
        out_of_fold=predicted,
        cross_validated=dict.fromkeys(("leap", "lineage_mean", "nearest_line"), predicted),
        folds=folds,
        outer_folds=folds,
        learnable=np.ones(rows, dtype=bool),
        patients=tuple(f"PT-{line}" for line in range(lines)),
        lineages=lineages,
        classes=np.full(lines, "familiar", dtype=object),
        table=table,
        score=SCORE_TYPES["gene_effect"],
    )


def update(known: KnownPanel, measured: int) -> tuple[float, ...]:
    """Take up a pilot of the first line; seconds of each of `PARTS`."""
    names = known.table.index
    values = np.full(len(names), np.nan)
    values[:: len(names) // measured] = known.measured[0, :: len(names) // measured]
    clock = [time.perf_counter()]
    joined = join_same_unit(known.side, known.out_of_fold[0].astype(np.float64), values)
    known.events.sum()
    clock.append(time.perf_counter())
    conditioning = Conditioning.of(known.residuals, joined.of_lines, joined.rows)
    clock.append(time.perf_counter())
    after = updated_panel(known, joined, conditioning, Trust(), joined.rows)
    clock.append(time.perf_counter())
    fold_means = np.repeat(known.out_of_fold[:1], _FOLDS, axis=0)
    sample_columns(fold_means, after.predictions, names, "Lineage 0", "familiar")
    clock.append(time.perf_counter())
    return tuple(np.diff(clock))


def measure(lines: int, rows: int, measured: int) -> dict[str, Any]:
    """Medians of one size; what is known of the panel is made once a model, in the first run."""
    known = made_up(lines, rows)
    first = update(known, measured)
    later = np.median([update(known, measured) for _ in range(_RUNS)], axis=0)
    found = {"lines": lines, "rows": rows, "measured": measured, PARTS[0]: round(first[0], 2)}
    return found | {part: round(float(value), 2) for part, value in zip(PARTS[1:], later[1:], strict=True)}


def main() -> None:
    """Measure, print and write the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, nargs="+", default=[1000, 16827])
    parser.add_argument("--lines", type=int, default=1100)
    parser.add_argument("--measured", type=int, default=100)
    parser.add_argument("--profile", action="store_true", help="print where the time goes instead")
    options = parser.parse_args()
    if options.profile:
        known = made_up(options.lines, options.rows[-1])
        update(known, options.measured)
        with cProfile.Profile() as profile:
            update(known, options.measured)
        pstats.Stats(profile).sort_stats("cumulative").print_stats(45)
        return
    body = [
        f"A pilot of {options.measured} rows, {options.lines:,} lines; seconds. `python -m benchmarks.pilot_update`",
        "",
        f"| rows | {' | '.join(PARTS)} | an update |",
        f"|---{'|---' * (len(PARTS) + 1)}|",
    ]
    for rows in options.rows:
        with Stopwatch() as watch:
            figures = measure(options.lines, rows, options.measured)
        report("pilot update", figures, watch.cost)
        total = sum(figures[part] for part in PARTS[1:])
        body.append(f"| {rows:,} | {' | '.join(f'{figures[part]:.2f}' for part in PARTS)} | {total:.2f} |")
    write_section("pilot update", "\n".join(body))


if __name__ == "__main__":
    main()
