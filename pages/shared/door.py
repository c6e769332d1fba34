"""The door of the server: what a request must bring before Streamlit sees it, and what every answer forbids a browser.

Where nobody signs in, whoever started the program proves it by a token, which the start prints and opens in the
browser: neither other accounts of the computer nor what a proxy lets through can know it.
"""

from __future__ import annotations

import asyncio
import contextlib
import html
import os
import webbrowser
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import quote, urlencode

import streamlit as st
from starlette.datastructures import MutableHeaders
from starlette.requests import HTTPConnection
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from starlette.websockets import WebSocketClose

from leap_core.errors import UserError
from leap_core.run.store import default_home
from pages.shared.access import LOCKED, WHY_NOT, closed_to, token_wanted
from pages.shared.browser_cookie import browser_of, name_of_cookie, new_name
from pages.shared.owner_token import TOKEN_FIELD, cookie_name, is_token, token

# Nothing is fetched from, sent to or framed by another host, whatever a page holds. Plotly and tables need the rest.
_POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval' blob:; style-src 'self' 'unsafe-inline';"
    " img-src 'self' data: blob:; font-src 'self' data:; media-src 'self' blob:; worker-src 'self' blob:;"
    " object-src 'none'; base-uri 'self'; frame-ancestors 'self'"
)
_HEADERS = {
    "Content-Security-Policy": _POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
_HEALTH = "_stcore/health"
_OFF = ("_stcore/metrics", "_stcore/agent")
# Whoever runs the server may want its figures; nobody else gets them unasked.
_METRICS_VARIABLE = "LEAP_METRICS"
_PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><title>LEAP Screen Prioritiser</title>
<style>body{{font:16px/1.5 system-ui,sans-serif;max-width:40rem;margin:4rem auto;padding:0 1rem;color:#1d2733}}
input{{font:inherit;width:24rem;max-width:100%}} button{{font:inherit}}</style>
<h1>LEAP Screen Prioritiser</h1><p>{text}</p>{form}</html>"""
_FORM = """<form><label>Token <input name="{field}" type="password" autofocus autocomplete="off"></label>
<button>Open</button></form>"""


class Door:
    """Lets through what may pass; the rest ends here.

    Parameters
    ----------
    app
        What stands behind it.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One connection."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        request = HTTPConnection(scope)
        answer = _answer(request)
        if answer is None:
            await self._app(scope, receive, _strict(_named(request, send)))
        elif scope["type"] == "websocket":
            await WebSocketClose(1008)(scope, receive, send)
        else:
            await answer(scope, receive, _strict(send))


def _answer(request: HTTPConnection) -> Response | None:
    """What the request gets instead of a page; None for one that may pass."""
    path = request.url.path.strip("/")
    base = str(st.get_option("server.baseUrlPath") or "").strip("/")
    inner = path.removeprefix(base).strip("/")
    if inner.startswith(_OFF) and not (inner == _OFF[0] and os.environ.get(_METRICS_VARIABLE) == "1"):
        return PlainTextResponse("Not found", 404)
    if inner == _HEALTH:
        return None
    try:
        why = closed_to(request.headers, request.cookies)
    except UserError as error:
        return HTMLResponse(_PAGE.format(text=html.escape(str(error)), form=""), 403)
    if why is None:
        return None
    given = request.query_params.get(TOKEN_FIELD)
    if why == LOCKED and given is not None and is_token(given):
        return _let_in(request, f"/{base}/" if base else "/")
    form = _FORM.format(field=TOKEN_FIELD) if why == LOCKED else ""
    return HTMLResponse(_PAGE.format(text=html.escape(WHY_NOT[why]), form=form), 403)


def _let_in(request: HTTPConnection, path: str) -> Response:
    """To the same page without the token in its address, which a browser would keep and show."""
    # Only the path: an address of another host would send the visitor there.
    target = "/" + quote(request.url.path.lstrip("/\\"))
    rest = urlencode([pair for pair in request.query_params.multi_items() if pair[0] != TOKEN_FIELD])
    answer = RedirectResponse(f"{target}?{rest}" if rest else target, 303)
    answer.set_cookie(cookie_name(token()), token(), httponly=True, samesite="lax", path=path)
    return answer


def _named(request: HTTPConnection, send: Send) -> Send:
    """Pages with a cookie by which the browser is known again, for one that has none."""
    if request.scope["type"] != "http" or request.scope["method"] != "GET" or browser_of(request.cookies) is not None:
        return send
    base = str(st.get_option("server.baseUrlPath") or "").strip("/")

    async def send_named(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            if headers.get("content-type", "").startswith("text/html"):
                cookie = Response()
                path = f"/{base}/" if base else "/"
                cookie.set_cookie(name_of_cookie(), new_name(), httponly=True, samesite="lax", path=path)
                headers.append("set-cookie", cookie.headers["set-cookie"])
        await send(message)

    return send_named


def _strict(send: Send) -> Send:
    """Every answer with the headers that bind the browser."""

    async def send_strict(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in _HEADERS.items():
                headers[name] = value
        await send(message)

    return send_strict


@asynccontextmanager
async def announced(app: Any) -> AsyncIterator[None]:
    """While the server runs: say where the dashboard is, and open it in the browser of whoever started it."""
    try:
        wanted = token_wanted()
        asked = f"?{urlencode({TOKEN_FIELD: token()})}" if wanted else ""
    except UserError as error:
        print(f"\n  {error}", flush=True)
        wanted, asked = False, ""
    url = _address()
    full = url + asked
    print(f"\n  LEAP Screen Prioritiser: {full}\n", flush=True)
    with contextlib.ExitStack() as files:
        if not st.get_option("server.headless"):
            # Without a file of its own the address has to be opened by hand: it is no secret on a command line.
            target = files.enter_context(_leading_to(full)) if wanted else url
            loop = asyncio.get_running_loop()
            # A moment later: the server listens when this has been entered.
            loop.call_later(0.5, lambda: loop.run_in_executor(None, webbrowser.open, target or url))
        yield


def _address() -> str:
    """Where this server is, for a browser on this computer."""
    address = str(st.get_option("server.address") or "localhost")
    host = f"[{address}]" if ":" in address else address
    base = str(st.get_option("server.baseUrlPath") or "").strip("/")
    scheme = "https" if st.get_option("server.sslCertFile") else "http"
    return f"{scheme}://{host}:{st.get_option('server.port')}/{f'{base}/' if base else ''}"


@contextlib.contextmanager
def _leading_to(url: str) -> Iterator[str | None]:
    """Address of a file, for this account alone, that leads on: command lines are seen by every account."""
    file = default_home().resolve() / f"open-{os.getpid()}.html"
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.unlink(missing_ok=True)
        descriptor = os.open(file, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    except OSError:
        yield None
        return
    shown = html.escape(url)
    with os.fdopen(descriptor, "w", encoding="utf-8") as out:
        out.write(
            f'<!doctype html><meta charset="utf-8"><meta http-equiv="refresh" content="0;url={shown}">'
            f'<a href="{shown}">LEAP Screen Prioritiser</a>'
        )
    try:
        yield file.as_uri()
    finally:
        file.unlink(missing_ok=True)
