"""``leap freeze``: put on record what a model says of lines that nobody has screened."""

from __future__ import annotations

import argparse
from pathlib import Path

from leap_core.cli.shared.saying import complain, say
from leap_core.report.frozen_file import write_frozen
from leap_core.run.jobs import ProgressFile
from leap_core.run.store import Store
from leap_core.services.models import load_model
from leap_core.services.prospective import freeze

HELP = "put predictions of lines that nobody has screened on record, to be judged when they are"
EXAMPLES = """examples:
  leap freeze --model "DepMap 24Q2" --lines Model.csv --out frozen.parquet
  leap judge frozen.parquet --release CRISPRGeneEffect_24Q4.csv
"""


def add_options(parser: argparse.ArgumentParser) -> None:
    """Options of ``freeze``."""
    add = parser.add_argument
    add("--model", required=True, help="name of a trained model; its panel's lines without a screen are predicted")
    add("--lines", type=Path, metavar="FILE", help="table of lines, which tells their patients (Model.csv)")
    add("--out", type=Path, required=True, metavar="FILE", help="Parquet file to write, with FILE.sha256 beside it")


def run(options: argparse.Namespace, progress_file: ProgressFile | None) -> None:
    """Write the predictions and their hash."""
    frozen, notes = freeze(load_model(options.model, Store(options.home)), options.lines)
    for note in notes:
        complain(note)
    found = write_frozen(frozen, options.out)
    say(
        f"{options.out}: {len(frozen.lines):,} lines x {len(frozen.perturbations):,} {frozen.score.noun}, frozen"
        f" {frozen.made.frozen} from {frozen.made.model} (model {frozen.made.key[:12]}, {frozen.made.recipe});"
        f" SHA-256 {found}"
    )
