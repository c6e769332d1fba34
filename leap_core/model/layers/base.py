"""What every representation layer is: a map from standardised genes to latent features."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

from leap_core.arrays import Array, Matrix


class Layer(Protocol):
    """A learnt layer; all kinds are affine maps."""

    @property
    def diagnostics(self) -> dict[str, float]:
        """What the fit learnt by the way, for example the epochs chosen and the validation loss."""
        ...

    def encode(self, standardised: Matrix) -> Matrix:
        """Map (m, g) standardised expression to (m, d) latent features.

        A line's do not depend on the lines beside it.
        """
        ...

    def on_genes(self, weights: Array) -> tuple[Array, Array]:
        """Linear models of the latent features (d, p) as models of standardised genes.

        Array (g, p), and what adds to the intercepts (p,).
        """
        ...


@dataclass(frozen=True)
class AffineLayer:
    """A learnt layer: ``latent = standardised @ weights + offset``.

    Attributes
    ----------
    weights
        (g, d) float32.
    offset
        (d,) float32.
    diagnostics
        See `Layer.diagnostics`.
    """

    weights: Matrix
    offset: Matrix
    diagnostics: dict[str, float] = field(default_factory=dict)

    def encode(self, standardised: Matrix) -> Matrix:
        """See `Layer.encode`.

        Computed in double precision: rounding to float32 afterwards hides that BLAS sums in another order
        for one line than for many.
        """
        latent = standardised.astype(np.float64) @ self.weights.astype(np.float64) + self.offset
        return latent.astype(np.float32)

    def on_genes(self, weights: Array) -> tuple[Array, Array]:
        """See `Layer.on_genes`."""
        return self.weights.astype(np.float64) @ weights, self.offset.astype(np.float64) @ weights


class LayerSettings(Protocol):
    """Settings of a representation know how to fit one layer."""

    @property
    def kind(self) -> str:
        """Name of the representation, as shown and as stored."""
        ...

    @property
    def uses_device(self) -> bool:
        """Whether a GPU is of use; a layer fitted on one has its own key, for it sums in another order."""
        ...

    def fit_layer(self, standardised: Matrix, patients: list[str], seed: int, device: str) -> Layer:
        """Fit one layer on (n, g) standardised lines.

        Parameters
        ----------
        standardised
            (n, g) float32.
        patients
            (n,) patient of each line, never split where lines are held out.
        seed
            From the layer's identity.
        device
            ``"cpu"`` or ``"cuda"``.
        """
        ...
