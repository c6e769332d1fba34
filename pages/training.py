"""Data and training: choose or upload panel files, see what was read and dropped, train, look after models."""

from __future__ import annotations

import re
from pathlib import Path

import streamlit as st

from leap_core.errors import LeapError
from leap_core.io.tables import PANEL_LIMIT
from leap_core.model.catalogue import recipe_called, recipe_words
from leap_core.panel.kept import import_panel, stored_panel
from leap_core.panel.panel import PanelSources
from leap_core.panel.scores import SCORE_TYPES
from leap_core.panel.uploaded import UploadedPanel
from leap_core.run.jobs import RUNNING, list_jobs
from leap_core.run.names import check_name
from leap_core.run.progress import duration
from leap_core.run.queue import cancel, start_job, waiting
from leap_core.services.models import delete_model, model_keys
from leap_core.services.training import Accuracy, planned_work
from pages.shared.access import address_of_visitor, administrators_only
from pages.shared.guided_panels import guided_panel
from pages.shared.header import header
from pages.shared.jobs import ended_job, watch_job
from pages.shared.models import open_model, store
from pages.shared.reference_tables import reference_tables
from pages.shared.reports import dropped_table, model_summary, panel_summary
from pages.shared.tables import draw_table
from pages.shared.text import plain

ROLES = {
    "expression": "Expression: lines x genes, log2(TPM+1) or RMA log2",
    "response": "Response: lines x genes or drugs, empty = not screened",
    "lines": "Lines (recommended): DepMap's Model.csv",
    "further": "Expression of further lines, from another study: brought to the first table, which stays as it is",
    "fingerprints": "For pan-perturbation recipes: gene sets (GMT), or drugs with SMILES or targets",
}


def read_files(sources: PanelSources | UploadedPanel) -> None:
    """Read a panel into the store, or say why not."""
    try:
        with st.spinner("Reading and aligning the files"):
            here = store()
            key = (
                import_panel(sources, here)
                if isinstance(sources, PanelSources)
                else sources.read(lambda files: import_panel(files, here))
            )
        st.session_state["panel_key"] = key
    except LeapError as error:
        st.session_state.pop("panel_key", None)
        st.error(plain(error), icon=":material/block:")


def file_form() -> None:
    """Ask for the files of a panel: uploaded, or lying on the computer that runs this program."""
    where = st.segmented_control(
        "Where are the files?",
        ["On this computer", "Upload"],
        default="On this computer",
        key="panel_where",
        required=True,
    )
    by_path = where == "On this computer"
    with st.form("panel_files"):
        paths: dict[str, str] = {}
        files: dict[str, tuple[str, bytes]] = {}
        needed, more = st.container(), st.expander("More files (optional)")
        for role, label in ROLES.items():
            place = more if role in ("further", "fingerprints") else needed
            if by_path:
                paths[role] = place.text_input(
                    label, key=f"path_{role}", placeholder="/path/to/file.csv or .parquet"
                ).strip()
            elif (
                file := place.file_uploader(label, key=f"file_{role}", max_upload_size=PANEL_LIMIT.file_bytes // 2**21)
            ) is not None:
                files[role] = (file.name, file.getvalue())
        score = st.selectbox("Score type", ["recognise", *SCORE_TYPES], key="panel_score", format_func=_score_words)
        release = st.text_input(
            "Data release, as it should appear on every page", key="panel_release", placeholder="e.g. DepMap 24Q2"
        )
        submitted = st.form_submit_button("Read the files", type="primary", key="panel_read")
    if not submitted:
        return
    declared = (None if score == "recognise" else score, None, release.strip() or None)
    if paths.get("expression") and paths.get("response"):
        given = {role: Path(text).expanduser() for role, text in paths.items() if text}
        further = (given["further"],) if "further" in given else ()
        read_files(
            PanelSources(
                given["expression"],
                given["response"],
                given.get("lines"),
                *declared,
                given.get("fingerprints"),
                further,
            )
        )
    elif "expression" in files and "response" in files:
        optional = (files.get("lines"), files.get("fingerprints"), *declared, files.get("further"))
        read_files(UploadedPanel(files["expression"], files["response"], *optional))
    else:
        st.error("Expression and response are both needed.", icon=":material/block:")


def _score_words(key: str) -> str:
    return key if key == "recognise" else f"{key} ({SCORE_TYPES[key].direction})"


@st.cache_data(show_spinner=False, max_entries=200)
def seconds_of_training(panel_key: str, recipe: str, accuracy: Accuracy) -> float:
    """Rough seconds on one core that a training takes."""
    return sum(planned_work(stored_panel(panel_key, store()), recipe_called(recipe), accuracy).values())


def what_was_read(panel_key: str) -> None:
    """What the panel holds, and what was dropped."""
    panel = stored_panel(panel_key, store())
    st.markdown(f"**{plain(panel.release)}.** {panel_summary(panel)}")
    with st.expander("What was dropped on the way"):
        draw_table(dropped_table(panel.report), key="dropped", hide_index=True)


def training_form(panel_key: str) -> None:
    """Ask how to train, and start it."""
    panel = stored_panel(panel_key, store())
    with st.container(border=True):
        suggested = re.sub(r"[^A-Za-z0-9 ._-]+", "", panel.release.removesuffix(".csv"))[:80].strip(" .")
        key = f"train_name_{panel_key[:12]}"
        name = st.text_input("Name of the model", suggested, key=key, placeholder="e.g. DepMap 24Q2 gene effect")
        words = recipe_words()
        recipe = st.selectbox(
            "Recipe", list(words), format_func=lambda name: f"{name}: {words[name]}", key="train_recipe"
        )
        measured = st.checkbox(
            "Measure accuracy on unseen lines and unseen lineages (takes about ten times as long, and is what makes the"
            " ranking honest)",
            True,
            key="train_accuracy",
        )
        accuracy: Accuracy = "outer" if measured else "none"
        try:
            seconds = seconds_of_training(panel_key, recipe, accuracy)
        except LeapError as error:
            st.error(plain(error), icon=":material/block:")
            return
        st.caption(
            f"About {duration(seconds)} of work on one core, less on several. It can be cancelled, and goes on from"
            " there when started again."
        )
        if st.button("Train", type="primary", icon=":material/play_arrow:", key="train_start"):
            start_training(panel_key, name.strip(), recipe, accuracy)


def start_training(panel_key: str, name: str, recipe: str, accuracy: Accuracy) -> None:
    """Put a training into the queue."""
    try:
        options = {"--panel": panel_key, "--name": check_name(name), "--recipe": recipe, "--accuracy": accuracy}
        arguments = ["train", *(part for option in options.items() for part in option)]
        start_job(store().home, arguments, f"Training {name}", address_of_visitor())
        st.session_state.pop("panel_key", None)
        st.rerun()
    except LeapError as error:
        st.error(plain(error), icon=":material/block:")


def model_list() -> None:
    """List models; inspect and delete them."""
    names = store().names()
    if not names:
        st.info("No models yet.", icon=":material/hourglass_empty:")
    for name in names:
        try:
            model = open_model(name)
        except LeapError as error:
            # It says whether it is of an older version, damaged, or gone by now.
            st.warning(plain(str(error)), icon=":material/history:")
            delete_button(name)
            continue
        with st.expander(
            f"**{plain(name)}** · {model.panel.score.title} · {len(model.table):,} perturbations ·"
            f" {len(model.panel.lines)}"
            " lines"
        ):
            st.markdown(model_summary(model, store().size(model_keys(name, store()))))
            draw_table(dropped_table(model.panel.report), key=f"dropped_{name}", hide_index=True)
            delete_button(name)


def delete_button(name: str) -> None:
    """Ask whether a model is to be deleted, and delete it."""
    with st.popover("Delete", icon=":material/delete:"):
        st.write(f"Delete {plain(name)} and what only it uses? It can be trained again from the same files.")
        if st.button("Yes, delete it", key=f"delete_{name}", type="primary"):
            try:
                delete_model(name, store())
            except LeapError as error:
                st.error(plain(str(error)), icon=":material/block:")
                return
            st.rerun()


header(
    "training",
    "Data and training",
    "Train on DepMap, GDSC, or a screen of your own. Training runs beside this page and goes on if you close it.",
)
if not administrators_only("Training, downloading and deleting"):
    st.stop()
jobs = list_jobs(store().home)
active = [job for job in jobs if job.state == RUNNING] + waiting(store().home)
for job in active:
    watch_job(job.job_id)
    if st.button(f"Cancel {plain(job.title)}", key=f"cancel_{job.job_id}", icon=":material/stop_circle:"):
        cancel(store().home, job.job_id)
        st.rerun()
if not active and jobs:
    ended_job(jobs[0])

st.subheader("Models")
model_list()
st.subheader("1 · The screen and its files")
st.caption("Reading the files keeps an aligned copy in the store on this computer; nothing leaves it.")
where_from = st.segmented_control(
    "Where is the screen from?",
    ["DepMap", "GDSC", "My own files"],
    default="DepMap",
    key="panel_source",
    required=True,
    persist_state="session",
)
if where_from == "My own files":
    file_form()
else:
    guided_panel(str(where_from).lower())
panel_key = st.session_state.get("panel_key")
st.subheader("2 · What was read")
if panel_key is None:
    st.caption("Lines and perturbations that fit together, and what was dropped on the way: when the files are read.")
else:
    what_was_read(panel_key)
st.subheader("3 · Train")
if panel_key is None:
    st.caption("A name, with or without accuracy, and how long it takes: when the files are read.")
else:
    training_form(panel_key)
with st.expander("Optional: tables of drugs, common essential genes, gene sets", icon=":material/table_view:"):
    reference_tables()
