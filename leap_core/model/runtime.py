"""How things run: store, workers, device, progress."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from leap_core.errors import UserError
from leap_core.model.layers.autoencoder import cuda_available
from leap_core.model.layers.base import LayerSettings
from leap_core.model.recipe import Recipe
from leap_core.run.mapping import Mapper, ThreadMapper
from leap_core.run.progress import Progress
from leap_core.run.store import Store, key_of


@dataclass(frozen=True)
class Runtime:
    """How things run: none of it changes a bit of any result, but for the kind of device.

    Attributes
    ----------
    store
        Where artefacts are kept.
    mapper
        Runs independent chunks.
    device
        ``"cpu"`` or ``"cuda"``.
    progress
        Told of every finished piece of work.
    """

    store: Store
    mapper: Mapper = field(default_factory=ThreadMapper)
    device: str = "cpu"
    progress: Progress = field(default_factory=Progress)

    def device_for(self, fitted: LayerSettings | Recipe) -> str:
        """The device that layers are fitted on: only a trained autoencoder has use for a GPU."""
        return self.device if fitted.uses_device else "cpu"

    def make(self, made_from: dict[str, object], write: Callable[[Path], None], stage: str, work: float) -> str:
        """Find an artefact, or make it; `write` reports its own progress, `work` is what it would have reported."""
        key = key_of(made_from)
        if self.store.has(key):
            self.progress.skip(stage, work)
            return key
        return self.store.make(made_from, write)


def resolve_device(wanted: str, recipe: Recipe) -> str:
    """Turn ``auto``, ``cpu`` or ``cuda`` into the device that is used.

    ``auto`` looks for one only if the recipe has use for it.

    Raises
    ------
    UserError
        If CUDA is asked for and there is none.
    """
    if wanted == "cpu" or (wanted == "auto" and not recipe.uses_device):
        return "cpu"
    if cuda_available():
        return "cuda"
    if wanted == "cuda":
        raise UserError("--device cuda: no CUDA device was found. Use --device cpu or auto.")
    return "cpu"
