"""How things run: store, workers, device, progress."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from leap_core.run.mapping import Mapper, ThreadMapper
from leap_core.run.progress import Progress
from leap_core.run.store import MadeFrom, Store, key_of


class _FittedOnDevice(Protocol):
    @property
    def uses_device(self) -> bool: ...


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

    def device_for(self, fitted: _FittedOnDevice) -> str:
        """The device that settings of a layer, or a recipe, are fitted on: few have use for a GPU."""
        return self.device if fitted.uses_device else "cpu"

    def find_or_make(self, made_from: MadeFrom, make: Callable[[], object], stage: str, work: float) -> str:
        """Key of an artefact that is found in the store, or made and kept there.

        Parameters
        ----------
        made_from, make
            See `leap_core.run.store.Store.keep`.
        stage, work
            `make` reports its own progress at this stage; what it would have reported is skipped where it is found.
        """
        key = key_of(made_from)
        if not self.store.sound(key):
            return self.store.keep(made_from, make)
        self.progress.skip(stage, work)
        return key
