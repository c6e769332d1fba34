"""Accuracy on unseen lines: the outer cross-fit, and whole lineages left out, each of their parts an artefact."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial

import numpy as np
import pandas as pd

from leap_core.accuracy.baselines import lineage_mean, nearest_line
from leap_core.accuracy.crossfit import OUTER_FOLDS, OuterFold, accuracy_table, score_fold
from leap_core.accuracy.line_errors import lineage_folds, squared_errors
from leap_core.accuracy.reliability import BASELINES, reliability_table
from leap_core.arrays import Array, Ints, Mask, Matrix
from leap_core.model.catalogue import recipe_called
from leap_core.model.held_out import Request, predict_held_out
from leap_core.model.recipe import Recipe
from leap_core.model.stages import training_set
from leap_core.model.training import TrainingSet
from leap_core.model.work import ACCURACY, held_out_work
from leap_core.panel.panel import Panel
from leap_core.panel.splits import patient_folds
from leap_core.run.runtime import Runtime
from leap_core.run.seeds import seed_of
from leap_core.run.store import ALGORITHM_VERSION, MadeFrom

BASELINE = "pca-ridge"
METHODS = ("leap", *BASELINES)


@dataclass(frozen=True)
class Measured:
    """What holding lines out has shown.

    Attributes
    ----------
    accuracy
        Per perturbation (see `leap_core.accuracy.crossfit.accuracy_table`).
    line_errors
        Per line: ``outer_fold``, ``squared_error``, ``squared_error_of_mean``, ``squared_error_of_one_fold`` of the
        outer cross-fit; ``lineage_squared_error``, ``lineage_squared_error_of_mean`` with its whole lineage left out
        (NaN for lines that never were).
    cross_validated
        By method (``leap`` and the baselines): predictions (n, q) of every line by the outer fold that did not see it,
        of the q perturbations that can be learnt.
    keys
        Of the artefacts behind it.
    """

    accuracy: pd.DataFrame
    line_errors: pd.DataFrame
    cross_validated: dict[str, Matrix]
    keys: set[str]


def outer_fold(panel: Panel, recipe: Recipe, fold: int, runtime: Runtime) -> tuple[OuterFold, Matrix, tuple[str, ...]]:
    """Predict the lines of one outer fold by the ensemble and the baselines trained without them.

    Returns
    -------
    OuterFold
        The predictions.
    numpy.ndarray
        (m, p) by the models of one inner fold.
    tuple
        Keys of the artefacts they rest on.
    """
    held_out = outer_folds(panel.patients, recipe.seed) == fold
    data = training_set(panel, recipe).part(~held_out)
    test = panel.expression[held_out]
    ours = predict_held_out(data, Request(test), recipe, runtime)
    ridge = predict_held_out(data, Request(test), recipe_called(BASELINE), runtime)
    lineages = panel.lines["lineage"].to_numpy()
    predictions = {
        "leap": ours.by_layer.mean(axis=0),
        "lineage_mean": lineage_mean(data.response, lineages[~held_out].tolist(), lineages[held_out].tolist()),
        "nearest_line": nearest_line(
            ours.standardiser.transform(data.expression), data.response, ours.standardiser.transform(test)
        ),
        "pca_ridge": ridge.by_layer[0],
    }
    predictions |= {f"layer_{number}": values for number, values in enumerate(ours.by_layer, start=1)}
    return OuterFold(predictions, panel.response[held_out].to_numpy()), ours.one_fold, (*ours.keys, *ridge.keys)


def outer_folds(patients: Sequence[str], seed: int) -> Ints:
    """(n,) outer fold of each line."""
    return patient_folds(list(patients), OUTER_FOLDS, seed_of(seed, "outer folds"))


def without_lineages(panel: Panel, recipe: Recipe) -> list[tuple[Mask, Mask]]:
    """Lines held out and lines trained on (both (n,)) when whole lineages are left out.

    A patient of a held-out line trains nothing. Parts that leave too few patients for the inner folds are not
    there.
    """
    folds = lineage_folds(panel.lines["lineage"].tolist())
    patients = np.asarray(panel.patients, dtype=object)
    parts = []
    for fold in range(int(folds.max()) + 1):
        held_out = folds == fold
        kept = ~np.isin(patients, patients[held_out])
        if len(set(patients[kept])) >= 2 * recipe.folds:
            parts.append((held_out, kept))
    return parts


def accuracy_work(panel: Panel, recipe: Recipe) -> float:
    """Rough seconds of `measure_accuracy`."""
    data = training_set(panel, recipe)
    return sum(_outer_work(data, recipe, fold) for fold in range(OUTER_FOLDS)) + sum(
        held_out_work(data.part(kept), recipe) for _, kept in without_lineages(panel, recipe)
    )


def _outer_work(data: TrainingSet, recipe: Recipe, fold: int) -> float:
    part = data.part(outer_folds(data.patients, recipe.seed) != fold)
    return held_out_work(part, recipe) + held_out_work(part, recipe_called(BASELINE))


@dataclass(frozen=True)
class _FoldResult:
    """What one outer fold, or one part of the lineages left out, has shown of its held-out lines.

    Attributes
    ----------
    scores
        By method: (p,).
    errors
        By kind of error: (m,).
    predictions
        By method: (m, q) of the perturbations that can be learnt.
    rests_on
        Keys of layers and predictions.
    """

    scores: dict[str, Array]
    errors: dict[str, Array]
    predictions: dict[str, Matrix]
    rests_on: tuple[str, ...]


def measure_accuracy(panel_key: str, panel: Panel, recipe: Recipe, runtime: Runtime) -> Measured:
    """Measure the accuracy of every perturbation on unseen lines, and the error of every line."""
    # No claim from data that a model has seen.
    return _CrossFit(panel_key, panel, replace(recipe, layers_see="training lines only"), runtime).measured()


@dataclass(frozen=True)
class _CrossFit:
    """The outer cross-fit of one recipe on one panel: each part is an artefact, so a cut run goes on."""

    panel_key: str
    panel: Panel
    recipe: Recipe
    runtime: Runtime

    @cached_property
    def data(self) -> TrainingSet:
        return training_set(self.panel, self.recipe)

    @cached_property
    def folds(self) -> Ints:
        return outer_folds(self.panel.patients, self.recipe.seed)

    def measured(self) -> Measured:
        """Everything that holding lines out shows."""
        data, panel, folds = self.data, self.panel, self.folds
        errors = pd.DataFrame({"outer_fold": folds}, index=panel.lines.index)
        scores, keys = [], set[str]()
        cross_validated = {
            name: np.empty((len(folds), int(data.learnable.sum())), dtype=np.float32) for name in METHODS
        }
        for fold in range(OUTER_FOLDS):
            part: MadeFrom = {"stage": "outer fold", "fold": fold}
            found = self._part(part, partial(self._outer_fold, fold), _outer_work(data, self.recipe, fold), keys)
            scores.append(found.scores)
            for name, values in found.errors.items():
                errors.loc[folds == fold, name] = values
            for name, predicted in found.predictions.items():
                cross_validated[name][folds == fold] = predicted
        self._leave_lineages_out(errors, keys)
        accuracy = accuracy_table(scores, panel.response.columns.tolist(), data.learnable)
        response = data.response[:, data.learnable]
        reliability = reliability_table(cross_validated, response, folds, list(panel.patients), panel.score.metric)
        reliability.index = accuracy.index[data.learnable]
        return Measured(accuracy.join(reliability), errors, cross_validated, keys)

    def _outer_fold(self, fold: int) -> _FoldResult:
        data = self.data
        result, one_fold, rests_on = outer_fold(self.panel, self.recipe, fold, self.runtime)
        training = data.response[self.folds != fold]
        errors = squared_errors(result.predictions["leap"], result.measured, training, data.learnable)
        of_one = squared_errors(one_fold, result.measured, training, data.learnable)["squared_error"]
        return _FoldResult(
            score_fold(result, self.panel.score.metric),
            {**errors, "squared_error_of_one_fold": of_one},
            {name: result.predictions[name][:, data.learnable] for name in METHODS},
            rests_on,
        )

    def _leave_lineages_out(self, errors: pd.DataFrame, keys: set[str]) -> None:
        """Add the errors of lines whose whole lineage was left out."""
        errors["lineage_squared_error"] = np.nan
        errors["lineage_squared_error_of_mean"] = np.nan
        for number, (held_out, kept) in enumerate(without_lineages(self.panel, self.recipe)):
            part: MadeFrom = {"stage": "lineages left out", "part": number}
            work = held_out_work(self.data.part(kept), self.recipe)
            found = self._part(part, partial(self._without, held_out, kept), work, keys)
            for name, values in found.errors.items():
                errors.loc[held_out, f"lineage_{name}"] = values

    def _without(self, held_out: Mask, kept: Mask) -> _FoldResult:
        data = self.data
        found = predict_held_out(data.part(kept), Request(self.panel.expression[held_out]), self.recipe, self.runtime)
        mean = found.by_layer.mean(axis=0)
        errors = squared_errors(mean, data.response[held_out], data.response[kept], data.learnable)
        return _FoldResult({}, errors, {}, found.keys)

    def _part(self, part: MadeFrom, make: Callable[[], _FoldResult], work: float, keys: set[str]) -> _FoldResult:
        """Find or make one part; add its key and those of what it rests on."""
        made_from = {
            **part,
            "version": ALGORITHM_VERSION,
            "panel": self.panel_key,
            "recipe": self.recipe.as_dict(),
            "device": self.runtime.device_for(self.recipe),
        }
        key = self.runtime.find_or_make(made_from, make, ACCURACY, work)
        found = self.runtime.store.read(key, _FoldResult)
        keys |= {key, *found.rests_on}
        return found
