"""Names from files as text: what looks like markup in them is shown, never followed."""

from __future__ import annotations

import re

_MARKS = re.compile(r"([\\`*\[\]!<>~$])")


def plain(text: str) -> str:
    """The text with all Markdown escaped (an image would be fetched from elsewhere)."""
    return _MARKS.sub(r"\\\1", " ".join(text.split()))
