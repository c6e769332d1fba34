"""``leap read``: what is read of some files, as one table."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from leap_core.cli.shared.reading import add_reading, reading_of
from leap_core.cli.shared.saying import say
from leap_core.errors import SampleError
from leap_core.report.csv import numbers_csv
from leap_core.run.jobs import ProgressFile
from leap_core.run.store import Store
from leap_core.sample.uploads import named_files
from leap_core.services.models import reference_of
from leap_core.services.reading import ReadOutcome, read_files

HELP = "read files of expression and write what was read as one table"
EXAMPLES = """examples:
  leap read table.tsv --out table.csv
  leap read rep1.genes.results rep2.genes.results --pool replicates --json
  leap read book.xlsx --sheet TPM --out table.csv
"""


def add_options(parser: argparse.ArgumentParser) -> None:
    """Options of ``read``."""
    parser.add_argument(
        "samples", type=Path, nargs="+", metavar="FILE", help="expression of one or more samples, in any layout"
    )
    parser.add_argument("--out", type=Path, metavar="FILE", help="CSV: a row for each sample, a column for each gene")
    parser.add_argument("--json", action="store_true", help="machine-readable")
    add_reading(parser)


def run(options: argparse.Namespace, progress_file: ProgressFile | None) -> None:
    """Read, say how, and write the table."""
    names = reference_of(Store(options.home)).gene_names()
    outcome = read_files(named_files(options.samples), names, None, reading_of(options), options.pool)
    if options.json:
        say(json.dumps(_as_json(outcome), indent=1, ensure_ascii=False))
    else:
        say("\n".join(_lines(outcome)))
    if outcome.question is not None:
        raise outcome.question
    if outcome.table.empty:
        raise SampleError(" ".join(reason for _, reason in outcome.refused))
    if options.out is not None:
        options.out.write_bytes(numbers_csv(outcome.table.rename_axis("sample")))


def _lines(outcome: ReadOutcome) -> list[str]:
    lines = [f"{note}" for note in outcome.notes]
    for sample, read_as, unit in zip(outcome.table.index, outcome.read_as, outcome.units, strict=True):
        lines.append(f"{sample}: {read_as}, written as {unit}")
    lines += [f"Look at this: {warning}" for warning in outcome.warnings]
    return lines + [f"{name} was not read. {reason}" for name, reason in outcome.refused]


def _as_json(outcome: ReadOutcome) -> dict[str, object]:
    samples = [str(name) for name in outcome.table.index]
    asked = outcome.question
    return {
        "samples": samples,
        "genes": outcome.table.shape[1],
        "units": dict(zip(samples, outcome.units, strict=True)),
        "read_as": dict(zip(samples, outcome.read_as, strict=True)),
        "notes": list(outcome.notes),
        "amber": list(outcome.warnings),
        "refused": [{"file": name, "reason": reason} for name, reason in outcome.refused],
        "asked": None
        if asked is None
        else {
            "question": asked.question,
            "choices": list(asked.choices),
            "option": {"sample": "--sample-column"}.get(asked.option, f"--{asked.option}"),
        },
    }
