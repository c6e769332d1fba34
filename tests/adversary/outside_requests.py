"""Requests of somebody who did not start the dashboard, and messages of a session that speaks nonsense.

``python -m tests.adversary.outside_requests --number 5000 --seed 7`` prints what was tried, as JSON: whoever has no
token gets nothing but the door and the health of the server, and the server says no traceback and lives on.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import random
import subprocess
import sys
import tempfile
import uuid
from pathlib import Path

from streamlit.proto.BackMsg_pb2 import BackMsg
from websockets.asyncio.client import connect
from websockets.exceptions import WebSocketException

from pages.shared.owner_token import cookie_name
from tests.conftest import ROOT
from tests.pages.conftest import free_port

PATHS = [
    *("/", "/ranked", "/training", "/static/js/index.js", "/_stcore/stream", "/_stcore/host-config", "/media/a.csv"),
    *("/_stcore/upload_file/a/b", "/_stcore/metrics", "/_stcore/agent/interact", "/oauth2callback", "/auth/login"),
    *(
        "/..%2f..%2fetc/passwd",
        "//evil.example/",
        "/%00",
        "/\\evil",
        "/_stcore/health/../stream",
        "/_stcore/health",
        "/component/a.b/c",
    ),
    *("/_stcore/bidi-components/a", "/?token=", "/?token=%ff", "/?token[]=x", "/;token", "/_STCORE/METRICS", "/*"),
]
METHODS = ["GET", "POST", "PUT", "DELETE", "OPTIONS", "HEAD", "PATCH", "TRACE", "CONNECT", "FOO"]
HEADERS = [
    *(
        "Host: 127.0.0.1",
        "Host: localhost",
        "Host: evil.example",
        "Host: 127.0.0.1@evil.example",
        "Host: [::1]",
        "Host:",
    ),
    *("X-Forwarded-For: 127.0.0.1", "Forwarded: for=127.0.0.1", "Via: x", "X-Real-IP: 127.0.0.1"),
    *("Cookie: leap-00000000=x", "Cookie: =; ;;", "Cookie: \xff\xfe", "Authorization: token x", "Origin: null"),
    *("Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Key: x", "Sec-WebSocket-Version: 13"),
    *("Sec-WebSocket-Protocol: streamlit", "Content-Length: 5", "Transfer-Encoding: chunked", "X: " + "y" * 9000),
    *("Content-Type: multipart/form-data; boundary=a", "X-Xsrftoken: x", "Accept-Encoding: gzip", "Range: bytes=0-"),
]
HEALTH = b"GET /_stcore/health HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n"
PATIENCE = 3.0


def request(draw: random.Random) -> bytes:
    """A request, sound or not."""
    path = draw.choice(PATHS)
    if draw.random() < 0.3:
        place = draw.randrange(len(path) + 1)
        path = path[:place] + draw.choice(["%2e", "//", "?token=x", "#", "\u00e4", "%c0%af", " ", "%"]) + path[place:]
    lines = [f"{draw.choice(METHODS)} {path} HTTP/{draw.choice(['1.1', '1.1', '1.1', '1.0', '2'])}"]
    # Now and then no header at all.
    if draw.random() < 0.95:
        lines += ["Host: 127.0.0.1"] * (draw.random() < 0.7) + draw.sample(HEADERS, draw.randrange(6))
        lines.append("Connection: close")
    content = "\r\n".join([*lines, "", draw.choice(["", "", "hello"])]).encode("latin-1", "replace")
    if draw.random() < 0.2:
        changed = bytearray(content)
        changed[draw.randrange(len(changed))] = draw.randrange(256)
        content = bytes(changed)
    return content


async def answer(port: int, content: bytes) -> bytes:
    """What the server says before it hangs up.

    Raises
    ------
    TimeoutError
        If it says nothing more and does not hang up.
    """
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(content)
        return await asyncio.wait_for(reader.read(-1), PATIENCE)
    except ConnectionError:
        return b""
    finally:
        writer.close()


def verdict(content: bytes, said: bytes) -> str:
    """Refused, the server's health, or a fault."""
    if not said:
        return "refused"
    status = int(said.split(b" ", 2)[1])
    if status in (200, 204) and said.endswith((b"ok", b"\r\n\r\n")) and b" /_stcore/health" in content:
        return "health"
    return "refused" if 300 < status < 500 and b"set-cookie: leap-" not in said.lower() else f"status {status}"


def unfinished(content: bytes) -> bool:
    """Whether a server has to wait for more of the request, or for the next."""
    lower = content.lower()
    if b"\r\n\r\n" not in content or b"connection: close" not in lower:
        return True
    return b"content-length" in lower or b"transfer-encoding" in lower


async def nonsense(port: int, token: str, draw: random.Random) -> None:
    """A session of the owner's whose browser sends rubbish: it may end, and nothing else."""
    sound = BackMsg(
        rerun_script={"query_string": "a=![x](http://a.example)", "page_name": "ranked"}
    ).SerializeToString()
    cookie = {"Cookie": f"{cookie_name(token)}={token}"}
    with contextlib.suppress(WebSocketException, ConnectionError, TimeoutError):
        async with connect(
            f"ws://127.0.0.1:{port}/_stcore/stream", subprotocols=["streamlit"], additional_headers=cookie
        ) as opened:
            for _ in range(3):
                changed = bytearray(sound)
                changed[draw.randrange(len(changed))] = draw.randrange(256)
                await opened.send(draw.choice([bytes(changed), draw.randbytes(draw.randrange(200)), b""]))


async def attack(port: int, number: int, seed: int) -> dict[str, object]:
    """Try, and count."""
    counts, faults = {"refused": 0, "health": 0, "waiting": 0}, []
    for trial in range(number):
        draw = random.Random(f"{seed} {trial}")
        content = request(draw)
        try:
            outcome = verdict(content, await answer(port, content))
        except TimeoutError:
            outcome = "waiting" if unfinished(content) else "hang"
        if outcome in counts:
            counts[outcome] += 1
        else:
            faults.append({"trial": trial, "outcome": outcome, "request": repr(content[:500])})
    return {"tried": number, **counts, "faults": faults[:20]}


async def chatter(port: int, token: str, number: int, seed: int) -> bool:
    """Sessions that speak nonsense; whether the server lives on."""
    for trial in range(number):
        await nonsense(port, token, random.Random(f"{seed} session {trial}"))
    return (await answer(port, HEALTH)).endswith(b"ok")


async def listening(port: int) -> None:
    """Wait until the server answers."""
    for _ in range(1200):
        with contextlib.suppress(OSError):
            await answer(port, HEALTH)
            return
        await asyncio.sleep(0.05)
    raise TimeoutError("the server never listened")


def main() -> None:
    """Start a dashboard of its own, attack it, read what it said."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--number", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=19)
    options = parser.parse_args()
    port, token = free_port(), uuid.uuid4().hex
    command = [sys.executable, "-m", "streamlit", "run", "app.py", "--server.port", str(port)]
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "log"
        with log.open("wb") as out:
            server = subprocess.Popen(
                [*command, "--server.headless", "true"],
                cwd=ROOT,
                env={**os.environ, "LEAP_HOME": folder, "LEAP_TOKEN": token},
                stdout=out,
                stderr=out,
            )
        try:
            asyncio.run(listening(port))
            found = asyncio.run(attack(port, options.number, options.seed))
            said = log.read_text(encoding="utf-8", errors="replace")
            alive = asyncio.run(chatter(port, token, options.number // 20, options.seed))
        finally:
            server.terminate()
            server.wait(timeout=30)
    print(json.dumps({**found, "tracebacks": said.count("Traceback"), "alive": alive}))


if __name__ == "__main__":
    main()
