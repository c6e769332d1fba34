"""The values behind a figure, as a table: what its points, bars and cells stand for."""

from __future__ import annotations

import html

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from plotly.basedatatypes import BaseTraceType

from leap_core.report.cells import comment_line
from leap_core.report.csv import table_body


def figure_values(figure: go.Figure) -> pd.DataFrame:
    """One row for each point, bar or cell.

    Parameters
    ----------
    figure
        As it is drawn.

    Returns
    -------
    pandas.DataFrame
        ``series`` (its name in the legend), ``label`` (its name in the figure), then what its axes stand for, by their
        titles (``x`` and ``y`` where they have none), and ``value`` of a heat map. Lines that only guide the eye are
        left out.
    """
    titles = [
        _plain(axis.title.text) or side for side, axis in (("x", figure.layout.xaxis), ("y", figure.layout.yaxis))
    ]
    if titles[0] == titles[1]:
        titles = ["x", "y"]
    parts = [_cells(trace, titles) if trace.type == "heatmap" else _points(trace, titles) for trace in figure.data]
    kept = [part for part in parts if len(part)]
    return pd.concat(kept, ignore_index=True) if kept else pd.DataFrame(columns=["series", "label", *titles])


def values_csv(figure: go.Figure, comments: list[str]) -> str:
    """The table as CSV, below lines of comment that say what it is."""
    lines = [comment_line(comment) for comment in comments]
    table = figure_values(figure)
    return "\n".join([*lines, table_body(table.set_index("series"), digits=9)])


def _points(trace: BaseTraceType, titles: list[str]) -> pd.DataFrame:
    x, y = _column(trace, "x"), _column(trace, "y")
    size = max(len(x), len(y))
    if not size or getattr(trace, "hoverinfo", None) == "skip":
        return pd.DataFrame()
    label = _column(trace, "text") or _column(trace, "customdata")
    columns = {"label": label, titles[0]: x, titles[1]: y}
    rows = {name: values if len(values) == size else [None] * size for name, values in columns.items()}
    return pd.DataFrame({"series": _plain(trace.name), **rows})


def _cells(trace: BaseTraceType, titles: list[str]) -> pd.DataFrame:
    x, y, z = _column(trace, "x"), _column(trace, "y"), np.asarray(trace.z)
    rows = [
        (_plain(trace.name), "", across, down, z[row, column])
        for row, down in enumerate(y)
        for column, across in enumerate(x)
    ]
    return pd.DataFrame(rows, columns=["series", "label", *titles, "value"])


def _column(trace: BaseTraceType, name: str) -> list[object]:
    """Values of a trace; of several to a point the first, which is its name."""
    values = getattr(trace, name, None)
    if values is None or isinstance(values, str):
        return []
    first = [value[0] if isinstance(value, (list, tuple, np.ndarray)) else value for value in values]
    return [_plain(value).strip() if isinstance(value, str) else value for value in first]


def _plain(text: str | None) -> str:
    """A name as it came, not as a figure writes it."""
    return html.unescape((text or "").replace("<br>", " "))
