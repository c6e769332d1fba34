"""Drugs by RNA-seq: a panel of arrays that RNA-seq is mapped to, or a smaller panel of RNA-seq.

    python -m benchmarks.rnaseq_panels [--repeats 5] [--write]

GDSC2 on lines that have both RMA and RNA-seq (535 genes, and 706 that were published as z-scores and are brought back
by the lines that the genome-wide table has): test lines of the accuracy benchmark's splits, predicted from RMA and from
RNA-seq, each by a panel of its own kind. And the lines whose RNA-seq is genome-wide, each predicted once by a panel of
arrays that has not seen its fold: from RMA, and from RNA-seq mapped to the arrays' quantiles as the product does it.
Intervals draw patients, the same ones for all.
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.accuracy import drawn_copies, enough_lines
from benchmarks.reporting import DOCS, Stopwatch, real_data, report, write_section
from leap_core.accuracy.resampling import resampled_scores
from leap_core.model.catalogue import DEFAULT, recipe_called
from leap_core.model.held_out import Request, predict_held_out
from leap_core.model.stages import training_set
from leap_core.panel.panel import Panel, PanelDescription, assemble
from leap_core.panel.quantiles import quantiles_of, to_quantiles
from leap_core.panel.reading import PanelSources, read_panel
from leap_core.panel.splits import digest_test_lines, patient_folds
from leap_core.run.runtime import Runtime
from leap_core.run.store import MemoryStore

FOLDS = 5
RESPONSE = "drugs/gdsc2_ln_ic50.parquet"
ARRAY, MAPPED, FEWER, SEQUENCED = (
    "RMA, by all lines that have it",
    "RNA-seq mapped to RMA, the same model",
    "RMA, by the lines that have both",
    "RNA-seq, by the lines that have both",
)


def sequenced(folder: Path) -> pd.DataFrame:
    """Log2(TPM+1) of 1,052 genes: the z-scores brought back by least squares on the lines of the genome-wide table."""
    here = folder / "essentiality"
    cancer, whole = (pd.read_parquet(here / f"expression_{name}.parquet") for name in ("535_genes", "17893_genes"))
    scored = pd.read_parquet(here / "expression_706_genes_zscored.parquet")
    genes = scored.columns.intersection(whole.columns).difference(cancer.columns)
    lines = scored.index.intersection(whole.index)
    z, values = scored.loc[lines, genes], whole.loc[lines, genes]
    slope = (z * (values - values.mean())).sum() / (z * (z - z.mean())).sum()
    back = (scored[genes] * slope + (values.mean() - slope * z.mean())).clip(lower=0.0)
    return cancer.join(back, how="inner")


def read_panels(folder: Path) -> tuple[Panel, Panel]:
    """The panel of arrays, and that of RNA-seq."""
    sources = PanelSources(folder / "drugs/expression_rma_2305_genes.parquet", folder / RESPONSE, folder / "Model.csv")
    array = read_panel(replace(sources, score="ln_ic50"))
    description = PanelDescription(array.score, "RNA-seq x GDSC2", "log2(TPM+1)")
    rna = assemble(sequenced(folder), pd.read_parquet(folder / RESPONSE), array.lines, description)
    return array, rna


def mapped(values: pd.DataFrame, panel: Panel) -> pd.DataFrame:
    """Samples in the panel's genes and distribution; genes that they lack are gaps."""
    found = [gene for gene in panel.expression if gene in values]
    reference = quantiles_of(panel.expression[found].to_numpy())
    rows = [to_quantiles(row, reference) for row in values[found].to_numpy(dtype=float)]
    return pd.DataFrame(rows, values.index, found).reindex(columns=panel.expression.columns).astype(np.float32)


def predicted(panel: Panel, drugs: pd.Index, tests: list[pd.DataFrame], keep: pd.Index) -> list[np.ndarray]:
    """Predictions of some tables of samples by a model of some of the panel's lines."""
    recipe = recipe_called(DEFAULT)
    data = training_set(panel, recipe).of_perturbations(panel.response.columns.isin(drugs))
    data = data.part(panel.lines.index.isin(keep))
    runtime = Runtime(MemoryStore())
    return [predict_held_out(data, Request(test), recipe, runtime).by_layer.mean(axis=0) for test in tests]


def judged(array: Panel, rna: Panel, repeats: int) -> dict[str, np.ndarray]:
    """Mean rank correlation (1 + draws) of the test lines by panels of either kind."""
    both = array.lines.index.intersection(rna.lines.index)
    patients = array.lines["patient"]
    copies, found = drawn_copies(patients[both].tolist()), []
    for repeat in range(repeats):
        test = digest_test_lines(patients[both].tolist(), repeat)
        lines = both[test]
        free = patients.index[~patients.isin(set(patients[lines]))]
        shared = free.intersection(both)
        enough = enough_lines(array.response.loc[free].to_numpy())
        drugs = array.response.columns[enough].intersection(rna.response.columns)
        of_array, of_rna = array.expression.loc[lines], rna.expression.loc[lines]
        methods = {
            ARRAY: predicted(array, drugs, [of_array], free)[0],
            FEWER: predicted(array, drugs, [of_array], shared)[0],
            SEQUENCED: predicted(rna, drugs, [of_rna], shared)[0],
        }
        truth = array.response.loc[lines, array.response.columns.isin(drugs)].to_numpy()
        weights, fold = np.vstack([np.ones(len(lines)), copies[:, test]]), np.zeros(len(lines), dtype=np.int64)
        found.append(scores_of(methods, truth, fold, weights))
    return {name: np.mean([split[name] for split in found], axis=0) for name in found[0]}


def judged_mapped(array: Panel, whole: pd.DataFrame) -> dict[str, np.ndarray]:
    """The same of lines whose RNA-seq is genome-wide, each predicted without its fold."""
    lines = array.lines.index.intersection(whole.index)
    patients = array.lines["patient"]
    folds = patient_folds(patients[lines].tolist(), FOLDS, 0)
    drugs = array.response.columns[enough_lines(array.response.to_numpy())]
    methods = {name: np.empty((len(lines), len(drugs))) for name in (ARRAY, MAPPED)}
    for fold in range(FOLDS):
        test = lines[folds == fold]
        free = patients.index[~patients.isin(set(patients[test]))]
        tests = [array.expression.loc[test], mapped(whole.loc[test], array)]
        for name, values in zip(methods, predicted(array, drugs, tests, free), strict=True):
            methods[name][folds == fold] = values
    weights = np.vstack([np.ones(len(lines)), drawn_copies(patients[lines].tolist())])
    return scores_of(methods, array.response.loc[lines, drugs].to_numpy(), folds, weights)


def scores_of(
    methods: dict[str, np.ndarray], truth: np.ndarray, folds: np.ndarray, weights: np.ndarray
) -> dict[str, np.ndarray]:
    """Mean over drugs of the rank correlation, by draw."""
    return {
        name: np.nanmean(resampled_scores(values, truth, folds, weights, "spearman"), axis=1)
        for name, values in methods.items()
    }


def in_rows(found: dict[str, np.ndarray], figures: dict[str, object]) -> list[str]:
    """Rows of a table, and what the JSON line says."""
    rows, first = [], found[ARRAY]
    for name, draws in found.items():
        low, high = np.quantile((draws - first)[1:], (0.025, 0.975))
        figures[f"{name} ({len(figures)})"] = [round(float(value), 4) for value in (draws[0], low, high)]
        beside = f"{draws[0] - first[0]:+.3f} ({low:+.3f} to {high:+.3f})" if name != ARRAY else ""
        rows.append(f"| {name} | {draws[0]:.3f} | {beside} |")
    return rows


def main() -> None:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    folder = real_data()
    with Stopwatch() as watch:
        array, rna = read_panels(folder)
        whole = pd.read_parquet(folder / "essentiality/expression_17893_genes.parquet")
        by_kind, by_mapping = judged(array, rna, options.repeats), judged_mapped(array, whole)
    both, wide = (len(array.lines.index.intersection(table.index)) for table in (rna.lines, whole))
    genes = [len(array.expression.columns.intersection(table.columns)) for table in (array.expression, whole)]
    head = ["", "| predicted from | rank correlation | difference from the first |", "|---|---|---|"]
    figures: dict[str, object] = {}
    lines = [
        f"GDSC2, {options.repeats} splits, test lines among the {both} that have RMA and RNA-seq of"
        f" {rna.expression.shape[1]:,} genes; arrays: {len(array.lines)} lines, {genes[0]:,} genes."
        " `python -m benchmarks.rnaseq_panels`",
        *head,
        *in_rows(by_kind, figures),
        "",
        f"The {wide} lines whose RNA-seq is genome-wide ({genes[1]:,} of the arrays' genes), each predicted without its"
        " fold:",
        *head,
        *in_rows(by_mapping, figures),
    ]
    report("drugs by RNA-seq", figures, watch.cost)
    print("\n".join(lines))
    if options.write:
        write_section("rnaseq panels", "\n".join(lines), DOCS / "real-panels.md")


if __name__ == "__main__":
    main()
