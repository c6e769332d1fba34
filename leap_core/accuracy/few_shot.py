"""Transfer to another study with a few labelled samples, which join the panel's lines in the fit of the heads.

They join the panel's lines in the fit of the heads (docs/methods.md#evaluations-of-recipes).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from leap_core.accuracy.metrics import skill_columns
from leap_core.accuracy.tasks import Labelled
from leap_core.arrays import Matrix
from leap_core.model.heads.base import Problem
from leap_core.model.heads.ridge import RidgeSettings
from leap_core.model.held_out import Request, predict_held_out
from leap_core.model.recipe import Recipe
from leap_core.model.stages import read_layer, train_layers
from leap_core.model.training import TrainingSet
from leap_core.model.work import ACCURACY
from leap_core.panel.splits import patient_folds
from leap_core.run.mapping import SerialMapper
from leap_core.run.runtime import Runtime
from leap_core.run.seeds import seed_of

SHARES = (0.1, 0.2, 0.5)
_MIN_SCORED = 5


@dataclass(frozen=True)
class FewShot:
    """Predictions (L, m, p) of a new study's other samples with the labelled ones, and (m, p) by the panel alone.

    `share` is the weight of all labelled samples together, in panels; 0 if labels made their own out-of-fold
    predictions no better. `keys` are those of what it rests on.
    """

    by_layer: Matrix
    without_labels: Matrix
    share: float
    keys: tuple[str, ...]


def predict_few_shot(
    data: TrainingSet, labelled: Labelled, test: pd.DataFrame, recipe: Recipe, metric: str, runtime: Runtime
) -> FewShot:
    """Predict samples of another study by the panel and a few labelled samples of that study.

    A weight is a whole number of copies of each labelled sample, ``n / m x {0.1, 0.2, 0.5}`` rounded; layers see each
    sample once. The weight is the one whose out-of-fold predictions of the labelled samples agree best with their
    labels, mean over perturbations; none, where the panel alone does as well.
    """
    n, count = len(data.expression), len(labelled.expression)
    scored = data.learnable & _known(labelled)

    def agreement(predicted: Matrix) -> float:
        scores = skill_columns(predicted[:, scored], labelled.response[:, scored], metric)
        return float(np.nanmean(scores)) if np.isfinite(scores).any() else -np.inf

    alone = predict_held_out(data, Request(pd.concat([labelled.expression, test])), recipe, runtime)
    # By one fold's models, as out-of-fold predictions are: the mean over folds is smoother.
    best = agreement(alone.one_fold[:count])
    chosen, by_layer, keys = 0.0, alone.by_layer[:, count:], list(alone.keys)
    for share in SHARES:
        joined = join(data, labelled, max(round(share * n / count), 1))
        found = predict_held_out(joined, Request(test, own=np.arange(n + count) >= n), recipe, runtime)
        assert found.own is not None
        score = agreement(found.own.mean(axis=0))
        keys += found.keys
        if score > best + 1e-12:
            best, chosen, by_layer = score, share, found.by_layer
    return FewShot(by_layer, alone.by_layer[:, count:].mean(axis=0), chosen, tuple(dict.fromkeys(keys)))


def join(data: TrainingSet, labelled: Labelled, copies: int) -> TrainingSet:
    """The panel's lines, and each labelled sample so many times."""
    return replace(
        data,
        expression=pd.concat([data.expression, labelled.expression]),
        response=np.concatenate([data.response, labelled.response]),
        patients=(*data.patients, *labelled.patients),
        copies=np.repeat([1, copies], [len(data.expression), len(labelled.expression)]),
        further=None if data.further is None else data.further.with_unscreened(labelled.patients),
    )


def labels_alone(data: TrainingSet, labelled: Labelled, test: pd.DataFrame, recipe: Recipe, runtime: Runtime) -> Matrix:
    """Predictions (m, p) by ridge on the labelled samples alone, in the panel's first layer.

    0 where too few are known.
    """
    standardiser, keys = train_layers(data, recipe, runtime, ACCURACY)
    layer = read_layer(keys[0], runtime.store)
    latent, unseen = (layer.encode(standardiser.transform(table)) for table in (labelled.expression, test))
    found, known = np.zeros((len(test), data.response.shape[1]), dtype=np.float32), _known(labelled)
    if known.any() and len(set(labelled.patients)) >= recipe.folds:
        folds = patient_folds(list(labelled.patients), recipe.folds, seed_of(recipe.seed, "labelled folds"))
        heads = RidgeSettings().fit_heads(Problem(latent, labelled.response[:, known], folds), SerialMapper())
        found[:, known] = heads.predict(unseen).mean(axis=0)
    return found


def _known(labelled: Labelled) -> np.ndarray:
    """(p,) which perturbations have labels enough."""
    return (~np.isnan(labelled.response)).sum(axis=0) >= _MIN_SCORED
