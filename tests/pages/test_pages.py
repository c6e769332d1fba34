"""Every page through AppTest: before a model, before a sample, with a sample, and with what goes wrong."""

import os
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from leap_core.cli import main
from leap_core.explain.kept import explain_once
from leap_core.model.heads.boosting import PanTreeSettings
from leap_core.model.layers.pca import PCASettings
from leap_core.model.recipe import LayerGroup, Recipe
from leap_core.panel.fingerprints import Fingerprints
from leap_core.panel.kept import keep_panel, stored_panel
from leap_core.ranking.hit_table import View, show
from leap_core.ranking.priority import Weights
from leap_core.report.manifest import Manifest, UsedModel, file_digests, table_digest
from leap_core.report.shortlist import Shortlist
from leap_core.run.jobs import cancel_job, list_jobs
from leap_core.run.runtime import Runtime
from leap_core.run.store import Store
from leap_core.sample.profiles import ReadOptions
from leap_core.sample.uploads import read_uploads
from leap_core.services.demo import DEMO_DRUGS, DEMO_GENES, demo_gene_sets
from leap_core.services.models import annotations_of, gene_names_of, known_genes, load_model
from leap_core.services.scoring import score_sample
from leap_core.services.training import train
from tests.conftest import ROOT, planted_tables

PAGES = [
    "start",
    "upload",
    "ranked",
    "one_perturbation",
    "members",
    "pathways",
    "compare",
    "shortlist",
    "scorecard",
    "atlas",
    "glossary",
    "training",
]


def open_app(monkeypatch, home):
    monkeypatch.setenv("LEAP_HOME", str(home))
    monkeypatch.chdir(ROOT)
    return AppTest.from_file(str(ROOT / "app.py"), default_timeout=60).run()


def visit(app, page):
    app.switch_page(f"pages/{page}.py").run()
    assert not app.exception, [entry.value for entry in app.exception]
    return app


def words(app):
    return " ".join(
        str(entry.value)
        for kind in ("title", "subheader", "markdown", "info", "warning", "error", "caption")
        for entry in getattr(app, kind)
    )


@pytest.fixture
def app(monkeypatch, demo_store):
    return open_app(monkeypatch, demo_store.home)


def with_sample(app, which="heldout_melanoma.csv"):
    visit(app, "upload")
    app.button(key=f"demo_{which}").click().run()
    assert not app.exception
    return app


def test_every_page_opens_before_there_is_a_sample(app):
    for page in PAGES:
        assert "Simulated data" in words(visit(app, page)), page


def test_every_page_shows_the_sample(app):
    with_sample(app)
    for page in PAGES:
        assert "SIM-MEL-HELDOUT" in words(visit(app, page)), page


def test_a_file_that_can_be_read_two_ways_asks_and_a_gene_twice_follows_the_choice(app):
    visit(app, "upload")
    genes = [f"GENE{number}" for number in range(40)] + list(
        pd.read_csv(ROOT / "data/demo/heldout_melanoma.csv").iloc[:, 0]
    )
    rows = "".join(f"{gene},mine,{number % 50},{number % 7}\n" for number, gene in enumerate(genes))
    app.file_uploader(key="upload").upload(
        "long.csv", ("gene,sample,fpkm,reads\n" + rows + "TP53,mine,1000,1\nTP53,mine,3000,1\n").encode(), "text/csv"
    ).run()
    assert not app.exception
    app.selectbox(key="answer_value").select("fpkm").run()
    assert not app.exception and "its column fpkm was taken" in words(app)
    assert "not here yet" in words(app)
    app.segmented_control(key="duplicates").select("sum").run()
    assert "its column fpkm was taken" in words(app) and "their sum was taken" in words(app)


def test_first_start_trains_the_demo_in_a_job(monkeypatch, tmp_path):
    app = open_app(monkeypatch, tmp_path)
    assert not app.exception
    jobs = list_jobs(tmp_path)
    assert [job.title for job in jobs] == ["Training the built-in demo"]
    try:
        for page in PAGES[1:]:
            visit(app, page)
    finally:
        cancel_job(tmp_path, jobs[0].job_id)


def test_a_refused_file_keeps_the_sample_from_before(app):
    with_sample(app)
    app.button(key="demo_broken_statistics.csv").click().run()
    assert "table of statistics" in words(app) and "still here" in words(app)
    assert "SIM-MEL-HELDOUT" in words(visit(app, "ranked"))


def test_a_real_upload_replaces_it_and_a_picture_does_not(app):
    visit(app, "upload")
    content = (ROOT / "data/demo/unusual_sample.csv").read_bytes()
    app.file_uploader(key="upload").upload("mine.csv", content, "text/csv").run()
    assert "SIM-CHO-HELDOUT" in words(app)
    app.file_uploader(key="upload").upload("picture.csv", b"\x89PNG\r\n\x1a\n" + bytes(99), "text/csv").run()
    assert "PNG picture" in words(app) and "SIM-CHO-HELDOUT" in words(app)


def test_ranked_hides_counts_searches_and_orders(app):
    visit(with_sample(app), "ranked")
    assert "48 common essential" in words(app)
    table = app.dataframe[0].value
    assert {"SOX10", "MITF", "BRAF"} <= set(table.index[:8])
    app.text_input(key="ranked_search").set_value("sox10").run()
    assert app.dataframe[0].value.index.tolist() == ["SOX10"]
    app.text_input(key="ranked_search").set_value("").run()
    app.selectbox(key="ranked_order").set_value("Strongest predicted").run()
    predicted = app.dataframe[0].value["predicted"]
    assert predicted.is_monotonic_increasing
    app.checkbox(key="ranked_hide").uncheck().run()
    app.checkbox(key="ranked_all").check().run()
    assert "253 of 253 genes shown" in words(app)


def test_the_shortlist_survives_page_switches(app):
    visit(with_sample(app), "one_perturbation")
    app.selectbox(key="one_gene").set_value("MITF").run()
    app.button(key="one_pick").click().run()
    visit(app, "members")
    visit(app, "shortlist")
    assert "**Picked** 1" in words(app)
    assert app.dataframe[0].value.index.tolist() == ["MITF"]
    app.multiselect(key="add_gene").set_value(["SOX10", "BRAF"]).run()
    app.button(key="shortlist_add").click().run()
    assert app.dataframe[0].value.index.tolist() == ["MITF", "SOX10", "BRAF"]


def test_drugs_are_a_panel_of_their_own(app):
    visit(with_sample(app), "ranked")
    app.segmented_control(key="ranked_kind").set_value("drug").run()
    assert not app.exception
    assert "lower = more sensitive" in words(app) and "Trametinib" in app.dataframe[0].value.index


def test_files_that_make_no_panel_are_refused_in_words(app, tmp_path):
    visit(app, "training")
    app.segmented_control(key="panel_source").set_value("My own files").run()
    app.text_input(key="path_expression").set_value(str(tmp_path / "no.csv"))
    app.text_input(key="path_response").set_value(str(tmp_path / "no.csv"))
    app.button[-1].click().run()
    assert "no file at" in words(app).lower()


def test_a_panel_that_was_read_says_how_long_its_training_will_take(monkeypatch, demo_store, tmp_path):
    home = tmp_path / "home"
    shutil.copytree(demo_store.home, home)
    app = open_app(monkeypatch, home)
    expression, response, _ = planted_tables()
    expression.iloc[:60].to_csv(tmp_path / "first.csv")
    (expression.iloc[60:] + 0.5).to_csv(tmp_path / "second.csv")
    response.to_csv(tmp_path / "CRISPRGeneEffect.csv")
    visit(app, "training")
    app.segmented_control(key="panel_source").set_value("My own files").run()
    for role, name in (("expression", "first.csv"), ("further", "second.csv"), ("response", "CRISPRGeneEffect.csv")):
        app.text_input(key=f"path_{role}").set_value(str(tmp_path / name))
    app.selectbox(key="panel_score").set_value("gene_effect")
    next(button for button in app.button if button.label == "Read the files").click().run()
    text = words(app)
    assert "90 lines" in text and "of work on one core" in text and app.button(key="train_start").label == "Train"
    assert "30 lines of second.csv joined by 60 genes" in " ".join(
        frame.value.to_string(max_colwidth=None) for frame in app.dataframe
    )
    app.selectbox(key="train_recipe").set_value("pp-lightgbm").run()
    assert "tells perturbations apart by fingerprints" in words(app) and not [
        b for b in app.button if b.label == "Train"
    ]


def log_tpm(which="heldout_melanoma.csv"):
    return pd.read_csv(ROOT / "data/demo" / which, comment="#", index_col=0)


def test_the_passport_is_shown_before_any_result(app):
    visit(app, "upload")
    assert "Input passport" not in words(app)
    text = words(with_sample(app))
    assert "Input passport of SIM-MEL-HELDOUT" in text and "Green: nothing speaks against" in text
    labels = {metric.label: metric.value for metric in app.metric}
    assert (
        labels["Kinship to the panel"] == "familiar"
        and labels["Coverage"] == "100%"
        and labels["Lineage guess"] == "Skin"
    )
    assert [tab.label for tab in app.tabs] == ["Genes: Demo genes", "Drugs: Demo drugs"]
    text = words(with_sample(app, "unusual_sample.csv"))
    assert "Amber: read the ranking with care" in text and "unusual: its nearest screened lines" in text


def test_a_red_input_is_stamped_on_every_page_and_export(app, demo_store):
    visit(app, "upload")
    few = log_tpm().iloc[::3]
    app.file_uploader(key="upload").upload("log2TPM.csv", few.to_csv().encode(), "text/csv").run()
    assert "Red: whatever is predicted" in words(app)
    for page in PAGES:
        assert "Red input for Demo genes" in words(visit(app, page)), page
    visit(app, "shortlist")
    assert {button.proto.label for button in app.get("download_button")} >= {"Download CSV"}


def test_two_samples_are_compared(app):
    visit(app, "upload")
    both = pd.concat([log_tpm(), log_tpm("unusual_sample.csv")], axis=1)
    app.file_uploader(key="upload").upload("log2TPM.csv", both.to_csv().encode(), "text/csv").run()
    visit(app, "compare")
    text = words(app)
    assert "differ beyond the 80 % interval" in text
    table = app.dataframe[0].value
    assert {"SOX10", "MITF", "BRAF"} <= set(table.index[:12]) and (table.loc[["SOX10", "MITF"], "gained"] < 0).all()
    app.segmented_control(key="compare_kind").set_value("drug").run()
    assert not app.exception


def test_a_scorecard_judges_the_list_and_forgets_the_file(app):
    visit(with_sample(app), "scorecard")
    genes = pd.read_csv(ROOT / "data/demo/heldout_melanoma.csv", comment="#").iloc[:, 0]
    measured = pd.DataFrame({"gene": genes, "gene effect": np.where(genes.isin(["SOX10", "MITF", "BRAF"]), -1.5, 0.05)})
    app.file_uploader(key="card_file").upload("screen.csv", measured.to_csv(index=False).encode(), "text/csv").run()
    assert not app.exception, [entry.value for entry in app.exception]
    lengths = app.dataframe[0].value
    assert lengths.loc[5, "hits"] == 3 and lengths.loc[5, "by_chance"] < 1
    app.file_uploader(key="card_file").upload("x.csv", b"a,b\n1,2\n3,4\n", "text/csv").run()
    assert "Refused" in words(app)


def test_a_screened_line_is_recognised_and_shown(app, demo_store):
    model = load_model(DEMO_GENES, demo_store)
    line = model.panel.lines.index[5]
    content = model.panel.expression.loc[[line]].set_axis(["mystery"]).T.to_csv().encode()
    visit(app, "upload")
    app.file_uploader(key="upload").upload("log2TPM.csv", content, "text/csv").run()
    assert f"looks like {model.panel.lines.loc[line, 'name']}" in words(app)


def test_the_unit_is_asked_and_overruled(app):
    visit(app, "upload")
    linear = (np.exp2(log_tpm()) - 1).round(3)
    estimates = (linear / 10).round() * np.where(np.arange(len(linear)) % 2 == 0, 1.0, 0.913)[:, None]
    app.file_uploader(key="upload").upload("table.csv", estimates.to_csv().encode(), "text/csv").run()
    assert "leaves open what its numbers are" in app.selectbox(key="answer_unit").label
    app.selectbox(key="answer_unit").select("TPM").run()
    assert not app.exception and "read as TPM (declared by you" in words(app)
    app.selectbox(key="unit").select("counts").run()
    assert "the numbers are counts, the model was trained on log2(TPM+1)" in words(app)


def test_samples_are_pooled_and_the_table_turned_as_the_user_says(app):
    visit(app, "upload")
    frame = log_tpm()
    two = pd.concat([frame, frame + 0.01], axis=1).set_axis(["WT_rep1", "WT_rep2"], axis=1)
    app.file_uploader(key="upload").upload("log2TPM.csv", two.to_csv().encode(), "text/csv").run()
    assert app.selectbox(key="sample").options == ["WT_rep1", "WT_rep2"]
    app.selectbox(key="pool").select("replicates").run()
    assert app.selectbox(key="sample").options == ["WT"] and "2 samples averaged to 1" in words(app)
    app.toggle(key="turned").set_value(True).run()
    assert "Refused" in words(app) and "still here" in words(app)


def test_models_of_an_older_version_are_named_and_left_alone(app, demo_store, tmp_path, monkeypatch):
    home = tmp_path / "home"
    shutil.copytree(demo_store.home, home)
    described = Store(home).folder(Store(home).resolve(DEMO_DRUGS)) / "object.json"
    described.write_text(
        described.read_text(encoding="utf-8").replace('"accuracy_keys"', '"formerly"'), encoding="utf-8"
    )
    old = open_app(monkeypatch, home)
    assert "older version" in words(visit(old, "training"))
    assert "SIM-MEL-HELDOUT" in words(visit(with_sample(old), "ranked"))


def test_filters_that_leave_few_rows_or_none_and_their_reset(app):
    visit(with_sample(app), "ranked")
    app.number_input(key="ranked_probability").set_value(20).run()
    assert not app.exception
    visit(app, "shortlist")
    visit(app, "ranked")
    shown = app.dataframe[0].value
    assert (shown["probability"] >= 0.2).all() and 0 < len(shown) < 30
    app.text_input(key="ranked_search").set_value("no such gene").run()
    assert not app.exception and "No row passes these filters" in words(app)
    app.button(key="ranked_reset").click().run()
    assert app.text_input(key="ranked_search").value == "" and app.number_input(key="ranked_probability").value == 0
    assert len(app.dataframe[0].value) > 100


def test_the_priority_column_follows_the_weights_on_the_page_and_in_exports(app):
    visit(with_sample(app), "ranked")
    app.selectbox(key="ranked_order").set_value("My own weights").run()
    app.number_input(key="weight_selectivity").set_value(0).run()
    assert "sum to 100" in words(app)
    app.number_input(key="weight_concordance").set_value(0).run()
    app.number_input(key="weight_reliability").set_value(100).run()
    table = app.dataframe[0].value
    assert table["priority"].is_monotonic_decreasing and table["priority"].iloc[0] > 50
    assert "own weights: reliability 100" in words(visit(app, "shortlist"))


def test_a_saved_shortlist_is_taken_up(app):
    visit(with_sample(app), "shortlist")
    saved = Shortlist({"gene": ["MITF", "SOX10", "NOSUCH"], "drug": []}, {"gene": {"MITF": "first"}, "drug": {}})
    app.file_uploader(key="load_shortlist").upload("s.json", saved.to_json(), "application/json").run()
    app.button(key="take_up_shortlist").click().run()
    assert "3 names added" in " ".join(entry.value for entry in app.success) and "**Picked** 3" in words(app)
    assert app.dataframe[0].value.index.tolist() == ["MITF", "SOX10"]


def saved_view(store, **changes):
    """A view of the demo's melanoma as the command line saves it, with everything off its default."""
    model, drugs = load_model(DEMO_GENES, store), load_model(DEMO_DRUGS, store)
    path = ROOT / "data/demo/heldout_melanoma.csv"
    annotations = annotations_of(store, gene_names_of(store, [model, drugs]))
    profiles = read_uploads([(path.name, path)], known_genes([model, drugs]), annotations.names)
    view = View("Selective and reliable", 0.1, False, "", 0.05, True, Weights(40, 10, 50))
    table = show(score_sample(model, profiles, profiles.samples[0], annotations).table, model.panel.score, view).table
    used = {
        "gene": UsedModel(model.name, model.key, model.panel.release),
        "drug": UsedModel(drugs.name, drugs.key, drugs.panel.release),
    }
    saved = Manifest(
        sample="SIM-MEL-HELDOUT",
        kind="gene",
        models=used,
        files=file_digests([(path.name, path)]),
        options=ReadOptions(),
        pool="all",
        tables=annotations.key,
        view=view,
        number=33,
        rows=len(table),
        digest=table_digest(table),
        shortlist=Shortlist(
            {"gene": ["MITF", "TFAP2A"], "drug": ["Trametinib"]}, {"gene": {"MITF": "plate 1"}, "drug": {}}
        ),
        highlighted="SOX10",
    )
    return replace(saved, **changes), table


def reopen(app, saved):
    visit(app, "upload")
    app.file_uploader(key="view_file").upload("v.json", saved.to_json(), "application/json").run()
    app.button(key="reopen_view").click().run()
    assert not app.exception, [entry.value for entry in app.exception]


def test_a_saved_view_reopens_in_a_new_session_as_it_was(app, demo_store):
    saved, table = saved_view(demo_store)
    reopen(app, saved)
    visit(app, "ranked")
    said = " ".join(entry.value for entry in app.success)
    assert f"the same {len(table)} rows as when it was saved" in said
    assert app.dataframe[0].value.index.tolist() == table.index.tolist()
    np.testing.assert_allclose(app.dataframe[0].value["priority"], table["priority"])
    assert (
        app.selectbox(key="ranked_order").value == "My own weights"
        and app.number_input(key="weight_strength").value == 50
    )
    assert (
        app.number_input(key="ranked_cut_spearman").value == 0.1
        and app.number_input(key="ranked_probability").value == 5
    )
    assert not app.checkbox(key="ranked_hide").value and app.checkbox(key="ranked_expressed").value
    assert (
        app.slider[0].value == 33
        and app.text_area(key="ranked_highlight").value == "SOX10"
        and "**Picked** 3" in words(app)
    )
    visit(app, "shortlist")
    assert app.dataframe[0].value.index.tolist() == ["MITF", "TFAP2A"] and "plate 1" in str(
        app.session_state["leap"].notes
    )
    # Whoever moves on is no longer told of it.
    visit(app, "ranked")
    app.number_input(key="ranked_probability").set_value(0).run()
    assert not app.success


def test_a_view_of_another_file_asks_for_it_and_one_that_changed_says_so(app, demo_store):
    other, _ = saved_view(demo_store, files=(("other.csv", "0" * 64),))
    visit(app, "upload")
    app.file_uploader(key="view_file").upload("v.json", other.to_json(), "application/json").run()
    assert app.button(key="reopen_view").disabled and "other.csv" in app.file_uploader(key="view_expression").label
    app.file_uploader(key="view_expression").upload("other.csv", b"gene,a\nTP53,1\n", "text/csv").run()
    assert "another content" in words(app) and app.button(key="reopen_view").disabled
    app.file_uploader(key="view_file").upload("v.json", b"{}", "application/json").run()
    assert "no view that this program saved" in words(app)
    changed, _ = saved_view(demo_store, digest="1" * 64, rows=7)
    reopen(app, changed)
    assert "not as it was" in words(visit(app, "ranked")) and "had 7 rows" in words(app)
    gone, _ = saved_view(demo_store, models={"gene": UsedModel("No such model", "k", "r")})
    visit(app, "upload")
    app.file_uploader(key="view_file").upload("v.json", gone.to_json(), "application/json").run()
    assert "A model of the view is not here" in words(app) and "No such model" in " ".join(
        entry.value for entry in app.get("text")
    )


def test_tables_beside_the_models_are_kept_used_and_deleted(monkeypatch, demo_store, tmp_path):
    home = tmp_path / "home"
    shutil.copytree(demo_store.home, home)
    app = open_app(monkeypatch, home)
    visit(with_sample(app), "training")
    content = b"drug,target,pathway,approved\nTrametinib,MAP2K1,MAPK,yes\nDabrafenib,BRAF,MAPK,no\n"
    app.file_uploader(key="drug_table").upload("drugs.csv", content, "text/csv").run()
    app.button(key="keep_drugs").click().run()
    assert "2 drugs of drugs.csv" in " ".join(entry.value for entry in app.success)
    app.file_uploader(key="essentials_list").upload("list.txt", b"SOX10\nMITF\nA1\nA2\nA3\n", "text/plain").run()
    app.button(key="keep_essentials").click().run()
    visit(app, "ranked")
    assert "50 common essential" in words(app)
    table = app.dataframe[0].value
    assert table.loc["MAP2K1", "approved_drugs"] == "Trametinib" and table.loc["BRAF", "other_drugs"] == "Dabrafenib"
    assert table.loc["MAP2K1", "other_side"].startswith("Trametinib ")
    app.text_input(key="ranked_search").set_value("trametinib").run()
    assert app.dataframe[0].value.index.tolist() == ["MAP2K1"]
    app.text_input(key="ranked_search").set_value("").run()
    app.segmented_control(key="ranked_kind").set_value("drug").run()
    assert app.dataframe[0].value.loc["Trametinib", "targets"] == "MAP2K1"
    visit(app, "training")
    app.file_uploader(key="drug_table").upload("no.csv", b"a,b\n1,2\n", "text/csv").run()
    app.button(key="keep_drugs").click().run()
    assert "expected one of drugs" in words(app)
    app.button(key="forget_essentials").click().run()
    visit(app, "ranked")
    app.segmented_control(key="ranked_kind").set_value("gene").run()
    assert "48 common essential" in words(app)


def test_a_view_of_drugs_leaves_the_filters_of_genes_alone_and_another_upload_closes_it(app, demo_store):
    gene_view, _ = saved_view(demo_store)
    model = load_model(DEMO_DRUGS, demo_store)
    view = View(minimum_accuracy=0.3, hide_common_essential=False)
    reopen(app, replace(gene_view, kind="drug", view=view, digest="0" * 64))
    assert "is open" in " ".join(entry.value for entry in app.success) and model.accuracy_measured
    visit(app, "ranked")
    assert app.number_input(key="ranked_cut_spearman").value == 0.3 and "not as it was" in words(app)
    app.segmented_control(key="ranked_kind").set_value("gene").run()
    assert app.checkbox(key="ranked_hide").value and "48 common essential" in words(app)
    with_sample(app, "unusual_sample.csv")
    assert "is open" not in " ".join(entry.value for entry in app.success)


def test_one_row_has_one_priority_on_every_page_and_in_the_report(app, demo_store):
    saved, table = saved_view(demo_store)
    reopen(app, saved)
    visit(app, "shortlist")
    shown = app.dataframe[0].value
    np.testing.assert_allclose(shown["priority"], table["priority"].reindex(shown.index))


def test_markup_in_a_sample_name_stays_text(app):
    visit(app, "upload")
    frame = log_tpm().set_axis(["![x](https://example.org/p.png)"], axis=1)
    app.file_uploader(key="upload").upload("log2TPM.csv", frame.to_csv().encode(), "text/csv").run()
    assert not app.exception and "![x](" not in words(app)
    for page in PAGES:
        assert "![x](" not in words(visit(app, page)), page


def test_pathways_say_why_how_stably_and_about_the_model(monkeypatch, unexplained_store):
    app = open_app(monkeypatch, unexplained_store.home)
    visit(with_sample(app), "pathways")
    app.selectbox(key="pathways_gene").set_value("SOX10").run()
    assert "about the model, not about the biology" in words(app)
    app.button(key="explain").click().run()
    assert not app.exception, [entry.value for entry in app.exception]
    text = words(app)
    assert "Unfaithful student" in text and "modules of the demo" in text and "correlated" in text
    genes, chosen, pathways = (app.dataframe[number].value for number in range(3))
    assert "melanocytic" in set(chosen["gene_set"]) and set(chosen["score"]) <= {"mean z", "rank"}
    assert set(genes["feature"].head(3)) <= {
        "MITF",
        "PMEL",
        "PLP1",
        "DCT",
        "MLANA",
        "SOX10",
        "TRPM1",
        "TYR",
        "TYRP1",
        "S100B",
    }
    assert genes["percentile_here"].head(3).min() > 80 and (genes["strengthens"].head(3) == 1).all()
    assert pathways["p_value"].iloc[0] < 0.01
    stable = next(metric for metric in app.metric if metric.label == "Stable genes")
    before = int(stable.value)
    app.slider[0].set_value(0.51).run()
    after = next(metric for metric in app.metric if metric.label == "Stable genes")
    assert int(after.value) > before and "nominal" in after.delta
    # It is kept for the session.
    visit(app, "ranked")
    visit(app, "pathways")
    assert len(app.dataframe) == 3
    assert "Explain a second row" in words(app)
    visit(app, "shortlist")
    app.multiselect(key="add_gene").set_value(["MITF"]).run()
    app.button(key="shortlist_add").click().run()
    visit(app, "pathways")
    app.button(key="explain_shortlist").click().run()
    assert not app.exception and "Of the 2 rows explained" in words(app)
    visit(app, "shortlist")


def test_the_biomarker_card_is_made_once_and_says_what_is_lineage(monkeypatch, unexplained_store):
    app = open_app(monkeypatch, unexplained_store.home)
    visit(with_sample(app), "one_perturbation")
    app.selectbox(key="one_gene").set_value("GATA3").run()
    assert not [table for table in app.dataframe if "within_lineage" in table.value]
    app.button(key="one_biomarkers").click().run()
    assert not app.exception, [entry.value for entry in app.exception]
    table = next(table.value for table in app.dataframe if "within_lineage" in table.value)
    assert len(table) == 5 and "after removing lineage" in words(app) and "it is no test" in words(app)
    gene = table.index[1]
    chosen = next(box for box in app.selectbox if box.label == "Gene against the measured response")
    chosen.set_value(gene).run()
    assert not app.exception and f"Correlation of {gene} with" in words(app)
    # Pathways finds the explanation that the card made.
    visit(app, "pathways")
    app.selectbox(key="pathways_gene").set_value("GATA3").run()
    assert not [button for button in app.button if button.key == "explain"] and len(app.dataframe) == 3


def test_genes_that_the_sample_lacks_have_no_percentile_and_break_nothing(app):
    profile = pd.read_csv(ROOT / "data/demo/heldout_melanoma.csv", index_col=0)
    model = load_model(DEMO_GENES, Store(Path(os.environ["LEAP_HOME"])))
    lacking = (
        explain_once(model, "SOX10", demo_gene_sets(), Store(Path(os.environ["LEAP_HOME"])))
        .table()["feature"]
        .head(2)
        .tolist()
    )
    visit(app, "upload")
    app.file_uploader(key="upload").upload("part.csv", profile.drop(index=lacking).to_csv().encode(), "text/csv").run()
    visit(app, "pathways")
    app.selectbox(key="pathways_gene").set_value("SOX10").run()
    assert not app.exception, [entry.value for entry in app.exception]
    table = app.dataframe[0].value.set_index("feature")
    assert table.loc[lacking, "percentile_here"].isna().all() and table["percentile_here"].notna().sum() > 3
    assert table.loc[lacking, "contribution_here"].abs().max() < 1e-6
    visit(app, "one_perturbation")
    app.selectbox(key="one_gene").set_value("SOX10").run()
    assert not app.exception and f"Correlation of {lacking[0]} with" in words(app)


def test_the_atlas_shows_the_numbers_of_the_hit_table(app):
    visit(app, "atlas")
    model = load_model(DEMO_GENES, Store(Path(os.environ["LEAP_HOME"])))
    table = next(table.value for table in app.dataframe if "ensemble" in table.value)
    known = model.table["accuracy"].dropna()
    assert len(table) == len(known) and table["ensemble"].round(6).to_dict() == known.round(6).to_dict()
    mean = next(metric for metric in app.metric if metric.label == "Mean accuracy")
    assert (
        mean.value == f"{known.mean():.3f}"
        and "Within lineages" in words(app)
        and "Recipes on this panel" in words(app)
    )
    app.selectbox(key="atlas_name").select("SOX10").run()
    assert not app.exception
    assert next(table.value for table in app.dataframe if "ensemble" in table.value).index.tolist() == ["SOX10"]


def test_the_glossary_finds_terms(app):
    visit(app, "glossary")
    before = len(app.markdown)
    app.text_input(key="glossary_find").set_value("interval").run()
    assert not app.exception and "**Interval.**" in words(app) and len(app.markdown) < before
    app.text_input(key="glossary_find").set_value("nothing like it").run()
    assert "No term has that word" in words(app)


def test_perturbations_never_screened_are_shown_as_such_and_exported(monkeypatch, unexplained_store, tmp_path, capsys):
    store = unexplained_store
    own = stored_panel(load_model(DEMO_GENES, store).trained.panel, store)
    others = [f"NEVER{number}" for number in range(30)]
    marks = np.random.default_rng(0).normal(size=(own.response.shape[1] + 30, 5)).astype(np.float32)
    panel = replace(own, fingerprints=Fingerprints(pd.DataFrame(marks, [*own.response.columns, *others]), "made"))
    trees = PanTreeSettings(num_iterations=(20, 40), learning_rate=0.1, num_leaves=8)
    train(
        keep_panel(panel, store),
        Recipe("small", groups=(LayerGroup(PCASettings(components=20), trees, 1),)),
        "none",
        Runtime(store),
        DEMO_GENES,
    )
    app = with_sample(open_app(monkeypatch, store.home))
    visit(app, "ranked")
    assert f"Never screened: {len(others):,} genes" in " ".join(entry.label for entry in app.expander)
    assert "Never screened: neither the model's panel" in words(app)
    (shown,) = [entry.value for entry in app.dataframe if "most_similar" in entry.value.columns]
    assert set(shown.index) <= set(others) and set(shown["most_similar"]) <= set(panel.response.columns)
    strength = shown["difference"] * (1 if panel.score.higher_is_stronger else -1)
    assert strength.is_monotonic_decreasing
    np.testing.assert_allclose(shown["predicted"] - shown["expected_mean"], shown["difference"], atol=1e-5)
    sample = ROOT / "data" / "demo" / "heldout_melanoma.csv"
    command = [
        "prioritise",
        "--home",
        str(store.home),
        "--model",
        DEMO_GENES,
        "--samples",
        str(sample),
        "--top",
        "5",
        "--out",
        str(tmp_path / "lists"),
    ]
    assert main([*command, "--unscreened", "--all"]) == 0
    (written,) = (tmp_path / "lists").glob("*.never-screened.csv")
    assert "Never screened" in written.read_text().splitlines()[6] + written.read_text() and len(
        pd.read_csv(written, comment="#")
    ) == len(others)
    assert (
        main([*command[:3], "--model", DEMO_DRUGS, *command[5:], "--unscreened"]) == 2
        and "pan-perturbation" in capsys.readouterr().err
    )
