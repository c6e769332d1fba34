"""From an official release to a panel, step by step: which release, which files, what is missing, make it."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from leap_core.errors import LeapError
from leap_core.panel.presets import MINE, PRESETS, Preset
from leap_core.panel.releases.fetching import fetch_depmap_listing, keep_depmap_listing, kept_depmap_listing
from leap_core.panel.releases.folder_scan import ABSENT, USABLE, FileState, FolderScan
from leap_core.panel.releases.guide import Guide, listing_of, page_of, releases_folder, releases_with, sources_of
from leap_core.panel.releases.listing import Addresses
from leap_core.panel.releases.required_files import DEPMAP, SCREENS, TERMS
from leap_core.run.queue import start_job
from pages.shared.access import address_of_visitor, administrators_only
from pages.shared.models import store
from pages.shared.text import Markdown, linked, ours, plain

_LOOK_EVERY_SECONDS = 3.0


def guided_panel(source: str) -> None:
    """Draw the steps for a source."""
    if said := st.session_state.pop("guide_said", None):
        st.error(plain(said), icon=":material/block:")
    guide = _choose(source)
    if guide is None:
        return
    for whose in sources_of(source, guide.score):
        terms = TERMS[whose]
        st.info(f"**Terms.** {ours(terms.text)} [What the source says]({ours(terms.page)})", icon=":material/gavel:")
    if st.checkbox(
        f"I have read the terms of {plain(guide.name)}", key=f"terms_{source}_{guide.name}", persist_state="session"
    ):
        _watch(guide)


def _choose(source: str) -> Guide | None:
    """Screen, release and folder; None until they make sense."""
    if source == DEPMAP:
        _depmap_listing()
    listing = listing_of(source, store())
    screens = SCREENS[source]
    left, middle, right = st.columns([3, 5, 5])
    score = left.selectbox(
        "Screen",
        list(screens),
        format_func=lambda key: screens[key][0],
        key=f"guide_score_{source}",
        persist_state="session",
    )
    releases = releases_with(source, score, listing) if listing is not None else []
    if releases:
        words = {
            release.name: f"{release.name} ({release.date or 'no date'}, {_way(release.fetchable)})"
            for release in releases
        }
        name = middle.selectbox(
            "Release",
            list(words),
            format_func=words.__getitem__,
            key=f"guide_release_{source}",
            persist_state="session",
        )
    else:
        name = middle.text_input(
            "Release", key=f"guide_name_{source}", placeholder="e.g. 26Q1", persist_state="session"
        )
    folder = right.text_input(
        "Folder to watch (on the computer that runs this program)",
        _downloads_folder(),
        key="guide_folder",
        persist_state="session",
        help=(
            "Where your browser puts its downloads. Files that lie there are taken from there: nothing is uploaded,"
            " nothing is changed."
        ),
    )
    if not name:
        st.caption("Look up the releases, or say which one you have.")
        return None
    try:
        return Guide(store(), source, score, name, Path(folder).expanduser() if folder else None)
    except LeapError as error:
        st.error(plain(str(error)), icon=":material/block:")
        return None


def _way(fetchable: int) -> str:
    return "can be fetched" if fetchable else "by browser"


def _downloads_folder() -> str:
    folder = Path.home() / "Downloads"
    return str(folder) if folder.is_dir() else ""


def _depmap_listing() -> None:
    """Look up what there is: the only time that this page asks DepMap anything before you have chosen."""
    kept = kept_depmap_listing(releases_folder(store()))
    with st.container(horizontal=True, vertical_alignment="center"):
        if st.button(
            "Look up the releases",
            key="guide_lookup",
            icon=":material/travel_explore:",
            type="secondary" if kept else "primary",
        ):
            with st.spinner("Asking depmap.org"):
                _try(lambda: fetch_depmap_listing(releases_folder(store()), Addresses.of_environment().depmap))
        st.caption(
            f"List of files of {plain(kept[1][:10])}"
            if kept
            else "Asks depmap.org for its list of releases, files and checksums; nothing else is sent."
        )
    with st.expander("The list cannot be fetched"):
        st.markdown(
            f"Open [this address]({linked(Addresses.of_environment().depmap)}) in your browser, save what it"
            " shows, and put it"
            " here."
        )
        file = st.file_uploader("DepMap's list of files", key="guide_list", max_upload_size=20)
        if st.button("Take this list", key="guide_take_list", disabled=file is None) and file is not None:
            draft = releases_folder(store()) / "uploaded.csv.part"
            draft.parent.mkdir(parents=True, exist_ok=True)
            draft.write_bytes(file.getvalue())
            _try(lambda: keep_depmap_listing(draft, releases_folder(store()), file.name))


@st.fragment(run_every=_LOOK_EVERY_SECONDS)
def _watch(guide: Guide) -> None:
    """Look into the folder every few seconds, until everything is there."""
    # A fragment runs without the rest of its page.
    if not administrators_only("Making panels"):
        return
    try:
        found = guide.scan()
    except LeapError as error:
        st.error(plain(str(error)), icon=":material/folder_off:")
        return
    for file in found.files:
        st.markdown(_line(file))
    for remark in found.remarks:
        st.warning(plain(remark), icon=":material/warning:")
    _fetch(guide, found)
    if found.complete:
        _make(guide, found)
    else:
        st.caption(
            f"Looking every {_LOOK_EVERY_SECONDS:.0f} seconds. Checksums tell what a file is; where there are none, its"
            " content and its name."
        )


def _line(file: FileState) -> Markdown:
    name = (
        file.path.name
        if file.path is not None
        else file.published.name
        if file.published is not None
        else file.required.names[0]
    )
    here = file.state in USABLE
    absent = ":orange[:material/pending:]" if file.required.needed else ":gray[:material/do_not_disturb_on:]"
    icon = ":green[:material/check_circle:]" if here else absent
    needed = "" if file.required.needed else " (not needed)"
    link = "" if here or file.state == ABSENT else f" · [open the download page]({linked(page_of(file))})"
    return f"{icon} **{plain(name)}**, {plain(file.required.why)}{needed}: {plain(file.words)}{link}"


def _fetch(guide: Guide, found: FolderScan) -> None:
    fetchable = guide.fetchable(found)
    if not fetchable:
        return
    words = f"Fetch {len(fetchable)} file{'s' if len(fetchable) > 1 else ''}"
    if st.button(words, key="guide_fetch", icon=":material/download:", type="primary"):
        arguments = ["download", guide.source, "--release", guide.name, "--score", guide.score, "--fetch-only"]
        if guide.folder is not None:
            # What lies there already is not fetched again.
            arguments += ["--from", str(guide.folder)]
        try:
            start_job(store().home, arguments, f"Fetching {guide.name}", address_of_visitor())
        except LeapError as error:
            st.session_state["guide_said"] = str(error)
        st.rerun(scope="app")


def _make(guide: Guide, found: FolderScan) -> None:
    """Everything is there: which perturbations, and go."""
    genes = guide.score.startswith("gene_")
    kind = "all"
    if genes:
        kind = st.radio(
            "Which genes", list(PRESETS), format_func=PRESETS.__getitem__, key="guide_preset", persist_state="session"
        )
    text = (
        st.text_area("Names, one a line", key="guide_names", persist_state="session", height=120)
        if kind == MINE
        else ""
    )
    if st.button("Make the panel", key="guide_make", type="primary", icon=":material/table_view:"):
        with st.spinner("Reading and aligning the files; a whole release takes some seconds"):
            _try(lambda: _keep_key(guide, found, kind, text or ""))


def _keep_key(guide: Guide, found: FolderScan, kind: str, text: str) -> None:
    st.session_state["panel_key"] = guide.make_panel(found, Preset.of_text(text) if kind == MINE else Preset(kind))


def _try(action) -> None:  # type: ignore[no-untyped-def]
    """Do it, and say on the page drawn next if it failed."""
    try:
        action()
    except LeapError as error:
        st.session_state.pop("panel_key", None)
        st.session_state["guide_said"] = str(error)
    st.rerun(scope="app")
