"""Recipes that show what each part of the published one gives; benchmarks name them beside those of the catalogue."""

from __future__ import annotations

from dataclasses import replace

from leap_core.model.catalogue import recipe_called
from leap_core.model.heads.lasso.lasso import LassoSettings
from leap_core.model.layers.autoencoder import AutoencoderSettings
from leap_core.model.layers.closed_form import ClosedFormAutoencoderSettings
from leap_core.model.layers.identity import IdentitySettings
from leap_core.model.layers.pca import PCASettings
from leap_core.model.preprocessing import PreprocessingSettings
from leap_core.model.recipe import Recipe, of_one_kind

_PUBLISHED = AutoencoderSettings(schedule="constant", learning_rate=1e-4, batch_size=1024, max_epochs=1000)
_ABLATIONS = (
    # Very slow.
    of_one_kind("leap-lasso-paper-schedule", _PUBLISHED, LassoSettings(), 5),
    of_one_kind("ae-lasso", ClosedFormAutoencoderSettings(mask_probability=0.0), LassoSettings(), 5),
    of_one_kind("damae-lasso", ClosedFormAutoencoderSettings(noise=0.01), LassoSettings(), 5),
    of_one_kind("pca-lasso", PCASettings(), LassoSettings()),
    # Paths of 5,000 dimensions take an hour where those of 1,000 take minutes.
    replace(
        of_one_kind("identity-lasso", IdentitySettings(), LassoSettings()),
        preprocessing=PreprocessingSettings(max_genes=1000),
    ),
)


def recipe_of(name: str) -> Recipe:
    """Return the ablation called `name`, or else the recipe of the catalogue."""
    return next((recipe for recipe in _ABLATIONS if recipe.name == name), None) or recipe_called(name)
