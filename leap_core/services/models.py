"""Trained models by name: load, score with, delete."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from leap_core.accuracy.outer_folds import outer_folds
from leap_core.arrays import Array, Ints, Mask, Matrix
from leap_core.errors import LeapError, StoreError, UnknownModelError, UserError
from leap_core.genes.names import GeneNames
from leap_core.io.gene_sets import GeneSets
from leap_core.io.reference import Reference
from leap_core.model.ensemble import FittedEnsemble, Predictions
from leap_core.model.stages import read_layer, read_layer_heads
from leap_core.panel.kept import stored_panel
from leap_core.panel.panel import Panel
from leap_core.panel.status import OK, response_status
from leap_core.passport.familiarity import class_of, measured_class_errors
from leap_core.passport.reference import PanelReference
from leap_core.pilot.update import KnownPanel
from leap_core.ranking.annotations import Annotations
from leap_core.ranking.checks import Groups, coverage_check, probability_check
from leap_core.ranking.comparison import difference_width
from leap_core.ranking.dependency_rule import DependencyRule
from leap_core.ranking.intervals import LEVELS
from leap_core.ranking.list_calibration import ListCalibration
from leap_core.ranking.sample_columns import PanelPredictions
from leap_core.ranking.selectivity import relative_z
from leap_core.ranking.widening import interval_ratios
from leap_core.run.codec import OlderFormError
from leap_core.run.store import AGAIN, Store
from leap_core.services.training import MODEL_CONTENTS, TrainedModel


@dataclass(frozen=True)
class Model:
    """A trained model as pages, exports and the API use it; nothing of it is ever changed.

    Attributes
    ----------
    name, key
        Its name, and the key of its artefact.
    panel
        What it was trained on.
    ensemble
        The fitted ensemble.
    trained
        What the training kept.
    created
        When training ended (ISO 8601, UTC).
    fit_seconds, accuracy_seconds
        What fitting the ensemble took, and what measuring its accuracy took beside it.
    studies
        Models of the panel's further studies, by name.
    """

    name: str
    key: str
    panel: Panel
    ensemble: FittedEnsemble
    trained: TrainedModel
    created: str
    fit_seconds: float
    accuracy_seconds: float
    studies: dict[str, Model] = field(default_factory=dict, kw_only=True)

    @property
    def table(self) -> pd.DataFrame:
        """Per perturbation: status, accuracy on unseen lines, baselines, panel summary."""
        return self.trained.table

    @property
    def recipe(self) -> dict[str, Any]:
        """The recipe as plain values."""
        return self.trained.recipe

    @property
    def accuracy_measured(self) -> bool:
        """Whether the outer cross-fit was run."""
        return self.trained.accuracy == "outer"

    @property
    def common_essential_rule(self) -> str:
        """How common essentials were told, in words; nothing for drugs."""
        return self.trained.common_essential_rule

    @property
    def line_errors(self) -> pd.DataFrame | None:
        """Errors and distance percentiles per line (see `leap_core.passport.familiarity`); None where not measured."""
        return self.trained.line_errors

    @property
    def cross_validated(self) -> dict[str, Matrix]:
        """By method: predictions (n, q) of every line without its outer fold, of the `learnable` perturbations."""
        return self.trained.cross_validated

    @property
    def calibration(self) -> ListCalibration:
        """Spread, calibrators and yield of lists."""
        if self.trained.calibration is None:
            raise StoreError(f"{self.name} was kept without its calibration; train it again.")
        return self.trained.calibration

    @cached_property
    def outer_folds(self) -> Ints:
        """(n,) outer fold of each panel line."""
        return outer_folds(self.panel.patients, self.recipe["seed"])

    @cached_property
    def learnable(self) -> Mask:
        """(p,) which perturbations could be learnt from."""
        return response_status(self.panel.response.to_numpy(), self.panel.score.binary) == OK

    @cached_property
    def _cross_validated_z(self) -> Array:
        """Robust z (n, q) of every line by the outer fold that did not see it."""
        spread = self.calibration.spread.among(self.learnable)
        return spread.of_lines(self.cross_validated["leap"], self.ensemble.folds)

    @cached_property
    def _cross_validated_probability(self) -> Array:
        """Probability (n, q) of a true, selective dependency by `_cross_validated_z`."""
        z = relative_z(self._cross_validated_z, self.panel.score)
        return self.calibration.calibrator.among(self.learnable).probability(z)

    @cached_property
    def probability_check(self) -> pd.DataFrame | None:
        """Said and found probabilities of held-out lines (see `leap_core.ranking.checks`); None where not measured."""
        if not self.cross_validated:
            return None
        here = self.panel.response.to_numpy()[:, self.learnable]
        event = DependencyRule.of(here, self.panel.score).events(here)
        return probability_check(self._cross_validated_probability, event)

    @cached_property
    def panel_predictions(self) -> PanelPredictions:
        """The panel's side of every comparison with a sample."""
        lineages = self.panel.lines["lineage"].to_numpy(dtype=object)
        response = self.panel.response.to_numpy()
        return PanelPredictions.of(
            self.ensemble.out_of_fold, response, self.ensemble.folds, lineages, self.calibration, self.panel.score
        )

    @cached_property
    def coverage_check(self) -> pd.DataFrame | None:
        """How often 80 % intervals of held-out lines held (see `leap_core.ranking.checks`); None where not measured."""
        known = self.panel_predictions
        if self.line_errors is None or known.errors is None:
            return None
        width = self.calibration.residual_scale * self.calibration.difficulty.at(self._cross_validated_z)
        classes = np.array([class_of(percentile) for percentile in self.line_errors["kinship"]], dtype=object)
        groups = Groups(known.lineages, classes, self._cross_validated_probability)
        response = self.panel.response.to_numpy()[:, self.learnable]
        distance = np.abs(response - self.cross_validated["leap"]).astype(np.float64)
        ratios = interval_ratios(distance, known.errors[:, self.learnable], width, LEVELS[:1])
        return coverage_check(ratios, groups, self.outer_folds, LEVELS[:1])

    @cached_property
    def difference_width(self) -> pd.Series:
        """Half the width of an 80 % interval for the difference of two lines, by perturbation."""
        width = difference_width(self.ensemble.out_of_fold, self.panel.response.to_numpy())
        return pd.Series(width, list(self.ensemble.perturbations))

    @cached_property
    def known_panel(self) -> KnownPanel:
        """The panel's lines as a pilot is held beside them; only where accuracy was measured."""
        assert self.line_errors is not None
        return KnownPanel(
            measured=self.panel.response.to_numpy(),
            out_of_fold=self.ensemble.out_of_fold,
            cross_validated=self.cross_validated,
            folds=self.ensemble.folds,
            outer_folds=self.outer_folds,
            learnable=self.learnable,
            patients=tuple(self.panel.patients),
            lineages=self.panel.lines["lineage"].to_numpy(dtype=object),
            classes=np.array([class_of(percentile) for percentile in self.line_errors["kinship"]], dtype=object),
            table=self.table,
            score=self.panel.score,
        )

    @cached_property
    def reference(self) -> PanelReference:
        """The panel as samples are held against it."""
        errors = None if self.line_errors is None else measured_class_errors(self.line_errors, self.panel.patients)
        return PanelReference(
            self.name, self.panel, self.ensemble.standardiser, self.outer_folds, self.trained.lineage_guess, errors
        )


def load_model(name: str, store: Store) -> Model:
    """Load a model by name; from here on it is read only, and its arrays stay on disk until they are used.

    Raises
    ------
    UnknownModelError
        If there is none of that name.
    StoreError
        If it was trained by an older version of this program, or something of it is damaged or missing.
    """
    key = store.resolve(name)
    try:
        return _opened(name, key, store)
    except OlderFormError as error:
        raise StoreError(
            f"{name} was trained by an older version of this program. Train it again from the same files; what has"
            " not changed is found."
        ) from error
    except StoreError as error:
        raise StoreError(f"{name} cannot be used. {error}") from error
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
        # The files are what somebody wrote, but not what this program writes.
        raise StoreError(f"{name} cannot be used: its parts do not go together ({error}). {AGAIN}") from error


def _opened(name: str, key: str, store: Store) -> Model:
    if store.manifest(key)["made_from"].get("contents") != MODEL_CONTENTS:
        raise OlderFormError(f"{name} holds what models held before.")
    trained = store.read(key, TrainedModel)
    # All at once, several at a time; each is then read without being looked at again.
    for problem in store.damages(trained.parts).values():
        raise StoreError(f"{problem} {AGAIN}")
    studies = {study.study: study.key for study in trained.studies}
    model = _put_together(name, key, trained, store)
    return replace(
        model,
        studies={
            study: _put_together(f"{name}, {study}", own, store.read(own, TrainedModel), store)
            for study, own in studies.items()
        },
    )


def _put_together(name: str, key: str, trained: TrainedModel, store: Store) -> Model:
    """A model of parts that are sound."""
    panel = stored_panel(trained.panel, store)
    ensemble = FittedEnsemble(
        standardiser=trained.standardiser,
        layers=tuple(read_layer(layer, store) for layer in trained.layers),
        heads=tuple(read_layer_heads(keys, store) for keys in trained.heads),
        out_of_fold=trained.out_of_fold,
        folds=trained.folds,
        perturbations=tuple(panel.response.columns),
        higher_is_stronger=panel.score.higher_is_stronger,
    )
    if len(panel.lines) != len(trained.folds) or list(trained.table.index) != list(panel.response.columns):
        raise ValueError("the panel has other lines or perturbations")
    fitted = {*trained.layers, *(part for keys in trained.heads for part in keys)}
    return Model(
        name=name,
        key=key,
        panel=panel,
        ensemble=ensemble,
        trained=trained,
        created=str(store.manifest(key)["created"]),
        fit_seconds=_seconds(fitted, store),
        accuracy_seconds=_seconds(set(trained.accuracy_keys), store),
    )


def _seconds(keys: set[str], store: Store) -> float:
    """Seconds that artefacts took; an outer fold's own include those of what it rests on, so the parts are counted."""
    manifests = [store.manifest(key) for key in keys if store.has(key)]
    whole = ("outer fold", "lineages left out")
    return sum(float(manifest["seconds"]) for manifest in manifests if manifest["made_from"]["stage"] not in whole)


def reference_of(store: Store) -> Reference:
    """Reference tables of a store: what the user fetched lies beside the models."""
    return Reference(store.home / "reference")


def known_genes(models: Iterable[Model]) -> set[str]:
    """Symbols that some models know."""
    return {gene for model in models for gene in model.ensemble.standardiser.genes}


def gene_names_of(store: Store, models: Iterable[Model]) -> GeneNames:
    """Tables of identifiers: HGNC's, fetched or as it comes with the program, and what the models' headers say."""
    entrez = {key: symbol for model in models for key, symbol in model.panel.entrez.items()}
    return reference_of(store).gene_names().with_entrez(entrez)


def gene_sets_of(model: Model, sets: GeneSets | str | Path, store: Store) -> GeneSets:
    """Gene sets, a file of them, or kept ones by name, under the names that a model has for its genes.

    Raises
    ------
    UserError
        If there is no such file or name, or no set that shares genes with the model.
    """
    found = sets if isinstance(sets, GeneSets) else reference_of(store).gene_sets_at(sets)
    return found.for_genes(model.ensemble.standardiser.genes, gene_names_of(store, [model]))


def annotations_of(store: Store, names: GeneNames) -> Annotations:
    """Tables of drugs and the list of common essentials that the user supplied."""
    reference = reference_of(store)
    record, essentials = reference.essentials()
    records = reference.drug_shelf.records()
    supplied = [
        record.get("sha256"),
        reference.gene_names_record().get("sha256", ""),
        *((entry["name"], entry["sha256"]) for entry in records),
    ]
    key = hashlib.sha256(repr(supplied).encode()).hexdigest()
    return Annotations(names, reference.drugs(), essentials, key)


def predict(model: Model, samples: pd.DataFrame) -> Predictions:
    """Score samples (m, genes), already in the panel's unit."""
    return model.ensemble.predict(samples)


def delete_model(name: str, store: Store) -> int:
    """Delete a model, its explanations and whatever no other model rests on; return how many bytes that freed.

    While something is trained, only the name goes: the training may rest on what the model used, and
    `leap_core.services.housekeeping.clean` frees it later.

    Raises
    ------
    UnknownModelError
        If there is none of that name.
    UserError
        If it cannot be deleted: it is then as it was, or the message says what is left.
    """
    with store.alone() as free:
        own, key = _owned(name, store), _key(name, store)
        store.forget(name)
        others = [_owned(other, store) for other in store.names()]
        if not free or own is None or None in others:
            return 0
        shared = set[str]().union(*(keys for keys in others if keys is not None))
        if key is not None and key not in shared:
            own |= store.keys_of("explanation", model=key)
        try:
            return store.discard(own - shared)
        except UserError as error:
            raise UserError(f"{name} is deleted, but not all that only it used is. {error}") from error


def _key(name: str, store: Store) -> str | None:
    """Key of the model; None where what the name stands for cannot be read."""
    try:
        return store.resolve(name)
    except UnknownModelError:
        raise
    except LeapError:
        return None


def _owned(name: str, store: Store) -> set[str] | None:
    """`model_keys`; None where what the name stands for cannot be read."""
    return None if _key(name, store) is None else model_keys(name, store)


def model_keys(name: str, store: Store) -> set[str]:
    """Keys of the model's own artefact, its panel, layers, heads, and what its accuracy rests on: those there are.

    Also where it is damaged, or of an older form.
    """
    key = store.resolve(name)
    return {part for part in {key, *store.named_by(key)} if store.has(part)}
