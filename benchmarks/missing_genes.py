"""Accuracy against the share of the model's genes that a sample lacks: where amber, red and refused begin.

    python -m benchmarks.missing_genes [--pairs drugs rnai calls depth] [--home FOLDER]

Genes are dropped at random from the test lines of the splits r = 0, 1, 2 and take the training mean, as in the product.
Prints one JSON line per pair, writes the table into docs/reading.md and the picture into docs/images.
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import plotly.graph_objects as go

from benchmarks.accuracy import PAIRS, Pair, drawn_copies, enough_lines, most_variable
from benchmarks.pictures import save_picture
from benchmarks.reporting import DOCS, Stopwatch, real_data, report, write_section
from leap_core.accuracy.baselines import lineage_mean
from leap_core.accuracy.metrics import auroc_columns
from leap_core.arrays import spearman_columns
from leap_core.model.catalogue import recipe_called
from leap_core.model.stages import fit_ensemble, training_set
from leap_core.panel.panel import Panel
from leap_core.panel.reading import PanelSources, read_panel
from leap_core.panel.splits import digest_test_lines
from leap_core.report.figures.style import BLUE, GREY, ORANGE
from leap_core.run.runtime import Runtime
from leap_core.run.store import Store

SHARES = (0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95)
REPEATS = 3
PERTURBATIONS = 400
Scores = np.ndarray


def selective_calls(response: np.ndarray) -> np.ndarray:
    """Genes called in 10 to 60 % of the training lines."""
    share = np.nanmean(response, axis=0)
    return np.flatnonzero((share >= 0.1) & (share <= 0.6))


CALLS = "essentiality/crispr_dependency_binary.parquet"
ALL_PAIRS = {
    **PAIRS,
    "calls": Pair(
        "CRISPR calls x 535 genes (AUROC)", "essentiality/expression_535_genes.parquet", CALLS, REPEATS, selective_calls
    ),
    "depth": Pair(
        "CRISPR calls x 17,893 genes (AUROC)",
        "essentiality/expression_17893_genes.parquet",
        CALLS,
        REPEATS,
        selective_calls,
    ),
}
__all__ = ["ALL_PAIRS", "enough_lines", "most_variable", "read_pair", "selective_calls"]


def read_pair(name: str, folder: Path) -> tuple[Pair, Panel]:
    """One data set and its panel."""
    pair = ALL_PAIRS[name]
    return pair, read_panel(PanelSources(folder / pair.expression, folder / pair.response, folder / "Model.csv"))


def mean_score(predicted: np.ndarray, measured: np.ndarray, binary: bool) -> float:
    """Mean over perturbations of Spearman, or of AUROC for calls; undefined ones count as no skill."""
    score = (auroc_columns if binary else spearman_columns)(predicted, measured)
    return float(np.where(np.isnan(score), 0.5 if binary else 0.0, score).mean())


def one_split(panel: Panel, pair: Pair, repeat: int, runtime: Runtime, copies: np.ndarray) -> dict[str, Any]:
    """Scores by share, their differences from all genes over resampled lines, and the lineage mean's score."""
    test = digest_test_lines(panel.patients, repeat)
    response = panel.response.to_numpy()
    columns = pair.choose(response[~test])[:PERTURBATIONS]
    whole = training_set(panel, recipe_called("leap-lasso"))
    data = replace(whole, response=whole.response[:, columns], status=whole.status[columns]).part(~test)
    names = panel.response.columns[columns].tolist()
    ensemble, trained = fit_ensemble(data, recipe_called("leap-lasso"), names, panel.score.higher_is_stronger, runtime)
    weights = ensemble.linear_weights().to_numpy()
    standardised = trained.standardiser.transform(panel.expression[test])
    measured, binary = response[test][:, columns], panel.score.binary
    random = np.random.default_rng(repeat)
    draw = random.random((len(standardised), standardised.shape[1]))
    predictions = {share: (standardised * (draw >= share)) @ weights[:-1] + weights[-1] for share in SHARES}
    spread = predictions[0.0].std(axis=0)
    varies = spread > 1e-6
    rows = [np.repeat(np.arange(len(measured)), drawn) for drawn in copies[:, test]]
    resampled = {
        share: np.array([mean_score(values[r], measured[r], binary) for r in rows])
        for share, values in predictions.items()
    }
    lineages = panel.lines["lineage"].to_numpy()
    of_lineage = lineage_mean(data.response, lineages[~test].tolist(), lineages[test].tolist())
    return {
        "score": {share: mean_score(values, measured, binary) for share, values in predictions.items()},
        "loss": {share: resampled[0.0] - values for share, values in resampled.items()},
        "moved": {
            share: float(
                np.sqrt(np.mean(np.square(((values - predictions[0.0]) / np.where(varies, spread, 1.0))[:, varies])))
            )
            for share, values in predictions.items()
        },
        "lineage_mean": mean_score(of_lineage, measured, binary),
    }


def measure(name: str, folder: Path, home: Path) -> dict[str, Any]:
    """Mean over splits of one data set."""
    pair, panel = read_pair(name, folder)
    copies = drawn_copies(panel.patients)[:100]
    splits = [one_split(panel, pair, repeat, Runtime(Store(home)), copies) for repeat in range(REPEATS)]
    loss = {share: np.mean([split["loss"][share] for split in splits], axis=0) for share in SHARES}
    return {
        "data": pair.title,
        "lineage_mean": round(float(np.mean([split["lineage_mean"] for split in splits])), 4),
        "shares": {
            f"{share:.0%}": {
                "score": round(float(np.mean([split["score"][share] for split in splits])), 4),
                "loss_95": [round(float(value), 4) for value in np.quantile(loss[share], (0.025, 0.975))],
                "moved": round(float(np.mean([split["moved"][share] for split in splits])), 3),
            }
            for share in SHARES
        },
    }


def picture(figures: list[dict[str, Any]]) -> go.Figure:
    """Share of the gain over the lineage mean that is left, against the share of missing genes."""
    figure = go.Figure()
    for number, entry in enumerate(figures):
        full = entry["shares"]["0%"]["score"] - entry["lineage_mean"]
        left = [100 * (values["score"] - entry["lineage_mean"]) / full for values in entry["shares"].values()]
        colour = (BLUE, ORANGE, "#6ba4dd", "#b3752f")[number % 4]
        x = [100 * share for share in SHARES]
        figure.add_scatter(
            x=x,
            y=left,
            mode="lines+markers",
            name=entry["data"],
            line={"color": colour},
            marker={"symbol": number, "size": 8},
        )
    for share, text in ((20, "amber from here"), (50, "red from here"), (90, "refused from here")):
        note = {"text": text, "textangle": 90, "font": {"size": 11, "color": GREY}}
        figure.add_vline(
            share, line={"color": GREY, "dash": "dot"}, annotation=note, annotation_position="bottom right"
        )
    figure.update_yaxes(title="Accuracy above the lineage mean,<br>% of what all genes give", range=[-60, 112])
    figure.update_xaxes(title="Model's genes that the sample lacks (%)")
    figure.update_layout(legend={"orientation": "h", "y": 1.12}, margin={"l": 70, "r": 20, "t": 60, "b": 50})
    return figure


def table(entry: dict[str, Any]) -> list[str]:
    """Markdown of one data set."""
    rows = [
        f"| {share} | {values['score']:.3f} | {values['loss_95'][0]:.3f} to {values['loss_95'][1]:.3f} |"
        f" {values['moved']:.2f} |"
        for share, values in entry["shares"].items()
    ]
    head = f"**{entry['data']}**; lineage mean: {entry['lineage_mean']:.3f}"
    return [
        head,
        "",
        "| genes missing | score | loss, 95 % interval | predictions moved by (SD) |",
        "|---|---|---|---|",
        *rows,
        "",
    ]


def main() -> None:
    """Measure, print, and write table and picture."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pairs", nargs="+", choices=sorted(ALL_PAIRS), default=["drugs", "rnai", "calls", "depth"])
    parser.add_argument("--home", type=Path, default=Path("data/models/benchmarks"), help="store of trained stages")
    options = parser.parse_args()
    figures, lines = (
        [],
        ["Mean over test lines' perturbations and the splits r = 0, 1, 2. `python -m benchmarks.missing_genes`", ""],
    )
    for name in options.pairs:
        with Stopwatch() as watch:
            figures.append(measure(name, real_data(), options.home))
        report("missing genes", figures[-1], watch.cost)
        lines += table(figures[-1])
    if save_picture(picture(figures), DOCS / "images" / "missing_genes.png"):
        lines += ["![Accuracy against the share of missing genes](images/missing_genes.png)", ""]
    write_section("missing genes", "\n".join(lines), DOCS / "reading.md")


if __name__ == "__main__":
    main()
