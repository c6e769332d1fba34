"""PS-LightGBM and PS-MLP: against their libraries, company, workers, gaps, planted truth."""

import numpy as np
import pytest
import torch

from leap_core.model.heads.base import Problem
from leap_core.model.heads.boosting import BoostingSettings, fit_booster
from leap_core.model.heads.networks import NetworkSettings
from leap_core.model.layers.pca import PCASettings
from leap_core.model.recipe import LayerGroup, Recipe
from leap_core.panel.kept import keep_panel
from leap_core.run.mapping import SerialMapper, ThreadMapper
from leap_core.run.runtime import Runtime
from leap_core.run.store import Store
from leap_core.services.models import load_model, predict
from leap_core.services.training import train

FOLDS = np.arange(150) % 5
TREES = BoostingSettings(num_iterations=(20, 60), learning_rate=0.1, feature_fraction=0.5, min_data_in_leaf=5)
NETWORKS = NetworkSettings(epochs=(10, 30), learning_rate=1e-2, weight_decay=0.1, input_dropout=0.0, dropout=0.0)
BOTH = pytest.mark.parametrize("settings", [TREES, NETWORKS], ids=["trees", "networks"])


def made(missing=0.0, n=150, q=20, seed=0):
    """Responses that rise with the size of a feature: no linear model can tell."""
    random = np.random.default_rng(seed)
    x = random.normal(size=(n, 6)).astype(np.float32)
    y = 2.0 * np.abs(x[:, np.arange(q) % 6]) + 0.2 * random.normal(size=(n, q)) + 5.0
    y[random.random(y.shape) < missing] = np.nan
    return x, y.astype(np.float32)


@BOTH
def test_a_truth_that_is_not_linear_is_learnt(settings):
    x, y = made(0.1)
    heads = settings.fit_heads(Problem(x, y, FOLDS, 1), SerialMapper())
    new, truth = made(seed=1)
    predicted = heads.predict(new).mean(axis=0)
    assert np.mean([np.corrcoef(predicted[:, j], truth[:, j])[0, 1] for j in range(20)]) > 0.7
    assert abs(predicted.mean() - truth.mean()) < 0.2 and (heads.validation_score > 0.3).all()
    # Out-of-fold values are those of the fold that did not see the line.
    out_of_fold = heads.out_of_fold(x, FOLDS)
    np.testing.assert_array_equal(out_of_fold[FOLDS == 2], heads.predict(x[FOLDS == 2])[2])


@BOTH
def test_workers_and_other_lines_change_nothing_and_the_seed_does(settings):
    x, y = made(0.1, q=70)
    one, three = (
        settings.fit_heads(Problem(x, y, FOLDS, 1), SerialMapper()),
        settings.fit_heads(Problem(x, y, FOLDS, 1), ThreadMapper(3)),
    )
    assert one.predict(x).tobytes() == three.predict(x).tobytes()
    assert one.predict(x[:1]).tobytes() == one.predict(x)[:, :1].tobytes()
    assert settings.fit_heads(Problem(x, y, FOLDS, 2), SerialMapper()).predict(x).tobytes() != one.predict(x).tobytes()


@BOTH
def test_a_perturbation_alone_is_what_it_is_in_company(settings):
    x, y = made(0.1)
    together = settings.fit_heads(Problem(x, y, FOLDS, 1), SerialMapper())
    alone = settings.fit_heads(Problem(x, y[:, 7:8], FOLDS, 1), SerialMapper())
    assert alone.grid_index[0] == together.grid_index[7]
    np.testing.assert_allclose(alone.predict(x)[:, :, 0], together.predict(x)[:, :, 7], rtol=1e-4, atol=1e-4)


@BOTH
def test_held_out_responses_have_no_part_in_their_folds_models(settings):
    x, y = made()
    heads = settings.fit_heads(Problem(x, y, FOLDS, 1), SerialMapper())
    changed = y.copy()
    changed[FOLDS == 3] = changed[FOLDS == 3][::-1]
    again = settings.fit_heads(Problem(x, changed, FOLDS, 1), SerialMapper())
    same = heads.grid_index == again.grid_index
    assert same.any()
    np.testing.assert_array_equal(heads.predict(x)[3][:, same], again.predict(x)[3][:, same])


@BOTH
def test_a_perturbation_of_one_fold_alone_is_its_mean_in_that_fold(settings):
    x, y = made()
    y[FOLDS != 1, 4] = np.nan
    heads = settings.fit_heads(Problem(x, y, FOLDS, 1), SerialMapper())
    np.testing.assert_allclose(heads.predict(x)[1, :, 4], np.nanmean(y[:, 4]), atol=0.2)
    assert np.isfinite(heads.predict(x)).all()


def test_trees_are_lightgbms_to_the_leaf():
    x, y = made(0.2)
    problem = Problem(x, y, FOLDS, 5)
    heads = TREES.fit_heads(problem, SerialMapper())
    new, _ = made(seed=1)
    for column, fold in ((0, 0), (7, 2), (19, 4)):
        booster, level = fit_booster(TREES, problem, y[:, column], fold)
        theirs = booster.predict(new, num_iteration=TREES.num_iterations[heads.grid_index[column]]) + level
        np.testing.assert_allclose(heads.predict(new)[fold, :, column], theirs, rtol=1e-6, atol=1e-6)
        # On the training lines, whose values are where the thresholds lie, too.
        theirs = booster.predict(x, num_iteration=TREES.num_iterations[heads.grid_index[column]]) + level
        np.testing.assert_allclose(heads.predict(x)[fold, :, column], theirs, rtol=1e-6, atol=1e-6)


def test_networks_are_torchs():
    x, y = made(q=3)
    heads = NETWORKS.fit_heads(Problem(x, y, FOLDS, 5), SerialMapper())
    assert heads.sizes.tolist() == [6, 20, 20, 1]
    for fold in (0, 3):
        for column in range(3):
            network = torch.nn.Sequential(
                torch.nn.Linear(6, 20),
                torch.nn.ReLU(),
                torch.nn.Linear(20, 20),
                torch.nn.ReLU(),
                torch.nn.Linear(20, 1),
            )
            left = torch.from_numpy(heads.weights[fold, column])
            for layer in network[::2]:
                inputs, outputs = layer.in_features, layer.out_features
                weights, offset, left = left.split([inputs * outputs, outputs, len(left) - (inputs + 1) * outputs])
                layer.load_state_dict({"weight": weights.reshape(inputs, outputs).T, "bias": offset})
            assert not len(left)
            theirs = network(torch.from_numpy(x)).detach().numpy()[:, 0] + heads.intercepts[fold, column]
            np.testing.assert_allclose(heads.predict_fold(x, fold)[:, column], theirs, rtol=1e-5, atol=1e-5)


@BOTH
def test_progress_counts_every_chunk(settings):
    x, y = made(q=40)
    calls = []
    settings.fit_heads(Problem(x, y, FOLDS, 1), SerialMapper(), lambda: calls.append(1))
    assert len(calls) == 3


@BOTH
def test_a_model_of_them_is_stored_read_and_predicts(settings, planted_panel, tmp_path):
    store = Store(tmp_path)
    recipe = Recipe("r", groups=(LayerGroup(PCASettings(components=8), settings, 1),))
    train(keep_panel(planted_panel, store), recipe, "none", Runtime(store), "m")
    model = load_model("m", store)
    assert (
        np.isfinite(predict(model, planted_panel.expression.iloc[:3]).predicted.to_numpy()).all()
        and not model.ensemble.linear
    )
    latent = model.ensemble.layers[0].encode(model.ensemble.standardiser.transform(planted_panel.expression))
    np.testing.assert_allclose(
        model.ensemble.out_of_fold,
        model.ensemble.heads[0].blocks[0].out_of_fold(latent, model.ensemble.folds),
        atol=1e-6,
    )


def test_settings_that_make_no_sense_are_refused():
    for wrong in ({"num_iterations": (5, 5)}, {"num_leaves": 1}, {"feature_fraction": 0.0}):
        with pytest.raises(ValueError):
            BoostingSettings(**wrong)
    for wrong in ({"epochs": ()}, {"hidden": (0,)}, {"dropout": 1.0}):
        with pytest.raises(ValueError):
            NetworkSettings(**wrong)
