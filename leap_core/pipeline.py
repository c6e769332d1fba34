"""The one place that wires stages, store and execution: from panel files to a trained model in the store."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from leap_core.data.panel import Panel, PanelSources, read_panel
from leap_core.data.splits import patient_folds
from leap_core.ensemble.model import FittedEnsemble
from leap_core.ensemble.recipe import ALGORITHM_VERSION, Recipe, recipe_called
from leap_core.ensemble.status import NOT_CONVERGED, OK, response_status
from leap_core.ensemble.training import TrainingSet, fit_heads, fit_layer, fit_standardiser
from leap_core.errors import UserError
from leap_core.evaluation.baselines import lineage_mean, nearest_line
from leap_core.evaluation.crossfit import OUTER_FOLDS, OuterFold, accuracy_table, score_fold
from leap_core.execution.mapping import Mapper, ThreadMapper
from leap_core.execution.progress import Progress
from leap_core.prioritisation.panel_summary import summarise_panel
from leap_core.representation.preprocessing import Standardiser
from leap_core.seeds import seed_of
from leap_core.storage import formats
from leap_core.storage.store import Store, key_of

Accuracy = Literal["outer", "none"]
Matrix = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Runtime:
    """How things run: none of it changes a bit of any result, but for the kind of device.

    Attributes
    ----------
    store
        Where artefacts are kept.
    mapper
        Runs independent chunks.
    device
        ``"cpu"`` or ``"cuda"``.
    progress
        Told of every finished piece of work.
    """

    store: Store
    mapper: Mapper = field(default_factory=ThreadMapper)
    device: str = "cpu"
    progress: Progress = field(default_factory=Progress)


def resolve_device(wanted: str) -> str:
    """Turn ``auto``, ``cpu`` or ``cuda`` into the device that is used.

    Raises
    ------
    UserError
        If CUDA is asked for and there is none.
    """
    if wanted == "cpu":
        return "cpu"
    from leap_core.representation.autoencoder_training import cuda_available

    if cuda_available():
        return "cuda"
    if wanted == "cuda":
        raise UserError("--device cuda: no CUDA device was found. Use --device cpu or auto.")
    return "cpu"


def import_panel(sources: PanelSources, store: Store) -> str:
    """Read, align and keep a panel; return its key. The same files again are found by their digests."""
    recipe = {
        "stage": "panel", "version": ALGORITHM_VERSION, "files": sources.digests(),
        "names": [sources.expression.name, sources.response.name],
        "score": sources.score, "unit": sources.unit, "release": sources.release,
    }  # fmt: skip
    return store.make(recipe, lambda folder: formats.write_panel(folder, read_panel(sources)))


def keep_panel(panel: Panel, store: Store) -> str:
    """Keep a panel that was made in memory (the demo); return its key."""
    recipe = {
        "stage": "panel", "version": ALGORITHM_VERSION, "score": panel.score.key, "unit": panel.unit,
        "release": panel.release,
        "simulated": panel.simulated,
        "digest": formats.digest(
            *(part for table in (panel.expression, panel.response, panel.unlabelled)
              for part in (table.to_numpy(), table.index.tolist(), table.columns.tolist())),
            *(panel.lines[column].tolist() for column in panel.lines.columns),
        ),
    }  # fmt: skip
    return store.make(recipe, lambda folder: formats.write_panel(folder, panel))


def stored_panel(panel_key: str, store: Store) -> Panel:
    """Read a panel that `import_panel` or `keep_panel` kept."""
    return formats.read_panel(store.folder(panel_key))


def train(panel_key: str, recipe: Recipe, accuracy: Accuracy, runtime: Runtime, name: str) -> str:
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
    """
    store = runtime.store
    stage = {
        "stage": "model", "version": ALGORITHM_VERSION, "panel": panel_key, "recipe": recipe.as_dict(),
        "accuracy": accuracy, "device": runtime.device,
    }  # fmt: skip
    if store.has(key_of(stage)) and not all(store.has(part) for part in parts_of(key_of(stage), store)):
        # What it rests on was deleted together with another model: the hit is an empty shell.
        store.discard({key_of(stage)})
    key = store.make(stage, lambda folder: _write_model(folder, panel_key, recipe, accuracy, runtime))
    store.bind(name, key)
    return key


def parts_of(model_key: str, store: Store) -> set[str]:
    """Keys of the artefacts without which a model artefact cannot predict: its panel, layers and heads."""
    content = formats.read_json(store.folder(model_key), "model")
    return {content["panel"], *content["layers"], *content["heads"]}


def training_set(panel: Panel, recipe: Recipe) -> TrainingSet:
    """The panel as an ensemble's training set."""
    semi = recipe.layers_see == "all lines with expression"
    response = panel.response.to_numpy()
    return TrainingSet(
        panel.expression, response, tuple(panel.patients), panel.unlabelled if semi else panel.unlabelled.iloc[:0],
        panel.score.binary, response_status(response, panel.score.binary),
    )  # fmt: skip


@dataclass(frozen=True)
class TrainedStages:
    """Keys and parts of one trained ensemble."""

    standardiser: Standardiser
    layer_keys: tuple[str, ...]
    heads_keys: tuple[str, ...]


def train_layers(data: TrainingSet, recipe: Recipe, runtime: Runtime) -> tuple[Standardiser, tuple[str, ...]]:
    """Fit (or find) the representation layers of one training set."""
    standardiser = fit_standardiser(data, recipe)
    seen = formats.digest(
        standardiser.transform(pd.concat([data.expression, data.unlabelled])), standardiser.genes,
        data.expression.index.tolist(), data.patients, data.unlabelled.index.tolist(),
    )  # fmt: skip

    def one(layer: int) -> str:
        stage = {
            "stage": "layer", "version": ALGORITHM_VERSION, "lines": seen, "device": runtime.device,
            "representation": recipe.as_dict()["representation"], "seed": recipe.seed, "layer": layer,
        }  # fmt: skip
        key = runtime.store.make(
            stage,
            lambda folder: formats.write_layer(folder, fit_layer(data, standardiser, recipe, layer, runtime.device)),
        )
        runtime.progress.advance("learning representations", _layer_work(data, recipe))
        return key

    return standardiser, tuple(runtime.mapper.map(one, range(recipe.layers)))


def train_heads(
    data: TrainingSet, recipe: Recipe, standardiser: Standardiser, layers: tuple[str, ...], runtime: Runtime
) -> tuple[str, ...]:
    """Fit (or find) the heads of every layer, with their out-of-fold predictions."""
    screened = formats.digest(data.response, data.expression.index.tolist(), data.patients)
    standardised = standardiser.transform(data.expression)
    keys = []
    for layer_key in layers:
        stage = {
            "stage": "heads", "version": ALGORITHM_VERSION, "layer": layer_key, "response": screened,
            "binary": data.binary, "regressor": recipe.as_dict()["regressor"], "folds": recipe.folds, "seed": recipe.seed,
        }  # fmt: skip

        def write(folder: Path, layer_key: str = layer_key) -> None:
            latent = formats.read_layer(runtime.store.folder(layer_key)).encode(standardised)
            heads = fit_heads(data, latent, recipe, runtime.mapper)
            formats.write_heads(folder, heads, heads.out_of_fold(latent, data.folds(recipe)))

        keys.append(runtime.store.make(stage, write))
        runtime.progress.advance("fitting one model per perturbation", _heads_work(data, recipe))
    return tuple(keys)


def assemble_ensemble(
    data: TrainingSet, recipe: Recipe, trained: TrainedStages, perturbations: list[str], higher_is_stronger: bool, store: Store
) -> FittedEnsemble:
    """Put trained stages together into the ensemble that predicts."""
    folders = [store.folder(key) for key in trained.heads_keys]
    out_of_fold = np.stack([formats.read_out_of_fold(folder) for folder in folders]).mean(axis=0, dtype=np.float32)
    return FittedEnsemble(
        standardiser=trained.standardiser,
        layers=tuple(formats.read_layer(store.folder(key)) for key in trained.layer_keys),
        heads=tuple(formats.read_heads(folder) for folder in folders),
        out_of_fold=out_of_fold, folds=data.folds(recipe), perturbations=tuple(perturbations),
        higher_is_stronger=higher_is_stronger,
    )  # fmt: skip


def fit_ensemble(
    data: TrainingSet, recipe: Recipe, perturbations: list[str], higher_is_stronger: bool, runtime: Runtime
) -> tuple[FittedEnsemble, TrainedStages]:
    """Train every stage of one ensemble on one training set."""
    standardiser, layers = train_layers(data, recipe, runtime)
    heads = train_heads(data, recipe, standardiser, layers, runtime)
    trained = TrainedStages(standardiser, layers, heads)
    return assemble_ensemble(data, recipe, trained, perturbations, higher_is_stronger, runtime.store), trained


def predict_unseen(data: TrainingSet, test: pd.DataFrame, recipe: Recipe, runtime: Runtime) -> tuple[Matrix, Standardiser, tuple[str, ...]]:
    """Predict lines that take no part in the training.

    The heads serve these predictions alone and are never stored; the layers are, for panels on the same
    lines share them.

    Returns
    -------
    predictions : numpy.ndarray
        (L, m, p) by each layer, mean over folds.
    standardiser : Standardiser
        Of the training lines.
    layers : tuple
        Keys of the layers.
    """
    standardiser, layer_keys = train_layers(data, recipe, runtime)
    training, unseen = standardiser.transform(data.expression), standardiser.transform(test)
    by_layer = []
    for key in layer_keys:
        layer = formats.read_layer(runtime.store.folder(key))
        heads = fit_heads(data, layer.encode(training), recipe, runtime.mapper)
        by_layer.append(heads.predict(layer.encode(unseen)).mean(axis=0))
        runtime.progress.advance("measuring accuracy on unseen lines", _heads_work(data, recipe))
    return np.stack(by_layer), standardiser, layer_keys


def outer_fold(panel: Panel, recipe: Recipe, fold: int, runtime: Runtime) -> tuple[OuterFold, tuple[str, ...]]:
    """Predict the lines of one outer fold by the ensemble and the baselines trained without them.

    Returns
    -------
    OuterFold
        The predictions.
    tuple
        Keys of the layers.
    """
    recipe = replace(recipe, layers_see="training lines only")
    held_out = patient_folds(panel.patients, OUTER_FOLDS, seed_of(recipe.seed, "outer folds")) == fold
    data = training_set(panel, recipe).part(~held_out)
    test = panel.expression[held_out]
    by_layer, standardiser, layers = predict_unseen(data, test, recipe, runtime)
    ridge, _, ridge_layers = predict_unseen(data, test, recipe_called("pca-ridge"), runtime)
    lineages = panel.lines["lineage"].to_numpy()
    predictions = {
        "leap": by_layer.mean(axis=0),
        "lineage_mean": lineage_mean(data.response, lineages[~held_out].tolist(), lineages[held_out].tolist()),
        "nearest_line": nearest_line(standardiser.transform(data.expression), data.response, standardiser.transform(test)),
        "pca_ridge": ridge[0],
    }
    predictions |= {f"layer_{number}": values for number, values in enumerate(by_layer, start=1)}
    return OuterFold(predictions, panel.response[held_out].to_numpy()), (*layers, *ridge_layers)


def measure_accuracy(panel_key: str, panel: Panel, recipe: Recipe, runtime: Runtime) -> tuple[pd.DataFrame, set[str]]:
    """Accuracy on unseen lines of every perturbation, and the keys of the artefacts behind it."""
    scores = []
    keys: set[str] = set()
    for fold in range(OUTER_FOLDS):
        stage = {
            "stage": "outer fold", "version": ALGORITHM_VERSION, "panel": panel_key, "fold": fold,
            "recipe": replace(recipe, layers_see="training lines only").as_dict(), "device": runtime.device,
        }  # fmt: skip

        def write(folder: Path, fold: int = fold) -> None:
            result, layers = outer_fold(panel, recipe, fold, runtime)
            formats.write_arrays(folder, "predictions", result.predictions | {"measured": result.measured})
            formats.write_json(folder, "layers", {"layers": list(layers)})

        key = runtime.store.make(stage, write)
        keys |= {key, *formats.read_json(runtime.store.folder(key), "layers")["layers"]}
        arrays = formats.read_arrays(runtime.store.folder(key), "predictions")
        measured = arrays.pop("measured")
        scores.append(score_fold(OuterFold(arrays, measured), panel.score.metric))
    response = panel.response.to_numpy()
    enough = response_status(response, panel.score.binary) == OK
    return accuracy_table(scores, panel.response.columns.tolist(), enough), keys


def _write_model(folder: Path, panel_key: str, recipe: Recipe, accuracy: Accuracy, runtime: Runtime) -> None:
    panel = stored_panel(panel_key, runtime.store)
    data = training_set(panel, recipe)
    _plan(data, recipe, accuracy, runtime.progress)
    names = panel.response.columns.tolist()
    ensemble, trained = fit_ensemble(data, recipe, names, panel.score.higher_is_stronger, runtime)
    table = summarise_panel(panel)
    status = response_status(data.response, data.binary)
    fitted = ensemble.heads
    status[(status == OK) & ~np.all([heads.converged for heads in fitted], axis=0)] = NOT_CONVERGED
    table.insert(0, "status", status.astype(str))
    table["validation_score"] = np.mean([heads.validation_score for heads in fitted], axis=0)
    evidence: set[str] = set()
    if accuracy == "outer":
        measured, evidence = measure_accuracy(panel_key, panel, recipe, runtime)
        table = table.join(measured)
    else:
        table["accuracy"] = np.nan
    formats.write_table(folder, "perturbations", table)
    formats.write_standardiser(folder, ensemble.standardiser)
    formats.write_arrays(folder, "out_of_fold", {"out_of_fold": ensemble.out_of_fold, "folds": ensemble.folds})
    content = {
        "panel": panel_key, "layers": list(trained.layer_keys), "heads": list(trained.heads_keys),
        "recipe": recipe.as_dict(), "accuracy": accuracy, "evidence": sorted(evidence),
    }  # fmt: skip
    formats.write_json(folder, "model", content)


def _plan(data: TrainingSet, recipe: Recipe, accuracy: Accuracy, progress: Progress) -> None:
    """Announce the work of a training, so that progress and time left mean something."""
    one = recipe.layers * (_layer_work(data, recipe) + _heads_work(data, recipe))
    baseline = recipe_called("pca-ridge")
    outer = one * 0.8 + _layer_work(data, baseline) + _heads_work(data, baseline)
    progress.plan(one + (OUTER_FOLDS * outer if accuracy == "outer" else 0.0))


def _layer_work(data: TrainingSet, recipe: Recipe) -> float:
    """Rough seconds that one layer takes on one core; only ratios matter."""
    settings = recipe.as_dict()["representation"]
    lines = len(data.expression) + len(data.unlabelled)
    genes = min(data.expression.shape[1], recipe.preprocessing.max_genes)
    return 1.5e-9 * lines * genes * settings.get("latent", 1) * settings.get("max_epochs", 1) / 5 + 0.05


def _heads_work(data: TrainingSet, recipe: Recipe) -> float:
    """Rough seconds that the heads of one layer take on one core; only ratios matter."""
    per_path = 0.02 if "smallest" in recipe.as_dict()["regressor"] else 0.005
    return per_path * data.response.shape[1] * recipe.folds
