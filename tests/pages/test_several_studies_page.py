"""Several studies on the pages: read from files, seen in the atlas, in the list and on a drug's page."""

import pytest

from leap_core.model.catalogue import recipe_called
from leap_core.panel.further_studies import FurtherSource
from leap_core.panel.kept import import_panel
from leap_core.panel.reading import PanelSources
from leap_core.run.runtime import Runtime
from leap_core.run.store import Store
from leap_core.services.training import train
from tests.pages.conftest import give, open_app, right, visit, words
from tests.several_studies import two_studies, written


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    return written(tmp_path_factory.mktemp("studies"))


@pytest.fixture(scope="module")
def home(files):
    also = (FurtherSource(files["second"], "act_area"),)
    sources = PanelSources(
        files["expression"], files["first"], files["lines"], "ln_ic50", also=also, drugs=files["drugs"]
    )
    store = Store(files["first"].parent / "store")
    train(import_panel(sources, store), recipe_called("leap-multitarget"), "outer", Runtime(store), "Both")
    return store.home


def test_laboratories_are_in_the_atlas_the_list_and_on_a_drugs_page(monkeypatch, home):
    app = open_app(monkeypatch, home)
    expression, *_ = two_studies()
    mine = expression.iloc[[5]].rename(index={expression.index[5]: "mine"})
    visit(app, "upload")
    give(app, "upload", "mine_log2TPM.csv", mine.T.to_csv().encode())
    right(visit(app, "ranked"))
    # There are models of drugs alone: nobody has to choose.
    assert app.segmented_control(key="ranked_kind").value == "drug"
    table = app.dataframe[0].value
    assert {"consensus_percentile", "disagreement", "laboratories", "agreement", "by_study"} <= set(table.columns)
    furthest = table["disagreement"].max()
    app.number_input(key="ranked_apart").set_value(int(furthest))
    right(app.run())
    assert "predicted apart by the studies" in words(app) and app.query_params["apart"] == f"{int(furthest)}"
    left = app.dataframe[0].value["disagreement"]
    assert len(left) < len(table) and left.isna().any() and not (left > int(furthest)).any()
    visit(app, "one_perturbation", gene="", drug="Alphanib_1001")
    right(app.selectbox(key="one_drug").select("Alphanib_1001").run())
    assert "Two laboratories measured it on the same 96 lines" in words(app)
    assert "Predicted for 2 studies: first" in words(app)
    right(app.selectbox(key="one_drug").select("Rest0_2000").run())
    assert "laboratories" not in words(app)
    right(visit(app, "atlas"))
    assert "4 perturbations were measured on the same lines by another laboratory" in words(app)
    assert "second: 108 lines x 5 drugs" in words(app)


def test_other_studies_are_read_with_the_files_of_a_panel(monkeypatch, home, files, tmp_path):
    third = tmp_path / "third.csv"
    third.write_bytes(files["first"].read_bytes())
    app = visit(open_app(monkeypatch, home), "training")
    app.segmented_control(key="panel_source").set_value("My own files").run()
    for role, name in (("expression", "expression"), ("response", "first"), ("lines", "lines")):
        app.text_input(key=f"path_{role}").set_value(str(files[name]))
    app.text_area(key="path_also").set_value(f"{files['second']}\n{third}:ln_ic50\n")
    app.selectbox(key="panel_also_score").select("act_area")
    app.selectbox(key="panel_score").select("ln_ic50")
    right(app.button(key="panel_read").click().run())
    assert "Further studies: second (108 lines), third (108 lines)" in words(app)
    same = [frame.value for frame in app.dataframe if "The same by" in frame.value]
    (table,) = same
    assert {"alphanib", "BETANIB", "Gammanib"} < set(table["There"]) and len(table) == 3 + 8
