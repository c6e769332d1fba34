"""Predictions of lines, and of perturbations, that take no part in a training.

The heads serve them alone and are never stored; the predictions of each layer are, and so are the layers.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from leap_core.arrays import Mask, Matrix
from leap_core.model.heads.base import BlockedHeads
from leap_core.model.layers.base import Layer
from leap_core.model.preprocessing import Standardiser
from leap_core.model.recipe import PlannedLayer, Recipe, as_plain
from leap_core.model.stages import data_in_key, read_layer, train_layers, with_study_weights
from leap_core.model.training import TrainingSet, fit_heads
from leap_core.model.work import ACCURACY, Chunks, chunk_work, heads_work, planned_chunks
from leap_core.run.codec import digest
from leap_core.run.runtime import Runtime
from leap_core.run.store import ALGORITHM_VERSION, MadeFrom


@dataclass(frozen=True)
class Request:
    """What is to be predicted.

    Attributes
    ----------
    test
        (m, genes) lines that are not among the training lines.
    fingerprints
        (u, f) of perturbations that were never screened; for pan-perturbation recipes.
    own
        (n,) training lines whose out-of-fold predictions are asked for, too.
    """

    test: pd.DataFrame
    fingerprints: Matrix | None = None
    own: Mask | None = None


@dataclass(frozen=True)
class LayerPredictions:
    """Predictions of one layer's heads: of m held-out lines, and what else was asked for.

    Attributes
    ----------
    mean, one_fold
        (m, p): mean over folds, and of the first fold's models alone.
    unscreened
        (m, u) of perturbations that were never screened.
    own
        (r, p) out-of-fold predictions of training lines.
    """

    mean: Matrix
    one_fold: Matrix
    unscreened: Matrix | None = None
    own: Matrix | None = None


@dataclass(frozen=True)
class HeldOutPredictions:
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
        (L, m, u) of perturbations that were never screened; None where none were asked for.
    own
        (L, r, p) out-of-fold predictions of training lines; None where none were asked for.
    """

    by_layer: Matrix
    one_fold: Matrix
    standardiser: Standardiser
    keys: tuple[str, ...]
    unscreened: Matrix | None = None
    own: Matrix | None = None


def predict_held_out(data: TrainingSet, request: Request, recipe: Recipe, runtime: Runtime) -> HeldOutPredictions:
    """Train on `data` and predict lines that take no part in it."""
    standardiser, layer_keys = train_layers(data, recipe, runtime, ACCURACY)
    data = with_study_weights(data, recipe, standardiser, layer_keys, runtime)
    training, test = standardiser.transform(data.lines_of_heads), standardiser.transform(request.test)
    made_from: MadeFrom = {
        "stage": "unseen lines",
        "version": ALGORITHM_VERSION,
        "test": digest(test),
        "response": digest(data.response, data.expression.index.tolist(), data.patients, data.status.tolist()),
        "folds": recipe.folds,
        "seed": recipe.seed,
    }
    for name, part in (("unscreened", request.fingerprints), ("own", request.own)):
        if part is not None:
            made_from[name] = digest(part)
    keys = []
    for planned, layer_key in zip(recipe.plan, layer_keys, strict=True):

        def predict(layer_key: str = layer_key, planned: PlannedLayer = planned) -> LayerPredictions:
            layer = read_layer(layer_key, runtime.store)
            return _Predictor(data, request, recipe, planned, runtime).predict(layer, training, test)

        of_layer = {"regressor": as_plain(planned.regressor), "layer": layer_key, **data_in_key(data, planned)}
        work = heads_work(data, recipe, planned)
        keys.append(runtime.find_or_make({**made_from, **of_layer}, predict, ACCURACY, work))
    found = [runtime.store.read(key, LayerPredictions) for key in keys]
    return HeldOutPredictions(
        np.stack([one.mean for one in found]),
        np.mean([one.one_fold for one in found], axis=0),
        standardiser,
        (*layer_keys, *keys),
        _stacked([one.unscreened for one in found]),
        _stacked([one.own for one in found]),
    )


def _stacked(parts: list[Matrix | None]) -> Matrix | None:
    there = [part for part in parts if part is not None]
    return np.stack(there) if there else None


@dataclass(frozen=True)
class _Predictor:
    """Fits the heads of one layer block by block and lets each block predict before the next is fitted."""

    data: TrainingSet
    request: Request
    recipe: Recipe
    planned: PlannedLayer
    runtime: Runtime

    def predict(self, layer: Layer, training: Matrix, test: Matrix) -> LayerPredictions:
        """Predictions of one layer; `training` and `test` (m, g) are standardised.

        The former are those of `TrainingSet.lines_of_heads`.
        """
        data, own = self.data, self.request.own
        latent, latent_test, folds = layer.encode(training), layer.encode(test), data.folds(self.recipe)
        mean, one_fold, of_own, kept = [], [], [], []
        for block in data.blocks():
            work = chunk_work(data, self.recipe, self.planned)
            chunks = Chunks(self.runtime.progress, ACCURACY, work, planned_chunks(data, block))
            heads = fit_heads(data, latent, self.recipe, self.planned, block, self.runtime.mapper, chunks.done)
            chunks.end()
            by_fold = heads.predict(latent_test)
            mean.append(by_fold.mean(axis=0))
            one_fold.append(by_fold[0])
            if own is not None:
                of_own.append(heads.out_of_fold(latent[: len(folds)][own], folds[own]))
            if self.request.fingerprints is not None:
                kept.append(heads)
        unscreened = None
        if self.request.fingerprints is not None:
            by_fold = BlockedHeads(tuple(kept)).predict_unscreened(latent_test, self.request.fingerprints)
            unscreened = by_fold.mean(axis=0)
        return LayerPredictions(
            np.concatenate(mean, axis=1),
            np.concatenate(one_fold, axis=1),
            unscreened,
            np.concatenate(of_own, axis=1) if own is not None else None,
        )
