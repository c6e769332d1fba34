"""ComBat with a frozen reference.

Its definition written down once more, planted batches, gaps, and what stays as it is.
"""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from leap_core.errors import UserError
from leap_core.panel.joining import combat, join_study


def made(n=60, m=15, g=40, seed=0):
    random = np.random.default_rng(seed)
    level = random.normal(6, 2, size=g)
    reference = level + random.normal(size=(n, g)) * random.uniform(0.5, 2, size=g)
    shift, spread = random.normal(1.0, 0.4, size=g), random.uniform(1.2, 2.0, size=g)
    truth = level + random.normal(size=(m, g)) * reference.std(axis=0)
    return reference, truth, (truth - level) * spread + level + shift * reference.std(axis=0)


def written_down(reference, batch):
    """Gene by gene, from the paper's formulae, iterated far beyond any tolerance."""
    mean, scale = reference.mean(axis=0), reference.std(axis=0)
    z = (batch - mean) / scale
    gamma, delta, n = z.mean(axis=0), z.var(axis=0, ddof=1), len(z)
    gamma_bar, tau = gamma.mean(), gamma.var(ddof=1)
    v, s = delta.mean(), delta.var(ddof=1)
    shape, rate = (2 * s + v**2) / s, (v * s + v**3) / s
    result = np.empty_like(batch)
    for gene in range(z.shape[1]):
        a, b = gamma[gene], delta[gene]
        for _ in range(500):
            a = (n * tau * gamma[gene] + b * gamma_bar) / (n * tau + b)
            b = (rate + 0.5 * np.square(z[:, gene] - a).sum()) / (n / 2 + shape - 1)
        result[:, gene] = (z[:, gene] - a) / np.sqrt(b) * scale[gene] + mean[gene]
    return result


@given(st.integers(0, 1000))
def test_combat_is_what_the_paper_writes_down(seed):
    reference, _, batch = made(seed=seed)
    np.testing.assert_allclose(combat(reference, batch), written_down(reference, batch), rtol=2e-3, atol=2e-3)


def test_a_planted_batch_is_taken_off_and_the_reference_stays():
    reference, _, batch = made(m=30)
    before = reference.copy()
    found = combat(reference, batch)
    np.testing.assert_array_equal(reference, before)
    # Of 30 samples a gene's mean is known to a fifth of its deviation; what was planted is five times that.
    moved = np.abs(batch.mean(axis=0) - reference.mean(axis=0)) / reference.std(axis=0)
    left = np.abs(found.mean(axis=0) - reference.mean(axis=0)) / reference.std(axis=0)
    assert moved.mean() > 0.8 and left.mean() < 0.15
    assert abs(np.log(found.std(axis=0) / reference.std(axis=0)).mean()) < 0.05
    # Within a gene samples keep their order.
    assert (np.argsort(found, axis=0) == np.argsort(batch, axis=0)).all()


def test_gaps_and_genes_that_do_not_vary_stay():
    reference, _, batch = made()
    reference[:, 3], batch[:, 5], batch[4, 7] = 2.0, 1.0, np.nan
    found = combat(reference, batch)
    np.testing.assert_array_equal(found[:, 3], batch[:, 3])
    np.testing.assert_array_equal(found[:, 5], batch[:, 5])
    assert np.isnan(found[4, 7]) and np.isfinite(np.delete(found[:, 7], 4)).all()
    np.testing.assert_array_equal(combat(reference[:, :1], batch[:, :1]), batch[:, :1])


def test_few_samples_are_mapped_to_the_quantiles_and_said_so():
    reference, _, batch = made()
    genes = [f"G{number}" for number in range(40)]
    panel, other = (
        pd.DataFrame(reference, columns=genes),
        pd.DataFrame(batch, columns=genes)[[*genes[5:], *genes[:5]]].assign(extra=1.0),
    )
    found, words = join_study(panel, other)
    assert words.startswith("ComBat") and found.columns.tolist() == genes
    np.testing.assert_allclose(found.to_numpy(), combat(reference, batch), rtol=1e-5)
    few, words = join_study(panel, other.iloc[:9])
    assert "9 lines are too few for ComBat" in words
    assert few.to_numpy().min() >= reference.min() and few.to_numpy().max() <= reference.max()
    same, words = join_study(panel, other, "none")
    assert words == "as it is" and same.equals(other[genes])
    with pytest.raises(UserError, match="10 lines at least"):
        join_study(panel, other.iloc[:9], "combat")
    with pytest.raises(UserError, match="share no gene"):
        join_study(panel, other.add_prefix("x"))
