"""The device that layers are trained on."""

from __future__ import annotations

from leap_core.errors import UserError


def resolve_device(wanted: str, uses_device: bool) -> str:
    """Turn ``auto``, ``cpu`` or ``cuda`` into the device that is used.

    Parameters
    ----------
    wanted
        What the user asks for; ``auto`` looks for a GPU only if `uses_device`.
    uses_device
        Whether the recipe has use for one.

    Raises
    ------
    UserError
        If CUDA is asked for and there is none.
    """
    if wanted == "cpu" or (wanted == "auto" and not uses_device):
        return "cpu"
    from leap_core.model.layers.autoencoder import cuda_available

    if cuda_available():
        return "cuda"
    if wanted == "cuda":
        raise UserError("--device cuda: no CUDA device was found. Use --device cpu or auto.")
    return "cpu"
