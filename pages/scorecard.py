"""Scorecard: after the screen, how the predictions did."""

from __future__ import annotations

import math

import streamlit as st

from leap_core.io.tables import UPLOAD_LIMIT
from leap_core.ranking.scorecard import HIT_RULES, Scorecard
from leap_core.services.scorecard import Measured, score_card
from pages.shared.columns import as_shown, column_config
from pages.shared.demo_samples import demo_screen
from pages.shared.header import choose_kind, header, scored_or_stop
from pages.shared.measured_file import read_or_ask
from pages.shared.models import gene_names
from pages.shared.rows import table_of_rows
from pages.shared.tables import draw_table
from pages.shared.text import plain
from pages.shared.view import stored_view

header(
    "scorecard",
    "Scorecard",
    "After the screen: upload what was measured of this sample, and read how the predictions did. It stays in this"
    " session.",
)
kind = choose_kind("card_kind")
model, scored = scored_or_stop(kind)
score = model.panel.score
left, right = st.columns([3, 2])
file = left.file_uploader(
    "Measured values of this sample: a table of names and scores, MAGeCK's gene summary, or a Chronos matrix",
    key="card_file",
    max_upload_size=UPLOAD_LIMIT.file_bytes // 2**20,
)
same_unit = right.checkbox("In the panel's unit", True, key="card_unit", help=f"{score.title}: {score.direction}")
content = (file.name, file.getvalue()) if file is not None else demo_screen() if kind == "gene" else None
if content is None:
    st.caption("The first column holds names, another the measured score. Nothing of it is kept.")
    st.stop()
name, measured_content = content


def judge(measured: Measured) -> tuple[Scorecard, str]:
    """The list of Ranked dependencies, judged by the file."""
    return score_card(model, scored, stored_view(model, kind), measured, gene_names())


card, what = read_or_ask(measured_content, name, same_unit, "card", score, judge)
if card.screened_line:
    st.warning(
        f"This sample is {plain(card.screened_line)}, which the model was trained on. It is judged by what the models"
        " that did not see it say, not by the list of Ranked dependencies.",
        icon=":material/warning:",
    )
st.markdown(
    f"Read: {plain(what)}. The list is that of Ranked dependencies, with its filters and order;"
    f" **{len(card.rows):,}** of its"
    " rows were measured."
)
st.caption(f"A hit is a row {HIT_RULES[card.rule]}.")
cards = st.columns(3)
cards[0].metric("Hits among the measured rows", f"{int(card.rows['hit'].sum()):,} of {len(card.rows):,}", border=True)
cards[1].metric(
    "Rank correlation, predicted with measured",
    f"{card.correlation:.2f}",
    border=True,
    help="Over rows; mostly says which genes or drugs are strong in any line",
)
cards[2].metric(
    "of what is selective",
    f"{card.selective_correlation:.2f}" if math.isfinite(card.selective_correlation) else "not told",
    border=True,
    help="z of the prediction with the measured score after each row's panel mean and spread; needs the panel's unit",
)
number = st.column_config.NumberColumn
draw_table(
    card.by_length.round(dict.fromkeys(("rate", "low", "high"), 2)),
    key="card_lengths",
    column_config={
        "hits": number("Hits in the first N"),
        "rate": number("Hit rate", format="percent"),
        "low": number("95 % from", format="percent"),
        "high": number("to", format="percent"),
        "expected": number("Hits that were expected", format="%.1f", help="Sum of the calibrated probabilities"),
        "by_chance": number("By chance", format="%.1f"),
    },
)
table_of_rows(
    as_shown(card.rows, score),
    kind,
    "card_rows",
    height=360,
    column_config={
        **column_config(score),
        "measured": number("Measured", format="%.2f"),
        "hit": st.column_config.CheckboxColumn("Hit"),
    },
    column_order=[
        "measured",
        "hit",
        "predicted",
        "interval_80_low",
        "interval_80_high",
        "probability",
        "priority",
        "accuracy",
    ],
)
