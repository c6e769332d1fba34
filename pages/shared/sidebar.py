"""The sidebar of every page: which models, which sample."""

from __future__ import annotations

import streamlit as st

from leap_core.run.jobs import QUEUED, RUNNING, list_jobs
from pages.shared.access import sign_in_configured, visitor
from pages.shared.models import models_of, open_model, store
from pages.shared.session import KINDS, session
from pages.shared.text import plain

PICTURE_FORMATS = ("SVG", "PNG")
NOTICE = "Research use only; not for clinical decisions."


def picture_format() -> str:
    """How the camera above a figure saves it: ``svg`` or ``png``."""
    return str(st.session_state.get("picture_format") or PICTURE_FORMATS[0]).lower()


def keep_apart(changed: str | None = None) -> dict[str, list[str]]:
    """Choose the first models of a session, and never a simulated one beside a real one.

    Parameters
    ----------
    changed
        Kind (``gene`` or ``drug``) whose model was just chosen: the other one follows. Otherwise real models stay.

    Returns
    -------
    dict
        Names of the models that can be chosen, by kind.
    """
    chosen, names = session().models, {kind: models_of(kind) for kind in KINDS}
    for kind, known in names.items():
        if kind not in chosen or (chosen[kind] is not None and chosen[kind] not in known):
            chosen[kind] = known[0] if known else None
    simulated = {kind: open_model(name).panel.simulated for kind, name in chosen.items() if name is not None}
    if len(set(simulated.values())) < 2:
        return names
    kept = changed or next(kind for kind, made_up in simulated.items() if not made_up)
    for kind, known in names.items():
        if kind != kept:
            alike = [name for name in known if open_model(name).panel.simulated == simulated[kept]]
            chosen[kind] = alike[0] if alike else None
    return names


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
