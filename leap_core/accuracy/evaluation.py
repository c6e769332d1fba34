"""Evaluations: every recipe and baseline on each split of a task; a run that was cut goes on."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property, partial
from pathlib import Path
from typing import Any

import numpy as np

from leap_core.accuracy.baselines import lineage_mean, nearest_line
from leap_core.accuracy.few_shot import SHARES, labels_alone, predict_few_shot
from leap_core.accuracy.summary import SplitPredictions, summarise
from leap_core.accuracy.tasks import TaskSplit
from leap_core.arrays import Mask, Matrix
from leap_core.errors import StoreError, UserError
from leap_core.model.held_out import Request, predict_held_out
from leap_core.model.recipe import Recipe
from leap_core.model.stages import training_set
from leap_core.model.training import TrainingSet
from leap_core.model.work import ACCURACY, held_out_work
from leap_core.panel.panel import Panel
from leap_core.run.codec import digest
from leap_core.run.records import read_record, write_record, writing
from leap_core.run.runtime import Runtime
from leap_core.run.store import ALGORITHM_VERSION, MadeFrom, Store, key_of

STAGE = "evaluation"


@dataclass(frozen=True)
class SplitResult:
    """What one recipe says of one split's m test lines.

    Attributes
    ----------
    task, split, recipe
        Names.
    by_layer
        (L, m, p).
    measured
        (m, p).
    test_lines, training_lines
        Names of the lines.
    rests_on
        Keys of layers and predictions.
    without_labels
        (m, p) by the panel alone, where labelled samples joined it.
    weight_of_labels
        Of these samples.
    """

    task: str
    split: str
    recipe: str
    by_layer: Matrix
    measured: Matrix
    test_lines: tuple[str, ...]
    training_lines: tuple[str, ...]
    rests_on: tuple[str, ...]
    without_labels: Matrix | None = None
    weight_of_labels: float | None = None


@dataclass(frozen=True)
class EvaluationPlan:
    """What is judged by what.

    Attributes
    ----------
    task, splits
        From `leap_core.accuracy.tasks.splits_of`.
    recipes
        Each of another name.
    baseline
        The recipe that stands as PCA + ridge.
    """

    task: str
    splits: list[TaskSplit]
    recipes: list[Recipe]
    baseline: Recipe

    def __post_init__(self) -> None:
        single = [recipe.name for recipe in self.recipes if not recipe.pan]
        if single and any(split.perturbations is not None for split in self.splits):
            raise UserError(
                f"{', '.join(single)}: knows only the perturbations that it was trained on; the task {self.task} needs"
                " pan-perturbation recipes (pp-...)."
            )

    def work(self, panel: Panel) -> float:
        """Rough seconds on one core, before anything is found in the store."""
        total = 0.0
        for recipe in (*self.recipes, self.baseline):
            data = training_set(panel, recipe)
            for split in self.splits:
                part = data.part(split.training)
                total += held_out_work(part, recipe) if recipe is self.baseline else _split_work(part, split, recipe)
        return total


def evaluate(panel_key: str, panel: Panel, plan: EvaluationPlan, runtime: Runtime) -> dict[str, Any]:
    """Judge recipes by a task.

    Parameters
    ----------
    panel_key, panel
        The panel, stored.
    plan
        Splits and recipes.
    runtime
        Finished parts are found in its store.

    Returns
    -------
    dict
        See `leap_core.accuracy.summary.summarise`; also the task, the data, seconds of work by recipe and the keys of
        the predictions.
    """
    runtime.progress.plan({ACCURACY: plan.work(panel)})
    return _Evaluation(panel_key, panel, plan, runtime).found()


@dataclass(frozen=True)
class _Evaluation:
    """One evaluation: each recipe on each split is an artefact, so a cut run goes on."""

    panel_key: str
    panel: Panel
    plan: EvaluationPlan
    runtime: Runtime

    @cached_property
    def data(self) -> TrainingSet:
        recipes = self.plan.recipes
        return training_set(self.panel, next((recipe for recipe in recipes if recipe.pan), recipes[0]))

    def found(self) -> dict[str, Any]:
        """What the evaluation says."""
        plan, keep = self.plan, self.data.learnable
        splits, keys, seconds, beside = [], [], {recipe.name: 0.0 for recipe in plan.recipes}, dict[str, None]()
        for split in plan.splits:
            methods: dict[str, Matrix] = {}
            for recipe in plan.recipes:
                key = self._predicted(split, recipe)
                keys.append(key)
                result = self.runtime.store.read(key, SplitResult)
                seconds[recipe.name] += _seconds_behind(result, self.runtime.store)
                methods |= _methods(recipe.name, result, keep)
            others = _baselines(self.panel, self.data, split, plan.baseline, self.runtime)
            methods |= {name: values[:, keep] for name, values in others.items()}
            beside |= dict.fromkeys(name for name in methods if name in others or name.endswith(" without labels"))
            lines = tuple(map(str, split.expression.index))
            measured = split.measured[:, keep]
            splits.append(SplitPredictions(split.name, lines, split.patients, split.lineages, measured, methods))
        names = [str(name) for name in self.panel.response.columns[keep]]
        recipes = [recipe.name for recipe in plan.recipes]
        return {
            **self._about(names),
            "seconds": {name: round(value, 1) for name, value in seconds.items()},
            **summarise(splits, recipes, list(beside), names, self.panel.score.metric),
            "predictions": keys,
        }

    def _about(self, names: list[str]) -> dict[str, Any]:
        """The task and the data that it was done on."""
        panel, response = self.panel, self.data.response[:, self.data.learnable]
        count = (~np.isnan(response)).sum(axis=0)
        deviation = np.nanstd(response.astype(np.float64), axis=0)
        return {
            "task": self.plan.task,
            "created": datetime.now(UTC).isoformat(timespec="seconds"),
            "panel": self.panel_key,
            "release": panel.release,
            "score": panel.score.key,
            "lines": len(panel.lines),
            "perturbations": len(names),
            "recipes": {recipe.name: recipe.as_dict() for recipe in self.plan.recipes},
            "perturbation_lines": dict(zip(names, map(int, count), strict=True)),
            "perturbation_sd": dict(zip(names, (round(float(value), 5) for value in deviation), strict=True)),
            "joined": self.plan.splits[0].joined,
        }

    def _predicted(self, split: TaskSplit, recipe: Recipe) -> str:
        """Key of one recipe's predictions of one split."""
        expression = split.expression.to_numpy(dtype=np.float32)
        lines, genes = split.expression.index.tolist(), split.expression.columns.tolist()
        made_from: MadeFrom = {
            "stage": STAGE,
            "version": ALGORITHM_VERSION,
            "panel": self.panel_key,
            "task": self.plan.task,
            "split": split.name,
            "recipe": recipe.as_dict(),
            "training": digest(split.training),
            "test": digest(expression, lines, genes, split.measured),
            "device": self.runtime.device_for(recipe),
        }
        if split.perturbations is not None:
            made_from["perturbations"] = digest(split.perturbations)
        if (labelled := split.labelled) is not None:
            samples = labelled.expression.to_numpy(dtype=np.float32)
            made_from["labelled"] = digest(samples, labelled.response, labelled.expression.index.tolist())
        part = self.data.part(split.training, split.patients)
        work = _split_work(part, split, recipe)
        return self.runtime.find_or_make(made_from, lambda: self._predict(part, split, recipe), ACCURACY, work)

    def _predict(self, part: TrainingSet, split: TaskSplit, recipe: Recipe) -> SplitResult:
        """Predictions of one split by one recipe."""
        result = partial(
            SplitResult,
            task=self.plan.task,
            split=split.name,
            recipe=recipe.name,
            measured=split.measured,
            test_lines=tuple(map(str, split.expression.index)),
            training_lines=tuple(map(str, part.expression.index)),
        )
        if split.labelled is not None:
            metric = self.panel.score.metric
            few = predict_few_shot(part, split.labelled, split.expression, recipe, metric, self.runtime)
            return result(
                by_layer=few.by_layer, rests_on=few.keys, without_labels=few.without_labels, weight_of_labels=few.share
            )
        if split.perturbations is None:
            found = predict_held_out(part, Request(split.expression), recipe, self.runtime)
            return result(by_layer=found.by_layer, rests_on=found.keys)
        assert part.fingerprints is not None
        others = ~split.perturbations
        request = Request(split.expression, part.fingerprints[others])
        found = predict_held_out(part.of_perturbations(split.perturbations), request, recipe, self.runtime)
        assert found.unscreened is not None
        by_layer = np.zeros((*found.unscreened.shape[:2], len(others)), dtype=np.float32)
        by_layer[:, :, others] = found.unscreened
        return result(by_layer=by_layer, rests_on=found.keys)


def _methods(recipe: str, result: SplitResult, keep: Mask) -> dict[str, Matrix]:
    """Predictions (m, q) of a recipe, of each of its layers, and without labels where there were some."""
    by_layer = result.by_layer[:, :, keep]
    found = {recipe: by_layer.mean(axis=0)}
    found |= {f"{recipe} layer {number}": values for number, values in enumerate(by_layer, start=1)}
    if result.without_labels is not None:
        found[f"{recipe} without labels"] = result.without_labels[:, keep]
    return found


def _split_work(part: TrainingSet, split: TaskSplit, recipe: Recipe) -> float:
    """One recipe on one split; with labels once without them and once at each of their weights."""
    return held_out_work(part, recipe) * (1 if split.labelled is None else 1 + len(SHARES))


def _seconds_behind(result: SplitResult, store: Store) -> float:
    """Seconds of what predictions rest on, whoever made it first: parts that recipes share are charged to each."""
    return sum(float(store.manifest(part)["seconds"]) for part in result.rests_on if store.has(part))


def _baselines(
    panel: Panel, data: TrainingSet, split: TaskSplit, baseline: Recipe, runtime: Runtime
) -> dict[str, Matrix]:
    """Predictions (m, p) of what stands beside the recipes."""
    part = data.part(split.training, split.patients)
    if split.perturbations is not None:
        return _baselines_of_unseen_perturbations(part, split, baseline, runtime)
    held_out = predict_held_out(part, Request(split.expression), baseline, runtime)
    training, test = held_out.standardiser.transform(part.expression), held_out.standardiser.transform(split.expression)
    lineages = panel.lines["lineage"][split.training].tolist()
    found = {
        "perturbation mean": np.zeros((len(split.expression), part.response.shape[1]), dtype=np.float32),
        "lineage mean": lineage_mean(part.response, lineages, list(split.lineages)),
        "nearest line": nearest_line(training, part.response, test),
        "PCA + ridge": held_out.by_layer[0],
    }
    if split.labelled is not None:
        found["labels alone"] = labels_alone(part, split.labelled, split.expression, baseline, runtime)
    return found


def _baselines_of_unseen_perturbations(
    part: TrainingSet, split: TaskSplit, baseline: Recipe, runtime: Runtime
) -> dict[str, Matrix]:
    """What PCA + ridge says of the perturbations that were trained on, carried over to those that were not."""
    assert split.perturbations is not None and part.fingerprints is not None
    trained, others = split.perturbations, ~split.perturbations
    screened = part.of_perturbations(trained)
    known = predict_held_out(screened, Request(split.expression), baseline, runtime).by_layer[0][:, screened.learnable]
    marks = part.fingerprints[trained][screened.learnable].astype(np.float64)
    distance = np.square(part.fingerprints[others][:, None].astype(np.float64) - marks).sum(axis=2)
    deviation = np.nanstd(screened.response[:, screened.learnable], axis=0)
    found = {
        "perturbation mean": np.zeros((len(known), int(others.sum())), dtype=np.float32),
        "mean of the screened": np.tile(
            ((known - known.mean(axis=0)) / deviation).mean(axis=1, keepdims=True), (1, int(others.sum()))
        ),
        "most similar screened": known[:, np.argmin(distance, axis=1)],
    }
    whole = {}
    for name, values in found.items():
        whole[name] = np.zeros((len(known), len(trained)), dtype=np.float32)
        whole[name][:, others] = values
    return whole


def keep_evaluation(found: dict[str, Any], store: Store) -> Path:
    """Keep an evaluation beside the models, for the accuracy atlas; the same one again takes its place."""
    folder = store.home / "evaluations"
    identity = {part: found[part] for part in ("task", "panel", "recipes")} | {"predictions": found["predictions"]}
    path = folder / f"{key_of(identity)[:16]}.json"
    with writing(store.home):
        folder.mkdir(parents=True, exist_ok=True)
        write_record(path, found)
    return path


def kept_evaluations(store: Store) -> list[dict[str, Any]]:
    """Evaluations beside the models, the newest first; files that cannot be read are left out."""
    found = []
    for path in (store.home / "evaluations").glob("*.json"):
        with suppress(StoreError, OSError):
            found.append((path.stat().st_mtime, path.name, read_record(path)))
    return [record for *_, record in sorted(found, key=lambda one: one[:2], reverse=True)]
