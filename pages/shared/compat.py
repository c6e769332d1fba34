"""Whatever leans on the insides of Streamlit and its server.

`tests/pages/test_compat.py` says when a version moves them.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator

from streamlit import runtime
from streamlit.runtime.scriptrunner import StopException, add_script_run_ctx, get_script_run_ctx

# Above any upload that the pages accept.
_IN_MEMORY_BYTES = 2**31


def keep_uploads_in_memory() -> None:
    """Let uploads stay in memory while they arrive.

    Streamlit's server would put whatever is above 1 MB into a temporary file.
    """
    with contextlib.suppress(ImportError):
        from starlette.formparsers import MultiPartParser

        MultiPartParser.spool_max_size = _IN_MEMORY_BYTES


def draws_a_page() -> bool:
    """Whether Streamlit runs this code as the script of a session, and has not imported it to start a server."""
    return get_script_run_ctx(suppress_warning=True) is not None


@contextlib.contextmanager
def then(finish: Callable[[], None]) -> Iterator[None]:
    """Finish a page that was drawn to its end or has stopped, but none whose run another run replaces."""
    try:
        yield
    except StopException:
        finish()
        raise
    finish()


def held_until_next_run(
    make: Callable[[], bytes], mimetype: str, key: str, file_name: str | None
) -> Callable[[], bytes]:
    """A download's content that is made on demand and held until the session's next run.

    Streamlit itself forgets it when two runs, of whichever sessions, have ended since: with many users, before it is
    fetched.
    """
    context = get_script_run_ctx()
    if context is None:
        return make

    def make_and_hold() -> bytes:
        data = make()
        manager = runtime.get_instance().media_file_mgr
        thread = threading.Thread(
            target=lambda: manager.add(
                data, mimetype=mimetype, coordinates=f"export {key}", file_name=file_name, is_for_static_download=True
            )
        )
        add_script_run_ctx(thread, context)
        thread.start()
        thread.join()
        return data

    return make_and_hold


def session_id() -> str | None:
    """Streamlit's name of this session; None outside of one."""
    context = get_script_run_ctx(suppress_warning=True)
    return None if context is None else context.session_id


def is_connected(session: str) -> bool:
    """Whether a browser looks at a session now."""
    return runtime.exists() and runtime.get_instance().is_active_session(session)
