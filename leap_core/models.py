"""Trained models by name: load, score with, delete."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from leap_core.data.panel import Panel
from leap_core.data.reference import Reference
from leap_core.ensemble.model import FittedEnsemble, Predictions
from leap_core.pipeline import parts_of, read_layer_heads, stored_panel
from leap_core.storage import formats
from leap_core.storage.store import Store

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

    @property
    def panel_standardised(self) -> Matrix:
        """Panel lines (n, g), standardised."""
        return self.ensemble.standardiser.transform(self.panel.expression)


def load_model(name: str, store: Store) -> Model:
    """Load a model by name; from here on it is read only, and its arrays stay on disk until they are used.

    Raises
    ------
    UnknownModelError
        If there is none of that name.
    """
    key = store.resolve(name)
    folder = store.folder(key)
    content = formats.read_json(folder, "model")
    panel = stored_panel(content["panel"], store)
    ensemble = FittedEnsemble(
        standardiser=formats.read_standardiser(folder),
        layers=tuple(formats.read_layer(store.folder(layer)) for layer in content["layers"]),
        heads=tuple(read_layer_heads(tuple(keys), store) for keys in content["heads"]),
        out_of_fold=formats.read_arrays(folder, "out_of_fold")["out_of_fold"],
        folds=formats.read_arrays(folder, "folds")["folds"],
        perturbations=tuple(panel.response.columns), higher_is_stronger=panel.score.higher_is_stronger,
    )  # fmt: skip
    return Model(
        name=name, key=key, panel=panel, ensemble=ensemble, table=formats.read_table(folder, "perturbations"),
        recipe=content["recipe"], accuracy_measured=content["accuracy"] == "outer",
        created=str(store.manifest(key)["created"]),
        fit_seconds=_seconds({*content["layers"], *(part for keys in content["heads"] for part in keys)}, store),
        accuracy_seconds=_seconds(set(content["evidence"]), store),
    )  # fmt: skip


def _seconds(keys: set[str], store: Store) -> float:
    """Seconds that artefacts took; an outer fold's own include those of what it rests on, so the parts are counted."""
    manifests = [store.manifest(key) for key in keys if store.has(key)]
    return sum(float(manifest["seconds"]) for manifest in manifests if manifest["made_from"]["stage"] != "outer fold")


def reference_of(store: Store) -> Reference:
    """Reference tables of a store: what the user fetched lies beside the models."""
    return Reference(store.home / "reference")


def predict(model: Model, samples: pd.DataFrame) -> Predictions:
    """Score samples (m, genes), already in the panel's unit."""
    return model.ensemble.predict(samples)


def delete_model(name: str, store: Store) -> int:
    """Delete a model and whatever no other model rests on; return how many bytes that freed."""
    own = model_keys(name, store)
    store.forget(name)
    shared: set[str] = set()
    for other in store.names():
        shared |= model_keys(other, store)
    return store.discard(own - shared)


def model_keys(name: str, store: Store) -> set[str]:
    """Keys of the model's own artefact, its panel, layers, heads, and the evidence of its accuracy."""
    key = store.resolve(name)
    return {key, *parts_of(key, store), *formats.read_json(store.folder(key), "model")["evidence"]}
