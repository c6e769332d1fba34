"""PS-ridge against scikit-learn."""

import numpy as np
import pytest
from sklearn.linear_model import Ridge

from leap_core.model.heads.base import Problem
from leap_core.model.heads.gram import _fit_fold, _Lines
from leap_core.model.heads.ridge import RidgeSettings
from leap_core.run.mapping import SerialMapper
from tests.model.heads.test_lasso import correlated, problem


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


@pytest.mark.parametrize("missing", [0.03, 0.15, 0.5])
def test_missing_lines_are_taken_off_exactly(missing):
    random = np.random.default_rng(1)
    z, y = correlated(random, 100, 30, 6)
    y[random.random(y.shape) < missing] = np.nan
    folds = np.arange(100) % 5
    solver = RidgeSettings()
    fit = _fit_fold(_Lines.of(z - z.mean(axis=0), folds, solver), solver, y, 1)
    for j in range(6):
        rows = (folds != 1) & ~np.isnan(y[:, j])
        x = z[rows] - z[rows].mean(axis=0)
        top = np.linalg.eigvalsh(x.T @ x)[-1] / rows.sum()
        np.testing.assert_allclose(fit.penalties[j], np.geomspace(10, 1e-4, 11) * top, rtol=1e-8)
        for a, penalty in enumerate(fit.penalties[j]):
            expected = Ridge(alpha=penalty * rows.sum(), solver="svd").fit(z[rows], y[rows, j]).coef_
            np.testing.assert_allclose(fit.weights[j, a], expected, rtol=1e-6, atol=1e-7 * np.abs(expected).max())


def test_lines_that_are_all_alike_teach_nothing():
    z, y, folds = (
        np.zeros((40, 6), dtype=np.float32),
        np.random.default_rng(2).normal(size=(40, 3)).astype(np.float32),
        np.arange(40) % 5,
    )
    z[30:] = 1.0
    y[30:] = np.nan
    heads = RidgeSettings().fit_heads(Problem(z, y, folds), SerialMapper())
    assert np.isfinite(heads.predict(z[:2])).all() and not heads.weights.any()
