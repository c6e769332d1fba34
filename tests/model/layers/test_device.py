"""The autoencoder on a GPU; skipped where there is none."""

import numpy as np
import pytest
import torch

from leap_core.errors import UserError
from leap_core.model.catalogue import recipe_called
from leap_core.model.layers.autoencoder import AutoencoderSettings
from leap_core.model.layers.device import resolve_device

TRAINED = recipe_called("leap-lasso-trained")


def test_a_device_is_looked_for_only_where_it_is_of_use():
    assert resolve_device("cpu", TRAINED.uses_device) == "cpu"
    assert resolve_device("auto", recipe_called("leap-lasso").uses_device) == "cpu"
    assert resolve_device("auto", TRAINED.uses_device) == ("cuda" if torch.cuda.is_available() else "cpu")


@pytest.mark.skipif(torch.cuda.is_available(), reason="this machine has a CUDA device")
def test_asking_for_a_gpu_where_there_is_none_is_a_mistake_in_words():
    with pytest.raises(UserError, match="no CUDA device"):
        resolve_device("cuda", TRAINED.uses_device)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device on this machine")
def test_training_on_a_gpu_gives_nearly_the_same_layer():
    random = np.random.default_rng(0)
    x = (random.normal(size=(120, 8)) @ random.normal(size=(8, 50)) + 0.4 * random.normal(size=(120, 50))).astype(
        np.float32
    )
    x = ((x - x.mean(0)) / x.std(0)).astype(np.float32)
    settings = AutoencoderSettings(latent=8, max_epochs=30, learning_rate=1e-2)
    patients = [f"P{number}" for number in range(120)]
    cpu, gpu = (settings.fit_layer(x, patients, 1, device) for device in ("cpu", "cuda"))
    assert gpu.diagnostics["validation_loss"] == pytest.approx(cpu.diagnostics["validation_loss"], rel=0.05)
    same_weights = (
        torch.from_numpy(x).cuda() @ torch.from_numpy(cpu.weights).cuda() + torch.from_numpy(cpu.offset).cuda()
    )
    np.testing.assert_allclose(same_weights.cpu().numpy(), cpu.encode(x), atol=1e-5 * np.abs(cpu.encode(x)).max())
