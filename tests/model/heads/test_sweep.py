"""The swept Gram matrix against its definition, whatever joins and drops."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from leap_core.model.heads.lasso.sweep import flush, new_sweep, pivot, restart_sweep, take_column, times


def swept_by_definition(gram, support):
    inside = np.zeros(len(gram), dtype=bool)
    inside[list(support)] = True
    inverse = np.linalg.inv(gram[np.ix_(inside, inside)])
    across = gram[np.ix_(~inside, inside)] @ inverse
    result = np.empty_like(gram)
    result[np.ix_(inside, inside)] = -inverse
    result[np.ix_(~inside, inside)] = across
    result[np.ix_(inside, ~inside)] = across.T
    result[np.ix_(~inside, ~inside)] = gram[np.ix_(~inside, ~inside)] - across @ gram[np.ix_(inside, ~inside)]
    return result, inside


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10_000), d=st.integers(1, 30), events=st.integers(0, 40))
def test_columns_and_products_follow_the_definition(seed, d, events):
    random = np.random.default_rng(seed)
    x = random.normal(size=(3 * d + 5, d))
    gram = x.T @ x
    sweep = new_sweep(gram)
    restart_sweep(sweep)
    support: set[int] = set()
    column = np.empty(d)
    for k in random.integers(0, d, events):
        take_column(sweep, k, column)
        pivot(sweep, column, k, int(k) not in support)
        support ^= {int(k)}
    expected, inside = swept_by_definition(gram, support)
    for k in range(d):
        take_column(sweep, k, column)
        np.testing.assert_allclose(column, expected[k], rtol=1e-7, atol=1e-8 * np.abs(expected).max())
    vector = np.where(inside, random.normal(size=d), 0.0)
    flush(sweep)
    times(sweep, vector, inside, column)
    np.testing.assert_allclose(column, expected @ vector, rtol=1e-7, atol=1e-8 * np.abs(expected).max())
