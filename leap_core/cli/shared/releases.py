"""``download depmap`` and ``download gdsc``: what there is, what can be fetched, what is missing, and the panel."""

from __future__ import annotations

import argparse
import time
from pathlib import Path

from leap_core.cli.shared.progress import progress_of
from leap_core.cli.shared.saying import complain, say
from leap_core.errors import UserError
from leap_core.panel.kept import stored_panel
from leap_core.panel.presets import ALL, MINE, PRESETS, Preset
from leap_core.panel.releases.fetching import fetch_depmap_listing, keep_depmap_listing
from leap_core.panel.releases.folder_scan import USABLE, FolderScan
from leap_core.panel.releases.guide import Guide, listing_of, page_of, releases_folder, sources_of
from leap_core.panel.releases.listing import Addresses, Listing
from leap_core.panel.releases.required_files import DEPMAP, SCREENS, TERMS
from leap_core.run.jobs import ProgressFile
from leap_core.run.store import Store

_FETCHING = "fetching files"
_LOOK_EVERY_SECONDS = 3.0


def add_release_options(parser: argparse.ArgumentParser) -> None:
    """Options of ``download`` that only releases have."""
    group = parser.add_argument_group("depmap and gdsc")
    group.add_argument(
        "--release", metavar="NAME", help="for example 26Q1 (DepMap) or 8.5 (GDSC); without it the releases are listed"
    )
    scores = {score: None for screens in SCREENS.values() for score in screens}
    group.add_argument("--score", choices=tuple(scores), help="which screen (default: gene_effect; gdsc: ln_ic50)")
    group.add_argument("--listing", type=Path, metavar="FILE", help="DepMap's list of files as your browser saved it")
    group.add_argument(
        "--preset",
        choices=tuple(PRESETS),
        default=ALL,
        help="; ".join(f"{name}: {words}" for name, words in PRESETS.items()),
    )
    group.add_argument("--names", type=Path, metavar="FILE", help="the names of --preset list, one a line")
    group.add_argument(
        "--wait", action="store_true", help="look into the folder again and again until everything is there"
    )
    group.add_argument("--fetch-only", action="store_true", help="fetch what can be fetched, and make no panel")
    parser.add_argument("--progress-file", type=Path, help=argparse.SUPPRESS)


def download_release(options: argparse.Namespace, progress_file: ProgressFile | None) -> None:
    """List a source's releases, or make a panel of one."""
    store, source = Store(options.home), options.what
    listing = _listing(options, store)
    if not options.release:
        _print_releases(source, listing)
        return
    guide = Guide(store, source, options.score or next(iter(SCREENS[source])), options.release, options.copy_of)
    for whose in sources_of(source, guide.score):
        say(f"{guide.name}. {TERMS[whose].text} {TERMS[whose].page}")
    preset = Preset.of_text(_names(options.names)) if options.preset == MINE else Preset(options.preset)
    found = guide.scan()
    if wanted := guide.fetchable(found):
        progress = progress_of(progress_file)
        progress.plan({_FETCHING: float(len(wanted))})
        shares: dict[str, float] = {}

        def report(name: str, share: float) -> None:
            progress.advance(_FETCHING, max(share - shares.get(name, 0.0), 0.0))
            shares[name] = share

        guide.fetch(found, report)
        found = guide.scan()
    _print_scan(found)
    if options.fetch_only:
        return
    while not found.complete:
        if not options.wait:
            raise UserError(_what_is_missing(guide, found))
        time.sleep(_LOOK_EVERY_SECONDS)
        found = guide.scan()
    key = guide.make_panel(found, preset)
    panel = stored_panel(key, store)
    for note in panel.report.notes:
        say(f"  {note}")
    say(
        f"{panel.release}: {len(panel.lines):,} lines, {panel.expression.shape[1]:,} genes, {panel.response.shape[1]:,}"
        f" {panel.score.noun} "
        f"({len(panel.report.common_essentials):,} common essentials and {len(panel.report.never_varying):,} that never"
        " vary left out).\n"
        f'Train with: leap train --panel {key} --name "{guide.name}"'
    )


def _listing(options: argparse.Namespace, store: Store) -> Listing | None:
    """The source's list: handed over, kept, or fetched anew."""
    folder = releases_folder(store)
    if options.what == DEPMAP and options.listing is not None:
        return keep_depmap_listing(options.listing, folder, options.listing.name)
    kept = listing_of(options.what, store)
    if options.what == DEPMAP and (not options.release or (kept is None and options.copy_of is None)):
        return fetch_depmap_listing(folder, options.address or Addresses.of_environment().depmap)
    if kept is None:
        complain("Without DepMap's list of files no checksum is compared; leap download depmap fetches it.")
    return kept


def _names(path: Path | None) -> str:
    if path is None or not path.is_file():
        raise UserError("--preset list needs --names FILE: the names to keep, one a line.")
    return path.read_text(encoding="utf-8-sig", errors="replace")


def _print_releases(source: str, listing: Listing | None) -> None:
    for release in listing.releases() if listing is not None else []:
        way = (
            f"{release.fetchable} of {len(release.files)} files can be fetched"
            if release.fetchable
            else f"{len(release.files)} files, by browser only"
        )
        say(f"{release.date or 'no date':10}  {release.name}: {way}")
    say(f"Make a panel with: leap download {source} --release NAME [--from FOLDER]")


def _print_scan(found: FolderScan) -> None:
    for file in found.files:
        place = f" ({file.path.name})" if file.path is not None else ""
        say(f"  {file.required.names[0]}: {file.words}{place}{'' if file.required.needed else ' - not needed'}")
    for remark in found.remarks:
        say(f"  {remark}")


def _what_is_missing(guide: Guide, found: FolderScan) -> str:
    missing = [file for file in found.files if file.required.needed and file.state not in USABLE]
    words = [
        f"{(file.published.name if file.published else file.required.names[0])} ({file.words}): {page_of(file)}"
        for file in missing
    ]
    where = guide.folder or "a folder of yours"
    return (
        f"{guide.name} is not complete. Download in your browser, into {where}, and call again with --from {where}:\n  "
        + "\n  ".join(words)
    )
