"""The main journeys in a real Chromium: upload, sort, pick, explain, download, and the same view again."""

import io
import re

import openpyxl
import pandas as pd
import pytest

from leap_core.report.provenance import RED_STAMP
from tests.pages.conftest import (
    MELANOMA,
    choose,
    downloaded,
    drawn_again,
    forget_browser,
    give_files,
    go,
    keyed,
    log_tpm,
    press,
    start,
    take_demo_sample,
    tick_row,
)

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("servers")]


def picked(page, number):
    """The strip, if it counts so many picked."""
    return keyed(page, "header_strip").get_by_text(re.compile(rf"\D{number}$"))


def upload_page(page, address):
    start(page, address)
    go(page, "Upload and check")


def test_upload_sort_pick_two_and_download(address, page, expect):
    upload_page(page, address)
    give_files(page, "upload", MELANOMA)
    page.get_by_role("heading", name=MELANOMA.name).wait_for()
    page.get_by_text(re.compile("1,022 .* 1,022 ")).first.wait_for()
    go(page, "Ranked dependencies")
    choose(page, "ranked_order", "Strongest predicted")
    for row in range(2):
        tick_row(page, row)
        expect(keyed(page, "ranked_pick")).to_contain_text(str(row + 1))
    press(page, "ranked_pick")
    picked(page, 2).wait_for()
    go(page, "Shortlist and export")
    page.locator('[class*="st-key-shortlist_gene_2_"]').wait_for()
    download = downloaded(page, "download_picked_csv")
    text = download.path().read_text(encoding="utf-8")
    assert download.suggested_filename.startswith("SIM-MEL-HELDOUT_genes-picked_simulated-demo-1_")
    assert MELANOMA.name in text
    hits = pd.read_csv(io.StringIO(text), comment="#")
    assert len(hits) == 2 and {"predicted", "panel_percentile", "accuracy", "agreement_sd", "status"} <= set(
        hits.columns
    )
    assert set(hits["perturbation"]) <= {"MITF", "SOX10", "BRAF"}
    assert hits["predicted"].is_monotonic_increasing


def test_a_row_leads_to_the_page_of_its_gene_or_drug(address, page):
    upload_page(page, address)
    take_demo_sample(page)
    go(page, "One gene or drug")
    go(page, "Ranked dependencies")
    with drawn_again(page):
        keyed(page, "ranked_kind").get_by_role("radio").last.click()
    tick_row(page, 0)
    link = page.get_by_test_id("stMain").get_by_test_id("stPageLink")
    name = link.inner_text().split()[-1]
    link.click()
    keyed(page, "one_pick").get_by_role("button", name=re.compile(rf"\b{name}\b")).wait_for()


def test_a_link_straight_to_a_page_finds_the_app(address, page):
    page.goto(f"{address}/ranked")
    page.get_by_test_id("stMain").get_by_test_id("stPageLink").wait_for()
    assert page.locator('[data-testid="stSidebarNav"]').get_by_text("Data and training").count() == 1


def test_a_picture_called_csv_is_refused_and_nothing_is_lost(address, page, tmp_path):
    upload_page(page, address)
    press(page, "demo_unusual_sample.csv")
    page.get_by_role("heading", name="unusual_sample.csv").wait_for()
    picture = tmp_path / "picture.csv"
    picture.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(5000))
    give_files(page, "upload", picture)
    page.get_by_test_id("stAlertContentError").get_by_text("picture.csv").wait_for()
    assert page.get_by_role("heading", name="SIM-CHO-HELDOUT").count() == 1
    assert page.get_by_test_id("stException").count() == 0


def test_two_files_are_read_together_and_a_red_input_is_stamped_to_the_export(address, page, tmp_path):
    first, second = tmp_path / "first_log2TPM.csv", tmp_path / "second_log2TPM.csv"
    log_tpm().set_axis(["whole"], axis=1).to_csv(first)
    log_tpm().iloc[::3].set_axis(["third"], axis=1).to_csv(second)
    upload_page(page, address)
    give_files(page, "upload", first, second)
    page.get_by_role("heading", name="whole").wait_for()
    assert page.get_by_test_id("stAlertContentError").count() == 0
    choose(page, "sample", "third")
    page.get_by_role("heading", name="third").wait_for()
    go(page, "Shortlist and export")
    page.get_by_test_id("stAlertContentError").get_by_text("Demo genes").wait_for()
    download = downloaded(page, "download_all_csv")
    assert download.suggested_filename.startswith("RED-INPUT_third_genes-all")
    text = download.path().read_text(encoding="utf-8")
    assert text.startswith(f"# {RED_STAMP}") and "67%" in text


def test_the_five_minute_task_and_the_same_view_in_another_session(address, page, tmp_path):
    """Upload, passport, 50 within budget, no common essentials, two by name, bench list with controls."""
    upload_page(page, address)
    give_files(page, "upload", MELANOMA)
    go(page, "Ranked dependencies")
    press(page, "budget_pick_gene")
    picked(page, 50).wait_for()
    view = downloaded(page, "save_view_gene")
    saved = tmp_path / view.suggested_filename
    view.save_as(saved)
    go(page, "Shortlist and export")
    page.locator('[class*="st-key-shortlist_gene_50_"]').wait_for()
    adder = keyed(page, "add_gene").locator("input")
    for name in ("VCP", "TP53"):
        adder.click()
        adder.fill(name)
        with drawn_again(page):
            page.get_by_role("option", name=name, exact=True).click()
    page.keyboard.press("Escape")
    press(page, "shortlist_add")
    page.locator('[class*="st-key-shortlist_gene_52_"]').wait_for()
    workbook = openpyxl.load_workbook(io.BytesIO(downloaded(page, "download_picked_xlsx").path().read_bytes()))
    hits = pd.DataFrame(workbook["Hits"].values).T.set_index(0).T
    assert len(hits) == 52 and hits["Gene"].tolist()[-2:] == ["VCP", "TP53"]
    controls = pd.DataFrame(workbook["Controls"].values).T.set_index(0).T
    assert set(controls["Control"]) == {"positive", "negative", "specificity"}
    assert not set(controls["Gene"]) & set(hits["Gene"])
    report = tmp_path / "report.html"
    downloaded(page, "report_gene").save_as(report)
    opened, asked, wrong = page.context.browser.new_page(), [], []
    opened.on("request", lambda request: asked.append(request.url))
    opened.on("pageerror", lambda error: wrong.append(str(error)))
    opened.on("console", lambda said: wrong.append(said.text) if said.type == "error" else None)
    opened.goto(report.as_uri())
    opened.locator(".js-plotly-plot .main-svg").nth(8).wait_for(state="attached")
    assert asked == [report.as_uri()] and not wrong
    opened.close()
    # Another browser, from the saved view: the same rows, number by number.
    forget_browser(page)
    upload_page(page, address)
    page.get_by_test_id("stExpander").filter(has=keyed(page, "view_file")).locator("summary").click()
    give_files(page, "view_file", saved)
    press(page, "reopen_view")
    page.get_by_role("heading", name=MELANOMA.name).wait_for()
    go(page, "Ranked dependencies")
    page.get_by_test_id("stAlertContentSuccess").wait_for()
    picked(page, 50).wait_for()


def test_a_plate_is_measured_and_the_rest_of_the_list_follows(address, page, expect):
    upload_page(page, address)
    take_demo_sample(page)
    go(page, "Pilot")
    keyed(page, "demo_screen").locator("label").first.click()
    press(page, "pilot_take")
    page.get_by_role("heading", name="3. What changed").wait_for()
    go(page, "Ranked dependencies")
    expect(page.get_by_text(re.compile("20 measured in the pilot"))).to_be_visible()
    expect(keyed(page, "header_strip")).to_contain_text("after a pilot of 20")
    go(page, "Pilot")
    press(page, "pilot_away")
    expect(keyed(page, "header_strip")).not_to_contain_text("pilot")


def test_explaining_a_shortlist_can_be_cancelled_and_a_bar_leads_to_its_gene(address, page):
    """What is finished when Cancel is clicked is kept, what is not is not.

    A click on a bar offers the page of the gene.
    """
    upload_page(page, address)
    take_demo_sample(page)
    go(page, "Ranked dependencies")
    for row in range(8):
        tick_row(page, row)
    press(page, "ranked_pick")
    picked(page, 8).wait_for()
    go(page, "Pathways")
    press(page, "explain")
    others = keyed(page, "explain_shortlist").get_by_role("button")
    others.wait_for()
    others.click()
    cancel = keyed(page, "explain_cancel")
    cancel.get_by_role("button").click()
    cancel.wait_for(state="hidden")
    others.wait_for()
    assert 1 <= int(re.search(r"\d+", others.inner_text()).group()) <= 7
    bar = keyed(page, "proportions").locator(".bars path").first
    bar.scroll_into_view_if_needed()
    box = bar.bounding_box()
    before = keyed(page, "why_genes").locator("xpath=following-sibling::*[1]").inner_text()
    with drawn_again(page):
        page.mouse.click(box["x"] + 15, box["y"] + box["height"] / 2)
    assert keyed(page, "why_genes").locator("xpath=following-sibling::*[1]").inner_text() != before
