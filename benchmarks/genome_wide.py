"""Genome-wide trainings on real screens: time and memory against the number of perturbations, loading, scoring.

    python -m benchmarks.genome_wide [--screens calls drive] [--shares 0.25 0.5 1] [--folder FOLDER]

535 genes of expression x 16,827 CRISPR calls (complete), and x 6,619 genes of DRIVE (3 % missing). Shares are every so
many-th column. `--accuracy none`, two threads.
"""

from __future__ import annotations

import argparse
import shutil
from pathlib import Path

import pandas as pd

from benchmarks.process import scoring, train
from benchmarks.reporting import Cost, real_data, report, write_section
from leap_core.run.store import Store
from leap_core.services.models import load_model

SCREENS = {"calls": "crispr_dependency_binary", "drive": "rnai_drive_ataris"}


def response_part(source: Path, share: float, folder: Path) -> Path:
    """Write every (1 / share)-th perturbation of a screen."""
    table = pd.read_parquet(source)
    step = round(1 / share)
    names = [column for column in table.columns if table[column].dtype.kind in "fiub"]
    part = table.drop(columns=[name for position, name in enumerate(names) if position % step])
    path = folder / f"{source.stem}_{step}.parquet"
    part.to_parquet(path)
    return path


def measure(screen: str, share: float, folder: Path) -> tuple[dict[str, object], Cost]:
    """Train on a share of a screen's perturbations, then load and score."""
    data = real_data() / "essentiality"
    name = f"{screen} {share:g}"
    home = folder / f"home_{screen}_{share:g}"
    shutil.rmtree(home, ignore_errors=True)
    response = response_part(data / f"{SCREENS[screen]}.parquet", share, folder)
    score = ["--score", "dependency_call"] if screen == "calls" else ["--score", "rnai_relative"]
    cost = train(
        data / "expression_535_genes.parquet",
        response,
        name,
        home,
        "--lines",
        str(data.parent / "Model.csv"),
        "--accuracy",
        "none",
        *score,
    )
    status = load_model(name, Store(home)).table["status"]
    figures = {
        "screen": screen,
        "perturbations": len(status),
        "fitted": int((status == "ok").sum()),
        **scoring(home, name),
    }
    return figures, cost


def main() -> None:
    """Measure, print and write the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--screens", nargs="+", choices=sorted(SCREENS), default=sorted(SCREENS))
    parser.add_argument("--shares", nargs="+", type=float, default=[0.25, 0.5, 1.0])
    parser.add_argument("--folder", type=Path, default=Path("data/models/benchmarks/genome_wide"))
    options = parser.parse_args()
    folder = options.folder.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    rows = []
    for screen in options.screens:
        for share in options.shares:
            figures, cost = measure(screen, share, folder)
            thousands = int(str(figures["fitted"])) / 1000
            report("genome-wide", figures, cost)
            rows.append(
                f"| {SCREENS[screen]} | {figures['perturbations']:,} | {figures['fitted']:,} | {cost.seconds:.0f} s |"
                f" {cost.cpu_seconds:.0f} s | {cost.seconds / thousands:.1f} s | {cost.peak_mib} MiB |"
                f" {figures['model_mb']:.0f} MB | {figures['load_s']:.2f} s | {figures['second_score_ms']:.0f} ms |"
            )
    write_section(
        "genome-wide",
        "**Genome-wide**: 535 genes of expression, five layers, `--accuracy none`, two threads. `python -m"
        " benchmarks.genome_wide`\n\n| screen | perturbations | fitted | wall | CPU | wall per 1,000 fitted | peak"
        " memory | model on disk | load | one sample scored (2nd call, 1 thread)"
        " |\n|---|---|---|---|---|---|---|---|---|---|\n" + "\n".join(rows) + "\n",
    )


if __name__ == "__main__":
    main()
