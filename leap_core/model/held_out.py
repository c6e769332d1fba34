"""Predictions of lines, and of perturbations, that took no part in a training.

The heads serve them alone and are never stored.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from leap_core.model.heads.base import BlockedHeads, Matrix
from leap_core.model.layers.base import Layer
from leap_core.model.preprocessing import Standardiser
from leap_core.model.recipe import ALGORITHM_VERSION, PlannedLayer, Recipe, as_plain
from leap_core.model.runtime import Runtime
from leap_core.model.stages import data_in_key, train_layers
from leap_core.model.training import TrainingSet, fit_heads
from leap_core.model.work import ACCURACY, Chunks, chunk_work, heads_work, planned_chunks
from leap_core.run import formats


@dataclass(frozen=True)
class Wanted:
    """What is to be predicted.

    Attributes
    ----------
    test
        (m, genes) lines that are not among the training lines.
    fingerprints
        (u, f) of perturbations that were never screened; for pan-perturbation recipes.
    own
        (n,) training lines whose out-of-fold predictions are wanted, too.
    """

    test: pd.DataFrame
    fingerprints: Matrix | None = None
    own: npt.NDArray[np.bool_] | None = None


@dataclass(frozen=True)
class UnseenLines:
    """Predictions of m lines that took no part in a training.

    Attributes
    ----------
    by_layer
        (L, m, p) by each layer, mean over folds.
    one_fold
        (m, p) by the first fold's models alone, mean over layers: what an out-of-fold prediction averages.
    standardiser
        Of the training lines.
    keys
        Of the layers and of their predictions.
    unscreened
        (L, m, u) of perturbations that were never screened; None where none were wanted.
    own
        (L, r, p) out-of-fold predictions of training lines; None where none were wanted.
    """

    by_layer: Matrix
    one_fold: Matrix
    standardiser: Standardiser
    keys: tuple[str, ...]
    unscreened: Matrix | None = None
    own: Matrix | None = None


def predict_unseen(data: TrainingSet, wanted: Wanted, recipe: Recipe, runtime: Runtime) -> UnseenLines:
    """Predict lines that take no part in the training.

    The predictions of each layer are stored, and so are the layers, for panels on the same lines share them.
    """
    standardiser, layer_keys = train_layers(data, recipe, runtime, ACCURACY)
    training, unseen = standardiser.transform(data.expression), standardiser.transform(wanted.test)
    made_from: dict[str, object] = {
        "stage": "unseen lines",
        "version": ALGORITHM_VERSION,
        "contents": 2,
        "test": formats.digest(unseen),
        "response": formats.digest(data.response, data.expression.index.tolist(), data.patients, data.status.tolist()),
        "folds": recipe.folds,
        "seed": recipe.seed,
    }
    for name, part in (("unscreened", wanted.fingerprints), ("own", wanted.own)):
        if part is not None:
            made_from[name] = formats.digest(part)
    keys = []
    for planned, layer_key in zip(recipe.plan, layer_keys, strict=True):

        def write(folder: Path, layer_key: str = layer_key, planned: PlannedLayer = planned) -> None:
            layer = formats.read_layer(runtime.store.folder(layer_key))
            formats.write_arrays(
                folder, "predictions", _predict_layer(data, layer, training, unseen, wanted, recipe, planned, runtime)
            )

        made_of_layer = {
            **made_from,
            "regressor": as_plain(planned.regressor),
            "layer": layer_key,
            **data_in_key(data, planned),
        }
        keys.append(runtime.make(made_of_layer, write, ACCURACY, heads_work(data, recipe, planned)))
    found = [formats.read_arrays(runtime.store.folder(key), "predictions") for key in keys]
    stacked = {name: np.stack([arrays[name] for arrays in found]) for name in found[0]}
    return UnseenLines(
        stacked["mean"],
        stacked["one_fold"].mean(axis=0),
        standardiser,
        (*layer_keys, *keys),
        stacked.get("unscreened"),
        stacked.get("own"),
    )


def _predict_layer(
    data: TrainingSet,
    layer: Layer,
    training: Matrix,
    unseen: Matrix,
    wanted: Wanted,
    recipe: Recipe,
    planned: PlannedLayer,
    runtime: Runtime,
) -> dict[str, Matrix]:
    """Predictions of one layer's heads, block by block.

    Mean over folds, of the first fold alone, and what else is wanted.
    """
    latent, latent_unseen, folds = layer.encode(training), layer.encode(unseen), data.folds(recipe)
    p = data.response.shape[1]
    found = {name: np.empty((len(unseen), p), dtype=np.float32) for name in ("mean", "one_fold")}
    if wanted.own is not None:
        found["own"] = np.empty((int(wanted.own.sum()), p), dtype=np.float32)
    heads_of_blocks = []
    for block in data.blocks():
        chunks = Chunks(runtime.progress, ACCURACY, chunk_work(data, recipe, planned), planned_chunks(data, block))
        heads = fit_heads(data, latent, recipe, planned, block, runtime.mapper, chunks.done)
        chunks.end()
        by_fold = heads.predict(latent_unseen)
        found["mean"][:, block], found["one_fold"][:, block] = by_fold.mean(axis=0), by_fold[0]
        if wanted.own is not None:
            found["own"][:, block] = heads.out_of_fold(latent[wanted.own], folds[wanted.own])
        if wanted.fingerprints is not None:
            heads_of_blocks.append(heads)
    if wanted.fingerprints is not None:
        found["unscreened"] = (
            BlockedHeads(tuple(heads_of_blocks)).predict_unscreened(latent_unseen, wanted.fingerprints).mean(axis=0)
        )
    return found
