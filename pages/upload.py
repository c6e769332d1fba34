"""Upload and check: read tables of samples, ask or refuse in words, and show the input passport before any result."""

from __future__ import annotations

from functools import partial

import streamlit as st

from leap_core.errors import LeapError
from leap_core.genes.names import identifier_list
from leap_core.io.tables import UPLOAD_LIMIT
from leap_core.report.csv import table_csv
from pages.shared.address import back_to_the_place
from pages.shared.demo_samples import DEMO_FILES, DEMO_FOLDER, take_demo
from pages.shared.export_button import export_button
from pages.shared.header import header
from pages.shared.models import models_of, open_model
from pages.shared.passport_card import passport_card
from pages.shared.saved_views import reopen_form
from pages.shared.session import KINDS, chosen_model, chosen_sample, session
from pages.shared.tables import draw_table
from pages.shared.text import plain
from pages.shared.uploads import question, reading_options, take_files

TEMPLATE = "# log2(TPM+1)\ngene,my_line,my_other_line\nTP53,5.31,4.90\nSOX10,0.04,7.22\nACTB,11.87,12.03\n"


def take_upload() -> None:
    """Callback of the uploader."""
    if files := st.session_state["upload"]:
        take_files(tuple((file.name, file.getvalue()) for file in files))


header(
    "upload",
    "Upload and check",
    "Expression of one or more samples. It stays in this session's memory: nothing is written to disk, nothing leaves"
    " this computer.",
)

if not any(models_of(kind) for kind in KINDS):
    st.info(
        "A model is needed to know which genes to look for. The demo is being trained; see Start.",
        icon=":material/hourglass_empty:",
    )
    st.stop()

left, right = st.columns([3, 2])
with left:
    st.file_uploader(
        "Expression tables: CSV, TSV, Excel, GCT, Salmon, RSEM, featureCounts, also gzipped; genes in rows or columns;"
        " several files at once",
        key="upload",
        on_change=take_upload,
        accept_multiple_files=True,
        max_upload_size=UPLOAD_LIMIT.file_bytes // 2**20,
    )
with right:
    st.write("No file at hand? Try one of these:")
    for label, file_name in DEMO_FILES.items():
        st.button(
            label,
            key=f"demo_{file_name}",
            on_click=take_demo,
            args=(file_name,),
            icon=":material/science:",
            width="stretch",
        )

back_to_the_place()
question()
reading_options()
reopen_form(DEMO_FOLDER)
if st.session_state.get("reopened") is not None:
    st.success("The saved view is open.", icon=":material/bookmark_added:")
    st.page_link("pages/ranked.py", label="Go to the ranked dependencies", icon=":material/arrow_forward:")

if st.session_state.get("upload_refused"):
    st.error(f"Refused: {plain(st.session_state['upload_refused'])}", icon=":material/block:")
    if session().profiles is not None:
        st.caption("The samples from before are still here.")

profiles = session().profiles
if profiles is None:
    st.markdown("The table may look like this; the first column holds gene names, every other column is a sample:")
    st.code(TEMPLATE, language=None)
    st.download_button(
        "Template", TEMPLATE, file_name="template.csv", key="template", icon=":material/download:", on_click="ignore"
    )
    st.stop()

for file, reason in profiles.refused:
    st.warning(f"{plain(file)} was not read. {plain(reason)}", icon=":material/block:")
for warning in profiles.warnings:
    st.warning(plain(warning), icon=":material/warning:")
sample = chosen_sample() or profiles.samples[0]
with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
    st.subheader(f"Input passport of {plain(sample)}", width="content")
    if st.button("See the ranking", type="primary", key="see_ranking", icon=":material/arrow_forward:"):
        st.switch_page("pages/ranked.py")
asked = {kind: name for kind in KINDS if (name := chosen_model(kind)) is not None and sample in profiles.samples}
for tab, (kind, name) in (
    zip(st.tabs([f"{KINDS[kind]}: {plain(name)}" for kind, name in asked.items()]), asked.items(), strict=True)
    if asked
    else ()
):
    with tab:
        try:
            passport_card(kind, open_model(name), session().score(name, sample))
        except LeapError as error:
            st.error(plain(error), icon=":material/block:")

st.subheader(f"What was read from {plain(profiles.file_name)}")
for note in profiles.notes:
    st.markdown(f"- {plain(note)}")
with st.container(horizontal=True):
    if (names := identifier_list(profiles.resolution)) is not None:
        export_button(
            f"List of the {len(names):,} names that were replaced or not found",
            partial(table_csv, names),
            "identifiers (csv)",
            None,
            file_name="identifiers.csv",
            key="identifiers",
            mime="text/csv",
        )
with st.expander("Preview of the first genes, and the unit of each sample"):
    draw_table(profiles.values.iloc[:12, :5].T, key="preview")
    units = [
        (sample, verdict.kind, verdict.evidence)
        for sample, verdict in zip(profiles.samples, profiles.verdicts, strict=True)
    ]
    draw_table(
        [dict(zip(("Sample", "Unit", "Why"), row, strict=True)) for row in units[:200]], key="units", hide_index=True
    )
