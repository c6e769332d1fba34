"""Upload and check: read a table of samples, show what was read, refuse with a reason."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import streamlit as st

from leap_core.data.gene_names import identifier_list
from leap_core.data.samples import Duplicates, ReadOptions, read_profiles
from leap_core.data.tables import UPLOAD_LIMIT
from leap_core.errors import ChoiceNeededError, LeapError
from leap_core.export.csv import table_csv
from leap_core.models import reference_of
from pages.shared.header import header
from pages.shared.models import gene_names, models_of, open_model, store
from pages.shared.session import KINDS, Upload, chosen_model, chosen_sample, session

DUPLICATES: tuple[Duplicates, ...] = ("highest", "mean", "sum")
DEMO_FOLDER = Path(__file__).resolve().parents[1] / "data" / "demo"
DEMO_FILES = {
    "Held-out line (simulated melanoma)": "heldout_melanoma.csv",
    "Unusual sample (simulated chordoma)": "unusual_sample.csv",
    "Broken file (a table of statistics)": "broken_statistics.csv",
}


def take(upload: Upload) -> None:
    """Read an upload into the session; a refusal leaves what the session already had."""
    known = {gene for kind in KINDS for model in models_of(kind) for gene in open_model(model).ensemble.standardiser.genes}
    options = ReadOptions(upload.value, st.session_state.get("duplicates", DUPLICATES[0]))
    st.session_state["upload_refused"], st.session_state["upload_choices"] = "", ()
    st.session_state["upload_pending"] = None
    try:
        session().accept(read_profiles(upload.content, upload.name, known, gene_names(), options), upload)
        st.session_state.pop("sample", None)
    except ChoiceNeededError as question:
        st.session_state["upload_choices"] = question.choices
        st.session_state["upload_pending"] = upload
    except LeapError as error:
        st.session_state["upload_refused"] = str(error)


def take_upload() -> None:
    """Callback of the uploader."""
    file = st.session_state["upload"]
    if file is not None:
        take(Upload(file.getvalue(), file.name))


def take_demo(file_name: str) -> None:
    """Callback of the demo buttons."""
    take(Upload((DEMO_FOLDER / file_name).read_bytes(), file_name))


def take_again() -> None:
    """Callback of everything that changes how the file is read."""
    upload = st.session_state.get("upload_pending") or session().upload
    if upload is not None:
        # The question is off the page once it is answered, and its widget forgets the answer.
        take(replace(upload, value=st.session_state.get("value_column") or upload.value))


def fetch_identifiers() -> None:
    """Callback of the button that fetches HGNC's table."""
    try:
        reference_of(store()).fetch_gene_names()
        take_again()
    except LeapError as error:
        st.session_state["upload_refused"] = str(error)


def reading_options() -> None:
    """How the file is read: duplicates, and the table of identifiers."""
    with st.expander("How the file is read"):
        st.segmented_control(
            "A gene that occurs more than once", DUPLICATES, default=DUPLICATES[0], key="duplicates", on_change=take_again,
            required=True, help="Sum is right for linear units such as TPM, highest or mean for logarithms.",
        )  # fmt: skip
        if reference_of(store()).has_gene_names():
            st.caption(f"Symbols, aliases, previous symbols, Ensembl and Entrez ids are understood ({gene_names().source}).")
        else:
            st.caption(
                "Symbols that the models know are understood. Aliases, Ensembl and Entrez ids need HGNC's table of gene names, which is not here yet. "
                "Without network: `python -m leap_core download identifiers --from FILE`."
            )
            st.button("Fetch the table (HGNC, some 17 MB)", key="fetch_identifiers", on_click=fetch_identifiers, icon=":material/download:")


header(
    "Upload and check",
    "Expression of one or more samples. It stays in this session's memory: nothing is written to disk, nothing leaves this computer.",
)

if not any(models_of(kind) for kind in KINDS):
    st.info("A model is needed to know which genes to look for. The demo is being trained; see Start.", icon=":material/hourglass_empty:")
    st.stop()

left, right = st.columns([3, 2])
with left:
    st.file_uploader(
        "Expression table: CSV, TSV, Excel, GCT, Salmon, RSEM, featureCounts, also gzipped; genes in rows or columns",
        key="upload", on_change=take_upload, max_upload_size=UPLOAD_LIMIT.file_bytes // 2**20,
    )  # fmt: skip
with right:
    st.write("No file at hand? Try one of these:")
    for label, file_name in DEMO_FILES.items():
        st.button(label, key=f"demo_{file_name}", on_click=take_demo, args=(file_name,), icon=":material/science:", width="stretch")

reading_options()

if st.session_state.get("upload_choices"):
    st.selectbox(
        f"{st.session_state['upload_pending'].name} has several columns of numbers. Which one is the expression?",
        st.session_state["upload_choices"], index=None, key="value_column", on_change=take_again, placeholder="Choose a column",
    )  # fmt: skip
    st.caption("FPKM or TPM rather than counts, where there is a choice.")

if st.session_state.get("upload_refused"):
    st.error(f"Refused: {st.session_state['upload_refused']}", icon=":material/block:")
    if session().profiles is not None:
        st.caption("The samples from before are still here.")

profiles = session().profiles
if profiles is None:
    st.markdown("The table may look like this; the first column holds gene symbols, every other column is a sample:")
    st.code("gene,my_line\nTP53,5.31\nSOX10,0.04\n...", language=None)
    st.stop()

st.subheader(f"What was read from {profiles.file_name}")
for note in profiles.notes:
    st.markdown(f"- {note}")
if (names := identifier_list(profiles.resolution)) is not None:
    st.download_button(
        f"List of the {len(names):,} names that were replaced or not found", table_csv(names), file_name="identifiers.csv", key="identifiers",
        on_click="ignore",
    )  # fmt: skip
for kind, title in KINDS.items():
    name = chosen_model(kind)
    if name is None or (sample := chosen_sample() or profiles.values.index[0]) not in profiles.values.index:
        continue
    st.markdown(f"**{title}: {name}**")
    try:
        scored = session().score(name, sample)
    except LeapError as error:
        st.error(str(error), icon=":material/block:")
        continue
    for note in scored.checked.notes:
        st.markdown(f"- {note}")
    for reason in scored.checked.reasons:
        st.warning(f"Amber: {reason}. Read the ranking with care.", icon=":material/warning:")
    if scored.checked.missing_genes:
        st.download_button(
            f"List of the {len(scored.checked.missing_genes):,} missing genes", "\n".join(scored.checked.missing_genes) + "\n",
            file_name="missing_genes.txt", key=f"missing_{kind}", on_click="ignore",
        )  # fmt: skip
    st.caption("Most similar screened lines (correlation of standardised expression)")
    st.dataframe(scored.nearest, key=f"nearest_{kind}", column_config={"correlation": st.column_config.NumberColumn(format="%.2f")})

with st.expander("Preview of the first genes"):
    st.dataframe(profiles.values.iloc[:5, :12].T, key="preview")
st.page_link("pages/ranked.py", label="Go to the ranked dependencies", icon=":material/arrow_forward:")
