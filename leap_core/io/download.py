"""Fetching one file: continued where it broke off, tried again, never larger than it may be.

The only network access.
"""

from __future__ import annotations

import hashlib
import http.client
import json
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path

from leap_core import __version__
from leap_core.errors import UserError
from leap_core.io.containers import is_web_page

_ATTEMPTS = 5
_PIECE = 2**18
_LARGEST = 200 * 2**20


def download(
    address: str,
    draft: Path,
    report: Callable[[float], None] = lambda share: None,
    largest: int = _LARGEST,
    md5: str = "",
    page: str = "",
) -> None:
    """Fetch a file to `draft`; what is there of the same version from the same address is continued.

    The proxies of the environment (``HTTPS_PROXY``, ``NO_PROXY``) are used.

    Parameters
    ----------
    address
        Beginning with https:// or http://.
    draft
        Where it is written.
    report
        Called with the share (0..1) that is there.
    largest
        Bytes above which it is refused.
    md5
        Published checksum; a file that differs is fetched once more from its beginning, then refused.
    page
        Where a person can download it, for messages.

    Raises
    ------
    UserError
        If it cannot be reached, is refused, is a web page, is too large, or is not what was published.
    """
    if not address.startswith(("https://", "http://")):
        raise UserError(
            f"{address} is no web address; it begins with https:// or http://. For a local copy use --from FILE."
        )
    otherwise = (
        f"Download it in your browser: {page}" if page else "Check the address, or use a local copy with --from FILE."
    )
    for _ in range(2):
        _forget_other(address, draft)
        _fetch(address, draft, report, largest, otherwise)
        with draft.open("rb") as stream:
            web_page = is_web_page(stream.read(2000))
        if web_page:
            draft.unlink()
            raise UserError(
                f"{address} answered with a web page instead of the file, probably a browser check. {otherwise}"
            )
        if not md5 or _md5(draft) == md5.lower():
            return
        draft.unlink()
    raise UserError(
        f"{address} was fetched twice, and both times its MD5 was not {md5}, which is what was published. {otherwise}"
    )


def _fetch(address: str, draft: Path, report: Callable[[float], None], largest: int, otherwise: str) -> None:
    """Fetch until the file is whole; pauses grow from one attempt to the next."""
    problem = ""
    for attempt in range(_ATTEMPTS):
        if attempt:
            time.sleep(min(0.5 * 2**attempt, 5.0))
        try:
            if _continue(address, draft, report, largest):
                _beside(draft).unlink(missing_ok=True)
                return
            problem = "the connection ended early"
        except urllib.error.HTTPError as error:
            if error.code == 416:
                draft.unlink(missing_ok=True)
            elif error.code < 500 and error.code != 429:
                raise UserError(f"{address} answered {error.code} {error.reason}. {otherwise}") from error
            problem = f"the server answered {error.code}"
        except (OSError, ValueError, http.client.HTTPException) as error:
            problem = str(getattr(error, "reason", error))
    raise UserError(
        f"{address} could not be fetched ({problem}). Try again later: what is there is continued. {otherwise}"
    )


def _continue(address: str, draft: Path, report: Callable[[float], None], largest: int) -> bool:
    """Fetch what is missing of the draft; return whether it is whole."""
    have = draft.stat().st_size if draft.exists() else 0
    version = _version_of(draft)
    # Without a mark of its version a file is not continued: it may have been published anew in between.
    have = have if version else 0
    # A library's own name is refused by some servers.
    headers = {"User-Agent": f"LEAP-Screen-Prioritiser/{__version__}"}
    request = urllib.request.Request(
        address, headers=headers | ({"Range": f"bytes={have}-", "If-Range": version} if have else {})
    )
    # An opener of its own: the library's shared one keeps the proxies that it saw first.
    with urllib.request.build_opener().open(request, timeout=30) as answer:
        if have and answer.status != 206:
            # The server starts from the beginning.
            have = 0
        mark = answer.headers.get("ETag") or answer.headers.get("Last-Modified") or ""
        # A weak mark promises no equal bytes.
        _beside(draft).write_text(
            json.dumps({"address": address, "version": "" if mark.startswith("W/") else mark}), encoding="utf-8"
        )
        length = answer.headers.get("Content-Length")
        total = have + int(length) if length else None
        with draft.open("ab" if have else "wb") as out:
            while piece := answer.read(_PIECE):
                out.write(piece)
                have += len(piece)
                if have > largest:
                    raise UserError(
                        f"{address} is larger than {largest / 2**20:.0f} MB: that is not the table expected here."
                    )
                report(have / total if total else 0.0)
    return total is None or have >= total


def _md5(draft: Path) -> str:
    with draft.open("rb") as stream:
        return hashlib.file_digest(stream, "md5").hexdigest()


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
