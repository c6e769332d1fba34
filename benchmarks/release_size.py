"""From the official files of a DepMap-size release to a trained model: reading, storing, opening, training, scoring.

    python -m benchmarks.release_size [--folder FOLDER] [--recipes leap-lasso leap-best]

The files are made (benchmarks/official.py): 1,700 profiles of 1,650 lines x 19,215 genes, 1,150 lines x 18,000 gene
effects. Writing them is not counted; where they lie already they are taken.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
from pathlib import Path

from benchmarks.official import EXPRESSION, Shape, write_depmap
from benchmarks.process import ROOT, run, scoring, train
from benchmarks.reporting import Stopwatch, report, write_section

FILES = (EXPRESSION, "CRISPRGeneEffect.csv")
_IMPORT = """
import sys
from pathlib import Path
from leap_core.panel.kept import import_panel
from leap_core.panel.reading import PanelSources
from leap_core.run.store import Store
folder = Path(sys.argv[1])
import_panel(PanelSources(folder / sys.argv[3], folder / sys.argv[4], folder / "Model.csv"), Store(Path(sys.argv[2])))
"""
_OPEN = """
import json, sys, time
from pathlib import Path
from leap_core.panel.kept import stored_panel
from leap_core.run.store import Store
store = Store(Path(sys.argv[1]))
started = time.perf_counter()
panel = stored_panel(next(iter(store.keys_of("panel"))), store)
float(panel.expression.to_numpy()[:, 0].sum())
print(json.dumps([time.perf_counter() - started, store.size(store.keys_of("panel")) / 1e6]))
"""


def main() -> None:
    """Measure, print and write the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--folder", type=Path, default=Path("data/models/benchmarks/release_size"))
    parser.add_argument("--recipes", nargs="*", default=["leap-best", "leap-lasso"])
    parser.add_argument("--accuracy", default="none", choices=("none", "outer"))
    options = parser.parse_args()
    folder = options.folder.resolve()
    if not all((folder / name).exists() for name in FILES):
        write_depmap(folder, Shape())
    home = folder / "home"
    shutil.rmtree(home, ignore_errors=True)
    with Stopwatch() as watch:
        cost = run(["-c", _IMPORT, str(folder), str(home), *FILES])
        opened = subprocess.run(
            [sys.executable, "-c", _OPEN, str(home)], cwd=ROOT, check=True, capture_output=True, text=True
        )
        opening, size = json.loads(opened.stdout)
    figures = {
        "import_s": round(cost.seconds, 1),
        "import_cpu_s": round(cost.cpu_seconds, 1),
        "import_mib": cost.peak_mib,
        "open_s": round(opening, 3),
        "panel_mb": round(size, 1),
    }
    report("official files", dict(figures), watch.cost)
    write_section(
        "official files",
        "**Official files**: 1,700 profiles x 19,215 genes with metadata columns (487 MB) and 1,150 lines x 18,000"
        " gene effects with 8 % missing (385 MB), made by benchmarks/official.py. `python -m"
        " benchmarks.release_size`\n\n| read, aligned and stored | CPU | peak memory | panel on disk | opened again"
        f" |\n|---|---|---|---|---|\n| {cost.seconds:.1f} s | {cost.cpu_seconds:.1f} s | {cost.peak_mib} MiB"
        f" | {size:.0f} MB | {opening:.2f} s |",
    )
    for recipe in options.recipes:
        _road(recipe, folder, home, options.accuracy)


def _road(recipe: str, folder: Path, home: Path, accuracy: str) -> None:
    expression, response = (folder / name for name in FILES)
    cost = train(
        expression,
        response,
        recipe,
        home,
        "--lines",
        str(folder / "Model.csv"),
        "--recipe",
        recipe,
        "--accuracy",
        accuracy,
    )
    score = scoring(home, recipe)
    report("release size", {"recipe": recipe, "accuracy": accuracy, **score}, cost)
    write_section(
        f"release size {recipe}" if accuracy == "none" else f"release size {recipe} {accuracy}",
        f"**A release's size**, recipe {recipe}: 1,150 lines (and 500 without a screen) x 19,215 genes x 18,000"
        f" perturbations, `--accuracy {accuracy}`, two threads. `python -m benchmarks.release_size --recipes {recipe}"
        f" --accuracy {accuracy}`\n\n| wall | CPU | peak memory | model on disk | load | one sample scored (2nd call, 1"
        f" thread) |\n|---|---|---|---|---|---|\n| {cost.seconds:.0f} s | {cost.cpu_seconds:.0f} s | {cost.peak_mib}"
        f" MiB | {score['model_mb']:.0f} MB | {score['load_s']:.2f} s | {score['second_score_ms']:.0f} ms |",
    )


if __name__ == "__main__":
    main()
