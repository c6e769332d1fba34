"""Order and hiding of the hit table; nearest lines; common essentials."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from leap_core.arrays import row_correlations
from leap_core.panel.scores import SCORE_TYPES
from leap_core.panel.summary import common_essential_by_rank, summarise_panel
from leap_core.passport.nearest_lines import nearest_lines
from leap_core.ranking.hit_table import ORDERS, View, ordered, rank_agreement, show
from leap_core.ranking.priority import Weights


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
    assert ordered(table, EFFECT, "Selective and reliable").index.tolist() == ["C", "A", "D", "B", "E"]


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
    table = table.assign(
        probability=[0.5, 0.05, 0.4, np.nan, 0.2], expressed=pd.array([True, True, False, None, True], dtype="boolean")
    )
    shown = show(table, EFFECT, View(hide_common_essential=False, minimum_probability=0.1, hide_not_expressed=True))
    assert shown.table.index.tolist() == ["A", "E"]
    assert shown.hidden["below the probability cut"] == 2 and shown.hidden["not expressed"] == 1
    apart = show(
        table.assign(disagreement=[10.0, 40.0, np.nan, 41.0, 0.0]),
        EFFECT,
        View(hide_common_essential=False, maximum_disagreement=40.0),
    )
    # What one study alone predicts is no disagreement.
    assert set(apart.table.index) == {"A", "B", "C", "E"} and apart.hidden["predicted apart by the studies"] == 1
    own = show(table, EFFECT, View(hide_common_essential=False, weights=Weights(0, 100))).table
    # Reliable, where it is likely: B is not.
    assert own.index[0] == "C"


def test_panel_classes(planted_panel):
    response = planted_panel.response.copy()
    n = len(response)
    response["T0"] = np.where(np.arange(n) < n - 3, -1.0, 0.0)
    response["T1"] = np.where(np.arange(n) < 9, -1.0, 0.0)
    response["T2"] = 0.0
    response["T3"] = np.where(np.arange(n) < n // 2, -1.0, 0.0)
    classes = summarise_panel(replace(planted_panel, response=response.astype(np.float32)))[0]["panel_class"]
    assert classes[["T0", "T1", "T2", "T3"]].tolist() == [
        "common essential",
        "strongly selective",
        "never dependent",
        "",
    ]


def test_panel_classes_of_scores_without_a_line(planted_panel):
    response = planted_panel.response.copy()
    spread = np.random.default_rng(1).normal(size=len(response))
    response["T0"] = np.where(np.arange(len(response)) < 4, -9.0, np.clip(spread, -2, 2))
    response["T1"] = np.where(np.arange(len(response)) < 4, 9.0, np.clip(spread, -2, 2))
    table, rule = summarise_panel(
        replace(planted_panel, response=response.astype(np.float32), score=SCORE_TYPES["rnai_relative"])
    )
    # Four lines stand out on the dependent side of T0; on the other side of T1.
    assert table.loc["T0", "panel_class"] == "strongly selective" and table.loc["T1", "panel_class"] == ""
    assert "not computable" in rule and not (table["panel_class"] == "never dependent").any()


def _genome_wide(genes: int, essential: int) -> np.ndarray:
    """Gene effect of 40 lines: essential genes about -1, others about 0, a few selective in one line; 5 % missing."""
    random = np.random.default_rng(7)
    response = random.normal(0.0, 0.15, size=(40, genes))
    response[:, :essential] -= random.uniform(0.8, 1.6, size=essential)
    response[np.arange(40), essential + np.arange(40)] -= 2.0
    response[random.random(response.shape) < 0.05] = np.nan
    return response


def test_depmaps_rule_of_ranks_finds_planted_common_essentials():
    response = _genome_wide(3000, 500)
    flags, threshold = common_essential_by_rank(response)
    assert 0.15 < threshold < 0.9
    assert flags[:500].mean() > 0.99 and flags[500:].mean() < 0.01
    # The definition, gene by gene: its 90th-percentile rank lies below the split.
    ranks = np.array([pd.Series(row).rank(pct=True) for row in response])
    assert (flags == (np.nanquantile(ranks, 0.9, axis=0) < threshold)).all()
    # A unit's scale or level changes no rank.
    assert (common_essential_by_rank(3.0 * response - 1.0)[0] == flags).all()


def test_without_two_modes_or_a_genome_wide_library_ranks_say_nothing():
    assert common_essential_by_rank(_genome_wide(1500, 300)) is None
    assert common_essential_by_rank(np.random.default_rng(2).normal(size=(40, 2500))) is None


def test_common_essentials_by_score_type(planted_panel):
    response = planted_panel.response.copy()
    response["T0"] = np.where(np.arange(len(response)) < 5, 0.0, -1.0).astype(np.float32)
    panel = replace(planted_panel, response=response)
    assert summarise_panel(panel)[0].loc["T0", "common_essential"]
    assert not summarise_panel(panel)[0].loc["T1", "common_essential"]
    calls = replace(panel, response=(response < -0.5).astype(np.float32), score=SCORE_TYPES["dependency_call"])
    assert summarise_panel(calls)[0].loc["T0", "common_essential"]
    assert summarise_panel(calls)[0].loc["T0", "share_dependent"] == pytest.approx(85 / 90)
    assert summarise_panel(replace(panel, score=SCORE_TYPES["rnai_relative"]))[0]["common_essential"].isna().all()


def test_nearest_lines_by_correlation():
    random = np.random.default_rng(0)
    lines = random.normal(size=(6, 40)).astype(np.float32)
    annotation = pd.DataFrame({"name": list("abcdef"), "lineage": "x"}, index=list("ABCDEF"))
    found = nearest_lines(row_correlations(3 * lines[[2]] + 1, lines)[0], annotation, count=3)
    assert found.index[0] == "C" and found["correlation"].iloc[0] == pytest.approx(1.0)
    expected = [np.corrcoef(lines[2], lines[row])[0, 1] for row in range(6)]
    np.testing.assert_allclose(found["correlation"], sorted(expected, reverse=True)[:3])


def test_rank_agreement_is_spearman():
    members = pd.DataFrame([[1.0, 2, 3], [3, 2, 1]], index=["m1", "m2"], columns=list("abc"))
    assert rank_agreement(members, pd.Series([1.0, 5, 9], index=list("abc"))).tolist() == [1.0, -1.0]
