"""What further studies add to the accuracy on lines that no study has seen.

    python -m benchmarks.several_screens [--pairs drugs rnai] [--repeats 5]

The splits of the accuracy benchmark. GDSC2 with GDSC1 (2016) and CCLE (2012), and DRIVE with the CRISPR calls, each
beside itself alone: mean Spearman over perturbations, the gain's interval by drawing patients, the same ones in all
splits. Prints one JSON line per pair and writes the table into docs/several-studies.md.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from benchmarks.accuracy import PAIRS, Pair, drawn_copies
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

FURTHER = {
    "drugs": (
        FurtherSource(Path("drugs/gdsc1_v17_ln_ic50.parquet"), "ln_ic50"),
        FurtherSource(Path("drugs/ccle_2012_act_area.parquet"), "act_area"),
    ),
    "rnai": (FurtherSource(Path("essentiality/crispr_dependency_binary.parquet"), "dependency_call"),),
}


@dataclass(frozen=True)
class Gain:
    """Mean accuracy alone and together of each split, the gain by draw of patients, and seconds of both."""

    alone: list[float]
    together: list[float]
    draws: np.ndarray
    seconds: tuple[float, float]


def read_together(name: str, folder: Path) -> tuple[Pair, Panel]:
    """A pair of the accuracy benchmark, and its panel with further studies."""
    pair = PAIRS[name]
    sources = PanelSources(folder / pair.expression, folder / pair.response, folder / "Model.csv")
    also = tuple(replace(source, path=folder / source.path) for source in FURTHER[name])
    return pair, read_panel(replace(sources, also=also, drugs=folder / "drugs/gdsc_drug_targets.csv"))


def gain_of(pair: Pair, panel: Panel, repeats: int) -> Gain:
    """Both on the same lines and perturbations."""
    copies, response, recipe = drawn_copies(panel.patients), panel.response.to_numpy(), recipe_called(DEFAULT)
    means: dict[bool, list[float]] = {False: [], True: []}
    draws, seconds = [], {False: 0.0, True: 0.0}
    for repeat in range(repeats):
        test = digest_test_lines(panel.patients, repeat)
        chosen = np.isin(np.arange(response.shape[1]), pair.choose(response[~test]))
        measured, gone = response[test][:, chosen], set(panel.lines["patient"][test])
        found = {}
        for together in means:
            data = training_set(panel if together else replace(panel, further=()), recipe)
            with Stopwatch() as watch:
                part = data.of_perturbations(chosen).part(~test, gone)
                held_out = predict_held_out(part, Request(panel.expression[test]), recipe, Runtime(MemoryStore()))
            seconds[together] += watch.cost.cpu_seconds / repeats
            predicted, one_fold = held_out.by_layer.mean(axis=0), np.zeros(int(test.sum()), dtype=np.int64)
            weights = np.vstack([np.ones(int(test.sum())), copies[:, test]])
            found[together] = resampled_scores(predicted, measured, one_fold, weights, "spearman")
            means[together].append(round(float(np.nanmean(found[together][0])), 4))
        draws.append(np.nanmean(found[True], axis=1) - np.nanmean(found[False], axis=1))
    return Gain(means[False], means[True], np.mean(draws, axis=0), (seconds[False], seconds[True]))


def main() -> None:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pairs", nargs="+", default=list(FURTHER), choices=list(FURTHER))
    parser.add_argument("--repeats", type=int, default=5)
    options = parser.parse_args()
    rows = []
    for name in options.pairs:
        with Stopwatch() as watch:
            pair, panel = read_together(name, real_data())
            found = gain_of(pair, panel, options.repeats)
        low, high = np.quantile(found.draws[1:], (0.025, 0.975))
        studies = ", ".join(study.name for study in panel.further)
        report(
            f"{pair.title} with {studies}",
            {"alone": found.alone, "together": found.together, "gain": round(float(found.draws[0]), 4)},
            watch.cost,
        )
        rows.append(
            f"| {panel.study} | {studies} | {np.mean(found.alone):.3f} | {np.mean(found.together):.3f} |"
            f" {found.draws[0]:+.4f} ({low:+.4f} to {high:+.4f}) | {found.seconds[0]:.0f} | {found.seconds[1]:.0f} |"
        )
    head = (
        f"Lines that no study has seen, {options.repeats} splits by patient. `python -m benchmarks.several_screens`\n\n"
        "| predicted | further studies | alone | together | gain | CPU-s alone | together |\n"
        "|---|---|---|---|---|---|---|"
    )
    write_section("several screens", "\n".join([head, *rows]), DOCS / "several-studies.md")


if __name__ == "__main__":
    main()
