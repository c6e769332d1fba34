"""Training: panel in, named model out."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from leap_core.accuracy.line_errors import averaging_scale, lineage_folds
from leap_core.accuracy.outer_folds import accuracy_work, measure_accuracy, outer_folds
from leap_core.accuracy.resampling import resampled_scores
from leap_core.model.preprocessing import Standardiser
from leap_core.model.recipe import ALGORITHM_VERSION, Recipe
from leap_core.model.runtime import Runtime
from leap_core.model.stages import (
    BlockKeys,
    mean_out_of_fold,
    read_layer_heads,
    train_heads,
    train_layers,
    training_set,
)
from leap_core.model.training import TrainingSet
from leap_core.model.work import ACCURACY, ensemble_work
from leap_core.panel.kept import stored_panel
from leap_core.panel.panel import Panel
from leap_core.panel.status import NOT_CONVERGED
from leap_core.panel.summary import summarise_panel
from leap_core.passport.familiarity import PanelDistances, class_of, line_percentiles
from leap_core.passport.lineage_guess import fit_lineage_guess
from leap_core.ranking.evidence import Evidence, gather_evidence
from leap_core.run import formats
from leap_core.run.store import Store, key_of

# Raise it when a model artefact holds more than before: its stages are found in the store all the same.
MODEL_CONTENTS = 13

Accuracy = Literal["outer", "none"]


def train(
    panel_key: str, recipe: Recipe, accuracy: Accuracy, runtime: Runtime, name: str, planned: bool = False
) -> str:
    """Train a model on a stored panel and bind it to `name`; return its key.

    Every finished stage is an artefact, so the same call again is a cache hit, and a run that was killed
    continues from what was complete.

    Parameters
    ----------
    panel_key
        From `import_panel` or `keep_panel`.
    recipe
        What to train.
    accuracy
        ``"outer"`` measures the accuracy on unseen lines by an outer cross-fit; ``"none"`` skips it.
    runtime
        Store, workers, device, progress.
    name
        What the model is called from now on.
    planned
        Whether the caller has announced the work already, with that of other trainings.
    """
    store = runtime.store
    stage = {
        "stage": "model",
        "version": ALGORITHM_VERSION,
        "contents": MODEL_CONTENTS,
        "panel": panel_key,
        "recipe": recipe.as_dict(),
        "accuracy": accuracy,
        "device": runtime.device_for(recipe),
    }
    if store.has(key_of(stage)) and not all(store.has(part) for part in parts_of(key_of(stage), store)):
        # What it rests on was deleted together with another model: the hit is an empty shell.
        store.discard({key_of(stage)})
    found = store.has(key_of(stage))
    if planned == found:
        work = planned_work(stored_panel(panel_key, store), recipe, accuracy)
        if found:
            for stage_name, amount in work.items():
                runtime.progress.skip(stage_name, amount)
        else:
            runtime.progress.plan(work)
    key = store.make(stage, lambda folder: _write_model(folder, panel_key, recipe, accuracy, runtime))
    store.bind(name, key)
    return key


def parts_of(model_key: str, store: Store) -> set[str]:
    """Keys of the artefacts without which a model artefact cannot predict: its panel, layers and heads."""
    content = formats.read_json(store.folder(model_key), "model")
    return {content["panel"], *content["layers"], *(key for keys in content["heads"] for key in keys)}


def _write_model(folder: Path, panel_key: str, recipe: Recipe, accuracy: Accuracy, runtime: Runtime) -> None:
    panel = stored_panel(panel_key, runtime.store)
    data = training_set(panel, recipe)
    standardiser, layers = train_layers(data, recipe, runtime)
    heads = train_heads(data, recipe, standardiser, layers, runtime)
    table, rule = summarise_panel(panel)
    status, validation_score = _learnt(data, heads, runtime.store)
    table.insert(0, "status", status)
    table["validation_score"] = validation_score
    evidence: set[str] = set()
    unseen, scale, classes = None, 1.0, None
    if accuracy == "outer":
        measured = measure_accuracy(panel_key, panel, recipe, runtime)
        table, evidence, unseen = table.join(measured.accuracy), measured.keys, measured.unseen
        formats.write_arrays(folder, "unseen", measured.unseen)
        errors = measured.line_errors
        scale = averaging_scale(errors["squared_error"].to_numpy(), errors["squared_error_of_one_fold"].to_numpy())
        percentiles = _percentiles(panel, standardiser, recipe)
        classes = np.array([class_of(percentile) for percentile in percentiles["kinship"]], dtype=object)
        formats.write_table(folder, "line_errors", measured.line_errors.join(percentiles))
    else:
        table["accuracy"] = np.nan
    formats.write_table(folder, "perturbations", table)
    formats.write_standardiser(folder, standardiser)
    guess = fit_lineage_guess(standardiser.transform(panel.expression), panel.lines["lineage"].tolist(), panel.patients)
    formats.write_lineage_guess(folder, guess)
    folds = data.folds(recipe)
    formats.write_arrays(folder, "folds", {"folds": folds})
    with formats.new_array(folder, "out_of_fold", data.response.shape) as out_of_fold:
        mean_out_of_fold(heads, runtime.store, out_of_fold)
        formats.write_evidence(folder, _evidence(panel, data, out_of_fold, folds, table, unseen, scale, classes))
    content = {
        "contents": MODEL_CONTENTS,
        "panel": panel_key,
        "layers": list(layers),
        "heads": [list(keys) for keys in heads],
        "recipe": recipe.as_dict(),
        "accuracy": accuracy,
        "evidence": sorted(evidence),
        "common_essential_rule": rule,
    }
    formats.write_json(folder, "model", content)


def _percentiles(panel: Panel, standardiser: Standardiser, recipe: Recipe) -> pd.DataFrame:
    """Distance percentiles of the panel's lines, by the model's genes."""
    distances = PanelDistances.of(
        panel.expression[list(standardiser.genes)].to_numpy(), outer_folds(panel.patients, recipe.seed)
    )
    return line_percentiles(distances, lineage_folds(panel.lines["lineage"].tolist())).set_axis(
        panel.lines.index, axis=0
    )


def _evidence(
    panel: Panel,
    data: TrainingSet,
    out_of_fold: npt.NDArray[np.float32],
    folds: npt.NDArray[np.int64],
    table: pd.DataFrame,
    unseen: dict[str, npt.NDArray[np.float32]] | None,
    residual_scale: float,
    classes: npt.NDArray[np.object_] | None,
) -> Evidence:
    """What lists of predictions rest on.

    The slopes of the calibration are drawn to the accuracy of out-of-fold predictions.
    """
    accuracy = np.full(data.response.shape[1], np.nan)
    usable = data.learnable
    everyone = np.ones((1, len(folds)))
    accuracy[usable] = resampled_scores(
        out_of_fold[:, usable], data.response[:, usable], folds, everyone, panel.score.metric
    )[0]
    return gather_evidence(
        out_of_fold, folds, data.response, table, panel.score, accuracy, usable, unseen, residual_scale, classes
    )


def _learnt(data: TrainingSet, heads: tuple[BlockKeys, ...], store: Store) -> tuple[list[str], npt.NDArray[np.float32]]:
    """Status of each perturbation after the fit, and its validation score, mean over layers."""
    fitted = [read_layer_heads(keys, store) for keys in heads]
    status = data.status.copy()
    status[data.learnable & ~np.all([of_layer.converged for of_layer in fitted], axis=0)] = NOT_CONVERGED
    score: npt.NDArray[np.float32] = np.mean([of_layer.validation_score for of_layer in fitted], axis=0)
    return [str(entry) for entry in status], score


def planned_work(panel: Panel, recipe: Recipe, accuracy: Accuracy) -> dict[str, float]:
    """Rough seconds of a training on one core, by stage."""
    data = training_set(panel, recipe)
    work = ensemble_work(data, recipe)
    if accuracy == "outer":
        work[ACCURACY] = accuracy_work(panel, recipe)
    return work
