"""A dashboard on loopback, and its sessions over websockets: what a browser would say and hear, without a browser.

Speaks the protocol of the installed Streamlit: protobuf messages over ``_stcore/stream``, uploads and downloads over
HTTP.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.Common_pb2 import FileUploaderState, UploadedFileInfo
from streamlit.proto.Element_pb2 import Element
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState
from websockets.asyncio.client import ClientConnection, connect

from pages.shared.owner_token import cookie_name

ROOT = Path(__file__).resolve().parents[1]
MIB = 2**20
# What every sample is called, so that any other session's can be told from this one's in whatever arrives.
SAMPLE = re.compile(rb"load\d{3}x[0-9a-f]{8}")
_PATIENCE = 180.0
# By which the dashboard knows who started it (pages/shared/door.py).
_TOKEN = uuid.uuid4().hex
_COOKIE = f"{cookie_name(_TOKEN)}={_TOKEN}"


@dataclass(frozen=True)
class Server:
    """A dashboard on loopback.

    Attributes
    ----------
    port
        Where it listens.
    process
        Its only process.
    """

    port: int
    process: psutil.Process

    @property
    def memory(self) -> float:
        """Resident memory, MiB."""
        return self.process.memory_info().rss / MIB

    @property
    def cpu_seconds(self) -> float:
        """CPU-seconds so far."""
        times = self.process.cpu_times()
        return times.user + times.system

    def request(self, path: str, method: str = "GET", body: bytes | None = None, **headers: str) -> tuple[int, bytes]:
        """Status and body of an HTTP request."""
        headers["Cookie"] = "; ".join([_COOKIE, *([headers["Cookie"]] if "Cookie" in headers else [])])
        asked = urllib.request.Request(f"http://127.0.0.1:{self.port}{path}", body, headers, method=method)
        try:
            with urllib.request.urlopen(asked, timeout=_PATIENCE) as answer:
                return answer.status, answer.read()
        except urllib.error.HTTPError as error:
            return error.code, error.read()

    def put(self, path: str, name: str, content: bytes) -> int:
        """Upload a file as a browser does, multipart and with the token against forged requests; return the status."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/_stcore/health", timeout=_PATIENCE) as answer:
            cookie = str(answer.headers["Set-Cookie"]).split(";")[0]
        border = uuid.uuid4().hex
        head = (
            f'--{border}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\nContent-Type:'
            " text/csv\r\n\r\n"
        )
        headers = {
            "Content-Type": f"multipart/form-data; boundary={border}",
            "Cookie": cookie,
            "X-Xsrftoken": cookie.partition("=")[2],
        }
        return self.request(path, "PUT", head.encode() + content + f"\r\n--{border}--\r\n".encode(), **headers)[0]

    def uploaded_bytes(self) -> int:
        """Bytes of uploads in the server's file manager, by its metrics (which lag by up to five seconds)."""
        text = self.request("/_stcore/metrics?families=cache_memory_bytes")[1].decode()
        return sum(
            int(float(line.split()[-1])) for line in text.splitlines() if 'cache_type="UploadedFileManager"' in line
        )


@contextlib.contextmanager
def serve(home: Path, *options: str) -> Iterator[Server]:
    """Start the dashboard on a free port of loopback; it is ended by its own process id."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = subprocess.Popen(
        [
            sys.executable,
            "-m",
            "streamlit",
            "run",
            "app.py",
            "--server.port",
            str(port),
            "--server.headless",
            "true",
            *options,
        ],
        cwd=ROOT,
        env={**os.environ, "LEAP_HOME": str(home), "LEAP_TOKEN": _TOKEN, "LEAP_METRICS": "1"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    server = Server(port, psutil.Process(process.pid))
    try:
        for _ in range(300):
            with contextlib.suppress(OSError):
                if server.request("/_stcore/health")[0] == 200:
                    break
            time.sleep(0.1)
        yield server
    finally:
        process.terminate()
        process.wait(timeout=30)


@dataclass
class Client:
    """One session, from the browser's side.

    Attributes
    ----------
    server, socket
        Whom it talks to.
    elements
        What the last run of a page drew.
    names
        Samples whose names were in anything that arrived.
    session_id
        What the server calls it.
    uploaded
        Path of its last upload.
    received
        Bytes over the websocket.
    missed
        Downloads that were gone before they could be fetched.
    """

    server: Server
    socket: ClientConnection
    elements: list[Element] = field(default_factory=list)
    names: set[str] = field(default_factory=set)
    session_id: str = ""
    uploaded: str = ""
    received: int = 0
    missed: int = 0
    _pages: dict[str, str] = field(default_factory=dict)
    _page: str = ""
    _states: dict[str, WidgetState] = field(default_factory=dict)
    _cached: dict[str, tuple[int, Element]] = field(default_factory=dict)
    _runs: int = 0

    async def go(self, page: str) -> float:
        """Open a page by the name of its file; return the seconds until it was drawn."""
        self._page = self._pages[page]
        return await self.run()

    async def change(self, key: str, **value: Any) -> float:
        """Set a widget (for example ``string_value="MYC"``) and return the seconds until the page was drawn again."""
        state = WidgetState(id=self.widget(key).id, **value)
        self._states[state.id] = state
        seconds = await self.run()
        if state.WhichOneof("value") == "trigger_value":
            self._states.pop(state.id, None)
        return seconds

    async def upload(self, key: str, name: str, content: bytes) -> float:
        """Give a file to an uploader; return the seconds until the page was drawn with it."""
        started = time.perf_counter()
        asked = BackMsg()
        asked.file_urls_request.request_id = uuid.uuid4().hex
        asked.file_urls_request.file_names.append(name)
        asked.file_urls_request.session_id = self.session_id
        await self.socket.send(asked.SerializeToString())
        urls = (await self._wait_for("file_urls_response")).file_urls_response.file_urls[0]
        self.uploaded = urls.upload_url
        status = await asyncio.to_thread(self.server.put, urls.upload_url, name, content)
        if status != 204:
            raise RuntimeError(f"The upload was answered with {status}.")
        info = UploadedFileInfo(name=name, size=len(content), file_id=urls.file_id, file_urls=urls)
        await self.change(key, file_uploader_state_value=FileUploaderState(uploaded_file_info=[info]))
        return time.perf_counter() - started

    async def download(self, key: str) -> bytes:
        """Press a download button whose file is made when it is asked for; it is pressed again where the file is gone.

        Streamlit forgets such a file when two runs, of whichever sessions, have ended since: busy servers can be too
        late to send it.
        """
        for _ in range(20):
            asked = BackMsg()
            asked.backend_operation_request.request_id = uuid.uuid4().hex
            asked.backend_operation_request.session_id = self.session_id
            asked.backend_operation_request.deferred_file.file_id = self.widget(key).deferred_file_id
            await self.socket.send(asked.SerializeToString())
            answer = (await self._wait_for("backend_operation_response")).backend_operation_response
            if answer.error_msg:
                raise RuntimeError(f"The download failed: {answer.error_msg}.")
            status, content = await asyncio.to_thread(self.server.request, answer.deferred_file.url)
            if status == 200:
                self._look_for_names(content)
                return content
            self.missed += 1
        raise RuntimeError(f"The download of {key} was gone {self.missed} times.")

    def widget(self, key: str) -> Any:
        """What was drawn under a key."""
        for element in map(_drawn, self.elements):
            if getattr(element, "id", "").endswith(f"-{key}"):
                return element
        raise LookupError(f"Nothing called {key} was drawn.")

    def says(self, text: str) -> bool:
        """Whether a heading, a line or a message holds a text."""
        return any(text in str(getattr(element, "body", "")) for element in map(_drawn, self.elements))

    async def run(self) -> float:
        """Run the page with the widgets as they are; return the seconds from asking to its end."""
        asked = BackMsg()
        asked.rerun_script.page_script_hash = self._page
        asked.rerun_script.widget_states.widgets.extend(self._states.values())
        asked.rerun_script.cached_message_hashes.extend(self._cached)
        started = time.perf_counter()
        await self.socket.send(asked.SerializeToString())
        while (
            finished := await self._wait_for("script_finished")
        ).script_finished == ForwardMsg.FINISHED_EARLY_FOR_RERUN:
            pass
        seconds = time.perf_counter() - started
        wrong = [
            f"{item.exception.type}: {item.exception.message}" for item in self.elements if item.HasField("exception")
        ]
        if finished.script_finished != ForwardMsg.FINISHED_SUCCESSFULLY or wrong:
            raise RuntimeError(f"A page could not be drawn. {' '.join(wrong)}")
        self._forget()
        return seconds

    async def _wait_for(self, wanted: str) -> ForwardMsg:
        """Take messages in until one of a kind."""
        while True:
            frame = await asyncio.wait_for(self.socket.recv(decode=False), _PATIENCE)
            self.received += len(frame)
            self._look_for_names(frame)
            message = ForwardMsg.FromString(bytes(frame))
            kind = str(message.WhichOneof("type"))
            if kind == "new_session":
                self.session_id, self.elements = message.new_session.initialize.session_id, []
            elif kind == "navigation":
                self._pages = {page.url_pathname: page.page_script_hash for page in message.navigation.app_pages}
            elif kind == "ref_hash":
                self.elements.append(self._cached[message.ref_hash][1])
                self._cached[message.ref_hash] = (self._runs, self.elements[-1])
            elif kind == "delta" and message.delta.WhichOneof("type") == "new_element":
                self.elements.append(message.delta.new_element)
                if message.metadata.cacheable:
                    self._cached[message.hash] = (self._runs, self.elements[-1])
            if kind == wanted:
                return message

    def _forget(self) -> None:
        """Forget, as a browser does, values of lost widgets and messages unused for two runs."""
        self._runs += 1
        drawn = {getattr(element, "id", "") for element in map(_drawn, self.elements)}
        self._states = {name: state for name, state in self._states.items() if name in drawn}
        self._cached = {name: (run, element) for name, (run, element) in self._cached.items() if run + 2 >= self._runs}

    def _look_for_names(self, content: bytes) -> None:
        self.names.update(name.decode() for name in SAMPLE.findall(content))


@contextlib.asynccontextmanager
async def session(server: Server) -> AsyncIterator[Client]:
    """Open the app; the connection is closed at the end."""
    address = f"ws://127.0.0.1:{server.port}/_stcore/stream"
    protocols: list[Any] = ["streamlit"]
    cookie = {"Cookie": _COOKIE}
    async with connect(
        address, subprotocols=protocols, max_size=None, compression=None, additional_headers=cookie
    ) as opened:
        client = Client(server, opened)
        await client.run()
        yield client


def _drawn(element: Element) -> Any:
    """The widget, text or figure that an element holds."""
    return getattr(element, str(element.WhichOneof("type")))
