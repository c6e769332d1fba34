"""The peers beside `leap-best` in one run: same panels, same splits, same lines; accuracy and CPU-seconds.

    python -m benchmarks.peers [--pairs drugs rnai] [--methods NAME ...] [--splits 2]

Splits and perturbations of the accuracy benchmark (DRIVE: the 300 of highest training variance). Methods that learn
all perturbations together get all of them; those that learn one by one get the scored ones, every third or fifth, so
that the run ends within the hour. Differences are paired over perturbations and splits; their intervals draw patients
of the test lines, the same ones for every split. CPU-seconds are those of training and prediction. Prints one JSON line
per pair and writes a section of benchmarks/README.md.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.accuracy import drawn_copies
from benchmarks.missing_genes import read_pair
from benchmarks.peer_methods import METHODS, ONE_BY_ONE
from benchmarks.recipes import fitted
from benchmarks.reporting import Stopwatch, real_data, report, write_section
from leap_core.accuracy.baselines import lineage_mean, nearest_line
from leap_core.accuracy.resampling import resampled_scores
from leap_core.panel.panel import Panel
from leap_core.panel.splits import digest_test_lines
from leap_core.run.runtime import Runtime
from leap_core.run.store import Store

OURS = "leap-best"
# Perturbations that are learnt and scored at most.
LEARNT, SCORED, DRAWS = 300, 60, 200


def predictions(
    panel: Panel, test: np.ndarray, columns: np.ndarray, scored: np.ndarray, methods: list[str]
) -> Iterator[tuple[str, np.ndarray, float]]:
    """Each method with its predictions (m, scored) for the test lines, and CPU-seconds for 100 perturbations."""
    started = time.process_time()
    with tempfile.TemporaryDirectory() as home:
        ensemble = fitted(panel, test, columns, OURS, Runtime(Store(Path(home))))
        values = ensemble.predict(panel.expression[test]).predicted.to_numpy()
    yield OURS, values[:, scored], 100.0 * (time.process_time() - started) / len(columns)
    expression = ensemble.standardiser.transform(panel.expression)
    x, x_test = expression[~test], expression[test]
    y = panel.response.to_numpy()[~test][:, columns]
    patients = np.asarray(panel.patients)[~test]
    for name in methods:
        started, alone = time.process_time(), name in ONE_BY_ONE
        values = METHODS[name](x, y[:, scored] if alone else y, patients, x_test)
        took = 100.0 * (time.process_time() - started) / values.shape[1]
        yield name, values if alone else values[:, scored], took
    lineages = panel.lines["lineage"].to_numpy()
    y = y[:, scored]
    yield "nearest line", nearest_line(x, y, x_test), 0.0
    yield "lineage mean", lineage_mean(y, lineages[~test].tolist(), lineages[test].tolist()), 0.0


def measure(name: str, folder: Path, methods: list[str], splits: int) -> dict[str, Any]:
    """All figures of one data set."""
    pair, panel = read_pair(name, folder)
    copies, response = drawn_copies(panel.patients), panel.response.to_numpy()
    drawn: dict[str, list[np.ndarray]] = {}
    seconds: dict[str, list[float]] = {}
    for repeat in range(splits):
        test = digest_test_lines(panel.patients, repeat)
        columns = pair.choose(response[~test])
        if len(columns) > LEARNT:
            columns = np.sort(columns[np.argsort(-np.nanvar(response[~test][:, columns], axis=0))[:LEARNT]])
        scored = np.arange(0, len(columns), -(-len(columns) // SCORED))
        measured = response[test][:, columns[scored]]
        weights = np.vstack([np.ones(int(test.sum())), copies[:DRAWS, test]]).astype(np.float64)
        one_fold = np.zeros(len(measured), dtype=np.int64)
        for method, values, took in predictions(panel, test, columns, scored, methods):
            scores = resampled_scores(values, measured, one_fold, weights, panel.score.metric)
            drawn.setdefault(method, []).append(np.nan_to_num(scores).mean(axis=1))
            seconds.setdefault(method, []).append(took)
            print(f"{name} r={repeat} {method}: {drawn[method][-1][0]:.4f}, {took:.0f} CPU-s", flush=True)
    ours = np.mean(drawn[OURS], axis=0)
    return {
        "data": pair.title,
        "lines": len(panel.lines),
        "genes": panel.expression.shape[1],
        "learnt": len(columns),
        "scored": len(scored),
        "splits": splits,
        "methods": {
            method: {
                "spearman": [round(float(split[0]), 4) for split in values],
                "mean": round(float(np.mean(values, axis=0)[0]), 4),
                "behind": round(float((ours - np.mean(values, axis=0))[0]), 4),
                "interval_95": np.quantile((ours - np.mean(values, axis=0))[1:], (0.025, 0.975)).round(4).tolist(),
                "cpu_s": round(float(np.mean(seconds[method])), 1),
            }
            for method, values in drawn.items()
        },
    }


def table(figures: dict[str, Any]) -> list[str]:
    """Markdown of one data set's figures."""
    rows = sorted(figures["methods"].items(), key=lambda item: -item[1]["mean"])
    return [
        f"**{figures['data']}**: {figures['lines']} lines, {figures['genes']:,} genes,"
        f" {figures['scored']} perturbations ({figures['learnt']} where all are learnt together),"
        f" {figures['splits']} splits.",
        "",
        f"| method | rank correlation by split | mean | {OURS} is ahead by (95 %) | CPU-s for 100 |",
        "|---|---|---|---|---|",
        *(
            f"| {method} | {', '.join(f'{value:.3f}' for value in row['spearman'])} | {row['mean']:.3f} |"
            f" {'' if method == OURS else _ahead(row)} | {row['cpu_s']:.0f} |"
            for method, row in rows
        ),
        "",
    ]


def _ahead(row: dict[str, Any]) -> str:
    low, high = row["interval_95"]
    return f"{row['behind']:+.3f} ({low:+.3f} to {high:+.3f})"


def main() -> None:
    """Measure, print and write the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pairs", nargs="+", choices=["drugs", "rnai"], default=["drugs", "rnai"])
    parser.add_argument("--methods", nargs="+", choices=list(METHODS), default=list(METHODS))
    parser.add_argument("--splits", type=int, default=2)
    options = parser.parse_args()
    folder = real_data()
    lines = [
        "Mean Spearman on unseen lines, over perturbations; each peer as its library gives it"
        " (benchmarks/peer_methods.py says how). `python -m benchmarks.peers`",
        "",
    ]
    for name in options.pairs:
        with Stopwatch() as watch:
            figures = measure(name, folder, options.methods, options.splits)
        report("peers", figures, watch.cost)
        lines += table(figures)
    write_section("peers", "\n".join(lines))


if __name__ == "__main__":
    main()
