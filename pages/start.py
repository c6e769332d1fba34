"""Start: what this is, what to do first, and the demo's training at the first start."""

from __future__ import annotations

import base64
from pathlib import Path

import streamlit as st

from leap_core.run.jobs import ACTIVE, list_jobs
from leap_core.services.demo import demo_is_trained
from pages.shared.access import visitor
from pages.shared.demo_samples import demo_list_button
from pages.shared.header import header
from pages.shared.jobs import watch_job
from pages.shared.models import store
from pages.shared.text import plain

PICTURE = Path(__file__).parents[1] / "docs" / "images" / "ranked.png"


@st.cache_data(show_spinner=False)
def picture() -> str:
    """The picture's own address, part of the page: Streamlit forgets a file two runs later, fetched or not."""
    return "data:image/png;base64," + base64.b64encode(PICTURE.read_bytes()).decode("ascii")


header(
    "start",
    "LEAP Screen Prioritiser",
    "Which gene knock-outs and drugs are worth testing in a cell line that nobody has screened?",
)

jobs = list_jobs(store().home)
if jobs and jobs[0].state in ACTIVE:
    st.subheader("Training")
    st.write("This happens once; every later start finds it ready. You may close this tab, the training goes on.")
    watch_job(jobs[0].job_id)
elif jobs and not demo_is_trained(store()) and not store().names():
    st.error(f"{plain(jobs[0].title)} did not finish. {plain(jobs[0].message)}", icon=":material/error:")
    st.page_link("pages/training.py", label="Go to Data and training", icon=":material/arrow_forward:")

left, right = st.columns([2, 3], vertical_alignment="center")
with left:
    st.markdown(
        "Upload the RNA-seq of your line. Leave with a ranked list of genes and drugs: the probability of a true,"
        " selective dependency, an interval, and how often such predictions held on lines that the model had never"
        " seen."
    )
    if demo_is_trained(store()):
        demo_list_button()
    st.page_link("pages/upload.py", label="Upload your own sample", icon=":material/upload_file:")
with right:
    if PICTURE.is_file():
        st.image(
            picture(),
            caption="What you leave with: the list of the demo's held-out line",
            alt="Ranked table of genes with priority, probability, predicted gene effect and accuracy",
        )

st.subheader("Your own screen or a public one, in three steps")
who = visitor()
steps = st.columns(3)
with steps[0].container(border=True, height="stretch"):
    st.markdown("**1 · Get a screen**")
    st.write("The files of DepMap or GDSC, or your own: expression and response of the same lines. A few clicks.")
    if who is not None and who.administers:
        st.page_link("pages/training.py", label="Data and training", icon=":material/database:")
with steps[1].container(border=True, height="stretch"):
    st.markdown("**2 · Train, once**")
    st.write(
        "A DepMap release takes 3 to 6 minutes on two cores; measuring its accuracy on unseen lines takes several times"
        " as long. You may close the tab."
    )
with steps[2].container(border=True, height="stretch"):
    st.markdown("**3 · Upload, rank, take away**")
    st.write("Seconds. You see what was read, then the list; pick what fits your budget and export it.")
    st.page_link("pages/shortlist.py", label="Shortlist and export", icon=":material/playlist_add_check:")

st.subheader("What the numbers mean")
st.markdown("""
- **Predicted score**: the ensemble's prediction in the screen's own unit; its direction is written on every axis.
- **Panel percentile**: where your sample stands among the panel's lines for this gene or drug; 100 = the most dependent
  or most sensitive of all. Selectivity, not strength.
- **Accuracy on unseen lines**: the rank correlation between prediction and measurement on lines (whole patients) kept
  out of training. Below 0.2 means *cannot tell*, not *not dependent*.
- **Agreement**: the spread of the ensemble's members. A small spread is agreement, not proof.
""")
st.caption("Method: LEAP, Layered Ensemble of Autoencoders and Predictors (Bodinier et al. 2025, arXiv 2502.15646).")
