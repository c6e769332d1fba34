"""The strip at the top of every page, and what a page says when something it needs is not there yet."""

from __future__ import annotations

import streamlit as st

from leap_core.errors import LeapError
from leap_core.passport.passport import RED
from leap_core.run.jobs import ACTIVE, list_jobs
from leap_core.services.models import Model
from leap_core.services.scoring import ScoredSample
from pages.shared.access import checked_visitor
from pages.shared.address import follow_address, say_what_is_missing, stop_for_the_sample, write_address
from pages.shared.models import look_again, models_of, open_model, store
from pages.shared.session import KINDS, chosen_model, chosen_sample, session
from pages.shared.sidebar import sidebar
from pages.shared.text import Markdown, plain

_LIGHTS = {
    "green": ":green-badge[:material/check_circle: green]",
    "amber": ":orange-badge[:material/warning: amber]",
    "red": ":red-badge[:material/dangerous: RED]",
}


def header(page: str, title: Markdown, subtitle: Markdown) -> None:
    """Draw title and strip: sample, input check, models and release, number picked, simulated or not.

    Parameters
    ----------
    page
        Name of the page's file, which is how addresses name it.
    title, subtitle
        What stands at the top.
    """
    if "opened_through_app" not in st.session_state:
        # A link straight to a page of a server that has just started runs the page without app.py.
        st.switch_page("app.py")
    if checked_visitor() is None:
        # A page that was reached past the table of pages, or a visitor who was taken off the list.
        st.stop()
    look_again()
    follow_address(page)
    sidebar()
    write_address()
    st.title(title)
    st.caption(subtitle)
    state = session()
    names = [name for kind in KINDS if (name := chosen_model(kind))]
    models = [open_model(name) for name in names]
    parts = [f"**Sample** {plain(chosen_sample() or 'none yet')}"]
    for model in models:
        light = f" {_light(model.name)}" if chosen_sample() and state.profiles is not None else ""
        # The demo's release is its name.
        release = "" if model.panel.simulated else f" · {plain(model.panel.release)}"
        parts.append(f"**{KINDS[model.panel.score.kind]}** {plain(model.name)}{release}{light}")
    parts.append(f"**Picked** {state.picked:d}")
    with st.container(border=True, key="header_strip", horizontal=True, vertical_alignment="center"):
        st.markdown(" &nbsp;|&nbsp; ".join(parts), width="content")
        if any(model.panel.simulated for model in models):
            st.markdown(
                ":orange-badge[:material/science: Simulated data, made up]",
                width="content",
                help="The demo's cell lines, genes' effects and drugs' effects are made up; only the names are real.",
            )
        for model in models:
            _pilot_badge(model)
    for model in models:
        _red_banner(model.name)
    say_what_is_missing()


def _pilot_badge(model: Model) -> None:
    """Say on every page that a pilot is in the numbers of a kind."""
    pilot = session().pilot_of(model, chosen_sample() or "")
    if pilot is not None:
        kind = KINDS[model.panel.score.kind]
        st.markdown(
            f":blue-badge[:material/rocket_launch: {plain(kind)} after a pilot of {len(pilot.values):d}]",
            width="content",
            help="What was measured first is in these numbers; see the page Pilot.",
        )


def _red_banner(model_name: str) -> None:
    """Say on every page that the input is red, and why."""
    if session().profiles is None or chosen_sample() is None:
        return
    try:
        passport = session().score(model_name, chosen_sample() or "").passport
    except LeapError:
        return
    if passport.light == RED:
        reasons = "; ".join(finding.text for finding in passport.findings if finding.level == RED)
        st.error(
            f"**Red input for {plain(model_name)}.** {plain(reasons)}. Whatever follows is stamped, and may be worth"
            " nothing.",
            icon=":material/dangerous:",
        )


def choose_kind(key: str) -> str:
    """Ask which panel the pages show, ``gene`` or ``drug``: the choice holds on all of them.

    Until somebody has chosen it is a kind that there is a model of.
    """
    if "kind_was_chosen" not in st.session_state and not models_of(session().kind):
        session().kind = next((kind for kind in KINDS if models_of(kind)), session().kind)
    st.session_state[key] = session().kind
    st.segmented_control(
        "Panel", list(KINDS), format_func=KINDS.__getitem__, key=key, required=True, on_change=_take_kind, args=(key,)
    )
    return session().kind


def _take_kind(key: str) -> None:
    session().kind = str(st.session_state[key])
    st.session_state["kind_was_chosen"] = True


def model_or_stop(kind: str) -> Model:
    """Return the chosen model of a kind, or say that there is none and stop."""
    name = chosen_model(kind)
    if name is None and models_of(kind):
        st.info(
            f"Demo and real models are never looked at together, and for {KINDS[kind].lower()} there is none beside the"
            " one that is chosen. Choose another in the sidebar, or train one: see Data and training.",
            icon=":material/science:",
        )
        st.stop()
    if name is None:
        running = [job for job in list_jobs(store().home) if job.state in ACTIVE]
        what = "One is being trained: see the Start page" if running else "Train one: see Data and training"
        st.info(f"There is no model for {KINDS[kind].lower()} yet. {what}.", icon=":material/hourglass_empty:")
        st.stop()
    return open_model(name)


def scored_or_stop(kind: str) -> tuple[Model, ScoredSample]:
    """Return the chosen model of a kind and the chosen sample scored by it, or say what is missing and stop."""
    model = model_or_stop(kind)
    stop_for_the_sample()
    if session().profiles is None or chosen_sample() is None:
        st.info(
            "No sample yet. Upload one, or try a demo sample, on the page Upload and check.",
            icon=":material/upload_file:",
        )
        st.page_link("pages/upload.py", label="Go to Upload and check", icon=":material/arrow_forward:")
        st.stop()
    try:
        other = chosen_model("drug" if kind == "gene" else "gene")
        return model, session().score_beside(model.name, other, chosen_sample() or "")
    except LeapError as error:
        st.error(f"The sample cannot be scored by {plain(model.name)}. {plain(str(error))}", icon=":material/error:")
        take_pilot_back_button(model, chosen_sample() or "")
        st.stop()


def take_pilot_back_button(model: Model, sample: str) -> None:
    """A button that takes a sample's pilot away again, where there is one."""
    if session().pilot_of(model, sample) is not None and st.button(
        "Take the pilot back", key="pilot_away", icon=":material/undo:"
    ):
        session().take_pilot(model, sample, None)
        st.rerun()


def scored_without_pilot_or_stop(kind: str) -> tuple[Model, ScoredSample]:
    """As `scored_or_stop`, for pages of which a pilot changes nothing; says so where there is one."""
    model, scored = scored_or_stop(kind)
    if scored.before_pilot is None:
        return model, scored
    st.caption(":material/rocket_launch: Shown without the pilot, which changes nothing of how the model predicts.")
    return model, scored.before_pilot


def _light(model_name: str) -> Markdown:
    try:
        return _LIGHTS[session().score(model_name, chosen_sample() or "").passport.light]
    except LeapError:
        return ":orange-badge[:material/error: cannot be scored]"
