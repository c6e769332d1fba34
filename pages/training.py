"""Data and training: choose or upload panel files, see what was read and dropped, train, look after models."""

from __future__ import annotations

import re
from pathlib import Path

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from leap_core.errors import LeapError
from leap_core.io.tables import PANEL_LIMIT
from leap_core.model.catalogue import recipe_called, recipe_words
from leap_core.panel.further_studies import FurtherSource
from leap_core.panel.kept import import_panel, stored_panel
from leap_core.panel.panel import Panel
from leap_core.panel.reading import PanelSources
from leap_core.panel.report_in_words import dropped_table
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
from pages.shared.reports import model_summary, panel_summary, same_table
from pages.shared.tables import draw_table
from pages.shared.text import plain

ROLES = {
    "expression": "Expression: lines x genes, log2(TPM+1) or RMA log2",
    "response": "Response: lines x genes or drugs, empty = not screened",
    "lines": "Lines (recommended): DepMap's Model.csv",
    "further": "Expression of further lines, from another study: brought to the first table, which stays as it is",
    "fingerprints": "For pan-perturbation recipes: gene sets (GMT), or drugs with SMILES or targets",
    "also": "Responses of other studies of these lines: the model learns from them and predicts them, too",
    "drugs": "Table of drugs whose synonyms tell which drugs of two studies are the same",
}
_OPTIONAL = ("further", "fingerprints", "also", "drugs")


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
    with st.form("panel_files"):
        more, paths, files, uploaded = _file_fields(by_path=where == "On this computer")
        types = ["recognise", *SCORE_TYPES]
        of_also = more.selectbox(
            "Score type of the other studies", types, key="panel_also_score", format_func=_score_words
        )
        score = st.selectbox("Score type", types, key="panel_score", format_func=_score_words)
        release = st.text_input(
            "Data release, as it should appear on every page", key="panel_release", placeholder="e.g. DepMap 24Q2"
        )
        submitted = st.form_submit_button("Read the files", type="primary", key="panel_read")
    if not submitted:
        return
    declared = (None if score == "recognise" else score, None, release.strip() or None)
    also_score = None if of_also == "recognise" else of_also
    if paths.get("expression") and paths.get("response"):
        try:
            sources = _sources(paths, declared, also_score)
        except LeapError as error:
            st.error(plain(error), icon=":material/block:")
            return
        read_files(sources)
    elif "expression" in files and "response" in files:
        optional = (files.get("lines"), files.get("fingerprints"), *declared, files.get("further"))
        others = (uploaded, also_score, files.get("drugs"))
        read_files(UploadedPanel(files["expression"], files["response"], *optional, *others))
    else:
        st.error("Expression and response are both needed.", icon=":material/block:")


def _file_fields(
    by_path: bool,
) -> tuple[DeltaGenerator, dict[str, str], dict[str, tuple[str, bytes]], tuple[tuple[str, bytes], ...]]:
    """Ask for each file: where the optional ones are asked for, then paths, files, and files of other studies."""
    paths: dict[str, str] = {}
    files: dict[str, tuple[str, bytes]] = {}
    uploaded: list[tuple[str, bytes]] = []
    needed, more = st.container(), st.expander("More files (optional)")
    for role, label in ROLES.items():
        place = more if role in _OPTIONAL else needed
        if role == "also" and by_path:
            paths[role] = place.text_area(
                label, key="path_also", placeholder="one file a line; /path/to/file.csv:auc where its type is known"
            )
        elif role == "also":
            largest = PANEL_LIMIT.file_bytes // 2**21
            given = place.file_uploader(label, key="file_also", accept_multiple_files=True, max_upload_size=largest)
            uploaded = [(file.name, file.getvalue()) for file in given]
        elif by_path:
            paths[role] = place.text_input(
                label, key=f"path_{role}", placeholder="/path/to/file.csv or .parquet"
            ).strip()
        elif (
            file := place.file_uploader(label, key=f"file_{role}", max_upload_size=PANEL_LIMIT.file_bytes // 2**21)
        ) is not None:
            files[role] = (file.name, file.getvalue())
    return more, paths, files, tuple(uploaded)


def _sources(
    paths: dict[str, str], declared: tuple[str | None, str | None, str | None], also_score: str | None
) -> PanelSources:
    """Files on this computer as the sources of a panel."""
    given = {role: Path(text).expanduser() for role, text in paths.items() if text and role != "also"}
    studies = [FurtherSource.of_text(line.strip()) for line in paths["also"].splitlines() if line.strip()]
    return PanelSources(
        *(given["expression"], given["response"], given.get("lines"), *declared, given.get("fingerprints")),
        further=(given["further"],) if "further" in given else (),
        also=tuple(FurtherSource(study.path.expanduser(), study.score or also_score) for study in studies),
        drugs=given.get("drugs"),
    )


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
        draw_what_was_dropped(panel, "dropped")
    if panel.further:
        with st.expander("Further studies: which columns are the same perturbation, and by which rule"):
            draw_table(same_table(panel), key="same_perturbations", hide_index=True)


def draw_what_was_dropped(panel: Panel, key: str) -> None:
    """Lines, genes and perturbations that a panel's files have and the panel has not."""
    table = dropped_table(panel.report)
    if table.empty:
        st.caption("Nothing: all lines, genes and perturbations of the files are in the panel.")
    else:
        draw_table(table, key=key, hide_index=True)


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
            st.caption("What was dropped on the way from the files to the panel:")
            draw_what_was_dropped(model.panel, f"dropped_{name}")
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
