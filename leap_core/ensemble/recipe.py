"""Recipes: frozen, serialisable configurations of a layered ensemble, by name."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, replace
from typing import Any, Literal

from leap_core.errors import UserError
from leap_core.regression.base import RegressorSettings
from leap_core.regression.lasso import LassoSettings
from leap_core.regression.ridge import RidgeSettings
from leap_core.representation.autoencoder import AutoencoderSettings
from leap_core.representation.base import LayerSettings
from leap_core.representation.closed_form import ClosedFormAutoencoderSettings
from leap_core.representation.pca import PCASettings
from leap_core.representation.preprocessing import PreprocessingSettings

# Raise one when a change of the code changes its results: artefacts of older versions are then no longer found.
# Layers that are as they were need not be trained again because heads are not.
LAYERS_VERSION = 2
ALGORITHM_VERSION = 3


@dataclass(frozen=True)
class Recipe:
    """Everything that decides what an ensemble learns.

    Attributes
    ----------
    name
        Name on the command line and in the pages.
    preprocessing, representation, regressor
        Settings of the stages.
    layers
        Representation seeds L.
    folds
        Cross-validation folds K.
    seed
        Root of every random number.
    layers_see
        ``"training lines only"``, or ``"all lines with expression"`` (semi-supervised: for production
        models; accuracy is measured with training lines only all the same).
    """

    name: str = "leap-lasso"
    preprocessing: PreprocessingSettings = field(default_factory=PreprocessingSettings)
    representation: LayerSettings = field(default_factory=ClosedFormAutoencoderSettings)
    regressor: RegressorSettings = field(default_factory=LassoSettings)
    layers: int = 5
    folds: int = 5
    seed: int = 0
    layers_see: Literal["training lines only", "all lines with expression"] = "training lines only"

    def __post_init__(self) -> None:
        if self.layers < 1:
            raise UserError(f"An ensemble needs at least 1 layer, got {self.layers}.")
        if self.folds < 2:
            raise UserError(f"Cross-validation needs at least 2 folds, got {self.folds}.")

    def as_dict(self) -> dict[str, Any]:
        """Plain, JSON-ready form: the part of an artefact's key that says what was computed."""
        return asdict(self)


def recipe_called(name: str, layers: int | None = None) -> Recipe:
    """Return the recipe called `name`, with another number of layers if given.

    Raises
    ------
    UserError
        If there is no such recipe, or the number of layers makes no sense for it.
    """
    recipes = {
        "leap-lasso": Recipe(),
        "leap-lasso-trained": Recipe(name="leap-lasso-trained", representation=AutoencoderSettings()),
        "leap-lasso-paper-schedule": Recipe(name="leap-lasso-paper-schedule", representation=AutoencoderSettings.paper()),
        "pca-lasso": Recipe(name="pca-lasso", representation=PCASettings(), layers=1),
        "pca-ridge": Recipe(name="pca-ridge", representation=PCASettings(), regressor=RidgeSettings(), layers=1),
        # 200 lines and 1,000 genes need fewer dimensions.
        "leap-lasso-demo": Recipe(name="leap-lasso-demo", representation=ClosedFormAutoencoderSettings(latent=40)),
    }
    if name not in recipes:
        raise UserError(f"Unknown recipe {name!r}. Known ones: {', '.join(recipes)}.")
    recipe = recipes[name]
    if layers is None:
        return recipe
    if isinstance(recipe.representation, PCASettings) and layers != 1:
        raise UserError(f"Recipe {name} has one layer: PCA gives the same components for every seed.")
    return replace(recipe, layers=layers)
