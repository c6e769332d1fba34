"""Standardised genes as they are: the layer that learns nothing."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from leap_core.representation.base import AffineLayer, Matrix


@dataclass(frozen=True)
class IdentitySettings:
    """Settings of the identity layer: a latent feature for every gene, so a recipe should keep few."""

    kind: str = "identity"

    @property
    def uses_device(self) -> bool:
        """Nothing is fitted."""
        return False

    def fit_layer(self, standardised: Matrix, patients: list[str], seed: int, device: str) -> AffineLayer:
        """The identity of (g,) genes; nothing but their number has a part in it."""
        genes = standardised.shape[1]
        return AffineLayer(weights=np.eye(genes, dtype=np.float32), offset=np.zeros(genes, dtype=np.float32))
