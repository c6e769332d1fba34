"""Jobs on the pages: how far one is, what can be done when it has ended, and word of it wherever the user is."""

from __future__ import annotations

import streamlit as st

from leap_core.errors import LeapError
from leap_core.run.jobs import (
    ACTIVE,
    CANCELLED,
    FAILED,
    FINISHED,
    QUEUED,
    RUNNING,
    JobState,
    job_started,
    job_state,
    list_jobs,
)
from leap_core.run.progress import duration
from leap_core.run.queue import start_job
from pages.shared.access import address_of_visitor
from pages.shared.model_choice import keep_apart
from pages.shared.models import open_model, store
from pages.shared.session import session
from pages.shared.text import Markdown, plain

_ENDED = {
    FINISHED: ("is done", ":material/check_circle:"),
    FAILED: ("has failed", ":material/error:"),
    CANCELLED: ("was cancelled", ":material/stop_circle:"),
}


@st.fragment(run_every=1.0)
def watch_job(job_id: str) -> None:
    """Show a job's progress once a second; the whole page is drawn again when it ends."""
    job = job_state(store().home, job_id)
    if job.state not in ACTIVE:
        st.rerun()
    if job.state == QUEUED:
        st.caption(f":material/hourglass_empty: {plain(job.title)} waits until what runs now has ended.")
        return
    st.progress(job.share, text=f"{plain(job.title)}: {job.share:.0%}, {plain(job.stage)}{_time_left(job)}")


def _time_left(job: JobState) -> Markdown:
    if job.seconds_left is None:
        return ""
    return f", about {duration(job.seconds_left)} left"


def jobs_in_brief() -> None:
    """One line of what runs, for the sidebar; says when it ends, on whichever page the user is."""
    running = [job.job_id for job in list_jobs(store().home) if job.state == RUNNING]
    before: set[str] = st.session_state.get("jobs_running", set())
    for job_id in before.difference(running):
        ended = job_state(store().home, job_id)
        if ended.state in _ENDED:
            word, icon = _ENDED[ended.state]
            st.toast(f"{plain(ended.title)} {word}.", icon=icon, duration="long")
    st.session_state["jobs_running"] = set(running)
    if running:
        _brief(running[0])


@st.fragment(run_every=3.0)
def _brief(job_id: str) -> None:
    jobs = list_jobs(store().home)
    running = [job for job in jobs if job.state == RUNNING]
    if job_id not in {job.job_id for job in running}:
        st.rerun()
    count = sum(job.state == QUEUED for job in jobs)
    more = f"; {count} waiting" if count else ""
    st.caption(f":material/hourglass_top: {plain(running[0].title)}: {running[0].share:.0%}{more}")


def ended_job(job: JobState) -> None:
    """What the newest job left: its model to use, or the way to go on with it."""
    _, arguments = job_started(store().home, job.job_id)
    if job.state == FINISHED:
        _use_model(job, arguments)
        return
    if job.message:
        st.warning(f"{plain(job.title)}: {plain(job.message)}", icon=":material/warning:")
    if arguments and st.button(f"Go on with {plain(job.title)}", key="job_resume", icon=":material/play_arrow:"):
        try:
            # What was finished is found: the same call goes on from there.
            start_job(store().home, arguments, job.title, address_of_visitor())
        except LeapError as error:
            st.error(plain(error), icon=":material/block:")
            return
        st.rerun()


def _use_model(job: JobState, arguments: list[str]) -> None:
    name = arguments[arguments.index("--name") + 1] if "train" in arguments and "--name" in arguments else None
    if name is None or name in session().models.values():
        return
    try:
        kind = open_model(name).panel.score.kind
    except LeapError:
        # Deleted since, or damaged: the list of models says which.
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        st.success(f"{plain(job.title)} is done.", icon=":material/check_circle:", width="stretch")
        if st.button(f"Use {plain(name)}", key="job_use", type="primary", icon=":material/arrow_forward:"):
            session().models[kind] = name
            keep_apart(kind)
            st.switch_page("pages/ranked.py" if session().profiles is not None else "pages/upload.py")
