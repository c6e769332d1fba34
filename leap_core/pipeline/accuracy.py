"""Accuracy on unseen lines: the outer cross-fit, each of its parts an artefact."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from leap_core.data.panel import Panel
from leap_core.data.splits import patient_folds
from leap_core.ensemble.recipe import ALGORITHM_VERSION, Recipe, recipe_called
from leap_core.ensemble.training import TrainingSet, fit_heads
from leap_core.evaluation.baselines import lineage_mean, nearest_line
from leap_core.evaluation.crossfit import OUTER_FOLDS, OuterFold, accuracy_table, score_fold
from leap_core.pipeline.runtime import Runtime
from leap_core.pipeline.stages import train_layers, training_set
from leap_core.pipeline.work import ACCURACY, Chunks, chunk_work, heads_work, planned_chunks, unseen_work
from leap_core.regression.base import Matrix
from leap_core.representation.base import AffineLayer
from leap_core.representation.preprocessing import Standardiser
from leap_core.seeds import seed_of
from leap_core.storage import formats

BASELINE = "pca-ridge"


def predict_unseen(data: TrainingSet, test: pd.DataFrame, recipe: Recipe, runtime: Runtime) -> tuple[Matrix, Standardiser, tuple[str, ...]]:
    """Predict lines that take no part in the training.

    The heads serve these predictions alone and are never stored; the predictions of each layer are, and so are
    the layers, for panels on the same lines share them.

    Returns
    -------
    predictions : numpy.ndarray
        (L, m, p) by each layer, mean over folds.
    standardiser : Standardiser
        Of the training lines.
    keys : tuple
        Of the layers and of their predictions.
    """
    standardiser, layer_keys = train_layers(data, recipe, runtime, ACCURACY)
    training, unseen = standardiser.transform(data.expression), standardiser.transform(test)
    made_from = {
        "stage": "unseen lines", "version": ALGORITHM_VERSION, "test": formats.digest(unseen),
        "response": formats.digest(data.response, data.expression.index.tolist(), data.patients, data.status.tolist()),
        "regressor": recipe.as_dict()["regressor"], "folds": recipe.folds, "seed": recipe.seed,
    }  # fmt: skip
    keys = []
    for layer_key in layer_keys:

        def write(folder: Path, layer_key: str = layer_key) -> None:
            layer = formats.read_layer(runtime.store.folder(layer_key))
            formats.write_arrays(folder, "predictions", {"predictions": _predict_layer(data, layer, training, unseen, recipe, runtime)})

        keys.append(runtime.make({**made_from, "layer": layer_key}, write, ACCURACY, heads_work(data, recipe)))
    predictions = [formats.read_arrays(runtime.store.folder(key), "predictions")["predictions"] for key in keys]
    return np.stack(predictions), standardiser, (*layer_keys, *keys)


def _predict_layer(data: TrainingSet, layer: AffineLayer, training: Matrix, unseen: Matrix, recipe: Recipe, runtime: Runtime) -> Matrix:
    """Predictions (m, p) of one layer's heads, mean over folds, block by block."""
    latent, latent_unseen = layer.encode(training), layer.encode(unseen)
    predictions = np.empty((len(unseen), data.response.shape[1]), dtype=np.float32)
    for block in data.blocks():
        chunks = Chunks(runtime.progress, ACCURACY, chunk_work(data, recipe), planned_chunks(data, block))
        heads = fit_heads(data, latent, recipe, block, runtime.mapper, chunks.done)
        chunks.end()
        predictions[:, block] = heads.predict(latent_unseen).mean(axis=0)
    return predictions


def outer_fold(panel: Panel, recipe: Recipe, fold: int, runtime: Runtime) -> tuple[OuterFold, tuple[str, ...]]:
    """Predict the lines of one outer fold by the ensemble and the baselines trained without them.

    Returns
    -------
    OuterFold
        The predictions.
    tuple
        Keys of the artefacts they rest on.
    """
    held_out = held_out_lines(panel.patients, recipe, fold)
    data = training_set(panel, recipe).part(~held_out)
    test = panel.expression[held_out]
    by_layer, standardiser, keys = predict_unseen(data, test, recipe, runtime)
    ridge, _, ridge_keys = predict_unseen(data, test, recipe_called(BASELINE), runtime)
    lineages = panel.lines["lineage"].to_numpy()
    predictions = {
        "leap": by_layer.mean(axis=0),
        "lineage_mean": lineage_mean(data.response, lineages[~held_out].tolist(), lineages[held_out].tolist()),
        "nearest_line": nearest_line(standardiser.transform(data.expression), data.response, standardiser.transform(test)),
        "pca_ridge": ridge[0],
    }
    predictions |= {f"layer_{number}": values for number, values in enumerate(by_layer, start=1)}
    return OuterFold(predictions, panel.response[held_out].to_numpy()), (*keys, *ridge_keys)


def held_out_lines(patients: Sequence[str], recipe: Recipe, fold: int) -> npt.NDArray[np.bool_]:
    """(n,) the lines of one outer fold."""
    return patient_folds(list(patients), OUTER_FOLDS, seed_of(recipe.seed, "outer folds")) == fold


def outer_work(data: TrainingSet, recipe: Recipe, fold: int) -> float:
    """Rough seconds of one outer fold; `data` is the whole panel."""
    part = data.part(~held_out_lines(data.patients, recipe, fold))
    return unseen_work(part, recipe) + unseen_work(part, recipe_called(BASELINE))


def measure_accuracy(panel_key: str, panel: Panel, recipe: Recipe, runtime: Runtime) -> tuple[pd.DataFrame, set[str]]:
    """Accuracy on unseen lines of every perturbation, and the keys of the artefacts behind it."""
    # No claim from data that a model has seen.
    recipe = replace(recipe, layers_see="training lines only")
    data = training_set(panel, recipe)
    scores: list[dict[str, npt.NDArray[np.float64]]] = []
    keys: set[str] = set()
    for fold in range(OUTER_FOLDS):
        made_from = {
            "stage": "outer fold", "version": ALGORITHM_VERSION, "panel": panel_key, "fold": fold,
            "recipe": recipe.as_dict(), "device": runtime.device_for(recipe),
        }  # fmt: skip

        def write(folder: Path, fold: int = fold) -> None:
            result, rests_on = outer_fold(panel, recipe, fold, runtime)
            formats.write_arrays(folder, "scores", score_fold(result, panel.score.metric))
            formats.write_json(folder, "rests_on", {"keys": list(rests_on)})

        key = runtime.make(made_from, write, ACCURACY, outer_work(data, recipe, fold))
        rests_on = formats.read_json(runtime.store.folder(key), "rests_on")["keys"]
        keys |= {key, *rests_on}
        scores.append(formats.read_arrays(runtime.store.folder(key), "scores"))
    return accuracy_table(scores, panel.response.columns.tolist(), data.learnable), keys
