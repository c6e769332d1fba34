"""``leap compare``: compare samples with each other."""

from __future__ import annotations

import argparse
import json
from datetime import date
from pathlib import Path
from typing import Any

from leap_core.cli.shared.reading import add_one_model, known_sample, open_one_model
from leap_core.cli.shared.saying import say
from leap_core.errors import UserError
from leap_core.report.csv import file_name, table_body, unique_names
from leap_core.run.jobs import ProgressFile
from leap_core.services.scoring import compare_samples, score_sample

HELP = "compare samples with each other"
EXAMPLES = """examples:
  leap compare --model "DepMap 24Q2" --samples parent.csv resistant.csv --base parent --out compared
"""


def add_options(parser: argparse.ArgumentParser) -> None:
    """Options of ``compare``."""
    add_one_model(parser)
    parser.add_argument(
        "--base", metavar="SAMPLE", help="what the others are compared with (default: the first sample)"
    )
    parser.add_argument(
        "--out", type=Path, required=True, metavar="DIR", help="folder for the tables; made if it is not there"
    )


def run(options: argparse.Namespace, progress_file: ProgressFile | None) -> None:
    """Write a table for each sample against the base."""
    model, profiles = open_one_model(options)
    base = known_sample(options.base, profiles)
    if len(profiles.samples) < 2:
        raise UserError("compare needs at least two samples; give a table with several, or several files.")
    reference = score_sample(model, profiles, base)
    summary: list[dict[str, Any]] = []
    try:
        options.out.mkdir(parents=True, exist_ok=True)
        others = [sample for sample in profiles.samples if sample != base]
        names = unique_names(
            [file_name(f"{sample}-against-{base}", "compared", model.panel.release, date.today()) for sample in others]
        )
        for sample, name in zip(others, names, strict=True):
            table = compare_samples(model, reference, score_sample(model, profiles, sample))
            (options.out / name).write_text(table_body(table), encoding="utf-8", newline="")
            calls = table["call"].value_counts()
            summary.append(
                {
                    "sample": sample,
                    "base": base,
                    "file": name,
                    "gained": int(calls.get("gained", 0)),
                    "lost": int(calls.get("lost", 0)),
                    "first": table.index[:10].tolist(),
                }
            )
    except OSError as error:
        raise UserError(f"{options.out} cannot be written: {error}.") from error
    if options.json:
        say(json.dumps(summary, indent=1))
    for entry in [] if options.json else summary:
        say(
            f"{entry['file']}: {entry['gained']} gained, {entry['lost']} lost against {base}; largest changes:"
            f" {', '.join(entry['first'])}"
        )
