"""The recipes by name, each with a sentence on what it is."""

from __future__ import annotations

from dataclasses import replace

from leap_core.errors import UserError
from leap_core.model.heads.base import RegressorSettings
from leap_core.model.heads.boosting import BoostingSettings, PanTreeSettings
from leap_core.model.heads.kernel import KernelSettings
from leap_core.model.heads.knn import NeighbourSettings
from leap_core.model.heads.lasso.lasso import LassoSettings
from leap_core.model.heads.multitarget.gene_weighted import GeneWeightedSettings
from leap_core.model.heads.multitarget.multitarget import MultiTargetSettings
from leap_core.model.heads.networks import NetworkSettings, PanNetworkSettings
from leap_core.model.heads.ridge import RidgeSettings
from leap_core.model.layers.autoencoder import AutoencoderSettings
from leap_core.model.layers.base import LayerSettings
from leap_core.model.layers.closed_form import ClosedFormAutoencoderSettings
from leap_core.model.layers.identity import IdentitySettings
from leap_core.model.layers.pca import PCASettings
from leap_core.model.preprocessing import PreprocessingSettings
from leap_core.model.recipe import LayerGroup, Recipe, of_one_kind

DEFAULT = "leap-best"
_AUTOENCODER, _GENES = ClosedFormAutoencoderSettings(), IdentitySettings()
_TOGETHER, _MILDLY = MultiTargetSettings(), GeneWeightedSettings(power=1 / 3)
_BEST = Recipe(
    DEFAULT,
    PreprocessingSettings(centre_lines=True, clip=3.0),
    (
        LayerGroup(_AUTOENCODER, _TOGETHER, 1),
        LayerGroup(_GENES, _MILDLY, 1),
        LayerGroup(_GENES, GeneWeightedSettings(), 1),
    ),
)
_TDNN = PanNetworkSettings(
    hidden=(250, 125, 60, 30),
    loss="squares",
    dropouts=(0.0, 0.1, 0.25, 0.45, 0.7),
    batch_size=2048,
    weight_decay=0.5,
    kind="PP-tDNN",
)
_ELASTIC_NET = LassoSettings(l1_ratio=0.5, kind="PS-elastic-net")
# Closed-form layers are rotations of each other: what does not see a rotation needs one.
_TABLE: tuple[tuple[str, int, LayerSettings, RegressorSettings, str], ...] = (
    ("leap-lasso", 5, _AUTOENCODER, LassoSettings(), "as published: five masked autoencoders, LASSO"),
    ("leap-lasso-trained", 5, AutoencoderSettings(), LassoSettings(), "the same, trained by gradient descent: slow"),
    ("leap-multitarget", 1, _AUTOENCODER, _TOGETHER, "one masked autoencoder, multi-target ridge"),
    ("leap-gene-weighted", 1, _GENES, _MILDLY, "genes weighted by what they say about all, multi-target ridge"),
    ("leap-elastic-net", 5, _AUTOENCODER, _ELASTIC_NET, "five masked autoencoders, elastic net"),
    ("leap-ridge", 1, _AUTOENCODER, RidgeSettings(), "one masked autoencoder, ridge"),
    ("leap-kernel-ridge", 1, _AUTOENCODER, KernelSettings(), "one masked autoencoder, kernel ridge (RBF)"),
    ("leap-knn", 1, _AUTOENCODER, NeighbourSettings(), "one masked autoencoder, mean of the five nearest lines"),
    ("leap-lightgbm", 5, _AUTOENCODER, BoostingSettings(), "five masked autoencoders, boosted trees: slow"),
    ("leap-mlp", 5, _AUTOENCODER, NetworkSettings(), "five masked autoencoders, small neural networks: slow"),
    ("pp-lightgbm", 2, _AUTOENCODER, PanTreeSettings(), "pan-perturbation boosted trees, needs fingerprints: slow"),
    ("pp-mlp", 2, _AUTOENCODER, PanNetworkSettings(), "pan-perturbation network, needs fingerprints: slow"),
    ("pp-tdnn", 2, _AUTOENCODER, _TDNN, "narrower pan-perturbation network, needs fingerprints: slow"),
    ("pca-ridge", 1, PCASettings(), RidgeSettings(), "one PCA layer, ridge: the baseline"),
)
RECIPES: dict[str, tuple[Recipe, str]] = {
    DEFAULT: (_BEST, "an autoencoder and two layers of weighted genes, multi-target ridge: the most accurate, quick"),
    **{name: (of_one_kind(name, layer, regressor, count), words) for name, count, layer, regressor, words in _TABLE},
}


def recipe_words() -> dict[str, str]:
    """Name of every recipe, and what it is."""
    return {name: words for name, (_, words) in RECIPES.items()}


def recipe_called(name: str, layers: int | None = None) -> Recipe:
    """Return the recipe called `name`, with another number of layers if given.

    Raises
    ------
    UserError
        If there is no such recipe, or the number of layers makes no sense for it.
    """
    if name not in RECIPES:
        raise UserError(f"Unknown recipe {name!r}. Known ones: {', '.join(RECIPES)}.")
    recipe, _ = RECIPES[name]
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
