"""``leap pilot``: which rows to measure first, and the list once they are measured."""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path

import pandas as pd

from leap_core.cli.shared.reading import add_one_model, known_sample, open_one_model
from leap_core.cli.shared.saying import complain, say
from leap_core.errors import UserError
from leap_core.io.candidate_lists import read_candidates
from leap_core.io.measured_screens import DIRECTIONS, KnownNames
from leap_core.report.csv import hit_list_csv
from leap_core.report.result import Result
from leap_core.run.jobs import ProgressFile
from leap_core.run.store import Store
from leap_core.services.models import Model, annotations_of, gene_names_of
from leap_core.services.plates import plate_table
from leap_core.services.scoring import score_sample

HELP = "which rows to measure first, and the list once they are measured"
EXAMPLES = """examples:
  leap pilot propose --model GDSC2 --samples my_line.csv --number 20 --candidates freezer.txt --out plate.csv
  leap pilot update --model GDSC2 --samples my_line.csv --measured plate_results.csv --out after.csv
"""


def add_options(parser: argparse.ArgumentParser) -> None:
    """Options of ``pilot``."""
    parser.add_argument("action", choices=("propose", "update"))
    add_one_model(parser)
    parser.add_argument("--sample", help="which sample (default: the only one)")
    parser.add_argument("--out", type=Path, required=True, metavar="FILE", help="CSV to write")
    plate = parser.add_argument_group("propose")
    plate.add_argument("--number", type=int, default=20, metavar="N", help="rows to measure (default: %(default)s)")
    plate.add_argument(
        "--candidates", type=Path, metavar="FILE", help="names of what there is to test, or a table of it"
    )
    plate.add_argument("--around", type=int, metavar="N", help="choose for what they tell of the first N of the list")
    plate.add_argument("--controls", type=int, default=3, metavar="N", help="controls of each kind, for genes")
    plate.add_argument("--replicates", type=int, default=1, metavar="N", help="wells for each row")
    update = parser.add_argument_group("update")
    update.add_argument("--measured", type=Path, metavar="FILE", help="what was measured: names and scores")
    update.add_argument("--column", help="column of the measured score, where there are several")
    update.add_argument("--direction", choices=DIRECTIONS, help="which end is stronger, where its title does not say")
    update.add_argument("--rows", metavar="LABEL", help="which rows, where contrasts, lines or times are stacked")
    update.add_argument("--other-unit", action="store_true", help="the measured values are not in the panel's unit")
    study = update.add_mutually_exclusive_group()
    study.add_argument("--same-study", action="store_true", help="the panel's own laboratory measured them")
    study.add_argument("--another-laboratory", action="store_true", help="another laboratory measured them")
    update.add_argument(
        "--laboratory", type=Path, metavar="FILE", help="what it measured of the panel's lines: lines x genes or drugs"
    )
    update.add_argument("--certain", action="store_true", help="this sample was on the plate for certain")


def run(options: argparse.Namespace, progress_file: ProgressFile | None) -> None:
    """Write the plate, or the list after it."""
    model, profiles = open_one_model(options)
    if options.sample is None and len(profiles.samples) > 1:
        raise UserError(f"There are several samples ({', '.join(profiles.samples[:10])}); say which with --sample.")
    sample = known_sample(options.sample, profiles)
    annotations = annotations_of(Store(options.home), profiles.names)
    scored = score_sample(model, profiles, sample, annotations)
    if options.action == "propose":
        _propose(options, Result(model, scored, profiles.file_name, options.home))
    else:
        _update(options, Result(model, scored, profiles.file_name, options.home))


def _propose(options: argparse.Namespace, result: Result) -> None:
    if options.number < 1 or options.replicates < 1 or options.controls < 0:
        raise UserError("--number and --replicates take 1 or more, --controls 0 or more.")
    model = result.model
    candidates = None if options.candidates is None else _names(options, model)
    plate = result.pilot(options.number, candidates=candidates, around=options.around)
    table = plate_table(model, result.scored, plate, options.controls, options.replicates)
    words = f"a plate of {len(plate)} {model.panel.score.noun}, those that tell most of the others first"
    provenance = replace(result.export().provenance, view=words)
    _write(options.out, hit_list_csv(table.set_index("perturbation"), provenance).decode("utf-8"))
    share = plate["explained"].iloc[-1]
    say(
        f"{options.out}: {len(plate)} {model.panel.score.noun} in {len(table)} wells; they tell {share:.0%} of what the"
        " models do not know of the others"
    )


def _names(options: argparse.Namespace, model: Model) -> list[str]:
    """The model's names of what there is to test."""
    known = KnownNames.of(pd.Index(model.ensemble.perturbations), gene_names_of(Store(options.home), [model]))
    found, missing = read_candidates(options.candidates, options.candidates.name, known)
    if missing:
        complain(f"{len(missing)} names are none of {model.name}'s: {', '.join(missing[:10])}")
    return found


def _update(options: argparse.Namespace, result: Result) -> None:
    if options.measured is None:
        raise UserError("update needs --measured: a file of names and measured scores.")
    told = True if options.same_study else False if options.another_laboratory else None
    updated = result.with_measured(
        options.measured,
        same_unit=not options.other_unit,
        direction=options.direction,
        column=options.column,
        rows=options.rows,
        same_study=told,
        certain=options.certain,
        laboratory=options.laboratory,
    )
    pilot = updated.scored.pilot
    assert pilot is not None
    _write(options.out, updated.export().content("csv").decode("utf-8"))
    for sentence in pilot.sentences:
        say(sentence)
    hits = updated.hits
    say(f"{options.out}: {len(hits):,} rows; first: {', '.join(map(str, hits.index[:10]))}")


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, encoding="utf-8", newline="")
    except OSError as error:
        raise UserError(f"{path} cannot be written: {error}.") from error
