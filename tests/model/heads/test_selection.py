"""Rank correlation of validation predictions against scipy."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import spearmanr

from leap_core.model.heads.selection import select_penalty, spearman_rows


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(st.integers(-4, 4), st.integers(-4, 4)), min_size=3, max_size=40))
def test_spearman_agrees_with_scipy_ties_included(pairs):
    a, b = np.array(pairs, dtype=float).T
    ours = spearman_rows(np.ascontiguousarray(a[None]), np.ascontiguousarray(b))[0]
    if np.ptp(a) == 0 or np.ptp(b) == 0:
        assert ours == 0.0
    else:
        assert abs(ours - spearmanr(a, b).statistic) < 1e-12


def test_selection_takes_the_best_mean_over_folds():
    scores = np.array([[[0.0, 0.5, 0.4], [0.0, 0.1, 0.4]], [[0.0, -0.2, -0.1], [0.0, -0.2, -0.1]]])
    chosen, score = select_penalty(scores)
    assert chosen.tolist() == [2, 0]
    np.testing.assert_allclose(score, [0.4, 0.0])
