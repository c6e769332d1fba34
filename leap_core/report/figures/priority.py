"""The priority taken apart, and what a budget buys."""

from __future__ import annotations

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from leap_core.ranking.budget import METHODS
from leap_core.ranking.priority import Weights, points
from leap_core.report.figures.style import BLUE, GREY, ORANGE, finish

# Between the ticks of an axis of percents.
_STEP = 0.05

_SHADES = {
    "selectivity": BLUE,
    "reliability": ORANGE,
    "strength": "#6ba4dd",
    "tractability": "#b3752f",
    "concordance": "#1d4e86",
}
_LINES = {
    "leap": (BLUE, "solid", 3),
    "lineage_mean": (ORANGE, "solid", 2),
    "nearest_line": ("#b3752f", "dash", 2),
    "random": (GREY, "dot", 2),
}


def priority_bars(rows: pd.DataFrame, weights: Weights) -> go.Figure:
    """Stacked bars: how many points each component gives to each row, first row at the top.

    Parameters
    ----------
    rows
        From `leap_core.ranking.priority.components`, in list order.
    weights
        That were used.
    """
    figure = go.Figure()
    names = list(rows.index)[::-1]
    given = points(rows, weights)
    for component, weight in weights.as_dict().items():
        if given[component].any():
            figure.add_bar(
                x=given[component].reindex(names),
                y=names,
                orientation="h",
                name=f"{component} (of {weight:g})",
                marker={"color": _SHADES[component]},
                hovertemplate=f"%{{y}}<br>{component}: %{{x:.1f}} of {weight:g}<extra></extra>",
            )
    figure.update_layout(barmode="stack", legend_traceorder="normal")
    figure.update_xaxes(range=[0, 100])
    return finish(figure, "Priority (points of 100)", "", 150 + 22 * len(names))


def yield_figure(curves: pd.DataFrame, number: int, expected: float, low: float, high: float) -> go.Figure:
    """True dependencies found against the length of the list on held-out lines, with this sample's expectation at N.

    Parameters
    ----------
    curves
        From `leap_core.ranking.budget.yield_curves`.
    number, expected, low, high
        The budget and what it promises for this sample.
    """
    figure = go.Figure()
    for method, title in METHODS.items():
        colour, dash, width = _LINES[method]
        figure.add_scatter(
            x=curves.index,
            y=curves[title],
            mode="lines",
            name=title,
            line={"color": colour, "dash": dash, "width": width},
            hovertemplate=f"{title}: %{{y:.1f}} in the first %{{x}}<extra></extra>",
        )
    figure.add_scatter(
        x=[number],
        y=[expected],
        mode="markers",
        name="this sample",
        marker={"color": ORANGE, "size": 13, "symbol": "star"},
        error_y={
            "type": "data",
            "symmetric": False,
            "array": [high - expected],
            "arrayminus": [expected - low],
            "color": ORANGE,
        },
        hovertemplate=(
            f"this sample: {expected:.1f} expected in the first {number} (80 % of held-out lines: {low:.1f} to"
            f" {high:.1f})<extra></extra>"
        ),
    )
    return finish(figure, "Rows tested (N)", "True, selective hits found", 380)


def reliability_diagram(check: pd.DataFrame) -> go.Figure:
    """Share of true dependencies found against the probability said, by groups, with the identity line."""
    figure = go.Figure()
    top = float(check[["said", "found"]].to_numpy().max()) * 1.08
    figure.add_scatter(
        x=[0, top], y=[0, top], mode="lines", line={"color": GREY, "dash": "dot"}, hoverinfo="skip", showlegend=False
    )
    figure.add_annotation(
        x=top,
        y=top,
        text="said = found",
        showarrow=False,
        xanchor="right",
        yanchor="bottom",
        font={"size": 11, "color": GREY},
    )
    figure.add_scatter(
        x=check["said"],
        y=check["found"],
        mode="lines+markers",
        marker={"color": BLUE, "size": 8},
        line={"color": BLUE},
        showlegend=False,
        customdata=check["pairs"],
        hovertemplate="said %{x:.1%}, found %{y:.1%} (%{customdata:,} pairs of line and row)<extra></extra>",
    )
    figure.update_xaxes(tickformat=".0%")
    figure.update_yaxes(tickformat=".0%")
    return finish(figure, "Probability said", "True, selective hits found", 320)


def coverage_bars(check: pd.DataFrame, nominal: float) -> go.Figure:
    """Share of intervals that held by part of the held-out lines, against the nominal coverage."""
    figure = go.Figure()
    names = [f"{lineage} ({lines})" for lineage, lines in zip(check.index, check["lines"], strict=True)][::-1]
    colours = [ORANGE if name.startswith(("all lines", "first ")) else BLUE for name in names]
    figure.add_scatter(
        x=check["coverage"][::-1],
        y=names,
        mode="markers",
        marker={"color": colours, "size": 10},
        showlegend=False,
        hovertemplate="%{y}: %{x:.1%}<extra></extra>",
    )
    figure.add_vline(
        nominal,
        line={"color": GREY, "dash": "dot"},
        annotation={"text": f"nominal {nominal:.0%}", "font": {"size": 11, "color": GREY}},
    )
    # Whole steps of five points: between narrower ones a percent stands twice.
    low, high = min(check["coverage"].min(), nominal), max(check["coverage"].max(), nominal)
    reach = [np.floor((low - 0.01) / _STEP) * _STEP, np.ceil((high + 0.01) / _STEP) * _STEP]
    figure.update_xaxes(tickformat=".0%", range=reach, dtick=_STEP if reach[1] - reach[0] <= 10 * _STEP else 2 * _STEP)
    return finish(figure, "Intervals that held", "", 120 + 22 * len(names))
