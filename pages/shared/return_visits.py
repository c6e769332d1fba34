"""A session that comes back after its page was loaded again: in this program's memory, per browser, never on disk.

Streamlit begins anew whenever a page is loaded. What a session held stays on a shelf for some hours, under a cookie
that only this browser has; the next page of that browser takes it from there, unless another tab still uses it. A link
to a sample that another tab holds is opened beside it, with the same shortlists and pilots.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from threading import RLock
from typing import Any

import streamlit as st

from pages.shared.access import visitor
from pages.shared.browser_cookie import browser_of
from pages.shared.compat import is_connected, session_id
from pages.shared.session import Session, session
from pages.shared.text import plain

HOURS = 8
# Sessions of all browsers that nobody looks at now.
_MOST = 30
# What the user set on the pages: the filters and order of the ranked list, and how far down it goes.
_WIDGETS = (
    "ranked_order",
    "ranked_search",
    "ranked_probability",
    "ranked_hide",
    "ranked_expressed",
    "ranked_all",
    "ranked_highlight",
    "ranked_cut_",
    "weight_",
    "budget_wanted_",
)
_KEEP, _PENDING = "keep_session", "to_put_back"


@dataclass
class _Kept:
    """A session as it was last drawn."""

    state: Session
    address: str
    connection: str
    widgets: dict[str, Any] = field(default_factory=dict)
    seen: float = 0.0


@dataclass
class _Shelf:
    """What is kept, by browser."""

    kept: dict[str, list[_Kept]] = field(default_factory=dict)
    lock: RLock = field(default_factory=RLock)


@st.cache_resource(show_spinner=False)
def _shelf() -> _Shelf:
    return _Shelf()


def come_back(page: str) -> None:
    """Take up what this browser held before its page was loaded again, and keep what is held now. At every run.

    Parameters
    ----------
    page
        Part of the address that names the page.
    """
    browser, here = browser_of(), session_id()
    if browser is None or here is None:
        return
    with _shelf().lock:
        _clear_up()
        kept = _shelf().kept.setdefault(browser, [])
        own = next((one for one in kept if one.connection == here), None)
        if own is None and "leap" not in st.session_state:
            own = _left_behind(kept)
            if own is not None:
                _take_up(own)
            else:
                _look_over(kept, st.query_params.get("sample"))
        if not st.session_state.get(_KEEP, True):
            kept[:] = [one for one in kept if one is not own]
            return
        if own is None:
            own = _Kept(session(), _address(), here)
            kept.append(own)
        own.connection, own.seen = here, time.monotonic()
        _put_back(page)
        own.widgets |= {str(key): value for key, value in st.session_state.items() if str(key).startswith(_WIDGETS)}


def _take_up(own: _Kept) -> None:
    st.session_state["leap"], st.session_state[_PENDING] = own.state, own.widgets
    st.toast(
        f"Your session is back: {plain(own.state.sample or '')}, {own.state.picked:d} picked.",
        icon=":material/history:",
    )


def _look_over(kept: list[_Kept], sample: str | None) -> None:
    """A link to a sample that was opened in another tab: it has the same files, shortlists and pilots there."""
    held = [one.state for one in kept if one.address == _address() and one.state.profiles is not None]
    for other in reversed(held):
        if other.profiles is not None and sample in other.profiles.samples:
            state = st.session_state["leap"] = Session(other.kind, dict(other.models), sample)
            state.profiles, state.upload = other.profiles, other.upload
            state.upload_id, state.content_id = other.upload_id, other.content_id
            state.picks, state.pilots = other.picks, other.pilots
            return


def _put_back(page: str) -> None:
    """Set what was set on the ranked list, until that is drawn: a widget forgets what was put in on another page."""
    for key, value in st.session_state.get(_PENDING, {}).items():
        if key not in st.session_state:
            st.session_state[key] = value
    if page == "ranked":
        st.session_state.pop(_PENDING, None)


def _left_behind(kept: list[_Kept]) -> _Kept | None:
    """The newest session of this browser and visitor that no tab looks at and that holds a sample."""
    address = _address()
    free = [one for one in kept if one.address == address and one.state.upload is not None]
    free = [one for one in free if not is_connected(one.connection)]
    return max(free, key=lambda one: one.seen, default=None)


def _clear_up() -> None:
    """Forget what nobody has looked at for hours, and what can be computed again of what nobody looks at now."""
    shelf, oldest = _shelf().kept, time.monotonic() - HOURS * 3600
    idle = []
    for browser, kept in list(shelf.items()):
        shelf[browser] = [one for one in kept if one.seen >= oldest or is_connected(one.connection)]
        if not shelf[browser]:
            del shelf[browser]
            continue
        idle += [(one.seen, browser, one) for one in shelf[browser] if not is_connected(one.connection)]
    for _, _, one in idle:
        one.state.scored.clear()
    for _, browser, one in sorted(idle, key=lambda entry: entry[0])[: max(0, len(idle) - _MOST)]:
        shelf[browser].remove(one)


def keep_toggle() -> None:
    """Whether the session is to come back, and what is kept of it."""
    if browser_of() is None:
        return
    st.toggle(
        "Come back after a reload",
        True,
        key=_KEEP,
        persist_state="session",
        help=(
            f"Sample, picks, notes and filters stay in this program's memory for {HOURS} hours after the page is"
            " closed, for this browser alone. Nothing of them is written to disk; off forgets them when the page is"
            " closed."
        ),
    )


def _address() -> str:
    who = visitor()
    return "" if who is None else who.address
