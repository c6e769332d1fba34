"""Pages without a browser (AppTest) and in a real Chromium: how they are opened, found and waited for."""

import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import contextmanager

import pandas as pd
import pytest
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.testing.v1 import AppTest

from pages.shared.owner_token import cookie_name
from tests.conftest import ROOT

PAGES = [
    "start",
    "upload",
    "ranked",
    "one_perturbation",
    "members",
    "pathways",
    "compare",
    "shortlist",
    "pilot",
    "scorecard",
    "atlas",
    "glossary",
    "training",
]
# The same as the menu calls them.
MENU = [
    "Start",
    "Upload and check",
    "Ranked dependencies",
    "One gene or drug",
    "Ensemble and members",
    "Pathways",
    "Compare samples",
    "Shortlist and export",
    "Pilot",
    "Scorecard",
    "Accuracy atlas",
    "Methods and glossary",
    "Data and training",
]
# Of every server that the tests start: their browsers have its cookie, as if they had opened the address it prints.
TOKEN = "a-token-of-the-tests-alone"
MELANOMA = ROOT / "data" / "demo" / "heldout_melanoma.csv"
# What tells messages apart whatever their wording.
RED, CHANGED, REOPENED, SCREENED = (
    f":material/{icon}:" for icon in ("dangerous", "difference", "bookmark_added", "fingerprint")
)


def open_app(monkeypatch, home):
    monkeypatch.setenv("LEAP_HOME", str(home))
    monkeypatch.chdir(ROOT)
    return AppTest.from_file(str(ROOT / "app.py"), default_timeout=60).run()


def right(app):
    """The page, if nothing was raised on it."""
    assert not app.exception, [entry.value for entry in app.exception]
    return app


def visit(app, page, **address):
    """Open a page, by the menu or by an address: a browser's addresses are each page's own."""
    app.switch_page(f"pages/{page}.py")
    app.query_params = address
    right(app.run())
    # Only app.py, which this runs no more, ends the opening of a page.
    app.session_state["address_arrived"] = False
    return app


def with_sample(app, which=MELANOMA.name):
    visit(app, "upload")
    return right(app.button(key=f"demo_{which}").click().run())


def give(app, key, name, content, kind="text/csv"):
    """Upload a file."""
    return right(app.file_uploader(key=key).upload(name, content, kind).run())


def log_tpm(which=MELANOMA.name):
    return pd.read_csv(MELANOMA.with_name(which), comment="#", index_col=0)


def state(app):
    """What the session knows."""
    return app.session_state["leap"]


def strip(app):
    """Texts of the strip at the top: sample, models and number picked; where data are simulated, that they are."""
    return [entry.value for entry in app.container(key="header_strip").markdown]


def marked(messages, icon):
    """Texts of the messages with an icon."""
    return [message.value for message in messages if message.icon == icon]


def keys(elements):
    return {element.key for element in elements}


def words(app):
    """All that is written: for names and numbers, not for sentences."""
    return " ".join(
        str(entry.value)
        for kind in ("title", "subheader", "markdown", "info", "success", "warning", "error", "caption")
        for entry in getattr(app, kind)
    )


@pytest.fixture
def app(monkeypatch, demo_store):
    return open_app(monkeypatch, demo_store.home)


def free_port():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


@contextmanager
def running_server(home, *options, port=None):
    """A server of the dashboard on loopback, ended by its own process id; yields its address."""
    port = port or free_port()
    command = [sys.executable, "-m", "streamlit", "run", "app.py", "--server.port", str(port)]
    process = subprocess.Popen(
        [*command, "--server.headless", "true", *options],
        cwd=ROOT,
        env={**os.environ, "LEAP_HOME": str(home), "LEAP_TOKEN": TOKEN},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    url = f"http://127.0.0.1:{port}"
    try:
        for _ in range(600):
            try:
                urllib.request.urlopen(f"{url}/_stcore/health", timeout=1)
                break
            except OSError:
                time.sleep(0.05)
        yield url
    finally:
        process.terminate()
        process.wait(timeout=20)


@pytest.fixture(scope="session")
def address(demo_store):
    """The dashboard with the demo's models."""
    with running_server(demo_store.home) as url:
        yield url


def count_runs(page):
    """Keep in `page.runs` how often the server said that it has drawn a page, or a part of it, to its end."""
    page.runs = 0
    ends = (ForwardMsg.FINISHED_SUCCESSFULLY, ForwardMsg.FINISHED_FRAGMENT_RUN_SUCCESSFULLY)

    def heard(frame):
        message = ForwardMsg.FromString(frame) if isinstance(frame, bytes) else ForwardMsg()
        page.runs += message.WhichOneof("type") == "script_finished" and message.script_finished in ends

    page.on("websocket", lambda opened: opened.on("framereceived", heard))


@pytest.fixture
def page():
    """A page of Debian's Chromium; skipped with a reason where there is no browser."""
    chromium = shutil.which("chromium")
    if chromium is None:
        pytest.skip("no chromium on this machine (apt-get install chromium)")
    sync_api = pytest.importorskip("playwright.sync_api")
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium,
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync"],
        )
        context = browser.new_context(viewport={"width": 1400, "height": 1000}, accept_downloads=True)
        context.set_default_timeout(60_000)
        opened = context.new_page()
        cookie = {"name": cookie_name(TOKEN), "value": TOKEN, "url": "http://127.0.0.1"}
        opened.context.add_cookies([cookie])
        count_runs(opened)
        yield opened
        browser.close()


@pytest.fixture
def expect():
    """Playwright's assertions, which wait; longer than by default where the machine is busy."""
    expect = pytest.importorskip("playwright.sync_api").expect
    expect.set_options(timeout=30_000)
    return expect


# The same as the server's last word for ten frames of the screen: nothing more is about to be drawn.
CALM = """() => {
  const drawing = '[data-testid="stApp"]:not([data-test-script-state="notRunning"]), [data-stale="true"]';
  window.calm = document.querySelector(drawing) ? 0 : (window.calm ?? 0) + 1;
  return window.calm > 10;
}"""


@contextmanager
def drawn_again(page):
    """Do something, and wait until the page has been drawn again.

    What is done to a widget of a page that is still being drawn is lost.
    """
    before, end = page.runs, time.monotonic() + 60
    yield
    while page.runs == before and time.monotonic() < end:
        page.evaluate("() => new Promise(requestAnimationFrame)")
    assert page.runs > before
    page.evaluate("window.calm = 0")
    page.wait_for_function(CALM)


def start(page, address):
    with drawn_again(page):
        page.goto(address)


def forget_browser(page):
    """Be another browser for the dashboard: one that it has not seen before."""
    cookies = [cookie for cookie in page.context.cookies() if not cookie["name"].endswith("-browser")]
    page.context.clear_cookies()
    page.context.add_cookies(cookies)


def go(page, name):
    """Open another page by its name in the menu."""
    with drawn_again(page):
        page.locator('[data-testid="stSidebarNav"] a', has_text=name).first.click()
        page.get_by_role("heading", name=name, level=1).wait_for()


def keyed(page, key):
    """What was drawn under a key."""
    return page.locator(f".st-key-{re.sub(r'[^A-Za-z0-9_-]', '-', key)}")


def press(page, key):
    """Press a button."""
    keyed(page, key).get_by_role("button").click()


def take_demo_sample(page):
    """Read the demo's held-out line, from the page of uploads."""
    press(page, f"demo_{MELANOMA.name}")
    page.get_by_role("heading", name=MELANOMA.name).wait_for()


def fill(page, key, text):
    """Write into a field."""
    with drawn_again(page):
        keyed(page, key).locator("input").fill(text)
        page.keyboard.press("Enter")


def choose(page, key, option):
    """Choose an option of a box."""
    keyed(page, key).locator("input").click()
    with drawn_again(page):
        page.get_by_role("option", name=option).click()


def give_files(page, key, *paths):
    """Upload files."""
    with drawn_again(page):
        keyed(page, key).locator('input[type="file"]').set_input_files([str(path) for path in paths])


def downloaded(page, key):
    """Press a download button, once the page has been drawn, and take the file."""
    page.evaluate("window.calm = 0")
    page.wait_for_function(CALM)
    with page.expect_download() as waiting:
        press(page, key)
    return waiting.value


def tick_row(page, row):
    """Tick a row of the first table that is seen, which is drawn on a canvas: click the box at its left edge."""
    with drawn_again(page):
        page.get_by_test_id("stDataFrame").filter(visible=True).first.click(position={"x": 18, "y": 35 + 28 * row + 14})
