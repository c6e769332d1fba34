"""CRISPR in three levels of 831 lines, in calls of 595, or both: which panel predicts lines that none has seen better.

    python -m benchmarks.crispr_levels [--repeats 5] [--write]

535 genes of expression; 400 genes that are called in 10 to 60 % of the lines, those that continuous Chronos has first.
Judged are the calls of the test lines of the accuracy benchmark's splits (AUROC), and, with all lines of a continuous
screen held out, its values (rank correlation). Intervals draw patients, the same ones for both panels.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.accuracy import drawn_copies
from benchmarks.reporting import DOCS, Stopwatch, real_data, report, write_section
from leap_core.accuracy.resampling import resampled_scores
from leap_core.model.catalogue import DEFAULT, recipe_called
from leap_core.model.held_out import Request, predict_held_out
from leap_core.model.stages import training_set
from leap_core.panel.further_studies import FurtherSource
from leap_core.panel.panel import Panel
from leap_core.panel.reading import PanelSources, read_panel
from leap_core.panel.splits import digest_test_lines
from leap_core.run.runtime import Runtime
from leap_core.run.store import MemoryStore

CALLS, LEVELS = "crispr_dependency_binary.parquet", "crispr_22q1_three_levels.parquet"
CONTINUOUS = {"Chronos 23Q4": "chronos_23q4_635_genes.parquet", "DEMETER2": "demeter2_120_lines.parquet"}
GENES = 400
LOWER_IS_STRONGER = -1.0


@dataclass(frozen=True)
class Panels:
    """The panels, the genes that are judged, and the continuous screens."""

    calls: Panel
    levels: Panel
    together: Panel
    genes: list[str]
    continuous: dict[str, pd.DataFrame]


def read_panels(folder: Path) -> Panels:
    """Read both panels and choose the genes."""
    here = folder / "essentiality"
    calls, levels = (
        read_panel(PanelSources(here / "expression_535_genes.parquet", here / name, folder / "Model.csv"))
        for name in (CALLS, LEVELS)
    )
    also = (FurtherSource(here / LEVELS, "dependency_level"),)
    together = read_panel(
        PanelSources(here / "expression_535_genes.parquet", here / CALLS, folder / "Model.csv", also=also)
    )
    continuous = {title: pd.read_parquet(here / name) for title, name in CONTINUOUS.items()}
    share = calls.response.mean()
    selective = [gene for gene in share.index[(share >= 0.1) & (share <= 0.6)] if gene in levels.response]
    first = [gene for gene in selective if gene in continuous["Chronos 23Q4"]]
    others = [gene for gene in selective if gene not in first]
    step = len(others) / (GENES - len(first))
    return Panels(
        calls, levels, together, first + [others[int(k * step)] for k in range(GENES - len(first))], continuous
    )


def predicted(panel: Panel, genes: list[str], test: pd.DataFrame, patients: set[str]) -> np.ndarray:
    """Predictions (m, genes) of lines whose patients the training has not seen; higher = more dependent."""
    recipe = recipe_called(DEFAULT)
    keep = ~panel.lines["patient"].isin(patients).to_numpy()
    data = training_set(panel, recipe).of_perturbations(panel.response.columns.isin(genes)).part(keep, patients)
    found = predict_held_out(data, Request(test), recipe, Runtime(MemoryStore())).by_layer.mean(axis=0)
    order = [gene for gene in panel.response.columns if gene in set(genes)]
    return pd.DataFrame(found, columns=order)[genes].to_numpy()


def all_three(panels: Panels, truth: pd.DataFrame, genes: list[str], metric: str, copies: np.ndarray) -> np.ndarray:
    """Scores (3, draws) on lines that all predict without their patients."""
    lines = pd.concat([panels.levels.lines, panels.calls.lines])
    lines = lines[~lines.index.duplicated()].loc[truth.index]
    expression = pd.concat([panels.levels.expression, panels.calls.expression])
    test, patients = expression[~expression.index.duplicated()].loc[truth.index], set(lines["patient"])
    weights, fold = np.vstack([np.ones(len(truth)), copies]), np.zeros(len(truth), dtype=np.int64)
    scores = []
    for panel in (panels.calls, panels.levels, panels.together):
        found = predicted(panel, genes, test, patients)
        scores.append(np.nanmean(resampled_scores(found, truth[genes].to_numpy(), fold, weights, metric), axis=1))
    return np.stack(scores)


def judged(panels: Panels, repeats: int) -> dict[str, np.ndarray]:
    """By what judges: scores (3, draws)."""
    lines, response = panels.calls.lines, panels.calls.response
    copies, found = drawn_copies(lines["patient"].tolist()), []
    for repeat in range(repeats):
        test = digest_test_lines(lines["patient"].tolist(), repeat)
        found.append(all_three(panels, response[test], panels.genes, "auroc", copies[:, test]))
    results = {f"calls of the test lines, {repeats} splits (AUROC)": np.mean(found, axis=0)}
    everyone = pd.concat([panels.levels.lines, panels.calls.lines])
    everyone = everyone[~everyone.index.duplicated()]
    for title, table in panels.continuous.items():
        truth = LOWER_IS_STRONGER * table.loc[table.index.isin(everyone.index)]
        genes = [gene for gene in panels.genes if gene in truth]
        draws = drawn_copies(everyone.loc[truth.index, "patient"].tolist())
        name = f"{title}, {len(truth)} lines, {len(genes)} genes (rank correlation)"
        results[name] = all_three(panels, truth, genes, "spearman", draws)
    return results


def main() -> None:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    with Stopwatch() as watch:
        panels = read_panels(real_data())
        found = judged(panels, options.repeats)
    sizes = f"calls of {len(panels.calls.lines)} lines", f"levels of {len(panels.levels.lines)} lines"
    lines = [
        f"{GENES} selective genes, 535 genes of expression, lines that neither panel has seen."
        " `python -m benchmarks.crispr_levels`",
        "",
        f"| judged by | {sizes[0]} | {sizes[1]} | difference | calls, levels learnt from | difference |",
        "|---|---|---|---|---|---|",
    ]
    figures: dict[str, object] = {}
    for title, scores in found.items():
        cells, kept = [f"{scores[0, 0]:.3f}"], [float(scores[0, 0])]
        for other in scores[1:]:
            low, high = np.quantile((other - scores[0])[1:], (0.025, 0.975))
            cells += [f"{other[0]:.3f}", f"{other[0] - scores[0, 0]:+.3f} ({low:+.3f} to {high:+.3f})"]
            kept += [float(value) for value in (other[0], low, high)]
        figures[title] = [round(value, 4) for value in kept]
        lines.append(f"| {title} | {' | '.join(cells)} |")
    report("CRISPR in calls and in levels", figures, watch.cost)
    print("\n".join(lines))
    if options.write:
        write_section("crispr levels", "\n".join(lines), DOCS / "real-panels.md")


if __name__ == "__main__":
    main()
