"""A folder of files that a user named: each with what was recorded of it, found and deleted by its name."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

from leap_core.run.store import write_whole


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
        write_whole(self.path(name).with_suffix(".json"), named)
        return named

    def records(self) -> list[dict[str, str]]:
        """What was recorded of each file, by name."""
        found = [json.loads(path.read_text(encoding="utf-8")) for path in self.folder.glob("*.json")]
        return sorted(found, key=lambda record: str(record["name"]))

    def forget(self, name: str) -> None:
        """Delete the file of that name."""
        for path in (self.path(name).with_suffix(".json"), self.path(name)):
            path.unlink(missing_ok=True)
