"""Fetching one file: continued where it broke off, tried again, never larger than it may be. The only network access."""

from __future__ import annotations

import http.client
import json
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path

from leap_core.errors import UserError

_ATTEMPTS = 5
_PIECE = 2**18
_LARGEST = 200 * 2**20


def download(address: str, draft: Path, report: Callable[[float], None] = lambda share: None) -> None:
    """Fetch a file to `draft`; what is there of the same version from the same address is continued.

    Parameters
    ----------
    address
        Beginning with https:// or http://.
    draft
        Where it is written.
    report
        Called with the share (0..1) that is there.

    Raises
    ------
    UserError
        If it cannot be reached, or is larger than 200 MB.
    """
    if not address.startswith(("https://", "http://")):
        raise UserError(f"{address} is no web address; it begins with https:// or http://. For a local copy use --from FILE.")
    _forget_other(address, draft)
    problem = ""
    for attempt in range(_ATTEMPTS):
        if attempt:
            time.sleep(min(0.5 * 2**attempt, 5.0))
        try:
            if _continue(address, draft, report):
                _beside(draft).unlink(missing_ok=True)
                return
            problem = "the connection ended early"
        except urllib.error.HTTPError as error:
            if error.code == 416:
                draft.unlink(missing_ok=True)
            elif error.code < 500 and error.code != 429:
                raise UserError(
                    f"{address} answered {error.code} {error.reason}. Check the address, or use a local copy with --from FILE."
                ) from error
            problem = f"the server answered {error.code}"
        except (OSError, ValueError, http.client.HTTPException) as error:
            problem = str(getattr(error, "reason", error))
    raise UserError(f"{address} could not be fetched ({problem}). Try again later, or use a local copy with --from FILE.")


def _continue(address: str, draft: Path, report: Callable[[float], None]) -> bool:
    """Fetch what is missing of the draft; return whether it is whole."""
    have = draft.stat().st_size if draft.exists() else 0
    version = _version_of(draft)
    # Without a mark of its version a file is not continued: it may have been published anew in between.
    have = have if version else 0
    request = urllib.request.Request(address, headers={"Range": f"bytes={have}-", "If-Range": version} if have else {})
    with urllib.request.urlopen(request, timeout=30) as answer:
        if have and answer.status != 206:
            # The server starts from the beginning.
            have = 0
        mark = answer.headers.get("ETag") or answer.headers.get("Last-Modified") or ""
        # A weak mark promises no equal bytes.
        _beside(draft).write_text(json.dumps({"address": address, "version": "" if mark.startswith("W/") else mark}), encoding="utf-8")
        length = answer.headers.get("Content-Length")
        total = have + int(length) if length else None
        with draft.open("ab" if have else "wb") as out:
            while piece := answer.read(_PIECE):
                out.write(piece)
                have += len(piece)
                if have > _LARGEST:
                    raise UserError(f"{address} is larger than {_LARGEST / 2**20:.0f} MB: that is not the table expected here.")
                report(have / total if total else 0.0)
    return total is None or have >= total


def _beside(draft: Path) -> Path:
    """Where the address and the version of a draft are written."""
    return draft.with_name(f"{draft.name}.json")


def _version_of(draft: Path) -> str:
    record = _beside(draft)
    return str(json.loads(record.read_text(encoding="utf-8"))["version"]) if record.is_file() else ""


def _forget_other(address: str, draft: Path) -> None:
    """Delete a draft that was begun from another address, or of which that is not known."""
    record = _beside(draft)
    if not record.is_file() or json.loads(record.read_text(encoding="utf-8"))["address"] != address:
        draft.unlink(missing_ok=True)
        record.unlink(missing_ok=True)
