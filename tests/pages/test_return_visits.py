"""A session comes back after a reload, for its own browser and its own visitor alone, and is forgotten where wanted."""

import re

import pytest

from pages.shared import return_visits
from pages.shared.browser_cookie import browser_of, name_of_cookie, new_name
from pages.shared.return_visits import _clear_up, _Kept, _left_behind, _shelf
from pages.shared.session import Session, Upload
from tests.pages.conftest import choose, count_runs, drawn_again, go, keyed, press, start, take_demo_sample, tick_row


def strip(page):
    return keyed(page, "header_strip").inner_text()


def reload(page):
    with drawn_again(page):
        page.reload()


@pytest.mark.browser
@pytest.mark.xdist_group("servers")
def test_sample_picks_and_filters_come_back_in_this_browser_and_nowhere_else(address, page):
    start(page, address)
    go(page, "Upload and check")
    take_demo_sample(page)
    go(page, "Ranked dependencies")
    choose(page, "ranked_order", "Strongest predicted")
    tick_row(page, 0)
    press(page, "ranked_pick")
    keyed(page, "header_strip").get_by_text(re.compile(r"\D1$")).wait_for()
    before = strip(page)
    assert "SIM-MEL-HELDOUT" in before
    reload(page)
    assert strip(page) == before
    assert keyed(page, "ranked_order").locator("input").input_value() == "Strongest predicted"
    # Another page first, and then the list: it is as it was.
    go(page, "Methods and glossary")
    reload(page)
    go(page, "Ranked dependencies")
    assert strip(page) == before
    assert keyed(page, "ranked_order").locator("input").input_value() == "Strongest predicted"
    # The first tab still looks at it: a second one begins anew.
    second = page.context.new_page()
    count_runs(second)
    start(second, address)
    assert "SIM-MEL-HELDOUT" not in strip(second)
    cookies = [cookie for cookie in page.context.cookies() if not cookie["name"].endswith("-browser")]
    other = page.context.browser.new_context()
    other.add_cookies(cookies)
    page.close()
    stranger = other.new_page()
    count_runs(stranger)
    start(stranger, address)
    assert "SIM-MEL-HELDOUT" not in strip(stranger)


@pytest.mark.browser
@pytest.mark.xdist_group("servers")
def test_whoever_does_not_want_it_is_forgotten(address, page):
    start(page, address)
    go(page, "Upload and check")
    take_demo_sample(page)
    with drawn_again(page):
        keyed(page, "keep_session").locator("label").first.click()
    reload(page)
    assert "SIM-MEL-HELDOUT" not in strip(page)


def kept(address="", connection="gone", seen=1.0):
    return _Kept(Session(upload=Upload((("a.csv", b"x"),))), address, connection, seen=seen)


def test_the_newest_session_of_the_same_visitor_that_no_tab_looks_at_is_taken(monkeypatch):
    monkeypatch.setattr(return_visits, "is_connected", lambda connection: connection == "open")
    monkeypatch.setattr(return_visits, "_address", lambda: "ann@lab")
    old, new = kept("ann@lab", seen=1.0), kept("ann@lab", seen=2.0)
    nothing = _Kept(Session(), "ann@lab", "gone", seen=9.0)
    assert _left_behind([old, new, kept("bob@lab", seen=8.0), kept("ann@lab", "open", 7.0), nothing]) is new
    assert _left_behind([kept("bob@lab"), nothing]) is None


def test_what_nobody_looks_at_goes_after_hours_and_when_there_is_too_much(monkeypatch):
    monkeypatch.setattr(return_visits, "is_connected", lambda connection: connection == "open")
    monkeypatch.setattr(return_visits.time, "monotonic", lambda: 1e6)
    long_ago = 1e6 - return_visits.HOURS * 3600 - 1
    shelf = _shelf().kept
    monkeypatch.setattr(return_visits, "_shelf", lambda: type("S", (), {"kept": shelf})())
    shelf.clear()
    shelf["a"] = [kept(seen=long_ago), kept(connection="open", seen=long_ago)]
    shelf["b"] = [kept(seen=1e6 - n) for n in range(return_visits._MOST + 5)]
    shelf["b"][0].state.scored[("x",)] = None
    _clear_up()
    assert [one.connection for one in shelf["a"]] == ["open"]
    assert len(shelf["b"]) == return_visits._MOST and max(one.seen for one in shelf["b"]) == 1e6
    assert not shelf["b"][0].state.scored
    shelf.clear()


def test_only_a_name_that_this_program_gave_is_one():
    name = new_name()
    assert browser_of({name_of_cookie(): name}) == name
    assert browser_of({name_of_cookie(): "guess"}) is None
    assert browser_of({}) is None
    assert new_name() != name
