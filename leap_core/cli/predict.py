"""``leap predict``: score samples with a model."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path

import pandas as pd

from leap_core.cli.shared.reading import add_reading, read_samples
from leap_core.cli.shared.saying import complain, say
from leap_core.errors import UserError
from leap_core.io.tables import PANEL_LIMIT
from leap_core.passport.passport import Passport
from leap_core.passport.text import passports_json
from leap_core.report.csv import predictions_frame, table_body, with_members
from leap_core.run.jobs import ProgressFile
from leap_core.run.store import Store
from leap_core.sample.model_input import ModelInput
from leap_core.services.models import Model, load_model
from leap_core.services.scoring import check_samples, hit_tables

HELP = "score samples with a model"
EXAMPLES = """examples:
  leap predict --model "DepMap 24Q2" --samples my_line.csv --out predictions.csv
"""
# Put together at a time.
_ROWS = 100_000


def add_options(parser: argparse.ArgumentParser) -> None:
    """Options of ``predict``."""
    parser.add_argument("--model", required=True, help="name of a trained model")
    parser.add_argument(
        "--samples",
        type=Path,
        required=True,
        nargs="+",
        metavar="FILE",
        help="expression of one or more samples, genes in rows or columns",
    )
    parser.add_argument(
        "--out", type=Path, required=True, metavar="FILE", help="CSV to write; the passports go beside it as JSON"
    )
    parser.add_argument("--members", action="store_true", help="add one column per layer and fold")
    add_reading(parser)


def run(options: argparse.Namespace, progress_file: ProgressFile | None) -> None:
    """Write predictions, and the passports beside them."""
    model = load_model(options.model, Store(options.home))
    if not options.out.parent.is_dir() or options.out.is_dir():
        raise UserError(
            f"{options.out} cannot be written: {options.out.parent} is no folder, or {options.out.name} is one."
        )
    profiles = read_samples(options, [model], PANEL_LIMIT)
    checks, unscored = check_samples(model, profiles)
    for sample, reason in unscored.items():
        complain(f"{sample}: cannot be scored. {reason}")
    for note in profiles.notes:
        complain(f"{profiles.file_name}: {note}")
    for passport, _ in checks[:20]:
        complain(f"{passport.sample}: {passport.summary()}")
    # All of it before the file is begun: what cannot be scored leaves none that is half written.
    frames = list(_frames(model, checks, options.members))
    try:
        with options.out.open("w", encoding="utf-8", newline="") as out:
            for number, frame in enumerate(frames):
                out.write(table_body(frame.set_index("sample"), digits=9, titles=number == 0))
        beside = options.out.with_suffix(".passport.json")
        beside.write_text(
            passports_json(
                profiles,
                [passport for passport, _ in checks],
                {f"{model.name}, {s}": reason for s, reason in unscored.items()},
            ),
            encoding="utf-8",
        )
    except OSError as error:
        raise UserError(f"{options.out} cannot be written: {error}.") from error
    worst = [passport.sample for passport, _ in checks if passport.light == "red"]
    stamp = f"; RED INPUT: {', '.join(worst[:5])}" if worst else ""
    without = f"; not scored: {', '.join(unscored)}" if unscored else ""
    samples = "1 sample" if len(checks) == 1 else f"{len(checks)} samples"
    say(f"{options.out}: {samples} x {len(model.table):,} perturbations{stamp}{without}")


def _frames(model: Model, checks: list[tuple[Passport, ModelInput]], members: bool) -> Iterator[pd.DataFrame]:
    """Rows of the file, of as many samples at a time as keep memory low."""
    at_once = max(1, _ROWS // max(1, len(model.table)))
    for first in range(0, len(checks), at_once):
        passports, inputs = zip(*checks[first : first + at_once], strict=True)
        samples = pd.concat([checked.values for checked in inputs])
        tables = {
            passport.sample: table
            for passport, (table, _) in zip(passports, hit_tables(model, samples, list(passports)), strict=True)
        }
        frame = predictions_frame(tables, model.panel.score)
        lights = frame["sample"].map({passport.sample: passport.light for passport in passports})
        frame.insert(list(frame.columns).index("status") + 1, "input_check", lights)
        yield with_members(frame, model.ensemble, samples) if members else frame
