"""The masked autoencoder, trained by torch: a linear denoising autoencoder (docs/methods.md#trained-autoencoder).

Corruption follows VIME (Yoon et al. 2020) as LEAP uses it (Bodinier et al. 2025): each entry is replaced,
with a fixed probability, by the same gene's value in another line of the mini-batch.

torch takes seconds to import and only training needs it: it is imported where it trains, so pages and predictions start
without.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Literal

from leap_core.arrays import Matrix
from leap_core.model.layers.base import AffineLayer
from leap_core.panel.splits import held_out_patients
from leap_core.run.seeds import seed_of

if TYPE_CHECKING:
    import torch

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
    batch_size, max_epochs
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
    batch_size: int = 256
    max_epochs: int = 150
    patience: int = 20
    validation: float = 0.2
    kind: str = "masked autoencoder"

    def __post_init__(self) -> None:
        if self.latent < 1 or self.batch_size < 2 or self.max_epochs < 1 or self.patience < 1:
            raise ValueError("latent, max_epochs and patience must be at least 1, batch_size at least 2")
        if not (0 <= self.mask_probability < 1 and 0 < self.validation < 1 and self.noise >= 0):
            raise ValueError("mask_probability must lie in [0, 1), validation in (0, 1), noise must not be negative")

    @property
    def uses_device(self) -> bool:
        """Trained on the device."""
        return True

    def fit_layer(self, standardised: Matrix, patients: list[str], seed: int, device: str) -> AffineLayer:
        """Choose the number of epochs on held-out patients, then refit on all lines for that many.

        Random numbers are drawn on the CPU whatever the device, and torch runs on one thread here, so the
        weights depend on the data, the settings, the seed and the kind of device alone.
        """
        import torch

        torch.set_num_threads(1)
        held_out = held_out_patients(patients, self.validation, seed_of(seed, "validation lines"))
        seen, unseen, data = (
            torch.from_numpy(lines).to(device)
            for lines in (standardised[~held_out], standardised[held_out], standardised)
        )
        best, best_loss = 1, math.inf
        trial = _epochs(self, seen, seed_of(seed, "choose epochs"))
        for epoch, parameters in enumerate(islice(trial, self.max_epochs), start=1):
            with torch.no_grad():
                loss = torch.nn.functional.mse_loss(_reconstructed(parameters, unseen), unseen).item()
            if loss < best_loss:
                best, best_loss = epoch, loss
            elif self.schedule == "constant" and epoch - best >= self.patience:
                break
        *_, parameters = islice(_epochs(self, data, seed_of(seed, "refit")), best)
        weights, offset = (part.detach().cpu().numpy() for part in parameters[:2])
        return AffineLayer(weights, offset, {"epochs": float(best), "validation_loss": best_loss})


def cuda_available() -> bool:
    """Whether torch sees a CUDA device."""
    import torch

    return torch.cuda.is_available()


def _epochs(settings: AutoencoderSettings, data: torch.Tensor, seed: int) -> Iterator[list[torch.Tensor]]:
    """Train on lines (n, g); yield weights and offset of encoder and decoder after each epoch."""
    import torch

    random = torch.Generator().manual_seed(seed)
    (n, g), d = data.shape, settings.latent

    def uniform(inputs: int, *shape: int) -> torch.Tensor:
        values = (torch.rand(shape, generator=random) * 2 - 1) * (1 / math.sqrt(inputs))
        return values.to(data.device).requires_grad_(True)

    parameters = [uniform(g, g, d), uniform(g, d), uniform(d, d, g), uniform(d, g)]
    steps, rate = math.ceil(n / settings.batch_size), settings.learning_rate
    optimiser = torch.optim.Adam(parameters, lr=rate)
    schedule = None
    if settings.schedule == "one-cycle":
        schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, rate, total_steps=steps * settings.max_epochs)
    while True:
        for rows in torch.randperm(n, generator=random).chunk(steps):
            batch = data[rows.to(data.device)]
            loss = torch.nn.functional.mse_loss(_reconstructed(parameters, _corrupted(settings, batch, random)), batch)
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            if schedule is not None:
                schedule.step()
        yield parameters


def _reconstructed(parameters: list[torch.Tensor], lines: torch.Tensor) -> torch.Tensor:
    encoder, encoder_offset, decoder, decoder_offset = parameters
    return decoder_offset.addmm(encoder_offset.addmm(lines, encoder), decoder)


def _corrupted(settings: AutoencoderSettings, batch: torch.Tensor, random: torch.Generator) -> torch.Tensor:
    """A mini-batch as the encoder sees it."""
    import torch

    if settings.noise > 0:
        batch = batch + settings.noise * torch.randn(batch.shape, generator=random).to(batch.device)
    if settings.mask_probability == 0:
        return batch
    mask = torch.rand(batch.shape, generator=random) < settings.mask_probability
    if settings.corruption == "rows":
        other = batch[torch.randperm(len(batch), generator=random).to(batch.device)]
    elif settings.corruption == "columns":
        order = torch.rand(batch.shape, generator=random).argsort(dim=0)
        other = torch.gather(batch, 0, order.to(batch.device))
    else:
        other = torch.zeros_like(batch)
    return torch.where(mask.to(batch.device), other, batch)
