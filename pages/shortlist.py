"""Shortlist and export: what was picked, and CSV files that say where they come from."""

from __future__ import annotations

from datetime import date
from functools import partial

import streamlit as st

from leap_core.export.csv import Provenance, file_name, hit_list_csv
from leap_core.passport import RED
from leap_core.prioritisation.ranking import ORDERS, View, ordered, show
from pages.shared.columns import column_config
from pages.shared.header import header, scored_or_stop
from pages.shared.session import KINDS, session

header("Shortlist and export", "What you picked, and files to take away.")
kind = st.segmented_control(
    "Panel", list(KINDS), format_func=KINDS.__getitem__, default="gene", key="shortlist_kind", required=True, persist_state="session"
)
model, scored = scored_or_stop(kind)
score = model.panel.score
noun = KINDS[kind].lower()
state = session()

st.subheader("Shortlist")
with st.container(horizontal=True, vertical_alignment="bottom"):
    extra = st.multiselect(
        f"Add {noun} by name", [n for n in scored.table.index if n not in state.shortlist[kind]], key=f"add_{kind}", width=420
    )
    if st.button("Add", disabled=not extra, key="shortlist_add", icon=":material/add:"):
        state.pick(kind, extra)
        st.rerun()
unknown = [name for name in state.shortlist[kind] if name not in scored.table.index]
picked = scored.table.loc[[name for name in state.shortlist[kind] if name in scored.table.index]]
if unknown:
    st.warning(f"Not in this model: {', '.join(unknown)}. They stay on the shortlist.", icon=":material/warning:")
if picked.empty:
    st.info(f"Nothing picked yet. Tick rows on Ranked dependencies, or add {noun} by name above.", icon=":material/playlist_add:")
else:
    event = st.dataframe(
        picked,
        key=f"shortlist_{kind}_{len(picked)}",
        on_select="rerun",
        selection_mode="multi-row",
        column_config=column_config(score),
        column_order=["perturbation", "predicted", "panel_percentile", "accuracy", "agreement_sd", "status"],
    )
    chosen = picked.index[event.selection.rows].tolist()
    if st.button(f"Remove {len(chosen)} selected", disabled=not chosen, key="shortlist_remove", icon=":material/playlist_remove:"):
        state.unpick(kind, chosen)
        st.rerun()

st.subheader("Export")
order = st.selectbox(
    "Order",
    list(ORDERS),
    index=list(ORDERS).index(st.session_state.get("ranked_order", "Selective and reliable")),
    key="export_order",
    width=260,
)
cut = st.session_state.get(f"ranked_cut_{score.metric}", score.accuracy_cut) if model.accuracy_measured else None
if st.session_state.get("ranked_all"):
    cut = None
filtered = show(
    scored.table,
    score,
    View(order, cut, kind == "gene" and st.session_state.get("ranked_hide", True), st.session_state.get("ranked_search") or ""),
)
scopes = {
    "picked": (picked, "picked rows, in the order they were picked"),
    "filtered": (filtered.table, f"{filtered.sentence(noun)}; order: {order}"),
    "all": (ordered(scored.table, score, order), f"all rows; order: {order}"),
}
assert state.profiles is not None
today = date.today()
red = scored.passport.light == RED
columns = st.columns(3)
for column, (scope, (table, words)) in zip(columns, scopes.items(), strict=True):
    with column.container(border=True, height="stretch"):
        st.markdown(f"**{scope.capitalize()}** · {len(table):,} {noun}")
        st.caption(words)
        provenance = Provenance(
            sample=scored.sample, upload=state.profiles.file_name, model=model.name, model_key=model.key, release=model.panel.release,
            score=f"{score.title} ({score.direction})", input_check=scored.passport.summary(), view=words,
            simulated=model.panel.simulated, day=today, red=red,
        )  # fmt: skip
        st.download_button(
            "Download CSV", partial(hit_list_csv, table, provenance), file_name=file_name(scored.sample, f"{noun}-{scope}", model.panel.release, today, red),
            mime="text/csv", key=f"download_{scope}", icon=":material/download:", on_click="ignore", disabled=table.empty, type="primary" if scope == "picked" else "secondary",
        )  # fmt: skip
st.caption("The first lines of each file, beginning with #, say sample, model, data release, input check, rows and date.")
