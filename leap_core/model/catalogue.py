"""The recipes by name, each with a sentence on what it is."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import Any

from leap_core.errors import UserError
from leap_core.model.heads.kernel import KernelSettings
from leap_core.model.heads.knn import NeighbourSettings
from leap_core.model.heads.lasso.lasso import LassoSettings
from leap_core.model.heads.multitarget.gene_weighted import GeneWeightedSettings
from leap_core.model.heads.multitarget.multitarget import MultiTargetSettings
from leap_core.model.heads.networks.networks import NetworkSettings
from leap_core.model.heads.networks.pan_networks import PanNetworkSettings
from leap_core.model.heads.ridge import RidgeSettings
from leap_core.model.heads.trees.boosting import BoostingSettings
from leap_core.model.heads.trees.pan_trees import PanTreeSettings
from leap_core.model.layers.autoencoder import AutoencoderSettings
from leap_core.model.layers.closed_form import ClosedFormAutoencoderSettings
from leap_core.model.layers.identity import IdentitySettings
from leap_core.model.layers.pca import PCASettings
from leap_core.model.preprocessing import PreprocessingSettings
from leap_core.model.recipe import LayerGroup, Recipe

DEFAULT = "leap-best"
_DEMO = "leap-lasso-demo"


def recipe_words() -> dict[str, str]:
    """Name of every recipe that is offered, and what it is; the demo's own is not."""
    return {recipe.name: words for recipe, words in _recipes() if recipe.name != _DEMO}


def recipe_called(name: str, layers: int | None = None) -> Recipe:
    """Return the recipe called `name`, with another number of layers if given.

    Raises
    ------
    UserError
        If there is no such recipe, or the number of layers makes no sense for it.
    """
    recipes = {recipe.name: recipe for recipe, _ in _recipes()}
    if name not in recipes:
        raise UserError(f"Unknown recipe {name!r}. Known ones: {', '.join(recipes)}.")
    recipe = recipes[name]
    if layers is None:
        return recipe
    if layers < 1:
        raise UserError(f"An ensemble needs at least 1 layer, got {layers}.")
    if len(recipe.groups) > 1:
        raise UserError(
            f"Recipe {name} has {len(recipe.groups)} kinds of layers, whose numbers are part of it; leave the number of"
            " layers out."
        )
    return replace(recipe, groups=(replace(recipe.groups[0], layers=layers),))


@cache
def _recipes() -> tuple[tuple[Recipe, str], ...]:
    def single(name: str, **settings: Any) -> Recipe:
        return Recipe(name, groups=(LayerGroup(**settings),))

    autoencoder, pca, together = ClosedFormAutoencoderSettings(), PCASettings(), MultiTargetSettings()
    mildly, fully = GeneWeightedSettings(power=1 / 3), GeneWeightedSettings()
    layers = (
        LayerGroup(autoencoder, together, 1),
        LayerGroup(IdentitySettings(), mildly, 1),
        LayerGroup(IdentitySettings(), fully, 1),
    )
    return (
        (
            Recipe(DEFAULT, PreprocessingSettings(centre_lines=True, clip=3.0), layers),
            (
                "an autoencoder and two layers of weighted genes, multi-target ridge: the default, the most accurate on"
                " real screens, quick"
            ),
        ),
        (Recipe("leap-lasso"), "as published: five masked autoencoders, LASSO"),
        (single("leap-multitarget", regressor=together, layers=1), "one masked autoencoder, multi-target ridge"),
        (
            single("leap-gene-weighted", representation=IdentitySettings(), regressor=mildly, layers=1),
            "genes weighted by what they say about all perturbations, multi-target ridge",
        ),
        (
            single("leap-elastic-net", regressor=LassoSettings(l1_ratio=0.5, kind="PS-elastic-net")),
            "five masked autoencoders, elastic net",
        ),
        # Closed-form layers are rotations of each other: what does not see a rotation needs one.
        (single("leap-ridge", regressor=RidgeSettings(), layers=1), "one masked autoencoder, ridge"),
        (
            single("leap-kernel-ridge", regressor=KernelSettings(), layers=1),
            "one masked autoencoder, kernel ridge (RBF)",
        ),
        (
            single("leap-knn", regressor=NeighbourSettings(), layers=1),
            "one masked autoencoder, mean of the five nearest lines",
        ),
        (single("leap-lightgbm", regressor=BoostingSettings()), "five masked autoencoders, boosted trees: slow"),
        (single("leap-mlp", regressor=NetworkSettings()), "five masked autoencoders, small neural networks: slow"),
        (
            single("pp-lightgbm", regressor=PanTreeSettings(), layers=2),
            "pan-perturbation boosted trees, needs fingerprints: slow",
        ),
        (
            single("pp-mlp", regressor=PanNetworkSettings(), layers=2),
            "pan-perturbation network, needs fingerprints: slow",
        ),
        (
            single("pp-tdnn", regressor=PanNetworkSettings.tdnn(), layers=2),
            "narrower pan-perturbation network, needs fingerprints: slow",
        ),
        (
            single("leap-lasso-trained", representation=AutoencoderSettings()),
            "five autoencoders trained by gradient descent, LASSO: slow",
        ),
        (
            single("leap-lasso-paper-schedule", representation=AutoencoderSettings.paper()),
            "the same on the published schedule: very slow",
        ),
        (
            single("ae-lasso", representation=ClosedFormAutoencoderSettings(mask_probability=0.0)),
            "five autoencoders without masks, LASSO",
        ),
        (
            single("damae-lasso", representation=ClosedFormAutoencoderSettings(noise=0.01)),
            "five masked autoencoders with noise on the input, LASSO",
        ),
        (single("pca-lasso", representation=pca, layers=1), "one PCA layer, LASSO"),
        (single("pca-ridge", representation=pca, regressor=RidgeSettings(), layers=1), "one PCA layer, ridge"),
        # Paths of 5,000 dimensions take an hour where those of 1,000 take minutes.
        (
            Recipe(
                "identity-lasso",
                PreprocessingSettings(max_genes=1000),
                (LayerGroup(IdentitySettings(), LassoSettings(), 1),),
            ),
            "the 1,000 most variable genes as they are, LASSO: slow",
        ),
        # 200 lines and 1,000 genes need fewer dimensions.
        (single(_DEMO, representation=ClosedFormAutoencoderSettings(latent=40)), "the demo's own"),
    )
