"""PS-MLP: a small neural network for every perturbation, many of them trained as one batch."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from leap_core.model.heads.base import Heads, Matrix, Problem
from leap_core.run.mapping import Done, Mapper, nothing


@dataclass(frozen=True)
class NetworkHeads(Heads):
    """Networks with two hidden layers of h rectified units.

    Attributes
    ----------
    first, first_offset
        (K, d, q h) and (K, q h): from the latent features, the units of a perturbation side by side.
    second, second_offset
        (K, q, h, h) and (K, q, h).
    last
        (K, q, h), in the response's unit; its offset is in `intercepts`.
    """

    first: Matrix
    first_offset: Matrix
    second: Matrix
    second_offset: Matrix
    last: Matrix

    def of_line(self, line: Matrix, fold: int) -> Matrix:
        """See `Heads.of_line`."""
        q, hidden = self.last[fold].shape
        units = np.maximum(np.matmul(line, self.first[fold]) + self.first_offset[fold], 0.0).reshape(q, 1, hidden)
        units = np.maximum(np.matmul(units, self.second[fold])[:, 0] + self.second_offset[fold], 0.0)
        found: Matrix = (units * self.last[fold]).sum(axis=1)
        return found


@dataclass(frozen=True)
class NetworkSettings:
    """Settings of PS-MLP.

    Attributes
    ----------
    hidden
        Units h of either hidden layer.
    epochs
        Numbers of epochs among which validation chooses, rising.
    learning_rate, weight_decay
        Of AdamW.
    batch
        Lines in a mini-batch.
    input_dropout, dropout
        Share of latent features and of hidden units that a training step does not see.
    """

    hidden: int = 20
    epochs: tuple[int, ...] = (8, 12, 18, 27, 40)
    learning_rate: float = 1e-3
    weight_decay: float = 2.0
    batch: int = 64
    input_dropout: float = 0.3
    dropout: float = 0.2
    kind: str = "PS-MLP"

    def __post_init__(self) -> None:
        if not self.epochs or list(self.epochs) != sorted(set(self.epochs)) or self.epochs[0] < 1:
            raise ValueError(f"epochs must be rising numbers from 1 on, got {self.epochs}")
        if self.hidden < 1 or self.batch < 2 or self.learning_rate <= 0 or self.weight_decay < 0:
            raise ValueError(
                "hidden must be at least 1, batch at least 2, learning_rate above 0, weight_decay not negative"
            )
        if not (0 <= self.input_dropout < 1 and 0 <= self.dropout < 1):
            raise ValueError("input_dropout and dropout must lie in [0, 1)")

    @property
    def pan(self) -> bool:
        """A model for each perturbation."""
        return False

    def seconds(self, lines: int, features: int) -> float:
        """See `leap_core.model.heads.base.RegressorSettings.seconds`."""
        return 1.5e-10 * max(self.epochs) * lines * features * self.hidden

    def fit_heads(self, problem: Problem, mapper: Mapper, done: Done = nothing) -> Heads:
        """Fit all perturbations; see `leap_core.model.heads.networks.network_training.fit_networks`."""
        # torch takes seconds to import and only training needs it.
        from leap_core.model.heads.networks.network_training import fit_networks

        parts = fit_networks(self, problem, mapper, done)
        p = problem.response.shape[1]
        return NetworkHeads(
            fitted=np.arange(p),
            intercepts=np.concatenate([part.intercepts for part in parts], axis=1),
            penalties=np.full((problem.count, p), np.nan, dtype=np.float32),
            grid_index=np.concatenate([part.chosen for part in parts]),
            validation_score=np.concatenate([part.score for part in parts]).astype(np.float32),
            converged=np.ones(p, dtype=bool),
            first=_side_by_side([part.first for part in parts]),
            first_offset=np.concatenate([_flat(part.first_offset) for part in parts], axis=1),
            second=np.concatenate([part.second for part in parts], axis=1),
            second_offset=np.concatenate([part.second_offset for part in parts], axis=1),
            last=np.concatenate([part.last for part in parts], axis=1),
        )


@dataclass(frozen=True)
class Networks:
    """Chosen networks of one chunk of q perturbations.

    Attributes
    ----------
    first, first_offset, second, second_offset, last, intercepts
        (K, q, d, h), (K, q, h), (K, q, h, h), (K, q, h), (K, q, h), (K, q).
    chosen, score
        (q,) place among the numbers of epochs, and its mean validation Spearman.
    """

    first: Matrix
    first_offset: Matrix
    second: Matrix
    second_offset: Matrix
    last: Matrix
    intercepts: Matrix
    chosen: npt.NDArray[np.int16]
    score: npt.NDArray[np.float64]


def _side_by_side(first: list[Matrix]) -> Matrix:
    """(K, q, d, h) of several chunks to (K, d, q h)."""
    joined = np.concatenate(first, axis=1).transpose(0, 2, 1, 3)
    return np.ascontiguousarray(joined).reshape(*joined.shape[:2], -1)


def _flat(offset: Matrix) -> Matrix:
    return offset.reshape(len(offset), -1)
