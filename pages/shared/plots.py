"""Figures on the pages: saved under a name of their own, and stamped where the input is red."""

from __future__ import annotations

from functools import partial
from typing import Any

import plotly.graph_objects as go
import streamlit as st

from leap_core.passport.passport import RED
from leap_core.report.csv import file_part
from leap_core.report.figures.style import stamp
from leap_core.report.figures.values import values_csv
from leap_core.services.models import Model
from leap_core.services.scoring import ScoredSample
from pages.shared.export_button import export_button
from pages.shared.sidebar import picture_format

_RED = "RED INPUT: see the input passport"


def plot(figure: go.Figure, key: str, alt: str, scored: ScoredSample, **options: Any) -> Any:
    """Draw a figure about one scored sample.

    Its download is called after the sample, in the format chosen in the sidebar.
    """
    name, said = (
        f"{file_part(scored.sample)}_{key}",
        [alt, f"Sample: {scored.sample}", f"Model: {scored.passport.model}"],
    )
    if scored.passport.light == RED:
        figure, name = stamp(figure, _RED), f"RED-INPUT_{name}"
        said.insert(0, _RED)
    return _drawn(figure, key, alt, name, said, options)


def plot_of_model(figure: go.Figure, key: str, alt: str, model: Model) -> Any:
    """Draw a figure about a model, of no sample."""
    return _drawn(figure, key, alt, f"{file_part(model.name)}_{key}", [alt, f"Model: {model.name}"], {})


def _drawn(figure: go.Figure, key: str, alt: str, name: str, said: list[str], options: dict[str, Any]) -> Any:
    """The figure, and its values as a file that says what they are."""
    # Three pixels for each on the screen: enough for print.
    picture = {"format": picture_format(), "filename": name, "scale": 1 if picture_format() == "svg" else 3}
    event = st.plotly_chart(figure, key=key, alt=alt, config={"toImageButtonOptions": picture}, **options)
    export_button(
        "Values (CSV)",
        partial(values_csv, figure, said),
        "values of a figure (csv)",
        None,
        file_name=f"{name}.csv",
        mime="text/csv",
        key=f"{key}_values",
        type="tertiary",
    )
    return event
