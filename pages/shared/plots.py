"""Figures on the pages: saved under a name of their own, and stamped where the input is red."""

from __future__ import annotations

from typing import Any

import plotly.graph_objects as go
import streamlit as st

from leap_core.passport.passport import RED
from leap_core.report.csv import file_part
from leap_core.report.figures.style import stamp
from leap_core.services.models import Model
from leap_core.services.scoring import ScoredSample
from pages.shared.sidebar import picture_format


def plot(figure: go.Figure, key: str, alt: str, scored: ScoredSample, **options: Any) -> Any:
    """Draw a figure about one scored sample.

    Its download is called after the sample, in the format chosen in the sidebar.
    """
    name = f"{file_part(scored.sample)}_{key}"
    if scored.passport.light == RED:
        figure, name = stamp(figure, "RED INPUT: see the input passport"), f"RED-INPUT_{name}"
    return _drawn(figure, key, alt, name, options)


def plot_of_model(figure: go.Figure, key: str, alt: str, model: Model) -> Any:
    """Draw a figure about a model, of no sample."""
    return _drawn(figure, key, alt, f"{file_part(model.name)}_{key}", {})


def _drawn(figure: go.Figure, key: str, alt: str, name: str, options: dict[str, Any]) -> Any:
    # Three pixels for each on the screen: enough for print.
    picture = {"format": picture_format(), "filename": name, "scale": 1 if picture_format() == "svg" else 3}
    return st.plotly_chart(figure, key=key, alt=alt, config={"toImageButtonOptions": picture}, **options)
