"""Keep a small model of today's form, for the test that it still opens tomorrow.

    python -m tests.services.keep_model [WHAT]

Run it once whenever MODEL_CONTENTS is raised, or the default recipe has parts of another kind (WHAT names them), and
commit what it writes: kept/model_<contents>[_WHAT].zip (a store with the planted panel's model and its predictions).
Older files stay as long as they open; one that no longer does is named in the CHANGELOG and deleted.
"""

from __future__ import annotations

import json
import shutil
import sys
import tempfile
import zipfile
from pathlib import Path

from leap_core.model.catalogue import recipe_called
from leap_core.panel.kept import keep_panel
from leap_core.run.runtime import Runtime
from leap_core.run.store import Store
from leap_core.services.models import load_model, predict
from leap_core.services.training import MODEL_CONTENTS, TrainedModel, train
from tests.conftest import planted

KEPT = Path(__file__).parent / "kept"


def main() -> None:
    """Train, take what a model needs to open, and write it."""
    with tempfile.TemporaryDirectory() as folder:
        store, small = Store(Path(folder) / "whole"), Path(folder) / "small"
        key = train(keep_panel(planted(), store), recipe_called("leap-best"), "outer", Runtime(store), "Planted")
        for part in {key, *store.read(key, TrainedModel).parts}:
            shutil.copytree(store.folder(part), small / store.folder(part).relative_to(store.home))
        shutil.copytree(store.home / "models", small / "models")
        model = load_model("Planted", Store(small))
        predictions = predict(model, model.panel.expression.iloc[:3]).predicted.to_numpy()
        (small / "predictions.json").write_text(json.dumps([[float(value) for value in row] for row in predictions]))
        KEPT.mkdir(exist_ok=True)
        name = "_".join(["model", str(MODEL_CONTENTS), *sys.argv[1:]])
        with zipfile.ZipFile(KEPT / f"{name}.zip", "w", zipfile.ZIP_DEFLATED) as archive:
            for path in sorted(small.rglob("*")):
                archive.write(path, path.relative_to(small))


if __name__ == "__main__":
    main()
