"""What the pages lean on inside Streamlit and its server is still where it was."""

import inspect

import pytest
import streamlit
from streamlit import runtime
from streamlit.runtime.media_file_manager import MediaFileManager
from streamlit.runtime.scriptrunner import RerunData, RerunException, StopException
from streamlit.runtime.scriptrunner_utils.script_run_context import ScriptRunContext
from streamlit.web.server.app_discovery import discover_asgi_app

from pages.shared import compat
from tests.conftest import ROOT

MOVED = "a version of {} has moved what pages/shared/compat.py uses: {}. Mend that module, then this test"


def test_the_servers_form_parser_still_has_the_bound_of_what_stays_in_memory(monkeypatch):
    from starlette.formparsers import MultiPartParser

    assert hasattr(MultiPartParser, "spool_max_size"), MOVED.format("Starlette", "MultiPartParser.spool_max_size")
    monkeypatch.setattr(MultiPartParser, "spool_max_size", 1024)
    compat.keep_uploads_in_memory()
    assert MultiPartParser.spool_max_size >= 2**30


def test_the_media_manager_still_takes_files_for_download():
    parameters = set(inspect.signature(MediaFileManager.add).parameters)
    needed = {"mimetype", "coordinates", "file_name", "is_for_static_download"}
    assert needed <= parameters, MOVED.format("Streamlit", f"MediaFileManager.add without {needed - parameters}")
    assert hasattr(runtime, "get_instance"), MOVED.format("Streamlit", "runtime.get_instance")
    source = inspect.getsource(runtime.Runtime)
    assert "media_file_mgr" in source, MOVED.format("Streamlit", "Runtime.media_file_mgr")


def test_the_server_takes_a_door_and_the_app_is_its_script():
    assert {"lifespan", "middleware"} <= set(inspect.signature(streamlit.App).parameters), MOVED.format(
        "Streamlit", "App"
    )
    found = discover_asgi_app(ROOT / "app.py")
    assert (found.is_asgi_app, found.app_name) == (True, "app"), MOVED.format("Streamlit", "the search for App")
    assert not compat.draws_a_page()


def test_without_a_session_a_download_is_made_as_it_is():
    assert compat.held_until_next_run(lambda: b"content", "text/csv", "key", "a.csv")() == b"content"


def test_sessions_are_still_told_apart_and_asked_whether_somebody_looks_at_them():
    assert "session_id" in inspect.getsource(ScriptRunContext), MOVED.format("Streamlit", "ScriptRunContext.session_id")
    assert hasattr(runtime.Runtime, "is_active_session"), MOVED.format("Streamlit", "Runtime.is_active_session")
    # Here is neither a server nor a session.
    assert compat.session_id() is None and not compat.is_connected("nobody")


def test_a_page_is_finished_when_it_was_drawn_or_stopped_and_not_when_another_run_takes_its_place():
    ended = []
    with compat.then(lambda: ended.append("drawn")):
        pass
    with pytest.raises(StopException), compat.then(lambda: ended.append("stopped")):
        raise StopException
    with pytest.raises(RerunException), compat.then(lambda: ended.append("replaced")):
        raise RerunException(RerunData())
    assert ended == ["drawn", "stopped"]
