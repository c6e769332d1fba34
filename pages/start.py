"""Start: what this is, what to do first, and the demo's training at the first start."""

from __future__ import annotations

import streamlit as st

from leap_core.run.jobs import ACTIVE, list_jobs
from leap_core.services.demo import demo_is_trained
from pages.shared.header import header, watch_job
from pages.shared.models import store
from pages.shared.text import plain

header(
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

steps = st.columns(3)
with steps[0].container(border=True, height="stretch"):
    st.subheader("1 · Upload")
    st.write(
        "RNA-seq of your line as a table: genes in rows or columns, one or many samples. You see what was read before"
        " anything else happens."
    )
    st.page_link("pages/upload.py", label="Upload and check", icon=":material/upload_file:")
with steps[1].container(border=True, height="stretch"):
    st.subheader("2 · Rank")
    st.write(
        "Genes and drugs in the order worth testing, each with the accuracy that this kind of prediction had on lines"
        " the model had never seen."
    )
    st.page_link("pages/ranked.py", label="Ranked dependencies", icon=":material/format_list_numbered:")
with steps[2].container(border=True, height="stretch"):
    st.subheader("3 · Take away")
    st.write("Pick what fits your budget and leave with a CSV that says where every number comes from.")
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
