"""Which DepMap release a text speaks of: a file's name, a comment, a panel's stamp."""

from __future__ import annotations

import re

_RELEASE = re.compile(r"(?<![0-9A-Za-z])(\d\dQ[1-4])(?![0-9A-Za-z])", re.IGNORECASE)
# In 25Q3 expression files were renamed, with metadata columns before the genes.
_RENAMED_IN = "25Q3"
_OLD_NAME, _NEW_NAME = "omicsexpressionproteincodinggenestpmlogp1", "omicsexpressiontpmlogp1humanproteincodinggenes"


def releases_in(text: str) -> tuple[str, ...]:
    """Releases (``24Q2``) that a text names, in its order."""
    return tuple(dict.fromkeys(found.upper() for found in _RELEASE.findall(text.replace("_", " "))))


def difference_of_releases(text: str, panel_release: str) -> str:
    """How the release that a text names differs from a panel's, in words.

    Nothing where they agree, or one of them is not known.

    Parameters
    ----------
    text
        Name of a file, with its comments.
    panel_release
        As stamped on the panel.
    """
    own, panel = releases_in(text), releases_in(panel_release)
    if not panel:
        return ""
    if own:
        return (
            ""
            if set(own) & set(panel)
            else f"its file speaks of release {', '.join(own)}, the panel is of {', '.join(panel)}"
        )
    name = text.lower().replace("_", "")
    before = all(release < _RENAMED_IN for release in panel)
    if _OLD_NAME in name and not before:
        return f"its file is called as before {_RENAMED_IN}, the panel is of {', '.join(panel)}"
    if _NEW_NAME in name and before:
        return f"its file is called as since {_RENAMED_IN}, the panel is of {', '.join(panel)}"
    return ""
