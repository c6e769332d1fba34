"""The masked autoencoder: a linear denoising autoencoder of expression (docs/methods.md#masked-autoencoder).

Corruption follows VIME (Yoon et al. 2020) as LEAP uses it (Bodinier et al. 2025): each entry is replaced,
with a fixed probability, by the same gene's value in another line of the mini-batch.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from leap_core.arrays import Matrix
from leap_core.model.layers.base import AffineLayer

Corruption = Literal["rows", "columns", "zeros"]


@dataclass(frozen=True)
class AutoencoderSettings:
    """Settings of a masked autoencoder.

    Attributes
    ----------
    latent
        Latent dimensions d.
    mask_probability
        Probability with which an entry is replaced; 0 gives the plain autoencoder.
    corruption
        ``"rows"``: the whole mini-batch is permuted once (LEAP); ``"columns"``: every gene on its own
        (VIME); ``"zeros"``: masked entries become the gene's mean.
    noise
        Standard deviation of Gaussian noise on the input before corruption, in standard deviations of a
        gene (DAMAE: 0.01).
    schedule
        ``"one-cycle"``: peak rate and annealing over `max_epochs`; ``"constant"``: LEAP's own.
    learning_rate
        Peak rate (one-cycle) or the rate (constant).
    batch, max_epochs
        Lines in a mini-batch; limit of epochs.
    patience
        Epochs without a better validation loss after which a constant schedule stops. A one-cycle
        schedule is always run whole, for its loss falls last.
    validation
        Share of the lines held out to choose the number of epochs.
    """

    latent: int = 256
    mask_probability: float = 0.3
    corruption: Corruption = "rows"
    noise: float = 0.0
    schedule: Literal["one-cycle", "constant"] = "one-cycle"
    learning_rate: float = 2e-3
    batch: int = 256
    max_epochs: int = 150
    patience: int = 20
    validation: float = 0.2
    kind: str = "masked autoencoder"

    def __post_init__(self) -> None:
        if self.latent < 1 or self.batch < 2 or self.max_epochs < 1 or self.patience < 1:
            raise ValueError("latent, max_epochs and patience must be at least 1, batch at least 2")
        if not (0 <= self.mask_probability < 1 and 0 < self.validation < 1 and self.noise >= 0):
            raise ValueError("mask_probability must lie in [0, 1), validation in (0, 1), noise must not be negative")

    @classmethod
    def paper(cls) -> AutoencoderSettings:
        """LEAP's published schedule: Adam at 1e-4, batches of 1,024, up to 1,000 epochs."""
        return cls(schedule="constant", learning_rate=1e-4, batch=1024, max_epochs=1000)

    @property
    def uses_device(self) -> bool:
        """Trained on the device."""
        return True

    def fit_layer(self, standardised: Matrix, patients: list[str], seed: int, device: str) -> AffineLayer:
        """Fit one layer; see `leap_core.model.layers.autoencoder_training.fit_autoencoder`."""
        # torch takes seconds to import and only training needs it: pages and predictions start without.
        from leap_core.model.layers.autoencoder_training import fit_autoencoder

        return fit_autoencoder(self, standardised, patients, seed, device)
