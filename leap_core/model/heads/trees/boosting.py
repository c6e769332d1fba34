"""PS-LightGBM: boosted trees for every perturbation, each tree on a few of the latent features."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt

from leap_core.errors import UserError
from leap_core.model.heads.base import Heads, Matrix, Problem
from leap_core.model.heads.gram import CHUNK
from leap_core.model.heads.selection import select_penalty, spearman_rows
from leap_core.model.heads.trees.trees import TreeHeads, Trees
from leap_core.run.mapping import Done, Mapper, nothing
from leap_core.run.seeds import seed_of

Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class BoostingSettings:
    """Settings of boosted trees; what is not named here is LightGBM's default.

    Attributes
    ----------
    trees
        Numbers of trees among which validation chooses, rising.
    learning_rate, leaves, least_lines, ridge
        Of LightGBM: ``learning_rate``, ``num_leaves``, ``min_data_in_leaf``, ``lambda_l2``.
    features
        Share of the features that a tree may look at.
    lines
        Share of the training lines that a tree is fitted to.
    """

    trees: tuple[int, ...] = (50, 100, 200, 400)
    learning_rate: float = 0.03
    leaves: int = 6
    least_lines: int = 20
    ridge: float = 1.0
    features: float = 0.1
    lines: float = 0.7
    kind: str = "PS-LightGBM"

    def __post_init__(self) -> None:
        if not self.trees or list(self.trees) != sorted(set(self.trees)) or self.trees[0] < 1:
            raise ValueError(f"trees must be rising numbers from 1 on, got {self.trees}")
        if (
            self.leaves < 2
            or self.least_lines < 1
            or self.learning_rate <= 0
            or not (0 < self.features <= 1 and 0 < self.lines <= 1)
        ):
            raise ValueError(
                "leaves must be at least 2, least_lines at least 1, learning_rate above 0, features and lines in (0, 1]"
            )

    @property
    def pan(self) -> bool:
        """A model for each perturbation."""
        return False

    def parameters(self, seed: int) -> dict[str, Any]:
        """LightGBM's parameters: one thread and rows first, so that sums are rounded alike every time."""
        return {
            "objective": "l2",
            "boost_from_average": False,
            "learning_rate": self.learning_rate,
            "num_leaves": self.leaves,
            "min_data_in_leaf": self.least_lines,
            "lambda_l2": self.ridge,
            "feature_fraction": self.features,
            "bagging_fraction": self.lines,
            "bagging_freq": 1,
            "max_bin": 63,
            "num_threads": 1,
            "force_row_wise": True,
            "deterministic": True,
            "verbose": -1,
            "seed": seed % 2**31,
        }

    def seconds(self, lines: int, features: int) -> float:
        """See `leap_core.model.heads.base.RegressorSettings.seconds`."""
        return max(self.trees) * (2.5e-4 + 5e-10 * lines * features * self.features)

    def fit_heads(self, problem: Problem, mapper: Mapper, done: Done = nothing) -> Heads:
        """Fit all perturbations; see `leap_core.model.heads.base.RegressorSettings`."""
        p = problem.response.shape[1]
        parts = mapper.map(
            partial(_fit_chunk, self, problem),
            [slice(start, min(start + CHUNK, p)) for start in range(0, p, CHUNK)],
            done,
        )
        by_fold = [Trees.joined([part.trees[fold] for part in parts]) for fold in range(problem.count)]
        trees = Trees.joined(by_fold)
        return TreeHeads(
            fitted=np.arange(p),
            intercepts=np.concatenate([part.intercepts for part in parts], axis=1).astype(np.float32),
            penalties=np.full((problem.count, p), np.nan, dtype=np.float32),
            grid_index=np.concatenate([part.chosen for part in parts]),
            validation_score=np.concatenate([part.score for part in parts]).astype(np.float32),
            converged=np.ones(p, dtype=bool),
            features=trees.features,
            thresholds=trees.thresholds,
            children=trees.children,
            leaves=trees.leaves,
            bounds=trees.bounds,
        )


@dataclass(frozen=True)
class _Part:
    """One chunk's intercepts (K, q), trees of each fold, place on the grid and its score (q,)."""

    intercepts: Array
    trees: tuple[Trees, ...]
    chosen: npt.NDArray[np.int16]
    score: Array


def _fit_chunk(settings: BoostingSettings, problem: Problem, columns: slice) -> _Part:
    response = problem.response[:, columns]
    count, q = problem.count, response.shape[1]
    intercepts, scores = np.zeros((count, q)), np.zeros((q, count, len(settings.trees)))
    boosters = [[fit_booster(settings, problem, column, fold) for column in response.T] for fold in range(count)]
    for fold, of_fold in enumerate(boosters):
        for place, (booster, level) in enumerate(of_fold):
            intercepts[fold, place] = level
            held_out = (problem.folds == fold) & ~np.isnan(response[:, place])
            if booster is not None and held_out.any():
                staged = [
                    booster.predict(problem.latent[held_out], num_iteration=trees, num_threads=1)
                    for trees in settings.trees
                ]
                scores[place, fold] = spearman_rows(np.stack(staged), response[held_out, place].astype(np.float64))
    chosen = select_penalty(scores)
    dumps = [
        [dumped(booster, settings.trees[index]) for (booster, _), index in zip(of_fold, chosen, strict=True)]
        for of_fold in boosters
    ]
    trees = tuple(Trees.of(of_fold, settings.leaves - 1) for of_fold in dumps)
    return _Part(intercepts, trees, chosen, scores.mean(axis=1)[np.arange(q), chosen])


def fit_booster(settings: BoostingSettings, problem: Problem, column: Matrix, fold: int) -> tuple[Any, float]:
    """Booster of one perturbation (n,) on a fold's training lines, and the mean that was taken off.

    None where none was screened.
    """
    known = ~np.isnan(column)
    rows = known & (problem.folds != fold)
    if not rows.any():
        return None, float(column[known].mean(dtype=np.float64))
    level = float(column[rows].mean(dtype=np.float64))
    lightgbm = library()
    data = lightgbm.Dataset(problem.latent[rows], column[rows].astype(np.float64) - level)
    return lightgbm.train(settings.parameters(seed_of(problem.seed, fold)), data, max(settings.trees)), level


def library() -> Any:
    """LightGBM, which takes a quarter of a second to import and which only training needs.

    Raises
    ------
    UserError
        If it cannot be loaded: it uses the system's OpenMP.
    """
    try:
        import lightgbm
    except OSError as error:
        raise UserError(
            f"LightGBM cannot be loaded ({error}). It needs OpenMP: on Debian and Ubuntu the package libgomp1, on macOS"
            " libomp; or choose a recipe without boosted trees."
        ) from error
    return lightgbm


def dumped(booster: Any, trees: int) -> list[dict[str, Any]]:
    """Structure of the first trees, as `Trees.of` takes it; none without a booster."""
    return (
        []
        if booster is None
        else [tree["tree_structure"] for tree in booster.dump_model(num_iteration=trees)["tree_info"]]
    )
