"""Accuracy on unseen lines: the outer cross-fit, and whole lineages left out, each of their parts an artefact."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from leap_core.accuracy.baselines import lineage_mean, nearest_line
from leap_core.accuracy.crossfit import OUTER_FOLDS, OuterFold, accuracy_table, score_fold
from leap_core.accuracy.line_errors import lineage_folds, squared_errors
from leap_core.accuracy.reliability import BASELINES, reliability_table
from leap_core.model.catalogue import recipe_called
from leap_core.model.heads.base import Matrix
from leap_core.model.held_out import Wanted, predict_unseen
from leap_core.model.recipe import ALGORITHM_VERSION, Recipe
from leap_core.model.runtime import Runtime
from leap_core.model.stages import training_set
from leap_core.model.training import TrainingSet
from leap_core.model.work import ACCURACY, unseen_work
from leap_core.panel.panel import Panel
from leap_core.panel.splits import patient_folds
from leap_core.run import formats
from leap_core.run.seeds import seed_of

BASELINE = "pca-ridge"
UNSEEN = ("leap", *BASELINES)


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
    unseen
        By method (``leap`` and the baselines): predictions (n, q) of every line by the outer fold that did not see it,
        of the q perturbations that can be learnt.
    keys
        Of the artefacts behind it.
    """

    accuracy: pd.DataFrame
    line_errors: pd.DataFrame
    unseen: dict[str, Matrix]
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
    ours = predict_unseen(data, Wanted(test), recipe, runtime)
    ridge = predict_unseen(data, Wanted(test), recipe_called(BASELINE), runtime)
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


def outer_folds(patients: Sequence[str], seed: int) -> npt.NDArray[np.int64]:
    """(n,) outer fold of each line."""
    return patient_folds(list(patients), OUTER_FOLDS, seed_of(seed, "outer folds"))


def without_lineages(panel: Panel, recipe: Recipe) -> list[tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]]]:
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
        unseen_work(data.part(kept), recipe) for _, kept in without_lineages(panel, recipe)
    )


def _outer_work(data: TrainingSet, recipe: Recipe, fold: int) -> float:
    part = data.part(outer_folds(data.patients, recipe.seed) != fold)
    return unseen_work(part, recipe) + unseen_work(part, recipe_called(BASELINE))


def measure_accuracy(panel_key: str, panel: Panel, recipe: Recipe, runtime: Runtime) -> Measured:
    """Measure the accuracy of every perturbation on unseen lines, and the error of every line."""
    # No claim from data that a model has seen.
    recipe = replace(recipe, layers_see="training lines only")
    data = training_set(panel, recipe)
    part = {
        "version": ALGORITHM_VERSION,
        "contents": 3,
        "panel": panel_key,
        "recipe": recipe.as_dict(),
        "device": runtime.device_for(recipe),
    }
    folds = outer_folds(panel.patients, recipe.seed)
    errors = pd.DataFrame({"outer_fold": folds}, index=panel.lines.index)
    scores: list[dict[str, npt.NDArray[np.float64]]] = []
    keys: set[str] = set()
    unseen = {name: np.empty((len(folds), int(data.learnable.sum())), dtype=np.float32) for name in UNSEEN}
    for fold in range(OUTER_FOLDS):

        def write(folder: Path, fold: int = fold) -> None:
            result, one_fold, rests_on = outer_fold(panel, recipe, fold, runtime)
            formats.write_arrays(folder, "scores", score_fold(result, panel.score.metric))
            trained_on = data.response[folds != fold]
            errors_of_one = squared_errors(one_fold, result.measured, trained_on, data.learnable)["squared_error"]
            found = squared_errors(result.predictions["leap"], result.measured, trained_on, data.learnable)
            formats.write_arrays(folder, "errors", {**found, "squared_error_of_one_fold": errors_of_one})
            formats.write_arrays(
                folder, "unseen", {name: result.predictions[name][:, data.learnable] for name in UNSEEN}
            )
            formats.write_json(folder, "rests_on", {"keys": list(rests_on)})

        folder = _made(
            {**part, "stage": "outer fold", "fold": fold}, write, _outer_work(data, recipe, fold), runtime, keys
        )
        scores.append(formats.read_arrays(folder, "scores"))
        for name, values in formats.read_arrays(folder, "errors").items():
            errors.loc[folds == fold, name] = values
        for name, predicted in formats.read_arrays(folder, "unseen").items():
            unseen[name][folds == fold] = predicted
    _leave_lineages_out(panel, data, recipe, part, runtime, errors, keys)
    accuracy = accuracy_table(scores, panel.response.columns.tolist(), data.learnable)
    measured = data.response[:, data.learnable]
    reliability = reliability_table(unseen, measured, folds, list(panel.patients), panel.score.metric)
    reliability.index = accuracy.index[data.learnable]
    return Measured(accuracy.join(reliability), errors, unseen, keys)


def _leave_lineages_out(
    panel: Panel,
    data: TrainingSet,
    recipe: Recipe,
    part: dict[str, object],
    runtime: Runtime,
    errors: pd.DataFrame,
    keys: set[str],
) -> None:
    """Add the errors of lines whose whole lineage was left out."""
    errors["lineage_squared_error"] = np.nan
    errors["lineage_squared_error_of_mean"] = np.nan
    for number, (held_out, kept) in enumerate(without_lineages(panel, recipe)):

        def write(folder: Path, held_out: npt.NDArray[np.bool_] = held_out, kept: npt.NDArray[np.bool_] = kept) -> None:
            left_out = predict_unseen(data.part(kept), Wanted(panel.expression[held_out]), recipe, runtime)
            found = squared_errors(
                left_out.by_layer.mean(axis=0), data.response[held_out], data.response[kept], data.learnable
            )
            formats.write_arrays(folder, "errors", found)
            formats.write_json(folder, "rests_on", {"keys": list(left_out.keys)})

        folder = _made(
            {**part, "stage": "lineages left out", "part": number},
            write,
            unseen_work(data.part(kept), recipe),
            runtime,
            keys,
        )
        for name, values in formats.read_arrays(folder, "errors").items():
            errors.loc[held_out, f"lineage_{name}"] = values


def _made(
    made_from: dict[str, object], write: Callable[[Path], None], work: float, runtime: Runtime, keys: set[str]
) -> Path:
    """Find or make one part, add its key and those of what it rests on, and return its folder."""
    key = runtime.make(made_from, write, ACCURACY, work)
    folder = runtime.store.folder(key)
    keys |= {key, *formats.read_json(folder, "rests_on")["keys"]}
    return folder
