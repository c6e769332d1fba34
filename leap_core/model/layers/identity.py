"""Standardised genes as they are: the layer that learns nothing."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from leap_core.arrays import Array, Matrix
from leap_core.model.layers.base import Layer


@dataclass(frozen=True)
class IdentityLayer:
    """Genes as latent features.

    Attributes
    ----------
    genes
        Number g of genes.
    diagnostics
        Nothing was fitted.
    """

    genes: int
    diagnostics: dict[str, float] = field(default_factory=dict)

    def encode(self, standardised: Matrix) -> Matrix:
        """(m, g) as they are."""
        return standardised

    def on_genes(self, weights: Array) -> tuple[Array, Array]:
        """See `leap_core.model.layers.base.Layer.on_genes`."""
        return weights, np.zeros(weights.shape[1])


@dataclass(frozen=True)
class IdentitySettings:
    """Settings of the identity layer: a latent feature for every gene, so regressors that fit paths should keep few."""

    kind: str = "identity"

    @property
    def uses_device(self) -> bool:
        """Nothing is fitted."""
        return False

    def fit_layer(self, standardised: Matrix, patients: list[str], seed: int, device: str) -> Layer:
        """The identity of (g,) genes; nothing but their number has a part in it."""
        return IdentityLayer(standardised.shape[1])
