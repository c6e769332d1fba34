"""Training of the masked autoencoder, by torch."""

from __future__ import annotations

import math

import numpy as np
import torch

from leap_core.arrays import Matrix
from leap_core.model.layers.autoencoder import AutoencoderSettings
from leap_core.model.layers.base import AffineLayer
from leap_core.panel.splits import held_out_patients
from leap_core.run.seeds import seed_of


def fit_autoencoder(
    settings: AutoencoderSettings, standardised: Matrix, patients: list[str], seed: int, device: str
) -> AffineLayer:
    """Choose the number of epochs on held-out patients, then refit on all lines for that many.

    Random numbers are drawn on the CPU whatever the device, and torch runs on one thread here, so the
    weights depend on the data, the settings, the seed and the kind of device alone.

    Parameters
    ----------
    settings
        Architecture, corruption, schedule.
    standardised
        (n, g) float32.
    patients
        (n,) patient of each line.
    seed
        From the layer's identity.
    device
        ``"cpu"`` or ``"cuda"``.
    """
    torch.set_num_threads(1)
    held_out = held_out_patients(patients, settings.validation, seed_of(seed, "validation lines"))
    data = torch.from_numpy(np.ascontiguousarray(standardised))
    trial = _Training(settings, data[torch.from_numpy(~held_out)], seed_of(seed, "choose epochs"), device)
    epochs, loss = trial.best_epoch(data[torch.from_numpy(held_out)])
    final = _Training(settings, data, seed_of(seed, "refit"), device)
    final.run(epochs)
    weights, offset = final.encoder()
    return AffineLayer(weights, offset, {"epochs": float(epochs), "validation_loss": loss})


def cuda_available() -> bool:
    """Whether torch sees a CUDA device."""
    return torch.cuda.is_available()


class _Training:
    """State of one run: parameters, optimiser, schedule and random numbers."""

    def __init__(self, settings: AutoencoderSettings, data: torch.Tensor, seed: int, device: str) -> None:
        self.settings = settings
        self.data = data.to(device)
        self.device = device
        self.random = torch.Generator().manual_seed(seed)
        n, g = data.shape
        d = settings.latent
        self.parameters = [
            self._uniform((g, d), 1 / math.sqrt(g)),
            self._uniform((d,), 1 / math.sqrt(g)),
            self._uniform((d, g), 1 / math.sqrt(d)),
            self._uniform((g,), 1 / math.sqrt(d)),
        ]
        self.steps_per_epoch = math.ceil(n / settings.batch)
        self.optimiser = torch.optim.Adam(self.parameters, lr=settings.learning_rate)
        self.schedule: torch.optim.lr_scheduler.OneCycleLR | None = None
        if settings.schedule == "one-cycle":
            self.schedule = torch.optim.lr_scheduler.OneCycleLR(
                self.optimiser, settings.learning_rate, total_steps=self.steps_per_epoch * settings.max_epochs
            )

    def _uniform(self, shape: tuple[int, ...], bound: float) -> torch.Tensor:
        values = (torch.rand(shape, generator=self.random) * 2 - 1) * bound
        return values.to(self.device).requires_grad_(True)

    def run(self, epochs: int) -> None:
        """Train for `epochs` epochs."""
        for _ in range(epochs):
            self._epoch()

    def best_epoch(self, validation: torch.Tensor) -> tuple[int, float]:
        """Train with an eye on held-out lines; return the best number of epochs and its loss."""
        validation = validation.to(self.device)
        best, best_loss = 1, math.inf
        for epoch in range(1, self.settings.max_epochs + 1):
            self._epoch()
            with torch.no_grad():
                loss = torch.nn.functional.mse_loss(self._reconstruct(validation), validation).item()
            if loss < best_loss:
                best, best_loss = epoch, loss
            elif self.schedule is None and epoch - best >= self.settings.patience:
                break
        return best, best_loss

    def encoder(self) -> tuple[Matrix, Matrix]:
        """Array (g, d) and offset (d,) of the encoder."""
        weights, offset = (parameter.detach().cpu().numpy().copy() for parameter in self.parameters[:2])
        return weights, offset

    def _epoch(self) -> None:
        order = torch.randperm(len(self.data), generator=self.random)
        for rows in order.chunk(self.steps_per_epoch):
            batch = self.data[rows.to(self.device)]
            loss = torch.nn.functional.mse_loss(self._reconstruct(self._corrupt(batch)), batch)
            self.optimiser.zero_grad()
            loss.backward()
            self.optimiser.step()
            if self.schedule is not None:
                self.schedule.step()

    def _reconstruct(self, lines: torch.Tensor) -> torch.Tensor:
        encoder, encoder_offset, decoder, decoder_offset = self.parameters
        latent = torch.addmm(encoder_offset, lines, encoder)
        return torch.addmm(decoder_offset, latent, decoder)

    def _corrupt(self, batch: torch.Tensor) -> torch.Tensor:
        settings = self.settings
        if settings.noise > 0:
            batch = batch + settings.noise * torch.randn(batch.shape, generator=self.random).to(self.device)
        if settings.mask_probability == 0:
            return batch
        mask = torch.rand(batch.shape, generator=self.random) < settings.mask_probability
        if settings.corruption == "rows":
            other = batch[torch.randperm(len(batch), generator=self.random).to(self.device)]
        elif settings.corruption == "columns":
            order = torch.rand(batch.shape, generator=self.random).argsort(dim=0)
            other = torch.gather(batch, 0, order.to(self.device))
        else:
            other = torch.zeros_like(batch)
        return torch.where(mask.to(self.device), other, batch)
