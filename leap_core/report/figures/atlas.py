"""Figures of the accuracy atlas: distributions, accuracy against what it may depend on, lineages, cost."""

from __future__ import annotations

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from leap_core.accuracy.ceiling import DO_NOT_AGREE
from leap_core.report.figures.style import BLUE, DOT_OPACITY, GREY, ORANGE, finish

_NAMED = 5


def distributions(table: pd.DataFrame, methods: list[str], axis: str) -> go.Figure:
    """Accuracy over perturbations, a box for each method with its mean written beside it; the ensemble on top.

    Parameters
    ----------
    table
        A column per method.
    methods
        In the order from the top.
    axis
        Title of the axis.
    """
    figure = go.Figure()
    for method in reversed(methods):
        values = table[method].astype(float).dropna()
        figure.add_box(
            x=values,
            y=[f"{method} ({values.mean():.3f})"] * len(values),
            orientation="h",
            name=method,
            showlegend=False,
            boxpoints=False,
            boxmean=True,
            marker={"color": BLUE if method == methods[0] else GREY},
            hoverinfo="x",
        )
    return finish(figure, axis, "", 120 + 50 * len(methods))


def against(table: pd.DataFrame, column: str, x_title: str, axis: str, chosen: str | None = None) -> go.Figure:
    """Accuracy of every perturbation against one property of it; one may be marked by name."""
    figure = go.Figure()
    figure.add_scattergl(
        x=table[column],
        y=table["ensemble"],
        mode="markers",
        marker={"color": BLUE, "size": 5, "opacity": DOT_OPACITY},
        showlegend=False,
        customdata=table.index.to_numpy(dtype=str),
        hovertemplate=f"<b>%{{customdata}}</b><br>{x_title} %{{x:.3g}}<br>accuracy %{{y:.2f}}<extra></extra>",
    )
    if chosen is not None and chosen in table.index:
        figure.add_scatter(
            x=[table.loc[chosen, column]],
            y=[table.loc[chosen, "ensemble"]],
            mode="markers+text",
            text=[chosen],
            textposition="top center",
            marker={"color": ORANGE, "size": 11},
            showlegend=False,
            hoverinfo="skip",
        )
    return finish(figure, x_title, axis, 360)


def lineage_dots(table: pd.DataFrame, axis: str) -> go.Figure:
    """Accuracy within lineages: the ensemble beside the baselines."""
    figure = go.Figure()
    labels = [f"{lineage} ({lines})" for lineage, lines in table["lines"].items()]
    for method, colour, symbol in (
        ("nearest line", GREY, "x-thin-open"),
        ("PCA + ridge", ORANGE, "circle-open"),
        ("ensemble", BLUE, "circle"),
    ):
        figure.add_scatter(
            x=table[method],
            y=labels,
            mode="markers",
            name=method,
            marker={"color": colour, "symbol": symbol, "size": 9},
            hovertemplate=f"%{{y}}: {method} %{{x:.3f}}<extra></extra>",
        )
    figure.add_vline(0.5 if "AUROC" in axis else 0.0, line={"color": GREY, "dash": "dot"})
    figure.update_yaxes(autorange="reversed")
    return finish(figure, axis, "", 140 + 24 * len(table))


def cost_and_accuracy(table: pd.DataFrame, axis: str) -> go.Figure:
    """Mean accuracy of recipes with its interval against seconds of work; baselines as lines.

    Parameters
    ----------
    table
        From `leap_core.services.atlas.evaluation_table`.
    """
    figure = go.Figure()
    recipes = table[table["seconds"].astype(float).notna()].assign(
        seconds=lambda rows: rows["seconds"].astype(float).clip(lower=0.1)
    )
    figure.add_scatter(
        x=recipes["seconds"].astype(float),
        y=recipes["mean"],
        mode="markers+text",
        text=recipes["method"],
        textposition="top center",
        showlegend=False,
        marker={"color": BLUE, "size": 10},
        error_y={
            "type": "data",
            "symmetric": False,
            "array": recipes["high"] - recipes["mean"],
            "arrayminus": recipes["mean"] - recipes["low"],
            "color": BLUE,
        },
        hovertemplate="<b>%{text}</b><br>%{x:.0f} s<br>%{y:.4f}<extra></extra>",
    )
    for row in table[~table["method"].isin(recipes["method"]) & (table["mean"] > 0)].head(_NAMED).itertuples():
        figure.add_hline(
            row.mean,
            line={"color": GREY, "dash": "dot"},
            annotation={"text": row.method, "font": {"size": 11, "color": GREY}},
            annotation_position="bottom right",
        )
    if len(recipes):
        logs = np.log10(recipes["seconds"].astype(float))
        ticks = [step * 10.0**power for power in range(-1, 6) for step in (1, 2, 5)]
        # Digits alone between powers of ten would be read as seconds.
        figure.update_xaxes(
            type="log",
            range=[float(logs.min()) - 0.4, float(logs.max()) + 0.4],
            tickvals=ticks,
            ticktext=[f"{tick:,g}" for tick in ticks],
        )
    return finish(figure, "Seconds of work for all splits, shared parts charged to each recipe", axis, 380)


def agreement_of_laboratories(table: pd.DataFrame, axis: str) -> go.Figure:
    """Accuracy of every perturbation against the agreement of two laboratories, below the ceiling that this sets."""
    figure = go.Figure()
    reach = np.linspace(0.0, 1.0, 60)
    figure.add_scatter(
        x=reach,
        y=np.sqrt(reach),
        mode="lines",
        line={"color": GREY, "dash": "dash"},
        showlegend=False,
        hoverinfo="skip",
    )
    words = "dashed: the ceiling, square root of the agreement"
    figure.add_annotation(x=1.0, y=0.02, text=words, showarrow=False, xanchor="right", yanchor="bottom")
    figure.update_xaxes(range=[min(0.0, float(table["agreement"].min())) - 0.02, 1.02])
    figure.add_scatter(
        x=table["agreement"],
        y=table["ensemble"],
        mode="markers",
        marker={"color": np.where(table["laboratories"] == DO_NOT_AGREE, ORANGE, BLUE), "size": 7, "opacity": 0.8},
        showlegend=False,
        customdata=table.index.to_numpy(dtype=str),
        hovertemplate="<b>%{customdata}</b><br>agreement %{x:.2f}<br>accuracy %{y:.2f}<extra></extra>",
    )
    return finish(figure, "Agreement of two laboratories (Spearman, the same lines)", axis, 380)
