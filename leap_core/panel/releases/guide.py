"""From a release to a stored panel.

Scan folders, fetch what a program can fetch, and make the panel when all is there.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path

from leap_core.errors import UserError
from leap_core.io.reference import Reference
from leap_core.panel.kept import CONTENTS, READING
from leap_core.panel.panel import Panel
from leap_core.panel.presets import ALL, Preset, apply_preset
from leap_core.panel.releases import recognition as kinds
from leap_core.panel.releases.fetching import fetch_file, kept_depmap_listing, record_terms
from leap_core.panel.releases.folder_scan import (
    FETCH,
    OTHER_RELEASE,
    USABLE,
    WRONG,
    FileState,
    FolderScan,
    SeenFiles,
    scan_folders,
)
from leap_core.panel.releases.listing import PAGES, Addresses, Listing, PublishedFile, Release, gdsc_listing
from leap_core.panel.releases.panel import read_release_panel, stamp
from leap_core.panel.releases.required_files import DEPMAP, GDSC, SCREENS, TITLES
from leap_core.panel.releases.tables import essential_genes
from leap_core.run.store import ALGORITHM_VERSION, Store


@dataclass(frozen=True)
class Guide:
    """What a user is after, and where it may lie.

    Attributes
    ----------
    store
        Listing, fetched files and panels are kept in its folder.
    source
        ``depmap`` or ``gdsc``.
    score
        One of the source's screens (`leap_core.panel.releases.required_files.SCREENS`).
    release
        Its name, or a part of it that only one release has.
    folder
        A folder to watch, beside the one that fetched files go to.
    """

    store: Store
    source: str
    score: str
    release: str
    folder: Path | None = None

    def __post_init__(self) -> None:
        if self.score not in SCREENS.get(self.source, {}):
            known = "; ".join(f"{source}: {', '.join(screens)}" for source, screens in SCREENS.items())
            raise UserError(f"There is no screen {self.score!r} of {self.source!r}. There are {known}.")
        if not self.release.strip():
            raise UserError("Name the release, for example 26Q1.")

    @cached_property
    def listing(self) -> Listing | None:
        """What the source has published; None where DepMap's list was never fetched."""
        return listing_of(self.source, self.store)

    @cached_property
    def known(self) -> Release | None:
        """The release, where a listing knows it.

        Raises
        ------
        UserError
            If there is a listing and it has no such release.
        """
        listing = self.listing
        if listing is None:
            return None
        among = releases_with(self.source, self.score, listing)
        if self.source == GDSC and not any(self.release.strip().lower() in release.name.lower() for release in among):
            # A release that came after this program: its files are known by their names.
            return None
        return listing.release(self.release, among)

    @property
    def name(self) -> str:
        """The release in full where it is known, else as the user called it."""
        known = self.known
        if known is not None:
            return known.name
        return self.release if self.source in self.release.lower() else f"{TITLES[self.source]} {self.release}"

    @property
    def downloads(self) -> Path:
        """Where fetched files go."""
        return releases_folder(self.store) / re.sub(r"[^A-Za-z0-9._ -]", "_", self.name)

    def scan(self) -> FolderScan:
        """What is there, and what is missing."""
        folders = [
            folder
            for folder in (self.downloads, self.folder)
            if folder is not None and (folder is self.folder or folder.is_dir())
        ]
        seen = SeenFiles(releases_folder(self.store) / "seen.json")
        return scan_folders(
            folders, SCREENS[self.source][self.score][1], self.known, self.listing, seen, self.downloads
        )

    def _record_terms(self) -> None:
        for source in sources_of(self.source, self.score):
            record_terms(
                releases_folder(self.store), source, self.name if source == self.source else f"for {self.name}"
            )

    def fetchable(self, found: FolderScan) -> list[PublishedFile]:
        """The release's files that are missing or wrong in the folders, and that a program can fetch."""
        missing = (file.published for file in found.files if file.state in (FETCH, WRONG, OTHER_RELEASE))
        return [file for file in missing if file is not None and file.address]

    def fetch(self, found: FolderScan, report: Callable[[str, float], None] = lambda name, share: None) -> list[Path]:
        """Fetch what a program can fetch; `report` is called with a file's name and the share of it that is there.

        Raises
        ------
        UserError
            As `leap_core.panel.releases.fetching.fetch_file`.
        """
        self._record_terms()
        return [fetch_file(file, self.downloads, partial(report, file.name)) for file in self.fetchable(found)]

    def make_panel(self, found: FolderScan, preset: Preset | None = None) -> str:
        """Read the files, keep the panel and return its key; the same files again are found by their checksums.

        Raises
        ------
        UserError, PanelError
            If a file is missing or the tables make no panel.
        """
        preset = preset or Preset(ALL)
        self._record_terms()
        made_from = {
            "stage": "panel",
            "version": ALGORITHM_VERSION,
            "contents": CONTENTS,
            "reading": READING,
            "source": self.source,
            "score": self.score,
            "files": {
                file.required.kind: file.md5
                for file in found.files
                if file.state in USABLE and file.required.kind != kinds.GENES
            },
            "release": stamp(found, self.name),
            "preset": preset.kind,
            "names": list(preset.names),
        }
        if (genes := found.path(kinds.GENES)) is not None:
            # Not needed: a table of another form stays where it is.
            with contextlib.suppress(UserError, ValueError):
                Reference(self.store.home / "reference").keep_release_genes(genes, self.name)
        listed = found.path(kinds.ESSENTIALS)

        def read() -> Panel:
            panel = read_release_panel(self.source, self.score, found, self.name)
            return apply_preset(panel, preset, essential_genes(listed) if listed is not None else ())

        return self.store.keep(made_from, read)


def sources_of(source: str, score: str) -> tuple[str, ...]:
    """Whose files, and so whose terms, a screen rests on."""
    return tuple(dict.fromkeys((source, *(file.source for file in SCREENS[source][score][1]))))


def releases_with(source: str, score: str, listing: Listing) -> list[Release]:
    """Releases that have the response of a screen, newest first."""
    wanted = [file for file in SCREENS[source][score][1] if file.needed and not file.any_release]
    return [release for release in listing.releases() if all(release.those(file.names) for file in wanted)]


def page_of(file: FileState) -> str:
    """Where a person can download a file."""
    return file.published.page if file.published is not None else PAGES[file.required.source]


def releases_folder(store: Store) -> Path:
    """Where listings and fetched files of a store lie."""
    return store.home / "releases"


def listing_of(source: str, store: Store) -> Listing | None:
    """What a source has published: DepMap's list as it was fetched last, GDSC's as this program knows it; else None."""
    if source == GDSC:
        return gdsc_listing(Addresses.of_environment())
    kept = kept_depmap_listing(releases_folder(store)) if source == DEPMAP else None
    return kept[0] if kept is not None else None
