"""The content-addressed store: an artefact's key says what it was made from, and it exists whole or not at all.

Layout under the home folder::

    artefacts/<first two of key>/<key>/   manifest.json and the artefact's files
    models/<name>.json                    which model artefact a name stands for
    jobs/<id>/                            training jobs started from the pages
    incoming/                             artefacts being written; never read, removed when stale
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, TypeVar

import psutil

from leap_core.errors import StoreError, UnknownModelError, UserError
from leap_core.run.codec import read_object, write_object
from leap_core.run.version import __version__

_STALE_SECONDS = 24 * 3600
_NAME = re.compile(r"^[A-Za-z0-9][A-Za-z0-9 ._-]{0,79}$")
_PACKAGES = ("numpy", "scipy", "pandas", "torch", "numba", "scikit-learn")

MadeFrom = dict[str, Any]
T = TypeVar("T")
# Raise one when a change of the code changes its results: artefacts of older versions are then no longer found.
# Layers that are as they were need not be trained again because heads are not.
LAYERS_VERSION = 2
ALGORITHM_VERSION = 3
# Raise it when objects lie on disk in another way (see `leap_core.run.codec`).
_FORM = 1


def key_of(made_from: MadeFrom) -> str:
    """SHA-256 of the canonical JSON of what an artefact is made from."""
    text = json.dumps({**made_from, "form": _FORM}, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()


def default_home() -> Path:
    """``LEAP_HOME``, or ``data/models`` of the current folder."""
    return Path(os.environ.get("LEAP_HOME", "data/models"))


def check_name(name: str) -> str:
    """Return `name` if a model can be called so.

    Raises
    ------
    UserError
        If it is empty, too long, or holds anything but letters, digits, blanks, dots, dashes, underscores.
    """
    if not _NAME.match(name) or name.endswith((" ", ".")):
        raise UserError(
            f"{name!r} cannot be a model's name: use letters, digits, blanks, dots, dashes and underscores, "
            "starting with a letter or digit, at most 80 characters."
        )
    return name


@dataclass(frozen=True)
class Store:
    """A folder of artefacts.

    Attributes
    ----------
    home
        Root folder; made when the first artefact is written.
    """

    home: Path

    def folder(self, key: str) -> Path:
        """Folder of the finished artefact `key`.

        Raises
        ------
        StoreError
            If there is none.
        """
        folder = self._place(key)
        if not folder.is_dir():
            raise StoreError(f"Artefact {key[:12]} is not in the store {self.home}; train the model again.")
        return folder

    def has(self, key: str) -> bool:
        """Whether the artefact is there, whole."""
        return self._place(key).is_dir()

    def keep(self, made_from: MadeFrom, make: Callable[[], object]) -> str:
        """Return the key of the artefact made from `made_from`; where there is none yet, make and keep it.

        Parameters
        ----------
        made_from
            Stage, version, settings, keys of inputs, seed. Plain JSON.
        make
            Makes the object. It is written into a folder of its own that is moved into place when it is whole, so a
            killed process leaves nothing half-written behind.
        """
        key = key_of(made_from)
        if self.has(key):
            return key
        incoming = self.home / "incoming"
        _make_folder(incoming)
        _sweep_stale(incoming)
        draft = incoming / f"{key}-{os.getpid()}-{uuid.uuid4().hex}"
        draft.mkdir()
        started = time.monotonic()
        try:
            write_object(draft, make())
            _write_manifest(draft, key, made_from, time.monotonic() - started)
            place = self._place(key)
            place.parent.mkdir(parents=True, exist_ok=True)
            try:
                draft.rename(place)
            except OSError:
                # Somebody else finished the same artefact first: theirs has the same content.
                if not place.is_dir():
                    raise
        finally:
            shutil.rmtree(draft, ignore_errors=True)
        return key

    def read(self, key: str, wanted: type[T], *kinds: type) -> T:
        """The object that was kept under a key (see `leap_core.run.codec.read_object`).

        Raises
        ------
        StoreError
            If there is none, or it cannot be read.
        """
        return read_object(self.folder(key), wanted, *kinds)

    def manifest(self, key: str) -> dict[str, Any]:
        """What the artefact was made from, when, in how many seconds, and with which versions."""
        return _read_json(self.folder(key) / "manifest.json")

    def keys_of(self, stage: str, **fields: Any) -> set[str]:
        """Keys of the artefacts of a stage made from some fields with these values."""
        found = set()
        for path in (self.home / "artefacts").glob("*/*/manifest.json"):
            made_from = _read_json(path).get("made_from", {})
            if made_from.get("stage") == stage and all(made_from.get(name) == value for name, value in fields.items()):
                found.add(path.parent.name)
        return found

    def bind(self, name: str, key: str) -> None:
        """Let the model name `name` stand for the artefact `key`."""
        pointer = self._pointer(name)
        pointer.parent.mkdir(parents=True, exist_ok=True)
        write_whole(pointer, {"name": name, "key": key, "created": _now()})

    def names(self) -> list[str]:
        """Names of the models, in alphabetical order."""
        return sorted(path.stem for path in (self.home / "models").glob("*.json"))

    def resolve(self, name: str) -> str:
        """Key of the model called `name`.

        Raises
        ------
        UnknownModelError
            If there is no model of that name.
        """
        pointer = self._pointer(name)
        if not pointer.is_file():
            known = ", ".join(self.names()) or "none yet"
            raise UnknownModelError(f"There is no model called {name!r} in {self.home}. Models there: {known}.")
        return str(_read_json(pointer)["key"])

    def forget(self, name: str) -> None:
        """Delete a model's name; its artefacts stay until they are discarded."""
        self.resolve(name)
        self._pointer(name).unlink()

    def discard(self, keys: set[str]) -> int:
        """Delete the artefacts `keys`; return how many bytes that freed. Missing ones are no error."""
        freed = 0
        for key in keys:
            if self.has(key):
                freed += self.size({key})
                # Out of sight first, in one step: a half-deleted artefact must not look like a whole one.
                _make_folder(self.home / "incoming")
                grave = self.home / "incoming" / f"{key}-{os.getpid()}-{uuid.uuid4().hex}"
                self._place(key).rename(grave)
                shutil.rmtree(grave, ignore_errors=True)
        return freed

    def size(self, keys: set[str]) -> int:
        """Bytes on disk of those of the artefacts `keys` that are there."""
        return sum(path.stat().st_size for key in keys if self.has(key) for path in self.folder(key).iterdir())

    def _place(self, key: str) -> Path:
        return self.home / "artefacts" / key[:2] / key

    def _pointer(self, name: str) -> Path:
        return self.home / "models" / f"{check_name(name)}.json"


@dataclass(frozen=True)
class MemoryStore(Store):
    """The same in memory, for as long as the object lives: what the estimator of the Python API fits in."""

    home: Path = Path("memory")
    _kept: dict[str, object] = field(default_factory=dict, repr=False)

    def has(self, key: str) -> bool:
        """See `Store.has`."""
        return key in self._kept

    def keep(self, made_from: MadeFrom, make: Callable[[], object]) -> str:
        """See `Store.keep`."""
        key = key_of(made_from)
        if key not in self._kept:
            self._kept[key] = make()
        return key

    def read(self, key: str, wanted: type[T], *kinds: type) -> T:
        """See `Store.read`."""
        if key not in self._kept:
            raise StoreError(f"Artefact {key[:12]} is not in memory.")
        found: Any = self._kept[key]
        return found


def write_whole(path: Path, content: dict[str, Any]) -> None:
    """Write JSON so that a reader finds the old file or the new one, never a part."""
    draft = path.with_suffix(f".{uuid.uuid4().hex}.draft")
    draft.write_text(json.dumps(content, indent=1), encoding="utf-8")
    draft.replace(path)


def _write_manifest(folder: Path, key: str, made_from: MadeFrom, seconds: float) -> None:
    files = {}
    for path in sorted(folder.iterdir()):
        with path.open("rb") as stream:
            files[path.name] = hashlib.file_digest(stream, "sha256").hexdigest()
    manifest = {
        "key": key,
        "made_from": made_from,
        "created": _now(),
        "seconds": round(seconds, 2),
        "leap_core": __version__,
        "versions": _versions(),
        "files": files,
    }
    (folder / "manifest.json").write_text(json.dumps(manifest, indent=1, sort_keys=True), encoding="utf-8")


def _versions() -> dict[str, str]:
    found = {}
    for package in _PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = "not installed"
    return found


def _read_json(path: Path) -> dict[str, Any]:
    try:
        content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise StoreError(f"{path} cannot be read; delete it and train again.") from error
    return content


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(
            f"The store's folder {folder} cannot be made: {error.strerror}. Choose another with --home or LEAP_HOME."
        ) from error


def _sweep_stale(incoming: Path) -> None:
    """Remove drafts whose process is gone; a day's grace covers processes of another machine on a shared disk."""
    for draft in incoming.iterdir():
        try:
            stale = time.time() - draft.stat().st_mtime > _STALE_SECONDS
        except FileNotFoundError:
            continue
        writer = draft.name.split("-")[1]
        if stale and not (writer.isdigit() and psutil.pid_exists(int(writer))):
            shutil.rmtree(draft, ignore_errors=True)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
