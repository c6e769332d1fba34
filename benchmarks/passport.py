"""What the input passport's classes are worth on real screens, and what another platform costs.

    python -m benchmarks.passport [--home FOLDER]

Trains models on the drug, RNAi and CRISPR pairs with accuracy and prints their errors by class; then predicts the test
lines of the splits r = 0, 1, 2 from the other platform's measurement of the same lines. Writes both tables into
docs/reading.md.
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from benchmarks.missing_genes import PERTURBATIONS, REPEATS, mean_score, read_pair
from benchmarks.reporting import DOCS, Stopwatch, real_data, report, write_section
from leap_core.accuracy.line_errors import squared_errors
from leap_core.model.catalogue import recipe_called
from leap_core.model.stages import fit_ensemble, training_set
from leap_core.panel.kept import keep_panel
from leap_core.panel.panel import Panel
from leap_core.panel.quantiles import quantiles_of, to_quantiles
from leap_core.panel.splits import digest_test_lines
from leap_core.run.runtime import Runtime
from leap_core.run.store import Store
from leap_core.services.models import Model, load_model
from leap_core.services.training import train

OTHERS = {
    "drugs": ("essentiality/expression_17893_genes.parquet", "RNA-seq"),
    "depth": ("drugs/expression_rma_2305_genes.parquet", "microarray"),
}


def trained_model(name: str, folder: Path, store: Store) -> Model:
    """A model of one data set, with accuracy.

    Of the RNAi and CRISPR screens the perturbations that the benchmarks score.
    """
    pair, panel = read_pair(name, folder)
    columns = pair.choose(panel.response.to_numpy())[:PERTURBATIONS]
    panel = replace(panel, response=panel.response.iloc[:, columns])
    train(keep_panel(panel, store), recipe_called("leap-lasso"), "outer", Runtime(store), f"passport {name}")
    return load_model(f"passport {name}", store)


def class_table(name: str, model: Model) -> list[str]:
    """Markdown of the errors by class of one model, and how its lineage guess did."""
    errors = model.reference.class_errors
    assert errors is not None
    rows = []
    kinds = {"kinship": errors.kinship, "kinship, lineage left out": errors.without_lineage, "shift": errors.shift}
    for title, table in kinds.items():
        for kind, row in table.iterrows() if table is not None else ():
            rows.append(
                f"| {title} | {kind} | {row['lines']:.0f} | {row['error']:.3f} ({row['error_low']:.3f} to"
                f" {row['error_high']:.3f}) | {row['error_of_mean']:.3f} |"
            )
    guess = model.reference.lineage_guess
    return [
        (
            f"**{read_pair(name, real_data())[0].title.removesuffix(' (AUROC)')}** ({len(model.panel.lines)} lines)."
            f" Lineage guess: right for {guess.accuracy:.0%} of held-out lines, mean probability {guess.confidence:.0%}"
            f" ({len(guess.lineages)} lineages)."
        ),
        "",
        "| distance | class | lines | prediction error, SD (95 %) | error of the panel's mean |",
        "|---|---|---|---|---|",
        *rows,
        "",
    ]


def other_platform(name: str, folder: Path, store: Store) -> dict[str, Any]:
    """Accuracy on test lines from their own platform, from the genes both have, and from the other platform."""
    pair, panel = read_pair(name, folder)
    other = pd.read_parquet(folder / OTHERS[name][0])
    other.columns = [str(gene).split(" ")[0] for gene in other.columns]
    other = other.loc[:, ~other.columns.duplicated()]
    scores: dict[str, list[float]] = {}
    lines = genes = 0
    for repeat in range(REPEATS):
        found = _one_split(panel, other, pair.choose, repeat, store)
        lines, genes = lines + found.pop("lines"), found.pop("genes")
        for key, value in found.items():
            scores.setdefault(key, []).append(value)
    return {
        "data": pair.title,
        "other": OTHERS[name][1],
        "lines": lines,
        "genes": genes,
        **{key: round(float(np.mean(v)), 4) for key, v in scores.items()},
    }


def _one_split(panel: Panel, other: pd.DataFrame, choose: Any, repeat: int, store: Store) -> dict[str, Any]:
    test = digest_test_lines(panel.patients, repeat)
    response = panel.response.to_numpy()
    columns = choose(response[~test])[:PERTURBATIONS]
    whole = training_set(panel, recipe_called("leap-lasso"))
    data = replace(whole, response=whole.response[:, columns], status=whole.status[columns]).part(~test)
    names = panel.response.columns[columns].tolist()
    ensemble, trained = fit_ensemble(
        data, recipe_called("leap-lasso"), names, panel.score.higher_is_stronger, Runtime(store)
    )
    both = panel.expression.index[test].intersection(other.index)
    genes = [gene for gene in trained.standardiser.genes if gene in other.columns]
    quantiles = quantiles_of(panel.expression.loc[~test, genes].to_numpy())
    mapped = pd.DataFrame(
        [to_quantiles(row, quantiles) for row in other.loc[both, genes].to_numpy(dtype=float)], both, genes
    )
    measured = panel.response.loc[both, names].to_numpy()
    inputs = {
        "own": panel.expression.loc[both],
        "own_shared_genes": panel.expression.loc[both, genes],
        "mapped": mapped,
    }
    result: dict[str, Any] = {"lines": len(both), "genes": len(genes)}
    for key, frame in inputs.items():
        predicted = ensemble.predict(frame).predicted.to_numpy()
        errors = squared_errors(predicted, measured, data.response, np.ones(len(names), dtype=bool))
        result[key] = mean_score(predicted, measured, panel.score.binary)
        result[f"{key}_error"] = float(np.sqrt(np.nanmean(errors["squared_error"])))
        result["mean_error"] = float(np.sqrt(np.nanmean(errors["squared_error_of_mean"])))
    return result


def main() -> None:
    """Measure, print and write the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--home", type=Path, default=Path("data/models/benchmarks"), help="store of trained stages")
    options = parser.parse_args()
    store, folder = Store(options.home), real_data()
    lines = ["`python -m benchmarks.passport`", ""]
    for name in ("drugs", "rnai", "calls"):
        with Stopwatch() as watch:
            model = trained_model(name, folder, store)
        assert model.reference.class_errors is not None
        figures: dict[str, object] = {
            "data": name,
            "kinship": model.reference.class_errors.kinship.round(4).to_dict("index"),
            "lineage_guess": round(model.reference.lineage_guess.accuracy, 4),
        }
        report("passport classes", figures, watch.cost)
        lines += class_table(name, model)
    write_section("passport classes", "\n".join(lines), DOCS / "reading.md")
    rows = []
    for name in OTHERS:
        with Stopwatch() as watch:
            found = other_platform(name, folder, store)
        report("another platform", found, watch.cost)
        rows.append(
            f"| {found['data']} | {found['other']}, {found['genes']:,} genes | {found['lines']} | {found['own']:.3f} |"
            f" {found['own_shared_genes']:.3f} | {found['mapped']:.3f} | {found['own_error']:.2f} |"
            f" {found['mapped_error']:.2f} | {found['mean_error']:.2f} |"
        )
    head = (
        "| model | sample from | test lines | own platform | own, shared genes | mapped | error, own | error, mapped |"
        " error of the mean |"
    )
    write_section(
        "another platform",
        "\n".join(["`python -m benchmarks.passport`", "", head, "|---|---|---|---|---|---|---|---|---|", *rows, ""]),
        DOCS / "reading.md",
    )


if __name__ == "__main__":
    main()
