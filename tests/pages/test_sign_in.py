"""Signing in at a loopback OpenID provider, in a real Chromium: who gets how far, what is written down."""

import json
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
import streamlit

from pages.shared import access
from pages.shared.audit import audit_file
from pages.shared.owner_token import cookie_name, token
from tests.conftest import answering
from tests.pages.conftest import (
    MELANOMA,
    downloaded,
    free_port,
    give_files,
    go,
    keyed,
    keys,
    open_app,
    press,
    right,
    running_server,
)

jose = pytest.importorskip("joserfc.jwt", reason="no Authlib (pip install -r requirements-server.txt)")


class Provider(BaseHTTPRequestHandler):
    """Discovery, authorisation (it asks nothing: `server.email` is who signs in), tokens and keys."""

    def do_GET(self):
        server, url = self.server, urlsplit(self.path)
        if url.path == "/.well-known/openid-configuration":
            self._json(
                {
                    "issuer": server.issuer,
                    "authorization_endpoint": f"{server.issuer}/authorize",
                    "token_endpoint": f"{server.issuer}/token",
                    "jwks_uri": f"{server.issuer}/keys",
                    "response_types_supported": ["code"],
                    "subject_types_supported": ["public"],
                    "id_token_signing_alg_values_supported": ["RS256"],
                }
            )
        elif url.path == "/authorize":
            asked = {key: values[0] for key, values in parse_qs(url.query).items()}
            server.nonce = asked.get("nonce", "")
            self.send_response(302)
            self.send_header(
                "Location", f"{asked['redirect_uri']}?{urlencode({'code': 'once', 'state': asked['state']})}"
            )
            self.end_headers()
        elif url.path == "/keys":
            self._json({"keys": [server.key.as_dict(private=False)]})
        else:
            self.send_error(404)

    def do_POST(self):
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        server, now = self.server, int(time.time())
        claims = {
            "iss": server.issuer,
            "sub": server.email,
            "aud": "leap",
            "iat": now,
            "exp": now + 600,
            "nonce": server.nonce,
            "email": server.email,
            "email_verified": True,
            "name": "Somebody",
        }
        token = jose.encode({"alg": "RS256", "kid": server.key.kid}, claims, server.key)
        self._json({"access_token": "unused", "token_type": "Bearer", "expires_in": 600, "id_token": token})

    def _json(self, content):
        body = json.dumps(content).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments):
        """Keep quiet."""


@pytest.fixture
def provider():
    from joserfc.jwk import RSAKey

    server = ThreadingHTTPServer(("127.0.0.1", 0), Provider)
    server.issuer, server.nonce, server.email = f"http://127.0.0.1:{server.server_port}", "", "bob@uni.example"
    server.key = RSAKey.generate_key(2048, {"kid": "one", "use": "sig", "alg": "RS256"}, auto_kid=False)
    with answering(server):
        yield server


@pytest.fixture
def site(tmp_path, provider, demo_store):
    """A server on loopback with sign-in, users of one domain and one administrator; yields its address."""
    port = free_port()
    secrets = tmp_path / "secrets.toml"
    secrets.write_text(f"""[auth]
redirect_uri = "http://127.0.0.1:{port}/oauth2callback"
cookie_secret = "a secret of this test alone, long enough"
client_id = "leap"
client_secret = "unused"
server_metadata_url = "{provider.issuer}/.well-known/openid-configuration"

[leap]
users = ["@uni.example"]
administrators = ["ada@uni.example"]
""")
    with running_server(demo_store.home, "--secrets.files", str(secrets), port=port) as address:
        yield address


def sign_in(page, provider, email):
    provider.email = email
    press(page, "sign_in")


def sign_out(page, key="sign_out"):
    press(page, key)
    keyed(page, "sign_in").wait_for()


@pytest.mark.browser
@pytest.mark.xdist_group("servers")
def test_unsigned_strangers_users_and_administrators(site, provider, page, demo_store):
    # Unsigned: nothing but the door, whichever page is asked for.
    menu = page.locator('[data-testid="stSidebarNav"] a')
    for path in ("", "/training", "/ranked"):
        page.goto(site + path)
        keyed(page, "sign_in").wait_for()
        assert menu.count() == 0 and page.get_by_text("Demo genes").count() == 0
    page.goto(site)
    sign_in(page, provider, "eve@elsewhere.example")
    page.get_by_test_id("stAlertContentWarning").get_by_text("eve@elsewhere.example").wait_for()
    assert menu.count() == 0
    sign_out(page, "sign_out_here")
    # A user: everything but training; each export leaves a line.
    sign_in(page, provider, "bob@uni.example")
    page.get_by_text("bob@uni.example (user)").wait_for()
    assert "Data and training" not in page.locator('[data-testid="stSidebarNav"]').inner_text()
    go(page, "Upload and check")
    give_files(page, "upload", MELANOMA)
    audit = audit_file(demo_store.home)
    audit.unlink(missing_ok=True)
    assert downloaded(page, "passport_gene").path().stat().st_size > 100
    (line,) = [json.loads(line) for line in audit.read_text().splitlines()]
    assert (line["user"], line["what"], line["model"]) == ("bob@uni.example", "passport (json)", "Demo genes")
    assert "MEL" not in json.dumps(line)
    page.goto(f"{site}/training")
    page.get_by_text("bob@uni.example (user)").wait_for()
    assert keyed(page, "panel_source").count() == 0
    page.goto(site)
    sign_out(page)
    # The administrator trains.
    sign_in(page, provider, "ada@uni.example")
    page.get_by_text("ada@uni.example (administrator)").wait_for()
    go(page, "Data and training")
    keyed(page, "panel_source").wait_for()


@pytest.mark.parametrize(("address", "let_in"), [("0.0.0.0", False), (None, False), ("127.0.0.1", True)])
def test_a_server_that_others_can_reach_is_refused_without_sign_in(monkeypatch, demo_store, address, let_in):
    real = streamlit.get_option
    monkeypatch.setattr(streamlit, "get_option", lambda key: address if key == "server.address" else real(key))
    app = right(open_app(monkeypatch, demo_store.home))
    assert ("header_strip" in keys(app.container)) is let_in
    if not let_in:
        assert len(app.error) == 1 and not app.button
        with pytest.raises(ValueError, match="Could not find a navigation page"):
            app.switch_page("pages/ranked.py")


def secrets_at(monkeypatch, path):
    """Streamlit reads its secrets from `path` alone."""
    real = streamlit.get_option
    monkeypatch.setattr(streamlit, "get_option", lambda key: [str(path)] if key == "secrets.files" else real(key))


@pytest.mark.parametrize(
    "header",
    [
        {"X-Forwarded-For": "10.0.0.7"},
        {"X-Forwarded-Proto": "https"},
        {"Host": "leap.uni.example"},
        {"Forwarded": "for=10.0.0.7"},
    ],
)
def test_what_came_through_a_proxy_is_refused_without_sign_in(monkeypatch, tmp_path, header):
    secrets_at(monkeypatch, tmp_path / "none.toml")
    monkeypatch.setattr(type(streamlit.context), "headers", {"Host": "127.0.0.1:8501"})
    monkeypatch.setattr(type(streamlit.context), "cookies", {cookie_name(token()): token()})
    assert access.visitor().administers
    monkeypatch.setattr(type(streamlit.context), "headers", {"Host": "127.0.0.1:8501"} | header)
    assert access.visitor() is None and access.why_not() == access.EXPOSED


def test_a_server_that_must_have_sign_in_refuses_without(monkeypatch, tmp_path):
    secrets_at(monkeypatch, tmp_path / "none.toml")
    monkeypatch.setattr(type(streamlit.context), "headers", {})
    assert access.visitor().administers
    monkeypatch.setenv("LEAP_REQUIRE_SIGN_IN", "1")
    assert access.visitor() is None and access.why_not() == access.EXPOSED


def test_secrets_that_cannot_be_read_let_nobody_in(monkeypatch, tmp_path, demo_store):
    broken = tmp_path / "secrets.toml"
    broken.write_text('[auth\nredirect_uri = "x"\n')
    secrets_at(monkeypatch, broken)

    class Unreadable:
        def to_dict(self):
            raise ValueError("cannot be parsed")

    monkeypatch.setattr(streamlit, "secrets", Unreadable())
    assert access.checked_visitor() is None and access.why_not() == access.UNREADABLE
    app = right(open_app(monkeypatch, demo_store.home))
    assert "secrets.toml" in app.error[0].value and "header_strip" not in keys(app.container)
