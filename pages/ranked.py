"""Ranked dependencies: the table of hits for the chosen sample, genes or drugs, and what a budget buys."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from leap_core.ranking.budget import BUDGETS, Budget, budget, recall_and_precision, yield_curves
from leap_core.ranking.dependency_rule import rule_in_words
from leap_core.ranking.hit_table import show
from leap_core.ranking.priority import components
from leap_core.report.figures.priority import coverage_bars, priority_bars, reliability_diagram, yield_figure
from leap_core.report.figures.waterfall import waterfall
from leap_core.services.models import Model
from leap_core.services.scoring import ScoredSample, calibration_of
from pages.shared.columns import SHOWN_COLUMNS, as_shown, column_config
from pages.shared.header import choose_kind, header, scored_or_stop
from pages.shared.plots import plot
from pages.shared.rows import plot_of_rows, table_of_rows
from pages.shared.saved_views import said_of_reopened, save_view_button, wanted_number
from pages.shared.session import KINDS, session
from pages.shared.tables import draw_table
from pages.shared.text import plain
from pages.shared.unscreened import unscreened_section
from pages.shared.view import highlighted, order_and_filters, weights_of

# Fifteen rows under the titles' own, on a screen of 900 pixels.
_ROWS, _ROW_PIXELS, _TITLE_PIXELS = 15, 28, 38


def pick_table(model: Model, table: pd.DataFrame, kind: str) -> None:
    """The table, with rows to tick and take to the shortlist."""
    columns = [column for column in SHOWN_COLUMNS if column in table]
    table_of_rows(
        as_shown(table[columns], model.panel.score),
        kind,
        "ranked",
        height=_TITLE_PIXELS + _ROWS * _ROW_PIXELS,
        row_height=_ROW_PIXELS,
        column_config=column_config(model.panel.score),
    )
    st.caption(
        "Tick rows at their left edge, to look at one or to take them to the shortlist; their ticks stay with them when"
        " the list changes. Sort with Order, so that exports follow the same order."
    )


def budget_section(model: Model, scored: ScoredSample, table: pd.DataFrame, kind: str) -> None:
    """I can test N: expected true dependencies, their interval, the alternatives, and N to the shortlist."""
    st.subheader(f"How many {KINDS[kind].lower()} can you test?")
    longest = min(len(table), 200)
    if longest < 2:
        st.caption("Too few rows are shown.")
        return
    wanted = wanted_number(kind)
    # The key changes with the length of the list: a slider kept from a longer one would lie beyond its end.
    number = st.slider("N, from the top of the list", 1, longest, min(wanted, longest), key=f"budget_{kind}_{longest}")
    if number != min(wanted, longest):
        st.session_state[f"budget_wanted_{kind}"] = number
    found = budget(table, number, calibration_of(model, scored).yields)
    left, right = st.columns([1, 2])
    with left:
        budget_card(found, table, kind)
        save_view_button(kind, model, scored)
    with right:
        yields_of_lists(found, model, scored)


def budget_card(found: Budget, table: pd.DataFrame, kind: str) -> None:
    """What the first N rows promise, and a button that takes them."""
    interval = "not measured" if pd.isna(found.low) else f"{found.low:.1f} to {found.high:.1f}"
    st.metric(
        f"Expected true, selective {'dependencies' if kind == 'gene' else 'sensitivities'}",
        f"{found.expected:.1f} of {found.number:d}",
        f"80 % interval {interval}",
        delta_color="off",
        delta_arrow="off",
        border=True,
        help=(
            "Sum of the calibrated probabilities. The interval is how much hits differed from such sums on held-out"
            " lines, in the default order"
        ),
    )
    label = f"Add these {found.number:d} to the shortlist"
    if st.button(label, key=f"budget_pick_{kind}", icon=":material/playlist_add:"):
        session().pick(kind, table.index[: found.number].tolist())
        st.rerun()


def yields_of_lists(found: Budget, model: Model, scored: ScoredSample) -> None:
    """What lists of held-out lines would have found, by this order and the alternatives."""
    yields, kind = calibration_of(model, scored).yields, model.panel.score.kind
    if yields is None:
        st.caption("Hits of held-out lines were not counted: the model was trained without accuracy.")
        return
    curves = yield_curves(yields).iloc[: len(scored.table)]
    title = "True hits found against rows tested, on held-out lines, by this list and three others"
    plot(yield_figure(curves, found.number, found.expected, found.low, found.high), f"yield_{kind}", title, scored)
    with st.expander("Precision and recall on held-out lines"):
        percent = st.column_config.NumberColumn
        draw_table(
            recall_and_precision(yields, BUDGETS[kind]),
            key=f"recall_{kind}",
            hide_index=True,
            column_config={name: percent(name.capitalize(), format="percent") for name in ("precision", "recall")},
        )
        st.caption(f"True: {plain(rule_in_words(model.panel.score))}.")


def calibration_section(model: Model, scored: ScoredSample, kind: str) -> None:
    """Whether probabilities and intervals keep their word on held-out lines."""
    check, coverage = model.probability_check, model.coverage_check
    if check is None or scored.pilot is not None:
        # These are of lists without a pilot.
        return
    with st.expander("Do probabilities and intervals keep their word on held-out lines?"):
        left, right = st.columns(2)
        with left:
            plot(
                reliability_diagram(check),
                f"reliability_{kind}",
                "True hits found against the probability said, on held-out lines",
                scored,
            )
        if coverage is not None:
            with right:
                plot(
                    coverage_bars(coverage, 0.8),
                    f"coverage_{kind}",
                    "Share of 80 % intervals that held on held-out lines: all, first rows, by class and lineage",
                    scored,
                )
        st.caption(
            "Every line of the panel as predicted by the outer fold that had not seen it; lineages with ten lines or"
            " more."
        )


header(
    "ranked",
    "Ranked dependencies",
    "Hypotheses to test, likeliest selective dependencies first. Predicted, never measured.",
)
bar = st.container(horizontal=True, vertical_alignment="bottom")
with bar:
    kind = choose_kind("ranked_kind")
model, scored = scored_or_stop(kind)
score = model.panel.score
view = order_and_filters(model, kind, bar)

shown = show(scored.table, score, view)
said_of_reopened(kind, scored, view, shown.table)
st.markdown(f"**{plain(shown.sentence(KINDS[kind].lower()))}**")
if not model.accuracy_measured:
    st.warning(
        "Accuracy on unseen lines: not measured for this model. Train it with accuracy to see which rows can be"
        " trusted.",
        icon=":material/warning:",
    )
if shown.table.empty:
    targets = any(name in scored.table for name in ("targets", "approved_drugs"))
    st.info(
        "No row passes these filters. Loosen them, or reset them above."
        + ("" if targets else " Targets are searched once a table of drugs lies beside the models: Data and training."),
        icon=":material/filter_alt_off:",
    )
    st.stop()
pick_table(model, shown.table, kind)
st.caption(f"{score.title[:1].upper()}{score.title[1:]}: {score.direction}. {score.note}")
if kind == "drug":
    st.caption(
        f"General sensitivity of this sample: more sensitive to drugs as a whole than {scored.level.percentile:.0f} %"
        " of the panel's lines. What is selective beyond that is the relative percentile."
    )
marked = highlighted(scored.table.index.tolist())
plot_of_rows(
    waterfall(shown.table, score, frozenset(session().shortlist[kind]), frozenset(marked)),
    "waterfall",
    f"Predicted {score.title} of the {len(shown.table)} shown rows, strongest first",
    scored,
    shown.table.index,
)
weights = weights_of(view)
if weights is not None and len(shown.table):
    with st.expander("How the priority comes about"):
        rows = components(scored.table, score).loc[shown.table.index[:20]]
        plot_of_rows(
            priority_bars(rows, weights),
            f"priority_{kind}",
            "Points that each component gives to the first rows",
            scored,
            rows.index,
        )
budget_section(model, scored, shown.table, kind)
calibration_section(model, scored, kind)
unscreened_section(model, scored)
