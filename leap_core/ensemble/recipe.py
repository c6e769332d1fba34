"""Recipes: frozen, serialisable configurations of a layered ensemble, by name."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, replace
from typing import Any, Literal

from leap_core.errors import UserError
from leap_core.regression.base import RegressorSettings
from leap_core.regression.boosting import BoostingSettings
from leap_core.regression.kernel import KernelSettings
from leap_core.regression.lasso import LassoSettings
from leap_core.regression.multitarget import MultiTargetSettings
from leap_core.regression.neighbours import NeighbourSettings
from leap_core.regression.networks import NetworkSettings
from leap_core.regression.pan_networks import PanNetworkSettings
from leap_core.regression.pan_trees import PanTreeSettings
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
class LayerGroup:
    """Layers of one kind: a representation from several seeds, each with a regressor's heads.

    Attributes
    ----------
    representation, regressor
        Settings of the stages.
    layers
        Representation seeds.
    """

    representation: LayerSettings = field(default_factory=ClosedFormAutoencoderSettings)
    regressor: RegressorSettings = field(default_factory=LassoSettings)
    layers: int = 5

    def __post_init__(self) -> None:
        if self.layers < 1:
            raise UserError(f"An ensemble needs at least 1 layer, got {self.layers}.")
        if isinstance(self.representation, PCASettings) and self.layers != 1:
            raise UserError("PCA gives the same components for every seed: it has one layer.")


@dataclass(frozen=True)
class PlannedLayer:
    """One layer of an ensemble: what it is made by, and its number among those of its group."""

    representation: LayerSettings
    regressor: RegressorSettings
    number: int


@dataclass(frozen=True)
class Recipe:
    """Everything that decides what an ensemble learns.

    Attributes
    ----------
    name
        Name on the command line and in the pages.
    preprocessing
        Settings of the first stage.
    groups
        Kinds of layers; the ensemble is the mean over all layers.
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
    groups: tuple[LayerGroup, ...] = (LayerGroup(),)
    folds: int = 5
    seed: int = 0
    layers_see: Literal["training lines only", "all lines with expression"] = "training lines only"

    def __post_init__(self) -> None:
        if not self.groups:
            raise UserError("An ensemble needs at least one group of layers.")
        if self.folds < 2:
            raise UserError(f"Cross-validation needs at least 2 folds, got {self.folds}.")

    @property
    def layers(self) -> int:
        """Number of layers L."""
        return sum(group.layers for group in self.groups)

    @property
    def plan(self) -> tuple[PlannedLayer, ...]:
        """All layers, group after group."""
        return tuple(PlannedLayer(group.representation, group.regressor, number) for group in self.groups for number in range(group.layers))

    @property
    def uses_device(self) -> bool:
        """Whether some layer has use for a GPU."""
        return any(group.representation.uses_device for group in self.groups)

    @property
    def pan(self) -> bool:
        """Whether some layer's model serves all perturbations, told apart by their fingerprints."""
        return any(group.regressor.pan for group in self.groups)

    def as_dict(self) -> dict[str, Any]:
        """Plain, JSON-ready form: the part of an artefact's key that says what was computed."""
        return asdict(self) | {"layers": self.layers}


def as_plain(settings: LayerSettings | RegressorSettings) -> dict[str, Any]:
    """Settings of a stage as plain values."""
    plain: dict[str, Any] = asdict(settings)  # type: ignore[call-overload]
    return plain


def recipe_called(name: str, layers: int | None = None) -> Recipe:
    """Return the recipe called `name`, with another number of layers if given.

    Raises
    ------
    UserError
        If there is no such recipe, or the number of layers makes no sense for it.
    """
    recipes = {recipe.name: recipe for recipe in _recipes()}
    if name not in recipes:
        raise UserError(f"Unknown recipe {name!r}. Known ones: {', '.join(recipes)}.")
    recipe = recipes[name]
    if layers is None:
        return recipe
    if layers < 1:
        raise UserError(f"An ensemble needs at least 1 layer, got {layers}.")
    if len(recipe.groups) > 1:
        raise UserError(
            f"Recipe {name} has {len(recipe.groups)} kinds of layers, whose numbers are part of it; leave the number of layers out."
        )
    return replace(recipe, groups=(replace(recipe.groups[0], layers=layers),))


def _recipes() -> tuple[Recipe, ...]:
    def single(name: str, **settings: Any) -> Recipe:
        return Recipe(name, groups=(LayerGroup(**settings),))

    autoencoder, pca, together = ClosedFormAutoencoderSettings(), PCASettings(), MultiTargetSettings()
    return (
        Recipe(),
        Recipe("leap-best", groups=(LayerGroup(autoencoder, together, 1), LayerGroup(pca, together, 1))),
        single("leap-multitarget", regressor=together, layers=1),
        single("leap-elastic-net", regressor=LassoSettings(l1_ratio=0.5, kind="PS-elastic-net")),
        # Closed-form layers are rotations of each other: what does not see a rotation needs one.
        single("leap-ridge", regressor=RidgeSettings(), layers=1),
        single("leap-kernel-ridge", regressor=KernelSettings(), layers=1),
        single("leap-knn", regressor=NeighbourSettings(), layers=1),
        single("leap-lightgbm", regressor=BoostingSettings()),
        single("leap-mlp", regressor=NetworkSettings()),
        single("pp-lightgbm", regressor=PanTreeSettings(), layers=2),
        single("pp-mlp", regressor=PanNetworkSettings(), layers=2),
        single("pp-tdnn", regressor=PanNetworkSettings.tdnn(), layers=2),
        single("leap-lasso-trained", representation=AutoencoderSettings()),
        single("leap-lasso-paper-schedule", representation=AutoencoderSettings.paper()),
        single("pca-lasso", representation=pca, layers=1),
        single("pca-ridge", representation=pca, regressor=RidgeSettings(), layers=1),
        # 200 lines and 1,000 genes need fewer dimensions.
        single("leap-lasso-demo", representation=ClosedFormAutoencoderSettings(latent=40)),
    )
