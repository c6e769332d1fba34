"""CPU-seconds and memory of every regressor: one layer, its heads for 1,000 perturbations, five folds.

    python -m benchmarks.regressors [--recipes NAME ...] [--lines 600 --perturbations 1000] [--folder FOLDER]

Generated panel of 600 lines x 2,000 genes with 3 % of the responses missing; two threads; each training in a process
and a store of its own, with `--accuracy none` and as many layers as `--layers 1` leaves. Fingerprints for the
pan-perturbation models are memberships in made-up gene sets. Prints one JSON line a recipe and writes a section of
benchmarks/README.md.
"""

from __future__ import annotations

import argparse
import shutil
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.generator import Size, write
from benchmarks.process import train
from benchmarks.reporting import report, write_section
from leap_core.model.catalogue import recipe_called
from leap_core.run.store import Store
from leap_core.services.training import TrainedModel

RECIPES = (
    "leap-lasso",
    "leap-elastic-net",
    "leap-ridge",
    "leap-multitarget",
    "leap-gene-weighted",
    "leap-kernel-ridge",
    "leap-knn",
    "leap-lightgbm",
    "leap-mlp",
    "pp-lightgbm",
    "pp-mlp",
    "pp-tdnn",
)
_SETS, _MEMBERS = 400, 40


def gene_sets(perturbations: int, folder: Path) -> Path:
    """A GMT file of random sets of the generated perturbations."""
    random = np.random.default_rng(0)
    lines = [
        "\t".join(
            [
                f"SET{number}",
                "made",
                *(f"P{gene:05d}" for gene in random.choice(perturbations, _MEMBERS, replace=False)),
            ]
        )
        for number in range(_SETS)
    ]
    path = folder / "made.gmt"
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def measure(recipe: str, size: Size, files: tuple[Path, Path, Path], folder: Path) -> dict[str, Any]:
    """Train with one recipe; the heads' own wall seconds and disk are those of their artefacts."""
    home = folder / f"home_{recipe}"
    shutil.rmtree(home, ignore_errors=True)
    expression, response, sets = files
    more = [
        "--score",
        "gene_effect",
        "--unit",
        "log2(TPM+1)",
        "--recipe",
        recipe,
        "--accuracy",
        "none",
        "--layers",
        "1",
    ]
    cost = train(
        expression, response, "m", home, *more, *(["--fingerprints", str(sets)] if recipe_called(recipe).pan else [])
    )
    store = Store(home)
    trained = store.read(store.resolve("m"), TrainedModel)
    heads = {key for keys in trained.heads for key in keys}
    seconds = sum(float(store.manifest(key)["seconds"]) for key in heads)
    figures = {
        "recipe": recipe,
        "regressor": recipe_called(recipe).groups[0].regressor.kind,
        "lines": size.lines,
        "perturbations": size.perturbations,
        "training_cpu_s": round(cost.cpu_seconds, 1),
        "heads_s": round(seconds, 1),
        "peak_mib": cost.peak_mib,
        "heads_mb": round(store.size(heads) / 1e6, 1),
    }
    report(f"one layer of {recipe}", figures, cost)
    return figures


def main() -> None:
    """Measure, print and write the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--recipes", nargs="+", default=list(RECIPES))
    parser.add_argument("--lines", type=int, default=600)
    parser.add_argument("--perturbations", type=int, default=1000)
    parser.add_argument("--folder", type=Path, default=Path("data/models/benchmarks/regressors"))
    options = parser.parse_args()
    folder = options.folder.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    size = Size(options.lines, 2000, options.perturbations)
    files = (*write(size, folder), gene_sets(options.perturbations, folder))
    found = [measure(recipe, size, files, folder) for recipe in options.recipes]
    lines = [
        (
            f"One layer, heads of {size.perturbations:,} perturbations, five folds, {size.lines} lines, two threads;"
            " CPU-seconds and peak memory are of the whole training process (reading the files and the layer included:"
            " about 10 s and 350 MiB). `python -m benchmarks.regressors`"
        ),
        "",
        "| regressor | recipe | CPU-s | heads, wall s | peak MiB | heads on disk, MB |",
        "|---|---|---|---|---|---|",
        *(
            f"| {f['regressor']} | {f['recipe']} | {f['training_cpu_s']:.0f} | {f['heads_s']:.1f} | {f['peak_mib']} |"
            f" {f['heads_mb']} |"
            for f in found
        ),
    ]
    write_section("regressors", "\n".join(lines))


if __name__ == "__main__":
    main()
