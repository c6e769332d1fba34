"""Order and hiding of the hit table; nearest lines; common essentials."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from leap_core.applicability.neighbours import nearest_lines
from leap_core.data.scores import SCORE_TYPES
from leap_core.prioritisation.panel_summary import summarise_panel
from leap_core.prioritisation.priority import Weights
from leap_core.prioritisation.ranking import ORDERS, View, ordered, rank_agreement, show


@pytest.fixture
def table():
    return pd.DataFrame(
        {
            "predicted": [-1.0, -0.2, -1.5, 0.1, -0.9],
            "panel_percentile": [99.0, 80.0, 99.0, 99.0, np.nan],
            "accuracy": [0.3, 0.9, 0.5, 0.1, np.nan],
            "common_essential": pd.array([False, False, True, False, None], dtype="boolean"),
        },
        index=pd.Index(["A", "B", "C", "D", "E"], name="perturbation"),
    )


EFFECT = SCORE_TYPES["gene_effect"]


def test_default_order_is_the_priority_of_percentile_and_accuracy_without_probabilities(table):
    assert ordered(table, EFFECT, "Selective and reliable").index.tolist() == ["C", "A", "B", "D", "E"]


def test_strength_follows_the_direction_of_the_score(table):
    assert ordered(table, EFFECT, "Strongest predicted").index[0] == "C"
    assert ordered(table, SCORE_TYPES["AAC"], "Strongest predicted").index[0] == "D"


def test_order_does_not_depend_on_the_order_of_rows(table):
    for order in ORDERS:
        expected = ordered(table, EFFECT, order).index.tolist()
        assert ordered(table.iloc[::-1], EFFECT, order).index.tolist() == expected


def test_hidden_rows_are_counted_once_and_said(table):
    shown = show(table, EFFECT, View(minimum_accuracy=0.2))
    assert shown.table.index.tolist() == ["A", "B"]
    assert shown.total == 5 and shown.hidden["common essential"] == 1 and shown.hidden["below the accuracy cut"] == 2
    assert sum(shown.hidden.values()) == 3
    assert shown.sentence("genes") == "2 of 5 genes shown (hidden: 1 common essential, 2 below the accuracy cut)"
    searched = show(table, EFFECT, View(hide_common_essential=False, search="b"))
    assert searched.table.index.tolist() == ["B"] and searched.hidden["not matching the search"] == 4
    assert len(show(table, EFFECT, View(hide_common_essential=False, search="(")).table) == 0


def test_unlikely_rows_and_genes_that_are_off_are_hidden_and_own_weights_order(table):
    table = table.assign(probability=[0.5, 0.05, 0.4, np.nan, 0.2], expressed=pd.array([True, True, False, None, True], dtype="boolean"))
    shown = show(table, EFFECT, View(hide_common_essential=False, minimum_probability=0.1, hide_not_expressed=True))
    assert shown.table.index.tolist() == ["A", "E"]
    assert shown.hidden["below the probability cut"] == 2 and shown.hidden["not expressed"] == 1
    own = show(table, EFFECT, View(hide_common_essential=False, weights=Weights(0, 100))).table
    assert own.index[0] == "B"


def test_panel_classes(planted_panel):
    response = planted_panel.response.copy()
    n = len(response)
    response["T0"] = np.where(np.arange(n) < n - 3, -1.0, 0.0)
    response["T1"] = np.where(np.arange(n) < 9, -1.0, 0.0)
    response["T2"] = 0.0
    response["T3"] = np.where(np.arange(n) < n // 2, -1.0, 0.0)
    classes = summarise_panel(replace(planted_panel, response=response.astype(np.float32)))["panel_class"]
    assert classes[["T0", "T1", "T2", "T3"]].tolist() == ["common essential", "strongly selective", "never dependent", ""]
    assert set(summarise_panel(replace(planted_panel, score=SCORE_TYPES["rnai_relative"]))["panel_class"]) == {""}


def test_common_essentials_by_score_type(planted_panel):
    response = planted_panel.response.copy()
    response["T0"] = np.where(np.arange(len(response)) < 5, 0.0, -1.0).astype(np.float32)
    panel = replace(planted_panel, response=response)
    assert summarise_panel(panel).loc["T0", "common_essential"]
    assert not summarise_panel(panel).loc["T1", "common_essential"]
    calls = replace(panel, response=(response < -0.5).astype(np.float32), score=SCORE_TYPES["dependency_call"])
    assert summarise_panel(calls).loc["T0", "common_essential"]
    assert summarise_panel(calls).loc["T0", "share_dependent"] == pytest.approx(85 / 90)
    assert summarise_panel(replace(panel, score=SCORE_TYPES["rnai_relative"]))["common_essential"].isna().all()


def test_nearest_lines_by_correlation():
    random = np.random.default_rng(0)
    lines = random.normal(size=(6, 40)).astype(np.float32)
    annotation = pd.DataFrame({"name": list("abcdef"), "lineage": "x"}, index=list("ABCDEF"))
    found = nearest_lines(3 * lines[[2]] + 1, lines, annotation, count=3)
    assert found.index[0] == "C" and found["correlation"].iloc[0] == pytest.approx(1.0)
    expected = [np.corrcoef(lines[2], lines[row])[0, 1] for row in range(6)]
    np.testing.assert_allclose(found["correlation"], sorted(expected, reverse=True)[:3])


def test_rank_agreement_is_spearman():
    members = pd.DataFrame([[1.0, 2, 3], [3, 2, 1]], index=["m1", "m2"], columns=list("abc"))
    assert rank_agreement(members, pd.Series([1.0, 5, 9], index=list("abc"))).tolist() == [1.0, -1.0]
