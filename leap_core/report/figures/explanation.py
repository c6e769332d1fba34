"""Figures of why: selection proportions, the calibration surface, stability paths, pathways."""

from __future__ import annotations

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from leap_core.arrays import Array
from leap_core.explain.stability import Stability
from leap_core.report.figures.style import BLUE, GREY, ORANGE, finish, shown

_PATHS, _NAMED = 12, 6


def proportion_bars(rows: pd.DataFrame, threshold: float, stronger: str) -> go.Figure:
    """Selection proportion of genes, the highest at the top, blue where more expression means a stronger prediction.

    Parameters
    ----------
    rows
        ``feature``, ``proportion``, ``strengthens`` (+1, -1, 0), ``group_proportion``; highest first.
    threshold
        Drawn as a line.
    stronger
        What a stronger prediction is, for the legend.
    """
    figure = go.Figure()
    names = rows["feature"].tolist()[::-1]
    for sign, colour, title in (
        (1, BLUE, f"more expressed = {stronger}"),
        (-1, ORANGE, f"less expressed = {stronger}"),
        (0, GREY, "either way"),
    ):
        part = rows[rows["strengthens"] == sign]
        if len(part):
            figure.add_bar(
                x=part["proportion"],
                y=part["feature"],
                orientation="h",
                name=title,
                marker={"color": colour},
                customdata=part["group_proportion"],
                hovertemplate="%{y}: selected in %{x:.0%} of the halves, its group in %{customdata:.0%}<extra></extra>",
            )
    if np.isfinite(threshold):
        figure.add_vline(
            threshold,
            line={"color": GREY, "dash": "dot"},
            annotation={"text": f"threshold {threshold:.2f}", "font": {"size": 11, "color": GREY}},
            annotation_position="bottom right",
        )
    figure.update_yaxes(categoryorder="array", categoryarray=names)
    figure.update_xaxes(range=[0, 1.02], tickformat=".0%")
    return finish(figure, "Share of halves that select the gene", "", 130 + 22 * len(names))


def calibration_surface(found: Stability) -> go.Figure:
    """Stability score by penalty and threshold, the chosen pair as a star."""
    figure = go.Figure(
        go.Heatmap(
            z=found.surface.T,
            x=list(range(1, len(found.penalties) + 1)),
            y=list(found.thresholds),
            colorscale=[[0, "#f4ece4"], [0.5, "#6ba4dd"], [1, "#1d4e86"]],
            customdata=np.broadcast_to(found.selected[None, :], found.surface.T.shape),
            colorbar={"title": {"text": "score"}},
            hovertemplate=(
                "penalty %{x}, threshold %{y:.2f}: score %{z:.0f}, %{customdata:.1f} genes a half<extra></extra>"
            ),
        )
    )
    if found.chosen is not None:
        figure.add_scatter(
            x=[found.chosen[0] + 1],
            y=[found.threshold],
            mode="markers",
            marker={"symbol": "star", "size": 16, "color": ORANGE},
            showlegend=False,
            hovertemplate=f"chosen: threshold {found.threshold:.2f}<extra></extra>",
        )
    return finish(figure, "Penalty, from the largest (1) to the smallest", "Threshold", 340)


def stability_paths(found: Stability, genes: tuple[str, ...]) -> go.Figure:
    """Selection proportion of the most stable genes along the penalties."""
    figure = go.Figure()
    shares = found.counts / found.draws
    first = np.argsort(-found.proportions, kind="stable")[:_PATHS]
    x = list(range(1, len(found.penalties) + 1))
    for gene in first:
        stable = bool(found.stable[gene])
        figure.add_scatter(
            x=x,
            y=shares[:, gene],
            mode="lines",
            line={"color": BLUE if stable else GREY, "width": 2 if stable else 1},
            name=genes[gene],
            showlegend=False,
            hovertemplate=f"{shown(genes[gene])}: %{{y:.0%}}<extra></extra>",
        )
    labels, height = first[:_NAMED], 1.05
    for gene in sorted(labels, key=lambda gene: (-shares[-1, gene], genes[gene])):
        height = min(float(shares[-1, gene]), height - 0.06)
        figure.add_annotation(
            x=x[-1], y=height, text=genes[gene], showarrow=False, xanchor="left", xshift=4, font={"size": 11}
        )
    if found.chosen is not None:
        figure.add_vline(
            found.chosen[0] + 1,
            line={"color": ORANGE, "dash": "dot"},
            annotation={"text": "chosen", "font": {"size": 11, "color": ORANGE}},
            annotation_position="bottom left",
        )
    figure.update_yaxes(tickformat=".0%", range=[0, 1.05])
    return finish(figure, "Penalty, from the largest (1) to the smallest", "Share of halves that select the gene", 340)


def pathway_dots(table: pd.DataFrame, most: int = 20) -> go.Figure:
    """Enriched sets: significance along the axis, size by genes, one colour for each method."""
    figure = go.Figure()
    shown = table[table["p_value"].astype(float) < 1].head(most)
    for method, colour in (("over-representation", BLUE), ("pre-ranked GSEA", ORANGE)):
        part = shown[shown["method"] == method]
        if len(part):
            figure.add_scatter(
                x=-np.log10(np.maximum(part["fdr"].astype(float), 1e-4)),
                y=part["gene_set"],
                mode="markers",
                name=method,
                marker={"color": colour, "size": 8 + 2 * np.sqrt(part["n_overlap"].astype(float))},
                customdata=part[["n_overlap", "n_set", "fdr"]],
                hovertemplate=(
                    "%{y}: %{customdata[0]} of %{customdata[1]} genes, FDR %{customdata[2]:.3f}<extra></extra>"
                ),
            )
    figure.add_vline(
        -np.log10(0.05),
        line={"color": GREY, "dash": "dot"},
        annotation={"text": "FDR 5 %", "font": {"size": 11, "color": GREY}},
    )
    figure.update_yaxes(autorange="reversed")
    return finish(
        figure,
        "-log10 of the false discovery rate (0.0001 and less at the right end)",
        "",
        160 + 22 * max(shown["gene_set"].nunique(), 2),
    )


def mechanism_map(shared: pd.DataFrame) -> go.Figure:
    """Gene sets by perturbations, darker = lower false discovery rate.

    Parameters
    ----------
    shared
        From `leap_core.explain.explanation.shared_mechanisms`.
    """
    figure = go.Figure(
        go.Heatmap(
            z=shared.to_numpy(),
            x=list(shared.columns),
            y=list(shared.index),
            colorscale=[[0, "#f7f3ee"], [0.325, "#a9c8ea"], [1, "#1d4e86"]],
            zmin=0,
            zmax=4,
            colorbar={"title": {"text": "-log10 FDR"}},
            hovertemplate="%{y} for %{x}: -log10 FDR %{z:.1f}<extra></extra>",
        )
    )
    figure.update_yaxes(autorange="reversed")
    return finish(figure, "", "", 150 + 22 * max(len(shared), 2))


def running_sum_curve(rank: pd.Series, running: Array, members: frozenset[str], title: str) -> go.Figure:
    """Running sum of a gene set along the ranked genes, with a tick where each gene of the set stands.

    Parameters
    ----------
    rank
        Genes, highest first (`leap_core.explain.enrichment.gene_ranking`).
    running
        (g,) from `leap_core.explain.enrichment.running_sum`.
    members
        The set.
    title
        Its name.
    """
    figure = go.Figure()
    inside = np.flatnonzero(rank.index.isin(list(members)))
    low, high = min(float(running.min()), 0.0), max(float(running.max()), 0.0)
    figure.add_scatter(
        x=np.arange(1, len(rank) + 1),
        y=running,
        mode="lines",
        line={"color": BLUE, "width": 2},
        name=title,
        showlegend=False,
        hovertemplate="rank %{x}: %{y:.2f}<extra></extra>",
    )
    figure.add_scatter(
        x=inside + 1,
        y=np.full(len(inside), low - 0.08 * (high - low)),
        mode="markers",
        marker={"symbol": "line-ns-open", "size": 12, "color": ORANGE},
        showlegend=False,
        text=[shown(gene) for gene in rank.index[inside]],
        hovertemplate="%{text}: rank %{x}<extra></extra>",
    )
    peak = int(np.argmax(np.abs(running)))
    figure.add_annotation(
        x=peak + 1,
        y=float(running[peak]),
        text=f"enrichment score {running[peak]:.2f}",
        showarrow=True,
        ax=60,
        ay=-20 if running[peak] > 0 else 20,
        font={"size": 11},
    )
    figure.add_hline(0, line={"color": GREY, "dash": "dot"})
    return finish(figure, "Genes by signed selection proportion, highest first", "Running sum", 300)
