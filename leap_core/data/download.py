"""Fetching one file: continued where it broke off, tried again, never larger than it may be. The only network access."""

from __future__ import annotations

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
    """Fetch a file to `draft`; what is there of it already is continued.

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
    problem = ""
    for attempt in range(_ATTEMPTS):
        if attempt:
            time.sleep(min(0.5 * 2**attempt, 5.0))
        try:
            if _continue(address, draft, report):
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
        except (OSError, ValueError) as error:
            problem = str(getattr(error, "reason", error))
    raise UserError(f"{address} could not be fetched ({problem}). Try again later, or use a local copy with --from FILE.")


def _continue(address: str, draft: Path, report: Callable[[float], None]) -> bool:
    """Fetch what is missing of the draft; return whether it is whole."""
    have = draft.stat().st_size if draft.exists() else 0
    request = urllib.request.Request(address, headers={"Range": f"bytes={have}-"} if have else {})
    with urllib.request.urlopen(request, timeout=30) as answer:
        if have and answer.status != 206:
            # The server starts from the beginning.
            have = 0
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
