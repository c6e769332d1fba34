"""Preprocessing and layers: frozen statistics, PCA against scikit-learn, an autoencoder that learns."""

import numpy as np
import pandas as pd
import pytest
from sklearn.decomposition import PCA

from leap_core.errors import PanelError
from leap_core.model.layers.autoencoder import AutoencoderSettings, _corrupted
from leap_core.model.layers.identity import IdentityLayer, IdentitySettings
from leap_core.model.layers.pca import PCASettings
from leap_core.model.preprocessing import PreprocessingSettings, Standardiser
from leap_core.run.codec import read_object, write_object


@pytest.fixture
def standardised():
    random = np.random.default_rng(0)
    x = random.normal(size=(120, 8)) @ random.normal(size=(8, 50)) + 0.4 * random.normal(size=(120, 50))
    return ((x - x.mean(0)) / x.std(0)).astype(np.float32)


PATIENTS = [f"P{number}" for number in range(120)]


def test_standardiser_is_learnt_on_training_lines_and_frozen():
    random = np.random.default_rng(1)
    train = pd.DataFrame(random.normal(5, 2, (40, 6)), columns=list("ABCDEF"))
    train.loc[0, "A"] = np.nan
    train.loc[:5, "B"] = np.nan
    train["C"] = 1.0
    fitted = Standardiser.fit(train, PreprocessingSettings(max_genes=3))
    variances = train[["A", "D", "E", "F"]].var()
    assert set(fitted.genes) == set(variances.nlargest(3).index)
    result = fitted.transform(train)
    np.testing.assert_allclose(result.mean(axis=0), 0, atol=1e-6)
    np.testing.assert_allclose(result.std(axis=0), 1, atol=1e-5)
    gene = fitted.genes[0]
    one = pd.DataFrame({gene: [7.0], "new": [1.0]})
    assert fitted.transform(one)[0, 0] == pytest.approx(
        (7.0 - train[gene].mean()) / np.sqrt(np.nansum((train[gene] - train[gene].mean()) ** 2) / len(train)), rel=1e-5
    )
    assert not fitted.transform(one)[0, 1:].any()


def test_lines_are_centred_over_the_genes_they_have_and_the_far_is_brought_near(tmp_path):
    random = np.random.default_rng(4)
    train = pd.DataFrame(random.normal(5, 2, (60, 30)), columns=[f"G{n}" for n in range(30)])
    plain = Standardiser.fit(train, PreprocessingSettings()).transform(train)
    fitted = Standardiser.fit(train, PreprocessingSettings(centre_lines=True, clip=1.5))
    expected = np.clip(plain - np.clip(plain, -1.5, 1.5).mean(axis=1, keepdims=True), -1.5, 1.5)
    np.testing.assert_allclose(fitted.transform(train), expected, atol=1e-5)
    # A sample whose genes all lie higher by as many standard deviations is the same sample.
    shifted, near = train + 0.1 * fitted.scale, Standardiser.fit(train, PreprocessingSettings(centre_lines=True))
    np.testing.assert_allclose(near.transform(shifted), near.transform(train), atol=1e-5)
    # A gene that lies far out does not move the others.
    far = train.iloc[[0]].copy()
    far["G5"] += [1e4]
    moved = np.abs(fitted.transform(far) - fitted.transform(train.iloc[[0]]))[0]
    assert np.delete(moved, 5).max() < 2 * 1.5 / 30 + 1e-6
    # A gene that is not there takes no part in the mean.
    few = train.iloc[[0]].drop(columns=["G3", "G7"])
    there = [n for n in range(30) if n not in (3, 7)]
    found = fitted.transform(few)
    np.testing.assert_allclose(
        found[0, there], np.clip(plain[0, there] - np.clip(plain[0, there], -1.5, 1.5).mean(), -1.5, 1.5), atol=1e-5
    )
    assert not found[0, [3, 7]].any() and not fitted.transform(few.add_prefix("not ")).any()
    assert all(
        fitted.transform(train.iloc[[row]]).tobytes() == fitted.transform(train)[row].tobytes() for row in range(20)
    )
    write_object(tmp_path, fitted)
    read = read_object(tmp_path, Standardiser)
    assert (read.genes, read.centre_lines, read.clip) == (fitted.genes, True, 1.5) and read.transform(
        few
    ).tobytes() == found.tobytes()
    with pytest.raises(ValueError, match="clip"):
        PreprocessingSettings(clip=0.0)


def test_the_identity_is_kept_as_a_number_of_genes(standardised, tmp_path):
    layer = IdentitySettings().fit_layer(standardised, PATIENTS, 0, "cpu")
    write_object(tmp_path, layer)
    read = read_object(tmp_path, IdentityLayer)
    assert isinstance(read, IdentityLayer) and read == layer and read.genes == 50
    assert read.encode(standardised).tobytes() == standardised.tobytes()
    assert sum(path.stat().st_size for path in tmp_path.iterdir()) < 200


def test_nothing_that_varies_is_an_error():
    with pytest.raises(PanelError, match="genes vary"):
        Standardiser.fit(pd.DataFrame(np.ones((10, 4)), columns=list("ABCD")), PreprocessingSettings())


@pytest.mark.parametrize("shape", [(120, 50), (30, 50)])
def test_pca_agrees_with_scikit_learn(standardised, shape):
    x = standardised[: shape[0]]
    layer = PCASettings(components=5).fit_layer(x, PATIENTS[: len(x)], 0, "cpu")
    expected = PCA(5, svd_solver="full").fit(x)
    np.testing.assert_allclose(np.abs(layer.encode(x)), np.abs(expected.transform(x)), atol=2e-4)
    assert layer.diagnostics["explained_variance"] == pytest.approx(expected.explained_variance_ratio_.sum(), rel=1e-4)


def fit(x, seed=1, **settings):
    return AutoencoderSettings(latent=8, max_epochs=60, learning_rate=1e-2, **settings).fit_layer(
        x, PATIENTS[: len(x)], seed, "cpu"
    )


def test_autoencoder_learns_the_planted_factors(standardised):
    layer = fit(standardised)
    assert layer.diagnostics["validation_loss"] < 0.35
    latent = np.column_stack([layer.encode(standardised), np.ones(len(standardised))])
    fitted = latent @ np.linalg.lstsq(latent, standardised, rcond=None)[0]
    assert np.square(standardised - fitted).mean() < 0.2


def test_same_seed_same_bits_other_seed_other_layer(standardised):
    first, again, other = fit(standardised), fit(standardised), fit(standardised, seed=2)
    assert first.weights.tobytes() == again.weights.tobytes() and first.offset.tobytes() == again.offset.tobytes()
    assert not np.allclose(first.weights, other.weights)


@pytest.mark.parametrize(
    "settings", [{"corruption": "columns"}, {"corruption": "zeros"}, {"noise": 0.01}, {"mask_probability": 0.0}]
)
def test_every_corruption_learns(standardised, settings):
    assert fit(standardised, **settings).diagnostics["validation_loss"] < 0.5


def test_corruption_replaces_the_stated_share_by_values_of_the_same_gene(standardised):
    import torch

    for corruption in ("rows", "columns"):
        random = torch.Generator().manual_seed(1)
        changed = _corrupted(AutoencoderSettings(corruption=corruption), torch.from_numpy(standardised), random).numpy()
        share = (changed != standardised).mean()
        assert 0.27 < share < 0.33
        for gene in (0, 20):
            assert np.isin(changed[:, gene], standardised[:, gene]).all()


def test_a_constant_schedule_stops_when_nothing_is_gained_any_more(standardised):
    settings = AutoencoderSettings(latent=8, max_epochs=5000, learning_rate=3e-2, schedule="constant", patience=3)
    layer = settings.fit_layer(standardised, PATIENTS[: len(standardised)], 1, "cpu")
    assert layer.diagnostics["epochs"] < 4000 and layer.diagnostics["validation_loss"] < 0.5


def test_company_does_not_change_a_line(standardised):
    layer = fit(standardised)
    together = layer.encode(standardised)
    alone = np.vstack([layer.encode(standardised[[row]]) for row in range(5)])
    np.testing.assert_allclose(together[:5], alone, rtol=1e-6, atol=1e-6)
