"""Figures on the pages: saved under a name of their own, and stamped where the input is red."""

from __future__ import annotations

from typing import Any

import plotly.graph_objects as go
import streamlit as st

from leap_core.figures.style import stamp
from leap_core.passport import RED
from leap_core.scoring import ScoredSample


def plot(figure: go.Figure, key: str, alt: str, scored: ScoredSample, **options: Any) -> Any:
    """Draw a figure about one scored sample; its download is an SVG called after the sample."""
    name = f"{scored.sample}_{key}"
    if scored.passport.light == RED:
        figure, name = stamp(figure, "RED INPUT: see the input passport"), f"RED-INPUT_{name}"
    return st.plotly_chart(figure, key=key, alt=alt, config={"toImageButtonOptions": {"format": "svg", "filename": name}}, **options)
