"""``leap predict``: score samples with a model."""

from __future__ import annotations

import argparse
from pathlib import Path

from leap_core.cli.shared.reading import add_reading, read_samples
from leap_core.cli.shared.saying import complain, say
from leap_core.errors import UserError
from leap_core.io.tables import PANEL_LIMIT
from leap_core.passport.text import passports_json
from leap_core.report.csv import predictions_frame, table_body, with_members
from leap_core.run.jobs import ProgressFile
from leap_core.run.store import Store
from leap_core.services.models import load_model
from leap_core.services.scoring import check_samples, hit_tables

HELP = "score samples with a model"
EXAMPLES = """examples:
  leap predict --model "DepMap 24Q2" --samples my_line.csv --out predictions.csv
"""


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
    parts = []
    for passport, checked in checks:
        ((table, _),) = hit_tables(model, checked.values, [passport])
        frame = predictions_frame({passport.sample: table}, model.panel.score)
        frame.insert(list(frame.columns).index("status") + 1, "input_check", passport.light)
        parts.append(with_members(frame, model.ensemble, checked.values) if options.members else frame)
    try:
        with options.out.open("w", encoding="utf-8", newline="") as out:
            for number, frame in enumerate(parts):
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
    say(f"{options.out}: {len(checks)} samples x {len(model.table):,} perturbations{stamp}{without}")
