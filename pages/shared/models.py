"""Models as the pages see them: listed by kind, loaded once, shared read-only by all sessions."""

from __future__ import annotations

import streamlit as st

from leap_core.models import Model, load_model
from leap_core.storage.store import Store, default_home


def store() -> Store:
    """The store of this installation."""
    return Store(default_home())


def open_model(name: str) -> Model:
    """Return a model; loading is shared by all sessions and follows the name when it is trained anew."""
    here = store()
    return _load(str(here.home), name, here.resolve(name))


def models_of(kind: str) -> list[str]:
    """Names of the models of one kind (``gene`` or ``drug``), real ones before the demo."""
    names = [name for name in store().names() if open_model(name).panel.score.kind == kind]
    return sorted(names, key=lambda name: (open_model(name).panel.simulated, name))


@st.cache_resource(max_entries=6, show_spinner="Opening the model")
def _load(home: str, name: str, key: str) -> Model:
    return load_model(name, store())
