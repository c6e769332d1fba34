"""Locks of a store: the system frees them when their process ends, however that ends.

Whoever rests on artefacts that no model names yet (a training, an evaluation, a writer) holds a file of its own in
``locks/``. Whoever deletes holds the gate, at which holders begin, and looks whether any is held.
"""

from __future__ import annotations

import contextlib
import os
import uuid
from collections.abc import Iterator
from pathlib import Path

from filelock import FileLock, Timeout

from leap_core.errors import UserError
from leap_core.run.records import writing

_GATE_SECONDS = 120.0
# The gate is held for the time that it takes to make a file.
_GATE_LOOK_SECONDS = 0.002


@contextlib.contextmanager
def in_use(home: Path) -> Iterator[None]:
    """Hold the store, with as many others as there are, so that nothing is cleaned away meanwhile.

    Raises
    ------
    UserError
        If the store cannot be written to, or is being cleaned for minutes.
    """
    own = FileLock(_folder(home) / f"{os.getpid()}-{uuid.uuid4().hex}.use")
    with writing(home), _gate(home):
        own.acquire()
    try:
        yield
    finally:
        with contextlib.suppress(OSError):
            Path(own.lock_file).unlink(missing_ok=True)
        own.release()


@contextlib.contextmanager
def alone(home: Path) -> Iterator[bool]:
    """Hold the gate; says whether nobody holds the store. What killed holders left is removed.

    Raises
    ------
    UserError
        If the store cannot be written to, or somebody else deletes for minutes.
    """
    with contextlib.ExitStack() as stack:
        with writing(home):
            stack.enter_context(_gate(home))
            free = all(_left_behind(path) for path in sorted(_folder(home).glob("*.use")))
        yield free


@contextlib.contextmanager
def held(lock: FileLock, seconds: float, busy: str) -> Iterator[None]:
    """Hold a lock, waiting at most some seconds.

    Raises
    ------
    UserError
        If somebody else held it all the time, saying `busy`.
    """
    try:
        lock.acquire(timeout=seconds)
    except Timeout as error:
        raise UserError(f"{busy} for {seconds:.0f} s. Try again in a minute.") from error
    try:
        yield
    finally:
        lock.release()


def _gate(home: Path) -> contextlib.AbstractContextManager[None]:
    folder = _folder(home)
    folder.mkdir(parents=True, exist_ok=True)
    return held(
        FileLock(folder / ".gate.lock", poll_interval=_GATE_LOOK_SECONDS),
        _GATE_SECONDS,
        f"The store {home} has been cleaned",
    )


def _left_behind(path: Path) -> bool:
    """Whether nobody holds a file any more; then it is removed."""
    lock = FileLock(path)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        return False
    path.unlink(missing_ok=True)
    lock.release()
    return True


def _folder(home: Path) -> Path:
    return home / "locks"
