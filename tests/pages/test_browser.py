"""The main journey in a real Chromium: upload, sort, pick two genes, download the hit list."""

import io
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import contextmanager

import openpyxl
import pandas as pd
import pytest

from tests.conftest import ROOT

pytestmark = pytest.mark.browser


def free_port():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


@contextmanager
def running_server(home, *options, port=None, **environment):
    """A server of the dashboard on loopback, ended by its own process id; yields its address."""
    port = port or free_port()
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
        env={**os.environ, "LEAP_HOME": str(home), **environment},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    url = f"http://127.0.0.1:{port}"
    for _ in range(150):
        try:
            urllib.request.urlopen(f"{url}/_stcore/health", timeout=1)
            break
        except OSError:
            time.sleep(0.2)
    yield url
    process.terminate()
    process.wait(timeout=20)


@pytest.fixture(scope="module")
def address(demo_store):
    """The dashboard with the demo's models."""
    with running_server(demo_store.home) as url:
        yield url


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
        opened = browser.new_page(viewport={"width": 1400, "height": 1000}, accept_downloads=True)
        opened.set_default_timeout(60_000)
        yield opened
        browser.close()


def go(page, name):
    page.locator('[data-testid="stSidebarNav"] a', has_text=name).first.click()
    page.get_by_role("heading", name=name).first.wait_for()
    finished(page)


def finished(page):
    """Wait until the page has run to its end: what is done to a widget of a page that is still being drawn is lost."""
    page.wait_for_timeout(200)
    page.locator('[data-testid="stApp"][data-test-script-state="notRunning"]').wait_for()


def tick_row(page, row):
    """Tick a row of the table, which is drawn on a canvas: click the box at its left edge."""
    canvas = page.locator('[data-testid="stDataFrame"] canvas').first
    canvas.wait_for()
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    page.mouse.click(box["x"] + 18, box["y"] + 35 + 35 * row + 17)
    page.wait_for_timeout(700)


def test_upload_sort_pick_two_and_download(address, page):
    page.goto(address)
    page.get_by_text("What the numbers mean").wait_for()
    go(page, "Upload and check")
    page.locator('input[type="file"]').first.set_input_files(str(ROOT / "data/demo/heldout_melanoma.csv"))
    page.get_by_text("What was read from heldout_melanoma.csv").wait_for()
    page.get_by_text("1,022 of the model's 1,022 genes found").first.wait_for()
    go(page, "Ranked dependencies")
    page.get_by_text("genes shown").wait_for()
    page.locator('[data-testid="stSelectbox"]', has_text="Order").locator("input").click()
    page.get_by_role("option", name="Strongest predicted").click()
    page.wait_for_timeout(1500)
    tick_row(page, 0)
    page.get_by_role("button", name="Add 1 selected").wait_for()
    tick_row(page, 1)
    page.get_by_role("button", name="Add 2 selected to the shortlist").click()
    page.get_by_test_id("stMain").get_by_text("Picked").locator("..").get_by_text("2").first.wait_for()
    go(page, "Shortlist and export")
    page.get_by_text("Picked · 2 genes").wait_for()
    with page.expect_download() as waiting:
        page.get_by_role("button", name="Download CSV").first.click()
    download = waiting.value
    text = download.path().read_text(encoding="utf-8")
    assert download.suggested_filename.startswith("SIM-MEL-HELDOUT_genes-picked_simulated-demo-1_")
    assert "SIMULATED DATA" in text and "Research use only" in text and "heldout_melanoma.csv" in text
    hits = pd.read_csv(io.StringIO(text), comment="#")
    assert len(hits) == 2 and {"predicted", "panel_percentile", "accuracy", "agreement_sd", "status"} <= set(
        hits.columns
    )
    assert set(hits["perturbation"]) <= {"MITF", "SOX10", "BRAF"}
    assert hits["predicted"].is_monotonic_increasing


def test_a_row_leads_to_the_page_of_its_gene_or_drug(address, page):
    page.goto(address)
    go(page, "Upload and check")
    page.get_by_role("button", name="Held-out line").click()
    page.get_by_text("What was read from heldout_melanoma.csv").wait_for()
    go(page, "One gene or drug")
    go(page, "Ranked dependencies")
    page.get_by_test_id("stMain").get_by_text("Drugs", exact=True).last.click()
    page.get_by_text("drugs shown").wait_for()
    tick_row(page, 0)
    link = page.get_by_test_id("stPageLink").get_by_text("FolderScan at")
    name = link.inner_text().removeprefix("FolderScan at").strip()
    link.click()
    page.get_by_role("button", name=f"Add {name} to the shortlist").wait_for()


def test_a_link_straight_to_a_page_finds_the_app(address, page):
    page.goto(f"{address}/ranked")
    page.get_by_text("No sample yet").wait_for()
    assert page.locator('[data-testid="stSidebarNav"]').get_by_text("Data and training").count() == 1


def test_a_picture_called_csv_is_refused_and_nothing_is_lost(address, page, tmp_path):
    page.goto(address)
    go(page, "Upload and check")
    page.get_by_role("button", name="Unusual sample").click()
    page.get_by_text("What was read from unusual_sample.csv").wait_for()
    picture = tmp_path / "picture.csv"
    picture.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(5000))
    page.locator('input[type="file"]').first.set_input_files(str(picture))
    page.get_by_text("is a PNG picture").wait_for()
    page.get_by_text("SIM-CHO-HELDOUT").first.wait_for()
    assert page.get_by_text("Traceback").count() == 0


def test_two_files_are_read_together_and_a_red_input_is_stamped_to_the_export(address, page, tmp_path):
    frame = pd.read_csv(ROOT / "data/demo/heldout_melanoma.csv", comment="#", index_col=0)
    first, second = tmp_path / "first_log2TPM.csv", tmp_path / "second_log2TPM.csv"
    frame.set_axis(["whole"], axis=1).to_csv(first)
    frame.iloc[::3].set_axis(["third"], axis=1).to_csv(second)
    page.goto(address)
    go(page, "Upload and check")
    page.locator('input[type="file"]').first.set_input_files([str(first), str(second)])
    page.get_by_text("Input passport of whole").wait_for()
    page.get_by_text("Green: nothing speaks against").first.wait_for()
    page.get_by_test_id("stSidebar").get_by_test_id("stSelectbox").filter(has_text="Sample").locator("input").click()
    page.get_by_role("option", name="third").click()
    page.get_by_text("Red: whatever is predicted").first.wait_for()
    go(page, "Shortlist and export")
    page.get_by_text("Red input for Demo genes").wait_for()
    # The page is drawn from the top: until its last line is there, the last button is another one.
    page.get_by_text("In the order and with the filters of Ranked dependencies").wait_for()
    with page.expect_download() as waiting:
        page.get_by_role("button", name="Download CSV").last.click()
    assert waiting.value.suggested_filename.startswith("RED-INPUT_third_genes-all")
    text = waiting.value.path().read_text(encoding="utf-8")
    assert text.startswith("# RED INPUT") and "67% of the model's genes are missing" in text


def choose(page, label, option):
    page.locator('[data-testid="stSelectbox"]', has_text=label).locator("input").click()
    page.get_by_role("option", name=option).click()


def download(page, button):
    with page.expect_download() as waiting:
        page.get_by_role("button", name=button).first.click()
    return waiting.value


def test_the_five_minute_task_and_the_same_view_in_another_session(address, page, tmp_path):
    """Upload, passport, 50 within budget, no common essentials, two by name, bench list with controls."""
    page.goto(address)
    go(page, "Upload and check")
    page.locator('input[type="file"]').first.set_input_files(str(ROOT / "data/demo/heldout_melanoma.csv"))
    page.get_by_text("Green: nothing speaks against").first.wait_for()
    go(page, "Ranked dependencies")
    page.get_by_text("hidden: 48 common essential").wait_for()
    page.get_by_role("button", name="Add these 50 to the shortlist").click()
    page.get_by_test_id("stMain").get_by_text("Picked").locator("..").get_by_text("50").first.wait_for()
    view = download(page, "Save this view")
    saved = tmp_path / view.suggested_filename
    view.save_as(saved)
    go(page, "Shortlist and export")
    page.get_by_text("Picked · 50 genes").wait_for()
    adder = page.locator('[data-testid="stMultiSelect"]', has_text="Add genes by name")
    for name in ("VCP", "TP53"):
        adder.locator("input").click()
        adder.locator("input").fill(name)
        page.get_by_role("option", name=name, exact=True).click()
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Add", exact=True).click()
    page.get_by_text("Picked · 52 genes").wait_for()
    workbook = openpyxl.load_workbook(
        io.BytesIO(download(page, "Excel, with controls and members").path().read_bytes())
    )
    hits = pd.DataFrame(workbook["Hits"].values).T.set_index(0).T
    assert len(hits) == 52 and hits["perturbation"].tolist()[-2:] == ["VCP", "TP53"]
    controls = pd.DataFrame(workbook["Controls"].values).T.set_index(0).T
    assert set(controls["control"]) == {"positive", "negative", "specificity"} and not set(
        controls["perturbation"]
    ) & set(hits["perturbation"])
    report = tmp_path / "report.html"
    download(page, "Report (one HTML file)").save_as(report)
    opened, asked, wrong = page.context.browser.new_page(), [], []
    opened.on("request", lambda request: asked.append(request.url))
    opened.on("pageerror", lambda error: wrong.append(str(error)))
    opened.on("console", lambda said: wrong.append(said.text) if said.type == "error" else None)
    opened.goto(report.as_uri())
    opened.locator(".js-plotly-plot .main-svg").nth(8).wait_for(state="attached")
    assert asked == [report.as_uri()] and not wrong
    assert opened.get_by_role("heading", name="The shortlist").count() == 1
    opened.close()
    # Another session, from the saved view: the same rows, number by number.
    page.goto(address)
    go(page, "Upload and check")
    page.get_by_text("Reopen a saved view").click()
    page.locator('input[type="file"]').last.set_input_files(str(saved))
    page.get_by_role("button", name="Reopen", exact=True).click()
    page.get_by_text("The saved view is open").wait_for()
    go(page, "Ranked dependencies")
    page.get_by_text("number by number").wait_for()
    page.get_by_test_id("stMain").get_by_text("Picked").locator("..").get_by_text("50").first.wait_for()


def test_explaining_a_shortlist_can_be_cancelled_and_a_bar_leads_to_its_gene(address, page):
    """What is finished when Cancel is clicked is kept, what is not is not.

    A click on a bar offers the page of the gene.
    """
    page.goto(address)
    go(page, "Upload and check")
    page.get_by_role("button", name="melanoma").first.click()
    page.get_by_text("Green: nothing speaks against").first.wait_for()
    go(page, "Ranked dependencies")
    for row in range(8):
        tick_row(page, row)
    page.get_by_role("button", name="Add 8 selected").click()
    page.get_by_text("8 added to the shortlist").wait_for()
    go(page, "Pathways")
    page.get_by_role("button", name="Explain ", exact=False).first.click()
    page.get_by_role("heading", name="Which rows share a mechanism").wait_for()
    finished(page)
    page.get_by_role("button", name="Explain the other", exact=False).click()
    page.get_by_role("button", name="Cancel").click()
    page.get_by_role("button", name="Cancel").wait_for(state="hidden")
    left = page.get_by_role("button", name="Explain the other", exact=False)
    left.wait_for()
    finished(page)
    assert 1 <= int(left.inner_text().split("the other ")[1].split()[0]) <= 7
    bar = page.locator(".js-plotly-plot .bars path").first
    bar.scroll_into_view_if_needed()
    box = bar.bounding_box()
    page.mouse.click(box["x"] + 15, box["y"] + box["height"] / 2)
    page.get_by_text("no knock-out of the gene model").or_(
        page.get_by_text("is the perturbation that is explained")
    ).or_(page.get_by_text("FolderScan at ", exact=False)).first.wait_for()
