"""The masked autoencoder in closed form: its second moments, and that nothing has a lower expected loss."""

import numpy as np
import pytest
import torch
from scipy.optimize import minimize

from leap_core.model.layers.autoencoder import AutoencoderSettings, _corrupted
from leap_core.model.layers.closed_form import ClosedFormAutoencoderSettings, random_rotation


def standardised(n, g, factors=4, seed=0):
    random = np.random.default_rng(seed)
    x = random.normal(size=(n, factors)) @ random.normal(size=(factors, g)) + 0.5 * random.normal(size=(n, g))
    return ((x - x.mean(0)) / x.std(0)).astype(np.float32)


def moments(settings, correlation):
    """Expected second moments of a corrupted line, and with the line itself, for genes of variance 1."""
    p, eye = settings.mask_probability, np.eye(len(correlation))
    both, one = (1 - p) ** 2, p * (1 - p)
    corrupted = {
        "rows": (both + p**2) * correlation + 2 * one * eye,
        "columns": both * correlation + (1 - both) * eye,
        "zeros": both * correlation + one * eye,
    }[settings.corruption]
    noise = settings.noise**2 * (1 - p if settings.corruption == "zeros" else 1)
    return corrupted + noise * eye, (1 - p) * correlation


@pytest.mark.parametrize("noise", [0.0, 0.8])
@pytest.mark.parametrize("corruption", ["rows", "columns", "zeros"])
def test_moments_are_those_of_the_corruption_that_training_uses(corruption, noise):
    x = standardised(2000, 6)
    trained, random = AutoencoderSettings(corruption=corruption, noise=noise), torch.Generator().manual_seed(1)
    corrupted, with_line = np.zeros((6, 6)), np.zeros((6, 6))
    for _ in range(200):
        changed = _corrupted(trained, torch.from_numpy(x), random).numpy().astype(np.float64)
        corrupted += changed.T @ changed / len(x) / 200
        with_line += changed.T @ x / len(x) / 200
    settings = ClosedFormAutoencoderSettings(corruption=corruption, noise=noise)
    expected, expected_with_line = moments(settings, x.T @ x / len(x))
    # With a decay of 0 a component of variance v passes on (1 - p) v over its corrupted variance.
    variances, axes = np.linalg.eigh(x.T.astype(float) @ x / len(x))
    shares = (1 - settings.mask_probability) * variances / settings.shares(variances, 0.0)
    np.testing.assert_allclose(np.diag(axes.T @ expected @ axes), shares, rtol=1e-3)
    np.testing.assert_allclose(corrupted, expected, atol=0.01)
    np.testing.assert_allclose(with_line, expected_with_line, atol=0.01)


@pytest.mark.parametrize("corruption", ["rows", "columns", "zeros"])
def test_no_encoder_and_decoder_have_a_lower_expected_loss(corruption):
    settings = ClosedFormAutoencoderSettings(latent=3, corruption=corruption)
    x = standardised(200, 8)
    correlation = np.corrcoef(x.T)
    layer = settings.fit_layer(x, [], 5, "cpu")
    decay = layer.diagnostics["weight_decay"]
    s, t = moments(settings, correlation)

    def loss(flat):
        encoder, decoder = flat[:24].reshape(8, 3), flat[24:].reshape(3, 8)
        product = encoder @ decoder
        return (
            np.trace(correlation)
            - 2 * np.trace(t @ product)
            + np.trace(product.T @ s @ product)
            + decay * (np.square(encoder).sum() + np.square(decoder).sum())
        )

    encoder = layer.weights.astype(np.float64)
    # Balanced: the decoder is the encoder's transpose.
    ours = loss(np.concatenate([encoder.ravel(), encoder.T.ravel()]))
    random = np.random.default_rng(0)
    lowest = min(
        minimize(loss, random.normal(size=48) * 0.3, method="L-BFGS-B", options={"maxiter": 5000}).fun for _ in range(5)
    )
    assert ours == pytest.approx(lowest, rel=1e-5)


def test_without_masks_it_is_the_regularised_linear_autoencoder():
    variances = np.array([9.0, 4.0, 2.0])
    shares = ClosedFormAutoencoderSettings(mask_probability=0.0).shares(variances, 1.0)
    np.testing.assert_allclose(shares, 1 - 1 / variances)


def test_seeds_rotate_the_same_features():
    x = standardised(60, 40)
    settings = ClosedFormAutoencoderSettings(latent=10)
    one, again, other = (settings.fit_layer(x, [], seed, "cpu") for seed in (1, 1, 2))
    assert one.weights.tobytes() == again.weights.tobytes()
    assert not np.allclose(one.weights, other.weights, atol=1e-3)
    np.testing.assert_allclose(one.weights @ one.weights.T, other.weights @ other.weights.T, atol=1e-5)
    rotation = random_rotation(10, 3)
    np.testing.assert_allclose(rotation @ rotation.T, np.eye(10), atol=1e-12)


def test_latent_features_are_centred_and_few_lines_leave_few_dimensions():
    x = standardised(12, 40)
    layer = ClosedFormAutoencoderSettings(latent=256).fit_layer(x, [], 0, "cpu")
    assert layer.weights.shape == (40, 10)
    np.testing.assert_allclose(layer.encode(x).mean(axis=0), 0, atol=1e-5)


def test_reconstructs_unseen_lines_as_well_as_training_does():
    x = standardised(300, 60, factors=6)
    seen, unseen = x[:200], x[200:].astype(np.float64)
    closed = ClosedFormAutoencoderSettings(latent=6).fit_layer(seen, [], 0, "cpu")
    trained = AutoencoderSettings(latent=6, max_epochs=40, learning_rate=1e-2).fit_layer(
        seen, [f"P{i}" for i in range(200)], 0, "cpu"
    )
    weights = closed.weights.astype(np.float64)
    error = np.square(unseen - (closed.encode(x[200:]) @ weights.T)).mean()
    assert error < trained.diagnostics["validation_loss"] * 1.1
    assert error < 0.5 * np.square(unseen).mean()


def test_settings_are_checked():
    with pytest.raises(ValueError, match="latent"):
        ClosedFormAutoencoderSettings(latent=0)
    with pytest.raises(ValueError, match="mask_probability"):
        ClosedFormAutoencoderSettings(mask_probability=1.0)
