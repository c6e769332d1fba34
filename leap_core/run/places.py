"""Where the files that come with the program lie."""

from __future__ import annotations

from pathlib import Path


def data_folder() -> Path:
    """Return the folder ``data``: inside the installed package, or beside ``leap_core`` in a checkout."""
    package = Path(__file__).resolve().parents[1]
    inside = package / "data"
    # A checkout that was updated can hold left-over caches under leap_core/data: only files count.
    return inside if (inside / "demo" / "modules.tsv").is_file() else package.parent / "data"
