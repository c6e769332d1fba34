"""The step on single genes: certain genes are found with their slope, noise and single lines change nothing."""

import numpy as np
import pytest
from scipy.stats import linregress

from leap_core.model.heads.base import Problem
from leap_core.model.heads.multitarget.gene_weighted import GeneWeightedSettings
from leap_core.model.heads.multitarget.single_genes import single_gene_step
from leap_core.run.mapping import SerialMapper, ThreadMapper


def made(n=200, g=300, q=40, seed=0):
    random = np.random.default_rng(seed)
    return random.normal(size=(n, g)), random.normal(size=(n, q))


def test_a_certain_gene_is_taken_in_with_the_slope_of_least_squares_shrunk_by_its_evidence():
    genes, residuals = made()
    residuals[:, 3] -= 0.8 * genes[:, 17]
    residuals[np.random.default_rng(1).random(200) < 0.2, 3] = np.nan
    found = single_gene_step(genes, residuals, 5.0)
    known = ~np.isnan(residuals[:, 3])
    fit = linregress(genes[known, 17], residuals[known, 3])
    t = fit.slope / fit.stderr
    assert t < -5 and found.genes[3] == 17
    assert found.weights[3] == pytest.approx(fit.slope * (1 - 25 / t**2), rel=1e-9)
    assert found.offsets[3] == pytest.approx(-found.weights[3] * genes[known, 17].mean(), rel=1e-9)
    assert not np.delete(found.weights, 3).any() and not np.delete(found.offsets, 3).any()
    # Its weight begins at 0: just above the evidence there is next to nothing of it.
    assert abs(single_gene_step(genes, residuals, abs(t) - 1e-3).weights[3]) < 1e-3
    assert single_gene_step(genes, residuals, abs(t) + 1e-3).weights[3] == 0


def test_a_few_lines_do_not_decide():
    genes, residuals = made()
    genes[:, 5] = 0.0
    genes[:3, 5], residuals[:3, 2] = 3.0, 9.0
    assert abs(np.corrcoef(genes[:, 5], residuals[:, 2])[0, 1]) > 0.5
    assert single_gene_step(genes, residuals, 5.0).weights[2] == 0
    # Twenty do.
    genes[:20, 5], residuals[:20, 2] = 3.0, 9.0
    assert single_gene_step(genes, residuals, 5.0).genes[2] == 5


def test_copies_are_no_evidence_and_few_lines_none_at_all():
    genes, residuals = made(n=60)
    residuals[:, 0] += 0.9 * genes[:, 1]
    alone = single_gene_step(genes, residuals, 5.0).weights
    rows = np.repeat(np.arange(60), 4)
    copied = single_gene_step(genes[rows], residuals[rows], 5.0, 0.25)
    np.testing.assert_allclose(copied.weights[0], alone[0], rtol=0.05)
    assert alone[0] > 0
    residuals[29:, 0] = np.nan
    assert not single_gene_step(genes, residuals, 5.0).weights.any()
    assert not single_gene_step(genes, np.full((60, 2), np.nan), 5.0).weights.any()
    assert not single_gene_step(np.zeros((60, 3)), residuals, 5.0).weights.any()


def test_a_paralog_of_one_perturbation_is_learnt_beside_what_all_share():
    """One perturbation of fifty hangs on a gene that no other does: what is shared does not hold it."""
    random = np.random.default_rng(7)
    folds = np.arange(300) % 5
    x = random.normal(size=(600, 1000))
    y = x[:, :6] @ random.normal(size=(6, 50)) + random.normal(size=(600, 50))
    y[:, 9] += 1.5 * x[:, 150] - x[:, :6] @ random.normal(size=6)
    train, new = x[:300].astype(np.float32), x[300:].astype(np.float32)
    problem = Problem(train, y[:300].astype(np.float32), folds)
    heads = GeneWeightedSettings().fit_heads(problem, SerialMapper())
    without = GeneWeightedSettings(min_t=1e6).fit_heads(problem, SerialMapper())
    ours, theirs = (np.corrcoef(part.predict(new).mean(axis=0)[:, 9], y[300:, 9])[0, 1] for part in (heads, without))
    assert ours > 0.75 and ours > theirs + 0.05
    assert (heads.single_genes[:, 9] == 150).all() and heads.single_weights[:, 9].min() > 0.1
    weights = heads.mean_weights(np.arange(50))
    np.testing.assert_allclose(
        new @ weights + heads.intercepts.mean(axis=0), heads.predict(new).mean(axis=0), rtol=1e-3, atol=1e-3
    )
    threads = GeneWeightedSettings().fit_heads(problem, ThreadMapper(3))
    assert (
        threads.single_weights.tobytes() == heads.single_weights.tobytes()
        and threads.single_genes.tobytes() == heads.single_genes.tobytes()
    )
    # Nothing of a fold's held-out lines.
    changed = y[:300].astype(np.float32)
    changed[folds == 1] = random.normal(size=changed[folds == 1].shape)
    again = GeneWeightedSettings().fit_heads(Problem(train, changed, folds), SerialMapper())
    assert again.single_weights[1].tobytes() == heads.single_weights[1].tobytes()
