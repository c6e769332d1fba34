"""The first start trains the built-in demo.

So does the first start of a version that cannot open the models of the last.
"""

from __future__ import annotations

import streamlit as st

from leap_core.errors import UserError
from leap_core.run.jobs import list_jobs
from leap_core.run.queue import advance, start_job
from leap_core.run.version import __version__
from pages.shared.models import readable_models, store
from pages.shared.text import plain


def advance_jobs() -> None:
    """Start the next job that waits, if none runs: a queue that stood still when this program was ended moves on."""
    advance(store().home)


def train_demo_at_first_start() -> None:
    """Start training the demo, once, where there is no model that this version can open."""
    here = store()
    if readable_models():
        return
    jobs = list_jobs(here.home)
    title = f"Training the built-in demo for version {__version__}" if here.names() else "Training the built-in demo"
    if not jobs or (here.names() and title not in {job.title for job in jobs}):
        try:
            start_job(here.home, ["demo"], title)
        except UserError as error:
            # Another window is training it already, or the store cannot be written to.
            st.toast(plain(str(error)))
