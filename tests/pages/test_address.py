"""The address of a page: what it names, and where it leads in another session, another tab, another browser."""

import contextlib
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leap_core.errors import UserError
from leap_core.ranking.hit_table import ORDERS, View
from leap_core.ranking.priority import COMPONENTS, Weights
from leap_core.services.demo import DEMO_DRUGS, DEMO_GENES
from pages.shared.address import read_place, read_view, view_parameters
from tests.pages.conftest import (
    MELANOMA,
    drawn_again,
    fill,
    forget_browser,
    go,
    keyed,
    keys,
    open_app,
    press,
    right,
    start,
    state,
    visit,
    with_sample,
    words,
)

SAMPLE = "SIM-MEL-HELDOUT"
NAMED = {"genes": DEMO_GENES, "drugs": DEMO_DRUGS, "kind": "gene", "sample": SAMPLE}

percents = st.integers(0, 100).map(lambda value: value / 100)
weights = st.lists(st.integers(0, 20), min_size=len(COMPONENTS) - 1, max_size=len(COMPONENTS) - 1).map(
    lambda values: Weights(100 - sum(values), *values)
)
views = st.builds(
    View,
    order=st.sampled_from(list(ORDERS)),
    minimum_accuracy=st.none() | st.integers(-20, 20).map(lambda value: value / 20),
    hide_common_essential=st.booleans(),
    search=st.text(max_size=20),
    minimum_probability=percents,
    hide_not_expressed=st.booleans(),
    weights=st.none() | weights,
    maximum_disagreement=st.none() | st.integers(0, 100).map(float),
)


@given(views, views.map(lambda view: replace(view, weights=None)))
def test_a_view_in_an_address_is_the_view_that_was_looked_at(view, first):
    assert read_view(view_parameters(view, first), first) == view


@given(st.dictionaries(st.text(max_size=8), st.text(max_size=600)))
def test_an_address_of_anybody_is_read_or_left_out(parameters):
    place = read_place(parameters)
    assert set(place.parameters().items()) <= set(parameters.items())


@pytest.mark.parametrize(
    "said",
    [
        {"order": "upside down"},
        {"accuracy": "nan"},
        {"accuracy": "2"},
        {"probability": "1e9"},
        {"common": "maybe"},
        {"apart": "-1"},
        {"weights": "50-20"},
        {"weights": "1-1-1-1-1"},
    ],
)
def test_a_view_that_no_list_can_show_is_refused_in_words(said):
    with pytest.raises(UserError, match=f"The address says {next(iter(said))}="):
        read_view(said, View())


def test_what_is_looked_at_is_in_the_address(app):
    right(visit(with_sample(app), "ranked").run())
    assert app.query_params == NAMED
    app.text_input(key="ranked_search").set_value("SOX")
    right(app.checkbox(key="ranked_hide").uncheck().run())
    assert app.query_params == {**NAMED, "search": "SOX", "common": "shown"}
    right(app.button(key="ranked_reset").click().run())
    assert app.query_params == NAMED
    visit(app, "one_perturbation")
    right(app.selectbox(key="one_gene").set_value("SOX10").run())
    assert app.query_params == {**NAMED, "name": "SOX10"}
    right(app.segmented_control(key="one_kind").set_value("drug").run())
    assert app.query_params["kind"] == "drug"
    assert right(visit(app, "glossary").run()).query_params == {}


def test_an_address_asks_for_its_sample_and_then_lands_on_the_same_place(app):
    named = {**NAMED, "kind": "drug", "search": "nib", "accuracy": "any"}
    visit(app, "ranked", **named)
    assert SAMPLE in app.info[0].value
    assert not app.dataframe
    assert app.query_params == named
    visit(app, "upload")
    assert SAMPLE in app.info[0].value
    right(app.button(key=f"demo_{MELANOMA.name}").click().run())
    assert app.title[0].value == "Ranked dependencies"
    assert state(app).kind == "drug"
    assert app.text_input(key="ranked_search").value == "nib"
    assert app.checkbox(key="ranked_all").value
    assert app.query_params == named


def test_an_address_of_a_gene_lands_on_it(app):
    visit(with_sample(app), "one_perturbation", **NAMED, name="SOX10")
    assert app.selectbox(key="one_gene").value == "SOX10"
    assert not app.warning


def test_another_sample_than_the_address_names_is_not_shown_under_it(app):
    visit(with_sample(app), "ranked", **NAMED | {"sample": "somebody's *line*"})
    assert r"somebody's \*line\*" in app.info[0].value
    assert not app.dataframe
    right(app.button(key="address_own").click().run())
    assert app.dataframe
    assert app.query_params == NAMED


def test_what_an_address_names_in_vain_is_said(app):
    visit(with_sample(app), "one_perturbation", **NAMED | {"genes": "of <b>others</b>"}, name="NOSUCH", order="none")
    assert r"of \<b>others\</b>" in words(app) or "of \\<b\\>others" in words(app)
    assert "NOSUCH" in words(app)
    assert right(app.run()).query_params["genes"] == DEMO_GENES
    visit(app, "ranked", **NAMED | {"accuracy": "lots"})
    assert any("accuracy=lots" in warning.value for warning in app.warning)


def test_an_address_without_a_sample_leaves_the_list_as_it_is(app):
    visit(with_sample(app), "ranked")
    right(app.text_input(key="ranked_search").set_value("SOX").run())
    visit(visit(app, "members"), "one_perturbation", name="SOX10", kind="gene")
    visit(app, "ranked")
    assert app.text_input(key="ranked_search").value == "SOX"


def test_a_new_session_at_an_address_without_models_of_that_name_goes_on(monkeypatch, demo_store):
    app = visit(open_app(monkeypatch, demo_store.home), "atlas", genes="Mine", kind="gene")
    assert any("Mine" in warning.value for warning in app.warning)
    assert "atlas_kind" in keys(app.segmented_control)


def test_in_a_browser_an_address_comes_back_in_a_tab_beside_and_the_back_button_works(page, address, expect):
    timed_out = pytest.importorskip("playwright.sync_api").TimeoutError
    start(page, f"{address}/")
    with drawn_again(page):
        press(page, "demo_list")
        page.wait_for_url("**/ranked?*")
    fill(page, "ranked_search", "SOX10")
    page.wait_for_url("**search=SOX10*")
    beside = page.context.new_page()
    beside.goto(page.url)
    keyed(beside, "ranked_search").wait_for()
    expect(keyed(beside, "ranked_search").locator("input")).to_have_value("SOX10")
    expect(keyed(beside, "header_strip")).to_contain_text(SAMPLE)
    beside.close()
    go(page, "Ensemble and members")
    # Its own address, before the step back: what a page says late is written to whichever page is then open.
    page.wait_for_url("**/members?*")
    for _ in range(2):
        # The first step back may be the menu's own address of the page, without what was looked at.
        page.evaluate("history.back()")
        with contextlib.suppress(timed_out):
            page.wait_for_url("**/ranked?*", timeout=10_000)
            break
    page.get_by_role("heading", name="Ranked dependencies", level=1).wait_for()
    keyed(page, "ranked_search").wait_for()
    expect(keyed(page, "ranked_search").locator("input")).to_have_value("SOX10")
    forget_browser(page)
    page.goto(page.url)
    page.get_by_text("whose files are not in this session").wait_for()
