"""PS-ridge against scikit-learn."""

import numpy as np
from sklearn.linear_model import Ridge

from leap_core.regression.ridge import RidgeSettings
from tests.regression.test_lasso import correlated, problem


def test_whole_path_agrees_with_scikit_learn():
    random = np.random.default_rng(0)
    for n, d in ((80, 20), (30, 60)):
        x, y = correlated(random, n, d, 3)
        path = RidgeSettings().solve(problem(x, y))
        top = np.linalg.eigvalsh((x - x.mean(0)).T @ (x - x.mean(0)))[-1] / n
        np.testing.assert_allclose(path.penalties[0], np.geomspace(10, 1e-4, 11) * top, rtol=1e-9)
        for a, penalty in enumerate(path.penalties[0]):
            fitted = Ridge(alpha=penalty * n, solver="svd").fit(x, y)
            np.testing.assert_allclose(path.weights[:, a], fitted.coef_, rtol=1e-6, atol=1e-9)
