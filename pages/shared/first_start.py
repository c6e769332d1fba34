"""The first start trains the built-in demo."""

from __future__ import annotations

import streamlit as st

from leap_core.errors import UserError
from leap_core.execution.jobs import list_jobs, start_job
from pages.shared.models import store


def train_demo_at_first_start() -> None:
    """Start training the demo where no model has ever been trained and nothing is running."""
    here = store()
    if not here.names() and not list_jobs(here.home):
        try:
            start_job(here.home, ["demo"], "Training the built-in demo")
        except UserError:
            st.toast("Another window is training the demo already.")
