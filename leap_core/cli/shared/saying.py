"""What commands print: names from others' files may hold what a terminal would obey."""

from __future__ import annotations

import sys
import unicodedata
from typing import TextIO


def say(text: object, file: TextIO | None = None) -> None:
    """Print.

    Characters that would move the cursor, colour the text or turn it round are written out, as JSON writes them.
    """
    out = sys.stdout if file is None else file
    shown = "".join(_shown(mark) for mark in str(text))
    encoding = out.encoding or "utf-8"
    print(shown.encode(encoding, "backslashreplace").decode(encoding), file=out)


def complain(text: object) -> None:
    """`say` on the standard error."""
    say(text, sys.stderr)


def _shown(mark: str) -> str:
    if mark in "\n\t" or unicodedata.category(mark) not in ("Cc", "Cf", "Cs"):
        return mark
    units = mark.encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[place : place + 2].hex()}" for place in range(0, len(units), 2))
