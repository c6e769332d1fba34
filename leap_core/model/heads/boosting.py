"""PS-LightGBM, boosted trees for every perturbation, and PP-LightGBM, on pairs of a line and a fingerprint."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any, ClassVar

import numpy as np

from leap_core.arrays import Array, Floats, Matrix
from leap_core.errors import UserError
from leap_core.model.heads import chunks
from leap_core.model.heads.base import Heads, Problem, RegressorSettings, records, rising
from leap_core.model.heads.chunks import Arrays
from leap_core.model.heads.pan import Pairs, pan_records
from leap_core.model.heads.selection import path_spearman, select_penalty
from leap_core.model.heads.trees import PanTreeHeads, TreeHeads, beside, tree_arrays, tree_fields
from leap_core.run.mapping import Done, Mapper, in_portions, nothing
from leap_core.run.seeds import seed_of


@dataclass(frozen=True)
class BoostingSettings(RegressorSettings):
    """Settings of boosted trees, as LightGBM calls them; what is not named here is its default.

    Attributes
    ----------
    num_iterations
        Numbers of trees among which validation chooses, rising.
    """

    num_iterations: tuple[int, ...] = (50, 100, 200, 400)
    learning_rate: float = 0.03
    num_leaves: int = 6
    min_data_in_leaf: int = 20
    lambda_l2: float = 1.0
    feature_fraction: float = 0.1
    bagging_fraction: float = 0.7
    bin_construct_sample_cnt: int = 200_000
    kind: str = "PS-LightGBM"

    def __post_init__(self) -> None:
        rising("num_iterations", self.num_iterations)
        if self.num_leaves < 2 or self.min_data_in_leaf < 1 or self.learning_rate <= 0:
            raise ValueError("num_leaves must be at least 2, min_data_in_leaf at least 1, learning_rate above 0")
        if not (0 < self.feature_fraction <= 1 and 0 < self.bagging_fraction <= 1):
            raise ValueError("feature_fraction and bagging_fraction must lie in (0, 1]")

    def parameters(self, seed: int) -> dict[str, Any]:
        """LightGBM's parameters: one thread and rows first, so that sums are rounded alike every time."""
        same = {"num_threads": 1, "force_row_wise": True, "deterministic": True, "seed": seed % 2**31, "verbose": -1}
        own = {name: value for name, value in asdict(self).items() if name not in ("num_iterations", "pairs", "kind")}
        return {"objective": "l2", "boost_from_average": False, "bagging_freq": 1, "max_bin": 63} | own | same

    def fit_heads(self, problem: Problem, mapper: Mapper, done: Done = nothing) -> Heads:
        """Fit all perturbations; see `leap_core.model.heads.base.RegressorSettings`."""
        places = chunks.slices(problem.response.shape[1], chunks.CHUNK)
        parts = mapper.map(partial(_fit_chunk, self, problem), places, done)
        trees = [of_folds[fold] for fold in range(problem.count) for of_folds, _ in parts]
        return TreeHeads(**tree_fields(trees), **records(**chunks.joined([found for _, found in parts])))


@dataclass(frozen=True)
class PanTreeSettings(BoostingSettings):
    """Settings of PP-LightGBM.

    Attributes
    ----------
    pairs
        Training pairs of a fold, at most; LightGBM keeps those that it makes bins from in double precision.
    """

    pan: ClassVar[bool] = True

    num_iterations: tuple[int, ...] = (100, 200, 400, 800)
    learning_rate: float = 0.05
    num_leaves: int = 31
    min_data_in_leaf: int = 50
    feature_fraction: float = 0.2
    bin_construct_sample_cnt: int = 20_000
    pairs: int = 200_000
    kind: str = "PP-LightGBM"

    def fit_heads(self, problem: Problem, mapper: Mapper, done: Done = nothing) -> Heads:
        """Fit one model per fold; see `leap_core.model.heads.base.RegressorSettings`."""
        count = problem.count
        told = in_portions(done, chunks.chunk_count(problem.response.shape[1]), count)
        pairs, boosters, scores = zip(*mapper.map(partial(_fit_pairs, self, problem), range(count), told), strict=True)
        chosen, recorded = pan_records(pairs, np.stack(scores))
        trees = tree_arrays([_dumped(one, self.num_iterations[chosen]) for one in boosters], self.num_leaves - 1)
        return PanTreeHeads(**tree_fields([trees]), **recorded, unit=np.array([one.unit for one in pairs]))


def _fit_chunk(settings: BoostingSettings, problem: Problem, columns: slice) -> tuple[list[Arrays], Arrays]:
    """One chunk's trees of each fold, and what is recorded of them."""
    response, folds = problem.response[:, columns], range(problem.count)
    fits = [[fit_booster(settings, problem, column, fold) for column in response.T] for fold in folds]
    scores = []
    for fold, of_fold in enumerate(fits):
        held_out = problem.folds == fold
        staged = [_staged(settings, booster, problem.latent[held_out]) for booster, _ in of_fold]
        scores.append(path_spearman(np.stack(staged), response[held_out]))
    chosen, score = select_penalty(np.stack(scores, axis=1))
    stages = [settings.num_iterations[place] for place in chosen]
    dumps = [[_dumped(booster, stage) for (booster, _), stage in zip(of_fold, stages, strict=True)] for of_fold in fits]
    trees = [tree_arrays(of_fold, settings.num_leaves - 1) for of_fold in dumps]
    levels = np.array([[level for _, level in of_fold] for of_fold in fits])
    return trees, {"intercepts": levels, "grid_index": chosen, "validation_score": score}


def fit_booster(settings: BoostingSettings, problem: Problem, column: Matrix, fold: int) -> tuple[Any, float]:
    """Booster of one perturbation (n,) on a fold's training lines, and the mean that was taken off.

    None where none was screened.
    """
    known = ~np.isnan(column)
    rows = known & (problem.folds != fold)
    level = float(column[rows if rows.any() else known].mean(dtype=np.float64))
    if not rows.any():
        return None, level
    target = column[rows].astype(np.float64) - level
    return _boosted(settings, problem.latent[rows], target, seed_of(problem.seed, fold)), level


def _fit_pairs(settings: PanTreeSettings, problem: Problem, fold: int) -> tuple[Pairs, Any, Array]:
    """One fold's pairs, its booster, and the validation scores (A, q) at each number of trees."""
    latent, seed = problem.latent, seed_of(problem.seed, fold)
    pairs = Pairs.of(problem, fold, settings.pairs, seed)
    d, fingerprints = latent.shape[1], pairs.fingerprints
    features = np.empty((len(pairs.target), d + fingerprints.shape[1]), dtype=np.float32)
    # Hundreds of megabytes that need not be there twice.
    for part in chunks.slices(len(features), 4096):
        features[part, :d], features[part, d:] = latent[pairs.lines[part]], fingerprints[pairs.perturbations[part]]
    booster = _boosted(settings, features, pairs.target, seed)
    held_out = problem.folds == fold
    # A line at a time: the pairs of all held-out lines would take more memory than those that were trained on.
    predicted = np.stack([_staged(settings, booster, beside(line, fingerprints)) for line in latent[held_out]], axis=2)
    return pairs, booster, path_spearman(predicted.transpose(1, 0, 2), problem.response[held_out]).T


def _boosted(settings: BoostingSettings, features: Matrix, target: Floats, seed: int) -> Any:
    """Fit a LightGBM booster, which takes a quarter of a second to import and which only training needs.

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
    parameters = settings.parameters(seed)
    booster = lightgbm.train(
        parameters, lightgbm.Dataset(features, target, params=parameters), settings.num_iterations[-1]
    )
    # Else all folds' training data are held until the last one is done.
    return booster.free_dataset()


def _staged(settings: BoostingSettings, booster: Any, rows: Matrix) -> Array:
    """Predictions (A, m) of rows at each number of trees; of no booster 0."""
    if booster is None or not len(rows):
        return np.zeros((len(settings.num_iterations), len(rows)))
    return np.stack([booster.predict(rows, num_iteration=trees, num_threads=1) for trees in settings.num_iterations])


def _dumped(booster: Any, trees: int) -> Sequence[dict[str, Any]]:
    """Structure of the first trees; none without a booster."""
    info = [] if booster is None else booster.dump_model(num_iteration=trees)["tree_info"]
    return [tree["tree_structure"] for tree in info]
