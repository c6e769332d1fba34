"""Layers and heads as artefacts: each is found in the store, or computed and kept."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import cast

import numpy as np
import pandas as pd

from leap_core.arrays import Matrix
from leap_core.errors import UserError
from leap_core.model.ensemble import FittedEnsemble
from leap_core.model.further import FurtherTargets
from leap_core.model.heads.base import BlockedHeads, Heads
from leap_core.model.heads.kinds import HEADS
from leap_core.model.layers.base import Layer
from leap_core.model.layers.kinds import LAYERS as LAYER_KINDS
from leap_core.model.preprocessing import Standardiser
from leap_core.model.recipe import PlannedLayer, Recipe, as_plain
from leap_core.model.study_weights import StudyWeights, choose_study_weights, weighted
from leap_core.model.training import TrainingSet, fit_heads, fit_layer, fit_standardiser
from leap_core.model.work import HEADS as HEADS_STAGE
from leap_core.model.work import LAYERS, Chunks, chunk_work, layer_work, planned_chunks
from leap_core.panel.panel import Panel
from leap_core.panel.status import response_status
from leap_core.run.codec import digest
from leap_core.run.runtime import Runtime
from leap_core.run.store import ALGORITHM_VERSION, LAYERS_VERSION, MadeFrom, Store, key_of

BlockKeys = tuple[str, ...]


@dataclass(frozen=True)
class FittedHeads:
    """Heads of one layer and block, with the out-of-fold predictions (n, p) that they made."""

    heads: Heads
    out_of_fold: Matrix


@dataclass(frozen=True)
class TrainedStages:
    """Standardiser and keys of one trained ensemble: L layers, and of each layer's heads one per block."""

    standardiser: Standardiser
    layer_keys: tuple[str, ...]
    heads_keys: tuple[BlockKeys, ...]


def training_set(panel: Panel, recipe: Recipe) -> TrainingSet:
    """The panel as an ensemble's training set."""
    if recipe.pan and panel.fingerprints is None:
        raise UserError(
            f"Recipe {recipe.name} tells perturbations apart by fingerprints, and the panel has none. Give"
            " --fingerprints FILE: a GMT file of gene sets (for genes), or a table of drugs with a column of SMILES,"
            " targets or pathways."
        )
    semi = recipe.layers_see == "all lines with expression"
    response = panel.response.to_numpy()
    return TrainingSet(
        panel.expression,
        response,
        tuple(panel.patients),
        panel.unlabelled if semi else panel.unlabelled.iloc[:0],
        panel.score.binary,
        response_status(response, panel.score.binary),
        panel.fingerprints.of(panel.response.columns) if recipe.pan and panel.fingerprints is not None else None,
        further=FurtherTargets.of(panel),
    )


def train_layers(
    data: TrainingSet, recipe: Recipe, runtime: Runtime, stage: str = LAYERS
) -> tuple[Standardiser, tuple[str, ...]]:
    """Fit (or find) the representation layers of one training set."""
    standardiser = fit_standardiser(data, recipe)
    seen = digest(
        standardiser.transform(pd.concat([data.expression, data.unlabelled])),
        standardiser.genes,
        data.expression.index.tolist(),
        data.patients,
        data.unlabelled.index.tolist(),
    )
    made_from = [
        {
            "stage": "layer",
            "version": LAYERS_VERSION,
            "lines": seen,
            "device": runtime.device_for(layer.representation),
            "representation": as_plain(layer.representation),
            "seed": recipe.seed,
            "layer": layer.number,
        }
        for layer in recipe.plan
    ]
    keys = [key_of(of_layer) for of_layer in made_from]
    # Groups may share a layer: it is made once.
    missing = {key: number for number, key in enumerate(keys) if not runtime.store.sound(key)}
    work = sum(layer_work(data, recipe, layer) for layer in recipe.plan)
    runtime.progress.skip(stage, work * (1.0 - len(missing) / recipe.layers))
    make = partial(_make_layer, data, standardiser, recipe, runtime, made_from)
    runtime.mapper.map(make, list(missing.values()), partial(runtime.progress.advance, stage, work / recipe.layers))
    return standardiser, tuple(keys)


def _make_layer(
    data: TrainingSet,
    standardiser: Standardiser,
    recipe: Recipe,
    runtime: Runtime,
    made_from: list[MadeFrom],
    number: int,
) -> None:
    layer = recipe.plan[number]
    device = runtime.device_for(layer.representation)
    runtime.store.keep(made_from[number], lambda: fit_layer(data, standardiser, recipe, layer, device))


def read_layer(key: str, store: Store) -> Layer:
    """Read one representation layer."""
    return cast(Layer, store.read(key, object, *LAYER_KINDS))


def with_study_weights(
    data: TrainingSet, recipe: Recipe, standardiser: Standardiser, layers: tuple[str, ...], runtime: Runtime
) -> TrainingSet:
    """Give a training set's further studies their weights, or find them.

    None is left where no regressor takes any. The weights are chosen on the first layer whose regressor takes further
    studies, and hold for all.
    """
    takes = [number for number, planned in enumerate(recipe.plan) if planned.regressor.takes_further]
    if data.further is None or not takes:
        return replace(data, further=None)
    planned, layer_key = recipe.plan[takes[0]], layers[takes[0]]
    made_from: MadeFrom = {
        "stage": "study weights",
        "version": ALGORITHM_VERSION,
        "layer": layer_key,
        "response": digest(data.response, data.expression.index.tolist(), data.patients, data.status.tolist()),
        "regressor": as_plain(planned.regressor),
        "folds": recipe.folds,
        "seed": recipe.seed,
        **data_in_key(data, planned),
    }

    def choose() -> StudyWeights:
        latent = read_layer(layer_key, runtime.store).encode(standardiser.transform(data.lines_of_heads))
        return choose_study_weights(data, latent, recipe, planned, runtime.mapper)

    key = runtime.find_or_make(made_from, choose, HEADS_STAGE, 0.0)
    return weighted(data, runtime.store.read(key, StudyWeights).weights)[0]


def train_heads(
    data: TrainingSet, recipe: Recipe, standardiser: Standardiser, layers: tuple[str, ...], runtime: Runtime
) -> tuple[BlockKeys, ...]:
    """Fit (or find) the heads of every layer with their out-of-fold predictions, one block of perturbations at a time.

    What is in memory at a time: the panel, one layer's latent features, one block's heads and out-of-fold
    predictions, and for each worker one chunk's paths. L x K x A x n x p never exists.
    """
    standardised = standardiser.transform(data.lines_of_heads)
    return tuple(
        _layer_heads(data, recipe, planned, layer, standardised, runtime)
        for planned, layer in zip(recipe.plan, layers, strict=True)
    )


def _layer_heads(
    data: TrainingSet, recipe: Recipe, planned: PlannedLayer, layer_key: str, standardised: Matrix, runtime: Runtime
) -> BlockKeys:
    latent = read_layer(layer_key, runtime.store).encode(standardised)
    folds, own = data.folds(recipe), latent[: len(data.expression)]
    per_chunk = chunk_work(data, recipe, planned)
    keys = []
    for block in data.blocks():
        made_from = {
            "stage": "heads",
            "version": ALGORITHM_VERSION,
            "layer": layer_key,
            "response": digest(
                data.response[:, block], data.expression.index.tolist(), data.patients, data.status[block].tolist()
            ),
            "regressor": as_plain(planned.regressor),
            "folds": recipe.folds,
            "seed": recipe.seed,
            **data_in_key(data, planned),
        }

        def fit(block: slice = block) -> FittedHeads:
            chunks = Chunks(runtime.progress, HEADS_STAGE, per_chunk, planned_chunks(data, block))
            heads = fit_heads(data, latent, recipe, planned, block, runtime.mapper, chunks.done)
            chunks.end()
            return FittedHeads(heads, heads.out_of_fold(own, folds))

        work = per_chunk * planned_chunks(data, block)
        keys.append(runtime.find_or_make(made_from, fit, HEADS_STAGE, work))
    return tuple(keys)


def data_in_key(data: TrainingSet, planned: PlannedLayer) -> dict[str, str]:
    """What a key of heads says of fingerprints, copies and further studies: nothing where they are not used."""
    found = {}
    if planned.regressor.pan and data.fingerprints is not None:
        found["fingerprints"] = digest(data.fingerprints)
    if data.copies is not None:
        found["copies"] = digest(data.copies)
    if data.further is not None and planned.regressor.takes_further:
        found["further"] = data.further.digest
    return found


def read_layer_heads(keys: BlockKeys, store: Store) -> BlockedHeads:
    """Read the heads of one layer (mapped into memory: only what is used is read from disk)."""
    return BlockedHeads(tuple(_read_fitted(key, store).heads for key in keys))


def _read_fitted(key: str, store: Store) -> FittedHeads:
    return store.read(key, FittedHeads, *HEADS)


def mean_out_of_fold(heads_keys: tuple[BlockKeys, ...], store: Store) -> Matrix:
    """The mean over layers of the out-of-fold predictions (n, p)."""
    blocks = []
    for of_block in zip(*heads_keys, strict=True):
        by_layer = [_read_fitted(key, store).out_of_fold for key in of_block]
        blocks.append(np.mean(by_layer, axis=0, dtype=np.float32))
    return np.concatenate(blocks, axis=1)


def assemble_ensemble(
    data: TrainingSet,
    recipe: Recipe,
    trained: TrainedStages,
    perturbations: list[str],
    higher_is_stronger: bool,
    store: Store,
) -> FittedEnsemble:
    """Put trained stages together into the ensemble that predicts."""
    return FittedEnsemble(
        standardiser=trained.standardiser,
        layers=tuple(read_layer(key, store) for key in trained.layer_keys),
        heads=tuple(read_layer_heads(keys, store) for keys in trained.heads_keys),
        out_of_fold=mean_out_of_fold(trained.heads_keys, store),
        folds=data.folds(recipe),
        perturbations=tuple(perturbations),
        higher_is_stronger=higher_is_stronger,
    )


def fit_ensemble(
    data: TrainingSet, recipe: Recipe, perturbations: list[str], higher_is_stronger: bool, runtime: Runtime
) -> tuple[FittedEnsemble, TrainedStages]:
    """Train every stage of one ensemble on one training set."""
    standardiser, layers = train_layers(data, recipe, runtime)
    data = with_study_weights(data, recipe, standardiser, layers, runtime)
    heads = train_heads(data, recipe, standardiser, layers, runtime)
    trained = TrainedStages(standardiser, layers, heads)
    return assemble_ensemble(data, recipe, trained, perturbations, higher_is_stronger, runtime.store), trained
