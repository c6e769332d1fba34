"""Every page through AppTest: before a model, before a sample, with a sample, and with what goes wrong."""

import os
import re
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from leap_core.explain.kept import explain_once
from leap_core.model.catalogue import recipe_called
from leap_core.panel.kept import stored_panel
from leap_core.pilot.outcome import Pilot
from leap_core.ranking.hit_table import View, show
from leap_core.ranking.priority import Weights
from leap_core.report.manifest import Manifest, UsedModel, file_digests, table_digest
from leap_core.report.saved_pilot import pilot_as_plain
from leap_core.report.shortlist import Shortlist
from leap_core.run.jobs import cancel_job, job_started, list_jobs
from leap_core.run.progress import duration
from leap_core.run.store import Store
from leap_core.sample.profiles import ReadOptions
from leap_core.sample.uploads import read_uploads
from leap_core.services.demo import DEMO_DRUGS, DEMO_GENES, demo_gene_sets
from leap_core.services.models import annotations_of, gene_names_of, known_genes, load_model, reference_of
from leap_core.services.pilot import with_pilot
from leap_core.services.scoring import score_sample
from leap_core.services.training import planned_work
from tests.conftest import planted_tables
from tests.pages.conftest import (
    CHANGED,
    MELANOMA,
    PAGES,
    RED,
    REOPENED,
    SCREENED,
    give,
    keys,
    log_tpm,
    marked,
    open_app,
    right,
    state,
    strip,
    visit,
    with_sample,
    words,
)


def test_every_page_opens_before_there_is_a_sample(app):
    for page in PAGES:
        models, simulated = strip(visit(app, page))
        assert DEMO_GENES in models and DEMO_DRUGS in models and simulated, page


def test_every_page_shows_the_sample(app):
    with_sample(app)
    for page in PAGES:
        assert "SIM-MEL-HELDOUT" in strip(visit(app, page))[0], page


def test_a_file_that_can_be_read_two_ways_asks_and_a_gene_twice_follows_the_choice(app):
    visit(app, "upload")
    genes = [f"GENE{number}" for number in range(40)] + list(log_tpm().index)
    rows = "".join(
        f"{gene},{sample},{number % 50},{number % 7}\n"
        for sample in ("mine", "its")
        for number, gene in enumerate(genes)
    )
    twice = f"gene,sample,fpkm,reads\n{rows}TP53,mine,1000,1\nTP53,mine,3000,1\n"
    give(app, "upload", "long.csv", twice.encode())
    right(app.selectbox(key="answer_value").select("fpkm").run())
    assert state(app).profiles.values.loc["mine", "TP53"] == 3000 and "fpkm" in words(app)
    assert app.button(key="fetch_identifiers")
    app.segmented_control(key="duplicates").select("sum").run()
    assert state(app).upload.options == ReadOptions("fpkm", "sum")
    assert state(app).profiles.values.loc["mine", "TP53"] == 4000 + genes.index("TP53") % 50


def test_the_picture_of_start_is_part_of_the_page(app):
    """A file of Streamlit's is forgotten two runs later, whether the browser has fetched it or not."""
    ((picture,),) = [element.proto.imgs for element in visit(app, "start").get("image")]
    assert picture.url.startswith("data:image/png;base64,")


def test_first_start_trains_the_demo_in_a_job(monkeypatch, tmp_path):
    app = right(open_app(monkeypatch, tmp_path))
    (job,) = list_jobs(tmp_path)
    assert job_started(tmp_path, job.job_id)[1] == ["demo"]
    try:
        for page in PAGES[1:]:
            visit(app, page)
    finally:
        cancel_job(tmp_path, job.job_id)


def test_a_refused_file_keeps_the_sample_from_before(app):
    with_sample(app)
    app.button(key="demo_broken_statistics.csv").click().run()
    assert len(app.error) == 1 and state(app).profiles.samples == ["SIM-MEL-HELDOUT"]
    assert "SIM-MEL-HELDOUT" in strip(visit(app, "ranked"))[0]


def test_a_real_upload_replaces_it_and_a_picture_does_not(app):
    visit(app, "upload")
    give(app, "upload", "mine.csv", MELANOMA.with_name("unusual_sample.csv").read_bytes())
    assert "SIM-CHO-HELDOUT" in strip(app)[0]
    give(app, "upload", "picture.csv", b"\x89PNG\r\n\x1a\n" + bytes(99))
    assert len(app.error) == 1 and "SIM-CHO-HELDOUT" in strip(app)[0]


def test_ranked_hides_counts_searches_and_orders(app):
    visit(with_sample(app), "ranked")
    table = app.dataframe[0].value
    assert {"SOX10", "MITF", "BRAF"} <= set(table.index[:8])
    app.text_input(key="ranked_search").set_value("sox10").run()
    assert app.dataframe[0].value.index.tolist() == ["SOX10"]
    app.text_input(key="ranked_search").set_value("").run()
    app.selectbox(key="ranked_order").set_value("Strongest predicted").run()
    predicted = app.dataframe[0].value["predicted"]
    assert predicted.is_monotonic_increasing
    app.checkbox(key="ranked_all").check().run()
    assert len(app.dataframe[0].value) == 253 - 48 and "48" in words(app)
    app.checkbox(key="ranked_hide").uncheck().run()
    assert len(app.dataframe[0].value) == 253


def test_the_shortlist_survives_page_switches(app):
    visit(with_sample(app), "one_perturbation")
    app.selectbox(key="one_gene").set_value("MITF").run()
    app.button(key="one_pick").click().run()
    visit(app, "members")
    visit(app, "shortlist")
    assert state(app).picked == 1 and strip(app)[0].endswith(" 1")
    assert app.dataframe[0].value.index.tolist() == ["MITF"]
    app.multiselect(key="add_gene").set_value(["SOX10", "BRAF"]).run()
    app.button(key="shortlist_add").click().run()
    assert app.dataframe[0].value.index.tolist() == ["MITF", "SOX10", "BRAF"]


def test_picks_and_notes_belong_to_a_sample_and_can_be_taken_over(app):
    visit(app, "upload")
    both = pd.concat([log_tpm(), log_tpm("unusual_sample.csv")], axis=1)
    give(app, "upload", "log2TPM.csv", both.to_csv().encode())
    visit(app, "shortlist")
    first = state(app).sample
    app.multiselect(key="add_gene").set_value(["MITF", "SOX10"]).run()
    app.button(key="shortlist_add").click().run()
    state(app).notes["gene"]["MITF"] = "plate 1"
    other = next(name for name in state(app).profiles.samples if name != first)
    app.selectbox(key="sample").set_value(other).run()
    assert state(app).sample == other and state(app).picked == 0 and not state(app).notes["gene"]
    app.button(key="take_over").click().run()
    assert state(app).shortlist["gene"] == ["MITF", "SOX10"] and not state(app).notes["gene"]
    app.selectbox(key="sample").set_value(first).run()
    assert state(app).picked == 2 and state(app).notes["gene"] == {"MITF": "plate 1"}


def test_drugs_are_a_panel_of_their_own(app, demo_store):
    visit(with_sample(app), "ranked")
    right(app.segmented_control(key="ranked_kind").set_value("drug").run())
    assert load_model(DEMO_DRUGS, demo_store).panel.score.direction in words(app)
    assert "Trametinib" in app.dataframe[0].value.index


def test_files_that_make_no_panel_are_refused_by_name(app, tmp_path):
    visit(app, "training")
    app.segmented_control(key="panel_source").set_value("My own files").run()
    app.text_input(key="path_expression").set_value(str(tmp_path / "no.csv"))
    app.text_input(key="path_response").set_value(str(tmp_path / "no.csv"))
    app.button(key="panel_read").click().run()
    assert len(app.error) == 1 and str(tmp_path / "no.csv") in app.error[0].value


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
    panel = stored_panel(app.session_state["panel_key"], Store(home))
    work = planned_work(panel, recipe_called(app.selectbox(key="train_recipe").value), "outer")
    assert len(panel.lines) == 90 and duration(sum(work.values())) in words(app) and app.button(key="train_start")
    dropped = pd.concat([frame.value for frame in app.dataframe])
    assert re.findall(r"\d+", next(text for text in dropped["Which"] if "second.csv" in text))[:2] == ["30", "60"]
    app.selectbox(key="train_recipe").set_value("pp-lightgbm").run()
    assert len(app.error) == 1 and "train_start" not in keys(app.button)


def test_the_passport_is_shown_before_any_result(app):
    visit(app, "upload")
    assert not app.tabs and not app.metric
    with_sample(app)
    for tab, model in zip(app.tabs, (DEMO_GENES, DEMO_DRUGS), strict=True):
        assert model in tab.label and not tab.warning and not tab.error
        kinship, coverage, lineage, _ = (metric.value for metric in tab.metric)
        assert (kinship, coverage, lineage) == ("familiar", "100%", "Skin")
    with_sample(app, "unusual_sample.csv")
    assert all(len(tab.warning) == 1 and tab.metric[0].value == "unusual" for tab in app.tabs)


def test_a_red_input_is_stamped_on_every_page_and_export(app):
    visit(app, "upload")
    give(app, "upload", "log2TPM.csv", log_tpm().iloc[::3].to_csv().encode())
    assert all(marked(tab.error, RED) for tab in app.tabs)
    for page in PAGES:
        genes, drugs, *_ = marked(visit(app, page).error, RED)
        assert DEMO_GENES in genes and DEMO_DRUGS in drugs and "67%" in genes, page
    visit(app, "shortlist")
    assert "download_all_csv" in keys(app.download_button)


def test_two_samples_are_compared(app):
    visit(app, "upload")
    both = pd.concat([log_tpm(), log_tpm("unusual_sample.csv")], axis=1)
    give(app, "upload", "log2TPM.csv", both.to_csv().encode())
    visit(app, "compare")
    table = app.dataframe[0].value
    assert f"{(table['call'] != '').sum()} of {len(table)}" in words(app)
    assert {"SOX10", "MITF", "BRAF"} <= set(table.index[:12]) and (table.loc[["SOX10", "MITF"], "gained"] < 0).all()
    right(app.segmented_control(key="compare_kind").set_value("drug").run())


def test_a_scorecard_judges_the_list_and_forgets_the_file(app):
    visit(with_sample(app), "scorecard")
    genes = log_tpm().index
    measured = pd.DataFrame({"gene": genes, "gene effect": np.where(genes.isin(["SOX10", "MITF", "BRAF"]), -1.5, 0.05)})
    give(app, "card_file", "screen.csv", measured.to_csv(index=False).encode())
    lengths = app.dataframe[0].value
    assert lengths.loc[5, "hits"] == 3 and lengths.loc[5, "by_chance"] < 1
    give(app, "card_file", "x.csv", b"a,b\n1,2\n3,4\n")
    assert len(app.error) == 1 and not app.dataframe


def test_a_screened_line_is_recognised_and_shown(app, demo_store):
    model = load_model(DEMO_GENES, demo_store)
    line = model.panel.lines.index[5]
    content = model.panel.expression.loc[[line]].set_axis(["mystery"]).T.to_csv().encode()
    visit(app, "upload")
    give(app, "upload", "log2TPM.csv", content)
    assert all(model.panel.lines.loc[line, "name"] in text for text in marked(app.info, SCREENED))
    assert len(marked(app.info, SCREENED)) == 2


def test_the_unit_is_asked_and_overruled(app):
    visit(app, "upload")
    linear = (np.exp2(log_tpm()) - 1).round(3)
    estimates = (linear / 10).round() * np.where(np.arange(len(linear)) % 2 == 0, 1.0, 0.913)[:, None]
    give(app, "upload", "table.csv", estimates.to_csv().encode())
    assert state(app).profiles is None
    right(app.selectbox(key="answer_unit").select("TPM").run())
    assert [verdict.kind for verdict in state(app).profiles.verdicts] == ["TPM"] and not app.tabs[0].error
    app.selectbox(key="unit").select("counts").run()
    assert [verdict.kind for verdict in state(app).profiles.verdicts] == ["counts"]
    assert all("counts" in tab.warning[0].value and "log2(TPM+1)" in tab.warning[0].value for tab in app.tabs)


def test_samples_are_pooled_and_the_table_turned_as_the_user_says(app):
    visit(app, "upload")
    frame = log_tpm()
    two = pd.concat([frame, frame + 0.01], axis=1).set_axis(["WT_rep1", "WT_rep2"], axis=1)
    give(app, "upload", "log2TPM.csv", two.to_csv().encode())
    assert app.selectbox(key="sample").options == ["WT_rep1", "WT_rep2"]
    app.selectbox(key="pool").select("replicates").run()
    assert app.selectbox(key="sample").options == ["WT"] == state(app).profiles.samples
    app.toggle(key="turned").set_value(True).run()
    assert len(app.error) == 1 and state(app).profiles.samples == ["WT"]


def test_models_of_an_older_version_are_named_and_left_alone(app, demo_store, tmp_path, monkeypatch):
    home = tmp_path / "home"
    shutil.copytree(demo_store.home, home)
    described = Store(home).folder(Store(home).resolve(DEMO_DRUGS)) / "object.json"
    described.write_text(
        described.read_text(encoding="utf-8").replace('"accuracy_keys"', '"formerly"'), encoding="utf-8"
    )
    old = open_app(monkeypatch, home)
    (text,) = marked(visit(old, "training").warning, ":material/history:")
    assert DEMO_DRUGS in text
    assert "SIM-MEL-HELDOUT" in strip(visit(with_sample(old), "ranked"))[0]


def test_filters_that_leave_few_rows_or_none_and_their_reset(app):
    visit(with_sample(app), "ranked")
    app.number_input(key="ranked_probability").set_value(20).run()
    assert not app.exception
    visit(app, "shortlist")
    visit(app, "ranked")
    shown = app.dataframe[0].value
    assert (shown["probability"] >= 0.2).all() and 0 < len(shown) < 30
    right(app.text_input(key="ranked_search").set_value("no such gene").run())
    assert not app.dataframe and len(app.info) == 1
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
    assert "reliability 100" in words(visit(app, "shortlist"))


def test_a_saved_shortlist_is_taken_up(app):
    visit(with_sample(app), "shortlist")
    saved = Shortlist({"gene": ["MITF", "SOX10", "NOSUCH"], "drug": []}, {"gene": {"MITF": "first"}, "drug": {}})
    give(app, "load_shortlist", "s.json", saved.to_json(), "application/json")
    app.button(key="take_up_shortlist").click().run()
    assert len(app.success) == 1 and "NOSUCH" in app.success[0].value and state(app).picked == 3
    assert state(app).notes["gene"] == {"MITF": "first"}
    assert app.dataframe[0].value.index.tolist() == ["MITF", "SOX10"]


def saved_view(store, pilot=None, **changes):
    """A view of the demo's melanoma as the command line saves it, with everything off its default."""
    model, drugs = load_model(DEMO_GENES, store), load_model(DEMO_DRUGS, store)
    path = MELANOMA
    annotations = annotations_of(store, gene_names_of(store, [model, drugs]))
    profiles = read_uploads([(path.name, path)], known_genes([model, drugs]), annotations.names)
    view = View("Selective and reliable", 0.1, False, "", 0.05, True, Weights(40, 10, 50))
    scored = score_sample(model, profiles, profiles.samples[0], annotations)
    scored = scored if pilot is None else with_pilot(model, scored, pilot)
    table = show(scored.table, model.panel.score, view).table
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
        number=23,
        rows=len(table),
        digest=table_digest(table),
        shortlist=Shortlist(
            {"gene": ["MITF", "TFAP2A"], "drug": ["Trametinib"]}, {"gene": {"MITF": "plate 1"}, "drug": {}}
        ),
        highlighted="SOX10",
        pilots={} if pilot is None else {"gene": pilot_as_plain(pilot)},
    )
    return replace(saved, **changes), table


def reopen(app, saved):
    visit(app, "upload")
    give(app, "view_file", "v.json", saved.to_json(), "application/json")
    right(app.button(key="reopen_view").click().run())


def test_a_saved_view_brings_its_pilot_back(app, demo_store):
    screen = pd.read_csv(MELANOMA.with_name("heldout_melanoma_screen.csv"), comment="#", index_col=0)["gene_effect"]
    saved, table = saved_view(demo_store, Pilot(screen.iloc[::12], source="plate.csv"))
    reopen(app, saved)
    visit(app, "ranked")
    assert len(marked(app.success, REOPENED)) == 1 and "measured in the pilot" in words(app)
    assert app.dataframe[0].value.index.tolist() == table.index.tolist()


def test_a_saved_view_reopens_in_a_new_session_as_it_was(app, demo_store):
    saved, table = saved_view(demo_store)
    reopen(app, saved)
    visit(app, "ranked")
    (said,) = marked(app.success, REOPENED)
    assert str(len(table)) in said
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
        app.slider[0].value == 23 and app.text_area(key="ranked_highlight").value == "SOX10" and state(app).picked == 3
    )
    visit(app, "shortlist")
    assert app.dataframe[0].value.index.tolist() == ["MITF", "TFAP2A"]
    assert state(app).notes["gene"] == {"MITF": "plate 1"}
    # Whoever moves on is no longer told of it.
    visit(app, "ranked")
    app.number_input(key="ranked_probability").set_value(0).run()
    assert not app.success


def test_a_view_of_another_file_asks_for_it_and_one_that_changed_says_so(app, demo_store):
    other, _ = saved_view(demo_store, files=(("other.csv", "0" * 64),))
    visit(app, "upload")
    give(app, "view_file", "v.json", other.to_json(), "application/json")
    assert app.button(key="reopen_view").disabled and "other.csv" in app.file_uploader(key="view_expression").label
    give(app, "view_expression", "other.csv", b"gene,a\nTP53,1\n")
    assert "other.csv" in marked(app.warning, CHANGED)[0] and app.button(key="reopen_view").disabled
    give(app, "view_file", "v.json", b"{}", "application/json")
    assert len(app.error) == 1 and "reopen_view" not in keys(app.button)
    changed, _ = saved_view(demo_store, digest="1" * 64, rows=7)
    reopen(app, changed)
    assert " 7 rows" in marked(visit(app, "ranked").warning, CHANGED)[0] and not app.success
    gone, _ = saved_view(demo_store, models={"gene": UsedModel("No such model", "k", "r")})
    visit(app, "upload")
    give(app, "view_file", "v.json", gone.to_json(), "application/json")
    assert len(app.error) == 1 and "No such model" in " ".join(entry.value for entry in app.text)


def test_tables_beside_the_models_are_kept_used_and_deleted(monkeypatch, demo_store, tmp_path):
    home = tmp_path / "home"
    shutil.copytree(demo_store.home, home)
    app = open_app(monkeypatch, home)
    visit(with_sample(app), "training")
    content = b"drug,target,pathway,approved\nTrametinib,MAP2K1,MAPK,yes\nDabrafenib,BRAF,MAPK,no\n"
    give(app, "drug_table", "drugs.csv", content)
    app.button(key="keep_drugs").click().run()
    (record,) = reference_of(Store(home)).drug_shelf.records()
    assert record["drugs"] == "2" and "drugs.csv" in app.success[0].value
    give(app, "essentials_list", "list.txt", b"SOX10\nMITF\nA1\nA2\nA3\n", "text/plain")
    app.button(key="keep_essentials").click().run()
    visit(app, "ranked")
    app.checkbox(key="ranked_all").check().run()
    table = app.dataframe[0].value
    assert len(table) == 253 - 48 - 2
    assert table.loc["MAP2K1", "approved_drugs"] == "Trametinib" and table.loc["BRAF", "other_drugs"] == "Dabrafenib"
    assert table.loc["MAP2K1", "other_side"].startswith("Trametinib ")
    app.text_input(key="ranked_search").set_value("trametinib").run()
    assert app.dataframe[0].value.index.tolist() == ["MAP2K1"]
    app.text_input(key="ranked_search").set_value("").run()
    app.segmented_control(key="ranked_kind").set_value("drug").run()
    assert app.dataframe[0].value.loc["Trametinib", "targets"] == "MAP2K1"
    visit(app, "training")
    give(app, "drug_table", "no.csv", b"a,b\n1,2\n")
    app.button(key="keep_drugs").click().run()
    assert len(app.error) == 1 and len(reference_of(Store(home)).drug_shelf.records()) == 1
    app.button(key="forget_essentials").click().run()
    visit(app, "ranked")
    app.segmented_control(key="ranked_kind").set_value("gene").run()
    assert len(app.dataframe[0].value) == 253 - 48


def test_a_view_of_drugs_leaves_the_filters_of_genes_alone_and_another_upload_closes_it(app, demo_store):
    gene_view, _ = saved_view(demo_store)
    model = load_model(DEMO_DRUGS, demo_store)
    view = View(minimum_accuracy=0.3, hide_common_essential=False)
    reopen(app, replace(gene_view, kind="drug", view=view, digest="0" * 64))
    assert marked(app.success, REOPENED) and model.accuracy_measured
    visit(app, "ranked")
    assert app.number_input(key="ranked_cut_spearman").value == 0.3 and marked(app.warning, CHANGED)
    app.segmented_control(key="ranked_kind").set_value("gene").run()
    assert app.checkbox(key="ranked_hide").value and app.number_input(key="ranked_cut_spearman").value == 0.3
    with_sample(app, "unusual_sample.csv")
    assert not app.success


def test_one_row_has_one_priority_on_every_page_and_in_the_report(app, demo_store):
    saved, table = saved_view(demo_store)
    reopen(app, saved)
    visit(app, "shortlist")
    shown = app.dataframe[0].value
    np.testing.assert_allclose(shown["priority"], table["priority"].reindex(shown.index))


def test_markup_in_a_sample_name_stays_text(app):
    visit(app, "upload")
    frame = log_tpm().set_axis(["![x](https://example.org/p.png)"], axis=1)
    give(app, "upload", "log2TPM.csv", frame.to_csv().encode())
    assert "![x](" not in words(app)
    for page in PAGES:
        assert "![x](" not in words(visit(app, page)), page


def test_pathways_say_why_how_stably_and_about_the_model(monkeypatch, unexplained_store):
    app = open_app(monkeypatch, unexplained_store.home)
    visit(with_sample(app), "pathways")
    app.selectbox(key="pathways_gene").set_value("SOX10").run()
    right(app.button(key="explain").click().run())
    assert not app.warning and app.selectbox(key="pathways_sets").value == demo_gene_sets().source
    genes, chosen, pathways = (app.dataframe[number].value for number in range(3))
    assert "melanocytic" in set(chosen["gene_set"]) and set(chosen["score"]) <= {"mean z", "rank"}
    melanocytic = demo_gene_sets().sets["melanocytic"]
    assert len(melanocytic.intersection(genes["feature"].head(6))) >= 4
    assert genes["percentile_here"].head(2).min() > 80 and (genes["strengthens"].head(2) == 1).all()
    assert float(pathways["p"].iloc[0].removeprefix("< ")) < 0.01
    assert not pathways.isna().any().any() and "odds_ratio" in pathways and "nes" not in pathways
    ranked = app.dataframe[3].value
    assert not ranked.isna().any().any() and "nes" in ranked and "odds_ratio" not in ranked
    assert any("SOX10" in text.value and "melanocytic" in text.value for text in app.markdown)
    before = int(app.metric[1].value)
    app.slider[0].set_value(0.51).run()
    assert int(app.metric[1].value) > before and app.metric[1].delta
    # It is kept for the session.
    visit(app, "ranked")
    visit(app, "pathways")
    assert len(app.dataframe) == 4
    assert "mechanisms" not in keys(app.get("plotly_chart"))
    visit(app, "shortlist")
    app.multiselect(key="add_gene").set_value(["MITF"]).run()
    app.button(key="shortlist_add").click().run()
    visit(app, "pathways")
    right(app.button(key="explain_shortlist").click().run())
    assert "mechanisms" in keys(app.get("plotly_chart")) and "explain_shortlist" not in keys(app.button)
    visit(app, "shortlist")


def test_the_biomarker_card_is_made_once_and_says_what_is_lineage(monkeypatch, unexplained_store):
    app = open_app(monkeypatch, unexplained_store.home)
    visit(with_sample(app), "one_perturbation")
    app.selectbox(key="one_gene").set_value("GATA3").run()
    assert not [table for table in app.dataframe if "within_lineage" in table.value]
    right(app.button(key="one_biomarkers").click().run())
    table = next(table.value for table in app.dataframe if "within_lineage" in table.value)
    assert len(table) == 5
    gene = table.index[1]
    chosen = next(box for box in app.selectbox if str(box.key).startswith("biomarker_"))
    right(chosen.set_value(gene).run())
    assert all(f"{table.loc[gene, name]:.2f}" in words(app) for name in ("correlation", "within_lineage"))
    # Pathways finds the explanation that the card made.
    visit(app, "pathways")
    app.selectbox(key="pathways_gene").set_value("GATA3").run()
    assert not [button for button in app.button if button.key == "explain"] and len(app.dataframe) == 4


def test_genes_that_the_sample_lacks_have_no_percentile_and_break_nothing(app):
    profile = log_tpm()
    model = load_model(DEMO_GENES, Store(Path(os.environ["LEAP_HOME"])))
    lacking = (
        explain_once(model, "SOX10", demo_gene_sets(), Store(Path(os.environ["LEAP_HOME"])))
        .table()["feature"]
        .head(2)
        .tolist()
    )
    visit(app, "upload")
    give(app, "upload", "part.csv", profile.drop(index=lacking).to_csv().encode())
    visit(app, "pathways")
    right(app.selectbox(key="pathways_gene").set_value("SOX10").run())
    table = app.dataframe[0].value.set_index("feature")
    assert table.loc[lacking, "percentile_here"].isna().all() and table["percentile_here"].notna().sum() > 3
    assert table.loc[lacking, "contribution_here"].abs().max() < 1e-6
    visit(app, "one_perturbation")
    right(app.selectbox(key="one_gene").set_value("SOX10").run())
    assert next(box for box in app.selectbox if str(box.key).startswith("biomarker_")).value == lacking[0]


def test_the_atlas_shows_the_numbers_of_the_hit_table(app):
    visit(app, "atlas")
    model = load_model(DEMO_GENES, Store(Path(os.environ["LEAP_HOME"])))
    table = next(table.value for table in app.dataframe if "ensemble" in table.value)
    known = model.table["accuracy"].dropna()
    assert len(table) == len(known) and table["ensemble"].round(6).to_dict() == known.round(6).to_dict()
    assert app.metric[0].value == f"{known.mean():.3f}" and "atlas_lineages" in keys(app.get("plotly_chart"))
    assert app.button(key="atlas_start")
    right(app.selectbox(key="atlas_name").select("SOX10").run())
    assert next(table.value for table in app.dataframe if "ensemble" in table.value).index.tolist() == ["SOX10"]


def test_the_glossary_finds_terms(app):
    visit(app, "glossary")
    before = len(app.markdown)
    app.text_input(key="glossary_find").set_value("interval").run()
    assert not app.exception and "**Interval.**" in words(app) and 4 <= len(app.markdown) < before
    app.text_input(key="glossary_find").set_value("nothing like it").run()
    # The strip of two lines and the methods.
    assert len(app.markdown) == 3


def test_a_sample_is_compared_with_a_lineage_and_with_lines_by_name(app, demo_store):
    visit(with_sample(app), "compare")
    (choice,) = [box for box in app.selectbox if box.key.startswith("line_group_choice")]
    assert choice.value == "Skin"
    (table,) = [frame.value for frame in app.dataframe]
    lines = load_model(DEMO_GENES, demo_store).panel.lines
    assert table.loc["SOX10", "call"] == "" and table["measured_lines"].max() == (lines["lineage"] == "Skin").sum()
    choice.set_value("Lines by name")
    right(app.run())
    assert not app.dataframe
    names = [name.lower().replace("-", " ") for name in lines.loc[lines["lineage"] != "Skin", "name"][:4]]
    right(app.text_area(key="line_group_names").set_value("\n".join([*names, "no *such* line"])).run())
    assert r"no \*such\* line" in words(app)
    (table,) = [frame.value for frame in app.dataframe]
    assert table["measured_lines"].max() == 4
    assert table.loc["SOX10", "call"] == "gained" and table["gained"].abs().is_monotonic_decreasing
    right(app.text_area(key="line_group_names").set_value(names[0]).run())
    assert not app.dataframe and "at least 3" in words(app)
