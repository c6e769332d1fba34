"""A whole training at the paper's size: 800 lines x 5,000 genes x 1,539 perturbations, five layers, files to artefacts.

    python -m benchmarks.paper_size [--folder FOLDER] [--recipe leap-lasso]

The panel is generated (benchmarks/generator.py); its CSV files are written first, and that is not counted.
"""

from __future__ import annotations

import argparse
import shutil
from pathlib import Path

from benchmarks.generator import Size, write
from benchmarks.process import scoring, train
from benchmarks.reporting import report, write_section


def main() -> None:
    """Measure, print and write the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--folder", type=Path, default=Path("data/models/benchmarks/paper_size"))
    parser.add_argument("--recipe", default="leap-lasso")
    parser.add_argument("--workers", default="2")
    options = parser.parse_args()
    expression, response = write(Size(), options.folder.resolve())
    home = options.folder.resolve() / f"home_{options.recipe}_{options.workers}"
    shutil.rmtree(home, ignore_errors=True)
    cost = train(
        expression,
        response,
        "paper size",
        home,
        "--accuracy",
        "none",
        "--unit",
        "log2(TPM+1)",
        "--recipe",
        options.recipe,
        "--workers",
        options.workers,
    )
    score = scoring(home, "paper size")
    report("paper size", {"recipe": options.recipe, "workers": options.workers, **score}, cost)
    write_section(
        f"paper size {options.recipe} {options.workers}",
        f"**Paper size**: 800 lines x 5,000 genes x 1,539 perturbations, 3 % missing, recipe {options.recipe}, five"
        f" layers, `--accuracy none`, {options.workers} threads, from CSV files to stored artefacts. `python -m"
        f" benchmarks.paper_size --recipe {options.recipe} --workers {options.workers}`\n\n| wall | CPU | peak memory |"
        " model on disk | load | one sample scored (2nd call, 1 thread) |\n|---|---|---|---|---|---|\n|"
        f" {cost.seconds:.0f} s | {cost.cpu_seconds:.0f} s | {cost.peak_mib} MiB | {score['model_mb']:.0f} MB |"
        f" {score['load_s']:.2f} s | {score['second_score_ms']:.0f} ms |\n",
    )


if __name__ == "__main__":
    main()
