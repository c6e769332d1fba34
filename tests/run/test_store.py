"""The store: whole or not at all, found again, and continued after kill -9 to the same bits."""

import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

from leap_core.errors import StoreError, UnknownModelError, UserError
from leap_core.model.training import BLOCK
from leap_core.run.store import Store, key_of
from tests.conftest import ROOT, planted_tables


def test_artefacts_are_made_once_and_never_half(tmp_path):
    store, calls = Store(tmp_path), []

    def make():
        calls.append(1)
        return {"a": np.arange(3)}

    def fail():
        raise RuntimeError("killed")

    with pytest.raises(RuntimeError, match="killed"):
        store.keep({"stage": "x"}, fail)
    assert not store.has(key_of({"stage": "x"}))
    key = store.keep({"stage": "x"}, make)
    assert store.keep({"stage": "x"}, make) == key and len(calls) == 1
    np.testing.assert_array_equal(store.read(key, dict)["a"], np.arange(3))
    manifest = store.manifest(key)
    assert manifest["made_from"] == {"stage": "x"} and set(manifest["files"]) == {"object.json", "object.safetensors"}
    assert store.discard({key}) > 0 and not store.has(key)
    assert not list((tmp_path / "incoming").iterdir())


def test_names_are_checked_and_unknown_ones_say_what_there_is(tmp_path):
    store = Store(tmp_path)
    store.bind("Model A", "k")
    assert store.resolve("Model A") == "k"
    with pytest.raises(UnknownModelError, match="Model A"):
        store.resolve("Model B")
    for bad in ("", "../x", "a/b", "x" * 90, ".hidden", "CON", "nul", "aux.2", "com1", "a\n"):
        with pytest.raises(UserError, match="cannot be a model's name"):
            store.bind(bad, "k")
    with pytest.raises(StoreError, match="train the model again"):
        store.folder("0" * 64)


def files_of(home):
    """Content of every artefact file but the manifests, which hold the time."""
    return {
        path.relative_to(home): path.read_bytes()
        for path in home.glob("artefacts/*/*/*")
        if path.name != "manifest.json"
    }


def command(tmp_path, home, accuracy, workers="2"):
    return [
        sys.executable,
        "-m",
        "leap_core",
        "train",
        "--expression",
        str(tmp_path / "e.csv"),
        "--response",
        str(tmp_path / "CRISPRGeneEffect.csv"),
        "--name",
        "m",
        "--recipe",
        "leap-lasso",
        "--layers",
        "2",
        "--home",
        str(home),
        "--workers",
        workers,
        "--accuracy",
        accuracy,
    ]


@pytest.mark.parametrize(
    ("perturbations", "accuracy", "kills"), [(30, "outer", (1, 4, 12)), (BLOCK + 76, "none", (2, 3, 5))]
)
def test_kill_9_at_several_points_ends_in_the_same_bits(tmp_path, perturbations, accuracy, kills):
    expression, response, _ = planted_tables(n=60, genes=80, p=perturbations)
    expression.to_csv(tmp_path / "e.csv")
    response.to_csv(tmp_path / "CRISPRGeneEffect.csv")
    undisturbed, killed = tmp_path / "undisturbed", tmp_path / "killed"
    subprocess.run(command(tmp_path, undisturbed, accuracy, "1"), cwd=ROOT, check=True, capture_output=True)
    points = 0
    for wanted in kills:
        process = subprocess.Popen(
            command(tmp_path, killed, accuracy), cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        deadline = time.time() + 120
        while process.poll() is None and len(list(killed.glob("artefacts/*/*"))) < wanted and time.time() < deadline:
            time.sleep(0.005)
        if process.poll() is None:
            os.kill(process.pid, signal.SIGKILL)
            points += 1
        process.wait()
    assert points >= 2
    assert not list(killed.glob("models/*.json"))
    subprocess.run(command(tmp_path, killed, accuracy, "3"), cwd=ROOT, check=True, capture_output=True)
    assert files_of(killed) == files_of(undisturbed)
    again = subprocess.run(command(tmp_path, killed, accuracy), cwd=ROOT, check=True, capture_output=True, text=True)
    assert "60 lines" in again.stdout and files_of(killed) == files_of(undisturbed)
