"""Options that say how files of samples are read, and the reading."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from leap_core.errors import UserError
from leap_core.io.tables import UPLOAD_LIMIT, SizeLimit
from leap_core.io.units import DECLARABLE
from leap_core.run.store import Store
from leap_core.sample.pooling import KEEP, POOLING
from leap_core.sample.profiles import Profiles, ReadOptions
from leap_core.sample.uploads import named_files, read_uploads
from leap_core.services.models import Model, gene_names_of, known_genes, load_model


def add_reading(parser: argparse.ArgumentParser) -> None:
    """Options that say how files of samples are read."""
    parser.add_argument(
        "--value", metavar="COLUMN", help="column of a long table that holds the expression, where it has several"
    )
    parser.add_argument(
        "--sample-column", dest="sample_column", metavar="COLUMN", help="column of a long table that names the samples"
    )
    parser.add_argument("--sheet", metavar="NAME", help="sheet of a workbook, where several may be the table")
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
    return read_uploads(
        named_files(options.samples),
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
        options.value,
        options.duplicates,
        options.unit,
        options.turned,
        tuple((date, gene) for date, gene in dates),
        options.sample_column,
        options.sheet,
    )


def add_one_model(parser: argparse.ArgumentParser) -> None:
    """Options of the commands that score samples with one model and print a summary."""
    parser.add_argument("--model", required=True, help="name of a trained model")
    parser.add_argument(
        "--samples", type=Path, required=True, nargs="+", metavar="FILE", help="expression of one or more samples"
    )
    parser.add_argument("--json", action="store_true", help="print the summary as JSON")
    add_reading(parser)


def open_one_model(options: argparse.Namespace) -> tuple[Model, Profiles]:
    """The model and the samples of `add_one_model`."""
    model = load_model(options.model, Store(options.home))
    return model, read_samples(options, [model], UPLOAD_LIMIT)


def known_sample(sample: str | None, profiles: Profiles) -> str:
    """The sample that was asked for, or the first.

    Raises
    ------
    UserError
        If there is none of that name.
    """
    if sample is not None and sample not in profiles.samples:
        raise UserError(f"There is no sample called {sample!r}; there are {', '.join(profiles.samples[:10])}.")
    return sample or profiles.samples[0]
