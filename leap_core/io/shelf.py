"""A folder of files that a user named: each with what was recorded of it, found and deleted by its name."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from leap_core.errors import StoreError
from leap_core.run.records import read_record, unreadable, write_record

_REMEDY = "Delete it and what lies beside it under the same name, and give the table again."


def write_kept(path: Path, record: dict[str, str], content: bytes, **more: Any) -> None:
    """Write down, sealed, what is known of a kept file, with the SHA-256 of its content."""
    write_record(path, {"record": record, "file": hashlib.sha256(content).hexdigest(), **more})


def read_kept(path: Path) -> tuple[dict[str, str], dict[str, Any]]:
    """What `write_kept` wrote: the record, and everything; one that was written before there were seals has none.

    Raises
    ------
    StoreError
        If it is missing, or is not what was written.
    """
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        whole = found if isinstance(found, dict) and "record" not in found else read_record(path)
    except (ValueError, RecursionError, StoreError) as error:
        raise StoreError(f"{path} is damaged. {_REMEDY}") from error
    except OSError as error:
        raise StoreError(unreadable(path, error)) from error
    record = whole.get("record", {name: text for name, text in whole.items() if isinstance(text, str)})
    if not isinstance(record, dict) or not all(isinstance(text, str) for text in record.values()):
        raise StoreError(f"{path} is damaged. {_REMEDY}")
    return record, whole


def kept_content(path: Path, whole: dict[str, Any]) -> bytes:
    """Content of a kept file, if it is what was written.

    Raises
    ------
    StoreError
        If it is missing, or is not.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise StoreError(f"{unreadable(path, error)} {_REMEDY}") from error
    if "file" in whole and hashlib.sha256(content).hexdigest() != whole["file"]:
        raise StoreError(f"{path} is damaged: it is not what was written. {_REMEDY}")
    return content


@dataclass(frozen=True)
class Shelf:
    """Where files of one kind lie; their names are never used as paths.

    Attributes
    ----------
    folder
        Made when the first file is put there.
    ending
        Of every file.
    """

    folder: Path
    ending: str

    def path(self, name: str) -> Path:
        """Where the file of that name lies, or would."""
        return self.folder / f"{hashlib.sha256(name.encode()).hexdigest()[:16]}.{self.ending}"

    def record(self, name: str, record: dict[str, str]) -> dict[str, str]:
        """Write down what a file that was written is; return it with its name."""
        named = {**record, "name": name}
        write_kept(self.path(name).with_suffix(".json"), named, self.path(name).read_bytes())
        return named

    def records(self) -> list[dict[str, str]]:
        """What was recorded of each file, by name.

        Raises
        ------
        StoreError
            If a record is damaged.
        """
        found = []
        for path in self.folder.glob("*.json"):
            record, _ = read_kept(path)
            if "name" not in record:
                raise StoreError(f"{path} is damaged: it names no file. {_REMEDY}")
            found.append(record)
        return sorted(found, key=lambda record: record["name"])

    def content(self, name: str) -> bytes:
        """The file of that name.

        Raises
        ------
        StoreError
            If it, or its record, is missing or is not what was written.
        """
        _, whole = read_kept(self.path(name).with_suffix(".json"))
        return kept_content(self.path(name), whole)

    def forget(self, name: str) -> None:
        """Delete the file of that name."""
        for path in (self.path(name).with_suffix(".json"), self.path(name)):
            path.unlink(missing_ok=True)
