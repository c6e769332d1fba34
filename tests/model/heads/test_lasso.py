"""PS-LASSO and PS-elastic-net against scikit-learn, on complete and missing data, for every penalty."""

import pickle

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.linear_model import ElasticNet, lasso_path

from leap_core.model.heads.base import LinearHeads, Problem
from leap_core.model.heads.chunks import chunk_count
from leap_core.model.heads.gram import GramProblem, _fit_fold, _Lines
from leap_core.model.heads.lasso.coordinate_descent import elastic_net_paths
from leap_core.model.heads.lasso.lasso import LassoSettings
from leap_core.run.codec import read_object, write_object
from leap_core.run.mapping import SerialMapper, ThreadMapper


def problem(x, y):
    x_mean, y_mean = x.mean(axis=0), y.mean(axis=0)
    x, y = x - x_mean, y - y_mean
    return GramProblem(x.T @ x, x[:0], np.ascontiguousarray((x.T @ y).T), np.square(y).sum(axis=0), len(x))


def correlated(random, n, d, q, shared=5):
    factors = random.normal(size=(n, shared))
    x = factors @ random.normal(size=(shared, d)) + 0.3 * random.normal(size=(n, d))
    y = factors @ random.normal(size=(shared, q)) + random.normal(size=(n, q))
    return x, y


def objective(x, y, w, penalty, ratio=1.0):
    residual = y - x @ w
    return residual @ residual / (2 * len(y)) + penalty * (ratio * np.abs(w).sum() + (1 - ratio) / 2 * w @ w)


@settings(max_examples=15, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    n=st.integers(12, 90),
    d=st.integers(2, 60),
    missing=st.sampled_from([0.0, 0.03, 0.15, 0.5]),
)
def test_whole_paths_agree_with_scikit_learn(seed, n, d, missing):
    random = np.random.default_rng(seed)
    x, y = correlated(random, n, d, 1)
    observed = random.random(n) >= missing
    if observed.sum() < 6:
        observed[:] = True
    x, y = x[observed], y[observed]
    path = LassoSettings(tolerance=1e-10).solve(problem(x, y))
    xc, yc = x - x.mean(axis=0), y[:, 0] - y[:, 0].mean()
    _, expected, _ = lasso_path(xc, yc, alphas=path.penalties[0], tol=1e-10, max_iter=200_000)
    for a, penalty in enumerate(path.penalties[0]):
        ours = objective(xc, yc, path.weights[0, a], penalty)
        theirs = objective(xc, yc, expected[:, a], penalty)
        assert ours <= theirs * (1 + 1e-6)
        if d < observed.sum() - 1:
            assert np.abs(path.weights[0, a] - expected[:, a]).max() <= 1e-3 * max(np.abs(expected[:, a]).max(), 1e-12)
    assert path.converged.all()


@settings(max_examples=12, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    n=st.integers(40, 90),
    d=st.integers(2, 20),
    missing=st.sampled_from([0.0, 0.03, 0.15, 0.5]),
    shared=st.booleans(),
)
def test_every_penalty_agrees_with_scikit_learn_whatever_is_missing(seed, n, d, missing, shared):
    random = np.random.default_rng(seed)
    z, y = correlated(random, n, d, 6)
    absent = random.random((n, 1 if shared else 6)) < missing
    y = np.where(np.broadcast_to(absent, y.shape), np.nan, y)
    folds = np.arange(n) % 5
    solver = LassoSettings(tolerance=1e-10)
    fit = _fit_fold(_Lines.of(z - z.mean(axis=0), folds, solver), solver, y, 2)
    assert fit.converged.all()
    for j in range(6):
        rows = (folds != 2) & ~np.isnan(y[:, j])
        xc, yc = z[rows] - z[rows].mean(axis=0), y[rows, j] - y[rows, j].mean()
        _, expected, _ = lasso_path(xc, yc, alphas=fit.penalties[j], tol=1e-8, max_iter=200_000)
        assert fit.penalties[j, 0] == pytest.approx(np.abs(xc.T @ yc).max() / len(yc))
        for a, penalty in enumerate(fit.penalties[j]):
            assert objective(xc, yc, fit.weights[j, a], penalty) <= objective(xc, yc, expected[:, a], penalty) * (
                1 + 1e-6
            )
            if d < len(yc) - 1:
                assert np.abs(fit.weights[j, a] - expected[:, a]).max() <= 1e-3 * max(
                    np.abs(expected[:, a]).max(), 1e-12
                )


def test_dependent_columns_and_more_features_than_lines_still_converge():
    random = np.random.default_rng(0)
    x, y = correlated(random, 40, 70, 3)
    x = np.hstack([x, x[:, :10], np.zeros((40, 2))])
    path = LassoSettings().solve(problem(x, y))
    assert path.converged.all()
    xc, yc = x - x.mean(axis=0), y - y.mean(axis=0)
    for j in range(3):
        _, expected, _ = lasso_path(xc, yc[:, j], alphas=path.penalties[j], tol=1e-10, max_iter=200_000)
        for a, penalty in enumerate(path.penalties[j]):
            assert objective(xc, yc[:, j], path.weights[j, a], penalty) <= objective(
                xc, yc[:, j], expected[:, a], penalty
            ) * (1 + 1e-6)


def test_elastic_net_agrees_with_scikit_learn():
    random = np.random.default_rng(1)
    x, y = correlated(random, 80, 30, 1)
    path = LassoSettings(l1_ratio=0.5, tolerance=1e-10).solve(problem(x, y))
    for a in (2, 5, 9):
        fitted = ElasticNet(alpha=path.penalties[0, a], l1_ratio=0.5, tol=1e-10, max_iter=200_000).fit(x, y[:, 0])
        assert np.abs(path.weights[0, a] - fitted.coef_).max() <= 1e-4 * np.abs(fitted.coef_).max()


@pytest.mark.parametrize("ratio", [1.0, 0.5, 0.3])
def test_grid_starts_where_every_weight_is_zero(ratio):
    random = np.random.default_rng(2)
    for _ in range(30):
        path = LassoSettings(l1_ratio=ratio).solve(problem(*correlated(random, 47, 20, 8)))
        assert not path.weights[:, 0].any() and path.converged.all()
    x, y = correlated(random, 60, 20, 4)
    path = LassoSettings().solve(problem(x, y))
    assert path.weights[:, 1].any(axis=1).all()
    np.testing.assert_allclose(path.penalties[:, 0], np.abs((x - x.mean(0)).T @ (y - y.mean(0))).max(axis=0) / 60)
    np.testing.assert_allclose(path.penalties[:, -1] / path.penalties[:, 0], 1e-3)


def test_giving_up_is_a_status_not_silence():
    random = np.random.default_rng(3)
    x, y = correlated(random, 30, 60, 1)
    p = problem(x, y)
    penalties = np.abs(p.xty).max() / 30 * np.geomspace(1, 1e-4, 5)[None]
    _, converged = elastic_net_paths(p.gram, p.xty, p.yty, 30.0, penalties, 0.99, 1e-14, 1)
    assert not converged.all()


def heads_by_hand(z, response, folds, j):
    """The recipe for one perturbation with scikit-learn, straight from its definition."""
    from scipy.stats import spearmanr

    observed = ~np.isnan(response[:, j])
    scores, models = np.zeros((folds.max() + 1, 10)), []
    for fold in range(folds.max() + 1):
        rows = observed & (folds != fold)
        x, y = z[rows].astype(float), response[rows, j].astype(float)
        xc, yc = x - x.mean(axis=0), y - y.mean()
        penalties = np.abs(xc.T @ yc).max() / len(y) * np.geomspace(1, 1e-3, 10)
        _, w, _ = lasso_path(xc, yc, alphas=penalties, tol=1e-10, max_iter=200_000)
        held = observed & (folds == fold)
        for a in range(1, 10):
            scores[fold, a] = spearmanr(z[held] @ w[:, a], response[held, j]).statistic
        models.append((w, y.mean() - x.mean(axis=0) @ w))
    best = int(np.argmax(scores.mean(axis=0)))
    return best, scores.mean(axis=0)[best], models


@pytest.mark.parametrize("missing", [0.0, 0.15, 0.5])
def test_heads_follow_the_recipe(missing):
    random = np.random.default_rng(5)
    z, y = correlated(random, 80, 12, 6)
    y[random.random(y.shape) < missing] = np.nan
    z, y = z.astype(np.float32), y.astype(np.float32)
    folds = np.arange(80) % 5
    heads = LassoSettings(tolerance=1e-10).fit_heads(Problem(z, y, folds), SerialMapper())
    for j in range(6):
        best, score, models = heads_by_hand(z, y, folds, j)
        assert heads.grid_index[j] == best
        assert heads.validation_score[j] == pytest.approx(score, abs=1e-6)
        for fold, (w, intercept) in enumerate(models):
            assert np.abs(heads.weights[fold, :, j] - w[:, best]).max() <= 1e-3 * np.abs(w[:, best]).max() + 1e-7
            assert heads.intercepts[fold, j] == pytest.approx(intercept[best], abs=1e-3)


def test_workers_change_nothing_and_columns_keep_their_place():
    random = np.random.default_rng(6)
    z, y = correlated(random, 60, 16, 50)
    y[random.random(y.shape) < 0.1] = np.nan
    z, y, folds = z.astype(np.float32), y.astype(np.float32), np.arange(60) % 5
    one = LassoSettings().fit_heads(Problem(z, y, folds), SerialMapper())
    three = LassoSettings().fit_heads(Problem(z, y, folds), ThreadMapper(3))
    assert one.weights.tobytes() == three.weights.tobytes()
    assert one.intercepts.tobytes() == three.intercepts.tobytes()
    for j in range(50):
        alone = LassoSettings().fit_heads(Problem(z, y[:, [j]], folds), SerialMapper())
        assert one.grid_index[j] == alone.grid_index[0]
        np.testing.assert_allclose(one.weights[:, :, j], alone.weights[:, :, 0], rtol=1e-5, atol=1e-6)


def test_pure_noise_is_selected_alike_alone_and_in_company():
    random = np.random.default_rng(9)
    z, y, folds = (
        random.normal(size=(60, 16)).astype(np.float32),
        random.normal(size=(60, 40)).astype(np.float32),
        np.arange(60) % 5,
    )
    together = LassoSettings().fit_heads(Problem(z, y, folds), SerialMapper())
    alone = [LassoSettings().fit_heads(Problem(z, y[:, [j]], folds), SerialMapper()).grid_index[0] for j in range(40)]
    assert together.grid_index.tolist() == alone
    none = together.grid_index == 0
    assert none.any() and not together.weights[:, :, none].any() and not together.validation_score[none].any()


def test_a_fold_without_training_lines_predicts_the_mean():
    random = np.random.default_rng(10)
    z, folds = random.normal(size=(50, 4)).astype(np.float32), np.arange(50) % 5
    y = (5 + random.normal(size=(50, 1))).astype(np.float32)
    y[folds != 2] = np.nan
    heads = LassoSettings().fit_heads(Problem(z, y, folds), SerialMapper())
    np.testing.assert_allclose(heads.predict(z[:3])[2], np.nanmean(y), rtol=1e-5)


def test_stored_heads_give_the_same_bits_as_fitted_ones(tmp_path):
    random = np.random.default_rng(11)
    z, y = correlated(random, 60, 13, 21)
    z, y, folds = z.astype(np.float32), y.astype(np.float32), np.arange(60) % 5
    heads = LassoSettings().fit_heads(Problem(z, y, folds), SerialMapper())
    out_of_fold = heads.out_of_fold(z, folds)
    write_object(tmp_path, heads)
    assert read_object(tmp_path, LinearHeads).out_of_fold(z, folds).tobytes() == out_of_fold.tobytes()


def test_ties_go_to_the_larger_penalty():
    z = np.random.default_rng(7).normal(size=(40, 1)).astype(np.float32)
    y = (2 * z).astype(np.float32)
    heads = LassoSettings().fit_heads(Problem(z, y, np.arange(40) % 5), SerialMapper())
    # Every penalty but the largest ranks the lines perfectly; the second is the largest of them.
    assert heads.grid_index.tolist() == [1]
    assert heads.validation_score[0] == pytest.approx(1.0)


def test_chunks_can_be_sent_to_other_processes():
    class Distributed:
        """Sends function and items through pickle, as an engine on other machines would."""

        def map(self, function, items, done=lambda: None):
            results = []
            for item in items:
                remote, argument = pickle.loads(pickle.dumps((function, item)))
                results.append(pickle.loads(pickle.dumps(remote(argument))))
                done()
            return results

    random = np.random.default_rng(8)
    z, y = correlated(random, 60, 12, 40)
    z, y, folds = z.astype(np.float32), y.astype(np.float32), np.arange(60) % 5
    finished = []
    here = LassoSettings().fit_heads(Problem(z, y, folds), SerialMapper(), lambda: finished.append(1))
    assert len(finished) == chunk_count(40) == 3
    assert here.weights.tobytes() == LassoSettings().fit_heads(Problem(z, y, folds), Distributed()).weights.tobytes()


def test_settings_are_checked():
    with pytest.raises(ValueError, match="l1_ratio"):
        LassoSettings(l1_ratio=0.01)
    with pytest.raises(ValueError, match="penalties"):
        LassoSettings(penalties=0)
