"""``leap scorecard``: judge predictions by a screen that was done."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np

from leap_core.cli.shared.reading import add_one_model, known_sample, open_one_model
from leap_core.cli.shared.saying import say
from leap_core.errors import UserError
from leap_core.io.measured_screens import DIRECTIONS, ScreenOptions
from leap_core.ranking.hit_table import View
from leap_core.run.jobs import ProgressFile
from leap_core.run.store import Store
from leap_core.services.models import gene_names_of
from leap_core.services.scorecard import Measured, score_card
from leap_core.services.scoring import score_sample

HELP = "judge predictions by a screen that was done"
EXAMPLES = """examples:
  leap scorecard --model "DepMap 24Q2" --samples my_line.csv \\
      --measured screen.gene_summary.txt --other-unit
"""


def add_options(parser: argparse.ArgumentParser) -> None:
    """Options of ``scorecard``."""
    add_one_model(parser)
    parser.add_argument(
        "--measured", type=Path, required=True, metavar="FILE", help="scores, MAGeCK's gene summary or a Chronos matrix"
    )
    parser.add_argument("--sample", help="which sample was measured (default: the only one)")
    parser.add_argument("--column", help="column of the measured score, where there are several")
    parser.add_argument(
        "--direction",
        choices=DIRECTIONS,
        help="which end of the measured score is stronger, where its title does not say",
    )
    parser.add_argument("--rows", metavar="LABEL", help="which rows, where contrasts, lines or times are stacked")
    parser.add_argument("--other-unit", action="store_true", help="the measured values are not in the panel's unit")


def run(options: argparse.Namespace, progress_file: ProgressFile | None) -> None:
    """Print how the predictions did."""
    model, profiles = open_one_model(options)
    if options.sample is None and len(profiles.samples) > 1:
        raise UserError(
            f"There are several samples ({', '.join(profiles.samples[:10])}); say with --sample which was measured."
        )
    scored = score_sample(model, profiles, known_sample(options.sample, profiles))
    asked = ScreenOptions(options.column, options.direction, options.sheet, options.rows)
    measured = Measured(options.measured, options.measured.name, not options.other_unit, asked)
    names = gene_names_of(Store(options.home), [model])
    card, what = score_card(model, scored, View(hide_common_essential=False), measured, names)
    if options.json:
        lengths = card.by_length.astype(object).where(card.by_length.notna(), None)
        correlations = {
            name: value if np.isfinite(value) else None
            for name, value in (
                ("correlation", card.correlation),
                ("selective_correlation", card.selective_correlation),
            )
        }
        say(
            json.dumps(
                {
                    "read": what,
                    "rule": card.rule,
                    "same_unit": card.same_unit,
                    "screened_line": card.screened_line,
                    **correlations,
                    "by_length": lengths.to_dict("index"),
                },
                indent=1,
            )
        )
        return
    if card.screened_line:
        say(
            f"This sample is {card.screened_line}, which the model was trained on: it is judged by the predictions of"
            " the models that did not see it."
        )
    say(
        f"{what}. A hit: {card.rule}. Rank correlation {card.correlation:.2f}, of what is selective"
        f" {card.selective_correlation:.2f}"
    )
    say(card.by_length.to_string(float_format=lambda value: f"{value:.2f}"))
