"""Names from files as text: what looks like markup in them is shown, never followed.

Whatever Streamlit reads as Markdown is a constant, a number, or went through `plain`: tests/repository/test_markup.py
reads every page for it. A function whose parameter or result is annotated `Markdown` takes or gives such text.
"""

from __future__ import annotations

import re
import unicodedata
from typing import TypeAlias
from urllib.parse import quote

Markdown: TypeAlias = str
"""Text that may be shown as Markdown: written by us, with whatever is not in `plain`."""

_MARKS = re.compile(r"[\\`*\[\]!<>~$|]|(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])|&(?=#?\w+;)")
# What begins a heading, a list or a line across the page.
_BEGINNING = re.compile(r"^(?:[#+=-]|\d+(?=[.)]))")
# Streamlit makes signs and links of these after the Markdown was read: an invisible joint keeps them apart. In an
# address it stands where a browser leaves it out.
_SIGNS = re.compile(r"(?<!\S)(<->|->|<-|--|>=|<=|~=)(?!\S)|:(?=[\w+/-]+:)")
_ADDRESSES = re.compile(r"(?:https?|ftp)://|www(?=\.)", re.IGNORECASE)
_JOINT = "\u2060"


def plain(text: object) -> Markdown:
    """The text with all Markdown escaped: an image would be fetched from elsewhere.

    Characters that cannot be seen, or that turn the text round, are written out.
    """
    shown = "".join(_seen(mark) for mark in " ".join(str(text).split()))
    parted = _SIGNS.sub(lambda sign: sign[0][0] + _JOINT + sign[0][1:], shown)
    parted = _ADDRESSES.sub(lambda start: start[0] + _JOINT, parted)
    escaped = _MARKS.sub(lambda mark: f"\\{mark[0]}", parted).replace(f"://{_JOINT}", f"\\://{_JOINT}")
    return _BEGINNING.sub(lambda mark: mark[0] + "\\" if mark[0].isdigit() else f"\\{mark[0]}", escaped)


def ours(text: str) -> Markdown:
    """Markdown that the core holds as a constant; where this may be said is a list of the test of markup."""
    return text


def linked(address: str) -> Markdown:
    """An address, as it may stand in the brackets of a link; nothing that could end them."""
    return quote(address, safe=":/?&=#%+,;@~.-_")


def _seen(mark: str) -> str:
    return f"(U+{ord(mark):04X})" if unicodedata.category(mark) in ("Cc", "Cf", "Cs", "Co") else mark
