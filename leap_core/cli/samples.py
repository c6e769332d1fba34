"""The commands that read samples: ``check`` prints the input passport, ``predict`` scores."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from leap_core.errors import SampleError, UserError
from leap_core.io.tables import PANEL_LIMIT, UPLOAD_LIMIT, SizeLimit
from leap_core.io.units import DECLARABLE
from leap_core.passport.passport import Passport
from leap_core.passport.text import passport_lines, passports_json
from leap_core.report.csv import predictions_frame, with_members
from leap_core.run.jobs import ProgressFile
from leap_core.run.store import Store
from leap_core.sample.pooling import KEEP, POOLING
from leap_core.sample.profiles import Profiles, ReadOptions
from leap_core.sample.uploads import read_uploads
from leap_core.services.models import Model, gene_names_of, known_genes, load_model
from leap_core.services.scoring import check_samples, hit_tables


def add_predict(parser: argparse.ArgumentParser) -> None:
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
    parser.set_defaults(run=_predict)


def add_check(parser: argparse.ArgumentParser) -> None:
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
    parser.set_defaults(run=_check)


def add_reading(parser: argparse.ArgumentParser) -> None:
    """Options that say how files of samples are read."""
    parser.add_argument(
        "--value", metavar="COLUMN", help="column of a long table that holds the expression, where it has several"
    )
    parser.add_argument(
        "--unit", metavar="UNIT", help=f"overrules the verdict, or answers its question: {', '.join(DECLARABLE)}"
    )
    parser.add_argument(
        "--duplicates",
        choices=("highest", "mean", "sum"),
        default="highest",
        help="what becomes of a gene that occurs twice (default: %(default)s)",
    )
    parser.add_argument(
        "--pool",
        choices=tuple(POOLING),
        default=KEEP,
        help="; ".join(f"{key}: {words}" for key, words in POOLING.items()),
    )
    parser.add_argument("--turned", action="store_true", help="take the table the other way round than it looks")
    parser.add_argument(
        "--date",
        dest="dates",
        action="append",
        default=[],
        metavar="DATE=GENE",
        help="which gene Excel's date was, for example 1-Mar=MARCHF1",
    )


def read_samples(options: argparse.Namespace, models: Sequence[Model], limit: SizeLimit) -> Profiles:
    """Read the files of samples as the options say.

    Raises
    ------
    UserError
        With what was found, what was expected, and the way out.
    """
    sources = [(path.name, path) for path in options.samples]
    return read_uploads(
        sources,
        known_genes(models),
        gene_names_of(Store(options.home), models),
        reading_of(options),
        options.pool,
        limit,
    )


def reading_of(options: argparse.Namespace) -> ReadOptions:
    """How files are read, as the options say.

    Raises
    ------
    UserError
        If a date is not written as DATE=GENE.
    """
    dates = [tuple(text.partition("=")[::2]) for text in options.dates]
    if not all(date and gene for date, gene in dates):
        raise UserError("--date takes DATE=GENE, for example --date 1-Mar=MARCHF1.")
    return ReadOptions(
        options.value, options.duplicates, options.unit, options.turned, tuple((date, gene) for date, gene in dates)
    )


def _check(options: argparse.Namespace, progress_file: ProgressFile | None) -> None:
    store = Store(options.home)
    models = [load_model(name, store) for name in ([options.model] if options.model else store.names())]
    profiles = read_samples(options, models, UPLOAD_LIMIT)
    passports: list[Passport] = []
    refused: dict[str, str] = {}
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
        print(passports_json(profiles, passports, refused))
        return
    print("\n".join([profiles.file_name, *(f"  {note}" for note in profiles.notes)]))
    for passport in passports:
        print("\n".join(passport_lines(passport)))
    for name, reason in refused.items():
        print(f"{name}: cannot be scored. {reason}")


def _predict(options: argparse.Namespace, progress_file: ProgressFile | None) -> None:
    model = load_model(options.model, Store(options.home))
    if not options.out.parent.is_dir() or options.out.is_dir():
        raise UserError(
            f"{options.out} cannot be written: {options.out.parent} is no folder, or {options.out.name} is one."
        )
    profiles = read_samples(options, [model], PANEL_LIMIT)
    checks, unscored = check_samples(model, profiles)
    for sample, reason in unscored.items():
        print(f"{sample}: cannot be scored. {reason}", file=sys.stderr)
    for note in profiles.notes:
        print(f"{profiles.file_name}: {note}", file=sys.stderr)
    for passport, _ in checks[:20]:
        print(f"{passport.sample}: {passport.summary()}", file=sys.stderr)
    parts = []
    for passport, checked in checks:
        ((table, _),) = hit_tables(model, checked.values, [passport])
        frame = predictions_frame({passport.sample: table}, model.panel.score)
        frame.insert(list(frame.columns).index("status") + 1, "input_check", passport.light)
        parts.append(with_members(frame, model.ensemble, checked.values) if options.members else frame)
    try:
        with options.out.open("w", encoding="utf-8", newline="") as out:
            for number, frame in enumerate(parts):
                frame.to_csv(out, index=False, header=number == 0, float_format="%.9g", lineterminator="\n")
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
    print(f"{options.out}: {len(checks)} samples x {len(model.table):,} perturbations{stamp}{without}")
