"""What axe-core finds on the pages in a real Chromium: nothing serious, but what is Streamlit's own."""

import pytest

from tests.pages.conftest import MELANOMA, go, press, start

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("servers")]

MENU = [
    "Upload and check",
    "Ranked dependencies",
    "One gene or drug",
    "Ensemble and members",
    "Pathways",
    "Compare samples",
    "Shortlist and export",
    "Scorecard",
    "Accuracy atlas",
    "Methods and glossary",
    "Data and training",
]
# Sections of the menu are lists with something between list and entries; the chosen one of two buttons is written in
# the colour of the buttons, which in the dark is too dark for words and, lighter, would be too light under white ones.
MENUS = {"list": "stSidebarNavItems", "listitem": "<li"}


def serious(page):
    """Rule, and the element, of every serious finding that is not Streamlit's."""
    playwright_axe = pytest.importorskip("axe_playwright_python.sync_playwright")
    found = playwright_axe.Axe().run(page).response["violations"]
    nodes = [
        (entry["id"], node["html"])
        for entry in found
        if entry["impact"] in ("serious", "critical")
        for node in entry["nodes"]
    ]
    return [(rule, html) for rule, html in nodes if not (rule in MENUS and MENUS[rule] in html)]


def with_demo_sample(page, address):
    start(page, address)
    go(page, "Upload and check")
    press(page, f"demo_{MELANOMA.name}")
    page.get_by_role("heading", name=MELANOMA.name).wait_for()


def test_no_page_has_a_serious_finding(address, page):
    start(page, address)
    assert serious(page) == [], "Start"
    with_demo_sample(page, address)
    for name in MENU:
        go(page, name)
        assert serious(page) == [], name


def test_in_the_dark_only_the_chosen_of_two_buttons_is_too_pale(address, page):
    page.emulate_media(color_scheme="dark")
    with_demo_sample(page, address)
    for name in ("Upload and check", "Ranked dependencies", "Data and training"):
        go(page, name)
        assert {rule for rule, _ in serious(page)} <= {"color-contrast"}, name
        chosen = page.get_by_role("radio").all_inner_texts()
        assert {html.removeprefix("<p>").removesuffix("</p>") for _, html in serious(page)} <= set(chosen), name
