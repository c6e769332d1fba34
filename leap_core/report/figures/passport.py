"""The input passport's map: where the sample lies among the panel's lines."""

from __future__ import annotations

import pandas as pd
import plotly.graph_objects as go

from leap_core.report.figures.style import BLUE, DOT_OPACITY, GREY, ORANGE, finish, shown

_LINEAGES_LABELLED = 8


def panel_map(lines: pd.DataFrame, sample: str, position: tuple[float, float], nearest: list[str]) -> go.Figure:
    """Panel lines on their first two principal components, the sample as a star, its nearest lines ringed.

    Parameters
    ----------
    lines
        Index line ids; ``x``, ``y``, ``name``, ``lineage``.
    sample, position
        The sample and its coordinates.
    nearest
        Ids of the nearest lines.
    """
    figure = go.Figure()
    hover = "<b>%{customdata[0]}</b><br>%{customdata[1]}<extra></extra>"
    figure.add_scattergl(
        x=lines["x"],
        y=lines["y"],
        mode="markers",
        name="screened lines",
        customdata=lines[["name", "lineage"]],
        hovertemplate=hover,
        marker={"color": BLUE, "size": 6, "opacity": DOT_OPACITY},
    )
    ringed = lines.loc[[line for line in nearest if line in lines.index]]
    figure.add_scattergl(
        x=ringed["x"],
        y=ringed["y"],
        mode="markers",
        name="most similar five",
        customdata=ringed[["name", "lineage"]],
        hovertemplate=hover,
        marker={"color": "rgba(0,0,0,0)", "size": 13, "line": {"color": ORANGE, "width": 2}},
    )
    figure.add_scattergl(
        x=[position[0]],
        y=[position[1]],
        mode="markers",
        name=sample,
        marker={"color": ORANGE, "size": 18, "symbol": "star"},
        hovertemplate=f"<b>{shown(sample)}</b><extra></extra>",
    )
    _name_lineages(figure, lines)
    return finish(figure, "Principal component 1 of the panel's expression", "Principal component 2", 420)


def _name_lineages(figure: go.Figure, lines: pd.DataFrame) -> None:
    """Name the largest lineages where their lines lie, leaving out names that would cover another."""
    width, height = float(lines["x"].max() - lines["x"].min()) or 1.0, float(lines["y"].max() - lines["y"].min()) or 1.0
    taken: list[tuple[float, float]] = []
    for lineage in lines["lineage"].value_counts().index[:_LINEAGES_LABELLED]:
        x, y = lines.loc[lines["lineage"] == lineage, ["x", "y"]].median()
        if all(abs(x - left) > 0.25 * width or abs(y - low) > 0.07 * height for left, low in taken):
            taken.append((float(x), float(y)))
            figure.add_annotation(
                x=x, y=y, text=lineage, showarrow=False, font={"size": 11, "color": GREY, "weight": "bold"}
            )
