"""The fitted ensemble: means, agreement, panel percentile and the one linear map, from their definitions."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from leap_core.errors import UserError
from leap_core.model.catalogue import recipe_called
from leap_core.model.layers.autoencoder import AutoencoderSettings
from leap_core.model.layers.pca import PCASettings
from leap_core.model.recipe import LayerGroup, Recipe
from leap_core.panel.kept import keep_panel
from leap_core.panel.status import response_status
from leap_core.run.runtime import Runtime
from leap_core.run.store import Store
from leap_core.services.models import delete_model, load_model
from leap_core.services.training import train
from tests.conftest import planted

SMALL = Recipe(
    "small", groups=(LayerGroup(AutoencoderSettings(latent=8, max_epochs=15, learning_rate=1e-2), layers=3),)
)


def with_layers(layers):
    return replace(SMALL, groups=(replace(SMALL.groups[0], layers=layers),))


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    store = Store(tmp_path_factory.mktemp("ensemble"))
    train(keep_panel(planted(), store), SMALL, "outer", Runtime(store), "small")
    return load_model("small", store)


def test_prediction_agreement_and_percentile_follow_their_definitions(model):
    sample = model.panel.expression.iloc[[7]] + 0.1
    predictions = model.ensemble.predict(sample)
    members = model.ensemble.members(sample).astype(np.float64)
    assert members.shape == (3, 5, 12)
    np.testing.assert_allclose(predictions.predicted.iloc[0], members.mean(axis=(0, 1)), rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(
        predictions.agreement_sd.iloc[0], members.std(axis=0, ddof=1).mean(axis=0), rtol=1e-4, atol=1e-6
    )
    fold_means = members.mean(axis=0)
    for j in range(12):
        against = fold_means[model.ensemble.folds, j]
        # gene effect: lower is stronger, so a weaker line lies above.
        expected = 100 * np.mean(model.ensemble.out_of_fold[:, j] > against)
        assert predictions.panel_percentile.iloc[0, j] == pytest.approx(expected, abs=1.2)


def test_whole_ensemble_is_one_linear_map(model):
    sample = model.panel.expression.iloc[:4]
    weights = model.ensemble.linear_weights()
    linear = (
        model.ensemble.standardiser.transform(sample) @ weights.to_numpy()[:-1] + weights.loc["intercept"].to_numpy()
    )
    np.testing.assert_allclose(linear, model.ensemble.predict(sample).predicted, rtol=1e-3, atol=1e-4)


def test_company_changes_nothing(model):
    samples = model.panel.expression.iloc[:6]
    together = model.ensemble.predict(samples).predicted
    for row in range(6):
        alone = model.ensemble.predict(samples.iloc[[row]]).predicted
        assert alone.to_numpy().tobytes() == together.iloc[[row]].to_numpy().tobytes()


def test_out_of_fold_values_come_from_models_that_did_not_see_the_line(model):
    ensemble = model.ensemble
    standardised = model.reference.standardised
    for line in (0, 33, 80):
        fold = ensemble.folds[line]
        by_layer = [
            heads.predict_fold(layer.encode(standardised[[line]]), fold)[0]
            for layer, heads in zip(ensemble.layers, ensemble.heads, strict=True)
        ]
        np.testing.assert_allclose(ensemble.out_of_fold[line], np.mean(by_layer, axis=0), rtol=1e-5, atol=1e-6)
    patients = np.array(model.panel.patients)
    for patient in set(patients):
        assert len(set(ensemble.folds[patients == patient])) == 1


def test_planted_truth_is_found_on_unseen_lines(model):
    assert model.accuracy_measured
    assert model.table["accuracy"].median() > 0.5
    assert model.table["accuracy"].median() > model.table["accuracy_lineage_mean"].median() + 0.3
    assert (model.table["accuracy_folds"] == 5).all()


def test_accuracy_cannot_be_bought_with_noise(tmp_path, planted_panel):
    random = np.random.default_rng(0)
    noise = planted_panel.response.copy()
    noise = noise * 0 + random.normal(size=noise.shape).astype(np.float32)
    store = Store(tmp_path)
    recipe = Recipe("r", groups=(LayerGroup(PCASettings(components=10), layers=1),))
    train(keep_panel(replace(planted_panel, response=noise), store), recipe, "outer", Runtime(store), "noise")
    assert abs(load_model("noise", store).table["accuracy"].mean()) < 0.12


def test_statuses():
    response = np.random.default_rng(0).integers(0, 2, (60, 5)).astype(np.float32)
    response[:, 1] = 1
    response[:, 2] = 0
    response[:9, 2] = 1
    response[25:, 3] = np.nan
    assert response_status(response, True).tolist() == [
        "ok",
        "constant response",
        "too few positives",
        "too few lines",
        "ok",
    ]
    assert response_status(response, False)[2] == "ok"


def test_perturbations_that_cannot_be_learnt_keep_their_place(tmp_path, planted_panel):
    response = planted_panel.response.copy()
    response["T1"] = 0.25
    response.iloc[20:, 2] = np.nan
    store = Store(tmp_path)
    train(keep_panel(replace(planted_panel, response=response), store), with_layers(1), "none", Runtime(store), "m")
    model = load_model("m", store)
    predictions = model.ensemble.predict(planted_panel.expression.iloc[[0]])
    assert model.table["status"].tolist()[:4] == ["ok", "constant response", "too few lines", "ok"]
    assert predictions.predicted["T1"].item() == pytest.approx(0.25)
    assert np.isnan(predictions.predicted["T2"].item()) and np.isnan(predictions.panel_percentile["T1"].item())
    assert np.isnan(predictions.agreement_sd["T0"].item())
    assert model.table["accuracy"].isna().all() and not model.accuracy_measured


def test_recipes_by_name():
    recipe = recipe_called("leap-lasso")
    assert (recipe.layers, recipe.folds, recipe.preprocessing.max_genes) == (5, 5, 5000)
    assert recipe.as_dict()["groups"][0]["representation"]["latent"] == 256
    assert recipe_called("leap-lasso", layers=2).layers == 2
    with pytest.raises(UserError, match="Known ones"):
        recipe_called("magic")
    with pytest.raises(UserError, match="one layer"):
        recipe_called("pca-ridge", layers=3)


def test_deleting_a_model_keeps_what_others_use(tmp_path, planted_panel):
    store = Store(tmp_path)
    panel = keep_panel(planted_panel, store)
    train(panel, with_layers(1), "none", Runtime(store), "one")
    train(panel, with_layers(2), "none", Runtime(store), "two")
    assert delete_model("two", store) > 0
    assert store.names() == ["one"]
    load_model("one", store).ensemble.predict(planted_panel.expression.iloc[[0]])


def test_perturbations_near_the_minimum_are_fitted_in_every_outer_fold(tmp_path, planted_panel):
    response = planted_panel.response.copy()
    response.iloc[33:, 0] = np.nan
    store = Store(tmp_path)
    recipe = Recipe("r", groups=(LayerGroup(PCASettings(components=6), layers=1),))
    train(keep_panel(replace(planted_panel, response=response), store), recipe, "outer", Runtime(store), "m")
    assert load_model("m", store).table.loc["T0", "accuracy"] > 0.3


def test_a_model_whose_parts_were_deleted_is_trained_again(tmp_path, planted_panel):
    store = Store(tmp_path)
    panel = keep_panel(planted_panel, store)
    one = Recipe("one", groups=(LayerGroup(PCASettings(components=5), layers=1),))
    train(panel, one, "none", Runtime(store), "X")
    train(panel, replace(one, name="two", seed=1), "none", Runtime(store), "X")
    delete_model("X", store)
    train(keep_panel(planted_panel, store), one, "none", Runtime(store), "X")
    load_model("X", store).ensemble.predict(planted_panel.expression.iloc[[0]])


def test_panels_that_differ_in_anything_have_their_own_key(tmp_path, planted_panel):
    store = Store(tmp_path)
    others = [
        replace(planted_panel, simulated=True),
        replace(planted_panel, unlabelled=planted_panel.expression.iloc[:3]),
        replace(planted_panel, lines=planted_panel.lines.assign(name="x")),
    ]
    assert len({keep_panel(panel, store) for panel in (planted_panel, *others)}) == 4


def test_members_of_one_perturbation_are_their_column_of_all(model):
    sample, names = model.panel.expression.iloc[[7]], model.ensemble.perturbations
    every = model.ensemble.members_frame(sample)
    for name in (names[0], names[-1]):
        pd.testing.assert_series_equal(model.ensemble.members_of(sample, name), every[name])
    with pytest.raises(IndexError, match="12 perturbations"):
        model.ensemble.heads[0].predict_one(np.zeros((1, 4), dtype=np.float32), 12)
