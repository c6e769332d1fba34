"""Explanations in the store: the same when they are read, found instead of made, gone with their model."""

import numpy as np
import pandas as pd
import pytest

from leap_core.errors import UserError
from leap_core.explain.explanation import explain
from leap_core.explain.kept import explain_once, kept_explanation
from leap_core.io.gene_sets import GeneSets
from leap_core.model.catalogue import recipe_called
from leap_core.panel.kept import keep_panel
from leap_core.run.mapping import ThreadMapper
from leap_core.run.runtime import Runtime
from leap_core.run.store import Store
from leap_core.services.demo import DEMO_GENES, demo_gene_sets
from leap_core.services.models import delete_model, load_model, predict
from leap_core.services.training import train


def same(one, other):
    assert one.table().equals(other.table()) and one.pathway_weights().equals(other.pathway_weights())
    pd.testing.assert_frame_equal(one.pathways, other.pathways, check_dtype=False)
    for name in ("penalties", "counts", "positive", "selected", "surface", "halves"):
        np.testing.assert_array_equal(getattr(one.stability, name), getattr(other.stability, name))
    assert one.stability.chosen == other.stability.chosen and one.set_names == other.set_names
    assert one.student.r2 == other.student.r2 and one.student.faithful == other.student.faithful


def test_what_is_kept_is_what_was_made_and_is_made_once(unexplained_store):
    model, sets = load_model(DEMO_GENES, unexplained_store), demo_gene_sets()
    assert kept_explanation(model, "EGFR", sets, unexplained_store) is None
    halves = []
    made = explain_once(model, "EGFR", sets, unexplained_store, ThreadMapper(), lambda: halves.append(1))
    assert len(halves) == 100
    again = explain_once(model, "EGFR", sets, unexplained_store, ThreadMapper(), lambda: halves.append(1))
    assert len(halves) == 100
    same(made, again)
    same(made, explain(model, "EGFR", sets))
    # Other sets, or none, are another explanation.
    assert kept_explanation(model, "EGFR", None, unexplained_store) is None
    assert kept_explanation(model, "EGFR", GeneSets({"A": frozenset({"EGFR"})}, sets.source), unexplained_store) is None
    same(explain_once(model, "EGFR", None, unexplained_store), explain(model, "EGFR"))


def test_cancelling_keeps_nothing_half_made(unexplained_store):
    model = load_model(DEMO_GENES, unexplained_store)

    class Cancelled(Exception):
        pass

    def cancel():
        raise Cancelled

    with pytest.raises(Cancelled):
        explain_once(model, "KRAS", None, unexplained_store, ThreadMapper(), cancel)
    assert kept_explanation(model, "KRAS", None, unexplained_store) is None


def test_explanations_go_with_their_model(tmp_path, planted_panel):
    store = Store(tmp_path)
    train(keep_panel(planted_panel, store), recipe_called("leap-lasso"), "none", Runtime(store), "planted")
    model = load_model("planted", store)
    explain_once(model, "T1", None, store)
    assert len(store.keys_of("explanation", model=model.key)) == 1
    delete_model("planted", store)
    assert not store.keys_of("explanation") and not list((tmp_path / "artefacts").glob("*/*"))
    with pytest.raises(UserError, match="no perturbation called"):
        explain_once(model, "NOSUCH", None, store)
    assert len(predict(model, planted_panel.expression.iloc[:1]).predicted.columns) == 12
