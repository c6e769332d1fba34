"""One line for each export of somebody who signed in: who, when, what kind of list, of which model.

No value, no sample's name.
"""

from __future__ import annotations

import errno
import json
import os
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from leap_core.errors import UserError


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
    """Append the line of one export; whole lines only, also when several are written at once.

    Raises
    ------
    UserError
        If it cannot be written: then nothing may be exported.
    """
    line = (
        json.dumps({"time": datetime.now(UTC).isoformat(timespec="seconds"), **asdict(record)}, ensure_ascii=False)
        + "\n"
    ).encode()
    try:
        home.mkdir(parents=True, exist_ok=True)
        begin = b"" if _ends_whole(audit_file(home)) else b"\n"
        descriptor = os.open(audit_file(home), os.O_APPEND | os.O_CREAT | os.O_WRONLY, 0o600)
        try:
            if os.write(descriptor, begin + line) < len(begin + line):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        finally:
            os.close(descriptor)
    except OSError as error:
        raise UserError(
            f"This export could not be written down ({error.strerror}), and without that no file is given: whoever"
            " runs this dashboard has to make room on its disk, or let it write to its folder."
        ) from error


def _ends_whole(file: Path) -> bool:
    """Whether the last line is whole: a full disk cuts one short."""
    if not file.is_file() or not file.stat().st_size:
        return True
    with file.open("rb") as lines:
        lines.seek(-1, os.SEEK_END)
        return lines.read() == b"\n"
