"""``leap train``: train a model on a screen."""

from __future__ import annotations

import argparse
import time
from pathlib import Path

from leap_core.cli.shared.engine import add_engine, engine_of
from leap_core.cli.shared.panel_files import add_panel_files, kept_panel
from leap_core.cli.shared.progress import progress_of
from leap_core.cli.shared.saying import complain, say
from leap_core.errors import UserError
from leap_core.model.catalogue import DEFAULT, recipe_called
from leap_core.model.layers.device import resolve_device
from leap_core.panel.kept import stored_panel
from leap_core.panel.report_in_words import report_in_sentences
from leap_core.run.jobs import ProgressFile
from leap_core.run.names import check_name
from leap_core.run.progress import duration
from leap_core.run.runtime import Runtime
from leap_core.run.store import Store
from leap_core.services.models import Model, load_model
from leap_core.services.studies import further_in_words
from leap_core.services.training import planned_work, train

HELP = "train a model on a screen"
EXAMPLES = """examples:
  leap train --expression OmicsExpression.csv --response CRISPRGeneEffect.csv \\
      --lines Model.csv --name "DepMap 24Q2"
  leap train --expression rma.parquet --response gdsc2.parquet --score ln_ic50 --lines Model.csv --name drugs \\
      --also-response gdsc1.parquet:ln_ic50 --also-response ccle.parquet:act_area
"""


def add_options(parser: argparse.ArgumentParser) -> None:
    """Options of ``train``."""
    add = parser.add_argument
    add("--name", required=True, help="what the model is called")
    add("--panel", metavar="KEY", help="a panel that is in the store already, from download depmap or gdsc")
    add_panel_files(parser)
    add(
        "--more-expression",
        type=Path,
        nargs="+",
        default=[],
        metavar="FILE",
        help="expression of further lines, from other studies: brought to the first table, which stays as it is",
    )
    add("--release", metavar="TEXT", help="data release, shown on every page (default: the files' names)")
    add("--recipe", default=DEFAULT, help="what to train (default: %(default)s)")
    add("--layers", type=int, help="number of layers, for recipes of one kind of layer (default: the recipe's)")
    accuracy = "measure the accuracy on unseen lines (default), or skip it"
    add("--accuracy", choices=("outer", "none"), default="outer", help=accuracy)
    device = "for the autoencoders (default: %(default)s)"
    add("--device", choices=("auto", "cpu", "cuda"), default="auto", help=device)
    add_engine(parser)
    add("--progress-file", type=Path, help=argparse.SUPPRESS)


def run(options: argparse.Namespace, progress_file: ProgressFile | None) -> None:
    """Train, and print what was trained."""
    store = Store(options.home)
    name = check_name(options.name)
    recipe = recipe_called(options.recipe, options.layers)
    with engine_of(options) as mapper, store.in_use():
        panel_key = _panel_key(options, store)
        panel = stored_panel(panel_key, store)
        for sentence in report_in_sentences(panel.report):
            complain(sentence)
        runtime = Runtime(store, mapper, resolve_device(options.device, recipe.uses_device), progress_of(progress_file))
        started = time.time()
        work = sum(planned_work(panel, recipe, options.accuracy).values())
        complain(f"About {duration(work)} of work on one core, less what is found.")
        key = train(panel_key, recipe, options.accuracy, runtime, name)
    model = load_model(name, store)
    say(
        f"{name}: {len(model.panel.lines)} lines, {len(model.ensemble.standardiser.genes):,} genes, "
        f"{len(model.table):,} perturbations, {model.panel.score.title} ({model.panel.score.direction}); "
        f"model {key[:12]}, {time.time() - started:.0f} s{_costs(model)}"
    )
    for sentence in further_in_words(model):
        say(sentence)


def _costs(model: Model) -> str:
    measured = f", measuring accuracy {model.accuracy_seconds:.0f} s" if model.accuracy_measured else ""
    return f" (work of the stages: fitting {model.fit_seconds:.0f} s{measured})"


def _panel_key(options: argparse.Namespace, store: Store) -> str:
    if options.panel and (options.more_expression or options.also_response):
        raise UserError(
            "--more-expression and --also-response go with --expression and --response; a panel that is in the store"
            " stays as it is."
        )
    if options.panel:
        return str(options.panel)
    return kept_panel(options, store, "train", options.release, tuple(options.more_expression))
