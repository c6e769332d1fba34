"""What axe-core finds on the pages in a real Chromium: nothing serious, but what is Streamlit's own."""

import pytest

from tests.pages.conftest import MENU, go, start, take_demo_sample

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("servers")]

# The sections of the menu are lists with something between list and entries.
NAVIGATION = '[data-testid="stSidebarNav"]'
THE_MENUS_OWN = {"rules": {"list": {"enabled": False}, "listitem": {"enabled": False}}}


def serious(page):
    """Rule, and the element, of every serious finding that is not Streamlit's."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    looked = axe.run(page, {"exclude": [[NAVIGATION]]}), axe.run(page, {"include": [[NAVIGATION]]}, THE_MENUS_OWN)
    return [
        (entry["id"], node["html"])
        for found in looked
        for entry in found.response["violations"]
        if entry["impact"] in ("serious", "critical")
        for node in entry["nodes"]
    ]


def with_demo_sample(page, address):
    start(page, address)
    go(page, "Upload and check")
    take_demo_sample(page)


def test_no_page_has_a_serious_finding(address, page):
    start(page, address)
    assert serious(page) == [], "Start"
    with_demo_sample(page, address)
    for name in MENU[1:]:
        go(page, name)
        assert serious(page) == [], name


def test_in_the_dark_only_the_chosen_of_two_buttons_is_too_pale(address, page):
    """It is written in the colour of the buttons: lighter, that would be too light under their white words."""
    page.emulate_media(color_scheme="dark")
    with_demo_sample(page, address)
    for name in ("Upload and check", "Ranked dependencies", "Data and training"):
        go(page, name)
        assert {rule for rule, _ in serious(page)} <= {"color-contrast"}, name
        chosen = page.get_by_role("radio").all_inner_texts()
        assert {html.removeprefix("<p>").removesuffix("</p>") for _, html in serious(page)} <= set(chosen), name
