"""Gene-weighted multi-target ridge.

Its weights by definition, ridge on weighted genes, planted genes, and low-rank heads.
"""

import numpy as np
import pytest
from threadpoolctl import threadpool_limits

from leap_core.arrays import spearman_columns
from leap_core.model.catalogue import recipe_called, recipe_words
from leap_core.model.heads.base import Heads, Problem
from leap_core.model.heads.kinds import HEADS
from leap_core.model.heads.multitarget.factored import FactoredHeads
from leap_core.model.heads.multitarget.gene_weighted import GeneWeightedSettings, effective_lines, gene_weights
from leap_core.model.heads.multitarget.multitarget import MultiTargetSettings
from leap_core.model.heads.multitarget.response_components import ResponseComponents
from leap_core.model.recipe import layer_titles
from leap_core.panel.kept import keep_panel
from leap_core.run.codec import read_object, write_object
from leap_core.run.mapping import SerialMapper, ThreadMapper
from leap_core.run.runtime import Runtime
from leap_core.run.store import Store
from leap_core.services.models import load_model, predict
from leap_core.services.training import train

FOLDS = np.arange(100) % 5
TRUE = 8


def made(lines=100, genes=400, q=60, noise=2.0, seed=0):
    """Genes of which the first few matter, to all perturbations; the truth is the same for every seed."""
    truth = np.random.default_rng(42).normal(size=(TRUE, 4)) @ np.random.default_rng(43).normal(size=(4, q))
    random = np.random.default_rng(seed)
    x = random.normal(size=(lines, genes))
    signal = x[:, :TRUE] @ truth / np.sqrt(TRUE)
    return x.astype(np.float32), (signal + noise * random.normal(size=signal.shape)).astype(np.float32), signal


def dense(heads, fold):
    return heads.maps[fold].astype(float) @ heads.loadings[fold].astype(float)


def test_weights_are_what_a_gene_explains_beyond_chance():
    x, y, _ = made()
    centred, scores = x - x.mean(axis=0), y[:, :7].astype(float)
    explained = np.array(
        [sum(scores[:, c].var() * np.corrcoef(gene, scores[:, c])[0, 1] ** 2 for c in range(7)) for gene in centred.T]
    )
    excess = np.maximum(explained - scores.var(axis=0).sum() / (len(x) - 1), 0)
    for power in (1 / 3, 1.0, 2.0):
        found = gene_weights(centred.astype(float), scores, power)
        expected = np.where(excess > 0, excess ** (power / 2), 0)
        np.testing.assert_allclose(
            found / np.linalg.norm(found), expected / np.linalg.norm(expected), rtol=1e-4, atol=1e-7
        )
        assert np.square(found).mean() == pytest.approx(1) and (found == 0).any()
    assert set(np.argsort(-found)[:TRUE]) & set(range(TRUE)) and found[:TRUE].mean() > 3 * found[TRUE:].mean()


def test_noise_is_not_fitted():
    """Weights that had seen the inner folds made predictions of noise a fifth worse than the mean."""
    random = np.random.default_rng(0)
    x, y = random.normal(size=(100, 1000)).astype(np.float32), random.normal(size=(100, 4)).astype(np.float32)
    heads = GeneWeightedSettings().fit_heads(Problem(x, y, FOLDS), SerialMapper())
    left = np.square(y - heads.out_of_fold(x, FOLDS)).sum() / np.square(y - y.mean(axis=0)).sum()
    assert left < 1.1


def test_copies_of_a_line_are_no_further_evidence():
    assert effective_lines(np.arange(50)) == 50 and effective_lines(np.repeat(np.arange(50), 7)) == pytest.approx(50)
    random = np.random.default_rng(1)
    x, scores = random.normal(size=(60, 500)), random.normal(size=(60, 3))
    rows = np.repeat(np.arange(60), np.where(np.arange(60) < 5, 30, 1))
    passed = [
        (gene_weights(x[rows] - x[rows].mean(axis=0), scores[rows], 1.0, lines) > 0).mean()
        for lines in (None, effective_lines(rows))
    ]
    assert passed[0] > 0.9 and passed[1] < 0.6
    # In the fit as well.
    y = random.normal(size=(60, 3)).astype(np.float32)
    folds = (np.arange(60) % 5)[rows]
    told, untold = (
        GeneWeightedSettings().fit_heads(
            Problem(x[rows].astype(np.float32), y[rows], folds, lines=lines), SerialMapper()
        )
        for lines in (rows, None)
    )
    assert (told.maps[0] != 0).any(axis=1).mean() < (untold.maps[0] != 0).any(axis=1).mean() - 0.2


def test_the_number_of_threads_changes_no_bit_of_a_prediction():
    random = np.random.default_rng(0)
    heads = FactoredHeads(
        fitted=np.arange(40),
        intercepts=np.zeros((1, 40), np.float32),
        penalties=np.zeros((1, 40), np.float32),
        grid_index=np.zeros(40, np.int16),
        validation_score=np.zeros(40, np.float32),
        converged=np.ones(40, bool),
        maps=random.normal(size=(1, 5000, 100)).astype(np.float32),
        loadings=random.normal(size=(1, 100, 40)).astype(np.float32),
        single_genes=np.arange(40)[None],
        single_weights=np.ones((1, 40), np.float32),
    )
    x = random.normal(size=(3, 5000)).astype(np.float32)
    found = []
    for threads in (1, 2):
        with threadpool_limits(threads):
            found.append(heads.predict(x).tobytes())
    assert found[0] == found[1]


def test_without_any_signal_all_genes_count_alike():
    x = np.random.default_rng(3).normal(size=(50, 20))
    assert (gene_weights(x, np.zeros((50, 4)), 1.0) == 1).all()
    # A gene that does not vary explains nothing.
    x[:, 4] = 0.0
    weights = gene_weights(x - x.mean(axis=0), x[:, :2] * 1.0, 1.0)
    assert np.isfinite(weights).all() and weights[4] == 0 and weights[0] > 0


def test_it_is_multi_target_ridge_on_weighted_genes():
    x, y, _ = made(genes=60)
    one = {"penalties": 1, "largest": 0.5, "smallest": 0.5}  # and no single genes: evidence that nothing reaches
    heads = GeneWeightedSettings(power=1.0, min_t=1e6, **one).fit_heads(Problem(x, y, FOLDS), SerialMapper())
    for fold in range(5):
        seen = fold != FOLDS
        centred = x[seen].astype(float) - x[seen].astype(float).mean(axis=0)
        scores = ResponseComponents.of(y[seen].astype(float), y.astype(float), 100, 20).scores
        weights = gene_weights(centred, scores, 1.0)
        # Another implementation's features, and penalties in the same unit: only genes that count.
        kept = weights > 0
        theirs = MultiTargetSettings(**one).fit_heads(
            Problem((x * weights)[:, kept].astype(np.float32), y, FOLDS), SerialMapper()
        )
        np.testing.assert_allclose(
            dense(heads, fold)[kept], weights[kept, None] * theirs.weights[fold], rtol=1e-3, atol=1e-4
        )
        np.testing.assert_allclose(heads.intercepts[fold], theirs.intercepts[fold], atol=1e-3)
        assert not dense(heads, fold)[~kept].any()


def test_genes_that_matter_to_many_perturbations_are_found():
    x, y, _ = made()
    new, _, signal = made(lines=500, seed=9)
    weighted = GeneWeightedSettings().fit_heads(Problem(x, y, FOLDS), SerialMapper()).predict(new).mean(axis=0)
    alike = MultiTargetSettings().fit_heads(Problem(x, y, FOLDS), SerialMapper()).predict(new).mean(axis=0)
    ours, theirs = spearman_columns(weighted, signal).mean(), spearman_columns(alike, signal).mean()
    assert ours > theirs + 0.1 and ours > 0.7


def test_a_fold_knows_nothing_of_its_held_out_lines_and_workers_change_nothing():
    x, y, _ = made()
    y[np.random.default_rng(2).random(y.shape) < 0.2] = np.nan
    y[:, 5] = np.where(FOLDS == 0, y[:, 5], np.nan)
    calls = []
    heads = GeneWeightedSettings().fit_heads(Problem(x, y, FOLDS), SerialMapper(), lambda: calls.append(1))
    changed_x, changed_y = x.copy(), y.copy()
    changed_x[FOLDS == 2], changed_y[FOLDS == 2] = (
        7.0,
        np.random.default_rng(1).normal(size=changed_y[FOLDS == 2].shape),
    )
    changed_y[:, 5] = y[:, 5]
    again = GeneWeightedSettings().fit_heads(Problem(changed_x, changed_y, FOLDS), ThreadMapper(3))
    assert (
        again.maps[2].tobytes() == heads.maps[2].tobytes()
        and again.intercepts[2].tobytes() == heads.intercepts[2].tobytes()
    )
    assert again.maps[0].tobytes() != heads.maps[0].tobytes()
    threads = GeneWeightedSettings().fit_heads(Problem(x, y, FOLDS), ThreadMapper(3))
    assert all(
        getattr(threads, name).tobytes() == getattr(heads, name).tobytes() for name in ("maps", "loadings", "penalties")
    )
    predicted = heads.predict(x)
    assert np.isfinite(predicted).all() and len(calls) == 4
    assert predicted[:, :1].tobytes() == heads.predict(x[:1]).tobytes()


def test_low_rank_heads_are_their_product_and_are_read_as_they_were_written(tmp_path):
    random = np.random.default_rng(0)
    maps, loadings = random.normal(size=(3, 9, 2)).astype(np.float32), random.normal(size=(3, 2, 5)).astype(np.float32)
    single, single_weights = random.integers(0, 9, (3, 5)), random.normal(size=(3, 5)).astype(np.float32)
    heads = FactoredHeads(
        fitted=np.arange(5),
        intercepts=np.ones((3, 5), np.float32),
        penalties=np.ones((3, 5), np.float32),
        grid_index=np.zeros(5, np.int16),
        validation_score=np.zeros(5, np.float32),
        converged=np.ones(5, bool),
        maps=maps,
        loadings=loadings,
        single_genes=single,
        single_weights=single_weights,
    )
    x = random.normal(size=(4, 9)).astype(np.float32)
    weights = np.einsum("kdr,krq->kdq", maps.astype(float), loadings.astype(float))
    for fold in range(3):
        weights[fold, single[fold], np.arange(5)] += single_weights[fold]
    np.testing.assert_allclose(heads.predict(x), 1 + np.einsum("nd,kdq->knq", x, weights), rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(heads.mean_weights(np.array([3, 1])), weights.mean(axis=0)[:, [3, 1]], rtol=1e-6)
    write_object(tmp_path, heads)
    read = read_object(tmp_path, Heads, *HEADS)
    assert isinstance(read, FactoredHeads) and read.linear and read.predict(x).tobytes() == heads.predict(x).tobytes()


def test_the_default_recipe_is_one_linear_map_of_what_its_preprocessing_makes(planted_panel, tmp_path):
    store = Store(tmp_path)
    train(keep_panel(planted_panel, store), recipe_called("leap-best"), "none", Runtime(store), "m")
    model = load_model("m", store)
    samples = planted_panel.expression.iloc[:3] + np.float32([[0.0], [0.5], [20.0]])
    samples.iloc[0, :5] = np.nan
    standardised = model.ensemble.standardiser.transform(samples).astype(float)
    assert np.abs(standardised).max() <= 3
    weights = model.ensemble.linear_weights()
    np.testing.assert_allclose(
        standardised @ weights.iloc[:-1].to_numpy() + weights.iloc[-1].to_numpy(),
        predict(model, samples).predicted,
        rtol=1e-3,
        atol=1e-4,
    )
    with pytest.raises(KeyError, match="NOT A GENE"):
        model.ensemble.linear_weights(["T1", "NOT A GENE"])
    some = model.ensemble.linear_weights(["T7", "T2"])
    np.testing.assert_allclose(some, weights[["T7", "T2"]], rtol=1e-9, atol=1e-12)


def test_settings_that_make_no_sense_are_refused():
    for wrong in ({"power": -1.0}, {"dimensions": 0}, {"components": 0}):
        with pytest.raises(ValueError):
            GeneWeightedSettings(**wrong)


def test_layers_are_told_apart_in_words():
    assert layer_titles(recipe_called("leap-best").as_dict()) == (
        "masked autoencoder",
        "genes weighted by shared variance (power 1/3)",
        "genes weighted by shared variance (power 1)",
    )
    assert layer_titles(recipe_called("leap-lasso", 2).as_dict()) == (
        "masked autoencoder, seed 1",
        "masked autoencoder, seed 2",
    )
    for name in recipe_words():
        assert len(layer_titles(recipe_called(name).as_dict())) == recipe_called(name).layers
