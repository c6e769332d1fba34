"""Pilot: which rows to measure first, and the list once they are measured."""

from __future__ import annotations

import re
from datetime import date

import pandas as pd
import streamlit as st

from leap_core.errors import LeapError
from leap_core.io.measured_screens import KnownNames
from leap_core.io.tables import UPLOAD_LIMIT
from leap_core.panel.scores import ScoreType
from leap_core.pilot.outcome import Pilot, PilotOutcome
from leap_core.ranking.hit_table import show
from leap_core.report.csv import file_name, hit_list_csv
from leap_core.report.figures.pilot import moved_ranks, plate_gains_figure, plate_results
from leap_core.services.models import Model
from leap_core.services.pilot import read_pilot
from leap_core.services.plates import plate_gains, plate_table, propose_plate
from leap_core.services.scorecard import Measured
from leap_core.services.scoring import ScoredSample
from pages.shared.columns import as_shown, column_config
from pages.shared.demo_samples import demo_screen
from pages.shared.downloads import export_of
from pages.shared.export_button import export_button
from pages.shared.header import choose_kind, header, scored_or_stop, take_pilot_back_button
from pages.shared.measured_file import read_or_ask
from pages.shared.models import gene_names
from pages.shared.plots import plot, plot_of_model
from pages.shared.rows import table_of_rows
from pages.shared.session import KINDS, session
from pages.shared.tables import draw_table
from pages.shared.text import plain
from pages.shared.view import stored_view

_FIRST = 15
ALL, MINE, PICKED = "All", "A list of mine", "All, for what they tell of the shortlist"
STUDIES = {"Told from the values": None, "The panel's own study": True, "Another laboratory": False}


def plate_section(model: Model, alone: ScoredSample, kind: str) -> list[str]:
    """Choose the plate; returns its rows."""
    noun = KINDS[kind].lower()
    st.subheader("1. Choose the plate")
    left, right = st.columns([1, 2])
    with left:
        number = st.number_input(f"{KINDS[kind]} to measure", 5, 200, 20, 5, key=f"pilot_number_{kind}")
        source = st.radio("Chosen from", [ALL, MINE, PICKED], key="pilot_source")
        candidates = names_of_mine(model, kind) if source == MINE else None
        around = [name for name in session().shortlist[kind] if name in model.table.index] if source == PICKED else None
        controls = st.number_input("Controls of each kind", 0, 20, 3, key="pilot_controls") if kind == "gene" else 0
        replicates = st.number_input("Wells for each", 1, 12, 1, key="pilot_replicates")
    if source == PICKED and not around:
        words = "Nothing of this model is on the shortlist; tick rows on Ranked dependencies."
        right.info(words, icon=":material/playlist_add:")
        return []
    if candidates is not None and not candidates:
        right.info(f"Paste the {noun} that you have, one a line.", icon=":material/list:")
        return []
    taken = session().pilot_of(model, alone.sample)
    known = set(model.table.index)
    done = [] if taken is None else [str(name) for name in taken.values.index if name in known]
    try:
        plate = propose_plate(model, int(number), candidates, around, done)
    except LeapError as error:
        right.warning(plain(str(error)), icon=":material/block:")
        return []
    if done:
        right.caption(f"For a further round: {len(done):d} rows are measured already, and what they tell is counted.")
    with right:
        show_plate(plate, kind)
        wells = plate_table(model, alone, plate, int(controls), int(replicates))
        words = f"a plate of {len(plate)} {noun}, those that tell most of the others first, in {len(wells)} wells"
        provenance = export_of(model, alone, wells, words, "pilot").provenance
        export_button(
            "Download the plate (CSV)",
            lambda: hit_list_csv(wells.set_index("perturbation"), provenance),
            "plate (csv)",
            model,
            mime="text/csv",
            key=f"plate_{kind}",
            file_name=file_name(alone.sample, f"pilot-{noun}", model.panel.release, date.today()),
        )
    gains_section(model, plate, kind)
    return [str(name) for name in plate.index]


def names_of_mine(model: Model, kind: str) -> list[str]:
    """The user's own names, under the model's."""
    text = st.text_area(f"Your {KINDS[kind].lower()}, one a line", key=f"pilot_mine_{kind}", height=120) or ""
    asked = [part.strip() for part in re.split(r"[\n\r\t;,]+", text) if part.strip()]
    found = KnownNames.of(pd.Index(model.ensemble.perturbations), gene_names()).found(asked) if asked else []
    missing = [name for name, ours in zip(asked, found, strict=True) if not ours]
    if missing:
        st.caption(f"Not in this model: {plain(', '.join(missing[:20]))}")
    return list(dict.fromkeys(filter(None, found)))


def show_plate(plate: pd.DataFrame, kind: str) -> None:
    """The plate's rows with what they tell."""
    table_of_rows(
        plate.assign(explained=plate["explained"].round(3)),
        kind,
        "plate",
        height=300,
        column_config={
            "explained": st.column_config.ProgressColumn(
                "Told of the others",
                min_value=0.0,
                max_value=1.0,
                format="percent",
                help="Share of what the models do not know of the others that is known once it and those above are"
                " measured; on the panel's lines",
            )
        },
    )


def gains_section(model: Model, plate: pd.DataFrame, kind: str) -> None:
    """What measuring N buys, when it is asked for."""
    with st.expander("What does measuring N buy?", icon=":material/query_stats:"):
        st.caption(
            "Tried on the panel's lines, each by models and correlations that had not seen its patient. It takes some"
            " seconds."
        )
        key = ("pilot_gains", model.key, tuple(plate.index))
        if st.button("Try it", key=f"pilot_try_{kind}", icon=":material/play_arrow:"):
            steps = sorted({0, 5, 10, 20, 50, 100, len(plate)})
            try:
                with st.spinner("Measuring the panel's lines again"):
                    found = plate_gains(model, list(plate.index), [step for step in steps if step <= len(plate)])
                st.session_state["pilot_gains"] = (key, found)
            except LeapError as error:
                st.warning(plain(str(error)), icon=":material/block:")
        made = st.session_state.get("pilot_gains")
        if made is not None and made[0] == key:
            title = "True, selective rows among the first 20 of the rest, by the number that was measured"
            plot_of_model(plate_gains_figure(made[1], model.panel.score), f"pilot_gains_{kind}", title, model)


def results_section(model: Model, alone: ScoredSample, kind: str, plate: list[str]) -> None:
    """Take what was measured, and say what is made of it before it counts."""
    score = model.panel.score
    st.subheader("2. Hand in what was measured")
    left, right = st.columns([3, 2])
    file = left.file_uploader(
        "Measured values of this sample: a table of names and scores",
        key=f"pilot_file_{kind}",
        max_upload_size=UPLOAD_LIMIT.file_bytes // 2**20,
    )
    same_unit = right.checkbox("In the panel's unit", True, key="pilot_unit", help=f"{score.title}: {score.direction}")
    study = right.radio(
        "Measured by",
        list(STUDIES),
        key="pilot_study",
        help="Another laboratory's values differ from the panel's by more than noise. Values are taken as those of the"
        " panel's own study only where they lie as close to the predictions as those do.",
    )
    certain = right.checkbox(
        "This sample was on the plate for certain",
        key="pilot_certain",
        help="By its STR profile, for example. Otherwise the values are asked whether they fit another line better.",
    )
    with left.expander("Does your laboratory have values of lines of the panel?", icon=":material/science:"):
        table = st.file_uploader(
            f"Lines x {KINDS[kind].lower()}, in the same unit as the pilot",
            key=f"pilot_laboratory_{kind}",
            max_upload_size=UPLOAD_LIMIT.file_bytes // 2**20,
        )
        st.caption("How your values compare with the panel's is then learnt from them, row by row.")
    content = (file.name, file.getvalue()) if file is not None else demo_screen() if kind == "gene" else None
    if content is None:
        st.caption("The first column holds names, another the measured score. It stays in this session.")
    else:
        laboratory = None if table is None else (table.getvalue(), table.name)

        def read(measured: Measured) -> Pilot:
            return read_pilot(
                model, measured, gene_names(), same_study=STUDIES[study], certain=certain, laboratory=laboratory
            )

        pilot = read_or_ask(content[1], content[0], same_unit, f"pilot_{kind}", score, read)
        offer_pilot(model, alone, pilot, plate, of_demo=file is None)
    take_pilot_back_button(model, alone.sample)


def offer_pilot(model: Model, alone: ScoredSample, pilot: Pilot, plate: list[str], of_demo: bool) -> None:
    """Say what was read, and take it when the user says so."""
    if of_demo:
        # The demo's screen has measured everything: of a pilot only the plate is known.
        pilot = pilot.only(plate)
    st.markdown(f"Read: {plain(pilot.source)}. **{len(pilot.values):,}** rows of this model were measured.")
    taken = session().pilot_of(model, alone.sample)
    with st.container(horizontal=True):
        first = st.button("Rank the rest by these", type="primary", key="pilot_take", icon=":material/swap_vert:")
        more = taken is not None and st.button("Add as a further round", key="pilot_add", icon=":material/add:")
    if not (first or more):
        return
    try:
        with st.spinner("Ranking the rest anew"):
            session().try_pilot(model, alone.sample, pilot.after(taken) if more and taken is not None else pilot)
    except LeapError as error:
        st.error(plain(str(error)), icon=":material/block:")
        return
    st.rerun()


def table_of_the_rest(shown: pd.DataFrame, score: ScoreType, kind: str) -> None:
    """The rows that were not measured, in the new order."""
    columns = ["rank_before", "probability", "predicted", "predicted_before", "moved_by", "accuracy"]
    # The ranked list counts places in its default order, the measured rows among them.
    place = st.column_config.NumberColumn(
        "Place before, here", help="In this view without the pilot, counted among the rows that were not measured"
    )
    table_of_rows(
        as_shown(shown[columns].head(100), score),
        kind,
        "pilot_rest",
        height=420,
        column_config={**column_config(score), "rank_before": place},
    )


def outcome_section(model: Model, scored: ScoredSample, outcome: PilotOutcome, kind: str) -> None:
    """What was made of the pilot, and what it moved."""
    st.subheader("3. What changed")
    for sentence in outcome.sentences:
        st.markdown(f"- {plain(sentence)}")
    score, before = model.panel.score, scored.before_pilot
    assert before is not None
    view = stored_view(model, kind)
    shown = show(scored.table, score, view).table
    rest = show(before.table, score, view).table.index.drop(outcome.pilot.values.index, errors="ignore")
    places = {str(name): place for place, name in enumerate(rest, 1)}
    shown = shown.assign(rank_before=[places.get(str(name), len(places) + 1) for name in shown.index])
    left, right = st.columns(2)
    with left:
        st.markdown("**What was measured**, the most surprising first")
        plot(
            plate_results(outcome.surprises, score),
            f"pilot_rows_{kind}",
            "Predicted and measured of the measured rows, the most surprising first",
            scored,
        )
    with right:
        st.markdown("**The rest**, before and after")
        plot(moved_ranks(shown.head(_FIRST)), f"pilot_moved_{kind}", "Places before and after the pilot", scored)
    table_of_the_rest(shown, score, kind)
    st.caption(
        "Ranked dependencies, budget, shortlist, reports and files now follow the pilot; accuracy is that of lines with"
        " the same rows measured. Ensemble and members, Pathways and Compare samples show the sample without it."
    )
    st.page_link("pages/ranked.py", label="To the list", icon=":material/format_list_numbered:")
    with st.expander("All measured rows"):
        number = st.column_config.NumberColumn
        draw_table(
            outcome.surprises.round(3),
            key=f"pilot_measured_{kind}",
            column_config={
                "measured": number("Measured", help="In the panel's unit, or as near to it as can be told"),
                "predicted": number("Predicted"),
                "surprise": number(
                    "Surprise", help="Measured less predicted, in standard deviations of such residuals"
                ),
            },
        )


header(
    "pilot",
    "Pilot",
    "Measure a few rows first, and know the rest better: which ones tell most, and the list once they are measured.",
)
kind = choose_kind("pilot_kind")
model, scored = scored_or_stop(kind)
if not model.accuracy_measured:
    st.info(
        "This model was trained without measuring its accuracy, which a pilot rests on. Train it with accuracy: see"
        " Data and training.",
        icon=":material/info:",
    )
    st.stop()
alone = scored.before_pilot or scored
plate = plate_section(model, alone, kind)
results_section(model, alone, kind, plate)
if scored.pilot is not None:
    outcome_section(model, scored, scored.pilot, kind)
