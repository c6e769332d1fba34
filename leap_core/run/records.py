"""Small JSON files of the store: whole or not at all, and sealed, so that a changed one is known."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import json
import os
import re
import uuid
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

from safetensors import SafetensorError

from leap_core.errors import StoreError, UserError

_SEAL = "sha256"
_FULL = {
    errno.ENOSPC: "the disk is full",
    errno.EDQUOT: "the quota is used up",
    errno.EFBIG: "a limit forbids files as large",
}


def seal(content: dict[str, Any]) -> dict[str, Any]:
    """Content with the SHA-256 of its canonical JSON."""
    return {**content, _SEAL: _digest(content)}


def write_whole(path: Path, content: dict[str, Any], aside: Path | None = None) -> None:
    """Write JSON so that a reader finds the old file or the new one, never a part.

    Parameters
    ----------
    aside
        Folder of the same disk in which it is written first, and then waited for until it is on the disk, so that a
        power cut leaves the old one or the new one too; None: beside its place, without waiting.

    Raises
    ------
    OSError
        If it cannot be written: then the old file is as it was, and nothing lies beside it.
    """
    draft = (aside or path.parent) / f"{path.stem}.{uuid.uuid4().hex}.draft"
    try:
        with draft.open("w", encoding="utf-8") as stream:
            json.dump(content, stream, indent=1)
            if aside is not None:
                stream.flush()
                os.fsync(stream.fileno())
        draft.replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            draft.unlink(missing_ok=True)
        raise


def write_record(path: Path, content: dict[str, Any], aside: Path | None = None) -> None:
    """Write a sealed record; see `write_whole`."""
    write_whole(path, seal(content), aside)


def read_record(path: Path, known: Collection[str] | None = None) -> dict[str, Any]:
    """Read a record; one that was written before there were seals has none.

    Parameters
    ----------
    known
        The fields that it may have; None: any.

    Raises
    ------
    StoreError
        If it is missing, or is not what was written.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise StoreError(unreadable(path, error)) from error
    except (ValueError, RecursionError) as error:
        raise StoreError(f"{path} is damaged: it is no JSON.") from error
    if not isinstance(content, dict):
        raise StoreError(f"{path} is damaged: it holds {type(content).__name__}, not a record.")
    sealed, said = _SEAL in content, content.pop(_SEAL, None)
    if not content.keys() <= set(content if known is None else known) or (sealed and said != _digest(content)):
        raise StoreError(f"{path} is damaged: it is not what was written.")
    return content


def unreadable(path: Path, error: OSError) -> str:
    """Why a file of the store cannot be read, and what to do, in one sentence or two."""
    if error.errno in (errno.EMFILE, errno.ENFILE):
        return f"Too many files are open to read {path}. Close other models, or raise the limit (ulimit -n)."
    return f"{path} cannot be read ({error.strerror or error})."


@contextlib.contextmanager
def writing(home: Path) -> Iterator[None]:
    """Say in words that a store could not be written to.

    Raises
    ------
    UserError
        Instead of any error of the file system.
    """
    try:
        yield
    except (OSError, SafetensorError) as error:
        # safetensors says the system's number in words: "... (os error 28)".
        said = re.search(r"os error (\d+)", str(error))
        number = getattr(error, "errno", None) or int(said[1] if said else 0)
        why = _FULL.get(number) or (os.strerror(number) if number else str(error))
        raise UserError(
            f"The store {home} cannot be written to: {why}. What was there is as it was. Make room, ask who owns the"
            " folder, or choose another with --home or LEAP_HOME."
        ) from error


def _digest(content: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True, separators=(",", ":")).encode()).hexdigest()
