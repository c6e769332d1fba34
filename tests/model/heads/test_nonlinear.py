"""PS-kernel-ridge and PS-kNN against scikit-learn, gaps, and the way through store and model."""

import numpy as np
import pytest
from sklearn.kernel_ridge import KernelRidge
from sklearn.neighbors import KNeighborsRegressor

from leap_core.model.heads.base import Problem
from leap_core.model.heads.kernel import KernelSettings
from leap_core.model.heads.knn import NeighbourSettings
from leap_core.model.layers.pca import PCASettings
from leap_core.model.recipe import LayerGroup, Recipe
from leap_core.panel.kept import keep_panel
from leap_core.run.mapping import SerialMapper, ThreadMapper
from leap_core.run.runtime import Runtime
from leap_core.run.store import Store
from leap_core.services.models import load_model, predict
from leap_core.services.training import train

FOLDS = np.arange(90) % 5


def made(missing=0.0, n=90, q=20, seed=0):
    random = np.random.default_rng(seed)
    x = random.normal(size=(n, 6)).astype(np.float32)
    y = np.sin(x @ random.normal(size=(6, q))) + 0.2 * random.normal(size=(n, q))
    y[random.random(y.shape) < missing] = np.nan
    return x, y.astype(np.float32)


@pytest.mark.parametrize("missing", [0.0, 0.2])
def test_kernel_ridge_is_scikit_learns_at_the_chosen_penalty(missing):
    x, y = made(missing)
    heads = KernelSettings().fit_heads(Problem(x, y, FOLDS), SerialMapper())
    new, _ = made(seed=1)
    distance = np.square(x[:, None].astype(float) - x[None].astype(float)).sum(axis=2)
    gamma = 0.3 / np.median(distance[np.triu_indices(90, 1)])
    assert float(heads.inverse_width[0]) == pytest.approx(gamma, rel=1e-9)
    predicted = heads.predict(new)
    for fold in range(5):
        for column in range(20):
            rows = (fold != FOLDS) & ~np.isnan(y[:, column])
            level = y[rows, column].astype(float).mean()
            model = KernelRidge(alpha=KernelSettings().grid()[heads.grid_index[column]], kernel="rbf", gamma=gamma).fit(
                x[rows].astype(float), y[rows, column].astype(float) - level
            )
            np.testing.assert_allclose(heads.coefficients[fold, rows, column], model.dual_coef_, rtol=1e-6, atol=1e-8)
            assert not heads.coefficients[fold, ~rows, column].any()
            np.testing.assert_allclose(predicted[fold, :, column], model.predict(new.astype(float)) + level, atol=1e-6)
    assert len(np.unique(heads.grid_index)) > 1 and (heads.validation_score > 0).mean() > 0.8


def test_neighbours_are_scikit_learns_and_skip_what_was_not_screened():
    x, y = made()
    heads = NeighbourSettings().fit_heads(Problem(x, y, FOLDS), SerialMapper())
    new, _ = made(seed=1)
    for fold in range(5):
        seen = fold != FOLDS
        theirs = KNeighborsRegressor(5).fit(x[seen].astype(float), y[seen].astype(float)).predict(new.astype(float))
        np.testing.assert_allclose(heads.predict(new)[fold], theirs, rtol=1e-5, atol=1e-6)
    gappy = made(0.3)[1]
    gappy[:, 4] = np.nan
    gappy[FOLDS == 1, 4] = 2.0
    with_gaps = NeighbourSettings().fit_heads(Problem(x, gappy, FOLDS), SerialMapper())
    for column in (0, 7):
        rows = (FOLDS != 2) & ~np.isnan(gappy[:, column])
        theirs = (
            KNeighborsRegressor(5)
            .fit(x[rows].astype(float), gappy[rows, column].astype(float))
            .predict(new.astype(float))
        )
        np.testing.assert_allclose(with_gaps.predict(new)[2, :, column], theirs, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(with_gaps.predict(new)[:, :, 4], 2.0, atol=1e-6)


@pytest.mark.parametrize("settings", [KernelSettings(), NeighbourSettings()])
def test_workers_and_company_change_nothing(settings):
    x, y = made(0.1)
    one, three = (
        settings.fit_heads(Problem(x, y, FOLDS), SerialMapper()),
        settings.fit_heads(Problem(x, y, FOLDS), ThreadMapper(3)),
    )
    assert one.predict(x).tobytes() == three.predict(x).tobytes()
    assert one.predict(x[:1]).tobytes() == one.predict(x)[:, :1].tobytes()


@pytest.mark.parametrize("settings", [KernelSettings(), NeighbourSettings()])
def test_a_model_of_them_is_stored_read_and_predicts_without_being_linear(settings, planted_panel, tmp_path):
    store = Store(tmp_path)
    recipe = Recipe("r", groups=(LayerGroup(PCASettings(components=8), settings, 1),))
    train(keep_panel(planted_panel, store), recipe, "outer", Runtime(store), "m")
    model = load_model("m", store)
    found = predict(model, planted_panel.expression.iloc[:3])
    assert np.isfinite(found.predicted.to_numpy()).all() and not model.ensemble.linear
    assert model.table["accuracy"].mean() > 0.3
    layer, heads = model.ensemble.layers[0], model.ensemble.heads[0]
    latent = layer.encode(model.ensemble.standardiser.transform(planted_panel.expression))
    out_of_fold = heads.blocks[0].out_of_fold(latent, model.ensemble.folds)
    np.testing.assert_allclose(model.ensemble.out_of_fold, out_of_fold, atol=1e-6)
    with pytest.raises(ValueError, match="no linear map"):
        model.ensemble.linear_weights()


def test_settings_that_make_no_sense_are_refused():
    for wrong in ({"width": 0.0}, {"penalties": 0}, {"smallest": 2.0, "largest": 1.0}):
        with pytest.raises(ValueError):
            KernelSettings(**wrong)
    with pytest.raises(ValueError):
        NeighbourSettings(neighbours=0)
