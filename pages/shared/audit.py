"""One line for each export of somebody who signed in: who, when, what kind of list, of which model.

No value, no sample's name.
"""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path


@dataclass(frozen=True)
class ExportRecord:
    """What is written down of an export.

    Attributes
    ----------
    user
        Address of who exported.
    what
        Kind of export, for example ``hit list (csv)``.
    model, release
        The model it rests on and its data release; empty where there is none.
    upload
        First 16 digits of the SHA-256 of the uploaded files: tells two uploads apart, says nothing of them.
    """

    user: str
    what: str
    model: str
    release: str
    upload: str


def audit_file(home: Path) -> Path:
    """Where the lines go (JSON, one object a line)."""
    return home / "audit.jsonl"


def record_export(home: Path, record: ExportRecord) -> None:
    """Append the line of one export; whole lines only, also when several are written at once."""
    line = (
        json.dumps({"time": datetime.now(UTC).isoformat(timespec="seconds"), **asdict(record)}, ensure_ascii=False)
        + "\n"
    )
    home.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(audit_file(home), os.O_APPEND | os.O_CREAT | os.O_WRONLY, 0o600)
    try:
        os.write(descriptor, line.encode())
    finally:
        os.close(descriptor)
