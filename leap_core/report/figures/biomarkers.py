"""A gene's expression against the measured response of the panel, with its lineages marked."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from leap_core.panel.scores import ScoreType
from leap_core.report.figures.style import BLUE, DOT_OPACITY, GREY, ORANGE, finish

_LABELLED = 7
_MIN_LINEAGE = 5
# Names nearer to each other than these standard deviations of the axes would overlap.
_APART = (1.2, 0.35)


def biomarker_scatter(
    lines: pd.DataFrame, gene: str, here: float, lineage: str | None, unit: str, score: ScoreType
) -> go.Figure:
    """Lines as dots, lineages as named diamonds at their means, the sample as a line.

    Parameters
    ----------
    lines
        ``expression``, ``measured``, ``lineage``, ``name``; lines that were not screened are left out.
    gene, unit
        For the axis.
    here
        The sample's expression; NaN where it was not measured.
    lineage
        The sample's lineage, whose lines are orange; None where it is not told.
    score
        Score type of the measured values.
    """
    lines = lines.dropna(subset=["measured"])
    # Calls are 0 or 1: side by side they can be counted, one on the other they cannot.
    spread = np.tile(np.linspace(-0.08, 0.08, 9), len(lines) // 9 + 1)[: len(lines)] if score.binary else 0.0
    lines = lines.assign(shown=lines["measured"] + spread)
    figure = go.Figure()
    _add_lines(figure, lines[lines["lineage"] != lineage], BLUE, "other lineages")
    _add_lines(figure, lines[lines["lineage"] == lineage], ORANGE, f"{lineage}, as this sample")
    means = _marked(lines, lineage)
    figure.add_scatter(
        x=means["expression"],
        y=means["measured"],
        mode="markers+text",
        name="mean of a lineage",
        text=means.index,
        textposition="top center",
        marker={"symbol": "diamond", "size": 10, "color": GREY, "line": {"width": 1, "color": "#ffffff"}},
        textfont={"size": 11},
        customdata=means[["size"]],
        hovertemplate=(
            "<b>%{text}</b>, %{customdata[0]} lines<br>mean expression %{x:.2f}<br>mean measured"
            " %{y:.3f}<extra></extra>"
        ),
    )
    if not math.isnan(here):
        figure.add_vline(
            here,
            line={"color": ORANGE, "width": 3},
            annotation={"text": "this sample", "font": {"color": ORANGE}},
            annotation_position="top left",
        )
    return finish(figure, f"Expression of {gene}, {unit}", f"Measured {score.title}", 420)


def _add_lines(figure: go.Figure, lines: pd.DataFrame, colour: str, name: str) -> None:
    """Lines as dots."""
    if lines.empty:
        return
    figure.add_scatter(
        x=lines["expression"],
        y=lines["shown"],
        mode="markers",
        name=name,
        marker={"color": colour, "size": 6, "opacity": DOT_OPACITY if colour == BLUE else 1.0},
        customdata=lines[["name", "lineage", "measured"]],
        hovertemplate=(
            "<b>%{customdata[0]}</b> (%{customdata[1]})<br>expression %{x:.2f}<br>measured"
            " %{customdata[2]:.3f}<extra></extra>"
        ),
    )


def _marked(lines: pd.DataFrame, lineage: str | None) -> pd.DataFrame:
    """Means of the lineages farthest from the centre, and of the sample's: more names would hide each other."""
    groups = lines.groupby("lineage")
    means = groups[["expression", "measured"]].mean().assign(size=groups.size())
    means = means[(means["size"] >= _MIN_LINEAGE) | (means.index == lineage)]
    spread = lines[["expression", "measured"]].std()
    distance = (
        ((means[["expression", "measured"]] - lines[["expression", "measured"]].mean()) / spread.where(spread > 0, 1.0))
        .pow(2)
        .sum(axis=1)
    )
    order = distance.sort_values(ascending=False, kind="stable").index
    first = [name for name in order if name == lineage] + [name for name in order if name != lineage]
    scaled = (means[["expression", "measured"]] / spread.where(spread > 0, 1.0)).to_numpy()
    kept: list[int] = []
    for place in means.index.get_indexer(pd.Index(first)):
        away = np.abs(scaled[place] - scaled[kept])
        if len(kept) < _LABELLED and not ((away[:, 0] < _APART[0]) & (away[:, 1] < _APART[1])).any():
            kept.append(int(place))
    return means.iloc[kept]
