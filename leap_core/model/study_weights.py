"""How much other studies count in a fit, chosen on the folds' held-out lines: 0 where a study hurts.

What is learnt from another study may hurt (negative transfer). The studies are tried one after the other, the largest
first; a study takes part unless the out-of-fold predictions of the training set's own responses then agree less with
what was measured than the best so far.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from leap_core.arrays import Mask, Matrix
from leap_core.model.recipe import PlannedLayer, Recipe
from leap_core.model.training import BLOCK, TrainingSet, fit_heads
from leap_core.run.mapping import Mapper

WEIGHT = 0.5
# What a study may cost in mean Spearman: so little is noise of the folds.
_MAX_LOSS = 2e-3
# Perturbations that are asked, evenly spaced, where there are more.
_ASKED = 512


@dataclass(frozen=True)
class StudyWeights:
    """Weight of each further study, and what the agreement of out-of-fold predictions was with none and with these.

    Attributes
    ----------
    weights
        By study; 0 where it takes no part.
    alone, together
        Mean Spearman over perturbations, mean over folds. They chose the weights: no accuracy.
    """

    weights: dict[str, float]
    alone: float
    together: float


def choose_study_weights(
    data: TrainingSet, latent: Matrix, recipe: Recipe, layer: PlannedLayer, mapper: Mapper
) -> StudyWeights:
    """Choose the weights on one layer's heads.

    Parameters
    ----------
    data
        With further studies.
    latent
        (n + u, d) features of `TrainingSet.lines_of_heads`.
    recipe, layer
        Folds and seed; a layer whose regressor takes further studies.
    mapper
        Runs the folds.
    """
    assert data.further is not None
    learnable = np.flatnonzero(data.learnable)
    asked = learnable[:: max(1, -(-len(learnable) // _ASKED))]
    part = data.of_perturbations(np.isin(np.arange(len(data.status)), asked))

    def agreement(weights: dict[str, float]) -> float:
        with_them, rows = weighted(part, weights)
        heads = fit_heads(with_them, latent[rows], recipe, layer, slice(0, BLOCK), mapper)
        return float(heads.validation_score[heads.fitted].mean()) if heads.fitted.size else 0.0

    weights = dict.fromkeys(data.further.weights, 0.0)
    alone = now = best = agreement(weights)
    screened = {study: int(np.isfinite(data.further.of_study(study)).sum()) for study in weights}
    for study in sorted(weights, key=lambda name: (-screened[name], name)):
        if not screened[study]:
            continue
        score = agreement({**weights, study: WEIGHT})
        # Of the best so far: small losses do not add up.
        if score > best - _MAX_LOSS:
            now, best, weights = score, max(best, score), {**weights, study: WEIGHT}
    return StudyWeights(weights, alone, now)


def weighted(data: TrainingSet, weights: dict[str, float]) -> tuple[TrainingSet, Mask]:
    """A training set with further studies by their weights, and which of its `lines_of_heads` are left (boolean)."""
    assert data.further is not None
    rows = data.further.rows_with(weights)
    return replace(data, further=data.further.weighted(weights)), rows
