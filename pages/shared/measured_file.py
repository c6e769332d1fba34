"""A file of measured values on a page: what only the user knows of it is asked, and stays asked."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import TypeVar

import streamlit as st

from leap_core.errors import ChoiceNeededError, LeapError
from leap_core.io.measured_screens import ScreenOptions
from leap_core.panel.scores import ScoreType
from leap_core.services.scorecard import Measured
from pages.shared.text import plain

Result = TypeVar("Result")
_QUESTIONS = {
    "column": "has several columns of numbers. Which one is the measured score?",
    "direction": "does not say which end is stronger. Which one is it?",
    "sheet": "has several sheets. Which one holds the measured values?",
    "rows": "has several rows of each name: contrasts, lines or times. Which rows are this sample's?",
}


def read_or_ask(
    content: bytes, name: str, same_unit: bool, key: str, score: ScoreType, read: Callable[[Measured], Result]
) -> Result:
    """Read a file of measured values; what cannot be told from it is asked, and the page then stops.

    Parameters
    ----------
    content, name
        The file.
    same_unit
        Whether the values may be in the panel's unit.
    key
        Of the questions.
    score
        Of the model, for the question which end is stronger.
    read
        What is done with it.
    """
    _forget_answers(key, hashlib.sha256(content).hexdigest())
    choices: dict[str, tuple[str, ...]] = st.session_state.setdefault(f"{key}_choices", {})
    column, direction, sheet, rows = (st.session_state.get(f"{key}_{option}") for option in _QUESTIONS)
    asked = ScreenOptions(column, direction, sheet, rows)
    for option in _QUESTIONS:
        if st.session_state.get(f"{key}_{option}") is not None:
            # An answer stays, and stays visible.
            _ask(option, name, key, score, choices[option])
    try:
        return read(Measured(content, name, same_unit, asked))
    except ChoiceNeededError as question:
        choices[question.option] = question.choices
        _ask(question.option, name, key, score, question.choices)
        st.stop()
    except LeapError as error:
        st.error(f"Refused: {plain(str(error))}", icon=":material/block:")
        st.stop()


def _forget_answers(key: str, digest: str) -> None:
    """What was answered of another file says nothing of this one."""
    if st.session_state.get(f"{key}_answered") != digest:
        for option in _QUESTIONS:
            st.session_state.pop(f"{key}_{option}", None)
        st.session_state[f"{key}_choices"], st.session_state[f"{key}_answered"] = {}, digest


def _ask(option: str, name: str, key: str, score: ScoreType, choices: tuple[str, ...]) -> None:
    more = f" Stronger means more {score.adjective}." if option == "direction" else ""
    question = f"{plain(name)} {plain(_QUESTIONS[option])}{plain(more)}"
    if st.session_state.get(f"{key}_{option}") is None:
        st.selectbox(question, choices, index=None, key=f"{key}_{option}")
    else:
        st.selectbox(question, choices, key=f"{key}_{option}")
