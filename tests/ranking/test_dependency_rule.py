"""True and selective: strong here beyond the general level, beyond a floor of effect, rare in the panel."""

import numpy as np
import pandas as pd
import pytest

from leap_core.panel.scores import SCORE_TYPES
from leap_core.ranking.comparison import compare
from leap_core.ranking.dependency_rule import DependencyRule, rule_in_words

EFFECT, CALL, RNAI = (SCORE_TYPES[key] for key in ("gene_effect", "dependency_call", "rnai_relative"))
DRUGS = [SCORE_TYPES[key] for key in ("AAC", "AUC", "ln_ic50")]


def events(measured, score):
    return DependencyRule.of(measured, score).events(measured)


def test_calls_count_where_few_lines_are_called():
    calls = np.zeros((100, 3))
    calls[:20, 0], calls[:60, 1] = 1, 1
    calls[0, 2] = np.nan
    found = events(calls, CALL)
    assert found[:, 0].sum() == 20 and found[:, 1].sum() == 0
    assert np.isnan(found[0, 2]) and np.nansum(found[:, 2]) == 0


def test_a_gene_effect_counts_below_its_floor_in_genes_that_few_lines_need():
    random = np.random.default_rng(0)
    effect = random.normal(0, 0.1, (200, 30))
    effect[:, 0] -= 1.2
    effect[:15, 1] -= 1.0
    effect[3, 1] = np.nan
    found = events(effect, EFFECT)
    assert np.nansum(found[:, 0]) == 0, "a common essential gene is no selective dependency"
    assert np.nansum(found[:, 1]) == 14 and np.isnan(found[3, 1])
    assert np.nansum(found[:, 2:]) == 0, "nobody depends on the others, whatever their strongest tenth is"


@pytest.mark.parametrize("score", DRUGS)
def test_a_line_that_everything_kills_has_no_more_selective_drugs_than_the_others(score):
    random = np.random.default_rng(1)
    strength = random.normal(0, 1, (300, 60))
    strength[:20] += 3.0
    strength[0, 7] += 4.0
    response = np.asarray(score.strength(strength))
    found = events(response, score)
    assert found.mean() == pytest.approx(0.1, abs=0.005)
    assert found[:20].mean() == pytest.approx(0.1, abs=0.03)
    assert found[0, 7] == 1
    # What is added to every drug of a line, in the drugs' own spread, changes nothing of it.
    rule = DependencyRule.of(response, score)
    shifted = response[50:51] + score.strength(1.5 * rule.scale[None])
    np.testing.assert_array_equal(rule.events(shifted), found[50:51])


def test_the_level_of_a_few_chosen_drugs_is_not_taken_off():
    random = np.random.default_rng(2)
    strength = random.normal(0, 1, (300, 60))
    rule = DependencyRule.of(strength, DRUGS[0])
    tested = np.full((1, 60), np.nan)
    tested[0, :5] = 4.0
    assert np.nansum(rule.events(tested)) == 5


@pytest.mark.parametrize("values", [np.zeros((50, 3)), np.full((50, 3), np.nan)])
@pytest.mark.parametrize("score", [EFFECT, CALL, RNAI, *DRUGS])
def test_rows_without_differences_or_values_have_no_events(values, score):
    assert np.nansum(events(values, score)) == 0


def test_genes_that_no_line_expresses_are_hardly_ever_events(real_data):
    screen = pd.read_parquet(real_data / "essentiality" / "rnai_drive_ataris.parquet")
    expression = pd.read_parquet(real_data / "essentiality" / "expression_17893_genes.parquet")
    genes = screen.columns.intersection(expression.columns)
    silent = genes[(expression[genes] < 0.1).mean() > 0.98]
    found = pd.DataFrame(events(screen.to_numpy(), RNAI), screen.index, screen.columns)
    assert len(silent) > 100
    assert found[silent].mean().mean() < 0.01
    assert found["BRAF"].mean() > 0.05 and found["SOX10"].mean() > 0.05


@pytest.mark.parametrize("score", [EFFECT, CALL, RNAI, *DRUGS])
def test_the_rule_is_said_in_words_that_name_its_numbers(score):
    said = rule_in_words(score)
    assert ("30 %" in said) == (score.effect_floor is not None)
    if score.effect_floor is not None and not score.binary:
        assert f"{score.effect_floor:g}" in said


def test_a_gain_that_does_not_reach_the_floor_is_none():
    tables = {
        name: pd.DataFrame({"predicted": values, "z": 0.0, "probability": 0.1, "accuracy": 0.5}, index=["A", "B"])
        for name, values in (("base", [0.1, -0.1]), ("other", [-0.13, -0.9]))
    }
    members = {
        name: pd.DataFrame([table["predicted"].to_numpy()] * 3, columns=["A", "B"]) for name, table in tables.items()
    }
    width = pd.Series(0.05, ["A", "B"])
    found = compare(tables["base"], tables["other"], members["base"], members["other"], width, EFFECT)
    assert found["call"].to_dict() == {"B": "gained", "A": ""}
