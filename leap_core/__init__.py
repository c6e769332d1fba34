"""LEAP Screen Prioritiser: predicted dependencies and drug responses of unscreened cell lines."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from leap_core.run.version import __version__

__all__ = ["LeapRegressor", "Model", "Panel", "Result", "__version__", "load", "read_panel", "read_samples", "train"]

if TYPE_CHECKING:
    from leap_core.api import LeapRegressor, Model, Panel, Result, load, read_panel, read_samples, train


def __getattr__(name: str) -> Any:
    # What is imported here is imported by every command and page: the numerics wait until they are asked for.
    if name in __all__:
        return getattr(import_module("leap_core.api"), name)
    raise AttributeError(f"module 'leap_core' has no attribute {name!r}")
