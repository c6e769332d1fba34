"""Pan-perturbation models: planted interaction, perturbations never screened, the libraries."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from leap_core.arrays import spearman_columns
from leap_core.errors import UserError
from leap_core.model.catalogue import recipe_called
from leap_core.model.heads.base import Problem
from leap_core.model.heads.boosting import PanTreeSettings
from leap_core.model.heads.networks import PanNetworkSettings
from leap_core.model.heads.pan import level_of
from leap_core.model.layers.pca import PCASettings
from leap_core.model.recipe import LayerGroup, Recipe
from leap_core.panel.fingerprints import Fingerprints
from leap_core.panel.kept import keep_panel
from leap_core.run.mapping import SerialMapper, ThreadMapper
from leap_core.run.runtime import Runtime
from leap_core.run.store import Store
from leap_core.services.models import load_model, predict
from leap_core.services.training import train

FOLDS = np.arange(120) % 5
TREES = PanTreeSettings(
    num_iterations=(50, 150), learning_rate=0.1, num_leaves=15, min_data_in_leaf=20, feature_fraction=0.5
)
MLP = PanNetworkSettings(
    hidden=(64, 32, 16), dropouts=(0.1,), epochs=(5, 15), batch_size=256, learning_rate=3e-3, weight_decay=0.1
)
TDNN = replace(MLP, loss="squares", dropouts=(0.0, 0.3), kind="PP-tDNN")
ALL = pytest.mark.parametrize("settings", [TREES, MLP, TDNN], ids=["trees", "mlp", "tdnn"])


def made(n=120, p=60, seed=0, missing=0.1):
    """Each perturbation reads the features that its fingerprint names; its mean follows the fingerprint, too."""
    random = np.random.default_rng(seed)
    marks = np.random.default_rng(9).choice([-1.0, 1.0], size=(p + 20, 3)).astype(np.float32)
    marks = np.concatenate([marks, 0.3 * np.random.default_rng(10).normal(size=(p + 20, 2)).astype(np.float32)], axis=1)
    x = random.normal(size=(n, 3)).astype(np.float32)
    y = x @ marks[:, :3].T + 0.4 * random.normal(size=(n, p + 20)) + 3.0 * marks[:, 0] + 10.0
    y[random.random(y.shape) < missing] = np.nan
    return x, y.astype(np.float32), marks


@ALL
def test_a_planted_interaction_is_learnt_and_carried_to_perturbations_never_screened(settings):
    x, y, marks = made()
    heads = settings.fit_heads(Problem(x, y[:, :60], FOLDS, 1, marks[:60]), SerialMapper())
    new, truth, _ = made(seed=1, missing=0.0)
    screened = spearman_columns(heads.predict(new).mean(axis=0), truth[:, :60])
    unscreened = heads.predict_unscreened(new, marks[60:])
    assert unscreened.shape == (5, 120, 20)
    accuracy = spearman_columns(unscreened.mean(axis=0), truth[:, 60:])
    assert screened.mean() > 0.7 and accuracy.mean() > 0.6 and (accuracy > 0.2).all()
    assert np.corrcoef(unscreened.mean(axis=(0, 1)), truth[:, 60:].mean(axis=0))[0, 1] > 0.9
    # By another's fingerprint it is another's prediction.
    assert spearman_columns(heads.predict_unscreened(new, -marks[60:]).mean(axis=0), truth[:, 60:]).mean() < -0.4


@ALL
def test_workers_company_and_storage_change_nothing(settings, tmp_path):
    x, y, marks = made(p=30)
    problem = Problem(x, y[:, :30], FOLDS, 1, marks[:30])
    calls = []
    one, three = (
        settings.fit_heads(problem, SerialMapper(), lambda: calls.append(1)),
        settings.fit_heads(problem, ThreadMapper(3)),
    )
    assert len(calls) == 2 and one.predict(x).tobytes() == three.predict(x).tobytes()
    np.testing.assert_array_equal(one.predict(x[:1]), one.predict(x)[:, :1])
    # A perturbation that was screened, asked for as if it never had been, differs by its mean alone.
    as_unscreened, as_screened = one.predict_unscreened(x[:5], marks[:30]), one.predict(x[:5])
    between = as_screened - as_unscreened
    np.testing.assert_allclose(between, np.broadcast_to(between[:, :1], between.shape), atol=1e-4)


@ALL
def test_held_out_lines_have_no_part_in_their_folds_models(settings):
    x, y, marks = made(p=30)
    y = y[:, :30]
    changed = y.copy()
    changed[FOLDS == 3] = changed[FOLDS == 3][::-1]
    one, other = (
        replace(settings, **_fixed(settings)).fit_heads(Problem(x, table, FOLDS, 1, marks[:30]), SerialMapper())
        for table in (y, changed)
    )
    np.testing.assert_array_equal(one.predict(x)[3], other.predict(x)[3])
    assert not np.array_equal(one.predict(x)[1], other.predict(x)[1])


def _fixed(settings):
    """One stage and one dropout: what validation chooses is another matter."""
    return {"num_iterations": (50,)} if isinstance(settings, PanTreeSettings) else {"epochs": (5,), "dropouts": (0.1,)}


def test_the_levels_ridge_is_the_best_of_leave_one_out():
    random = np.random.default_rng(0)
    marks = random.normal(size=(40, 6))
    means = marks @ random.normal(size=6) + 0.5 * random.normal(size=40)
    found = level_of(marks.astype(np.float32), means)

    def refit(rows, ratio):
        x, y = marks[rows], means[rows]
        centred = x - x.mean(axis=0)
        scale = np.mean(np.square(np.linalg.svd(marks - marks.mean(axis=0), compute_uv=False)))
        weights = np.linalg.solve(centred.T @ centred + ratio * scale * np.eye(6), centred.T @ (y - y.mean()))
        return weights, y.mean() - x.mean(axis=0) @ weights

    candidates = [refit(np.arange(40), ratio) for ratio in np.geomspace(1e3, 1e-3, 13)]
    assert min(np.abs(found - np.append(*one)).max() for one in candidates) < 1e-5
    errors = []
    for ratio in np.geomspace(1e3, 1e-3, 13):
        left_out = [refit(np.delete(np.arange(40), row), ratio) for row in range(40)]
        errors.append(
            sum((means[row] - marks[row] @ weights - level) ** 2 for row, (weights, level) in enumerate(left_out))
        )
    best = np.append(*candidates[int(np.argmin(errors))])
    assert np.abs(found - best).max() < 0.1


def test_a_model_of_them_needs_fingerprints_and_predicts_the_unscreened(planted_panel, tmp_path):
    store = Store(tmp_path)
    recipe = Recipe("r", groups=(LayerGroup(PCASettings(components=6), TREES, 1),))
    with pytest.raises(UserError, match="fingerprints"):
        train(keep_panel(planted_panel, store), recipe, "none", Runtime(store), "m")
    marks = pd.DataFrame(
        np.random.default_rng(0).normal(size=(15, 4)).astype(np.float32),
        [*planted_panel.response.columns, "N1", "N2", "N3"],
    )
    panel = replace(planted_panel, fingerprints=Fingerprints(marks, "made"))
    assert keep_panel(panel, store) != keep_panel(planted_panel, store)
    train(keep_panel(panel, store), recipe, "none", Runtime(store), "m")
    model = load_model("m", store)
    assert model.panel.fingerprints.source == "made" and model.panel.fingerprints.others(panel.response.columns) == [
        "N1",
        "N2",
        "N3",
    ]
    found, promised = model.ensemble.predict_unscreened(panel.expression.iloc[:2], marks.iloc[12:].to_numpy())
    assert found.shape == (2, 3) and promised.shape == (3,) and np.isfinite(found).all() and model.ensemble.pan
    direct = model.ensemble.heads[0].predict_unscreened(
        model.ensemble.layers[0].encode(model.ensemble.standardiser.transform(panel.expression.iloc[:2])),
        marks.iloc[12:].to_numpy(),
    )
    np.testing.assert_allclose(found, direct.mean(axis=0), rtol=1e-6)
    assert np.isfinite(predict(model, panel.expression.iloc[:2]).predicted.to_numpy()).all()


def test_recipes_that_tell_perturbations_apart_are_named():
    assert [recipe_called(name).pan for name in ("pp-lightgbm", "pp-mlp", "pp-tdnn", "leap-mlp", "leap-best")] == [
        True,
        True,
        True,
        False,
        False,
    ]
    for wrong in ({"dropouts": ()}, {"epochs": (3, 2)}, {"hidden": ()}):
        with pytest.raises(ValueError):
            PanNetworkSettings(**wrong)
