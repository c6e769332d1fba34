"""Samples against each other."""

from __future__ import annotations

import pandas as pd
import plotly.graph_objects as go

from leap_core.panel.scores import ScoreType
from leap_core.report.figures.style import BLUE, DOT_OPACITY, GREY, ORANGE, finish, shown

_LABELLED = 12
_SCALE = [[0.0, "#8a4a0b"], [0.25, "#e0a15a"], [0.5, "#f4f4f2"], [0.75, "#6ba4dd"], [1.0, "#1b4f8a"]]


def against(table: pd.DataFrame, base: str, other: str, score: ScoreType) -> go.Figure:
    """One sample's predictions against the other's.

    Rows whose interval leaves out 0 are orange, the largest changes named.

    Parameters
    ----------
    table
        From `leap_core.ranking.comparison.compare`.
    """
    figure = go.Figure()
    hover = "<b>%{text}</b><br>" + f"{shown(base)} %{{x:.3f}}<br>{shown(other)} %{{y:.3f}}<extra></extra>"
    for rows, colour, title in (
        (table[table["call"] == ""], BLUE, "no clear difference"),
        (table[table["call"] != ""], ORANGE, "80 % interval leaves out 0"),
    ):
        figure.add_scattergl(
            x=rows["base"].to_numpy(),
            y=rows["other"].to_numpy(),
            mode="markers",
            name=title,
            text=rows.index.to_numpy(dtype=str),
            hovertemplate=hover,
            marker={"color": colour, "size": 6, "opacity": DOT_OPACITY if colour == BLUE else 1.0},
        )
    low, high = float(table[["base", "other"]].min().min()), float(table[["base", "other"]].max().max())
    figure.add_scatter(
        x=[low, high],
        y=[low, high],
        mode="lines",
        line={"color": GREY, "dash": "dot"},
        hoverinfo="skip",
        showlegend=False,
    )
    for name, row in table.head(_LABELLED).iterrows():
        figure.add_annotation(
            x=row["base"], y=row["other"], text=str(name), showarrow=False, xanchor="left", xshift=6, font={"size": 11}
        )
    return finish(figure, f"{base}: {score.axis[0].lower()}{score.axis[1:]}", other, 440)


def heat_map(z: pd.DataFrame, adjective: str) -> go.Figure:
    """Robust z of many samples (columns) for some perturbations (rows), blue = stronger than the panel."""
    top = float(z.abs().to_numpy().max()) if z.size else 1.0
    figure = go.Figure(
        go.Heatmap(
            z=z.to_numpy(),
            x=list(z.columns),
            y=list(z.index),
            colorscale=_SCALE,
            zmid=0,
            zmin=-top,
            zmax=top,
            colorbar={"title": {"text": f"z (blue = more {adjective})"}},
            hovertemplate="%{y} in %{x}: z %{z:.1f}<extra></extra>",
        )
    )
    figure.update_yaxes(autorange="reversed")
    return finish(figure, "", "", 140 + 20 * len(z))
