"""The one download button: a file is made when it is asked for, and on a server with sign-in a line says who asked."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import streamlit as st

from leap_core.services.models import Model
from pages.shared.access import visitor
from pages.shared.audit import ExportRecord, record_export
from pages.shared.compat import held_until_next_run
from pages.shared.models import store
from pages.shared.session import session
from pages.shared.text import Markdown

Content = bytes | str


def export_button(
    label: Markdown, content: Content | Callable[[], Content], what: str, model: Model | None, **options: Any
) -> None:
    """A download button.

    Parameters
    ----------
    label
        On the button.
    content
        Of the file, or what makes it.
    what
        Kind of export, for the audit line.
    model
        The model it rests on, for the audit line.
    options
        Of `streamlit.download_button`: ``file_name``, ``mime``, ``key`` and so on.
    """
    st.download_button(
        label,
        _held(_audited(content, what, model), options),
        on_click="ignore",
        **{"icon": ":material/download:", **options},
    )


def _held(content: Content | Callable[[], Content], options: dict[str, Any]) -> Content | Callable[[], Content]:
    """What is made on demand, held until it is fetched."""
    if not callable(content):
        return content
    make = content

    def as_bytes() -> bytes:
        made = make()
        return made.encode() if isinstance(made, str) else made

    return held_until_next_run(as_bytes, options["mime"], options["key"], options.get("file_name"))


def _audited(
    content: Content | Callable[[], Content], what: str, model: Model | None
) -> Content | Callable[[], Content]:
    who = visitor()
    if who is None or not who.address:
        return content
    record = ExportRecord(
        who.address,
        what,
        model.name if model is not None else "",
        model.panel.release if model is not None else "",
        session().upload_id[:16],
    )
    # The file is made outside the session, when the button is pressed: everything it needs is taken along.
    home = store().home

    def make() -> Content:
        made = content() if callable(content) else content
        record_export(home, record)
        return made

    return make
