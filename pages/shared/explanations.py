"""Explanations that were made in a session: kept until it ends, taken along by workbook and report."""

from __future__ import annotations

import streamlit as st

from leap_core.data.gene_sets import GeneSets
from leap_core.execution.mapping import ThreadMapper
from leap_core.explain import Explanation, explain
from leap_core.models import Model

Key = tuple[str, str, str]


def _made() -> dict[Key, Explanation]:
    made: dict[Key, Explanation] = st.session_state.setdefault("explanations", {})
    return made


def explanation(model: Model, name: str, sets: GeneSets) -> Explanation | None:
    """The explanation of a row by some gene sets; None where it has not been made."""
    return _made().get((model.key, name, sets.source))


def make_explanation(model: Model, name: str, sets: GeneSets) -> Explanation:
    """Make it, or find it.

    Raises
    ------
    UserError
        If the model could not learn the row.
    """
    key = (model.key, name, sets.source)
    if key not in _made():
        _made()[key] = explain(model, name, sets, mapper=ThreadMapper())
    return _made()[key]


def explanations_of(model: Model, sets: GeneSets | None = None) -> tuple[Explanation, ...]:
    """Explanations of a model's rows, each once, by the gene sets given or the last that were used."""
    found = {name: one for (key, name, source), one in _made().items() if key == model.key and (sets is None or source == sets.source)}
    return tuple(found.values())
