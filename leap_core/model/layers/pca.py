"""Principal components of standardised expression: the linear baseline layer."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from leap_core.arrays import Matrix, principal_components
from leap_core.model.layers.base import AffineLayer


@dataclass(frozen=True)
class PCASettings:
    """Settings of a PCA layer.

    Attributes
    ----------
    components
        Components asked for; at most the rank of the centred data are kept.
    """

    components: int = 256
    kind: str = "pca"

    def __post_init__(self) -> None:
        if self.components < 1:
            raise ValueError(f"components must be at least 1, got {self.components}")

    @property
    def uses_device(self) -> bool:
        """Solved on the CPU."""
        return False

    def fit_layer(self, standardised: Matrix, patients: list[str], seed: int, device: str) -> AffineLayer:
        """Fit the components; `patients`, `seed` and `device` have no part in it."""
        centre = standardised.mean(axis=0, dtype=np.float64)
        centred = standardised - centre
        variances, loadings = principal_components(centred, self.components)
        explained = float(variances.sum() * len(centred) / np.square(centred).sum())
        return AffineLayer(
            weights=loadings.astype(np.float32),
            offset=(-(centre @ loadings)).astype(np.float32),
            diagnostics={"explained_variance": explained},
        )
