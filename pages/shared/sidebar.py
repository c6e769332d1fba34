"""The sidebar of every page: which models, which sample."""

from __future__ import annotations

import streamlit as st

from pages.shared.access import sign_in_configured, visitor
from pages.shared.jobs import jobs_in_brief
from pages.shared.model_choice import keep_apart
from pages.shared.return_visits import keep_toggle
from pages.shared.session import KINDS, session
from pages.shared.text import plain

PICTURE_FORMATS = ("SVG", "PNG")
NOTICE = "Research use only; not for clinical decisions."


def picture_format() -> str:
    """How the camera above a figure saves it: ``svg`` or ``png``."""
    return str(st.session_state.get("picture_format") or PICTURE_FORMATS[0]).lower()


def _choose(kind: str) -> None:
    """Callback of the choice of a model."""
    session().models[kind] = st.session_state[f"model_{kind}"]
    keep_apart(kind)


def _choose_sample() -> None:
    session().sample = st.session_state["sample"]


def sidebar() -> None:
    """Choose the models and the sample; the choice holds on every page."""
    with st.sidebar:
        names = keep_apart()
        for kind, title in KINDS.items():
            if names[kind]:
                # The session holds the choice: a widget forgets what was put into it when the page changes.
                st.session_state[f"model_{kind}"] = session().models[kind]
                st.selectbox(
                    f"Model for {title.lower()}",
                    names[kind],
                    key=f"model_{kind}",
                    on_change=_choose,
                    args=(kind,),
                    placeholder="none of this kind",
                )
        profiles = session().profiles
        if profiles is not None:
            st.session_state["sample"] = session().sample
            st.selectbox("Sample", profiles.samples, key="sample", on_change=_choose_sample)
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
        jobs_in_brief()
        keep_toggle()
        _who()
        here = "this computer" if not sign_in_configured() else "this server's memory"
        st.caption(f"{NOTICE} Nothing you upload leaves {here}.")


def _who() -> None:
    who = visitor()
    if who is not None and who.address:
        st.caption(f":material/person: {plain(who.address)} ({plain(who.role)})")
        if st.button("Sign out", key="sign_out", icon=":material/logout:"):
            st.logout()
