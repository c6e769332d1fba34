"""Colours and layout that every figure shares: blue to orange, readable by the colour-blind, light and dark."""

from __future__ import annotations

import plotly.graph_objects as go

BLUE = "#2f78c4"
ORANGE = "#e0791b"
GREY = "#8a94a0"


def finish(figure: go.Figure, x_title: str, y_title: str, height: int) -> go.Figure:
    """Give a figure its axis titles and the shared layout; backgrounds stay those of the page."""
    figure.update_layout(
        height=height,
        margin={"l": 10, "r": 10, "t": 50, "b": 10},
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        legend={"orientation": "h", "yanchor": "bottom", "y": 1.02, "x": 0},
        hoverlabel={"namelength": -1},
    )
    figure.update_xaxes(title=x_title, gridcolor="rgba(128,128,128,0.2)", zeroline=False, automargin=True)
    figure.update_yaxes(title=y_title, gridcolor="rgba(128,128,128,0.2)", zeroline=False, automargin=True)
    return figure


def stamp(figure: go.Figure, text: str) -> go.Figure:
    """Write a warning across the top of a figure, so that a saved picture carries it too."""
    figure.add_annotation(
        text=f"<b>{text}</b>",
        xref="paper",
        yref="paper",
        x=1.0,
        y=1.0,
        xanchor="right",
        yanchor="bottom",
        yshift=24,
        showarrow=False,
        font={"color": "#ffffff", "size": 12},
        bgcolor="#b3261e",
        borderpad=4,
    )
    return figure


def add_reference_lines(
    figure: go.Figure, lines: tuple[tuple[float, str], ...], low: float, high: float, vertical: bool
) -> None:
    """Draw the values that users know, where they lie within the data's range."""
    for value, meaning in lines:
        if low <= value <= high:
            draw = figure.add_vline if vertical else figure.add_hline
            note = {"text": meaning, "font": {"size": 11, "color": GREY}, "textangle": 90 if vertical else 0}
            draw(value, line={"color": GREY, "dash": "dot", "width": 1}, annotation=note)
