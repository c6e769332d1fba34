"""On Compare samples: the sample against a group of the panel's lines, predicted beside measured."""

from __future__ import annotations

import re

import pandas as pd
import streamlit as st

from leap_core.errors import LeapError
from leap_core.panel.lines import UNKNOWN_LINEAGE
from leap_core.ranking.line_group import MIN_LINES
from leap_core.report.figures.comparison import against
from leap_core.services.models import Model
from leap_core.services.scoring import ScoredSample, compare_with_lines
from pages.shared.downloads import comparison_button
from pages.shared.rows import plot_of_rows, table_of_rows
from pages.shared.session import KINDS
from pages.shared.text import plain

_LISTED = "Lines by name"


def lines_section(model: Model, scored: ScoredSample, kind: str) -> None:
    """Choose lines, and show what the sample is predicted to have beyond them."""
    st.subheader(f"{plain(scored.sample)} against lines of the panel")
    chosen = _chosen(model, scored)
    if chosen is None:
        return
    lines, title = chosen
    try:
        table = compare_with_lines(model, scored, lines)
    except LeapError as error:
        st.info(plain(error), icon=":material/group:")
        return
    score, called = model.panel.score, table["call"]
    st.markdown(
        f"**{int((called == 'gained').sum()):,} {KINDS[kind].lower()} are predicted more {score.adjective} than the"
        f" mean of {plain(title)}**, {int((called == 'lost').sum()):,} less, beyond an 80 % interval."
    )
    st.caption(
        "Lines stand with the predictions of models that had not seen them. Measured is their screens' mean: what they"
        " have, not what this sample has."
    )
    _table(table, model, kind)
    words = f"{scored.sample} compared with {title}, largest difference first"
    comparison_button(model, scored, table, words, f"{scored.sample}-against-lines", "line_group_csv")
    figure = against(table, f"Mean of {title}", scored.sample, score)
    plot_of_rows(figure, f"line_group_{kind}", f"{scored.sample} against {title}", scored, table.index)


def _table(table: pd.DataFrame, model: Model, kind: str) -> None:
    """The rows, with what their columns mean."""
    score = model.panel.score
    number = st.column_config.NumberColumn
    table_of_rows(
        table,
        kind,
        "line_group",
        height=380,
        column_config={
            "other": number("This sample, predicted", format="%.2f"),
            "base": number("The lines, predicted", format="%.2f"),
            "measured": number("The lines, measured", format="%.2f"),
            "measured_lines": number("Lines screened"),
            "difference": number("Difference", format="%.2f", help="This sample less the lines, both predicted"),
            "difference_low": number("80 % from", format="%.2f"),
            "difference_high": number("to", format="%.2f"),
            "gained": number("In SD of the panel", format="%.1f", help=f"Positive = more {score.adjective} here"),
            "call": st.column_config.TextColumn("Call"),
            "accuracy": number("Accuracy on unseen lines", format="%.2f"),
        },
        column_order=[
            *("other", "base", "measured", "measured_lines", "difference", "difference_low"),
            *("difference_high", "gained", "call", "accuracy"),
        ],
    )


def _chosen(model: Model, scored: ScoredSample) -> tuple[list[str], str] | None:
    """Which lines, and what they are called; None until the user has said."""
    lineages = model.panel.lines["lineage"].astype(str)
    counts = lineages[lineages != UNKNOWN_LINEAGE].value_counts()
    offered = [*counts[counts >= MIN_LINES].index, _LISTED]
    own = scored.passport.lineage
    chosen = st.selectbox(
        "Lines",
        offered,
        index=offered.index(own) if own in offered else 0,
        format_func=lambda name: name if name == _LISTED else f"{plain(name)} ({counts[name]})",
        key=f"line_group_choice_{model.key[:8]}",
        width=320,
        help="The lineage that the sample looks like comes first, where it looks like one",
    )
    if chosen != _LISTED:
        return lineages.index[lineages == chosen].tolist(), f"{int(counts[chosen])} lines of {chosen}"
    return _listed(model)


def _listed(model: Model) -> tuple[list[str], str] | None:
    text = st.text_area(
        "Paste names or ids of lines: one a line, or separated by commas, semicolons or tabs", key="line_group_names"
    )
    names = [part.strip() for part in re.split(r"[\n\r\t,;]+", text or "") if part.strip()]
    if not names:
        return None
    found = {name: model.reference.screened.named(name) for name in names}
    if missing := [name for name, places in found.items() if not places]:
        st.caption(f"Not in the panel: {plain(', '.join(missing[:20]))}.")
    places = sorted({place for found_places in found.values() for place in found_places})
    return model.panel.lines.index[places].tolist(), f"{len(places)} lines by name"
