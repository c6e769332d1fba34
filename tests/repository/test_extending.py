"""The page on how to add things is carried out: its code runs as it is written, and what it adds works."""

import json
import re
import shutil

import numpy as np
import pandas as pd
import pytest

import leap_core as leap
from leap_core.cli import main
from leap_core.model import catalogue
from leap_core.model.heads import kinds as head_kinds
from leap_core.panel import scores
from leap_core.panel.panel import PanelDescription, assemble
from leap_core.panel.releases import listing, required_files
from leap_core.panel.releases import panel as release_panels
from leap_core.panel.scores import score_type
from leap_core.report import list_export
from tests.conftest import ROOT, planted_tables

PAGE = (ROOT / "docs" / "extending.md").read_text(encoding="utf-8")
TABLES = (
    catalogue.RECIPES,
    scores.SCORE_TYPES,
    list_export.FORMATS,
    release_panels.READERS,
    required_files.SCREENS,
    required_files.TERMS,
    required_files.TITLES,
    listing.PAGES,
)


@pytest.fixture(scope="module")
def added():
    """Everything that the page adds, carried out block by block; taken away again at the end."""
    before, heads = [dict(table) for table in TABLES], list(head_kinds.HEADS)
    # Dataclasses look their module up by its name.
    names = {"__name__": __name__}
    for block in re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL):
        exec(compile(block, "docs/extending.md", "exec"), names)
    yield names
    head_kinds.HEADS[:] = heads
    for table, entries in zip(TABLES, before, strict=True):
        table.clear()
        table.update(entries)


def panel_of(score="gene_effect"):
    expression, response, lines = planted_tables()
    return assemble(expression, response, lines, PanelDescription(score_type(score), "planted", "log2(TPM+1)"))


@pytest.mark.parametrize("recipe", ["pca-first-feature", "random-first-feature"])
def test_a_regressor_and_a_layer_train_are_kept_and_predict(added, tmp_path, recipe):
    panel = panel_of()
    model = leap.train(panel, recipe, name="mine", home=tmp_path, workers=1)
    assert model.accuracy_measured and model.table["accuracy"].notna().all()
    again = leap.load("mine", home=tmp_path)
    assert type(again.ensemble.heads[0].blocks[0]) is added["FirstFeatureHeads"]
    samples = panel.expression.iloc[:3]
    one, other = (each.ensemble.predict(samples).predicted.to_numpy() for each in (model, again))
    np.testing.assert_array_equal(one, other)
    estimator = leap.LeapRegressor(recipe).fit(panel.expression, panel.response, groups=panel.patients)
    np.testing.assert_allclose(estimator.predict(samples).to_numpy(), one, rtol=1e-5)


def test_a_regressor_is_offered_everywhere(added):
    assert "pca-first-feature" in catalogue.recipe_words()


def test_a_score_type_has_its_words_and_its_direction(added):
    score = score_type("growth_inhibition")
    assert score.axis == "Predicted growth inhibition (higher = more sensitive)" and score.metric == "spearman"
    assert panel_of("growth_inhibition").score is score


def test_an_export_is_a_format_of_the_result(added, demo_store, tmp_path):
    model = leap.load("Demo genes", home=demo_store.home)
    result = model.score(ROOT / "data" / "demo" / "heldout_melanoma.csv")["SIM-MEL-HELDOUT"]
    result.to(tmp_path / "hits.json", "json", 5)
    content = json.loads((tmp_path / "hits.json").read_text(encoding="utf-8"))
    assert content["sample"] == "SIM-MEL-HELDOUT" and list(content["rows"]) == result.hits.index[:5].tolist()


def test_a_source_makes_a_panel_of_a_folder(added, tmp_path, capsys):
    expression, response, lines = planted_tables()
    folder = tmp_path / "files"
    folder.mkdir()
    expression.columns = [f"{name} ({number})" for number, name in enumerate(expression.columns, 1)]
    response = response.rename(columns={name: f"{name} (9{number})" for number, name in enumerate(response.columns)})
    wide = pd.concat([response.add_prefix(f"{part}") for part in "ABC"], axis=1)
    expression.to_csv(folder / "our_expression.csv")
    wide.to_csv(folder / "our_screen.csv")
    renamed = lines.rename(columns={"patient": "PatientID", "name": "CellLineName", "lineage": "OncotreeLineage"})
    renamed.rename_axis("ModelID").to_csv(folder / "our_lines.csv")
    command = ["download", "mylab", "--release", "2026", "--score", "gene_effect", "--from", str(folder)]
    # The files were written this second: another scan finds them settled.
    assert main([*command, "--wait", "--home", str(tmp_path / "home")]) == 0
    said = capsys.readouterr().out
    assert "90 lines, 60 genes, 36 genes" in said and "Ours; ask before passing it on." in said


def test_a_page_is_a_file_and_a_line(added, demo_store, tmp_path, monkeypatch):
    from streamlit.testing.v1 import AppTest

    monkeypatch.setenv("LEAP_HOME", str(demo_store.home))
    # In a copy: other tests look through the project's own folder.
    shutil.copytree(ROOT / "pages", tmp_path / "pages")
    (tmp_path / "pages" / "strongest.py").write_text(added["PAGE"], encoding="utf-8")
    text = (ROOT / "app.py").read_text(encoding="utf-8")
    door = tmp_path / "app.py"
    door.write_text(text.replace('"Results": [', f'"Results": [{added["LINE"]}', 1), encoding="utf-8")
    app = AppTest.from_file(str(door), default_timeout=60).run()
    app.switch_page("pages/strongest.py").run()
    assert not app.exception and [title.value for title in app.title] == ["Strongest"]
