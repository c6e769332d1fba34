"""The command that judges recipes on lines, lineages and studies that they have not seen: ``evaluate``."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from leap_core.cli.progress import progress_of
from leap_core.cli.train import FINGERPRINTS_HELP
from leap_core.data.panel import PanelSources, read_panel
from leap_core.data.scores import SCORE_TYPES
from leap_core.ensemble.recipe import recipe_called
from leap_core.errors import UserError
from leap_core.evaluation.tasks import EXTERNAL, FEWEST_TEST, TASKS, UNSEEN_LINES, splits_of
from leap_core.execution.jobs import ProgressFile
from leap_core.execution.mapping import ThreadMapper
from leap_core.models import load_model, panel_key_of
from leap_core.pipeline import Runtime, evaluate, import_panel, keep_evaluation, resolve_device, stored_panel
from leap_core.pipeline.accuracy import BASELINE
from leap_core.storage.store import Store


def add_evaluate(parser: argparse.ArgumentParser) -> None:
    """Options of ``evaluate``."""
    parser.add_argument("--expression", type=Path, metavar="FILE", help="lines x genes, as for train")
    parser.add_argument("--response", type=Path, metavar="FILE", help="lines x perturbations; empty = not screened")
    parser.add_argument("--lines", type=Path, metavar="FILE", help="DepMap's Model.csv: patient and lineage of each line")
    parser.add_argument("--model", help="the panel of a trained model, instead of --expression and --response")
    parser.add_argument("--score", metavar="TYPE", help=f"score type, recognised where it is certain: {', '.join(SCORE_TYPES)}")
    parser.add_argument("--unit", metavar="UNIT", help="expression unit, recognised where it is certain")
    parser.add_argument(
        "--recipe", default="leap-best,leap-lasso", metavar="R[,R...]", help="recipes, separated by commas (default: %(default)s)"
    )
    parser.add_argument(
        "--task", choices=tuple(TASKS), default=UNSEEN_LINES, help="; ".join(f"{name}: {what}" for name, what in TASKS.items())
    )
    parser.add_argument("--fingerprints", type=Path, metavar="FILE", help=FINGERPRINTS_HELP)
    parser.add_argument("--test-expression", type=Path, metavar="FILE", help="the other study's expression (task external)")
    parser.add_argument("--test-response", type=Path, metavar="FILE", help="its responses")
    parser.add_argument("--test-lines", type=Path, metavar="FILE", help="annotation of its lines (default: --lines)")
    parser.add_argument("--test-score", metavar="TYPE", help="its score type, recognised where it is certain")
    parser.add_argument("--test-unit", metavar="UNIT", help="unit of its expression, recognised where it is certain")
    parser.add_argument("--repeats", type=int, default=5, metavar="N", help="splits of the task unseen-lines (default: %(default)s)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write everything there")
    parser.add_argument(
        "--workers", type=int, default=ThreadMapper().workers, help="threads; changes the time, never a result (default: %(default)s)"
    )
    parser.add_argument("--progress-file", type=Path, help=argparse.SUPPRESS)
    parser.set_defaults(run=_evaluate)


def _evaluate(options: argparse.Namespace, progress_file: ProgressFile | None) -> None:
    if options.repeats < 1 or options.workers < 1:
        raise UserError("--repeats and --workers must be at least 1.")
    recipes = [recipe_called(name.strip()) for name in dict.fromkeys(options.recipe.split(","))]
    store = Store(options.home)
    panel_key = _panel_key(options, store)
    panel = stored_panel(panel_key, store)
    other = None
    if options.task == EXTERNAL:
        if options.test_expression is None or options.test_response is None:
            raise UserError("--task external needs --test-expression FILE and --test-response FILE.")
        sources = PanelSources(
            options.test_expression, options.test_response, options.test_lines or options.lines, options.test_score, options.test_unit
        )
        other = read_panel(sources, FEWEST_TEST)
    splits = splits_of(options.task, panel, options.repeats, other)
    devices = {resolve_device("auto", recipe) for recipe in recipes}
    runtime = Runtime(store, ThreadMapper(options.workers), "cuda" if "cuda" in devices else "cpu", progress_of(progress_file))
    found = evaluate(panel_key, panel, options.task, splits, recipes, recipe_called(BASELINE), runtime)
    keep_evaluation(found, store)
    if options.json is not None:
        try:
            options.json.write_text(json.dumps(found, indent=1), encoding="utf-8")
        except OSError as error:
            raise UserError(f"{options.json} cannot be written: {error}.") from error
    print(in_words(found))


def _panel_key(options: argparse.Namespace, store: Store) -> str:
    if options.model is not None:
        return panel_key_of(load_model(options.model, store), store)
    if options.expression is None or options.response is None:
        raise UserError("evaluate needs --expression FILE and --response FILE, or --model NAME for the panel of a trained model.")
    return import_panel(
        PanelSources(options.expression, options.response, options.lines, options.score, options.unit, fingerprints=options.fingerprints),
        store,
    )


def in_words(found: dict[str, Any]) -> str:
    """What an evaluation found, a line a method and a line a difference."""
    lines = [
        f"{TASKS[found['task']]}: {len(found['splits'])} splits, {found['perturbations']:,} perturbations, mean {found['metric']} on lines not seen"
    ]
    for method, values in sorted(found["methods"].items(), key=lambda pair: -(pair[1]["mean"] or 0.0)):
        low, high = values["interval_95"]
        cost = f", {found['seconds'][method]:.0f} s of work" if method in found["seconds"] else ""
        lines.append(
            f"  {method}: no score{cost}"
            if None in (values["mean"], low, high)
            else f"  {method}: {values['mean']:.4f} ({low:.4f} to {high:.4f}){cost}"
        )
    for entry in found["differences"]:
        low, high = entry["interval_95"]
        if None in (entry["mean"], low, high):
            continue
        lines.append(f"  {entry['recipe']} minus {entry['minus']}: {entry['mean']:+.4f} ({low:+.4f} to {high:+.4f}): {entry['verdict']}")
    return "\n".join(lines)
