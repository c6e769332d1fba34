"""Explanations on the pages: kept in the store with the model, and listed per session for workbook and report."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from leap_core.errors import LeapError
from leap_core.explain.explanation import Explanation
from leap_core.explain.kept import explain_once, kept_explanation
from leap_core.explain.stability import StabilitySettings
from leap_core.io.gene_sets import GeneSets
from leap_core.run.mapping import ThreadMapper
from leap_core.services.models import Model
from pages.shared.models import store
from pages.shared.text import plain

Key = tuple[str, str, str]
_HALVES = 2 * StabilitySettings().pairs


def _seen() -> dict[Key, Explanation]:
    seen: dict[Key, Explanation] = st.session_state.setdefault("explanations", {})
    return seen


def explanation(model: Model, name: str, sets: GeneSets) -> Explanation | None:
    """The explanation of a row by some gene sets; None where nobody has made it."""
    key = (model.key, name, sets.digest)
    if key not in _seen() and (kept := kept_explanation(model, name, sets, store())) is not None:
        _seen()[key] = kept
    return _seen().get(key)


def make_explanations(model: Model, names: list[str], sets: GeneSets) -> None:
    """Make explanations under a bar that can be cancelled; what is made is kept, and what goes wrong is said.

    A click on the button reruns the page, and the bar's next step then ends this run.
    """
    with st.container(horizontal=True, vertical_alignment="center"):
        bar = st.progress(0.0, text="Drawing halves of the lines")
        st.button("Cancel", key="explain_cancel", icon=":material/cancel:", help="What is finished is kept")
    for number, name in enumerate(names):
        text = f"{name}, {number + 1} of {len(names)}" if len(names) > 1 else name
        try:
            made = explain_once(model, name, sets, store(), ThreadMapper(), _step(bar, number, len(names), text))
        except LeapError as error:
            # Said on the next run: this one is about to be drawn over.
            st.session_state.setdefault("explanations_failed", []).append(str(error))
            continue
        _seen()[(model.key, name, sets.digest)] = made


def said_of_failures() -> None:
    """Say what went wrong when explanations were last made, once."""
    for text in st.session_state.pop("explanations_failed", []):
        st.error(plain(text), icon=":material/block:")


def explanations_of(model: Model, sets: GeneSets | None = None) -> tuple[Explanation, ...]:
    """Explanations that this session has looked at, by the gene sets given or last used."""
    found = {
        name: one
        for (key, name, digest), one in _seen().items()
        if key == model.key and (sets is None or digest == sets.digest)
    }
    return tuple(found.values())


def _step(bar, number: int, total: int, text: str) -> Callable[[], None]:  # type: ignore[no-untyped-def]
    halves = 0

    def done() -> None:
        nonlocal halves
        halves += 1
        bar.progress(
            min((number + halves / _HALVES) / total, 1.0),
            text=f"{plain(text)}: half {halves} of {_HALVES} of the lines",
        )

    return done
