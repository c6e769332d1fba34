"""Fetching one file, the only network access: continued where it broke off, tried again, never larger than allowed."""

from __future__ import annotations

import hashlib
import http.client
import json
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path

from leap_core.errors import UserError
from leap_core.io.containers import is_web_page
from leap_core.run.version import __version__

_ATTEMPTS, _PIECE, _LARGEST = 5, 2**18, 200 * 2**20


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
    address, draft, report
        From where (https:// or http://), to where, and what is called with the share (0..1) that is there.
    largest, md5
        Bytes above which it is refused; its published checksum. One that differs is fetched once more, then refused.
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
        f"Download it in your browser: {page}"
        if page
        else "Check the address and the network, or give a local copy (on the command line: --from FILE)."
    )
    for _ in range(2):
        _fetch(address, draft, report, largest, otherwise)
        with draft.open("rb") as stream:
            web_page = is_web_page(stream.read(2000))
            stream.seek(0)
            found = hashlib.file_digest(stream, "md5").hexdigest()
        if not web_page and (not md5 or found == md5.lower()):
            return
        draft.unlink()
        if web_page:
            raise UserError(
                f"{address} answered with a web page instead of the file, probably a browser check. {otherwise}"
            )
    raise UserError(
        f"{address} was fetched twice, and both times its MD5 was not {md5}, which is what was published. {otherwise}"
    )


def _fetch(address: str, draft: Path, report: Callable[[float], None], largest: int, otherwise: str) -> None:
    """Fetch until the file is whole; pauses grow from one attempt to the next."""
    problem = ""
    for attempt in range(_ATTEMPTS):
        time.sleep(min(0.5 * (2**attempt - 1), 5.0))
        try:
            return _continue(address, draft, report, largest)
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


def _continue(address: str, draft: Path, report: Callable[[float], None], largest: int) -> None:
    """Fetch what is missing of the draft; an error where the connection ends before it is whole."""
    # Address and version of the draft: another file, or one without a mark of its version, is not continued.
    record = draft.with_name(f"{draft.name}.json")
    begun = json.loads(record.read_text(encoding="utf-8")) if record.is_file() else {"address": "", "version": ""}
    have = draft.stat().st_size if draft.exists() and begun["version"] and begun["address"] == address else 0
    # A library's own name is refused by some servers.
    headers = {"User-Agent": f"LEAP-Screen-Prioritiser/{__version__}"}
    if have:
        headers |= {"Range": f"bytes={have}-", "If-Range": begun["version"]}
    # An opener of its own: the library's shared one keeps the proxies that it saw first.
    with urllib.request.build_opener().open(urllib.request.Request(address, headers=headers), timeout=30) as answer:
        if answer.status != 206:
            # The server starts from the beginning.
            have = 0
        mark = answer.headers.get("ETag") or answer.headers.get("Last-Modified") or ""
        # A weak mark promises no equal bytes.
        version = "" if mark.startswith("W/") else mark
        record.write_text(json.dumps({"address": address, "version": version}), encoding="utf-8")
        total = have + int(answer.headers.get("Content-Length") or 0)
        with draft.open("ab" if have else "wb") as out:
            while piece := answer.read(_PIECE):
                have += out.write(piece)
                if have > largest:
                    raise UserError(
                        f"{address} is larger than {largest / 2**20:.0f} MB: that is not the table expected here."
                    )
                report(have / total if total else 0.0)
    if have < total:
        raise OSError("the connection ended early")
    record.unlink()
