"""Models of today's form open and predict as they did, older ones say what to do; a store in use can be copied."""

import json
import shutil
import threading
import zipfile
from pathlib import Path

import numpy as np
import pytest

from leap_core.errors import StoreError
from leap_core.model.catalogue import recipe_called
from leap_core.panel.kept import keep_panel
from leap_core.run.runtime import Runtime
from leap_core.run.store import Store
from leap_core.services.models import load_model, predict
from leap_core.services.training import MODEL_CONTENTS, train
from tests.conftest import planted
from tests.services.keep_model import KEPT


def test_todays_form_is_among_those_kept():
    assert (KEPT / f"model_{MODEL_CONTENTS}.zip").is_file(), (
        "run python -m tests.services.keep_model and commit what it writes"
    )


OPENING = sorted(KEPT.glob(f"model_{MODEL_CONTENTS}*.zip"))
OLDER = sorted(set(KEPT.glob("*.zip")) - set(OPENING))


def unpacked(kept, folder):
    with zipfile.ZipFile(kept) as archive:
        archive.extractall(folder)


@pytest.mark.parametrize("kept", OLDER, ids=lambda path: path.stem)
def test_a_store_of_an_older_form_says_what_to_do(tmp_path, kept):
    unpacked(kept, tmp_path)
    with pytest.raises(StoreError, match=r"older version of this program\. Train it again from the same files"):
        load_model("Planted", Store(tmp_path))


def test_a_model_that_holds_what_models_held_before_says_what_to_do(tmp_path, monkeypatch):
    unpacked(OPENING[0], tmp_path)
    monkeypatch.setattr("leap_core.services.models.MODEL_CONTENTS", MODEL_CONTENTS + 1)
    with pytest.raises(StoreError, match=r"older version of this program\. Train it again"):
        load_model("Planted", Store(tmp_path))


@pytest.mark.parametrize("kept", OPENING, ids=lambda path: path.stem)
def test_an_old_store_opens_and_predicts_as_it_did(tmp_path, kept):
    unpacked(kept, tmp_path)
    model = load_model("Planted", Store(tmp_path))
    expected = np.array(json.loads((tmp_path / "predictions.json").read_text()))
    np.testing.assert_allclose(predict(model, model.panel.expression.iloc[:3]).predicted, expected, rtol=1e-5)
    assert model.accuracy_measured and model.table["accuracy"].mean() > 0.3


def test_a_store_can_be_copied_while_models_are_trained(tmp_path):
    store, copies = Store(tmp_path / "store"), []
    key, recipe = keep_panel(planted(), store), recipe_called("pca-ridge")
    train(key, recipe, "none", Runtime(store), "first")
    ended = threading.Event()

    def train_on():
        for seed in range(1, 6):
            from dataclasses import replace

            train(key, replace(recipe, seed=seed), "none", Runtime(store), f"model {seed}")
        ended.set()

    worker = threading.Thread(target=train_on)
    worker.start()
    while not ended.is_set() or not copies:
        copy = Path(tmp_path / f"copy{len(copies)}")
        # As the administrator's page says: names first, then what they stand for.
        for part in ("models", "artefacts"):
            shutil.copytree(store.home / part, copy / part)
        copies.append(Store(copy))
    worker.join()
    for copy in copies:
        assert copy.names()
        for name in copy.names():
            assert predict(load_model(name, copy), planted().expression.iloc[:2]).predicted.shape == (2, 12)
    assert len(store.names()) == 6
