"""The road from an official release to a ranked list.

Steps and mistakes through AppTest, by clicks alone in a real Chromium.
"""

import os
import shutil

import pytest

from benchmarks.official import EXPRESSION, Shape, write_depmap
from leap_core.panel.kept import stored_panel
from leap_core.panel.releases.fetching import keep_depmap_listing, terms_shown
from leap_core.panel.releases.folder_scan import BROWSER, UNVERIFIED, VERIFIED
from leap_core.panel.releases.guide import releases_folder
from leap_core.run.store import Store
from tests.pages.conftest import (
    choose,
    drawn_again,
    fill,
    give_files,
    go,
    keyed,
    keys,
    marked,
    open_app,
    press,
    right,
    running_server,
    start,
    visit,
    words,
)
from tests.panel.releases.conftest import listing_csv


@pytest.fixture
def files(tmp_path):
    """A small made release, written long enough ago to count as settled."""
    folder = tmp_path / "Downloads"
    md5 = write_depmap(folder, Shape(lines=90, twice=5, genes=150, screened=80, perturbations=100))
    for path in folder.iterdir():
        os.utime(path, (1.7e9, 1.7e9))
    return folder, md5


@pytest.fixture
def home(tmp_path, demo_store):
    """A store of its own that holds the demo, so that opening the app trains nothing."""
    shutil.copytree(demo_store.home, tmp_path / "home", ignore=shutil.ignore_patterns("jobs", "incoming"))
    return tmp_path / "home"


def chosen(app, folder, release="26Q1"):
    visit(app, "training")
    app.text_input(key="guide_name_depmap").set_value(release).run()
    app.text_input(key="guide_folder").set_value(str(folder)).run()
    return app


def test_nothing_is_looked_at_before_the_terms_were_shown(home, monkeypatch, files):
    app = chosen(open_app(monkeypatch, home), files[0])
    assert marked(app.info, ":material/gavel:") and UNVERIFIED not in words(app)
    right(app.checkbox(key="terms_depmap_DepMap 26Q1").check().run())
    assert UNVERIFIED in words(app)


def test_a_folder_becomes_a_panel_and_says_what_was_left_out(tmp_path, home, monkeypatch, files):
    (tmp_path / "list.csv").write_bytes(listing_csv(files[1]))
    keep_depmap_listing(tmp_path / "list.csv", releases_folder(Store(home)), "a saved list")
    app = visit(open_app(monkeypatch, home), "training")
    app.text_input(key="guide_folder").set_value(str(files[0])).run()
    app.checkbox(key="terms_depmap_DepMap Public 26Q1").check().run()
    assert words(app).count(VERIFIED) == 4
    app.radio(key="guide_preset").set_value("selective").run()
    right(app.button(key="guide_make").click().run())
    panel = stored_panel(app.session_state["panel_key"], Store(home))
    assert panel.release in words(app) and "DepMap Public 26Q1, CRISPRGeneEffect.csv" in panel.release
    left_out = panel.report.common_essentials, panel.report.never_varying
    assert len(left_out[0]) == 10 and panel.response.shape[1] == 100 - sum(map(len, left_out))
    assert list(terms_shown(releases_folder(Store(home)))) == ["depmap DepMap Public 26Q1"]
    app.radio(key="guide_preset").set_value("list").run()
    app.text_area(key="guide_names").set_value("NOSUCH").run()
    app.button(key="guide_make").click().run()
    assert len(app.error) == 1 and "100" in app.error[0].value and "panel_key" not in app.session_state


def test_what_is_missing_is_named_with_its_link(tmp_path, home, monkeypatch, files):
    (tmp_path / "list.csv").write_bytes(listing_csv(files[1]))
    keep_depmap_listing(tmp_path / "list.csv", releases_folder(Store(home)), "a saved list")
    (files[0] / EXPRESSION).unlink()
    app = visit(open_app(monkeypatch, home), "training")
    app.text_input(key="guide_folder").set_value(str(files[0])).run()
    app.checkbox(key="terms_depmap_DepMap Public 26Q1").check().run()
    assert f"filename={EXPRESSION}" in words(app) and words(app).count(BROWSER) == 1
    assert "guide_make" not in keys(app.button)
    app.text_input(key="guide_folder").set_value(str(tmp_path / "nowhere")).run()
    assert len(app.error) == 1 and str(tmp_path / "nowhere") in app.error[0].value


@pytest.mark.browser
@pytest.mark.xdist_group("servers")
def test_from_official_files_to_a_ranked_list_by_clicks_alone(tmp_path, home, files, page):
    with running_server(home) as address:
        start(page, address)
        go(page, "Data and training")
        fill(page, "guide_name_depmap", "26Q1")
        fill(page, "guide_folder", str(files[0]))
        with drawn_again(page):
            keyed(page, "terms_depmap_DepMap 26Q1").locator("label").click()
        keyed(page, "guide_preset").get_by_text("Selective").click()
        press(page, "guide_make")
        name = page.locator("[class*='st-key-train_name_'] input")
        name.fill("Made release")
        keyed(page, "train_accuracy").locator("label").click()
        press(page, "train_start")
        page.get_by_test_id("stExpander").filter(has_text="Made release").wait_for()
        choose(page, "model_gene", "Made release")
        go(page, "Upload and check")
        lines = (files[0] / EXPRESSION).read_text().splitlines()
        titles, row = lines[0].split(","), lines[80].split(",")
        sample = "gene,MY-LINE\n" + "".join(
            f"{titles[n].split()[0].strip(chr(34))},{row[n]}\n" for n in range(6, len(titles))
        )
        (tmp_path / "mine_log2tpm.csv").write_text(sample)
        give_files(page, "upload", tmp_path / "mine_log2tpm.csv")
        go(page, "Ranked dependencies")
        page.get_by_test_id("stDataFrame").first.wait_for()
        keyed(page, "header_strip").get_by_text("DepMap 26Q1, CRISPRGeneEffect.csv").wait_for()
