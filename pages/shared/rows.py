"""Rows of genes or drugs that were marked in a table or a figure: look at one, take many to the shortlist."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from leap_core.report.figures.style import shown
from leap_core.report.links import first_link
from leap_core.services.scoring import ScoredSample
from pages.shared.plots import plot
from pages.shared.session import chosen_sample, session
from pages.shared.tables import draw_table
from pages.shared.text import plain

# Where a point of a figure may carry the name of its row.
_CARRIERS = ("text", "customdata", "y", "x")
# Names of ticked rows by table, kind and sample.
_TICKED = "ticked"
_NAME, _LINK = "perturbation", "link"
# More addresses would take time whenever the page is drawn.
_MOST_LINKS = 2000


def table_of_rows(frame: pd.DataFrame, kind: str, key: str, **options: Any) -> None:
    """Draw a table of genes or drugs whose rows can be ticked, and offer what can be done with those.

    Ticks belong to names: they stay when the list is ordered or filtered anew, and come back with the page.

    Parameters
    ----------
    frame
        The table; its index names the genes or drugs.
    kind
        ``gene`` or ``drug``.
    key
        Of what is offered below the table.
    options
        As in `streamlit.dataframe`.
    """
    names = frame.index.astype(str).tolist()
    all_ticks = st.session_state.setdefault(_TICKED, {})
    mine = (key, kind, chosen_sample())
    ticked: dict[str, None] = all_ticks.get(mine, {})
    # Streamlit knows ticks by the number of the row: another list is another table.
    table = f"{key}_table_{hash((mine, *names))}"
    first = {"selection": {"rows": [row for row, name in enumerate(names) if name in ticked]}}
    event = draw_table(
        _with_links(frame, names, kind),
        key=table,
        on_select="rerun",
        selection_mode="multi-row",
        selection_default=first,
        **_options_with_links(options, kind),
    )
    here = [names[row] for row in event.selection.rows]
    # Of rows that are not shown nothing was unticked.
    all_ticks[mine] = dict.fromkeys([*(ticked.keys() - set(names)), *here])
    offer(here, kind, key)


def _with_links(frame: pd.DataFrame, names: list[str], kind: str) -> pd.DataFrame:
    """The table with the address of each row's page in a public database; of a long list, of its first rows."""
    linked = frame.rename_axis(_NAME)
    addresses: list[str | None] = [first_link(kind, name) for name in names[:_MOST_LINKS]]
    linked.insert(0, _LINK, addresses + [None] * (len(names) - len(addresses)))
    return linked


def _options_with_links(options: dict[str, Any], kind: str) -> dict[str, Any]:
    name = st.column_config.TextColumn("Gene" if kind == "gene" else "Drug")
    site, what = ("DepMap", "gene") if kind == "gene" else ("ChEMBL", "drug")
    column = st.column_config.LinkColumn(
        site,
        width=60,
        display_text=":material/open_in_new:",
        help=f"Opens {site}'s page of the {what}; nothing is sent before",
    )
    more: dict[str, Any] = {"column_config": {**options.get("column_config", {}), _NAME: name, _LINK: column}}
    if order := options.get("column_order"):
        more["column_order"] = [_LINK, *order]
    return {**options, **more}


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
