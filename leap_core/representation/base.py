"""What every representation layer is: an affine map from standardised genes to latent features."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
import numpy.typing as npt

Matrix = npt.NDArray[np.float32]


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
        What the fit learnt by the way, for example the epochs chosen and the validation loss.
    """

    weights: Matrix
    offset: Matrix
    diagnostics: dict[str, float] = field(default_factory=dict)

    def encode(self, standardised: Matrix) -> Matrix:
        """Map (m, g) standardised expression to (m, d) latent features.

        Computed in double precision: rounding to float32 afterwards hides that BLAS sums in another order
        for one line than for many.
        """
        latent = standardised.astype(np.float64) @ self.weights.astype(np.float64) + self.offset
        return latent.astype(np.float32)


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

    def fit_layer(self, standardised: Matrix, patients: list[str], seed: int, device: str) -> AffineLayer:
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
