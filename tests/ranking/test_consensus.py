"""Consensus of several studies: percentiles weighted by what each study's predictions are worth."""

import numpy as np
import pandas as pd
import pytest

from leap_core.ranking.consensus import StudyPercentiles, consensus


def table(names, percentiles, score=0.4):
    return pd.DataFrame({"panel_percentile": percentiles, "validation_score": score}, index=names)


def same(**columns):
    return pd.DataFrame({"perturbation": list(columns), "column": list(columns.values())})


def test_a_consensus_weighs_by_squared_scores_and_says_how_far_apart_the_studies_are():
    main = table(["A", "B", "C"], [90.0, 50.0, np.nan])
    other = table(["a", "b", "x"], [30.0, 60.0, 1.0], score=0.2)
    found = consensus(main, "first", {"second": StudyPercentiles(other, same(A="a", C="b"))})
    assert found.loc["A", "consensus_percentile"] == pytest.approx((90 * 0.16 + 30 * 0.04) / 0.2)
    assert found.loc["A", "disagreement"] == pytest.approx(60.0) and found.loc["A", "by_study"] == "first 90; second 30"
    # One study alone is its own consensus, with nothing to disagree with.
    assert found.loc["B", "consensus_percentile"] == pytest.approx(50.0)
    assert np.isnan(found.loc["B", "disagreement"]) and found.loc["B", "by_study"] == ""
    assert found.loc["C", "consensus_percentile"] == pytest.approx(60.0)
    assert found["studies"].tolist() == [2, 1, 1]


def test_several_columns_of_one_study_count_as_one():
    main = table(["A"], [80.0])
    other = table(["a1", "a2"], [20.0, 40.0])
    pairs = pd.DataFrame({"perturbation": ["A", "A"], "column": ["a1", "a2"]})
    found = consensus(main, "first", {"second": StudyPercentiles(other, pairs)})
    assert found.loc["A", "consensus_percentile"] == pytest.approx(55.0) and found.loc["A", "studies"] == 2


def test_a_score_that_is_unknown_or_negative_still_counts_a_little():
    main = table(["A"], [80.0], score=np.nan)
    other = table(["a"], [20.0], score=-0.3)
    found = consensus(main, "first", {"second": StudyPercentiles(other, same(A="a"))})
    assert found.loc["A", "consensus_percentile"] == pytest.approx(50.0)


def test_what_another_study_alone_has_is_no_row():
    found = consensus(table(["A"], [80.0]), "first", {"second": StudyPercentiles(table(["z"], [1.0]), same(Z="z"))})
    assert found.index.tolist() == ["A"] and found.loc["A", "studies"] == 1
