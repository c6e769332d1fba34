"""PP-MLP and PP-tDNN: neural networks of latent features and fingerprint side by side."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from leap_core.model.heads.base import Heads, Matrix, Problem
from leap_core.model.heads.pan import PanHeads
from leap_core.run.mapping import Done, Mapper, nothing


@dataclass(frozen=True)
class PanNetworkHeads(PanHeads):
    """A network of rectified units for each fold.

    Attributes
    ----------
    sizes
        Inputs, units of each hidden layer, and 1.
    weights
        (K, ...) float32: of layer after layer the weights (inputs, units), row by row, then the offsets; in the
        response's unit.
    """

    sizes: npt.NDArray[np.int64]
    weights: Matrix

    def of_pairs(self, line: Matrix, fingerprints: Matrix, fold: int) -> Matrix:
        """See `PanHeads.of_pairs`."""
        start, units, last = 0, fingerprints, len(self.sizes) - 2
        for place, (inputs, outputs) in enumerate(zip(self.sizes[:-1], self.sizes[1:], strict=True)):
            weights = self.weights[fold, start : start + inputs * outputs].reshape(inputs, outputs)
            start += inputs * outputs
            offset = self.weights[fold, start : start + outputs]
            start += outputs
            if place == 0:
                # The line's part is the same for every fingerprint.
                offset = offset + line @ weights[: len(line)]
                weights = weights[len(line) :]
            units = units @ weights + offset
            if place < last:
                units = np.maximum(units, 0.0)
        found: Matrix = units[:, 0]
        return found


@dataclass(frozen=True)
class PanNetworkSettings:
    """Settings of a pan-perturbation network.

    Attributes
    ----------
    hidden
        Units of the hidden layers.
    loss
        ``"correlation"``: 1 - Pearson correlation within a mini-batch; ``"squares"``: mean squared error.
    dropouts
        Shares of hidden units that a training step does not see, among which the first fold's validation chooses.
    epochs
        Numbers of epochs among which validation chooses, rising.
    learning_rate, weight_decay
        Of AdamW.
    batch
        Pairs in a mini-batch.
    pairs
        Training pairs of a fold, at most.
    """

    hidden: tuple[int, ...] = (512, 256, 128, 64, 32, 16)
    loss: Literal["correlation", "squares"] = "correlation"
    dropouts: tuple[float, ...] = (0.4,)
    epochs: tuple[int, ...] = (4, 8, 14, 20)
    learning_rate: float = 1e-3
    weight_decay: float = 5.0
    batch: int = 512
    pairs: int = 200_000
    kind: str = "PP-MLP"

    def __post_init__(self) -> None:
        if not self.epochs or list(self.epochs) != sorted(set(self.epochs)) or self.epochs[0] < 1:
            raise ValueError(f"epochs must be rising numbers from 1 on, got {self.epochs}")
        if not self.hidden or min(self.hidden) < 1 or self.batch < 2 or self.pairs < 2 or self.learning_rate <= 0:
            raise ValueError("hidden layers need units, batch and pairs must be at least 2, learning_rate above 0")
        if not self.dropouts or not all(0 <= share < 1 for share in self.dropouts):
            raise ValueError("dropouts must lie in [0, 1)")

    @classmethod
    def tdnn(cls) -> PanNetworkSettings:
        """PP-tDNN: four narrower layers, squared error, dropout chosen."""
        return cls(
            hidden=(250, 125, 60, 30),
            loss="squares",
            dropouts=(0.0, 0.1, 0.25, 0.45, 0.7),
            batch=2048,
            weight_decay=0.5,
            kind="PP-tDNN",
        )

    @property
    def pan(self) -> bool:
        """One model of all perturbations."""
        return True

    def seconds(self, lines: int, features: int) -> float:
        """See `leap_core.model.heads.base.RegressorSettings.seconds`."""
        return (
            7.5e-11
            * max(self.epochs)
            * lines
            * (features + self.hidden[0])
            * self.hidden[0]
            * (len(self.dropouts) + 4)
            / 5
        )

    def fit_heads(self, problem: Problem, mapper: Mapper, done: Done = nothing) -> Heads:
        """Fit one network per fold; see `leap_core.model.heads.networks.pan_network_training.fit_pan_networks`."""
        # torch takes seconds to import and only training needs it.
        from leap_core.model.heads.networks.pan_network_training import fit_pan_networks

        return fit_pan_networks(self, problem, mapper, done)
