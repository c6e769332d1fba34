"""What a model may be called: a name that every file system takes as it is."""

from __future__ import annotations

import re

from leap_core.errors import UserError

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._-]{0,79}")
_DEVICES = frozenset(["CON", "PRN", "AUX", "NUL", *(f"{port}{n}" for port in ("COM", "LPT") for n in range(10))])


def is_device(name: str) -> bool:
    """Whether Windows opens a device where a file is called so, as ``CON`` or ``nul.txt``."""
    return name.split(".")[0].strip().upper() in _DEVICES


def check_name(name: str) -> str:
    """Return `name` if a model can be called so.

    Raises
    ------
    UserError
        If it is empty, too long, a device of Windows, or holds anything but letters, digits, blanks, dots, dashes,
        underscores.
    """
    if not _NAME.fullmatch(name) or name.endswith((" ", ".")):
        raise UserError(
            f"{name!r} cannot be a model's name: use letters, digits, blanks, dots, dashes and underscores, "
            "starting with a letter or digit, at most 80 characters."
        )
    if is_device(name):
        raise UserError(f"{name!r} cannot be a model's name: on Windows it stands for a device. Use another name.")
    return name
