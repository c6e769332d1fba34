"""Ensemble and members: how far the layers and folds agree for one sample."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import plotly.graph_objects as go

from leap_core.panel.scores import ScoreType
from leap_core.report.figures.style import BLUE, DOT_OPACITY, GREY, ORANGE, add_reference_lines, finish

_SHADES = ("#1b4f8a", "#2f78c4", "#6ba4dd", "#b3752f", "#e0a15a")
# Few layers are told apart more easily by shades that lie apart.
_FEW = {2: (0, 2), 3: (0, 2, 3), 4: (0, 2, 3, 4)}


def member_strips(members: pd.DataFrame, ensemble: pd.Series, score: ScoreType, titles: Sequence[str]) -> go.Figure:
    """Predictions of every member, one strip per perturbation, a colour per layer, the ensemble as a diamond.

    Parameters
    ----------
    members
        Rows ``layer_<l>_fold_<k>``, columns the perturbations to draw, first at the top.
    ensemble
        Ensemble prediction of the same perturbations.
    titles
        (L,) what each layer is.
    """
    figure = go.Figure()
    names = list(members.columns)[::-1]
    layer_of = members.index.str.extract(r"layer_(\d+)", expand=False)
    shades = [_SHADES[place] for place in _FEW.get(len(titles), range(len(_SHADES)))]
    for number, layer in enumerate(sorted(set(layer_of), key=int)):
        rows = members.loc[layer_of == layer, names]
        figure.add_scattergl(
            x=rows.to_numpy().ravel(),
            y=names * len(rows),
            mode="markers",
            name=f"layer {layer}: {titles[number]}",
            marker={"color": shades[number % len(shades)], "size": 7, "symbol": "line-ns-open", "line": {"width": 2}},
            hovertemplate=f"%{{y}}<br>layer {layer}: %{{x:.3f}}<extra></extra>",
        )
    figure.add_scattergl(
        x=ensemble[names],
        y=names,
        mode="markers",
        name="ensemble",
        marker={"color": ORANGE, "size": 11, "symbol": "diamond"},
        hovertemplate="%{y}<br>ensemble: %{x:.3f}<extra></extra>",
    )
    low, high = float(members.to_numpy().min()), float(members.to_numpy().max())
    add_reference_lines(figure, score.reference_lines, low, high, vertical=True)
    figure.update_yaxes(categoryorder="array", categoryarray=names)
    return finish(figure, score.axis, "", 170 + 24 * len(names))


def member_against_ensemble(member: pd.Series, ensemble: pd.Series, name: str, score: ScoreType) -> go.Figure:
    """One member against the ensemble over all perturbations, with the identity line."""
    figure = go.Figure()
    figure.add_scattergl(
        x=ensemble.to_numpy(),
        y=member[ensemble.index].to_numpy(),
        mode="markers",
        name="perturbation",
        text=ensemble.index.to_numpy(dtype=str),
        marker={"color": BLUE, "size": 5, "opacity": DOT_OPACITY},
        showlegend=False,
        hovertemplate="<b>%{text}</b><br>ensemble %{x:.3f}<br>member %{y:.3f}<extra></extra>",
    )
    low, high = float(ensemble.min()), float(ensemble.max())
    figure.add_scatter(
        x=[low, high],
        y=[low, high],
        mode="lines",
        name="identity",
        line={"color": GREY, "dash": "dot"},
        hoverinfo="skip",
        showlegend=False,
    )
    return finish(figure, f"Ensemble: {score.axis[0].lower()}{score.axis[1:]}", f"{name.replace('_', ' ')}", 420)


def rank_agreement_bars(agreement: pd.Series) -> go.Figure:
    """Rank correlation of every member with the ensemble."""
    figure = go.Figure()
    figure.add_bar(
        x=agreement.to_numpy(),
        y=[name.replace("_", " ") for name in agreement.index],
        orientation="h",
        marker={"color": BLUE},
        text=[f"{value:.3f}" for value in agreement],
        textposition="inside",
        hovertemplate="%{y}: %{x:.4f}<extra></extra>",
    )
    figure.update_yaxes(autorange="reversed", tickfont={"size": 11})
    figure.update_xaxes(range=[min(0.0, float(agreement.min())), 1.0])
    return finish(figure, "Rank correlation with the ensemble over perturbations", "", 120 + 22 * len(agreement))
