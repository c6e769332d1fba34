"""A file of many samples against one model, and how far percentiles move when genes are missing.

    python -m benchmarks.many_samples [--home FOLDER] [--write]

The lines of the GDSC expression table that GDSC2 did not screen, by `leap-best` trained on the others. The second table
takes genes away from them, any or of the lowest mean in the panel, and compares percentiles over the genes that are
left, the panel's own distances by all genes, with those of a panel measured anew by the same genes.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.reporting import Stopwatch, real_data, report, write_section
from leap_core.arrays import Floats, Ints
from leap_core.model.catalogue import DEFAULT, recipe_called
from leap_core.panel.kept import keep_panel
from leap_core.panel.reading import PanelSources, read_panel
from leap_core.passport.distances import PanelDistances
from leap_core.passport.familiarity import class_of
from leap_core.passport.reference import PanelReference
from leap_core.run.runtime import Runtime
from leap_core.run.store import Store
from leap_core.sample.uploads import read_uploads
from leap_core.services.models import Model, gene_names_of, known_genes, load_model
from leap_core.services.scoring import check_samples, hit_tables
from leap_core.services.training import train

SHARES, REPEATS = (0.01, 0.02, 0.05, 0.1), 3
EXPRESSION = "drugs/expression_rma_2305_genes.parquet"


def trained_model(folder: Path, store: Store) -> Model:
    """The default recipe on GDSC2."""
    sources = PanelSources(
        folder / EXPRESSION, folder / "drugs/gdsc2_ln_ic50.parquet", folder / "Model.csv", score="ln_ic50"
    )
    panel = read_panel(sources)
    train(keep_panel(panel, store), recipe_called(DEFAULT), "outer", Runtime(store), "many samples")
    return load_model("many samples", store)


def seconds_of(model: Model, table: pd.DataFrame, store: Store) -> dict[str, float]:
    """Seconds of reading, of the passports and of the hit tables."""
    started = time.perf_counter()
    content = table.to_csv().encode()
    profiles = read_uploads((("samples.csv", content),), known_genes([model]), gene_names_of(store, [model]))
    read = time.perf_counter()
    checks, refused = check_samples(model, profiles)
    checked = time.perf_counter()
    hit_tables(model, pd.concat([one.values for _, one in checks]), [passport for passport, _ in checks])
    return {
        "samples": len(profiles.samples),
        "scored": len(checks),
        "refused": len(refused),
        "read": read - started,
        "passports": checked - read,
        "tables": time.perf_counter() - checked,
    }


def missing_genes(reference: PanelReference, samples: Floats, low: bool) -> list[str]:
    """Rows of a table: by the share of missing genes how far percentiles move, and how many classes change."""
    expression = reference.panel.expression[list(reference.standardiser.genes)].to_numpy()
    random, order = np.random.default_rng(0), np.argsort(np.nanmean(expression, axis=0))
    rows = []
    for share in SHARES:
        count = round(share * len(order))
        moved, classes = [], 0
        for _ in range(REPEATS):
            gone: Ints = random.choice(order[: 3 * count] if low else order, count, replace=False)
            kept = np.setdiff1d(np.arange(len(order)), gone)
            some = samples.copy()
            some[:, gone] = np.nan
            by_mask = reference.distances.percentiles(some)
            anew = PanelDistances.of(expression[:, kept], reference.outer_folds).percentiles(samples[:, kept])
            moved.append(np.abs(by_mask - anew))
            classes += sum(
                class_of(one) != class_of(other) for one, other in zip(by_mask[:, 0], anew[:, 0], strict=True)
            )
        all_of_them = np.concatenate(moved)
        median, most = np.median(all_of_them, axis=0), np.quantile(all_of_them, 0.95, axis=0)
        rows.append(
            f"| {share:.0%}, {'of the lowest in the panel' if low else 'any'} | {median[0]:.1f} ({most[0]:.1f}) |"
            f" {median[1]:.1f} ({most[1]:.1f}) | {classes} of {len(all_of_them)} |"
        )
    return rows


def main() -> None:
    """Measure both."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--home", type=Path, default=Path("build/many_samples"))
    parser.add_argument("--write", action="store_true", help="write the table into benchmarks/README.md")
    options = parser.parse_args()
    folder, store = real_data(), Store(options.home)
    with Stopwatch() as watch:
        model = trained_model(folder, store)
        table = pd.read_parquet(folder / EXPRESSION)
        table = table[~table.index.isin(model.panel.expression.index)]
        seconds = seconds_of(model, table, store)
        genes = table[list(model.ensemble.standardiser.genes)].to_numpy(dtype=np.float64)
        complete = genes[np.isfinite(genes).all(axis=1)]
        rows = [row for low in (False, True) for row in missing_genes(model.reference, complete, low)]
    report("many samples", dict(seconds), watch.cost)
    text = (
        f"**Many samples**: {seconds['samples']} lines that were not screened, {model.panel.response.shape[1]} drugs,"
        f" {len(model.panel.lines)} lines x {genes.shape[1]:,} genes. `python -m benchmarks.many_samples`: read"
        f" {seconds['read']:.1f} s, passports {seconds['passports']:.1f} s, hit tables {seconds['tables']:.1f} s.\n\n"
        f"Percentiles of {len(complete)} of them that have every gene, over the genes that are left, against those of a"
        " panel measured anew by these genes: median (95th percentile) of the difference, in points.\n\n"
        "| genes missing | kinship | shift | another class |\n|---|---|---|---|\n" + "\n".join(rows)
    )
    print(text)
    if options.write:
        write_section("many samples", text)


if __name__ == "__main__":
    main()
