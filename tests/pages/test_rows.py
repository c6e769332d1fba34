"""What is ticked in a table or clicked in a figure of genes or drugs leads to its page and to the shortlist."""

import re

from pages.shared.rows import names_of
from tests.pages.conftest import drawn_again, fill, go, keyed, press, start, tick_row


def test_points_and_bars_are_told_by_whatever_carries_their_name():
    points = [
        {"x": 3, "y": -1.2, "text": "SOX10", "customdata": [98, 0.4]},
        {"x": 12.0, "y": "BRAF"},
        {"x": 0.1, "y": 0.2, "customdata": "MITF"},
        {"x": 0.1, "y": 0.2, "text": "SOX10"},
        {"x": 0.1, "y": "a line", "text": ""},
    ]
    assert names_of(points, {"SOX10", "BRAF", "MITF"}) == ["SOX10", "BRAF", "MITF"]


def fence_strongest(page, expect):
    """Draw a rectangle around the strongest fifth of the ranks."""
    figure = keyed(page, "waterfall")
    figure.scroll_into_view_if_needed()
    figure.hover()
    fence = figure.get_by_role("button", name="Box Select")
    fence.click()
    expect(fence).to_have_class(re.compile("active"))
    area = figure.locator(".nsewdrag").first.bounding_box()
    with drawn_again(page):
        page.mouse.move(area["x"] + 5, area["y"] + 5)
        page.mouse.down()
        page.mouse.move(area["x"] + 60, area["y"] + 60, steps=5)
        page.mouse.move(area["x"] + 0.2 * area["width"], area["y"] + area["height"] - 5, steps=5)
        page.mouse.up()


def test_a_fence_in_a_figure_takes_many_and_leads_to_the_strongest(address, page, expect):
    start(page, address)
    with drawn_again(page):
        press(page, "demo_list")
        page.get_by_role("heading", name="Ranked dependencies", level=1).wait_for()
    fence_strongest(page, expect)
    number = int(re.search(r"Add (\d+)", keyed(page, "waterfall_pick").inner_text())[1])
    assert 5 < number < 40
    with drawn_again(page):
        press(page, "waterfall_pick")
    expect(keyed(page, "header_strip")).to_contain_text(f"Picked {number}")
    fence_strongest(page, expect)
    link = page.get_by_role("link", name="Look at").first
    name = link.inner_text().split()[-1]
    with drawn_again(page):
        link.click()
        page.get_by_role("heading", name="One gene or drug", level=1).wait_for()
    expect(keyed(page, "one_gene").locator("input")).to_have_value(name)


def test_a_row_that_is_ticked_in_a_table_of_any_page_opens_its_gene(address, page, expect):
    start(page, address)
    with drawn_again(page):
        press(page, "demo_list")
        page.get_by_role("heading", name="Ranked dependencies", level=1).wait_for()
    go(page, "Ensemble and members")
    table = page.locator('[class*="st-key-disputed_table"]')
    table.scroll_into_view_if_needed()
    with drawn_again(page):
        table.get_by_test_id("stDataFrame").click(position={"x": 18, "y": 35 + 17})
    expect(keyed(page, "disputed_pick")).to_contain_text("Add 1 selected")
    expect(page.get_by_role("link", name="Look at")).to_be_visible()


def test_ticks_stay_with_their_rows_when_the_list_and_the_page_change(address, page, expect):
    start(page, address)
    with drawn_again(page):
        press(page, "demo_list")
        page.get_by_role("heading", name="Ranked dependencies", level=1).wait_for()
    for row in (1, 3):
        tick_row(page, row)
    both = keyed(page, "ranked_pick")
    expect(both).to_contain_text("Add 2 selected")
    first = page.get_by_role("link", name="Look at").inner_text().split()[-1]
    with drawn_again(page):
        fill(page, "ranked_search", first)
    expect(both).to_contain_text("Add 1 selected")
    go(page, "Pathways")
    go(page, "Ranked dependencies")
    expect(both).to_contain_text("Add 1 selected")
    with drawn_again(page):
        fill(page, "ranked_search", "")
    expect(both).to_contain_text("Add 2 selected")
    expect(page.get_by_role("link", name="Look at")).to_contain_text(first)
    tick_row(page, 1)
    expect(both).to_contain_text("Add 1 selected")
    expect(page.get_by_role("link", name="Look at")).not_to_contain_text(first)
