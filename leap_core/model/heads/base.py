"""The contract of a regressor, and the fitted heads it returns."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from leap_core.arrays import Array, Ints, Mask, Matrix, within
from leap_core.run.mapping import Done, Mapper, nothing


@dataclass(frozen=True)
class Heads:
    """Heads of one layer: K models per perturbation, as they were selected.

    Perturbations that nothing could be learnt of have only intercepts.

    Attributes
    ----------
    fitted
        (q,) int64: positions of the fitted perturbations among all p.
    intercepts
        (K, p) float32.
    penalties
        (K, p) float32: the penalty of each fold's model; NaN where nothing was fitted, or there is none.
    grid_index
        (p,) int16: which of the grid's penalties was selected, 0 = the largest; -1 where nothing was fitted.
    validation_score
        (p,) float32: mean validation Spearman at that index. Where it chose the penalty it is no accuracy.
    converged
        (p,) bool: whether the selected models of all folds met the solver's tolerance.
    linear, pan
        Whether these are linear models; whether one model serves all perturbations, screened or not.
    """

    linear: ClassVar[bool] = False
    pan: ClassVar[bool] = False

    fitted: Ints
    intercepts: Matrix
    penalties: Matrix
    grid_index: npt.NDArray[np.int16]
    validation_score: Matrix
    converged: Mask

    def __post_init__(self) -> None:
        if self.intercepts.ndim != 2:
            raise ValueError(f"intercepts have {self.intercepts.ndim} axes, expected folds and perturbations")
        within(self.fitted, self.intercepts.shape[1], "fitted perturbations")

    @property
    def folds(self) -> int:
        """Number of folds K."""
        return len(self.intercepts)

    def of_line(self, line: Matrix, fold: int) -> Matrix:
        """What one line's features (d,) add to the intercepts (q,), by one fold's models."""
        raise NotImplementedError

    def mean_weights(self, places: Ints) -> Array:
        """Weights (d, c) of some of the q fitted perturbations, mean over folds; for linear models.

        Raises
        ------
        ValueError
            If these are none.
        """
        raise ValueError("these heads are no linear map")

    def predict_unscreened(self, latent: Matrix, fingerprints: Matrix) -> Matrix:
        """Predictions (K, m, u) for perturbations that nobody has screened, by their fingerprints (u, f).

        Raises
        ------
        ValueError
            If these are no pan-perturbation models.
        """
        raise ValueError("models of single perturbations know no others")

    def promised(self, fingerprints: Matrix) -> Matrix:
        """Mean response (u,) over lines that fingerprints (u, f) promise, mean over folds.

        For pan-perturbation models.
        """
        raise ValueError("models of single perturbations know no others")

    def predict(self, latent: Matrix) -> Matrix:
        """Predictions of every member: (m, d) latent features to (K, m, p)."""
        return np.stack([self.predict_fold(latent, fold) for fold in range(self.folds)])

    def predict_fold(self, latent: Matrix, fold: int) -> Matrix:
        """Predictions (m, p) of one fold's models.

        One line at a time, so that a line's prediction does not depend on the lines beside it.
        """
        predictions = np.repeat(self.intercepts[fold][None, :], len(latent), axis=0)
        for row, line in enumerate(latent):
            predictions[row, self.fitted] += self.of_line(line, fold)
        return predictions

    def out_of_fold(self, latent: Matrix, folds: Ints) -> Matrix:
        """Out-of-fold predictions (n, p): each line by the models of the fold it was held out of."""
        result = np.empty((len(latent), self.intercepts.shape[1]), dtype=np.float32)
        for fold in range(self.folds):
            rows = folds == fold
            result[rows] = self.predict_fold(latent[rows], fold)
        return result


@dataclass(frozen=True)
class LinearHeads(Heads):
    """Linear models.

    Attributes
    ----------
    weights
        (K, d, q) float32 of the q fitted perturbations.
    """

    linear: ClassVar[bool] = True

    weights: Matrix

    def of_line(self, line: Matrix, fold: int) -> Matrix:
        """See `Heads.of_line`."""
        found: Matrix = np.matmul(line, self.weights[fold])
        return found

    def mean_weights(self, places: Ints) -> Array:
        """See `Heads.mean_weights`."""
        found: Array = self.weights[:, :, places].mean(axis=0, dtype=np.float64)
        return found

    def predict(self, latent: Matrix) -> Matrix:
        """See `Heads.predict`; all folds at a time."""
        predictions = np.repeat(self.intercepts[:, None, :], len(latent), axis=1)
        for row, line in enumerate(latent):
            predictions[:, row, self.fitted] += np.matmul(line, self.weights)
        return predictions


@dataclass(frozen=True)
class BlockedHeads:
    """Heads of one layer for all perturbations, as they are stored: one block of perturbations after the other."""

    blocks: tuple[Heads, ...]

    @property
    def converged(self) -> Mask:
        """(p,) bool."""
        return np.concatenate([block.converged for block in self.blocks])

    @property
    def validation_score(self) -> Matrix:
        """(p,) float32."""
        return np.concatenate([block.validation_score for block in self.blocks])

    @property
    def linear(self) -> bool:
        """Whether all of them are linear models."""
        return all(block.linear for block in self.blocks)

    def predict(self, latent: Matrix) -> Matrix:
        """Predictions of every member: (m, d) latent features to (K, m, p)."""
        return np.concatenate([block.predict(latent) for block in self.blocks], axis=2)

    def predict_one(self, latent: Matrix, place: int) -> Matrix:
        """Predictions (K, m) of the perturbation at one place: only its block is asked."""
        for block in self.blocks:
            width = block.intercepts.shape[1]
            if place < width:
                return block.predict(latent)[:, :, place]
            place -= width
        raise IndexError(f"these heads have {sum(block.intercepts.shape[1] for block in self.blocks)} perturbations")

    def predict_fold(self, latent: Matrix, fold: int) -> Matrix:
        """Predictions (m, p) of one fold's models."""
        return np.concatenate([block.predict_fold(latent, fold) for block in self.blocks], axis=1)

    def predict_unscreened(self, latent: Matrix, fingerprints: Matrix) -> Matrix:
        """See `Heads.predict_unscreened`; the mean over the models of all blocks that have one."""
        fitted = [block for block in self.blocks if len(block.fitted)]
        found: Matrix = np.mean(
            [block.predict_unscreened(latent, fingerprints) for block in fitted], axis=0, dtype=np.float32
        )
        return found

    @property
    def pan(self) -> bool:
        """Whether there are models of all perturbations, screened or not."""
        fitted = [block for block in self.blocks if len(block.fitted)]
        return bool(fitted) and all(block.pan for block in fitted)

    def level(self, fingerprints: Matrix) -> Matrix:
        """Mean response (u,) that fingerprints (u, f) promise; see `Heads.promised`."""
        found: Matrix = np.mean([block.promised(fingerprints) for block in self.blocks if len(block.fitted)], axis=0)
        return found

    def mean_map(self, wanted: Ints) -> tuple[Array, Array]:
        """The mean over folds as one affine map of the latent features.

        Weights (d, c) and intercepts (c,) of the `wanted` perturbations.

        Raises
        ------
        ValueError
            If some are no linear models.
        """
        stops = np.cumsum([block.intercepts.shape[1] for block in self.blocks])
        block_of = np.searchsorted(stops, wanted, side="right")
        parts, intercepts = {}, np.zeros(len(wanted))
        # Blocks without any of them are not read.
        for number in np.unique(block_of):
            block, here = self.blocks[number], np.flatnonzero(block_of == number)
            within = wanted[here] - (stops[number - 1] if number else 0)
            intercepts[here] = block.intercepts[:, within].mean(axis=0, dtype=np.float64)
            known = np.isin(within, block.fitted)
            parts[number] = here[known], block.mean_weights(np.searchsorted(block.fitted, within[known]))
        weights = np.zeros((next(len(found) for _, found in parts.values()), len(wanted)))
        for columns, found in parts.values():
            weights[:, columns] = found
        return weights, intercepts


@dataclass(frozen=True)
class FurtherColumns:
    """What other studies say of the training lines.

    Attributes
    ----------
    response
        (n, a), each column in its study's unit; NaN where not screened.
    study
        (a,) number of the study that a column is of.
    weight
        (a,) how much a column counts beside one that is predicted.
    """

    response: Matrix
    study: Ints
    weight: Array

    def of_lines(self, keep: Mask) -> FurtherColumns:
        """Some of the lines."""
        return replace(self, response=self.response[keep])


@dataclass(frozen=True)
class Problem:
    """What heads are fitted to.

    Attributes
    ----------
    latent
        (n, d) latent features of the training lines.
    response
        (n, p), NaN where not screened.
    folds
        (n,) fold of each line, 0..K-1.
    seed
        From the layer's identity; for regressors that draw random numbers.
    fingerprints
        (p, f) of the perturbations, for pan-perturbation models; None where there are none.
    lines
        (n,) number of the line that each row is: the same for copies of one line. None: each row is a line of its own.
    further
        Of other studies, for regressors that take them; a row may then have no response of its own.
    """

    latent: Matrix
    response: Matrix
    folds: Ints
    seed: int = 0
    fingerprints: Matrix | None = None
    lines: Ints | None = None
    further: FurtherColumns | None = None

    @property
    def count(self) -> int:
        """Number of folds K."""
        return int(self.folds.max()) + 1


class RegressorSettings:
    """Settings of a regressor: frozen dataclasses that know how to fit the heads of a layer.

    Attributes
    ----------
    kind
        Name of the regressor, as shown and as stored; `leap_core.model.work` has its costs.
    pan
        Whether one model serves all perturbations, told apart by their fingerprints.
    takes_further
        Whether it learns from other studies' responses, too (`Problem.further`).
    """

    kind: str
    pan: ClassVar[bool] = False
    takes_further: ClassVar[bool] = False

    def fit_heads(self, problem: Problem, mapper: Mapper, done: Done = nothing) -> Heads:
        """Fit K models per perturbation.

        Parameters
        ----------
        problem
            Lines, responses and folds.
        mapper
            Runs the chunks of perturbations.
        done
            Called as each of the ``chunk_count(p)`` chunks is finished.
        """
        raise NotImplementedError


def records(
    intercepts: Array,
    grid_index: npt.NDArray[np.integer],
    validation_score: Array,
    penalties: Array | None = None,
    converged: Mask | None = None,
) -> dict[str, Any]:
    """The fields that `Heads` of every kind have, for q perturbations that were all fitted."""
    q = intercepts.shape[1]
    return {
        "fitted": np.arange(q),
        "intercepts": intercepts.astype(np.float32),
        "penalties": (np.full(intercepts.shape, np.nan) if penalties is None else penalties).astype(np.float32),
        "grid_index": grid_index.astype(np.int16),
        "validation_score": validation_score.astype(np.float32),
        "converged": np.ones(q, dtype=bool) if converged is None else converged,
    }


def rising(name: str, numbers: tuple[int, ...]) -> None:
    """Refuse a grid of numbers of trees or epochs that does not rise from 1 or more."""
    if not numbers or list(numbers) != sorted(set(numbers)) or numbers[0] < 1:
        raise ValueError(f"{name} must be rising numbers from 1 on, got {numbers}")
