"""A loopback server that plays what sources do, and made release files."""

import hashlib
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from benchmarks.official import Shape, write_depmap
from leap_core.io import download
from leap_core.panel.releases import folder_scan
from tests.conftest import answering

WEB_PAGE = b"<!DOCTYPE html><html><title>Just a moment...</title></html>"


class Handler(BaseHTTPRequestHandler):
    """Answers by `server.plan[path]`, a list of steps: ``whole``, ``cut``, ``html``, ``damaged``, or a status."""

    def do_GET(self):
        server = self.server
        server.asked.append((self.path, self.headers.get("Range"), self.headers.get("User-Agent", "")))
        path = self.path.split("://", 1)[-1].split("/", 1)[-1] if "://" in self.path else self.path.lstrip("/")
        steps = server.plan.get(path, [])
        step = steps.pop(0) if steps else "whole"
        body = server.files.get(path)
        if isinstance(step, int) or body is None:
            self.send_error(step if isinstance(step, int) else 404)
            return
        if step == "html":
            body = WEB_PAGE
        if step == "damaged":
            body = body[:-2] + b"?\n"
        mark = f'"{hashlib.md5(body).hexdigest()}"'
        same = self.headers.get("If-Range") == mark
        have = int(self.headers["Range"].split("=")[1].rstrip("-")) if self.headers.get("Range") and same else 0
        self.send_response(206 if have else 200)
        self.send_header("Content-Length", str(len(body) - have))
        self.send_header("ETag", mark)
        self.end_headers()
        self.wfile.write(body[have : have + (len(body) - have) // 2] if step == "cut" else body[have:])

    def log_message(self, *arguments):
        """Keep quiet."""


@pytest.fixture
def server(monkeypatch):
    monkeypatch.setattr(download.time, "sleep", lambda seconds: None)
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.plan, server.asked, server.files = {}, [], {}
    server.address = f"http://127.0.0.1:{server.server_port}"
    with answering(server):
        yield server


@pytest.fixture(autouse=True)
def settled(monkeypatch):
    """Files that a test has just written count as settled."""
    monkeypatch.setattr(folder_scan, "_SETTLED_SECONDS", 0.0)


@pytest.fixture(scope="session")
def official(tmp_path_factory):
    """Folder of a small made release, in today's layout, and the MD5 of each file."""
    place = tmp_path_factory.mktemp("official")
    return place, write_depmap(place, Shape(lines=70, twice=5, genes=150, screened=60, perturbations=100))


def listing_csv(files, release="DepMap Public 26Q1", date="2026-03-01", address=""):
    """DepMap's list of files, addresses blank or at a server."""
    rows = ["release,release_date,filename,url,md5_hash"]
    rows += [f"{release},{date},{name},{f'{address}/{name}' if address else ''},{md5}" for name, md5 in files.items()]
    return ("\n".join(rows) + "\n").encode()
