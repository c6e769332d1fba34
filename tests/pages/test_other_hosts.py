"""No page asks another host for anything, whatever a name of somebody else's file holds; and the console is empty.

In a Chromium to which every other host is closed; what it asks of any is written down.
"""

import csv
import io
from urllib.parse import urlsplit

import pandas as pd
import pytest

from leap_core.report.shortlist import Shortlist
from tests.pages.conftest import (
    CALM,
    MELANOMA,
    MENU,
    downloaded,
    drawn_again,
    give_files,
    go,
    keyed,
    log_tpm,
    press,
    start,
)

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("servers")]

NAMES = [
    "![x](http://a.example/a.png)",
    '<img src="http://b.example/b.png" onerror="alert(1)">',
    '=HYPERLINK("http://c.example/","click")',
    'a,=HYPERLINK("http://d.example/","click"),"b',
    "@SUM(1+1)*cmd|' /C calc'!A0",
    ":material/home: [l](http://e.example) :red[r] $x$ `c` :streamlit:",
    "right\u202eto left\u200f",
    "two\nlines",
]


UNFOLD = """() => {
  document.querySelectorAll('[data-testid="stMain"] [role="tab"]').forEach(tab => tab.click());
  document.querySelectorAll('[data-testid="stMain"] details:not([open]) > summary').forEach(part => part.click());
  window.calm = 0;
}"""


@pytest.fixture
def watched(page):
    """A page that reaches its own server alone: `page.asked` are requests to others, `page.wrong` errors."""
    page.asked, page.wrong = [], []

    def only_here(route):
        address = urlsplit(route.request.url)
        if address.scheme in ("data", "blob") or address.hostname == "127.0.0.1":
            route.continue_()
        else:
            page.asked.append(route.request.url)
            route.abort()

    page.context.route("**/*", only_here)
    page.on("console", lambda said: page.wrong.append(f"{said.text} {said.location}") if said.type == "error" else None)
    page.on("pageerror", lambda error: page.wrong.append(str(error)))
    page.on("dialog", lambda dialog: (page.wrong.append(dialog.message), dialog.dismiss()))
    return page


def visit_all(page):
    for name in MENU:
        with drawn_again(page):
            page.locator('[data-testid="stSidebarNav"] a', has_text=name).first.click()
        page.evaluate(UNFOLD)
        page.wait_for_function(CALM)
        assert page.get_by_test_id("stException").count() == 0, name
        # Neither a picture nor a link of a name's, in what is shown or folded away.
        assert page.locator("img[src^='http']:not([src*='127.0.0.1'])").count() == 0, name
        assert page.locator("a[href*='.example/a.png'], a[href*='e.example']").count() == 0, name


def test_an_ordinary_session_asks_no_other_host(address, watched):
    start(watched, address)
    go(watched, "Upload and check")
    press(watched, f"demo_{MELANOMA.name}")
    watched.get_by_role("heading", name=MELANOMA.name).wait_for()
    visit_all(watched)
    icon = watched.locator("link[rel~='icon']").first.get_attribute("href")
    assert icon.startswith("data:") or urlsplit(icon).netloc in ("", urlsplit(address).netloc)
    assert (watched.asked, watched.wrong) == ([], [])


def choose_nth(page, key, number):
    keyed(page, key).locator("input").click()
    with drawn_again(page):
        page.get_by_role("option").nth(number).click()


def test_hostile_names_of_samples_and_files_are_shown_and_do_nothing(address, watched, tmp_path):
    file = tmp_path / "![f](http:&&f.example&f.png)_<b>_log2TPM.csv"
    values = log_tpm().iloc[:, 0]
    # A name of two lines stands in a saved shortlist below: a line of a table ends there.
    pd.DataFrame(dict.fromkeys(NAMES[:-1], values)).to_csv(file)
    start(watched, address)
    go(watched, "Upload and check")
    give_files(watched, "upload", file)
    keyed(watched, "sample").wait_for()
    # The others stand in lists, in the comparison and in its figures meanwhile.
    for number in (0, 3):
        go(watched, "Upload and check")
        if number:
            choose_nth(watched, "sample", number)
        visit_all(watched)
        go(watched, "Shortlist and export")
        text = downloaded(watched, "download_all_csv").path().read_text(encoding="utf-8")
        cells = [cell.strip() for row in csv.reader(io.StringIO(text)) for cell in row]
        assert [cell for cell in cells if cell.startswith(("=", "@", "+", "\t")) or "\n" in cell] == []
    assert (watched.asked, watched.wrong) == ([], [])


def test_a_message_with_a_hostile_name_is_text(address, watched, tmp_path):
    """What refuses a file, and what a saved shortlist says, hold names of the file."""
    broken = tmp_path / "![x](http:&&g.example&g.png).csv"
    broken.write_text("![x](http://g.example/g.png),b\nq,1\n")
    start(watched, address)
    go(watched, "Upload and check")
    give_files(watched, "upload", broken)
    watched.get_by_test_id("stAlertContentError").wait_for()
    press(watched, f"demo_{MELANOMA.name}")
    watched.get_by_role("heading", name=MELANOMA.name).wait_for()
    go(watched, "Shortlist and export")
    saved = tmp_path / "saved.json"
    saved.write_bytes(Shortlist({"gene": NAMES, "drug": NAMES}, {"gene": {NAMES[0]: NAMES[1]}, "drug": {}}).to_json())
    watched.get_by_test_id("stExpander").filter(has=keyed(watched, "load_shortlist")).locator("summary").click()
    give_files(watched, "load_shortlist", saved)
    press(watched, "take_up_shortlist")
    watched.get_by_test_id("stAlertContentSuccess").wait_for(state="attached")
    visit_all(watched)
    assert (watched.asked, watched.wrong) == ([], [])
