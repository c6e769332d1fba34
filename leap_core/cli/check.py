"""``leap check``: read samples and print their input passport."""

from __future__ import annotations

import argparse
from pathlib import Path

from leap_core.cli.shared.reading import add_reading, read_samples
from leap_core.cli.shared.saying import say
from leap_core.errors import LeapError, SampleError
from leap_core.io.tables import UPLOAD_LIMIT
from leap_core.passport.passport import Passport
from leap_core.passport.text import passport_lines, passports_json
from leap_core.run.jobs import ProgressFile
from leap_core.run.store import Store
from leap_core.services.models import Model, load_model
from leap_core.services.scoring import check_samples

HELP = "read samples and print their input passport"
EXAMPLES = """examples:
  leap check my_line.csv --model "DepMap 24Q2"
  leap check rep1.genes.results rep2.genes.results --pool replicates --json
  leap check table.tsv --unit FPKM
"""


def add_options(parser: argparse.ArgumentParser) -> None:
    """Options of ``check``."""
    parser.add_argument(
        "samples",
        type=Path,
        nargs="+",
        metavar="FILE",
        help="expression of one or more samples, genes in rows or columns",
    )
    parser.add_argument("--model", help="name of a trained model (default: every model in the store)")
    parser.add_argument("--json", action="store_true", help="machine-readable")
    add_reading(parser)


def run(options: argparse.Namespace, progress_file: ProgressFile | None) -> None:
    """Print the passports."""
    store = Store(options.home)
    models, refused = _models(options, store)
    profiles = read_samples(options, models, UPLOAD_LIMIT)
    passports: list[Passport] = []
    for model in models:
        try:
            checks, unscored = check_samples(model, profiles)
            passports += [passport for passport, _ in checks]
            refused |= {f"{model.name}, {sample}": reason for sample, reason in unscored.items()}
        except SampleError as error:
            if options.model:
                raise
            refused[model.name] = str(error)
    if options.json:
        say(passports_json(profiles, passports, refused))
        return
    say("\n".join([profiles.file_name, *(f"  {note}" for note in profiles.notes)]))
    for passport in passports:
        say("\n".join(passport_lines(passport)))
    for name, reason in refused.items():
        say(f"{name}: cannot be scored. {reason}")


def _models(options: argparse.Namespace, store: Store) -> tuple[list[Model], dict[str, str]]:
    """The model that was asked for, or all that can be used; and why others cannot."""
    if options.model:
        return [load_model(options.model, store)], {}
    models, refused = [], {}
    for name in store.names():
        try:
            models.append(load_model(name, store))
        except LeapError as error:
            refused[name] = str(error)
    return models, refused
