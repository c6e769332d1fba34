"""The door of the server, as whoever did not start it finds it: over HTTP and websockets, with its token or without."""

import asyncio
import http.client
import os
import re
import socket
import stat
import subprocess
import sys
from urllib.parse import urlsplit

import pytest
from starlette.responses import PlainTextResponse
from starlette.testclient import TestClient
from starlette.websockets import WebSocketDisconnect

from leap_core.errors import UserError
from pages.shared import access, door, owner_token
from pages.shared.door import Door
from pages.shared.owner_token import cookie_name
from tests.conftest import ROOT
from tests.pages.conftest import TOKEN, free_port, running_server

HERE = "http://127.0.0.1:8501"


async def behind(scope, receive, send):
    """What stands behind the door."""
    if scope["type"] == "websocket":
        await send({"type": "websocket.accept"})
        await send({"type": "websocket.close"})
    else:
        await PlainTextResponse("inside")(scope, receive, send)


@pytest.fixture
def secrets(monkeypatch, tmp_path):
    """Streamlit reads its secrets from a file of the test's; writes them."""
    import streamlit
    from streamlit.runtime.secrets import Secrets

    path = tmp_path / "secrets.toml"
    options = {"secrets.files": [str(path)], "server.address": "127.0.0.1", "server.baseUrlPath": ""}
    real = streamlit.get_option
    monkeypatch.setattr(streamlit, "get_option", lambda key: options.get(key, real(key)))
    monkeypatch.setenv("LEAP_TOKEN", TOKEN)
    monkeypatch.delenv("LEAP_REQUIRE_SIGN_IN", raising=False)
    owner_token.token.cache_clear()

    class Mine(Secrets):
        def to_dict(self):
            import tomllib

            return tomllib.loads(path.read_text(encoding="utf-8"))

    monkeypatch.setattr(streamlit, "secrets", Mine())
    yield path.write_text
    owner_token.token.cache_clear()


@pytest.fixture
def client(secrets):
    return TestClient(Door(behind), base_url=HERE, follow_redirects=False)


def with_cookie():
    return {"cookie": f"{cookie_name(TOKEN)}={TOKEN}"}


def test_the_token_opens_and_is_remembered_without_standing_in_the_address(client):
    assert client.get("/").status_code == 403
    answer = client.get(f"/ranked?token={TOKEN}&name=TP53")
    assert answer.status_code == 303 and answer.headers["location"] == "/ranked?name=TP53"
    assert "httponly" in answer.headers["set-cookie"].lower() and "samesite=lax" in answer.headers["set-cookie"].lower()
    assert client.get("/ranked").text == "inside"


@pytest.mark.parametrize("given", ["", "wrong", TOKEN[:-1], TOKEN + "x", "\u00e4", "%00", TOKEN.upper()])
def test_another_token_opens_nothing(client, given):
    assert client.get("/", params={"token": given}).status_code == 403
    assert client.get("/", headers={"cookie": f"{cookie_name(TOKEN)}={given}".encode()}).status_code == 403


@pytest.mark.parametrize("path", ["//evil.example/", "/\\evil.example", "/%5cevil.example", "/%2f%2fevil.example"])
def test_the_token_leads_to_no_other_host(client, path):
    answer = client.get(f"{HERE}{path}?token={TOKEN}")
    target = answer.headers["location"]
    assert target.startswith("/") and not re.match(r"/[/\\]", target) and not urlsplit(target).netloc


@pytest.mark.parametrize(
    "header",
    [
        {"X-Forwarded-For": "10.0.0.7"},
        {"X-Forwarded-Whatever": "x"},
        {"Forwarded": "for=10.0.0.7"},
        {"Via": "1.1 proxy"},
        {"X-Real-IP": "10.0.0.7"},
        {"CF-Connecting-IP": "10.0.0.7"},
        {"Host": "leap.uni.example"},
        {"Host": "127.0.0.1.evil.example"},
    ],
)
def test_what_came_through_a_proxy_is_refused_even_with_the_token(client, header):
    assert client.get("/", headers=with_cookie()).text == "inside"
    assert client.get("/", headers=with_cookie() | header).status_code == 403
    assert client.get(f"/?token={TOKEN}", headers=header).status_code == 403


def test_a_proxy_that_adds_nothing_has_no_token(client):
    """Its visitors look as if they sat at this computer: Host is loopback, and no header tells."""
    for path in ("/", "/ranked", "/_stcore/stream", "/_stcore/upload_file/a/b", "/media/x", "/static/x.js"):
        assert client.get(path).status_code == 403


def test_a_websocket_needs_the_token_too(client):
    with pytest.raises(WebSocketDisconnect), client.websocket_connect("ws://127.0.0.1:8501/_stcore/stream") as opened:
        opened.receive_text()
    with client.websocket_connect("ws://127.0.0.1:8501/_stcore/stream", headers=with_cookie()):
        pass


def test_figures_of_the_server_are_off_and_its_health_is_not_hidden(client, monkeypatch):
    for path in ("/_stcore/metrics", "/_stcore/metrics/", "/_stcore/metrics?families=x", "/_stcore/agent/interact"):
        assert client.get(path, headers=with_cookie()).status_code == 404
    assert client.get("/_stcore/health").text == "inside"
    monkeypatch.setenv("LEAP_METRICS", "1")
    assert client.get("/_stcore/metrics").status_code == 403
    assert client.get("/_stcore/metrics", headers=with_cookie()).text == "inside"


def test_every_answer_forbids_the_browser_other_hosts(client):
    for answer in (client.get("/"), client.get("/", headers=with_cookie()), client.get("/_stcore/metrics")):
        policy = answer.headers["content-security-policy"]
        assert "default-src 'self'" in policy and "http" not in policy and "*" not in policy
        assert answer.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize(
    "text",
    [
        '[leap]\nusers = ["@uni.example"]\n',
        '[leap]\nadministrators = ["ada@uni.example"]\nopen = true\n',
        "[leap]\ntrust_unverified = true\n",
        '[leep]\nusers = ["@uni.example"]\n',
        '[Auth]\nclient_id = "x"\n',
        'users = ["@uni.example"]\n',
        '[leap]\nopen = "true"\n',
        "leap = 5\n",
        '[auht]\nclient_id = "x"\n[leap]\nopen = true\n',
        "[leap\n",
    ],
)
def test_secrets_that_make_no_sense_close_the_door(secrets, client, text):
    secrets(text, encoding="utf-8")
    answer = client.get("/", headers=with_cookie())
    assert answer.status_code == 403 and "secrets.toml" in answer.text
    assert client.get(f"/?token={TOKEN}").status_code == 403
    with pytest.raises(UserError, match=r"secrets\.toml"):
        access.visitor()


@pytest.mark.parametrize("text", ["", "[leap]\n", "[leap]\nopen = false\n"])
def test_secrets_that_say_nothing_leave_the_door_to_the_token(secrets, client, text):
    secrets(text, encoding="utf-8")
    assert client.get("/").status_code == 403 and client.get("/", headers=with_cookie()).text == "inside"


@pytest.mark.parametrize("text", ["[leap]\nopen = true\n", '[auth]\nclient_id = "x"\n'])
def test_where_others_sign_in_or_all_may_come_no_token_is_asked_for(secrets, client, text):
    secrets(text, encoding="utf-8")
    assert client.get("/", headers={"X-Forwarded-For": "10.0.0.7", "Host": "leap.uni.example"}).text == "inside"


@pytest.mark.parametrize("given", ["short", "a b c d e f g h i j k", "x" * 300, "\u00e4" * 20])
def test_a_token_that_is_no_secret_is_refused(monkeypatch, given):
    monkeypatch.setenv("LEAP_TOKEN", given)
    owner_token.token.cache_clear()
    with pytest.raises(UserError, match="LEAP_TOKEN"):
        owner_token.token()
    owner_token.token.cache_clear()


def test_the_file_that_leads_the_browser_on_is_for_this_account_alone(monkeypatch, tmp_path):
    monkeypatch.setenv("LEAP_HOME", str(tmp_path))
    with door._leading_to(f"{HERE}/?token={TOKEN}") as address:
        (file,) = tmp_path.iterdir()
        assert address == file.as_uri() and TOKEN not in address and TOKEN in file.read_text(encoding="utf-8")
        assert os.name == "nt" or stat.S_IMODE(file.stat().st_mode) == 0o600
    assert list(tmp_path.iterdir()) == []


def test_a_start_prints_the_address_that_opens(tmp_path):
    port = free_port()
    environment = {name: value for name, value in os.environ.items() if name != "LEAP_TOKEN"}
    command = [sys.executable, "-m", "streamlit", "run", "app.py", "--server.port", str(port)]
    process = subprocess.Popen(
        [*command, "--server.headless", "true"],
        cwd=ROOT,
        env={**environment, "LEAP_HOME": str(tmp_path), "PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        said = next(line for line in process.stdout if "token=" in line)
        address = urlsplit(said.split()[-1])
        assert (address.hostname, address.port) == ("127.0.0.1", port) and len(address.query) > 40
        asyncio.run(answered(port))
        assert status(port, "/") == 403 and status(port, f"/?{address.query}") == 303
    finally:
        process.terminate()
        process.wait(timeout=20)


async def answered(port):
    """Wait until the server listens."""
    for _ in range(600):
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            await asyncio.sleep(0.05)
            continue
        writer.close()
        return
    raise AssertionError("the server never listened")


def status(port, path, **headers):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    connection.request("GET", path, headers=headers)
    return connection.getresponse().status


def test_the_server_itself_has_the_door(tmp_path):
    with running_server(tmp_path) as address:
        port = urlsplit(address).port
        assert status(port, "/") == 403 and status(port, "/_stcore/metrics", Cookie=with_cookie()["cookie"]) == 404
        assert status(port, "/", Cookie=with_cookie()["cookie"]) == 200
        # Without any header, as no browser asks and any program may.
        with socket.create_connection(("127.0.0.1", port), timeout=20) as bare:
            bare.sendall(b"GET / HTTP/1.0\r\n\r\n")
            assert bare.recv(100).split()[1] == b"403"
