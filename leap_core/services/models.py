"""Trained models by name: load, score with, delete."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from leap_core.accuracy.outer_folds import outer_folds
from leap_core.errors import StoreError
from leap_core.genes.names import GeneNames
from leap_core.io.reference import Reference
from leap_core.model.ensemble import FittedEnsemble, Predictions
from leap_core.model.layers.principal import principal_components
from leap_core.model.stages import read_layer_heads
from leap_core.panel.kept import stored_panel
from leap_core.panel.panel import Panel
from leap_core.panel.status import OK, response_status
from leap_core.passport.familiarity import ClassErrors, PanelDistances, class_of, measured_class_errors
from leap_core.passport.lineage_guess import LineageGuess
from leap_core.ranking.annotations import Annotations
from leap_core.ranking.calibration import true_dependencies
from leap_core.ranking.checks import Groups, coverage_check, probability_check
from leap_core.ranking.comparison import difference_width
from leap_core.ranking.evidence import Evidence
from leap_core.ranking.intervals import LEVELS
from leap_core.ranking.sample_columns import PanelPredictions
from leap_core.ranking.widening import interval_ratios
from leap_core.run import formats
from leap_core.run.store import Store
from leap_core.services.training import MODEL_CONTENTS, parts_of

Matrix = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Model:
    """A trained model as pages and exports use it; nothing of it is ever changed.

    Attributes
    ----------
    name, key
        Its name, and the key of its artefact.
    panel
        What it was trained on.
    ensemble
        The fitted ensemble.
    table
        Per perturbation: status, accuracy on unseen lines, baselines, panel summary.
    recipe
        Recipe as plain values.
    accuracy_measured
        Whether the outer cross-fit was run.
    created
        When training ended (ISO 8601, UTC).
    fit_seconds, accuracy_seconds
        What fitting the ensemble took, and what measuring its accuracy took beside it.
    outer_folds
        (n,) outer fold of each panel line.
    lineage_guess
        What lineage a sample looks like.
    unseen
        By method: predictions (n, q) of every line by the outer fold that did not see it, of the q perturbations that
        can be learnt (`learnable`); empty where accuracy was not measured.
    evidence
        Spread, calibration and yield of lists.
    common_essential_rule
        How common essentials were told, in words; nothing for drugs.
    line_errors
        Errors and distance percentiles per line where accuracy was measured (see `leap_core.passport.familiarity`).
    """

    name: str
    key: str
    panel: Panel
    ensemble: FittedEnsemble
    table: pd.DataFrame
    recipe: dict[str, Any]
    accuracy_measured: bool
    created: str
    fit_seconds: float
    accuracy_seconds: float
    outer_folds: npt.NDArray[np.int64]
    lineage_guess: LineageGuess
    line_errors: pd.DataFrame | None
    unseen: dict[str, Matrix]
    evidence: Evidence
    common_essential_rule: str

    @cached_property
    def learnable(self) -> npt.NDArray[np.bool_]:
        """(p,) which perturbations could be learnt from."""
        return response_status(self.panel.response.to_numpy(), self.panel.score.binary) == OK

    @cached_property
    def _unseen_z(self) -> npt.NDArray[np.float64]:
        """Robust z (n, q) of every line by the outer fold that did not see it."""
        return self.evidence.spread.among(self.learnable).of_lines(self.unseen["leap"], self.ensemble.folds)

    @cached_property
    def _unseen_probability(self) -> npt.NDArray[np.float64]:
        """Probability (n, q) of a true, selective dependency by `_unseen_z`."""
        return self.evidence.chance.among(self.learnable).probability(self._unseen_z)

    @cached_property
    def probability_check(self) -> pd.DataFrame | None:
        """Said and found probabilities of held-out lines (see `leap_core.ranking.checks`); None where not measured."""
        if not self.unseen:
            return None
        here = self.panel.response.to_numpy()[:, self.learnable]
        return probability_check(
            self._unseen_probability, true_dependencies(here, here, self.evidence.spread.sign, self.panel.score.binary)
        )

    @cached_property
    def panel_predictions(self) -> PanelPredictions:
        """The panel's side of every comparison with a sample."""
        lineages = self.panel.lines["lineage"].to_numpy(dtype=object)
        return PanelPredictions.of(
            self.ensemble.out_of_fold,
            self.panel.response.to_numpy(),
            self.ensemble.folds,
            lineages,
            self.evidence,
            self.panel.score,
        )

    @cached_property
    def coverage_check(self) -> pd.DataFrame | None:
        """How often 80 % intervals of held-out lines held, by part (see `leap_core.ranking.checks`).

        None for calls and where not measured.
        """
        known = self.panel_predictions
        if self.line_errors is None or known.errors is None:
            return None
        width = self.evidence.residual_scale * self.evidence.difficulty.at(self._unseen_z)
        classes = np.array([class_of(percentile) for percentile in self.line_errors["kinship"]], dtype=object)
        groups = Groups(known.lineages, classes, self._unseen_probability)
        distance = np.abs(self.panel.response.to_numpy()[:, self.learnable] - self.unseen["leap"]).astype(np.float64)
        ratios = interval_ratios(distance, known.errors[:, self.learnable], width, LEVELS[:1])
        return coverage_check(ratios, groups, self.outer_folds, LEVELS[:1])

    @cached_property
    def difference_width(self) -> pd.Series:
        """Half the width of an 80 % interval for the difference of two lines, by perturbation."""
        return pd.Series(
            difference_width(self.ensemble.out_of_fold, self.panel.response.to_numpy()),
            list(self.ensemble.perturbations),
        )

    @cached_property
    def panel_standardised(self) -> Matrix:
        """Panel lines (n, g), standardised."""
        return self.ensemble.standardiser.transform(self.panel.expression)

    @cached_property
    def panel_distances(self) -> PanelDistances:
        """How far the panel's lines lie from each other, by all genes of the model."""
        return PanelDistances.of(
            self.panel.expression[list(self.ensemble.standardiser.genes)].to_numpy(), self.outer_folds
        )

    @cached_property
    def map_axes(self) -> npt.NDArray[np.float64]:
        """(g, 2) the first two principal components of the panel."""
        lines = self.panel_standardised.astype(np.float64)
        return principal_components(lines - lines.mean(axis=0), 2)[1]

    @cached_property
    def class_errors(self) -> ClassErrors | None:
        """Prediction error of familiar, unusual and outside lines that were held out.

        None where it was not measured.
        """
        return None if self.line_errors is None else measured_class_errors(self.line_errors, self.panel.patients)


def load_model(name: str, store: Store) -> Model:
    """Load a model by name; from here on it is read only, and its arrays stay on disk until they are used.

    Raises
    ------
    UnknownModelError
        If there is none of that name.
    StoreError
        If it was trained by an older version of this program.
    """
    key = store.resolve(name)
    folder = store.folder(key)
    content = formats.read_json(folder, "model")
    if content.get("contents") != MODEL_CONTENTS:
        raise StoreError(
            f"{name} was trained by an older version of this program. Train it again from the same files; what has not"
            " changed is found."
        )
    panel = stored_panel(content["panel"], store)
    ensemble = FittedEnsemble(
        standardiser=formats.read_standardiser(folder),
        layers=tuple(formats.read_layer(store.folder(layer)) for layer in content["layers"]),
        heads=tuple(read_layer_heads(tuple(keys), store) for keys in content["heads"]),
        out_of_fold=formats.read_arrays(folder, "out_of_fold")["out_of_fold"],
        folds=formats.read_arrays(folder, "folds")["folds"],
        perturbations=tuple(panel.response.columns),
        higher_is_stronger=panel.score.higher_is_stronger,
    )
    return Model(
        name=name,
        key=key,
        panel=panel,
        ensemble=ensemble,
        table=formats.read_table(folder, "perturbations"),
        recipe=content["recipe"],
        accuracy_measured=content["accuracy"] == "outer",
        created=str(store.manifest(key)["created"]),
        fit_seconds=_seconds({*content["layers"], *(part for keys in content["heads"] for part in keys)}, store),
        accuracy_seconds=_seconds(set(content["evidence"]), store),
        outer_folds=outer_folds(panel.patients, content["recipe"]["seed"]),
        lineage_guess=formats.read_lineage_guess(folder),
        line_errors=formats.read_table(folder, "line_errors") if content["accuracy"] == "outer" else None,
        evidence=formats.read_evidence(folder),
        common_essential_rule=content["common_essential_rule"],
        unseen=formats.read_arrays(folder, "unseen") if content["accuracy"] == "outer" else {},
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
    """Tables of identifiers: HGNC's where it was fetched, and what the headers of the models' panels say."""
    entrez = {key: symbol for model in models for key, symbol in model.panel.entrez.items()}
    return reference_of(store).gene_names().with_entrez(entrez)


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


def panel_key_of(model: Model, store: Store) -> str:
    """Key of the stored panel that a model was trained on."""
    return str(formats.read_json(store.folder(model.key), "model")["panel"])


def delete_model(name: str, store: Store) -> int:
    """Delete a model, its explanations and whatever no other model rests on; return how many bytes that freed."""
    key, own = store.resolve(name), model_keys(name, store)
    store.forget(name)
    shared: set[str] = set()
    for other in store.names():
        shared |= model_keys(other, store)
    if key not in shared:
        own |= store.keys_of("explanation", model=key)
    return store.discard(own - shared)


def model_keys(name: str, store: Store) -> set[str]:
    """Keys of the model's own artefact, its panel, layers, heads, and the evidence of its accuracy."""
    key = store.resolve(name)
    return {key, *parts_of(key, store), *formats.read_json(store.folder(key), "model")["evidence"]}
