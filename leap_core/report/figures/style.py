"""Colours and layout that every figure shares: blue to orange, readable by the colour-blind, light and dark."""

from __future__ import annotations

from typing import Any
from unicodedata import category

import numpy as np
import plotly.graph_objects as go
from plotly.basedatatypes import BaseTraceType

BLUE = "#2f78c4"
ORANGE = "#e0791b"
GREY = "#8a94a0"
# Of blue dots that lie upon each other: 3 to 1 against a white and a dark page; orange reaches that only when opaque.
DOT_OPACITY = 0.8


_HTML = {ord(mark): f"&#{ord(mark)};" for mark in "&<>"}


def shown(name: object) -> str:
    """A name as it may stand in a text of a figure, which plotly reads as HTML, and in a hover text, with its ``%{x}``.

    Characters that cannot be seen, or that turn the text round, are written out.
    """
    text = str(name)
    if text.isascii() and text.isalnum():
        return text
    seen = "".join(mark if mark.isprintable() or category(mark) == "Zs" else f"(U+{ord(mark):04X})" for mark in text)
    return seen.translate(_HTML).replace("%{", "%&#123;")


# Characters that an axis of a telephone's width has room for.
_LONG_TITLE = 36


def finish(figure: go.Figure, x_title: str, y_title: str, height: int) -> go.Figure:
    """Give a figure its axis titles and the shared layout; backgrounds stay those of the page.

    Names in its traces and annotations are shown as they are; a template of a hover text is the figure's own, and
    takes names through `shown` alone.
    """
    for trace in figure.data:
        for name in ("x", "y", "text", "name", "customdata"):
            if name in trace and _holds_text(trace[name]) and not _nothing_to_show(trace[name]):
                trace[name] = _as_shown(trace[name])
        _name_axes(figure, trace)
    for note in figure.layout.annotations:
        note.text = shown(note.text)
    figure.update_layout(
        height=height,
        margin={"l": 10, "r": 10, "t": 50, "b": 10},
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        legend={"orientation": "h", "yanchor": "bottom", "y": 1.02, "x": 0},
        hoverlabel={"namelength": -1},
    )
    figure.update_xaxes(
        title=_in_two_lines(x_title), gridcolor="rgba(128,128,128,0.2)", zeroline=False, automargin=True
    )
    figure.update_yaxes(
        title=_in_two_lines(y_title), gridcolor="rgba(128,128,128,0.2)", zeroline=False, automargin=True
    )
    for axis in figure.select_yaxes():
        if axis.categoryarray is not None:
            axis.categoryarray = _as_shown(axis.categoryarray)
    return figure


def _in_two_lines(title: str) -> str:
    """A long title with its direction below it: on a telephone it would be cut."""
    text = shown(title)
    head, bracket, rest = text.rpartition(" (")
    return f"{head}<br>({rest}" if bracket and len(title) > _LONG_TITLE else text


def _name_axes(figure: go.Figure, trace: BaseTraceType) -> None:
    """Names along an axis are names, also where they look like numbers: samples 101 and 697, the drug 681640."""
    for side in ("x", "y"):
        values = getattr(trace, side, None)
        if values is not None and _holds_text(values) and any(isinstance(value, str) for value in values):
            axis = getattr(trace, f"{side}axis", None) or side
            figure.layout[f"{side}axis{axis[1:]}"].type = "category"


def _holds_text(values: object) -> bool:
    """Whether any of the values is text; a column of numbers is left as it lies in memory."""
    return not (isinstance(values, np.ndarray) and values.dtype.kind in "biufM")


def _nothing_to_show(values: object) -> bool:
    """Whether an array of names is shown as it is: one look at all of them takes less than one at each."""
    if not (isinstance(values, np.ndarray) and values.dtype.kind == "U"):
        return False
    text = "".join(values.ravel())
    return text.isascii() and text.isprintable() and not any(mark in text for mark in ("&", "<", ">", "%{"))


def _as_shown(values: Any) -> Any:
    if isinstance(values, str):
        return shown(values)
    if isinstance(values, (list, tuple, np.ndarray)):
        return [_as_shown(value) for value in values]
    return values


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
