"""Hit tables on the pages: the columns' words from the core, their look from Streamlit."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from leap_core.panel.scores import ScoreType
from leap_core.ranking.columns import SHOWN_COLUMNS, Column, hit_columns
from pages.shared.text import ours

__all__ = ["SHOWN_COLUMNS", "as_shown", "column_config"]

_BAR_PIXELS = 125
_FORMATS = {"number": "%.2f", "small number": "%.3f", "points": "%.0f", "percentile": "%.0f", "share": "percent"}


def column_config(score: ScoreType) -> dict[str, Any]:
    """How each column of a hit table is titled, formatted and explained."""
    return {name: _look(name, column) for name, column in hit_columns(score).items()}


def as_shown(table: pd.DataFrame, score: ScoreType) -> pd.DataFrame:
    """The table with shares rounded to whole percents, which is as far as they are worth reading."""
    shares = [
        name for name, column in hit_columns(score).items() if column.kind in ("share", "bar of 1") and name in table
    ]
    return table.assign(**{name: table[name].astype(float).round(2) for name in shares})


def _look(name: str, column: Column) -> Any:
    title, words = ours(column.title), ours(column.help) or None
    if column.kind == "bar of 100":
        return st.column_config.ProgressColumn(
            title, min_value=0, max_value=100, format="%.0f", help=words, width=_BAR_PIXELS
        )
    if column.kind == "bar of 1":
        return st.column_config.ProgressColumn(
            title, min_value=0.0, max_value=1.0, format="percent", help=words, width=_BAR_PIXELS
        )
    if column.kind == "yes or no":
        return st.column_config.CheckboxColumn(title, help=words)
    if column.kind == "text":
        return st.column_config.TextColumn(title, help=words, pinned=True if name == "perturbation" else None)
    return st.column_config.NumberColumn(title, format=_FORMATS[column.kind], help=words)
