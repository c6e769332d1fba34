"""A session is of the demo or of real panels, never of both; one click to a demo list; choices that hold everywhere."""

import shutil

import pandas as pd
import pytest

from leap_core.model.heads.ridge import RidgeSettings
from leap_core.model.layers.pca import PCASettings
from leap_core.model.recipe import LayerGroup, Recipe
from leap_core.panel.kept import keep_panel
from leap_core.run.mapping import SerialMapper
from leap_core.run.runtime import Runtime
from leap_core.run.store import Store
from leap_core.services.demo import DEMO_DRUGS, DEMO_GENES
from leap_core.services.models import load_model
from leap_core.services.training import train
from pages.shared import models
from tests.conftest import planted
from tests.pages.conftest import give, keys, log_tpm, open_app, right, state, strip, visit, with_sample, words


@pytest.fixture
def with_real_genes(monkeypatch, tmp_path, demo_store):
    """The dashboard with the demo's two models and a model for genes of a panel that is not simulated."""
    store = Store(shutil.copytree(demo_store.home, tmp_path / "home"))
    recipe = Recipe("small", groups=(LayerGroup(PCASettings(components=5), RidgeSettings(), layers=1),))
    train(keep_panel(planted(), store), recipe, "none", Runtime(store, SerialMapper()), "Real genes")
    return right(open_app(monkeypatch, store.home))


def chosen(app):
    return tuple(app.selectbox(key=f"model_{kind}").value for kind in ("gene", "drug"))


def test_a_real_model_takes_the_simulated_one_of_the_other_kind_away(with_real_genes):
    app = with_real_genes
    assert chosen(app) == ("Real genes", None)
    app.selectbox(key="model_drug").select(DEMO_DRUGS).run()
    assert chosen(right(app)) == (DEMO_GENES, DEMO_DRUGS)
    assert chosen(visit(app, "ranked")) == (DEMO_GENES, DEMO_DRUGS)
    app.selectbox(key="model_gene").select("Real genes").run()
    assert chosen(right(app)) == ("Real genes", None)
    visit(app, "atlas")
    assert chosen(visit(app, "ranked")) == ("Real genes", None)


def test_models_that_come_after_the_first_look_are_chosen(monkeypatch, tmp_path, demo_store):
    # Nothing is trained while the test looks.
    monkeypatch.setattr("leap_core.run.queue.spawn_job", lambda home, job: None)
    app = right(open_app(monkeypatch, tmp_path / "home"))
    assert "model_gene" not in keys(app.selectbox)
    shutil.copytree(demo_store.home, tmp_path / "home", dirs_exist_ok=True, ignore=shutil.ignore_patterns("jobs"))
    assert chosen(right(app.run())) == (DEMO_GENES, DEMO_DRUGS)
    assert "Simulated data" in words(app)


def test_the_start_leads_to_a_list_of_the_demo_even_beside_real_models(with_real_genes):
    app = right(with_real_genes.button(key="demo_list").click().run())
    assert chosen(app) == (DEMO_GENES, DEMO_DRUGS)
    assert state(app).profiles.samples == ["SIM-MEL-HELDOUT"]
    assert {"SOX10", "MITF", "BRAF"} <= set(app.dataframe[0].value.index[:8])


def test_genes_or_drugs_is_one_choice_for_all_pages(app):
    visit(with_sample(app), "ranked")
    right(app.segmented_control(key="ranked_kind").set_value("drug").run())
    for page, key in {
        "one_perturbation": "one",
        "members": "members",
        "shortlist": "shortlist",
        "atlas": "atlas",
    }.items():
        assert visit(app, page).segmented_control(key=f"{key}_kind").value == "drug"
    right(app.segmented_control(key="atlas_kind").set_value("gene").run())
    assert "MITF" in visit(app, "ranked").dataframe[0].value.index


def test_reset_puts_every_control_of_the_list_back(app):
    visit(with_sample(app), "ranked")
    first = app.dataframe[0].value.index.tolist()
    app.selectbox(key="ranked_order").set_value("Name").run()
    app.text_input(key="ranked_search").set_value("a").run()
    app.checkbox(key="ranked_all").check().run()
    app.text_area(key="ranked_highlight").set_value("MITF").run()
    assert right(app).dataframe[0].value.index.tolist() != first
    right(app.button(key="ranked_reset").click().run())
    assert app.dataframe[0].value.index.tolist() == first and not app.text_area(key="ranked_highlight").value


def test_a_new_upload_shows_its_own_first_sample_everywhere(app):
    table = log_tpm()
    two = pd.concat([table.iloc[:, 0].rename("first"), (table.iloc[:, 0] * 0.97).rename("second")], axis=1)
    visit(app, "upload")
    give(app, "upload", "log2TPM.csv", two.to_csv().encode())
    right(app.selectbox(key="sample").select("second").run())
    assert "second" in strip(visit(app, "ranked"))[0]
    visit(app, "upload")
    give(app, "upload", "log2TPM.csv", two[["second", "first"]].rename(columns={"second": "third"}).to_csv().encode())
    for page in ("upload", "ranked", "one_perturbation"):
        assert "third" in strip(visit(app, page))[0] and app.selectbox(key="sample").value == "third"


def test_a_parent_and_its_resistant_child_are_compared_by_one_click(app):
    visit(with_sample(app), "compare")
    right(app.button(key="demo_pair").click().run())
    table = app.dataframe[0].value
    assert state(app).profiles.samples == ["SIM-MEL-HELDOUT", "SIM-MEL-HELDOUT-RESISTANT"]
    assert set(table.index[table["call"] == "lost"]) >= {"SOX10", "MITF"}


def test_the_demos_screen_of_the_held_out_line_is_judged_by_one_click(app):
    visit(with_sample(app), "scorecard")
    assert not app.metric
    right(app.toggle(key="demo_screen").set_value(True).run())
    assert float(app.metric[1].value) > 0.3
    hits, measured = (int(part.replace(",", "")) for part in app.metric[0].value.split(" of "))
    assert 0 < hits < 30 < measured
    right(app.segmented_control(key="card_kind").set_value("drug").run())
    assert "demo_screen" not in {toggle.key for toggle in app.toggle}


def test_more_models_than_are_held_in_memory_are_not_opened_again_at_every_run(app, demo_store, monkeypatch):
    names = [f"Copy {number}" for number in range(8)]
    for name in names:
        demo_store.bind(name, demo_store.resolve(DEMO_GENES))
    opened = []

    def counted(name, store):
        opened.append(name)
        return load_model(name, store)

    monkeypatch.setattr(models, "load_model", counted)
    try:
        visit(with_sample(app), "ranked")
        assert set(names) <= set(opened)
        opened.clear()
        for _ in range(2):
            right(app.run())
        assert opened == []
    finally:
        for name in names:
            demo_store.forget(name)
