"""PP-LightGBM: boosted trees on pairs of a line and a perturbation's fingerprint."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt

from leap_core.model.heads.base import Heads, Matrix, Problem
from leap_core.model.heads.gram import chunk_count
from leap_core.model.heads.pan import Pairs, PanHeads, level_of, training_pairs
from leap_core.model.heads.selection import column_spearman
from leap_core.model.heads.trees.boosting import BoostingSettings, dumped, library
from leap_core.model.heads.trees.trees import Trees
from leap_core.run.mapping import Done, Mapper, in_portions, nothing
from leap_core.run.seeds import seed_of


@dataclass(frozen=True)
class PanTreeHeads(PanHeads):
    """A sum of trees for each fold, of latent features and fingerprint side by side.

    Attributes as in `leap_core.model.heads.trees.trees.Trees`.

    Attributes
    ----------
    unit
        (K,) float64: of the sums, in the response's unit.
    """

    features: npt.NDArray[np.int16]
    thresholds: Matrix
    children: npt.NDArray[np.int16]
    leaves: Matrix
    bounds: npt.NDArray[np.int64]
    unit: npt.NDArray[np.float64]

    def of_pairs(self, line: Matrix, fingerprints: Matrix, fold: int) -> Matrix:
        """See `PanHeads.of_pairs`."""
        trees = Trees(self.features, self.thresholds, self.children, self.leaves, self.bounds[fold : fold + 2])
        return (trees.of_rows(_beside(np.tile(line, (len(fingerprints), 1)), fingerprints)) * self.unit[fold]).astype(
            np.float32
        )


@dataclass(frozen=True)
class PanTreeSettings(BoostingSettings):
    """Settings of PP-LightGBM.

    Attributes
    ----------
    pairs
        Training pairs of a fold, at most.
    binning_pairs
        Of these the pairs that the bins of the features are made from; LightGBM keeps them in double precision.
    """

    trees: tuple[int, ...] = (100, 200, 400, 800)
    learning_rate: float = 0.05
    leaves: int = 31
    least_lines: int = 50
    features: float = 0.2
    pairs: int = 200_000
    binning_pairs: int = 20_000
    kind: str = "PP-LightGBM"

    @property
    def pan(self) -> bool:
        """One model of all perturbations."""
        return True

    def seconds(self, lines: int, features: int) -> float:
        """See `leap_core.model.heads.base.RegressorSettings.seconds`."""
        return 5e-9 * max(self.trees) * lines * features * self.features

    def fit_heads(self, problem: Problem, mapper: Mapper, done: Done = nothing) -> Heads:
        """Fit one model per fold; see `leap_core.model.heads.base.RegressorSettings`."""
        count, p = problem.count, problem.response.shape[1]
        fits = mapper.map(partial(_fit_fold, self, problem), range(count), in_portions(done, chunk_count(p), count))
        scores = np.mean([fit.scores for fit in fits], axis=0)
        chosen = int(np.argmax(scores.mean(axis=1) >= scores.mean(axis=1).max() - 1e-12))
        trees = Trees.of([dumped(fit.booster, self.trees[chosen]) for fit in fits], self.leaves - 1)
        assert problem.fingerprints is not None
        return PanTreeHeads(
            fitted=np.arange(p),
            intercepts=np.stack([fit.pairs.means for fit in fits]).astype(np.float32),
            penalties=np.full((count, p), np.nan, dtype=np.float32),
            grid_index=np.full(p, chosen, dtype=np.int16),
            validation_score=scores[chosen].astype(np.float32),
            converged=np.ones(p, dtype=bool),
            fingerprints=problem.fingerprints,
            level=np.stack([level_of(problem.fingerprints, fit.pairs.means) for fit in fits]),
            features=trees.features,
            thresholds=trees.thresholds,
            children=trees.children,
            leaves=trees.leaves,
            bounds=trees.bounds,
            unit=np.array([fit.pairs.unit for fit in fits]),
        )


@dataclass(frozen=True)
class _Fold:
    """One fold's booster, its pairs, and the validation scores (A, p) at each number of trees."""

    booster: Any
    pairs: Pairs
    scores: npt.NDArray[np.float64]


def _beside(lines: Matrix, fingerprints: Matrix) -> Matrix:
    return np.concatenate([lines, fingerprints], axis=1)


def _pairs_of(
    latent: Matrix, lines: npt.NDArray[np.int64], fingerprints: Matrix, perturbations: npt.NDArray[np.int64]
) -> Matrix:
    """(t, d + f) features of pairs, written in place: hundreds of megabytes that need not be there twice."""
    d = latent.shape[1]
    found = np.empty((len(lines), d + fingerprints.shape[1]), dtype=np.float32)
    for start in range(0, len(lines), 4096):
        part = slice(start, start + 4096)
        found[part, :d], found[part, d:] = latent[lines[part]], fingerprints[perturbations[part]]
    return found


def _fit_fold(settings: PanTreeSettings, problem: Problem, fold: int) -> _Fold:
    lightgbm = library()
    seed = seed_of(problem.seed, fold)
    pairs = training_pairs(problem, fold, settings.pairs, np.random.default_rng(seed))
    fingerprints = problem.fingerprints
    assert fingerprints is not None
    parameters = settings.parameters(seed) | {"bin_construct_sample_cnt": settings.binning_pairs}
    data = lightgbm.Dataset(
        _pairs_of(problem.latent, pairs.lines, fingerprints, pairs.perturbations), pairs.target, params=parameters
    )
    booster = lightgbm.train(parameters, data, max(settings.trees))
    # Else all folds' training pairs are held until the last one is done.
    booster.free_dataset()
    del data
    held_out = np.flatnonzero(problem.folds == fold)
    q = len(fingerprints)
    # A line at a time: the pairs of all held-out lines would take more memory than those that were trained on.
    predicted = np.empty((len(settings.trees), len(held_out), q))
    for row, line in enumerate(held_out):
        rows = _beside(np.tile(problem.latent[line], (q, 1)), fingerprints)
        for place, trees in enumerate(settings.trees):
            predicted[place, row] = booster.predict(rows, num_iteration=trees, num_threads=1)
    return _Fold(
        booster, pairs, np.stack([column_spearman(of_stage, problem.response[held_out]) for of_stage in predicted])
    )
