"""Taking files into the session: read as the user wants, refused in words, or a question asked."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import streamlit as st

from leap_core.errors import ChoiceNeededError, LeapError, SampleError
from leap_core.io.units import DECLARABLE
from leap_core.sample.pooling import KEEP, POOLING
from leap_core.sample.profiles import Duplicates, ReadOptions
from leap_core.sample.uploads import read_uploads
from leap_core.services.models import known_genes, reference_of
from pages.shared.access import visitor
from pages.shared.models import gene_names, open_model, readable_models, store
from pages.shared.session import Upload, session
from pages.shared.text import plain

_DUPLICATES: tuple[Duplicates, ...] = ("highest", "mean", "sum")
_JUDGED = "as judged from the numbers"
_QUESTIONS = {
    "value": (
        "has several columns of numbers. Which one is the expression?",
        "FPKM or TPM rather than counts, where there is a choice.",
    ),
    "unit": (
        "leaves open what its numbers are. Which unit is it?",
        (
            "The person or the pipeline that made the file knows. Without that, the verdict rests on the shape of the"
            " numbers alone."
        ),
    ),
    "sample": (
        "is a long table. Which of its columns names the samples?",
        "Every row is one gene of one sample; the column tells the rows of a gene apart.",
    ),
    "sheet": (
        "has several sheets. Which one is the expression table?",
        "One sheet is read at a time; upload the workbook again for another one.",
    ),
}


def take(upload: Upload, wanted: str | None = None) -> None:
    """Read an upload into the session.

    A refusal or a question, or a sample that is wanted and not there, leaves what the session already had.
    """
    st.session_state.pop("reopened", None)
    st.session_state["upload_refused"], st.session_state["upload_question"], st.session_state["upload_pending"] = (
        "",
        None,
        None,
    )
    try:
        known = known_genes(open_model(name) for name in readable_models())
        profiles = read_uploads(upload.files, known, gene_names(), upload.options, upload.pool)
        if wanted is not None and wanted not in profiles.samples:
            raise SampleError(f"The view is of a sample that is not among those of {profiles.file_name}.")
        session().accept(profiles, upload)
    except ChoiceNeededError as question:
        st.session_state["upload_question"], st.session_state["upload_pending"] = question, upload
    except LeapError as error:
        st.session_state["upload_refused"] = str(error)


def take_files(files: tuple[tuple[str, bytes], ...]) -> None:
    """Read new files: what was said of the last ones' unit and layout is forgotten, the habits stay."""
    take(Upload(files, ReadOptions(duplicates=st.session_state.get("duplicates") or _DUPLICATES[0])))
    for key in ("unit", "pool", "turned"):
        st.session_state.pop(key, None)


def take_again(**changes: Any) -> None:
    """Read the same files another way."""
    upload: Upload | None = st.session_state.get("upload_pending") or session().upload
    if upload is not None:
        pool = changes.pop("pool", upload.pool)
        take(replace(upload, options=replace(upload.options, **changes), pool=pool))


def question() -> None:
    """Ask what only the user knows of the file that is waiting."""
    asked: ChoiceNeededError | None = st.session_state.get("upload_question")
    pending: Upload | None = st.session_state.get("upload_pending")
    if asked is None or pending is None:
        return
    text, help_text = _QUESTIONS[asked.option]
    choices = list(asked.choices)
    if asked.option == "unit":
        choices += [unit for unit in DECLARABLE if unit not in choices]
    with st.container(border=True):
        st.selectbox(
            f":material/help: **{plain(pending.names)}** {text}",
            choices,
            index=None,
            key=f"answer_{asked.option}",
            placeholder="Choose",
            on_change=lambda: take_again(**{asked.option: st.session_state[f"answer_{asked.option}"]}),
        )
        st.caption(f"{plain(asked.question.split(': ', 1)[-1])} {help_text}")


def reading_options() -> None:
    """How the files are read: unit, duplicates, several samples, orientation, dates, and the table of identifiers."""
    upload = session().upload
    with st.expander("How the file is read", icon=":material/tune:"):
        left, right = st.columns(2)
        with left:
            st.selectbox(
                "Unit",
                [_JUDGED, *DECLARABLE],
                key="unit",
                disabled=upload is None,
                on_change=lambda: take_again(
                    unit=None if st.session_state["unit"] == _JUDGED else st.session_state["unit"]
                ),
                help="Your word overrules the numbers; if they look like something else, the passport says so.",
            )
            st.selectbox(
                "Several samples",
                list(POOLING),
                format_func=POOLING.__getitem__,
                key="pool",
                disabled=upload is None,
                on_change=lambda: take_again(pool=st.session_state["pool"] or KEEP),
                help="Sequencing is averaged without its logarithm, microarrays with it.",
            )
        with right:
            st.segmented_control(
                "A gene that occurs more than once",
                _DUPLICATES,
                default=_DUPLICATES[0],
                key="duplicates",
                required=True,
                on_change=lambda: take_again(duplicates=st.session_state["duplicates"]),
                help="Sum is right for linear units such as TPM, highest or mean for logarithms.",
            )
            st.toggle(
                "The other way round: swap genes and samples",
                key="turned",
                disabled=upload is None,
                on_change=lambda: take_again(turned=st.session_state["turned"]),
            )
        _dates()
        _identifiers()


def _dates() -> None:
    profiles, upload = session().profiles, session().upload
    if profiles is None or upload is None:
        return
    for date, genes in profiles.resolution.asked.items():

        def answer(date: str = date) -> None:
            others = tuple(pair for pair in upload.options.dates if pair[0] != date)
            gene = st.session_state[f"date_{date}"]
            take_again(dates=others if gene is None else (*others, (date, gene)))

        st.segmented_control(
            f"Excel made a date of a gene's name: which gene is {plain(date)}?",
            genes,
            format_func=plain,
            key=f"date_{date}",
            on_change=answer,
        )


def _identifiers() -> None:
    st.caption(
        "Symbols, aliases, previous symbols, Ensembl, Entrez and HGNC ids are understood"
        f" ({plain(gene_names().source)})."
    )
    if reference_of(store()).has_gene_names():
        return
    if (who := visitor()) is not None and who.administers:
        st.button(
            "Fetch the newest table (HGNC, some 17 MB)",
            key="fetch_identifiers",
            on_click=_fetch,
            icon=":material/download:",
            help="Not needed; without network: leap download identifiers --from FILE",
        )


def _fetch() -> None:
    try:
        reference_of(store()).fetch_gene_names()
        take_again()
    except LeapError as error:
        st.session_state["upload_refused"] = str(error)
