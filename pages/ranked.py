"""Ranked dependencies: the table of hits for the chosen sample, genes or drugs."""

from __future__ import annotations

import streamlit as st

from leap_core.figures.waterfall import waterfall
from leap_core.prioritisation.panel_summary import COMMON_ESSENTIAL_RULES
from leap_core.prioritisation.ranking import ORDERS, View, show
from pages.shared.columns import SHOWN_COLUMNS, column_config
from pages.shared.header import header, scored_or_stop
from pages.shared.plots import plot
from pages.shared.session import KINDS, session

header("Ranked dependencies", "Hypotheses to test, selective and reliable first. Predicted, never measured.")
kind = st.segmented_control(
    "Panel", list(KINDS), format_func=KINDS.__getitem__, default="gene", key="ranked_kind", required=True, persist_state="session"
)
model, scored = scored_or_stop(kind)
score = model.panel.score

with st.container(horizontal=True, vertical_alignment="bottom"):
    order = st.selectbox(
        "Order",
        list(ORDERS),
        key="ranked_order",
        help="\n".join(f"- **{k}**: {v}" for k, v in ORDERS.items()),
        persist_state="session",
        width=230,
    )
    search = st.text_input("Search", key="ranked_search", placeholder="part of a name", persist_state="session", width=180)
    cut = None
    if model.accuracy_measured:
        label = f"Accuracy on unseen lines, at least ({'AUROC' if score.binary else 'Spearman'})"
        cut = st.number_input(
            label, -1.0, 1.0, score.accuracy_cut, 0.05, key=f"ranked_cut_{score.metric}", persist_state="session", width=260
        )
        if st.checkbox("Show below the cut", key="ranked_all", persist_state="session"):
            cut = None
    hide = kind == "gene" and st.checkbox(
        "Hide common essentials", True, key="ranked_hide", help=COMMON_ESSENTIAL_RULES.get(score.key), persist_state="session"
    )

shown = show(scored.table, score, View(order, cut, bool(hide), search or ""))
st.markdown(f"**{shown.sentence(KINDS[kind].lower())}**")
if not model.accuracy_measured:
    st.warning(
        "Accuracy on unseen lines: not measured for this model. Train it with accuracy to see which rows can be trusted.",
        icon=":material/warning:",
    )
st.caption(f"{score.title}: {score.direction}. {score.note}")

columns = [column for column in SHOWN_COLUMNS if column in shown.table]
event = st.dataframe(
    shown.table[columns], key=f"ranked_table_{kind}_{order}_{cut}_{hide}_{search}", on_select="rerun", selection_mode="multi-row",
    height=430, column_config=column_config(score),
)  # fmt: skip
selected = shown.table.index[event.selection.rows].tolist()
with st.container(horizontal=True, vertical_alignment="center"):
    if st.button(
        f"Add {len(selected)} selected to the shortlist",
        disabled=not selected,
        type="primary",
        key="ranked_pick",
        icon=":material/playlist_add:",
    ):
        added = session().pick(kind, selected)
        st.toast(f"{added} added to the shortlist")
        st.rerun()
    if selected:
        st.page_link(
            "pages/one_perturbation.py",
            label=f"Look at {selected[0]}",
            icon=":material/search:",
            query_params={"name": selected[0], "kind": kind},
        )
    st.caption("Tick rows at their left edge. Sort with Order, so that exports follow the same order.")

plot(
    waterfall(shown.table, score, frozenset(session().shortlist[kind])), "waterfall",
    f"Predicted {score.title} of the {len(shown.table)} shown rows, strongest first", scored,
)  # fmt: skip
