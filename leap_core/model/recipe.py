"""Recipes: frozen, serialisable configurations of a layered ensemble."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from fractions import Fraction
from typing import Any, Literal

from leap_core.errors import UserError
from leap_core.model.heads.base import RegressorSettings
from leap_core.model.heads.lasso.lasso import LassoSettings
from leap_core.model.layers.base import LayerSettings
from leap_core.model.layers.closed_form import ClosedFormAutoencoderSettings
from leap_core.model.layers.identity import IdentitySettings
from leap_core.model.layers.pca import PCASettings
from leap_core.model.preprocessing import PreprocessingSettings


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
        if isinstance(self.representation, (PCASettings, IdentitySettings)) and self.layers != 1:
            raise UserError(f"{self.representation.kind} is the same for every seed: it has one layer.")


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
        return tuple(
            PlannedLayer(group.representation, group.regressor, number)
            for group in self.groups
            for number in range(group.layers)
        )

    @property
    def uses_device(self) -> bool:
        """Whether some layer has use for a GPU."""
        return any(group.representation.uses_device for group in self.groups)

    @property
    def pan(self) -> bool:
        """Whether some layer's model serves all perturbations, told apart by their fingerprints."""
        return any(group.regressor.pan for group in self.groups)

    @property
    def takes_further(self) -> bool:
        """Whether some layer's regressor learns from other studies, too."""
        return any(group.regressor.takes_further for group in self.groups)

    def as_dict(self) -> dict[str, Any]:
        """Plain, JSON-ready form: the part of an artefact's key that says what was computed."""
        return asdict(self) | {"layers": self.layers}


def of_one_kind(name: str, representation: LayerSettings, regressor: RegressorSettings, layers: int = 1) -> Recipe:
    """A recipe of one kind of layers, its preprocessing as published."""
    return Recipe(name, groups=(LayerGroup(representation, regressor, layers),))


def layer_titles(recipe: dict[str, Any]) -> tuple[str, ...]:
    """What each of the L layers is, in a few words.

    Parameters
    ----------
    recipe
        As `Recipe.as_dict` gives it, or as a stored model has it.
    """
    titles = []
    for group in recipe["groups"]:
        kind, power = str(group["representation"]["kind"]), group["regressor"].get("power")
        title = (
            "genes"
            if power is None
            else f"genes weighted by shared variance (power {Fraction(power).limit_denominator(100)})"
        )
        if kind != IdentitySettings().kind:
            title = kind.removesuffix(" in closed form")
        count = int(group["layers"])
        titles += [title] if count == 1 else [f"{title}, seed {number}" for number in range(1, count + 1)]
    return tuple(titles)


def as_plain(settings: LayerSettings | RegressorSettings) -> dict[str, Any]:
    """Settings of a stage as plain values."""
    plain: dict[str, Any] = asdict(settings)  # type: ignore[call-overload]
    return plain
