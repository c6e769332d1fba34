"""The sidebar of every page: which models, which sample."""

from __future__ import annotations

import streamlit as st

from leap_core.run.jobs import QUEUED, RUNNING, list_jobs
from pages.shared.access import sign_in_configured, visitor
from pages.shared.models import models_of, store
from pages.shared.session import KINDS, session
from pages.shared.text import plain

PICTURE_FORMATS = ("SVG", "PNG")
NOTICE = "Research use only; not for clinical decisions."


def picture_format() -> str:
    """How the camera above a figure saves it: ``svg`` or ``png``."""
    return str(st.session_state.get("picture_format") or PICTURE_FORMATS[0]).lower()


def sidebar() -> None:
    """Choose the models and the sample; the choice holds on every page."""
    with st.sidebar:
        for kind, title in KINDS.items():
            names = models_of(kind)
            if names:
                st.selectbox(f"Model for {title.lower()}", names, key=f"model_{kind}", persist_state="session")
        profiles = session().profiles
        if profiles is not None:
            st.selectbox("Sample", profiles.samples, key="sample", persist_state="session")
            st.segmented_control(
                "Pictures are saved as",
                PICTURE_FORMATS,
                default=PICTURE_FORMATS[0],
                key="picture_format",
                required=True,
                persist_state="session",
                help=(
                    "By the camera above each figure. SVG for editing, PNG (three times the size on the screen) for"
                    " slides"
                ),
            )
        jobs = list_jobs(store().home)
        running, waiting = ([job for job in jobs if job.state == state] for state in (RUNNING, QUEUED))
        if running:
            more = f"; {len(waiting)} waiting" if waiting else ""
            st.caption(f":material/hourglass_top: {plain(running[0].title)}: {running[0].share:.0%}{more}")
        _who()
        here = "this computer" if not sign_in_configured() else "this server, and it is dropped when your session ends"
        st.caption(f"{NOTICE} Nothing you upload leaves {here}.")


def _who() -> None:
    who = visitor()
    if who is not None and who.address:
        st.caption(f":material/person: {plain(who.address)} ({plain(who.role)})")
        if st.button("Sign out", key="sign_out", icon=":material/logout:"):
            st.logout()
