"""Perturbations that nobody has screened, on the page and by the command line; never mixed with what was screened."""

import html
import json
import shutil
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from leap_core.cli import main
from leap_core.model.heads.boosting import PanTreeSettings
from leap_core.model.layers.pca import PCASettings
from leap_core.model.recipe import LayerGroup, Recipe
from leap_core.panel.fingerprints import Fingerprints
from leap_core.panel.kept import keep_panel, stored_panel
from leap_core.run.runtime import Runtime
from leap_core.run.store import Store
from leap_core.services.demo import DEMO_DRUGS, DEMO_GENES
from leap_core.services.models import load_model
from leap_core.services.training import train
from leap_core.services.unscreened import NOTICE, ROWS_IN_WORDS
from tests.pages.conftest import MELANOMA, open_app, visit, with_sample

OTHERS = [f"NEVER{number}" for number in range(30)]


@pytest.fixture(scope="module")
def store(demo_store, tmp_path_factory):
    """The demo's store, its model of genes a small one that knows 30 further genes by made-up fingerprints."""
    store = Store(shutil.copytree(demo_store.home, tmp_path_factory.mktemp("pan") / "home"))
    own = stored_panel(load_model(DEMO_GENES, store).trained.panel, store)
    own = replace(own, response=own.response.iloc[:, ::3])
    names = [*own.response.columns, *OTHERS]
    marks = np.random.default_rng(0).normal(size=(len(names), 5)).astype(np.float32)
    panel = replace(own, fingerprints=Fingerprints(pd.DataFrame(marks, names), "made"))
    trees = PanTreeSettings(num_iterations=(10, 20), learning_rate=0.1, num_leaves=8)
    recipe = Recipe("small", groups=(LayerGroup(PCASettings(components=20), trees, 1),))
    train(keep_panel(panel, store), recipe, "none", Runtime(store), DEMO_GENES)
    return store


def prioritise(store, out, *options, model=DEMO_GENES):
    command = ["prioritise", "--home", store.home, "--model", model, "--samples", MELANOMA, "--top", 5, "--out", out]
    return main([str(part) for part in (*command, *options)])


def rows_of(table):
    """What a list says of its rows."""
    lines = table.read_text(encoding="utf-8").splitlines()
    return next(line.removeprefix("# Rows: ") for line in lines if line.startswith("# Rows: "))


def test_they_are_shown_as_such(monkeypatch, store):
    visit(app := with_sample(open_app(monkeypatch, store.home)), "ranked")
    panel = load_model(DEMO_GENES, store).panel
    (section,) = [entry for entry in app.expander if entry.warning]
    assert "30" in section.label and [entry.value for entry in section.warning] == [NOTICE]
    shown = section.dataframe[0].value
    assert set(shown.index) == set(OTHERS) and set(shown["most_similar"]) <= set(panel.response.columns)
    strength = shown["difference"] * (1 if panel.score.higher_is_stronger else -1)
    assert strength.is_monotonic_decreasing
    np.testing.assert_allclose(shown["predicted"] - shown["expected_mean"], shown["difference"], atol=1e-5)


def test_they_are_a_list_of_their_own_and_the_report_is_of_the_other(store, tmp_path):
    assert prioritise(store, tmp_path, "--unscreened", "--all", "--report") == 0
    (never,) = tmp_path.glob("*.never-screened.csv")
    assert set(pd.read_csv(never, comment="#")["perturbation"]) == set(OTHERS)
    (entry,) = json.loads((tmp_path / "summary.json").read_text(encoding="utf-8"))["samples"]
    # Every file says of its own rows what they are.
    unscreened = " ".join(ROWS_IN_WORDS.format("genes").split())
    assert rows_of(never) == unscreened and rows_of(tmp_path / entry["file"]) == entry["view"]
    report = html.unescape(next(tmp_path.glob("*.html")).read_text(encoding="utf-8"))
    assert entry["rows"] == 5 and f"Rows: {entry['view']}" in report and f"Rows: {unscreened}" not in report


def test_other_models_have_none(store, tmp_path, capsys):
    assert prioritise(store, tmp_path, "--unscreened", model=DEMO_DRUGS) == 2
    assert DEMO_DRUGS in capsys.readouterr().err
