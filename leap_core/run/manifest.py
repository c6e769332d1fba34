"""What an artefact's manifest says of it, and whether the files are still what was written."""

from __future__ import annotations

import contextlib
import functools
import hashlib
import json
import os
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from leap_core.errors import StoreError
from leap_core.run.records import read_record, unreadable, write_record
from leap_core.run.version import __version__

MANIFEST = "manifest.json"
_PACKAGES = ("numpy", "scipy", "pandas", "torch", "numba", "scikit-learn")
_FIELDS = ("key", "made_from", "created", "seconds", "leap_core", "versions", "files")
# Raise it when objects lie on disk in another way (see `leap_core.run.codec`).
_FORM = 1
# More threads than this wait for the disk.
_THREADS = 4

MadeFrom = dict[str, Any]
Stamp = tuple[tuple[str, int, int, int], ...]


def key_of(made_from: MadeFrom) -> str:
    """SHA-256 of the canonical JSON of what an artefact is made from."""
    return _digest({**made_from, "form": _FORM})


def write_manifest(folder: Path, key: str, made_from: MadeFrom, seconds: float) -> None:
    """Write down what lies in a folder, with the SHA-256 of each file."""
    manifest = {
        "key": key,
        "made_from": made_from,
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "seconds": round(seconds, 2),
        "leap_core": __version__,
        "versions": _versions(),
        "files": {path.name: file_digest(path) for path in sorted(folder.iterdir())},
    }
    write_record(folder / MANIFEST, manifest)


def read_manifest(folder: Path) -> dict[str, Any]:
    """The manifest of an artefact.

    Raises
    ------
    StoreError
        If it cannot be read, is not what was written, or is another artefact's.
    """
    manifest = read_record(folder / MANIFEST, _FIELDS)
    made_from, files, seconds = manifest.get("made_from"), manifest.get("files"), manifest.get("seconds")
    whole = isinstance(made_from, dict) and isinstance(files, dict) and isinstance(seconds, int | float)
    with contextlib.suppress(ValueError):
        # What was kept before objects had their form lies under the key of what it was made from alone.
        if whole and folder.name in (key_of(made_from or {}), _digest(made_from)):
            return manifest
    raise StoreError(f"{folder / MANIFEST} is damaged: it is not this artefact's.")


def damage(folder: Path) -> str:
    """What is wrong with an artefact, in words; empty where every file is what was written.

    The content is read once per process, and again when a file's size, time or number has changed.
    """
    try:
        return _damage(folder, stamp(folder))
    except OSError as error:
        return unreadable(folder, error)


def damages(folders: list[Path]) -> list[str]:
    """`damage` of many artefacts; hashing and the disk take turns in a few threads."""
    with ThreadPoolExecutor(_THREADS) as pool:
        return list(pool.map(damage, folders))


def stamp(folder: Path) -> Stamp:
    """What tells that no file of a folder was replaced, cut or written to: names, sizes, times, numbers.

    Raises
    ------
    OSError
        If the folder is not there.
    """
    with os.scandir(folder) as entries:
        found = sorted((entry.name, entry.stat()) for entry in entries)
    return tuple((name, entry.st_size, entry.st_mtime_ns, entry.st_ino) for name, entry in found)


@functools.lru_cache(maxsize=2**16)
def _damage(folder: Path, stamp: Stamp) -> str:
    try:
        files = read_manifest(folder)["files"]
    except StoreError as error:
        if isinstance(error.__cause__, OSError):
            # It may be readable the next time: that is no verdict to remember.
            raise error.__cause__ from error
        return str(error)
    there = {name for name, *_ in stamp}
    for name, said in files.items():
        if name not in there:
            return f"{folder / name} is missing."
        if file_digest(folder / name) != said:
            return f"{folder / name} is damaged: it is not what was written."
    return ""


def file_digest(path: Path) -> str:
    """SHA-256 of a file."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _digest(content: Any) -> str:
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()


def _versions() -> dict[str, str]:
    found = {}
    for package in _PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = "not installed"
    return found
