"""Where a sample stands among the panel's lines for one perturbation, by lineage."""

from __future__ import annotations

import pandas as pd
import plotly.graph_objects as go

from leap_core.panel.scores import ScoreType
from leap_core.report.figures.style import BLUE, DOT_OPACITY, GREY, ORANGE, add_reference_lines, finish


def panel_position(lines: pd.DataFrame, sample: str, predicted: float, score: ScoreType) -> go.Figure:
    """Strips of the panel's lines, one per lineage, with the sample's prediction as a line through all.

    Parameters
    ----------
    lines
        Columns ``out_of_fold`` (prediction by models that did not see the line), ``measured``, ``lineage``, ``name``.
    sample, predicted
        The sample and its prediction.
    score
        Score type of the values.
    """
    order = lines.groupby("lineage")["out_of_fold"].median().sort_values(ascending=not score.higher_is_stronger)
    figure = go.Figure()
    hover = (
        "<b>%{customdata[0]}</b><br>predicted, not seen in training %{x:.3f}<br>measured"
        " %{customdata[1]:.3f}<extra></extra>"
    )
    sizes = lines["lineage"].value_counts()
    titles = {lineage: f"{lineage} ({sizes[lineage]})" for lineage in order.index}
    figure.add_box(
        x=lines["out_of_fold"].to_numpy(),
        y=[titles.get(lineage) for lineage in lines["lineage"]],
        orientation="h",
        boxpoints="all",
        pointpos=0,
        jitter=0.6,
        fillcolor="rgba(0,0,0,0)",
        line={"color": "rgba(0,0,0,0)"},
        marker={"color": BLUE, "size": 5, "opacity": DOT_OPACITY},
        customdata=list(zip(lines["name"], lines["measured"], strict=True)),
        hovertemplate=hover,
        showlegend=False,
        hoveron="points",
    )
    # The strongest lineage stands on top.
    figure.update_yaxes(categoryorder="array", categoryarray=[*reversed(titles.values())])
    figure.add_vline(predicted, line={"color": ORANGE, "width": 3})
    place = {"x": predicted, "y": 1.0, "yref": "paper", "yanchor": "bottom", "showarrow": False}
    figure.add_annotation(**place, text=f"{sample}: {predicted:.2f}", font={"color": ORANGE, "weight": "bold"})
    low, high = float(lines["out_of_fold"].min()), float(lines["out_of_fold"].max())
    add_reference_lines(figure, score.reference_lines, low, high, vertical=True)
    figure.update_yaxes(tickfont={"size": 11})
    return finish(figure, score.axis, "", 140 + 22 * len(order))


def measured_against_predicted(lines: pd.DataFrame, predicted: float, score: ScoreType) -> go.Figure:
    """Measured response of the panel's lines against their out-of-fold prediction: how far to trust this model."""
    figure = go.Figure()
    figure.add_scattergl(
        x=lines["out_of_fold"],
        y=lines["measured"],
        mode="markers",
        name="panel lines, not seen in training",
        marker={"color": BLUE, "size": 6, "opacity": DOT_OPACITY},
        customdata=lines[["name", "lineage"]],
        hovertemplate=(
            "<b>%{customdata[0]}</b> (%{customdata[1]})<br>predicted %{x:.3f}<br>measured %{y:.3f}<extra></extra>"
        ),
    )
    low, high = float(lines["out_of_fold"].min()), float(lines["out_of_fold"].max())
    figure.add_scatter(
        x=[low, high],
        y=[low, high],
        mode="lines",
        name="predicted = measured",
        line={"color": GREY, "dash": "dot"},
        hoverinfo="skip",
    )
    figure.add_vline(
        predicted,
        line={"color": ORANGE, "width": 3},
        annotation={"text": "this sample", "font": {"color": ORANGE}},
        annotation_position="bottom left",
    )
    return finish(figure, score.axis, f"Measured {score.title}", 380)
