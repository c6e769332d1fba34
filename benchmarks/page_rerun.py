"""Time of a page rerun with a genome-wide table: the server's side, through Streamlit's own test harness.

    python -m benchmarks.page_rerun --home FOLDER --samples FILE

The folder holds one model with all its perturbations (for example 16,827 CRISPR calls, see benchmarks/README.md).
"""

from __future__ import annotations

import argparse
import os
import time
from pathlib import Path

from streamlit.testing.v1 import AppTest

from benchmarks.reporting import Stopwatch, report, write_section

ROOT = Path(__file__).resolve().parents[1]


def rerun_seconds(app: AppTest, page: str) -> list[float]:
    """Seconds of the first run of a page and of three reruns."""
    app.switch_page(f"pages/{page}.py")
    seconds = []
    for _ in range(4):
        started = time.perf_counter()
        app.run(timeout=120)
        seconds.append(round(time.perf_counter() - started, 2))
        if app.exception:
            raise RuntimeError(app.exception[0].message)
    return seconds


def main() -> None:
    """Measure, print and write the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--home", type=Path, required=True)
    parser.add_argument("--samples", type=Path, required=True)
    options = parser.parse_args()
    os.environ["LEAP_HOME"] = str(options.home)
    with Stopwatch() as watch:
        app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=120).run()
        app.switch_page("pages/upload.py").run()
        app.file_uploader(key="upload").upload(options.samples.name, options.samples.read_bytes(), "text/csv").run()
        figures = {page: rerun_seconds(app, page) for page in ("ranked", "one_perturbation", "members", "shortlist")}
    report("page rerun", dict(figures), watch.cost)
    rows = [f"| {page} | {seconds[0]} | {max(seconds[1:])} |" for page, seconds in figures.items()]
    write_section(
        "page rerun",
        "\n".join(
            [
                "Seconds of a page rerun on the server, 16,827 perturbations. `python -m benchmarks.page_rerun`",
                "",
                "| page | first run | slowest of three reruns |",
                "|---|---|---|",
                *rows,
                "",
            ]
        ),
    )


if __name__ == "__main__":
    main()
