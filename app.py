"""LEAP Screen Prioritiser: the table of pages, the first start, and the server with its door.

`streamlit run app.py` imports this file once, for the server, and runs it as the script of every session.
"""

from __future__ import annotations

import streamlit as st

from pages.shared.access import checked_visitor
from pages.shared.compat import draws_a_page, keep_uploads_in_memory, then


def table_of_pages(administers: bool) -> dict[str, list[st.Page]]:
    """Pages by section; that of trainings for whoever administers."""
    pages = {
        "Sample": [
            st.Page("pages/start.py", title="Start", icon=":material/home:", default=True),
            st.Page("pages/upload.py", title="Upload and check", icon=":material/upload_file:"),
        ],
        "Results": [
            st.Page("pages/ranked.py", title="Ranked dependencies", icon=":material/format_list_numbered:"),
            st.Page("pages/one_perturbation.py", title="One gene or drug", icon=":material/search:"),
            st.Page("pages/members.py", title="Ensemble and members", icon=":material/layers:"),
            st.Page("pages/pathways.py", title="Pathways", icon=":material/hub:"),
            st.Page("pages/compare.py", title="Compare samples", icon=":material/compare_arrows:"),
            st.Page("pages/shortlist.py", title="Shortlist and export", icon=":material/playlist_add_check:"),
            st.Page("pages/pilot.py", title="Pilot", icon=":material/rocket_launch:"),
            st.Page("pages/scorecard.py", title="Scorecard", icon=":material/fact_check:"),
        ],
        "Models": [
            st.Page("pages/atlas.py", title="Accuracy atlas", icon=":material/query_stats:"),
            st.Page("pages/glossary.py", title="Methods and glossary", icon=":material/menu_book:"),
        ],
    }
    if administers:
        pages["Models"].append(st.Page("pages/training.py", title="Data and training", icon=":material/database:"))
    return pages


def draw() -> None:
    """The page that a session has asked for, or the door."""
    # An emoji is drawn by the browser; for an icon of another kind it would ask another host.
    st.set_page_config(page_title="LEAP Screen Prioritiser", page_icon="\U0001f9ec", layout="wide")
    who = checked_visitor()
    if who is None:
        st.navigation([st.Page("pages/sign_in.py", title="Sign in")], position="hidden").run()
        st.stop()
    # The menu goes to the browser first; the core, whose import takes seconds, is loaded while it is drawn.
    page = st.navigation(table_of_pages(who.administers), expanded=True)
    st.session_state["opened_through_app"] = True

    from leap_core.errors import LeapError
    from pages.shared.address import write_address_of_arrival
    from pages.shared.first_start import advance_jobs, train_demo_at_first_start
    from pages.shared.return_visits import come_back
    from pages.shared.text import plain

    try:
        come_back(page.url_path)
        advance_jobs()
        if who.administers:
            train_demo_at_first_start()
        with then(write_address_of_arrival):
            page.run()
    except LeapError as error:
        # A model that another session deleted meanwhile, a damaged file: one sentence, and the menu still works.
        st.error(plain(str(error)), icon=":material/block:")


keep_uploads_in_memory()
if draws_a_page():
    draw()
else:
    from starlette.middleware import Middleware

    from pages.shared.door import Door, announced

    app = st.App(__file__, lifespan=announced, middleware=[Middleware(Door)])
