"""Rows of genes or drugs that were marked in a table or a figure: look at one, take many to the shortlist."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from leap_core.report.figures.style import shown
from leap_core.services.scoring import ScoredSample
from pages.shared.plots import plot
from pages.shared.session import chosen_sample, session
from pages.shared.tables import draw_table
from pages.shared.text import plain

# Where a point of a figure may carry the name of its row.
_CARRIERS = ("text", "customdata", "y", "x")


def table_of_rows(frame: pd.DataFrame, kind: str, key: str, state: str = "", **options: Any) -> None:
    """Draw a table of genes or drugs whose rows can be ticked, and offer what can be done with those.

    Parameters
    ----------
    frame
        The table; its index names the genes or drugs.
    kind
        ``gene`` or ``drug``.
    key
        Of what is offered below the table.
    state
        What else the table's selection belongs to, such as the order of its rows.
    options
        As in `streamlit.dataframe`.
    """
    event = draw_table(frame, key=f"{key}_table{state}", on_select="rerun", selection_mode="multi-row", **options)
    # A selection may outlive the rows that it was made on.
    offer([str(frame.index[row]) for row in event.selection.rows if row < len(frame)], kind, key)


def plot_of_rows(figure: go.Figure, key: str, alt: str, scored: ScoredSample, known: Collection[str]) -> None:
    """Draw a figure of genes or drugs whose points and bars can be clicked or fenced in, and offer what can be done.

    Parameters
    ----------
    figure, key, alt, scored
        As in `pages.shared.plots.plot`.
    known
        Names of the rows.
    """
    event = plot(figure, key, alt, scored, on_select="rerun", selection_mode=("points", "box", "lasso"))
    offer(names_of(event.selection.points, known), session().kind, key)


def names_of(points: Sequence[Mapping[str, Any]], known: Collection[str]) -> list[str]:
    """Names of the rows that the marked points of a figure stand for, each once."""
    named = {shown(name): name for name in known} if points else {}
    carried = [[point.get(carrier) for carrier in _CARRIERS] for point in points]
    names = [
        next((named[value] for value in values if isinstance(value, str) and value in named), "") for values in carried
    ]
    return list(dict.fromkeys(filter(None, names)))


def offer(names: Sequence[str], kind: str, key: str) -> None:
    """A link to the first of some rows, and a button that takes all to the shortlist of the sample."""
    said = st.session_state.pop(f"{key}_added", None)
    if not names and not said:
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        if names:
            _look_and_pick(names, kind, key)
        if said:
            st.caption(f":material/check: {plain(said)}")


def _look_and_pick(names: Sequence[str], kind: str, key: str) -> None:
    if chosen_sample() is not None and st.button(
        f"Add {len(names)} selected to the shortlist", key=f"{key}_pick", type="primary", icon=":material/playlist_add:"
    ):
        added = session().pick(kind, list(names))
        st.session_state[f"{key}_added"] = f"{added} added to the shortlist ({len(names) - added} were on it)."
        st.rerun()
    st.page_link(
        "pages/one_perturbation.py",
        label=f"Look at {plain(names[0])}",
        icon=":material/search:",
        query_params={"name": names[0], "kind": kind},
    )
