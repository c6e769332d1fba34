"""A shortlist with its notes as a JSON file, to be taken up again in another session or with another model."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from leap_core.report.saved_json import parse_saved
from leap_core.run.version import __version__

KINDS = ("gene", "drug")
_FORMAT = "leap shortlist 1"
_MAX_BYTES = 5 * 2**20
_MAX_NAMES = 50_000
MAX_NOTE = 2000


@dataclass(frozen=True)
class Shortlist:
    """Names and notes, by kind (``gene``, ``drug``), and where they came from.

    Attributes
    ----------
    names
        In the order they were picked.
    notes
        By kind and name.
    origin
        Sample, models and releases when it was saved.
    """

    names: dict[str, list[str]]
    notes: dict[str, dict[str, str]] = field(default_factory=dict)
    origin: dict[str, Any] = field(default_factory=dict)

    def to_json(self) -> bytes:
        """The file's content."""
        content = {
            "format": _FORMAT,
            "program": f"LEAP Screen Prioritiser {__version__}",
            "names": self.names,
            "notes": self.notes,
            "origin": self.origin,
        }
        return json.dumps(content, indent=1, ensure_ascii=False).encode("utf-8")


def read_shortlist(content: bytes, name: str) -> Shortlist:
    """Read what `Shortlist.to_json` wrote.

    Raises
    ------
    UserError
        If it is no such file.
    """
    return parse_saved(
        content,
        name,
        _FORMAT,
        "shortlist that this program saved (the JSON file of Save the shortlist)",
        _MAX_BYTES,
        shortlist_from,
    )


def shortlist_from(content: dict[str, Any]) -> Shortlist:
    """A shortlist from the plain values of its file.

    Raises
    ------
    ValueError, KeyError, TypeError, AttributeError
        If they are none.
    """
    if not set(content["names"]) | set(content["notes"]) <= set(KINDS):
        raise ValueError(f"there are names of {KINDS}, and of nothing else")
    names = {kind: _texts(content["names"].get(kind, [])) for kind in KINDS}
    notes = {kind: _notes(content["notes"].get(kind, {})) for kind in KINDS}
    origin = content.get("origin", {})
    if not isinstance(origin, dict):
        raise TypeError("where it comes from is an object")
    return Shortlist(names, notes, origin)


def _notes(values: object) -> dict[str, str]:
    if not isinstance(values, dict) or len(values) > _MAX_NAMES:
        raise ValueError("notes are an object")
    if not all(isinstance(text, str) and len(text) <= MAX_NOTE for text in values.values()):
        raise ValueError(f"a note is a text of at most {MAX_NOTE} characters")
    return dict(values)


def _texts(values: object) -> list[str]:
    if not isinstance(values, list) or len(values) > _MAX_NAMES or not all(isinstance(value, str) for value in values):
        raise ValueError("names are a list of texts")
    return list(dict.fromkeys(values))
