"""Principal components of standardised expression: the linear baseline layer."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.linalg import eigh

from leap_core.representation.base import AffineLayer, Matrix


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

    def fit_layer(self, standardised: Matrix, patients: list[str], seed: int, device: str) -> AffineLayer:
        """Fit the components; `patients`, `seed` and `device` have no part in it.

        The smaller of the two second-moment matrices is decomposed. The sign of a component is fixed by
        its largest loading, so that the result does not depend on the LAPACK build.
        """
        centre = standardised.mean(axis=0, dtype=np.float64)
        centred = standardised - centre
        n, g = centred.shape
        wanted = min(self.components, n - 1, g)
        if n <= g:
            values, vectors = eigh(centred @ centred.T, subset_by_index=(n - wanted, n - 1))
            keep = values > values[-1] * 1e-10
            loadings = centred.T @ (vectors[:, keep] / np.sqrt(values[keep]))
        else:
            values, vectors = eigh(centred.T @ centred, subset_by_index=(g - wanted, g - 1))
            loadings = vectors[:, values > values[-1] * 1e-10]
        loadings = loadings[:, ::-1]
        largest = np.argmax(np.abs(loadings), axis=0)
        loadings = loadings * np.sign(loadings[largest, np.arange(loadings.shape[1])])
        explained = float(values.sum() / np.square(centred).sum())
        return AffineLayer(
            weights=loadings.astype(np.float32),
            offset=(-(centre @ loadings)).astype(np.float32),
            diagnostics={"explained_variance": explained},
        )
