"""``leap evaluate``: judge recipes on lines, lineages and studies that they have not seen."""

from __future__ import annotations

import argparse
import json
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from leap_core.accuracy.another_study import Judgement, judge_by_another_study
from leap_core.accuracy.evaluation import EvaluationPlan, evaluate, keep_evaluation
from leap_core.accuracy.outer_folds import BASELINE
from leap_core.accuracy.tasks import EXTERNAL, FEW_SHOT, MIN_TEST_LINES, TASKS, UNSEEN_LINES, Splitting, splits_of
from leap_core.cli.shared.engine import add_engine, engine_of
from leap_core.cli.shared.panel_files import add_panel_files, kept_panel
from leap_core.cli.shared.progress import progress_of
from leap_core.cli.shared.saying import complain, say
from leap_core.errors import PanelError, UserError
from leap_core.model.catalogue import recipe_called
from leap_core.model.layers.device import resolve_device
from leap_core.model.recipe import Recipe
from leap_core.panel.further_studies import FurtherSource, read_judge
from leap_core.panel.kept import stored_panel
from leap_core.panel.panel import Panel
from leap_core.panel.reading import PanelSources, read_panel
from leap_core.run.jobs import ProgressFile
from leap_core.run.mapping import Mapper
from leap_core.run.progress import Progress, duration
from leap_core.run.runtime import Runtime
from leap_core.run.store import Store
from leap_core.services.models import load_model

HELP = "judge recipes on lines, lineages and studies that they have not seen"
EXAMPLES = """examples:
  leap evaluate --model "DepMap 24Q2" --recipe leap-best,leap-lasso --json out.json
  leap evaluate --model "DepMap 24Q2" --task unseen-lineage
  leap evaluate --model GDSC2 --task external --test-expression rma.csv --test-response prism.csv
  leap evaluate --model GDSC2 --task another-study --test-response ctrp.csv --test-score AUC
"""
ANOTHER_STUDY = "another-study"
ANOTHER = (
    "a study of the panel's own lines by another laboratory, and how much of what a screen of the line would have told"
    " about it the prediction tells"
)


def add_options(parser: argparse.ArgumentParser) -> None:
    """Options of ``evaluate``."""
    add = parser.add_argument
    add_panel_files(parser)
    add("--model", help="the panel of a trained model, instead of --expression and --response")
    recipes = "recipes, separated by commas (default: %(default)s)"
    add("--recipe", default="leap-best,leap-lasso", metavar="R[,R...]", help=recipes)
    tasks = "; ".join(f"{name}: {what}" for name, what in {**TASKS, ANOTHER_STUDY: ANOTHER}.items())
    add("--task", choices=(*TASKS, ANOTHER_STUDY), default=UNSEEN_LINES, help=tasks)
    repeats = "splits of the tasks unseen-lines, unseen-perturbations and few-shot (default: %(default)s)"
    add("--repeats", type=int, default=5, metavar="N", help=repeats)
    add("--json", type=Path, metavar="FILE", help="write everything there")
    _add_other_study(parser.add_argument_group("another study (tasks external, few-shot, another-study)"))
    add_engine(parser)
    add("--progress-file", type=Path, help=argparse.SUPPRESS)


def _add_other_study(group: argparse._ArgumentGroup) -> None:
    add = group.add_argument
    add("--test-expression", type=Path, metavar="FILE", help="its expression")
    add("--test-response", type=Path, metavar="FILE", help="its responses")
    add("--test-lines", type=Path, metavar="FILE", help="annotation of its lines (default: --lines)")
    add("--test-score", metavar="TYPE", help="its score type, recognised where it is certain")
    add("--test-unit", metavar="UNIT", help="unit of its expression, recognised where it is certain")
    missing = "numbers that stand for a missing value in its responses, as -100,100"
    add("--test-missing", metavar="X[,X...]", default="", help=missing)
    labelled = "samples that are learnt from (task few-shot; default: %(default)s)"
    add("--labelled", type=int, default=10, metavar="N", help=labelled)


def run(options: argparse.Namespace, progress_file: ProgressFile | None) -> None:
    """Judge, keep and print."""
    how = Splitting(options.repeats, options.labelled, options.join)
    recipes = [recipe_called(name.strip()) for name in dict.fromkeys(options.recipe.split(","))]
    store = Store(options.home)
    with engine_of(options) as mapper, store.in_use():
        progress = progress_of(progress_file)
        if options.task == ANOTHER_STUDY:
            judged = _by_another_study(options, recipes, store, mapper, progress)
            _write_json(options.json, {name: _plain(judgement) for name, judgement in judged.items()})
            say("\n".join(judged_in_words(name, judgement) for name, judgement in judged.items()))
            return
        found = _judge(options, how, recipes, store, mapper, progress)
    keep_evaluation(found, store)
    _write_json(options.json, found)
    say(in_words(found))


def _write_json(path: Path | None, found: dict[str, Any]) -> None:
    if path is None:
        return
    try:
        path.write_text(json.dumps(found, indent=1), encoding="utf-8")
    except OSError as error:
        raise UserError(f"{path} cannot be written: {error}.") from error


def _plain(judgement: Judgement) -> dict[str, Any]:
    plain = {field.name: getattr(judgement, field.name) for field in fields(judgement)}
    return {name: v.to_dict("records") if isinstance(v, pd.DataFrame) else v for name, v in plain.items()}


def _by_another_study(
    options: argparse.Namespace, recipes: list[Recipe], store: Store, mapper: Mapper, progress: Progress
) -> dict[str, Judgement]:
    """What another study says of each recipe."""
    if options.test_response is None:
        raise UserError(f"--task {ANOTHER_STUDY} needs --test-response FILE: the study that judges.")
    panel = stored_panel(_panel_key(options, store), store)
    source = FurtherSource(options.test_response, options.test_score)
    judge = read_judge(source, panel, options.test_lines or options.lines, options.drugs)
    judge = replace(judge, response=masked(judge.response, options.test_missing))
    runtime = Runtime(store, mapper, "cpu", progress)
    return {recipe.name: judge_by_another_study(panel, judge, recipe, runtime) for recipe in recipes}


def judged_in_words(recipe: str, found: Judgement) -> str:
    """What another study says of one recipe, a line a method and part."""
    lines = [
        f"{recipe}, judged by {found.study}: {found.perturbations} perturbations that both measured, {found.lines}"
        " lines; mean Spearman over perturbations, patients held out of every study"
    ]
    for row in found.agreement.itertuples():
        lines.append(f"  {row.method}, {row.part}: {row.mean:.3f} ({row.low:.3f} to {row.high:.3f})")
    for row in found.share.itertuples():
        lines.append(f"  {row.method}, {row.part}: {row.mean:.0%} ({row.low:.0%} to {row.high:.0%}) of a screen's")
    widened = (
        f", {found.coverage_widened:.0%} if they are {found.widening:.2f} times as wide, as the panel's further studies"
        " ask for"
    )
    lines.append(
        f"  80 % intervals hold {found.coverage:.0%} of its values{widened if np.isfinite(found.widening) else ''}"
    )
    return "\n".join(lines)


def _judge(
    options: argparse.Namespace, how: Splitting, recipes: list[Recipe], store: Store, mapper: Mapper, progress: Progress
) -> dict[str, Any]:
    panel_key = _panel_key(options, store)
    panel = stored_panel(panel_key, store)
    other = None
    if options.task in (EXTERNAL, FEW_SHOT):
        if options.test_expression is None or options.test_response is None:
            raise UserError(f"--task {options.task} needs --test-expression FILE and --test-response FILE.")
        sources = PanelSources(
            options.test_expression,
            options.test_response,
            options.test_lines or options.lines,
            options.test_score,
            options.test_unit,
        )
        try:
            other = without_sentinels(read_panel(sources, MIN_TEST_LINES), options.test_missing)
        except PanelError as error:
            # The study's own option, not the panel's.
            raise UserError(str(error).replace("--score", "--test-score")) from error
    splits = splits_of(options.task, panel, how, other)
    plan = EvaluationPlan(options.task, splits, recipes, recipe_called(BASELINE))
    complain(f"About {duration(plan.work(panel))} of work on one core, less what is found.")
    devices = {resolve_device("auto", recipe.uses_device) for recipe in recipes}
    runtime = Runtime(store, mapper, "cuda" if "cuda" in devices else "cpu", progress)
    return evaluate(panel_key, panel, plan, runtime)


def _panel_key(options: argparse.Namespace, store: Store) -> str:
    if options.model is not None:
        if options.also_response:
            raise UserError("--also-response goes with --expression and --response; a model's panel stays as it is.")
        return load_model(options.model, store).trained.panel
    return kept_panel(options, store, "evaluate without --model NAME")


def without_sentinels(other: Panel, text: str) -> Panel:
    """A study whose listed numbers are taken as not screened."""
    return replace(other, response=masked(other.response, text))


def masked(response: pd.DataFrame, text: str) -> pd.DataFrame:
    """Responses whose listed numbers are taken as not screened."""
    try:
        numbers = [np.float32(part) for part in text.split(",") if part.strip()]
    except ValueError as error:
        raise UserError(f"--test-missing {text}: expected numbers, separated by commas.") from error
    return response.mask(response.isin(numbers)) if numbers else response


def in_words(found: dict[str, Any]) -> str:
    """What an evaluation found, a line a method and a line a difference."""
    lines = [
        f"{TASKS[found['task']]}: {len(found['splits'])} splits, {found['perturbations']:,} perturbations, mean"
        f" {found['metric']} on lines not seen"
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
        lines.append(
            f"  {entry['recipe']} minus {entry['minus']}: {entry['mean']:+.4f} ({low:+.4f} to {high:+.4f}):"
            f" {entry['verdict']}"
        )
    return "\n".join(lines)
