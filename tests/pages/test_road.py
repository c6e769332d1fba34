"""The road from an official release to a ranked list.

Steps and mistakes through AppTest, by clicks alone in a real Chromium.
"""

import os
import shutil

import pytest

from benchmarks.official import EXPRESSION, Shape, write_depmap
from leap_core.panel.releases.fetching import keep_depmap_listing, terms_shown
from leap_core.panel.releases.guide import releases_folder
from leap_core.run.store import Store
from tests.pages.test_browser import finished, go, page, running_server  # noqa: F401
from tests.pages.test_pages import open_app, visit, words
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


def choose(app, folder, release="26Q1"):
    visit(app, "training")
    app.text_input(key="guide_name_depmap").set_value(release).run()
    app.text_input(key="guide_folder").set_value(str(folder)).run()
    return app


def test_nothing_is_looked_at_before_the_terms_were_shown(home, monkeypatch, files):
    app = choose(open_app(monkeypatch, home), files[0])
    assert "Terms." in words(app) and "here, no checksum" not in words(app)
    app.checkbox(key="terms_depmap_DepMap 26Q1").check().run()
    assert not app.exception and "here, no checksum to compare" in words(app)


def test_a_folder_becomes_a_panel_and_says_what_was_left_out(tmp_path, home, monkeypatch, files):
    (tmp_path / "list.csv").write_bytes(listing_csv(files[1]))
    keep_depmap_listing(tmp_path / "list.csv", releases_folder(Store(home)), "a saved list")
    app = visit(open_app(monkeypatch, home), "training")
    app.text_input(key="guide_folder").set_value(str(files[0])).run()
    app.checkbox(key="terms_depmap_DepMap Public 26Q1").check().run()
    assert words(app).count("here, checksum right") == 4
    app.radio(key="guide_preset").set_value("selective").run()
    app.button(key="guide_make").click().run()
    assert not app.exception
    assert "DepMap Public 26Q1, CRISPRGeneEffect.csv" in words(app) and "Left out: 10 common essentials and" in words(
        app
    )
    assert list(terms_shown(releases_folder(Store(home)))) == ["depmap DepMap Public 26Q1"]
    app.radio(key="guide_preset").set_value("list").run()
    app.text_area(key="guide_names").set_value("NOSUCH").run()
    app.button(key="guide_make").click().run()
    assert "leaves none of the 100 genes" in words(app)


def test_what_is_missing_is_named_with_its_link(tmp_path, home, monkeypatch, files):
    (tmp_path / "list.csv").write_bytes(listing_csv(files[1]))
    keep_depmap_listing(tmp_path / "list.csv", releases_folder(Store(home)), "a saved list")
    (files[0] / EXPRESSION).unlink()
    app = visit(open_app(monkeypatch, home), "training")
    app.text_input(key="guide_folder").set_value(str(files[0])).run()
    app.checkbox(key="terms_depmap_DepMap Public 26Q1").check().run()
    assert f"filename={EXPRESSION}" in words(app) and "missing, download it in the browser" in words(app)
    assert not [button for button in app.button if button.key == "guide_make"]
    app.text_input(key="guide_folder").set_value(str(tmp_path / "nowhere")).run()
    assert "cannot be looked into" in words(app)


@pytest.mark.browser
def test_from_official_files_to_a_ranked_list_by_clicks_alone(tmp_path, home, files, page):  # noqa: F811
    with running_server(home) as address:
        page.goto(address)
        page.get_by_text("What the numbers mean").wait_for()
        go(page, "Data and training")
        page.get_by_role("textbox", name="Release").fill("26Q1")
        page.keyboard.press("Enter")
        finished(page)
        page.get_by_role("textbox", name="Folder to watch").fill(str(files[0]))
        page.keyboard.press("Enter")
        finished(page)
        page.get_by_text("I have read the terms of DepMap 26Q1").click()
        page.get_by_text("here, no checksum to compare").first.wait_for()
        page.get_by_text("Selective genes only").click()
        finished(page)
        page.get_by_role("button", name="Make the panel").click()
        page.get_by_text("Left out: 10 common essentials").wait_for()
        page.get_by_label("Name of the model").fill("Made release")
        page.get_by_text("Measure accuracy on unseen lines").click()
        page.get_by_role("button", name="Train", exact=True).click()
        page.get_by_text("Made release · gene effect").wait_for()
        finished(page)
        page.get_by_role("combobox", name="Model for genes").click()
        page.get_by_role("option", name="Made release").click()
        finished(page)
        go(page, "Upload and check")
        lines = (files[0] / EXPRESSION).read_text().splitlines()
        titles, row = lines[0].split(","), lines[80].split(",")
        sample = "gene,MY-LINE\n" + "".join(
            f"{titles[n].split()[0].strip(chr(34))},{row[n]}\n" for n in range(6, len(titles))
        )
        (tmp_path / "mine_log2tpm.csv").write_text(sample)
        page.locator('input[type="file"]').first.set_input_files(str(tmp_path / "mine_log2tpm.csv"))
        page.get_by_text("What was read from mine").wait_for()
        go(page, "Ranked dependencies")
        page.get_by_text("genes shown").wait_for()
        page.get_by_text("DepMap 26Q1, CRISPRGeneEffect.csv").first.wait_for()
