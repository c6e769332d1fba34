"""Shortlist and export: what was picked, with notes; controls for the plate; files that say where they come from."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pandas as pd
import streamlit as st

from leap_core.errors import UserError
from leap_core.ranking.controls import RULES, matched_controls
from leap_core.ranking.hit_table import everything, in_words, show, with_priority
from leap_core.report.csv import file_name
from leap_core.report.shortlist import MAX_NOTE, Shortlist, read_shortlist
from leap_core.services.models import Model
from leap_core.services.scoring import ScoredSample
from pages.shared.columns import as_shown, column_config
from pages.shared.downloads import download_buttons, export_of, report_button
from pages.shared.export_button import export_button
from pages.shared.header import choose_kind, header, scored_or_stop
from pages.shared.saved_views import save_view_button
from pages.shared.session import KINDS, chosen_sample, session
from pages.shared.tables import draw_table
from pages.shared.text import plain
from pages.shared.view import stored_view

_PICKED_COLUMNS = [
    "perturbation",
    "priority",
    "probability",
    "predicted",
    "panel_percentile",
    "accuracy",
    "badge",
    "status",
]


def picked_rows(kind: str, model: Model, scored: ScoredSample) -> pd.DataFrame:
    """The shortlist as an editable table; returns its rows with their notes."""
    state = session()
    add_by_name(kind, scored)
    unknown = [name for name in state.shortlist[kind] if name not in scored.table.index]
    picked = scored.table.loc[[name for name in state.shortlist[kind] if name in scored.table.index]]
    if unknown:
        st.warning(
            f"Not in this model: {plain(', '.join(unknown))}. They stay on the shortlist.", icon=":material/warning:"
        )
    if picked.empty:
        words = f"Nothing picked yet. Tick rows on Ranked dependencies, or add {KINDS[kind].lower()} by name above."
        st.info(words, icon=":material/playlist_add:")
        take_over(kind)
        return picked
    event = draw_table(
        as_shown(picked, model.panel.score),
        # Ticks are kept by the number of the row: other rows are another table.
        key=f"shortlist_{kind}_{len(picked)}_{hash((chosen_sample(), *picked.index))}",
        on_select="rerun",
        selection_mode="multi-row",
        column_config=column_config(model.panel.score),
        column_order=_PICKED_COLUMNS,
    )
    remove_or_note(kind, picked.index[event.selection.rows].tolist())
    notes = pd.Series(state.notes[kind], dtype=str).reindex(picked.index).fillna("")
    return picked.assign(note=notes) if (notes != "").any() else picked


def add_by_name(kind: str, scored: ScoredSample) -> None:
    """Add perturbations whose names the user knows."""
    state = session()
    others = scored.table.index[~scored.table.index.isin(state.shortlist[kind])].tolist()
    with st.container(horizontal=True, vertical_alignment="bottom"):
        extra = st.multiselect(f"Add {KINDS[kind].lower()} by name", others, key=f"add_{kind}", width=420)
        if st.button("Add", disabled=not extra, key="shortlist_add", icon=":material/add:"):
            state.pick(kind, extra)
            st.rerun()


def take_over(kind: str) -> None:
    """Take over what was picked for another sample of this session."""
    state = session()
    others = {sample: picks for sample, picks in state.elsewhere.items() if picks.names[kind]}
    if not others:
        return
    with st.container(horizontal=True, vertical_alignment="bottom"):
        chosen = st.selectbox("Picked for another sample", list(others), key=f"elsewhere_{kind}", width=420)
        count = len(others[chosen].names[kind])
        if st.button(f"Take over its {count}", key="take_over", icon=":material/content_copy:"):
            state.pick(kind, others[chosen].names[kind])
            st.rerun()


def remove_or_note(kind: str, chosen: list[str]) -> None:
    """Take the ticked rows off the list, or write a note on a single one."""
    state, label = session(), f"Remove {len(chosen)} selected"
    with st.container(horizontal=True, vertical_alignment="bottom"):
        if st.button(label, disabled=not chosen, key="shortlist_remove", icon=":material/playlist_remove:"):
            state.unpick(kind, chosen)
            st.rerun()
        if len(chosen) != 1:
            st.caption("Tick one row to write a note on it.")
            return
        (name,) = chosen
        key = f"note_{kind}_{name}_of_{state.sample}"
        note = st.text_input(f"Note on {plain(name)}", state.notes[kind].get(name, ""), MAX_NOTE, key=key, width=420)
        state.notes[kind][name] = note


def keep_and_take_up(kind: str, model: Model, scored: ScoredSample) -> None:
    """Save the shortlist as a file, and take one up again."""
    state = session()
    with st.expander("Save the shortlist, or take up a saved one", icon=":material/save:"):
        origin = {
            "sample": scored.sample,
            "model": model.name,
            "model_key": model.key,
            "release": model.panel.release,
            "saved": date.today().isoformat(),
        }
        export_button(
            "Save the shortlist (JSON)",
            lambda: Shortlist(state.shortlist, state.notes, origin).to_json(),
            "shortlist (json)",
            model,
            mime="application/json",
            key="save_shortlist",
            file_name=file_name(scored.sample, "shortlist", model.panel.release, date.today(), ending="json"),
            disabled=state.picked == 0,
        )
        file = st.file_uploader("A saved shortlist", type="json", key="load_shortlist", max_upload_size=5)
        if (said := st.session_state.pop("shortlist_taken", None)) is not None:
            st.success(plain(said))
        if file is not None and st.button(
            "Add its names and notes", key="take_up_shortlist", icon=":material/playlist_add:"
        ):
            try:
                saved = read_shortlist(file.getvalue(), file.name)
                added = state.take_up(saved)
                missing = [name for name in saved.names[kind] if name not in scored.table.index]
                absent = f": {', '.join(missing[:20])}" if missing else ""
                st.session_state["shortlist_taken"] = (
                    f"{added} names added. Of its {KINDS[kind].lower()} {len(missing)} are not in {model.name}{absent}."
                )
                st.rerun()
            except UserError as error:
                st.error(plain(error), icon=":material/block:")


def controls_for(hits: pd.Index, model: Model, scored: ScoredSample) -> pd.DataFrame:
    """Controls beside the hits, by stated rules."""
    each = st.slider("Controls of each kind", 0, 20, 5, key="controls_each", persist_state="session")
    controls = matched_controls(scored.table, hits, each, model.panel.score.higher_is_stronger)
    if controls.empty:
        st.caption("No controls: the panel's score has no line for dependent, or none is asked for.")
        return controls
    draw_table(
        as_shown(controls, model.panel.score),
        key="controls",
        column_config={**column_config(model.panel.score), "control": "Control"},
        height=420,
        column_order=["perturbation", "control", "predicted", "probability", "panel_class", "expressed", "accuracy"],
    )
    st.caption(" ".join(f"**{kind.capitalize()}**: {rule}." for kind, rule in RULES.items()))
    return controls


header("shortlist", "Shortlist and export", "What you picked, and files to take away.")
kind = choose_kind("shortlist_kind")
scored_model, scored = scored_or_stop(kind)
view = stored_view(scored_model, kind)
# One priority for one row on the whole page and in every export: that of the order chosen on Ranked dependencies.
scored = replace(scored, table=with_priority(scored.table, scored_model.panel.score, view))
noun = KINDS[kind].lower()

st.subheader("Shortlist")
picked = picked_rows(kind, scored_model, scored)
keep_and_take_up(kind, scored_model, scored)
controls = pd.DataFrame()
if kind == "gene":
    st.subheader("Controls for the plate")
    controls = controls_for(picked.index, scored_model, scored)

st.subheader("Export")
filtered = show(scored.table, scored_model.panel.score, view)
scopes = {
    "picked": (picked, "picked rows, in the order they were picked"),
    "filtered": (filtered.table, f"{filtered.sentence(noun)}; order: {in_words(view)}"),
    "all": (show(scored.table, scored_model.panel.score, everything(view)).table, f"all rows; order: {in_words(view)}"),
}
for column, (scope, (table, words)) in zip(st.columns(3), scopes.items(), strict=True):
    with column.container(border=True, height="stretch"):
        st.markdown(f"**{plain(scope.capitalize())}** · {len(table):,} {noun}")
        st.caption(plain(words))
        download_buttons(export_of(scored_model, scored, table, words, scope, controls), main=scope == "picked")
with st.container(horizontal=True):
    report_button(kind, scored_model, scored, controls)
    save_view_button(kind, scored_model, scored)
st.caption(
    "In the order and with the filters of Ranked dependencies. The first lines of CSV and TSV, beginning with #, and"
    " the workbook's Read-me say sample, model, data release, input check, rows and date."
)
