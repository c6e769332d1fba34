"""Fetching the files of a release that a program can fetch; nothing half-fetched ever lies under a file's name."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from leap_core.errors import UserError
from leap_core.io.containers import unpack_member
from leap_core.io.download import download
from leap_core.panel.releases.listing import DEPMAP_LISTING, Listing, PublishedFile, read_depmap_listing
from leap_core.panel.releases.required_files import TERMS
from leap_core.run.store import write_whole

MAX_BYTES = 8 * 2**30


def fetch_depmap_listing(folder: Path, address: str = DEPMAP_LISTING) -> Listing:
    """Fetch DepMap's list of files and keep it in `folder`.

    Raises
    ------
    UserError
        If it cannot be reached, or what it answers is no list.
    """
    folder.mkdir(parents=True, exist_ok=True)
    draft = folder / "depmap.csv.part"
    # The list is made anew at each call: an older part of it is of no use.
    draft.unlink(missing_ok=True)
    download(address, draft)
    return keep_depmap_listing(draft, folder, address)


def keep_depmap_listing(path: Path, folder: Path, source: str) -> Listing:
    """Check a list of files and keep it in `folder`; `path` may be the draft there, or a copy that a browser saved."""
    if not path.is_file():
        raise UserError(f"There is no file at {path}.")
    content = path.read_bytes()
    if path.parent == folder and path.suffix == ".part":
        path.unlink()
    listing = read_depmap_listing(content, source)
    folder.mkdir(parents=True, exist_ok=True)
    draft = folder / "depmap.csv.draft"
    draft.write_bytes(content)
    draft.replace(folder / "depmap.csv")
    write_whole(folder / "depmap.json", {"source": source, "fetched": datetime.now(UTC).isoformat(timespec="seconds")})
    return listing


def kept_depmap_listing(folder: Path) -> tuple[Listing, str] | None:
    """The list that was fetched last, and when; None where there is none."""
    if not (folder / "depmap.csv").is_file() or not (folder / "depmap.json").is_file():
        return None
    record = json.loads((folder / "depmap.json").read_text(encoding="utf-8"))
    return read_depmap_listing((folder / "depmap.csv").read_bytes(), record["source"]), str(record["fetched"])


def fetch_file(file: PublishedFile, folder: Path, report: Callable[[float], None] = lambda share: None) -> Path:
    """Fetch one file of a release into `folder`, check it, and return where it lies.

    What breaks off is continued at the next call. An archive is unpacked.

    Raises
    ------
    UserError
        If a program cannot fetch it, the source refuses, or its checksum stays wrong.
    """
    if not file.address:
        raise UserError(f"{file.name} of {file.release} can only be downloaded in a browser: {file.page}")
    folder.mkdir(parents=True, exist_ok=True)
    place = folder / file.name
    draft = folder / f".{file.name}.part"
    download(file.address, draft, report, largest=MAX_BYTES, md5=file.md5, page=file.page)
    if zipfile.is_zipfile(draft) and not file.name.endswith((".zip", ".xlsx")):
        _unpack(draft, file.name)
    draft.replace(place)
    return place


def _unpack(draft: Path, name: str) -> None:
    """Put the member called `name` in the place of its archive."""
    inside = draft.with_name(f".{name}.unpacked")
    try:
        unpack_member(draft, name, inside)
        inside.replace(draft)
    finally:
        inside.unlink(missing_ok=True)


def record_terms(folder: Path, source: str, release: str) -> None:
    """Write down that a source's terms were shown, before anything of it is fetched or read."""
    folder.mkdir(parents=True, exist_ok=True)
    shown = terms_shown(folder)
    if f"{source} {release}" not in shown:
        now = datetime.now(UTC).isoformat(timespec="seconds")
        write_whole(folder / "terms.json", {**shown, f"{source} {release}": {"page": TERMS[source].page, "shown": now}})


def terms_shown(folder: Path) -> dict[str, dict[str, str]]:
    """Which sources' terms were shown, by source and release, and when."""
    path = folder / "terms.json"
    shown: dict[str, dict[str, str]] = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    return shown
