"""``leap train``: train a model on a screen."""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

from leap_core.cli.shared.engine import add_engine, engine_of
from leap_core.cli.shared.progress import progress_of
from leap_core.errors import UserError
from leap_core.io.units import PANEL_UNITS
from leap_core.model.catalogue import recipe_called
from leap_core.model.layers.device import resolve_device
from leap_core.panel.joining import WAYS
from leap_core.panel.kept import import_panel, stored_panel
from leap_core.panel.panel import PanelSources
from leap_core.panel.scores import SCORE_TYPES
from leap_core.run.jobs import ProgressFile
from leap_core.run.progress import duration
from leap_core.run.runtime import Runtime
from leap_core.run.store import Store, check_name
from leap_core.services.models import Model, load_model
from leap_core.services.training import planned_work, train

HELP = "train a model on a screen"
EXAMPLES = """examples:
  leap train --expression OmicsExpression.csv --response CRISPRGeneEffect.csv \\
      --lines Model.csv --name "DepMap 24Q2"
"""
FINGERPRINTS_HELP = (
    "for pan-perturbation recipes (pp-...): gene sets (GMT) for genes, or a table of drugs with a column of SMILES,"
    " targets or pathways"
)


def add_options(parser: argparse.ArgumentParser) -> None:
    """Options of ``train``."""
    parser.add_argument(
        "--panel", metavar="KEY", help="a panel that is in the store already, from download depmap or gdsc"
    )
    parser.add_argument(
        "--expression", type=Path, metavar="FILE", help="lines x genes, log2(TPM+1) or RMA log2; CSV or parquet"
    )
    parser.add_argument(
        "--more-expression",
        type=Path,
        nargs="+",
        default=[],
        metavar="FILE",
        help="expression of further lines, from other studies: brought to the first table, which stays as it is",
    )
    parser.add_argument(
        "--join",
        choices=WAYS,
        default="auto",
        help=(
            "how: ComBat where ten lines are in both tables or the lineages are alike, else the first table's quantiles"
            " (auto), or one of these"
        ),
    )
    parser.add_argument("--response", type=Path, metavar="FILE", help="lines x perturbations; empty = not screened")
    parser.add_argument(
        "--lines", type=Path, metavar="FILE", help="DepMap's Model.csv: patient and lineage of each line"
    )
    parser.add_argument("--fingerprints", type=Path, metavar="FILE", help=FINGERPRINTS_HELP)
    parser.add_argument("--name", required=True, help="what the model is called")
    parser.add_argument(
        "--score", metavar="TYPE", help=f"score type, recognised where it is certain: {', '.join(SCORE_TYPES)}"
    )
    parser.add_argument(
        "--unit", metavar="UNIT", help=f"expression unit, recognised where it is certain: {', '.join(PANEL_UNITS)}"
    )
    parser.add_argument(
        "--release", metavar="TEXT", help="data release, shown on every page (default: the files' names)"
    )
    parser.add_argument("--recipe", default="leap-best", help="what to train (default: %(default)s)")
    parser.add_argument(
        "--layers", type=int, help="number of layers, for recipes of one kind of layer (default: the recipe's)"
    )
    parser.add_argument(
        "--accuracy",
        choices=("outer", "none"),
        default="outer",
        help="measure the accuracy on unseen lines (default), or skip it",
    )
    parser.add_argument(
        "--device", choices=("auto", "cpu", "cuda"), default="auto", help="for the autoencoders (default: %(default)s)"
    )
    add_engine(parser)
    parser.add_argument("--progress-file", type=Path, help=argparse.SUPPRESS)


def run(options: argparse.Namespace, progress_file: ProgressFile | None) -> None:
    """Train, and print what was trained."""
    store = Store(options.home)
    name = check_name(options.name)
    recipe = recipe_called(options.recipe, options.layers)
    with engine_of(options) as mapper:
        panel_key = _import_panel(options, store)
        runtime = Runtime(store, mapper, resolve_device(options.device, recipe.uses_device), progress_of(progress_file))
        started = time.time()
        work = sum(planned_work(stored_panel(panel_key, store), recipe, options.accuracy).values())
        print(f"About {duration(work)} of work on one core, less what is found.", file=sys.stderr)
        key = train(panel_key, recipe, options.accuracy, runtime, name)
    model = load_model(name, store)
    print(
        f"{name}: {len(model.panel.lines)} lines, {len(model.ensemble.standardiser.genes):,} genes, "
        f"{len(model.table):,} perturbations, {model.panel.score.title} ({model.panel.score.direction}); "
        f"model {key[:12]}, {time.time() - started:.0f} s{_costs(model)}"
    )


def _costs(model: Model) -> str:
    measured = f", measuring accuracy {model.accuracy_seconds:.0f} s" if model.accuracy_measured else ""
    return f" (work of the stages: fitting {model.fit_seconds:.0f} s{measured})"


def _import_panel(options: argparse.Namespace, store: Store) -> str:
    if options.panel and options.more_expression:
        raise UserError(
            "--more-expression goes with --expression and --response; a panel that is in the store stays as it is."
        )
    if options.panel:
        return str(options.panel)
    if options.expression is None or options.response is None:
        raise UserError("train needs both --expression FILE and --response FILE; see --help for examples.")
    sources = PanelSources(
        options.expression,
        options.response,
        options.lines,
        options.score,
        options.unit,
        options.release,
        options.fingerprints,
        tuple(options.more_expression),
        options.join,
    )
    return import_panel(sources, store)
