"""Looking into folders for the files of a release: which are there, whole and right, and what is missing."""

from __future__ import annotations

import hashlib
import json
import time
from dataclasses import dataclass
from pathlib import Path

from leap_core.errors import UserError
from leap_core.panel.releases import recognition as kinds
from leap_core.panel.releases.listing import Listing, PublishedFile, Release
from leap_core.panel.releases.recognition import VERSION, recognise
from leap_core.panel.releases.required_files import RequiredFile
from leap_core.run.store import write_whole

VERIFIED, UNVERIFIED, WRONG, OTHER_RELEASE = (
    "here, checksum right",
    "here, no checksum to compare",
    "wrong checksum",
    "of another release",
)
MISNAMED = "looks like it, but is called otherwise"
FETCH, BROWSER, ABSENT = (
    "missing, can be fetched",
    "missing, download it in the browser",
    "missing, not part of this release",
)
USABLE = (VERIFIED, UNVERIFIED)
_SETTLED_SECONDS = 2.0


@dataclass(frozen=True)
class FileState:
    """One required file, as the folders have it.

    Attributes
    ----------
    required
        What is looked for.
    state
        One of this module's constants.
    path
        Where it lies, for those that are there.
    md5
        Its checksum, where it was computed.
    published
        The release's file, where there is one.
    belongs
        The release that a file of another one is known to be of.
    """

    required: RequiredFile
    state: str
    path: Path | None
    md5: str
    published: PublishedFile | None
    belongs: str = ""

    @property
    def words(self) -> str:
        """Its state, as it is shown."""
        return f"{self.state} ({self.belongs})" if self.belongs else self.state


@dataclass(frozen=True)
class FolderScan:
    """What was found.

    Attributes
    ----------
    files
        In the order required.
    remarks
        What else the user should know of the folders, in words.
    """

    files: tuple[FileState, ...]
    remarks: tuple[str, ...]

    @property
    def complete(self) -> bool:
        """Whether every needed file is there and usable."""
        return all(file.state in USABLE for file in self.files if file.required.needed)

    def path(self, kind: str) -> Path | None:
        """The usable file of a kind."""
        return next((file.path for file in self.files if file.required.kind == kind and file.state in USABLE), None)


class SeenFiles:
    """Kind and checksum of files looked at before, so that half a gigabyte is not read at every look.

    Parameters
    ----------
    record
        JSON file; a file is known by its path, size and time of change.
    """

    def __init__(self, record: Path) -> None:
        self._record = record
        try:
            self._seen: dict[str, list[str]] = json.loads(record.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            self._seen = {}

    def kind(self, path: Path) -> str:
        """Kind of a file."""
        return self._entry(path)[1]

    def md5(self, path: Path) -> str:
        """MD5 of a file."""
        entry = self._entry(path)
        if not entry[2]:
            with path.open("rb") as stream:
                entry[2] = hashlib.file_digest(stream, "md5").hexdigest()
            self._keep()
        return entry[2]

    def _entry(self, path: Path) -> list[str]:
        stat = path.stat()
        mark = f"{stat.st_size} {stat.st_mtime_ns} {VERSION}"
        entry = self._seen.get(str(path))
        if entry is None or entry[0] != mark:
            entry = self._seen[str(path)] = [mark, recognise(path), ""]
            self._keep()
        return entry

    def _keep(self) -> None:
        self._record.parent.mkdir(parents=True, exist_ok=True)
        write_whole(self._record, dict(self._seen))


def scan_folders(
    folders: list[Path],
    required: tuple[RequiredFile, ...],
    release: Release | None,
    listing: Listing | None,
    seen: SeenFiles,
    own: Path | None = None,
) -> FolderScan:
    """Look for the required files in some folders (not in folders within them).

    Parameters
    ----------
    folders
        Those that exist; an earlier one goes first.
    required
        See `leap_core.panel.releases.required_files.SCREENS`.
    release
        The one that was chosen; None where nothing is known of it.
    listing
        To tell of which release a file is.
    seen
        What earlier looks found.
    own
        The folder that this program fetches to: a file lies there whole or not at all. Elsewhere one that has just
        changed may still be written.

    Raises
    ------
    UserError
        If a folder is none, or cannot be read.
    """
    candidates, remarks = _by_kind(folders, seen, own)
    states = [
        _state(one, candidates.get(one.kind, []), None if one.any_release else release, listing, seen)
        for one in required
    ]
    names = {name for one in required for name in one.names}
    remarks += [
        f"{file.path.name} looks like {file.required.names[0]}, but so do other tables, and no checksum tells: give it"
        " that name if that is what it is."
        for file in states
        if file.state == MISNAMED and file.path is not None
    ]
    return FolderScan(tuple(states), tuple(remarks) + _remarks(candidates, names))


def _by_kind(folders: list[Path], seen: SeenFiles, own: Path | None) -> tuple[dict[str, list[Path]], list[str]]:
    """Files by what they are, and a sentence on each that is still being written."""
    candidates: dict[str, list[Path]] = {}
    remarks = []
    for path in (path for folder in folders for path in _files_of(folder)):
        try:
            if path.parent != own and time.time() - path.stat().st_mtime < _SETTLED_SECONDS:
                remarks.append(f"{path.name} is still being written.")
                continue
            kind = seen.kind(path)
        except OSError:
            # Moved away between the two looks, or not ours to read.
            continue
        candidates.setdefault(kind, []).append(path)
    return candidates, remarks


def _files_of(folder: Path) -> list[Path]:
    try:
        return sorted(path for path in folder.iterdir() if not path.name.startswith(".") and _size(path) > 0)
    except OSError as error:
        raise UserError(
            f"{folder} cannot be looked into: {error.strerror}. Name a folder on the computer that runs this program."
        ) from error


def _size(path: Path) -> int:
    """Size of a file; 0 of what is none, or was renamed between two looks."""
    try:
        return path.stat().st_size if path.is_file() else 0
    except OSError:
        return 0


def _state(
    required: RequiredFile, paths: list[Path], release: Release | None, listing: Listing | None, seen: SeenFiles
) -> FileState:
    """The best of the files of a kind.

    Its checksum decides, and where none is published its name, because many tables look alike.
    """
    published = next(iter(release.those(required.names)), None) if release is not None else None
    found = [state for path in paths if (state := _judged(required, path, release, listing, seen)) is not None]
    order = {VERIFIED: 0, UNVERIFIED: 1, OTHER_RELEASE: 2, WRONG: 3, MISNAMED: 4}
    names = {name: position for position, name in enumerate(required.names)}
    if found:
        return min(
            found,
            key=lambda state: (
                order[state.state],
                names.get(required.official(state.path.name if state.path else "") or "", 99),
            ),
        )
    if published is None:
        return FileState(required, ABSENT if release is not None else BROWSER, None, "", None)
    return FileState(required, FETCH if published.address else BROWSER, None, "", published)


def _judged(
    required: RequiredFile, path: Path, release: Release | None, listing: Listing | None, seen: SeenFiles
) -> FileState | None:
    """What one file of the required kind is; None where it is known to be another file, or is gone."""
    try:
        md5 = seen.md5(path)
    except OSError:
        return None
    its_files = release.those(required.names) if release is not None else []
    for own in its_files:
        if own.md5 == md5:
            return FileState(required, VERIFIED, path, md5, own)
    published = next(iter(its_files), None)
    known = listing.known(md5) if listing is not None else None
    if known is not None:
        # A published file, only not this one, or of another release.
        if known.name not in required.names:
            return None
        if release is None:
            return FileState(required, VERIFIED, path, md5, known)
        return FileState(required, OTHER_RELEASE, path, md5, published, known.release)
    if not required.called_so(path.name):
        return FileState(required, MISNAMED, path, md5, published)
    name = required.official(path.name)
    same = next((file for file in its_files if file.name == name), None)
    if same is None and its_files:
        return FileState(required, OTHER_RELEASE, path, md5, published)
    return FileState(required, WRONG if same is not None and same.md5 else UNVERIFIED, path, md5, same)


def _remarks(candidates: dict[str, list[Path]], names: set[str]) -> tuple[str, ...]:
    remarks = [
        f"{path.name} is a web page saved under a table's name: the download met a browser check. Delete it and"
        " download the file in the browser."
        for path in candidates.get(kinds.WEB_PAGE, [])
        if path.name in names
    ]
    remarks += [f"{path.name} has not been downloaded to its end." for path in candidates.get(kinds.UNFINISHED, [])]
    remarks += [
        f"{path.name} has a row for each screen, and repeats lines that were screened twice: it is not taken."
        " CRISPRGeneEffect.csv has one row a line."
        for path in candidates.get(kinds.SCREENS, [])
    ]
    return tuple(remarks)
