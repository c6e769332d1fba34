"""Ensemble and members: what each layer and fold says of this sample, and what averaging changes."""

from __future__ import annotations

import streamlit as st

from leap_core.model.recipe import layer_titles
from leap_core.ranking.hit_table import View, rank_agreement, show
from leap_core.report.figures.members import member_against_ensemble, member_strips, rank_agreement_bars
from leap_core.services.scoring import changed_calls, sample_members
from pages.shared.header import choose_kind, header, scored_without_pilot_or_stop
from pages.shared.plots import plot
from pages.shared.rows import plot_of_rows, table_of_rows
from pages.shared.session import session
from pages.shared.text import plain

# Fewer rows than these are shown whole.
_FEW = 5

header(
    "members",
    "Ensemble and members",
    "Every layer (a way to see expression) and fold (a part of the lines left out) gives its own prediction; the"
    " ensemble is their mean.",
)
kind = choose_kind("members_kind")
model, scored = scored_without_pilot_or_stop(kind)
score = model.panel.score
members = sample_members(model, scored)
st.markdown(
    f"**{len(members)} members** per {plain(kind)}: {model.recipe['layers']:d} layers x {model.recipe['folds']:d} folds"
)

default_view = View(
    minimum_accuracy=score.accuracy_cut if model.accuracy_measured else None, hide_common_essential=kind == "gene"
)
listed = show(scored.table, score, default_view).table.index
count = len(listed)
if count > _FEW:
    # The keys of both sliders change with their end: a value kept from a longer list would lie beyond it.
    longest = min(40, count)
    count = st.slider(
        "Rows of the ranked list",
        _FEW,
        longest,
        min(15, longest),
        key=f"members_rows_{longest}",
        persist_state="session",
    )
# A shortlist that was taken up from a file may name what this model does not have.
picked = [name for name in session().shortlist[kind] if name in members.columns]
names = list(dict.fromkeys([*listed[:count], *picked]))
st.subheader("Strips: members of each row")
if names:
    strips = member_strips(members[names], scored.table["predicted"], score, layer_titles(model.recipe))
    plot_of_rows(strips, "strips", "Predictions of every member for the first rows of the list", scored, names)
else:
    st.info("No row passes the accuracy cut.")

left, right = st.columns(2)
with left:
    st.subheader("Rank agreement")
    bars = rank_agreement_bars(rank_agreement(members, scored.table["predicted"]))
    plot(bars, "agreement", "Rank correlation of each member with the ensemble", scored)
with right:
    st.subheader("One member against the ensemble")
    chosen = st.selectbox(
        "Member",
        members.index.tolist(),
        format_func=lambda name: name.replace("_", " "),
        key="members_one",
        persist_state="session",
    )
    against = member_against_ensemble(members.loc[chosen], scored.table["predicted"].dropna(), chosen, score)
    plot_of_rows(against, "against", f"{chosen} against the ensemble", scored, members.columns)

st.subheader("Where the ensemble changes the call")
most = min(100, members.shape[1] // 2)
top = most
if most > _FEW:
    top = st.slider(
        "Called = among the strongest", _FEW, most, min(20, most), key=f"members_top_{most}", persist_state="session"
    )
disputed = changed_calls(members, score.higher_is_stronger, top)
st.caption(
    f"Rank by strength in the ensemble and in each layer alone; rows that are among the strongest {top:d} for one"
    " but not"
    f" for all. {len(disputed)} rows."
)
number = st.column_config.NumberColumn
layers = {
    f"layer_{layer}": number(f"{layer}: {plain(title)}")
    for layer, title in enumerate(layer_titles(model.recipe), start=1)
}
table_of_rows(disputed, kind, "disputed", column_config={"ensemble": number("Ensemble"), **layers})
