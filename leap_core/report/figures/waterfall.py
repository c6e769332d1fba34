"""Waterfall: every shown perturbation from the strongest to the weakest prediction."""

from __future__ import annotations

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from leap_core.panel.scores import ScoreType
from leap_core.report.figures.style import BLUE, ORANGE, add_reference_lines, finish

_LABELLED = 25
# Room of a label, as shares of the plot.
_LABEL_WIDTH, _LABEL_HEIGHT = 0.09, 0.055


def waterfall(
    table: pd.DataFrame, score: ScoreType, picked: frozenset[str], highlighted: frozenset[str] = frozenset()
) -> go.Figure:
    """Predicted score against rank; the first rows of the list and the picked ones are labelled.

    Parameters
    ----------
    table
        Hit table in list order; ``predicted``, ``panel_percentile``, ``accuracy``.
    score
        Score type, for direction and reference lines.
    picked, highlighted
        Perturbations on the shortlist, and those that the user pasted.
    """
    strength = score.strength(table["predicted"].to_numpy(dtype=float))
    sorted_rows = table.iloc[np.argsort(-np.nan_to_num(strength, nan=-np.inf), kind="stable")]
    rank = np.arange(1, len(sorted_rows) + 1)
    names = sorted_rows.index.to_numpy(dtype=str)
    values = sorted_rows["predicted"].to_numpy(dtype=float)
    figure = go.Figure()
    hover = (
        "<b>%{text}</b><br>predicted %{y:.3f}<br>panel percentile %{customdata[0]:.0f}<br>accuracy"
        " %{customdata[1]:.2f}<extra></extra>"
    )
    # Numbers alone go to the browser as they lie in memory; a table with the names in it, cell by cell.
    details = sorted_rows[["panel_percentile", "accuracy"]].to_numpy(dtype=np.float32)
    chosen, pasted = np.isin(names, list(picked)), np.isin(names, list(highlighted))
    groups = (
        (~chosen & ~pasted, BLUE, 5, "predicted", "circle"),
        (chosen & ~pasted, ORANGE, 10, "on the shortlist", "diamond"),
        (pasted, "#8a4a0b", 12, "highlighted", "star"),
    )
    for mask, colour, size, title, symbol in groups:
        if mask.any():
            figure.add_scattergl(
                x=rank[mask],
                y=values[mask],
                mode="markers",
                name=title,
                text=names[mask],
                customdata=details[mask],
                hovertemplate=hover,
                marker={"color": colour, "size": size, "symbol": symbol},
            )
    _label(figure, rank, values, names, set(highlighted) or set(table.index[:_LABELLED]) | picked)
    if len(values):
        add_reference_lines(
            figure, score.reference_lines, float(np.nanmin(values)), float(np.nanmax(values)), vertical=False
        )
    return finish(figure, "Rank by predicted score (strongest first)", score.axis, 380)


def _label(figure: go.Figure, rank: np.ndarray, values: np.ndarray, names: np.ndarray, wanted: set[str]) -> None:
    """Write names beside points, strongest first, leaving out those that would cover another."""
    height = float(np.nanmax(values) - np.nanmin(values)) or 1.0 if len(values) else 1.0
    taken: list[tuple[float, float]] = []
    written = []
    for position in np.flatnonzero(np.isin(names, list(wanted)) & np.isfinite(values)):
        place = (rank[position] / max(len(names), 1), float(values[position]) / height)
        if all(abs(place[0] - x) > _LABEL_WIDTH or abs(place[1] - y) > _LABEL_HEIGHT for x, y in taken):
            taken.append(place)
            written.append(position)
    # One trace of text: an annotation each would take longer to make than the figure.
    figure.add_scatter(
        x=rank[written],
        y=values[written],
        text=[f"\u2002{name}" for name in names[written]],
        mode="text",
        textposition="bottom right",
        textfont={"size": 11},
        showlegend=False,
        hoverinfo="skip",
    )
