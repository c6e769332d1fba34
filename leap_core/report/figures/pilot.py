"""A pilot in pictures: what measuring N rows buys, what was measured, and which rows moved."""

from __future__ import annotations

import pandas as pd
import plotly.graph_objects as go

from leap_core.panel.scores import ScoreType
from leap_core.report.figures.style import BLUE, GREY, ORANGE, finish

_ROW_PIXELS, _FRAME = 24, 110


def plate_gains_figure(gains: pd.DataFrame, score: ScoreType) -> go.Figure:
    """True among the first 20 of the rest, against the number of rows measured, on lines that no model had seen.

    Parameters
    ----------
    gains
        From `leap_core.services.plates.plate_gains`.
    score
        Of the model.
    """
    figure = go.Figure()
    for column, colour, dash, title in (
        ("hits", BLUE, "solid", "with what the rows tell of each other"),
        ("hits_level", GREY, "dot", "by the general level alone"),
    ):
        figure.add_scatter(
            x=gains.index,
            y=gains[column],
            mode="lines+markers",
            name=title,
            line={"color": colour, "dash": dash},
            hovertemplate="%{x} measured: %{y:.1f} of the first 20 are true<extra></extra>",
        )
    figure.update_yaxes(rangemode="tozero")
    return finish(figure, f"{score.noun} measured", "true among the first 20 of the rest", 340)


def plate_results(rows: pd.DataFrame, score: ScoreType) -> go.Figure:
    """Predicted and measured of every measured row, the most surprising first; orange = stronger than predicted.

    Parameters
    ----------
    rows
        ``measured`` and ``predicted``, from `leap_core.pilot.outcome.PilotOutcome.surprises`.
    score
        Of the model.
    """
    figure = go.Figure()
    stronger = score.strength((rows["measured"] - rows["predicted"]).to_numpy(dtype=float)) > 0
    for name, row in rows.iterrows():
        figure.add_scatter(
            x=[row["predicted"], row["measured"]],
            y=[str(name), str(name)],
            mode="lines",
            line={"color": GREY, "width": 1},
            hoverinfo="skip",
            showlegend=False,
        )
    figure.add_scatter(
        x=rows["predicted"],
        y=rows.index.astype(str),
        mode="markers",
        name="predicted",
        marker={"color": GREY, "size": 9, "symbol": "line-ns-open"},
        hovertemplate="<b>%{y}</b><br>predicted %{x:.2f}<extra></extra>",
    )
    for which, colour, title in (
        (stronger, ORANGE, f"measured, more {score.adjective} than predicted"),
        (~stronger, BLUE, f"measured, less {score.adjective}"),
    ):
        figure.add_scatter(
            x=rows.loc[which, "measured"],
            y=rows.index[which].astype(str),
            mode="markers",
            name=title,
            marker={"color": colour, "size": 9},
            hovertemplate="<b>%{y}</b><br>measured %{x:.2f}<extra></extra>",
        )
    figure.update_yaxes(autorange="reversed")
    title = f"{score.title} ({score.direction})"
    return finish(figure, title[:1].upper() + title[1:], "", _FRAME + _ROW_PIXELS * max(len(rows), 3))


def moved_ranks(table: pd.DataFrame) -> go.Figure:
    """Places of the first rows before and after the pilot; orange = moved up.

    Parameters
    ----------
    table
        First rows after the pilot, in order; ``rank_before`` is counted among the rows that were not measured.
    """
    figure, edge = go.Figure(), len(table) + 4
    for place, (name, before) in enumerate(table["rank_before"].items(), start=1):
        colour = ORANGE if before > place else GREY if before == place else BLUE
        figure.add_scatter(
            x=["before", "after"],
            y=[min(float(before), edge), place],
            mode="lines+markers",
            line={"color": colour, "width": 2},
            marker={"size": 6},
            customdata=[[before], [place]],
            hovertemplate="place %{customdata[0]} %{x}<extra></extra>",
            showlegend=False,
        )
        figure.add_annotation(
            x="after", y=place, text=f"{place}. {name}", showarrow=False, xanchor="left", xshift=8, font={"size": 11}
        )
    figure.update_yaxes(range=[edge + 0.5, 0.5])
    figure.update_xaxes(range=[-0.15, 1.8])
    return finish(figure, "", f"place in the list ({edge}: or farther down)", _FRAME + _ROW_PIXELS * len(table))
