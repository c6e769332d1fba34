"""Files that this program saved as JSON, taken up again: checked, and refused in one sentence."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, TypeVar

from leap_core.errors import UserError

Result = TypeVar("Result")


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object of the file; a name that stands there twice would hide one of its values."""
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name stands twice")
    return found


def parse_saved(
    content: bytes, name: str, form: str, what: str, largest: int, build: Callable[[dict[str, Any]], Result]
) -> Result:
    """Read a saved file.

    Parameters
    ----------
    content, name
        The file; messages call it by its name.
    form
        What its field ``format`` has to say.
    what
        What it is, and what saved it, for messages: ``shortlist (saved by Save the shortlist)``.
    largest
        Bytes.
    build
        Makes the object of the plain values; may raise what wrong values raise.

    Raises
    ------
    UserError
        If it is no such file.
    """
    if len(content) > largest:
        raise UserError(f"{name} has {len(content) / 2**20:,.0f} MB; a {what} has at most {largest / 2**20:.0f} MB.")
    try:
        found = json.loads(content.decode("utf-8"), object_pairs_hook=_once)
        # Half of a surrogate pair, and numbers that are none, could be written nowhere.
        json.dumps(found, ensure_ascii=False, allow_nan=False).encode("utf-8")
        if found["format"] != form:
            raise ValueError("another format")
        return build(found)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError, OverflowError) as error:
        raise UserError(f"{name} is no {what}.") from error
