"""The masked autoencoder in closed form: the minimum of its expected loss, without training.

docs/methods.md#closed-form has the derivation: the marginalised denoising autoencoder (Chen et al. 2012) with the
weight decay of the regularised linear autoencoder (Kunin et al. 2019). The loss is smallest where encoder and decoder
point along the principal components of the genes' correlation matrix, component k (variance v_k) weighted by the square
root of

    s_k = max((1 - p) v_k - mu, 0) / (a v_k + b),

followed by *any* rotation of the latent features, which is drawn from the layer's seed.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from leap_core.arrays import Array, Matrix, principal_components
from leap_core.model.layers.autoencoder import Corruption
from leap_core.model.layers.base import AffineLayer


@dataclass(frozen=True)
class ClosedFormAutoencoderSettings:
    """Settings of a masked autoencoder that is solved instead of trained.

    Attributes
    ----------
    latent
        Latent dimensions d wanted; at most the rank of the lines less one.
    mask_probability
        Probability p with which an entry is replaced; 0 gives the plain autoencoder.
    corruption
        ``"rows"``: by the same gene of another line, one line for all genes (LEAP); ``"columns"``: of any
        line, gene by gene (VIME); ``"zeros"``: by the gene's mean.
    noise
        Standard deviation of Gaussian noise on the input before corruption, in standard deviations of a gene.
    """

    latent: int = 256
    mask_probability: float = 0.3
    corruption: Corruption = "rows"
    noise: float = 0.0
    kind: str = "masked autoencoder in closed form"

    def __post_init__(self) -> None:
        if self.latent < 1:
            raise ValueError(f"latent must be at least 1, got {self.latent}")
        if not (0 <= self.mask_probability < 1 and self.noise >= 0):
            raise ValueError("mask_probability must lie in [0, 1), noise must not be negative")

    @property
    def uses_device(self) -> bool:
        """Solved on the CPU."""
        return False

    def fit_layer(self, standardised: Matrix, patients: list[str], seed: int, device: str) -> AffineLayer:
        """Solve one layer; `patients` and `device` have no part in it, the seed draws the rotation."""
        centre = standardised.mean(axis=0, dtype=np.float64)
        centred = standardised - centre
        # Lines that only the layers see may have moved a gene's variance away from 1.
        scale = np.sqrt(np.mean(np.square(centred), axis=0))
        variances, loadings = principal_components(centred / scale, self.latent + 1)
        kept = max(len(variances) - 1, 1)
        decay = (1 - self.mask_probability) * float(variances[kept]) if len(variances) > kept else 0.0
        shares = self.shares(variances[:kept], decay)
        encoder = (loadings[:, :kept] * np.sqrt(shares)) @ random_rotation(kept, seed) / scale[:, None]
        return AffineLayer(
            weights=encoder.astype(np.float32),
            offset=(-(centre @ encoder)).astype(np.float32),
            diagnostics={"weight_decay": decay, "latent": float(kept)},
        )

    def shares(self, variances: Array, decay: float) -> Array:
        """The share s (k,) of each principal component that the autoencoder passes on.

        Parameters
        ----------
        variances
            (k,) of the components, for genes of variance 1.
        decay
            Weight decay mu.
        """
        p = self.mask_probability
        kept = (1 - p) ** 2
        if self.corruption == "rows":
            a, b = kept + p**2, 1 - kept - p**2
        else:
            a, b = kept, (1 - kept if self.corruption == "columns" else p * (1 - p))
        # A masked entry that becomes the mean carries no noise.
        noise = self.noise**2 * (1 - p if self.corruption == "zeros" else 1)
        shares: Array = np.maximum((1 - p) * variances - decay, 0.0) / (a * variances + b + noise)
        return shares


def random_rotation(d: int, seed: int) -> Array:
    """An orthogonal (d, d) matrix from the Haar measure (Mezzadri 2007)."""
    q, r = np.linalg.qr(np.random.default_rng(seed).normal(size=(d, d)))
    return q * np.sign(np.diag(r))
