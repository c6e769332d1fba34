"""Multi-target ridge: plain ridge where nothing is shared, better than it where much is; soft-impute."""

import numpy as np
import pytest
from sklearn.linear_model import Ridge

from leap_core.arrays import spearman_columns
from leap_core.errors import UserError
from leap_core.model.heads.base import Problem
from leap_core.model.heads.multitarget.imputation import soft_impute
from leap_core.model.heads.multitarget.multitarget import MultiTargetSettings
from leap_core.model.heads.ridge import RidgeSettings
from leap_core.run.mapping import SerialMapper, ThreadMapper

FOLDS = np.arange(120) % 5


def shared(n=120, d=30, q=80, factors=3, noise=2.0, seed=0, lines=None):
    """Features, and responses that share a few linear factors of them."""
    random = np.random.default_rng(seed)
    mixing, loadings = random.normal(size=(d, factors)) / np.sqrt(d), random.normal(size=(factors, q))
    x = random.normal(size=(n if lines is None else lines, d))
    signal = x @ mixing @ loadings
    return x.astype(np.float32), (signal + noise * random.normal(size=signal.shape)).astype(np.float32), signal


@pytest.mark.parametrize("q", [40, 200])
def test_with_one_penalty_and_all_components_it_is_ridge(q):
    x, y, _ = shared(q=q)
    settings = MultiTargetSettings(components=10_000, penalties=1, largest=2.0, smallest=2.0)
    heads = settings.fit_heads(Problem(x, y, FOLDS), SerialMapper())
    for fold in range(5):
        seen = fold != FOLDS
        z, t = x[seen].astype(float), y[seen].astype(float)
        unit = np.square(z - z.mean(axis=0)).sum() / seen.sum() / seen.sum()
        fitted = Ridge(alpha=2.0 * unit * seen.sum(), solver="svd").fit(z, t)
        np.testing.assert_allclose(heads.weights[fold], fitted.coef_.T, rtol=1e-4, atol=1e-6)
        np.testing.assert_allclose(heads.intercepts[fold], fitted.intercept_, rtol=1e-4, atol=1e-5)
        np.testing.assert_allclose(heads.penalties[fold], 2.0 * unit, rtol=1e-6)
    assert not heads.grid_index.any() and heads.converged.all()


def test_what_perturbations_share_is_learnt_from_all_of_them():
    x, y, _ = shared()
    new, _, signal = shared(lines=400)
    together = MultiTargetSettings().fit_heads(Problem(x, y, FOLDS), SerialMapper()).predict(new).mean(axis=0)
    alone = RidgeSettings().fit_heads(Problem(x, y, FOLDS), SerialMapper()).predict(new).mean(axis=0)
    ours, theirs = spearman_columns(together, signal).mean(), spearman_columns(alone, signal).mean()
    assert ours > theirs + 0.05 and ours > 0.8


def test_a_fold_knows_nothing_of_its_held_out_lines():
    x, y, _ = shared()
    heads = MultiTargetSettings().fit_heads(Problem(x, y, FOLDS), SerialMapper())
    changed = y.copy()
    changed[FOLDS == 2] = np.random.default_rng(1).normal(size=changed[FOLDS == 2].shape)
    again = MultiTargetSettings().fit_heads(Problem(x, changed, FOLDS), SerialMapper())
    assert (
        again.weights[2].tobytes() == heads.weights[2].tobytes()
        and again.intercepts[2].tobytes() == heads.intercepts[2].tobytes()
    )
    assert again.weights[0].tobytes() != heads.weights[0].tobytes()


def test_gaps_workers_and_perturbations_without_a_line():
    x, y, _ = shared()
    random = np.random.default_rng(2)
    gappy = y.copy()
    gappy[random.random(y.shape) < 0.2] = np.nan
    # Screened in one fold only: the others have nothing to learn from.
    gappy[:, 5] = np.where(FOLDS == 0, gappy[:, 5], np.nan)
    gappy[:, 6] = 1.5
    calls = []
    one = MultiTargetSettings().fit_heads(Problem(x, gappy, FOLDS), SerialMapper(), lambda: calls.append(1))
    three = MultiTargetSettings().fit_heads(Problem(x, gappy, FOLDS), ThreadMapper(3))
    assert one.weights.tobytes() == three.weights.tobytes() and one.penalties.tobytes() == three.penalties.tobytes()
    predicted = one.predict(x)
    assert (
        np.isfinite(predicted).all()
        and np.ptp(predicted[0, :, 5]) < 1e-4
        and predicted[0, 0, 5] == pytest.approx(np.nanmean(gappy[:, 5]), abs=1e-3)
    )
    np.testing.assert_allclose(predicted[:, :, 6], 1.5, atol=1e-4)
    full = MultiTargetSettings().fit_heads(Problem(x, y, FOLDS), SerialMapper()).predict(x)
    kept = [column for column in range(80) if column not in (5, 6)]
    assert np.corrcoef(full[:, :, kept].ravel(), predicted[:, :, kept].ravel())[0, 1] > 0.95
    from leap_core.model.heads.chunks import chunk_count

    assert len(calls) == chunk_count(80)
    assert (one.validation_score[kept] > 0).mean() > 0.9


def test_soft_impute_fills_by_low_rank_and_leaves_the_known_alone():
    random = np.random.default_rng(0)
    truth = random.normal(size=(80, 3)) @ random.normal(size=(3, 150))
    truth = (truth - truth.mean(axis=0)) / truth.std(axis=0)
    gaps = random.random(truth.shape) < 0.2
    for values, missing in ((truth, gaps), (truth.T, gaps.T)):
        filled = soft_impute(np.where(missing, np.nan, values), 5)
        np.testing.assert_array_equal(filled[~missing], values[~missing])
        assert np.square(filled - values)[missing].mean() < 0.15 * np.square(values)[missing].mean()
    whole = soft_impute(truth, 5)
    np.testing.assert_array_equal(whole, truth)


def test_settings_that_make_no_sense_are_refused():
    for wrong in ({"components": 0}, {"penalties": 0}, {"smallest": 2.0, "largest": 1.0}):
        with pytest.raises(ValueError):
            MultiTargetSettings(**wrong)
    x, y, _ = shared()
    with pytest.raises(UserError, match="needs 3 folds"):
        MultiTargetSettings().fit_heads(Problem(x, y, FOLDS % 2), SerialMapper())
