"""The content-addressed store: an artefact's key says what it was made from, and it exists whole or not at all.

Layout under the home folder::

    artefacts/<first two of key>/<key>/   manifest.json and the artefact's files
    models/<name>.json                    which model artefact a name stands for
    jobs/<id>/                            training jobs started from the pages
    incoming/                             artefacts being written; never read, removed when stale
    locks/                                who uses the store, so that nothing is cleaned away meanwhile
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import time
import uuid
from collections.abc import Callable, Collection
from contextlib import AbstractContextManager, nullcontext, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

import psutil

from leap_core.errors import StoreError, UnknownModelError
from leap_core.run.codec import named_keys, read_object, write_object
from leap_core.run.locks import alone, in_use
from leap_core.run.manifest import MadeFrom as MadeFrom
from leap_core.run.manifest import damage, damages, read_manifest, stamp, write_manifest
from leap_core.run.manifest import key_of as key_of
from leap_core.run.names import check_name
from leap_core.run.records import read_record, unreadable, write_record, writing
from leap_core.run.records import write_whole as write_whole

_STALE_SECONDS = 24 * 3600
_KEY = re.compile(r"[0-9A-Za-z]{1,64}")
AGAIN = "Train again from the same files: what is whole is found."
_POINTER = ("name", "key", "created")

T = TypeVar("T")
# Raise one when a change of the code changes its results: artefacts of older versions are then no longer found.
# Layers that are as they were need not be trained again because heads are not.
LAYERS_VERSION = 2
ALGORITHM_VERSION = 3


def default_home() -> Path:
    """``LEAP_HOME``, or ``data/models`` of the current folder."""
    return Path(os.environ.get("LEAP_HOME", "data/models"))


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
        if not self.has(key):
            raise StoreError(f"Artefact {key[:12]} is not in the store {self.home}; train the model again.")
        return self._place(key)

    def has(self, key: str) -> bool:
        """Whether the artefact is there; see `sound` for whether it still is what was written."""
        try:
            return self._place(key).is_dir()
        except OSError as error:
            raise StoreError(unreadable(self._place(key), error)) from error

    def sound(self, key: str) -> bool:
        """Whether the artefact is there, and every file of it is what was written."""
        return self.has(key) and not self.damage(key)

    def damage(self, key: str) -> str:
        """What is wrong with an artefact that is there, in words; empty where nothing is."""
        return damage(self._place(key))

    def keep(self, made_from: MadeFrom, make: Callable[[], object]) -> str:
        """Return the key of the artefact made from `made_from`; where there is none yet, make and keep it.

        One that is damaged is made anew.

        Parameters
        ----------
        made_from
            Stage, version, settings, keys of inputs, seed. Plain JSON.
        make
            Makes the object. It is written into a folder of its own that is moved into place when it is whole, so a
            killed process leaves nothing half-written behind.

        Raises
        ------
        UserError
            If the store cannot be written to, or its disk is full.
        """
        key = key_of(made_from)
        if self.sound(key):
            return key
        incoming, started = self.home / "incoming", time.monotonic()
        draft = incoming / f"{key}-{os.getpid()}-{uuid.uuid4().hex}"
        with in_use(self.home):
            with writing(self.home):
                incoming.mkdir(parents=True, exist_ok=True)
                _sweep_stale(incoming)
                draft.mkdir()
            try:
                made = make()
                with writing(self.home):
                    write_object(draft, made)
                    write_manifest(draft, key, made_from, time.monotonic() - started)
                    self._put(draft, key)
            finally:
                shutil.rmtree(draft, ignore_errors=True)
        return key

    def _put(self, draft: Path, key: str) -> None:
        place = self._place(key)
        place.parent.mkdir(parents=True, exist_ok=True)
        if place.is_dir() and self.damage(key):
            self.discard({key})
        try:
            draft.rename(place)
        except OSError:
            # Somebody else finished the same artefact first: theirs has the same content.
            if not place.is_dir():
                raise

    def read(self, key: str, wanted: type[T], *kinds: type) -> T:
        """The object that was kept under a key (see `leap_core.run.codec.read_object`).

        Raises
        ------
        StoreError
            If there is none, or it is not what was written.
        """
        folder = self.folder(key)
        if problem := damage(folder):
            raise StoreError(f"{problem} {AGAIN}")
        return read_object(folder, wanted, *kinds)

    def damages(self, keys: Collection[str]) -> dict[str, str]:
        """What is wrong with artefacts that are there, by key; several are read at a time."""
        there = sorted(key for key in keys if self.has(key))
        found = damages([self._place(key) for key in there])
        return {key: problem for key, problem in zip(there, found, strict=True) if problem}

    def stamp(self, keys: Collection[str]) -> str:
        """A digest that is another once a file of some artefacts was replaced, cut, written to or removed."""
        found: list[object] = []
        for key in sorted(keys):
            try:
                found.append(stamp(self._place(key)))
            except OSError:
                found.append(None)
        return hashlib.sha256(repr(found).encode()).hexdigest()

    def manifest(self, key: str) -> dict[str, Any]:
        """What the artefact was made from, when, in how many seconds, and with which versions.

        Raises
        ------
        StoreError
            If it is missing or damaged.
        """
        return read_manifest(self.folder(key))

    def keys(self) -> set[str]:
        """Keys of all artefacts.

        Raises
        ------
        StoreError
            If they may not be read.
        """
        try:
            return {path.name for path in (self.home / "artefacts").glob("*/*") if path.is_dir()}
        except OSError as error:
            raise StoreError(unreadable(self.home / "artefacts", error)) from error

    def keys_of(self, stage: str, **fields: Any) -> set[str]:
        """Keys of the artefacts of a stage made from some fields with these values, as far as manifests can be read."""
        found = set()
        for key in self.keys():
            made_from = self._made_from(key)
            if made_from.get("stage") == stage and all(made_from.get(name) == value for name, value in fields.items()):
                found.add(key)
        return found

    def _made_from(self, key: str) -> MadeFrom:
        try:
            made_from: MadeFrom = read_manifest(self._place(key))["made_from"]
        except StoreError:
            return {}
        return made_from

    def stage(self, key: str) -> str:
        """What kind of artefact it is, in the program's words; ``damaged`` where its manifest cannot be read."""
        return str(self._made_from(key).get("stage", "damaged"))

    def named_by(self, key: str) -> set[str]:
        """Keys that an artefact names, in its object or in what it was made from; read even where it is damaged."""
        return named_keys(self._place(key)) - {key}

    def bind(self, name: str, key: str) -> None:
        """Let the model name `name` stand for the artefact `key`.

        Raises
        ------
        UserError
            If the store cannot be written to; what the name stood for before it still does.
        """
        pointer, incoming = self._pointer(name), self.home / "incoming"
        # Not beside the names: whoever copies the store finds names alone there.
        with in_use(self.home), writing(self.home):
            for folder in (pointer.parent, incoming):
                folder.mkdir(parents=True, exist_ok=True)
            write_record(pointer, {"name": name, "key": key, "created": _now()}, incoming)

    def names(self) -> list[str]:
        """Names of the models, in alphabetical order.

        Raises
        ------
        StoreError
            If they may not be read.
        """
        folder = self.home / "models"
        try:
            return sorted(path.stem for path in folder.iterdir() if path.suffix == ".json")
        except FileNotFoundError:
            return []
        except OSError as error:
            raise StoreError(unreadable(folder, error)) from error

    def resolve(self, name: str) -> str:
        """Key of the model called `name`.

        Raises
        ------
        UnknownModelError
            If there is no model of that name.
        StoreError
            If the file that says so is damaged.
        """
        pointer, names = self._pointer(name), self.names()
        # Where capitals do not count, and for a link to nowhere, the file decides.
        if name not in names and not pointer.exists():
            known = ", ".join(names) or "none yet"
            raise UnknownModelError(f"There is no model called {name!r} in {self.home}. Models there: {known}.")
        try:
            found = read_record(pointer, _POINTER)
        except StoreError as error:
            raise StoreError(f"{name} cannot be used. {error} Train it again: what is whole is found.") from error
        key, said = found.get("key"), found.get("name")
        if not isinstance(key, str) or not _KEY.fullmatch(key) or str(said).casefold() != name.casefold():
            raise StoreError(f"{name} cannot be used. {pointer} is damaged: it is another's. Train it again.")
        return key

    def forget(self, name: str) -> None:
        """Delete a model's name; its artefacts stay until they are discarded.

        Raises
        ------
        UnknownModelError
            If there is no model of that name.
        UserError
            If it cannot be deleted.
        """
        pointer = self._pointer(name)
        if name not in self.names():
            self.resolve(name)
        with writing(self.home):
            pointer.unlink()

    def discard(self, keys: Collection[str]) -> int:
        """Delete the artefacts `keys`; return how many bytes that freed. Missing ones are no error.

        Raises
        ------
        UserError
            If one cannot be deleted: it is then as it was.
        """
        freed = 0
        for key in sorted(keys):
            if self.has(key):
                size = self.size({key})
                with writing(self.home):
                    # Out of sight first, in one step: a half-deleted artefact must not look like a whole one.
                    incoming = self.home / "incoming"
                    incoming.mkdir(parents=True, exist_ok=True)
                    grave = incoming / f"{key}-{os.getpid()}-{uuid.uuid4().hex}"
                    self._place(key).rename(grave)
                shutil.rmtree(grave, ignore_errors=True)
                freed += size
        return freed

    def drafts(self) -> list[Path]:
        """What lies where artefacts are written: of writers at work, and what killed ones left."""
        folder = self.home / "incoming"
        return sorted(folder.iterdir()) if folder.is_dir() else []

    def size(self, keys: Collection[str]) -> int:
        """Bytes on disk of those of the artefacts `keys` that are there."""
        return sum(bytes_in(self._place(key)) for key in keys if self.has(key))

    def in_use(self) -> AbstractContextManager[None]:
        """Hold while something rests on artefacts that no model names yet: nothing is cleaned away meanwhile."""
        return in_use(self.home)

    def alone(self) -> AbstractContextManager[bool]:
        """Hold while artefacts are deleted; says whether nobody has the store in use (`in_use`)."""
        return alone(self.home)

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

    def sound(self, key: str) -> bool:
        """See `Store.sound`: what is in memory is as it was made."""
        return key in self._kept

    def in_use(self) -> AbstractContextManager[None]:
        """See `Store.in_use`: it is nobody else's."""
        return nullcontext()

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


def bytes_in(folder: Path) -> int:
    """Bytes of a file, or of the files in a folder; what vanishes meanwhile has none."""
    total = 0
    for path in [folder, *folder.rglob("*")] if folder.is_dir() else [folder]:
        with suppress(OSError):
            total += path.stat().st_size if path.is_file() else 0
    return total


def _sweep_stale(incoming: Path) -> None:
    """Remove drafts whose process is gone; a day's grace covers processes of another machine on a shared disk."""
    for draft in incoming.iterdir():
        try:
            stale = time.time() - draft.stat().st_mtime > _STALE_SECONDS
        except FileNotFoundError:
            continue
        writer = draft.name.partition("-")[2].partition("-")[0]
        if stale and not (writer.isdigit() and psutil.pid_exists(int(writer))):
            shutil.rmtree(draft, ignore_errors=True)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
