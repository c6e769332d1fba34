"""Training: panel in, named model out."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, Literal

import numpy as np
import pandas as pd

from leap_core.accuracy.ceiling import ceiling_table
from leap_core.accuracy.line_errors import averaging_scale, lineage_folds
from leap_core.accuracy.outer_folds import accuracy_work, measure_accuracy, outer_folds
from leap_core.accuracy.resampling import resampled_scores
from leap_core.arrays import Ints, Matrix
from leap_core.model.further import LINEAGE
from leap_core.model.preprocessing import Standardiser
from leap_core.model.recipe import Recipe
from leap_core.model.stages import (
    BlockKeys,
    mean_out_of_fold,
    read_layer_heads,
    train_heads,
    train_layers,
    training_set,
    with_study_weights,
)
from leap_core.model.training import TrainingSet
from leap_core.model.work import ACCURACY, ensemble_work
from leap_core.panel.further_studies import turned_to
from leap_core.panel.kept import keep_panel, stored_panel
from leap_core.panel.panel import FurtherStudy, Panel
from leap_core.panel.status import NOT_CONVERGED
from leap_core.panel.summary import summarise_panel
from leap_core.passport.distances import PanelDistances
from leap_core.passport.familiarity import class_of, line_percentiles
from leap_core.passport.lineage_guess import LineageGuess, fit_lineage_guess
from leap_core.ranking.list_calibration import ListCalibration, OuterPredictions, PanelFit, fit_list_calibration
from leap_core.run.runtime import Runtime
from leap_core.run.store import ALGORITHM_VERSION, MadeFrom, Store, key_of

# Raise it when a model artefact holds more than before: its stages are found in the store all the same.
MODEL_CONTENTS = 16

Accuracy = Literal["outer", "none"]


@dataclass(frozen=True)
class StudyModel:
    """The model of a further study, which learns from the others as they learn from it.

    Attributes
    ----------
    study
        Its name.
    key
        Of its own artefact.
    parts
        Of what it rests on.
    """

    study: str
    key: str
    parts: tuple[str, ...]


@dataclass(frozen=True)
class TrainedModel:
    """What a training keeps of its own, beside its panel, layers and heads.

    Attributes
    ----------
    panel, layers, heads
        Keys of the panel, of the L layers, and of each layer's heads by block.
    recipe
        The recipe as plain values.
    accuracy
        ``"outer"`` or ``"none"``.
    accuracy_keys
        Of what the accuracy rests on.
    common_essential_rule
        How common essentials were told, in words.
    table
        Per perturbation: status, accuracy on unseen lines, baselines, panel summary.
    standardiser, folds, out_of_fold
        See `leap_core.model.ensemble.FittedEnsemble`.
    lineage_guess
        What lineage a sample looks like.
    calibration
        What lists of predictions rest on; None while it is fitted.
    cross_validated
        By method: predictions (n, q) of every line by the outer fold that did not see it; empty where not measured.
    line_errors
        Errors and distance percentiles per line; None where not measured.
    study_weights
        By further study: how much it counts in the fit; 0 where it would have hurt. Empty without further studies, or
        where no regressor of the recipe takes any.
    studies
        Models of the further studies.
    """

    panel: str
    layers: tuple[str, ...]
    heads: tuple[BlockKeys, ...]
    recipe: dict[str, Any]
    accuracy: str
    accuracy_keys: tuple[str, ...]
    common_essential_rule: str
    table: pd.DataFrame
    standardiser: Standardiser
    folds: Ints
    out_of_fold: Matrix
    lineage_guess: LineageGuess
    cross_validated: dict[str, Matrix]
    line_errors: pd.DataFrame | None
    calibration: ListCalibration | None = None
    study_weights: dict[str, float] = field(default_factory=dict)
    studies: tuple[StudyModel, ...] = ()

    @property
    def own_parts(self) -> set[str]:
        """Keys of the artefacts without which it cannot predict: its panel, layers and heads."""
        return {self.panel, *self.layers, *(key for keys in self.heads for key in keys)}

    @property
    def parts(self) -> set[str]:
        """`own_parts`, with the models of further studies and theirs."""
        return self.own_parts.union(*({study.key, *study.parts} for study in self.studies))


def train(
    panel_key: str, recipe: Recipe, accuracy: Accuracy, runtime: Runtime, name: str, planned: bool = False
) -> str:
    """Train a model on a stored panel and bind it to `name`; return its key.

    Every finished stage is an artefact, so the same call again is a cache hit, and a run that was killed
    continues from what was complete.

    Parameters
    ----------
    panel_key
        From `import_panel` or `keep_panel`.
    recipe
        What to train.
    accuracy
        ``"outer"`` measures the accuracy on unseen lines by an outer cross-fit; ``"none"`` skips it.
    runtime
        Store, workers, device, progress.
    name
        What the model is called from now on.
    planned
        Whether the caller has announced the work already, with that of other trainings.
    """
    store = runtime.store
    stage = _made_from(panel_key, recipe, accuracy, runtime)
    key = key_of(stage)
    with store.in_use():
        if store.has(key) and not _whole(key, store):
            # What it rests on was deleted together with another model, or is damaged: the hit is an empty shell.
            store.discard({key})
        found = store.has(key)
        if planned == found:
            work = planned_work(stored_panel(panel_key, store), recipe, accuracy)
            if found:
                for stage_name, amount in work.items():
                    runtime.progress.skip(stage_name, amount)
            else:
                runtime.progress.plan(work)
        store.keep(stage, lambda: _fit_with_studies(panel_key, recipe, accuracy, runtime))
        store.bind(name, key)
    return key


def _fit_with_studies(panel_key: str, recipe: Recipe, accuracy: Accuracy, runtime: Runtime) -> TrainedModel:
    """The model of a panel, and one of each of its further studies on the same genes.

    The accuracy of the latter on unseen lines is not measured: it would cost as much again for each, and lists are of
    the panel's own perturbations.
    """
    store = runtime.store
    trained, panel = _fit_model(panel_key, recipe, accuracy, runtime), stored_panel(panel_key, store)
    genes = list(trained.standardiser.genes)
    narrowed = replace(panel, expression=panel.expression[genes], unlabelled=panel.unlabelled[genes])
    studies = []
    for study in shown_studies(panel, recipe):
        key = keep_panel(turned_to(narrowed, study.name), store)
        made_from = {**_made_from(key, recipe, "none", runtime), "stage": "model of a further study"}
        own = store.keep(made_from, partial(_fit_model, key, recipe, "none", runtime))
        model = store.read(own, TrainedModel)
        studies.append(StudyModel(study.name, own, tuple(sorted(model.own_parts))))
    return replace(trained, studies=tuple(studies))


def shown_studies(panel: Panel, recipe: Recipe) -> list[FurtherStudy]:
    """The further studies that get a model of their own: those that have a perturbation of the panel's.

    A pan-perturbation recipe gets none: what tells its perturbations apart is known of the panel's alone.
    """
    return [] if recipe.pan else [study for study in panel.further if len(study.same)]


def _made_from(panel_key: str, recipe: Recipe, accuracy: Accuracy, runtime: Runtime) -> MadeFrom:
    return {
        "stage": "model",
        "version": ALGORITHM_VERSION,
        "contents": MODEL_CONTENTS,
        "panel": panel_key,
        "recipe": recipe.as_dict(),
        "accuracy": accuracy,
        "device": runtime.device_for(recipe),
    }


def _whole(key: str, store: Store) -> bool:
    """Whether a model and all its parts are there as they were written."""
    if not store.sound(key):
        return False
    parts = store.read(key, TrainedModel).parts
    return all(store.has(part) for part in parts) and not store.damages(parts)


def _fit_model(panel_key: str, recipe: Recipe, accuracy: Accuracy, runtime: Runtime) -> TrainedModel:
    panel = stored_panel(panel_key, runtime.store)
    data = training_set(panel, recipe)
    standardiser, layers = train_layers(data, recipe, runtime)
    data = with_study_weights(data, recipe, standardiser, layers, runtime)
    heads = train_heads(data, recipe, standardiser, layers, runtime)
    table, rule = summarise_panel(panel)
    status, validation_score = _learnt(data, heads, runtime.store)
    table.insert(0, "status", status)
    table["validation_score"] = validation_score
    accuracy_keys, cross_validated, errors = set[str](), dict[str, Matrix](), None
    if accuracy == "outer":
        measured = measure_accuracy(panel_key, panel, recipe, runtime)
        table = table.join(measured.accuracy)
        accuracy_keys, cross_validated = measured.keys, measured.cross_validated
        errors = measured.line_errors.join(_percentiles(panel, standardiser, recipe))
    else:
        table["accuracy"] = np.nan
    if panel.further:
        table = table.join(ceiling_table(panel, table["accuracy"].to_numpy(dtype=float)))
    folds, out_of_fold = data.folds(recipe), mean_out_of_fold(heads, runtime.store)
    lineages = panel.lines["lineage"].tolist()
    trained = TrainedModel(
        panel=panel_key,
        layers=layers,
        heads=heads,
        recipe=recipe.as_dict(),
        accuracy=accuracy,
        accuracy_keys=tuple(sorted(accuracy_keys)),
        common_essential_rule=rule,
        table=table,
        standardiser=standardiser,
        folds=folds,
        out_of_fold=out_of_fold,
        lineage_guess=fit_lineage_guess(standardiser.transform(panel.expression), lineages, panel.patients),
        cross_validated=cross_validated,
        line_errors=errors,
        study_weights=_study_weights(panel, data, recipe),
    )
    return replace(trained, calibration=_calibration(panel, data, trained))


def _study_weights(panel: Panel, data: TrainingSet, recipe: Recipe) -> dict[str, float]:
    """Weight of each further study in the fit; `data` has those that count."""
    if not panel.further or not recipe.takes_further:
        return {}
    counting = {} if data.further is None else data.further.weights
    return {name: counting.get(name, 0.0) for name in (*(study.name for study in panel.further), LINEAGE)}


def _percentiles(panel: Panel, standardiser: Standardiser, recipe: Recipe) -> pd.DataFrame:
    """Distance percentiles of the panel's lines, by the model's genes."""
    distances = PanelDistances.of(
        panel.expression[list(standardiser.genes)].to_numpy(), outer_folds(panel.patients, recipe.seed)
    )
    return line_percentiles(distances, lineage_folds(panel.lines["lineage"].tolist())).set_axis(
        panel.lines.index, axis=0
    )


def _calibration(panel: Panel, data: TrainingSet, trained: TrainedModel) -> ListCalibration:
    """What lists of predictions rest on."""
    usable, out_of_fold = data.learnable, trained.out_of_fold
    # The slopes of the calibrator are drawn to the accuracy of out-of-fold predictions.
    accuracy = np.full(data.response.shape[1], np.nan)
    everyone = np.ones((1, len(trained.folds)))
    accuracy[usable] = resampled_scores(
        out_of_fold[:, usable], data.response[:, usable], trained.folds, everyone, panel.score.metric
    )[0]
    fit = PanelFit(out_of_fold, data.response, trained.folds, accuracy, usable, trained.table, panel.score)
    errors = trained.line_errors
    if errors is None:
        return fit_list_calibration(fit)
    scale = averaging_scale(errors["squared_error"].to_numpy(), errors["squared_error_of_one_fold"].to_numpy())
    classes = np.array([class_of(percentile) for percentile in errors["kinship"]], dtype=object)
    return fit_list_calibration(fit, OuterPredictions(trained.cross_validated, scale, classes))


def _learnt(data: TrainingSet, heads: tuple[BlockKeys, ...], store: Store) -> tuple[list[str], Matrix]:
    """Status of each perturbation after the fit, and its validation score, mean over layers."""
    fitted = [read_layer_heads(keys, store) for keys in heads]
    status = data.status.copy()
    status[data.learnable & ~np.all([of_layer.converged for of_layer in fitted], axis=0)] = NOT_CONVERGED
    score: Matrix = np.mean([of_layer.validation_score for of_layer in fitted], axis=0)
    return [str(entry) for entry in status], score


def planned_work(panel: Panel, recipe: Recipe, accuracy: Accuracy, with_studies: bool = True) -> dict[str, float]:
    """Rough seconds of a training on one core, by stage; with the models of further studies, or without them."""
    data = training_set(panel, recipe)
    work = ensemble_work(data, recipe)
    if accuracy == "outer":
        work[ACCURACY] = accuracy_work(panel, recipe)
    for study in shown_studies(panel, recipe) if with_studies else ():
        for stage, amount in planned_work(turned_to(panel, study.name), recipe, "none", False).items():
            work[stage] = work.get(stage, 0.0) + amount
    return work
