"""What a source has published: releases, their files, checksums, and where each can be had."""

from __future__ import annotations

import csv
import io
import os
from dataclasses import dataclass
from urllib.parse import quote

from leap_core.errors import UserError
from leap_core.io.containers import is_web_page

DEPMAP_LISTING = "https://depmap.org/portal/api/no-captcha/download/files"
PAGES = {
    "depmap": "https://depmap.org/portal/data_page/?tab=allData",
    "gdsc": "https://www.cancerrxgene.org/downloads/bulk_download",
}
_DEPMAP_PAGE = "https://depmap.org/portal/data_page/?tab=allData&releasename={release}&filename={name}"
_COLUMNS = ("release", "release_date", "filename", "url", "md5_hash")
_GDSC_FILES = "https://cog.sanger.ac.uk/cancerrxgene/GDSC_release{release}/{name}"
_GDSC_RMA = (
    "https://www.cancerrxgene.org/gdsc1000/GDSC1000_WebResources/Data/preprocessed/Cell_line_RMA_proc_basalExp.txt.zip"
)
# Release, its date, and how the names of its fitted tables end.
_GDSC_RELEASES = (("8.5", "2023-10-27", "27Oct23"), ("8.4", "2022-07-24", "24Jul22"))


@dataclass(frozen=True)
class Addresses:
    """Where sources are asked; sites with a mirror name their own.

    Attributes
    ----------
    depmap
        DepMap's list of files (``LEAP_DEPMAP_LISTING``).
    gdsc
        GDSC's files, with ``{release}`` and ``{name}`` (``LEAP_GDSC_FILES``).
    gdsc_expression
        The archive with GDSC's expression table (``LEAP_GDSC_EXPRESSION``).
    """

    depmap: str = DEPMAP_LISTING
    gdsc: str = _GDSC_FILES
    gdsc_expression: str = _GDSC_RMA

    @classmethod
    def of_environment(cls) -> Addresses:
        """Those of the environment, else the sources' own."""
        given = os.environ
        return cls(
            given.get("LEAP_DEPMAP_LISTING", cls.depmap),
            given.get("LEAP_GDSC_FILES", cls.gdsc),
            given.get("LEAP_GDSC_EXPRESSION", cls.gdsc_expression),
        )


@dataclass(frozen=True)
class PublishedFile:
    """A file of a release.

    Attributes
    ----------
    release, date, name
        As the source calls them; the date is ISO 8601, or empty.
    md5
        Published checksum (hexadecimal); empty where there is none.
    address
        Where a program can fetch it; empty where only a browser can.
    page
        Where a person can: the page with the download.
    """

    release: str
    date: str
    name: str
    md5: str
    address: str
    page: str


@dataclass(frozen=True)
class Release:
    """One release: its name, date, and how many of its files a program can fetch."""

    name: str
    date: str
    files: tuple[PublishedFile, ...]

    @property
    def fetchable(self) -> int:
        """Files that a program can fetch."""
        return sum(bool(file.address) for file in self.files)

    def file(self, name: str) -> PublishedFile | None:
        """The file of that name."""
        return next((file for file in self.files if file.name == name), None)

    def those(self, names: tuple[str, ...]) -> list[PublishedFile]:
        """The files of these names that the release has, in the names' order."""
        return [file for name in names if (file := self.file(name)) is not None]


@dataclass(frozen=True)
class Listing:
    """Everything a source has published, newest release first.

    Attributes
    ----------
    files
        In the source's order.
    source
        Where the listing comes from, in words.
    """

    files: tuple[PublishedFile, ...]
    source: str

    def releases(self) -> list[Release]:
        """The releases, newest first."""
        found: dict[str, list[PublishedFile]] = {}
        for file in self.files:
            found.setdefault(file.release, []).append(file)
        releases = [Release(name, max(file.date for file in files), tuple(files)) for name, files in found.items()]
        return sorted(releases, key=lambda release: release.date, reverse=True)

    def release(self, name: str, among: list[Release] | None = None) -> Release:
        """The release of that name, or the only one (of those in `among`, if given) that holds it.

        ``26Q1`` for ``DepMap Public 26Q1``.

        Raises
        ------
        UserError
            If there is none, or more than one.
        """
        releases = among or self.releases()
        wanted = name.strip().lower()
        found = [release for release in releases if release.name.lower() == wanted]
        found = found or [release for release in releases if wanted and wanted in release.name.lower()]
        if len(found) != 1:
            names = ", ".join(release.name for release in (found or releases)[:12])
            raise UserError(
                f"{len(found) or 'No'} releases are called {name!r}; there are {names}. Give one of these names in"
                " full."
            )
        return found[0]

    def known(self, md5: str) -> PublishedFile | None:
        """The file with that checksum, whatever it is called on this computer."""
        return next((file for file in self.files if file.md5 and file.md5 == md5), None)


def read_depmap_listing(content: bytes, source: str) -> Listing:
    """Read DepMap's CSV of all files (``release, release_date, filename, url, md5_hash``).

    Raises
    ------
    UserError
        If it is a web page (the portal's browser check answers so, with status 200), or another table.
    """
    if is_web_page(content):
        raise UserError(
            f"{source} answered with a web page, not with the list of files: probably a browser check. Open"
            f" {DEPMAP_LISTING} in your browser, save what it shows, and hand that file over instead (--listing FILE)."
        )
    rows = csv.DictReader(io.StringIO(content.decode("utf-8-sig", errors="replace")))
    missing = [column for column in _COLUMNS if column not in (rows.fieldnames or ())]
    if missing:
        raise UserError(f"{source} is not DepMap's list of files: columns {', '.join(missing)} are missing.")
    files = tuple(
        PublishedFile(
            row["release"],
            (row["release_date"] or "")[:10],
            row["filename"],
            (row["md5_hash"] or "").strip().lower(),
            (row["url"] or "").strip(),
            _DEPMAP_PAGE.format(release=quote(row["release"]), name=quote(row["filename"])),
        )
        for row in rows
        if row["release"] and row["filename"]
    )
    if not files:
        raise UserError(f"{source} lists no files.")
    return Listing(files, source)


def gdsc_listing(addresses: Addresses) -> Listing:
    """The releases of GDSC that this program knows; the source publishes no list, and no checksums."""
    files = []
    for release, date, ending in _GDSC_RELEASES:
        named = f"GDSC {release}"
        for name in (f"GDSC2_fitted_dose_response_{ending}.xlsx", f"GDSC1_fitted_dose_response_{ending}.xlsx"):
            files.append(
                PublishedFile(named, date, name, "", addresses.gdsc.format(release=release, name=name), PAGES["gdsc"])
            )
        files.append(
            PublishedFile(named, date, "Cell_line_RMA_proc_basalExp.txt", "", addresses.gdsc_expression, PAGES["gdsc"])
        )
    return Listing(tuple(files), "known to this program")
