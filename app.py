"""LEAP Screen Prioritiser: the table of pages, the sidebar, and the first start."""

from __future__ import annotations

import streamlit as st

PAGES = [
    st.Page("pages/start.py", title="Start", icon=":material/home:", default=True),
    st.Page("pages/upload.py", title="Upload and check", icon=":material/upload_file:"),
    st.Page("pages/ranked.py", title="Ranked dependencies", icon=":material/format_list_numbered:"),
    st.Page("pages/one_perturbation.py", title="One gene or drug", icon=":material/search:"),
    st.Page("pages/members.py", title="Ensemble and members", icon=":material/layers:"),
    st.Page("pages/shortlist.py", title="Shortlist and export", icon=":material/playlist_add_check:"),
    st.Page("pages/training.py", title="Data and training", icon=":material/database:"),
]


def train_demo_at_first_start() -> None:
    """Start training the demo where no model has ever been trained and nothing is running."""
    from leap_core.errors import UserError
    from leap_core.execution.jobs import list_jobs, start_job
    from pages.shared.models import store

    here = store()
    if not here.names() and not list_jobs(here.home):
        try:
            start_job(here.home, ["demo"], "Training the built-in demo")
        except UserError:
            st.toast("Another window is training the demo already.")


def sidebar() -> None:
    """Choose the models and the sample; widgets here keep their state on every page."""
    from leap_core.execution.jobs import RUNNING, list_jobs
    from pages.shared.header import NOTICE
    from pages.shared.models import models_of, store
    from pages.shared.session import KINDS, session

    with st.sidebar:
        for kind, title in KINDS.items():
            names = models_of(kind)
            if names:
                st.selectbox(f"Model for {title.lower()}", names, key=f"model_{kind}", persist_state="session")
        profiles = session().profiles
        if profiles is not None:
            st.selectbox("Sample", profiles.values.index.tolist(), key="sample", persist_state="session")
        running = [job for job in list_jobs(store().home) if job.state == RUNNING]
        if running:
            st.caption(f":material/hourglass_top: {running[0].title}: {running[0].share:.0%}")
        st.caption(f"{NOTICE} Nothing you upload leaves this computer.")


st.set_page_config(page_title="LEAP Screen Prioritiser", page_icon=":material/biotech:", layout="wide")
# The menu goes to the browser first; the core, whose import takes seconds, is loaded while it is drawn.
page = st.navigation(PAGES)
train_demo_at_first_start()
sidebar()
page.run()
