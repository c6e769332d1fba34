"""Recipes beside each other on unseen lines: accuracy, paired differences from the paper's recipe, and what each costs.

    python -m benchmarks.recipes [--pairs drugs rnai calls] [--recipes NAME ...] [--home FOLDER]

The splits of the accuracy benchmark. Differences are paired over perturbations and splits; their intervals draw
patients of the test lines, the same ones for every split. CPU seconds are those of training one split's ensemble, each
recipe in a store of its own. Prints one JSON line per pair and writes a section of benchmarks/README.md.
"""

from __future__ import annotations

import argparse
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.ablations import recipe_of
from benchmarks.accuracy import drawn_copies
from benchmarks.missing_genes import ALL_PAIRS, read_pair
from benchmarks.reporting import Stopwatch, real_data, report, write_section
from leap_core.accuracy.baselines import lineage_mean, nearest_line
from leap_core.accuracy.resampling import resampled_scores
from leap_core.model.ensemble import FittedEnsemble
from leap_core.model.stages import fit_ensemble, training_set
from leap_core.panel.panel import Panel
from leap_core.panel.splits import digest_test_lines
from leap_core.run.runtime import Runtime
from leap_core.run.store import Store

REFERENCE = "leap-lasso"
RECIPES = (
    REFERENCE,
    "leap-best",
    "leap-gene-weighted",
    "leap-multitarget",
    "leap-ridge",
    "leap-kernel-ridge",
    "leap-knn",
    "pca-ridge",
    "pca-lasso",
)
SPLITS, DRAWS = 5, 100


def fitted(panel: Panel, test: np.ndarray, columns: np.ndarray, recipe: str, runtime: Runtime) -> FittedEnsemble:
    """The ensemble of the lines that are not test lines."""
    chosen = recipe_of(recipe)
    whole = training_set(panel, chosen)
    data = replace(whole, response=whole.response[:, columns], status=whole.status[columns]).part(~test)
    return fit_ensemble(
        data, chosen, panel.response.columns[columns].tolist(), panel.score.higher_is_stronger, runtime
    )[0]


def one_split(
    name: str, panel: Panel, repeat: int, recipes: list[str], home: Path
) -> tuple[dict[str, np.ndarray], np.ndarray, dict[str, float]]:
    """Predictions of every recipe, its layers and the baselines; measurements (m, q).

    CPU seconds by recipe (0 where it was found).
    """
    test = digest_test_lines(panel.patients, repeat)
    response = panel.response.to_numpy()
    columns = ALL_PAIRS[name].choose(response[~test])
    if panel.score.binary:
        columns = columns[:1000]
    predictions, seconds = {}, {}
    for recipe in recipes:
        started = time.process_time()
        ensemble = fitted(panel, test, columns, recipe, Runtime(Store(home / recipe)))
        seconds[recipe] = time.process_time() - started
        standardised = ensemble.standardiser.transform(panel.expression[test])
        by_layer = [
            heads.predict(layer.encode(standardised)).mean(axis=0)
            for layer, heads in zip(ensemble.layers, ensemble.heads, strict=True)
        ]
        predictions[recipe] = np.mean(by_layer, axis=0)
        predictions |= {f"{recipe} layer {number}": values for number, values in enumerate(by_layer, start=1)}
    training, lineages = response[~test][:, columns], panel.lines["lineage"].to_numpy()
    predictions["lineage mean"] = lineage_mean(training, lineages[~test].tolist(), lineages[test].tolist())
    predictions["nearest line"] = nearest_line(
        ensemble.standardiser.transform(panel.expression[~test]),
        training,
        ensemble.standardiser.transform(panel.expression[test]),
    )
    return predictions, response[test][:, columns], seconds


def measure(name: str, folder: Path, recipes: list[str], home: Path) -> dict[str, Any]:
    """All figures of one data set."""
    pair, panel = read_pair(name, folder)
    copies = drawn_copies(panel.patients)[:DRAWS]
    drawn: dict[str, list[np.ndarray]] = {}
    seconds: dict[str, list[float]] = {}
    for repeat in range(SPLITS):
        test = digest_test_lines(panel.patients, repeat)
        predictions, measured, took = one_split(name, panel, repeat, recipes, home)
        weights = np.vstack([np.ones(int(test.sum())), copies[:, test]]).astype(np.float64)
        one_fold = np.zeros(len(measured), dtype=np.int64)
        for method, values in predictions.items():
            scores = resampled_scores(values, measured, one_fold, weights, panel.score.metric)
            drawn.setdefault(method, []).append(
                np.nanmean(np.nan_to_num(scores, nan=0.5 if panel.score.binary else 0.0), axis=1)
            )
        for recipe, value in took.items():
            seconds.setdefault(recipe, []).append(1000.0 * value / measured.shape[1])
        print(
            f"{name} r={repeat}: { ({m: round(float(v[-1][0]), 4) for m, v in drawn.items() if 'layer' not in m}) }",
            flush=True,
        )
    mean = {method: np.mean(values, axis=0) for method, values in drawn.items()}
    best = {
        recipe: max(
            (method for method in mean if method.startswith(f"{recipe} layer")), key=lambda m: float(mean[m][0])
        )
        for recipe in recipes
    }
    return {
        "data": pair.title,
        "metric": panel.score.metric,
        "splits": SPLITS,
        "mean": {method: round(float(values[0]), 4) for method, values in mean.items() if "layer" not in method},
        "by_split": {
            method: [round(float(v[0]), 4) for v in values] for method, values in drawn.items() if method in recipes
        },
        "minus_reference": {
            m: _difference(mean[m], mean[REFERENCE]) for m in mean if "layer" not in m and m != REFERENCE
        },
        "minus_best_layer": {
            recipe: _difference(mean[recipe], mean[best[recipe]]) for recipe in recipes if recipe_of(recipe).layers > 1
        },
        "cpu_seconds_per_1000": {recipe: round(float(np.median(values)), 1) for recipe, values in seconds.items()},
    }


def _difference(ours: np.ndarray, theirs: np.ndarray) -> list[float]:
    difference = ours - theirs
    return [round(float(value), 4) for value in (difference[0], *np.quantile(difference[1:], (0.025, 0.975)))]


def table(figures: dict[str, Any]) -> str:
    """One data set as a table."""
    metric = {"spearman": "mean Spearman", "auroc": "mean AUROC"}[figures["metric"]]
    lines = [
        f"**{figures['data']}**, {figures['splits']} splits",
        "",
        f"| | {metric} | minus {REFERENCE} (95 % interval) | minus its best layer | CPU-s per 1,000 perturbations |",
        "|---|---|---|---|---|",
    ]
    for method, value in sorted(figures["mean"].items(), key=lambda pair: -pair[1]):
        gain = figures["minus_reference"].get(method)
        layer = figures["minus_best_layer"].get(method)
        cost = figures["cpu_seconds_per_1000"].get(method)
        lines.append(
            f"| {method} | {value:.4f} | {_words(gain)} | {_words(layer)} | {'' if cost is None else f'{cost:.1f}'} |"
        )
    return "\n".join(lines)


def _words(difference: list[float] | None) -> str:
    if difference is None:
        return ""
    text = f"{difference[0]:+.4f} ({difference[1]:+.4f} to {difference[2]:+.4f})"
    return text if difference[1] > 0 or difference[2] < 0 else f"{text}, no difference shown"


def main() -> None:
    """Measure and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", nargs="+", default=["drugs", "rnai", "calls"], choices=list(ALL_PAIRS))
    parser.add_argument("--recipes", nargs="+", default=list(RECIPES))
    parser.add_argument("--home", type=Path, default=Path("data/models/benchmarks"))
    options = parser.parse_args()
    for name in options.pairs:
        with Stopwatch() as watch:
            figures = measure(name, real_data(), list(dict.fromkeys([REFERENCE, *options.recipes])), options.home)
        report(f"recipes on {figures['data']}", figures, watch.cost)
        write_section(f"recipes {name}", f"Recipes on unseen lines. `python -m benchmarks.recipes`\n\n{table(figures)}")


if __name__ == "__main__":
    main()
