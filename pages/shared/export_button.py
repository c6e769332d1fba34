"""The one download button: a file is made when it is asked for, and on a server with sign-in a line says who asked."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import streamlit as st
from streamlit import runtime
from streamlit.runtime.scriptrunner import add_script_run_ctx, get_script_run_ctx

from leap_core.services.models import Model
from pages.shared.access import visitor
from pages.shared.audit import ExportRecord, record_export
from pages.shared.models import store
from pages.shared.session import session

Content = bytes | str


def export_button(
    label: str, content: Content | Callable[[], Content], what: str, model: Model | None, **options: Any
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
        _kept(_audited(content, what, model), options),
        on_click="ignore",
        **{"icon": ":material/download:", **options},
    )


def _kept(content: Content | Callable[[], Content], options: dict[str, Any]) -> Content | Callable[[], Content]:
    """Hold what is made on demand until the session's next run.

    Streamlit itself forgets it when two runs, of whichever sessions, have ended since: with many users, before it is
    fetched.
    """
    context = get_script_run_ctx()
    if not callable(content) or context is None:
        return content
    keep: dict[str, Any] = {
        "mimetype": options["mime"],
        "coordinates": f"export {options['key']}",
        "file_name": options.get("file_name"),
    }

    def make() -> Content:
        made = content()
        data = made.encode() if isinstance(made, str) else made
        thread = threading.Thread(
            target=lambda: runtime.get_instance().media_file_mgr.add(data, is_for_static_download=True, **keep)
        )
        add_script_run_ctx(thread, context)
        thread.start()
        thread.join()
        return data

    return make


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
