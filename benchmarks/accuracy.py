"""Accuracy on unseen lines of the product's code on real screens, on splits that anybody can recompute.

    python -m benchmarks.accuracy [--pairs drugs rnai] [--home FOLDER]

A line is a test line of repeat r where ``int(sha256("leap-{r}|{PatientID}"), 16) % 5 == 0``. Everything is
learnt on the other lines. Prints one JSON line per data set and writes the table into benchmarks/README.md.
"""

from __future__ import annotations

import argparse
import dataclasses
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.ablations import recipe_of
from benchmarks.reporting import Stopwatch, real_data, report, write_section
from leap_core.accuracy.baselines import lineage_mean, nearest_line
from leap_core.arrays import spearman_columns
from leap_core.model.stages import fit_ensemble, training_set
from leap_core.panel.panel import Panel
from leap_core.panel.reading import PanelSources, read_panel
from leap_core.panel.splits import digest_test_lines
from leap_core.run.runtime import Runtime
from leap_core.run.store import Store

RESAMPLES = 200
METHODS = {
    "lineage mean": "lineage_mean",
    "nearest line": "nearest_line",
    "PCA(256) + PS-LASSO": "pca_lasso",
    "PCA(256) + ridge": "pca_ridge",
    "one layer + PS-LASSO (mean of 5)": "single",
    "LEAP: five layers in closed form + PS-LASSO": "leap",
    "the same with five trained layers": "trained",
}


@dataclasses.dataclass(frozen=True)
class Pair:
    """One data set: its files, repeats, and which perturbations are scored."""

    title: str
    expression: str
    response: str
    repeats: int
    choose: Callable[[np.ndarray], np.ndarray]


def enough_lines(response: np.ndarray) -> np.ndarray:
    """Drugs with 240 or more training lines."""
    return np.flatnonzero((~np.isnan(response)).sum(axis=0) >= 240)


def most_variable(response: np.ndarray) -> np.ndarray:
    """The 1,000 perturbations of highest training variance among those with 160 or more training lines."""
    enough = (~np.isnan(response)).sum(axis=0) >= 160
    variance = np.where(enough, np.nanvar(response, axis=0), -1.0)
    return np.sort(np.argsort(-variance, kind="stable")[:1000])


PAIRS = {
    "drugs": Pair(
        "GDSC2 ln IC50 x RMA", "drugs/expression_rma_2305_genes.parquet", "drugs/gdsc2_ln_ic50.parquet", 5, enough_lines
    ),
    "rnai": Pair(
        "DRIVE x 535 genes",
        "essentiality/expression_535_genes.parquet",
        "essentiality/rnai_drive_ataris.parquet",
        5,
        most_variable,
    ),
}


def predict_split(panel: Panel, pair: Pair, repeat: int, runtime: Runtime) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """Predictions (methods, and the five single layers) and measurements of one split's test lines."""
    test = digest_test_lines(panel.patients, repeat)
    recipe = recipe_of("leap-lasso")
    response = panel.response.to_numpy()
    columns = pair.choose(response[~test])
    names = panel.response.columns[columns].tolist()
    whole = training_set(panel, recipe)
    data = dataclasses.replace(whole, response=whole.response[:, columns], status=whole.status[columns]).part(~test)
    leap, trained = fit_ensemble(data, recipe, names, panel.score.higher_is_stronger, runtime)
    standardised = trained.standardiser.transform(panel.expression)
    lineages = panel.lines["lineage"].to_numpy()
    predictions = {
        "lineage_mean": lineage_mean(data.response, lineages[~test].tolist(), lineages[test].tolist()),
        "nearest_line": nearest_line(standardised[~test], data.response, standardised[test]),
    }
    for name in ("pca-lasso", "pca-ridge", "leap-lasso-trained"):
        fitted, _ = fit_ensemble(data, recipe_of(name), names, panel.score.higher_is_stronger, runtime)
        predictions[name.removeprefix("leap-lasso-").replace("-", "_")] = fitted.predict(
            panel.expression[test]
        ).predicted.to_numpy()
    by_layer = [
        h.predict(layer.encode(standardised[test])).mean(axis=0)
        for layer, h in zip(leap.layers, leap.heads, strict=True)
    ]
    predictions |= {f"layer_{number}": values for number, values in enumerate(by_layer)}
    predictions["leap"] = np.mean(by_layer, axis=0)
    return predictions, response[test][:, columns]


def mean_scores(predictions: dict[str, np.ndarray], measured: np.ndarray) -> dict[str, float]:
    """Mean over perturbations of the Spearman correlation; undefined ones count 0."""
    scores = {
        name: float(np.nan_to_num(spearman_columns(values, measured)).mean()) for name, values in predictions.items()
    }
    scores["single"] = float(np.mean([value for name, value in scores.items() if name.startswith("layer_")]))
    return scores


def drawn_copies(patients: list[str]) -> np.ndarray:
    """How often each line is in each resampling (draws, n): patients are drawn, and the same ones for every split.

    The splits share test lines; drawing anew in each would make their mean look more certain than it is.
    """
    names, which = np.unique(np.asarray(patients, dtype=str), return_inverse=True)
    random = np.random.default_rng(0)
    return np.stack(
        [np.bincount(random.integers(0, len(names), len(names)), minlength=len(names))[which] for _ in range(RESAMPLES)]
    )


def resampled(predictions: dict[str, np.ndarray], measured: np.ndarray, copies: np.ndarray) -> list[dict[str, float]]:
    """Mean scores of ensemble, single layers and trained layers for each resampling (draws, m) of the test lines."""
    kept = {
        name: values for name, values in predictions.items() if name in ("leap", "trained") or name.startswith("layer_")
    }
    draws = (np.repeat(np.arange(len(measured)), drawn) for drawn in copies)
    return [mean_scores({name: values[rows] for name, values in kept.items()}, measured[rows]) for rows in draws]


def difference(scores: list[dict[str, float]], draws: list[list[dict[str, float]]], other: str) -> dict[str, object]:
    """Ensemble minus another method: mean over splits, by split, and the interval over resampled test lines."""
    by_split = [split["leap"] - split[other] for split in scores]
    over_draws = np.mean([[draw["leap"] - draw[other] for draw in split] for split in draws], axis=0)
    interval = [round(float(value), 4) for value in np.quantile(over_draws, (0.025, 0.975))]
    return {
        "mean": round(float(np.mean(by_split)), 4),
        "by_split": [round(value, 4) for value in by_split],
        "interval_95": interval,
    }


def measure(name: str, folder: Path, home: Path) -> dict[str, Any]:
    """Measure one data set; return the figures."""
    pair = PAIRS[name]
    panel = read_panel(PanelSources(folder / pair.expression, folder / pair.response, folder / "Model.csv"))
    runtime = Runtime(Store(home))
    copies = drawn_copies(panel.patients)
    per_split, draws = [], []
    for repeat in range(pair.repeats):
        started = time.time()
        predictions, measured = predict_split(panel, pair, repeat, runtime)
        per_split.append(mean_scores(predictions, measured))
        draws.append(resampled(predictions, measured, copies[:, digest_test_lines(panel.patients, repeat)]))
        print(
            f"{name} r={repeat}: { ({key: round(value, 4) for key, value in per_split[-1].items()}) },"
            f" {time.time() - started:.0f} s",
            flush=True,
        )
    return {
        "data": pair.title,
        "lines": len(panel.lines),
        "perturbations": int(measured.shape[1]),
        "mean": {
            method: round(float(np.mean([split[method] for split in per_split])), 4) for method in METHODS.values()
        },
        "leap_by_split": [round(split["leap"], 4) for split in per_split],
        "over_single_layer": difference(per_split, draws, "single"),
        "over_trained": difference(per_split, draws, "trained"),
    }


def main() -> None:
    """Measure, print and write the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pairs", nargs="+", choices=sorted(PAIRS), default=sorted(PAIRS))
    parser.add_argument("--home", type=Path, default=Path("data/models/benchmarks"), help="store of trained stages")
    arguments = parser.parse_args()
    folder = real_data()
    lines = ["Mean Spearman on test lines, over perturbations and splits. `python -m benchmarks.accuracy`", ""]
    for name in arguments.pairs:
        with Stopwatch() as watch:
            figures = measure(name, folder, arguments.home)
        report("accuracy", figures, watch.cost)
        lines += table(figures, watch)
    write_section("accuracy " + " ".join(arguments.pairs), "\n".join(lines))


def table(figures: dict[str, Any], watch: Stopwatch) -> list[str]:
    """Markdown of one data set's figures."""
    single, trained = figures["over_single_layer"], figures["over_trained"]
    rows = [f"| {title} | {figures['mean'][key]:.3f} |" for title, key in METHODS.items()]
    return [
        f"**{figures['data']}** ({figures['lines']} lines, {figures['perturbations']} perturbations in the last split)",
        "",
        "| method | mean Spearman |",
        "|---|---|",
        *rows,
        "",
        (
            f"LEAP by split: {figures['leap_by_split']}. Five layers above the mean single layer by {single['mean']}"
            f" (95 % interval, patients of the test lines resampled: {single['interval_95'][0]} to"
            f" {single['interval_95'][1]}). Closed form minus trained layers: {trained['mean']}"
            f" ({trained['interval_95'][0]} to {trained['interval_95'][1]}), by split {trained['by_split']}."
            f" {watch.cost.seconds:.0f} s wall, {watch.cost.cpu_seconds:.0f} CPU-s; stages found in the store are not"
            " computed again."
        ),
        "",
    ]


if __name__ == "__main__":
    main()
