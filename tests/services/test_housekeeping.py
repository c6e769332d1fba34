"""What is damaged, what no model needs, and what is deleted when: never what another model or a training rests on."""

import json
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import replace

import numpy as np
import pytest

from leap_core.cli import main
from leap_core.errors import StoreError, UserError
from leap_core.model.layers.pca import PCASettings
from leap_core.model.recipe import LayerGroup, Recipe
from leap_core.panel.kept import keep_panel
from leap_core.run import queue
from leap_core.run.jobs import put_job
from leap_core.run.runtime import Runtime
from leap_core.run.store import Store
from leap_core.services.housekeeping import check, clean, unneeded
from leap_core.services.models import delete_model, load_model, model_keys, predict, reference_of
from leap_core.services.training import MODEL_CONTENTS, TrainedModel, train
from tests.conftest import ROOT, planted, planted_tables

RECIPES = [Recipe(f"of {n}", groups=(LayerGroup(PCASettings(components=n), layers=1),)) for n in (4, 5)]


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    store = Store(tmp_path_factory.mktemp("store"))
    for recipe, name in zip(RECIPES, ("one", "two"), strict=True):
        train(keep_panel(planted(), store), recipe, "none", Runtime(store), name)
    return store


@pytest.fixture
def store(trained, tmp_path):
    return Store(shutil.copytree(trained.home, tmp_path / "home"))


def predicted(name, store):
    return predict(load_model(name, store), planted().expression.iloc[:2]).predicted


def damage(store, name, part="heads"):
    trained = store.read(store.resolve(name), TrainedModel)
    key = {
        "heads": trained.heads[0][0],
        "layer": trained.layers[0],
        "panel": trained.panel,
        "model": store.resolve(name),
    }
    path = store.folder(key[part]) / "object.safetensors"
    content = bytearray(path.read_bytes())
    content[-3] ^= 0x10
    path.write_bytes(content)
    return key[part]


@pytest.mark.parametrize("part", ["heads", "layer", "model"])
def test_one_damaged_part_makes_one_model_unusable_and_training_mends_it(store, part):
    before, other = predicted("one", store), predicted("two", store)
    key = damage(store, "one", part)
    with pytest.raises(StoreError, match="one cannot be used") as said:
        load_model("one", store)
    assert "\n" not in str(said.value) and "object.safetensors" in str(said.value)
    np.testing.assert_array_equal(predicted("two", store), other)
    found = check(store)
    assert set(found.damaged) == {key} and set(found.models) == {"one"}
    train(keep_panel(planted(), store), RECIPES[0], "none", Runtime(store), "one")
    np.testing.assert_array_equal(predicted("one", store), before)
    assert check(store).damaged == {}


def test_parts_that_do_not_go_together_are_said(store):
    # Every file is what was written, but not what this program writes.
    wrong = replace(store.read(store.resolve("one"), TrainedModel), folds=np.full(90, 7))
    store.bind("one", store.keep({"stage": "model", "contents": MODEL_CONTENTS}, lambda: wrong))
    with pytest.raises(StoreError, match="one cannot be used"):
        load_model("one", store)


def test_deleting_a_damaged_model_or_name_leaves_the_other_as_it_was(store):
    other = predicted("two", store)
    damage(store, "one", "model")
    assert delete_model("one", store) > 0
    store.bind("three", store.resolve("two"))
    (store.home / "models" / "three.json").write_text("null")
    assert delete_model("three", store) == 0 and store.names() == ["two"]
    np.testing.assert_array_equal(predicted("two", store), other)


def test_what_no_model_needs_is_listed_and_then_removed(store, capsys):
    assert unneeded(store).size == 0
    other = predicted("two", store)
    keep_panel(replace(planted(), simulated=True), store)
    own = model_keys("one", store) - model_keys("two", store)
    store.forget("one")
    (store.home / "incoming" / "left by a killed one").mkdir(parents=True)
    (store.home / "incoming" / "left by a killed one" / "object.json").write_text("{}")
    (store.home / "models" / "one.0123.draft").write_text("{}")
    assert main(["models", "--clean", "--json", "--home", str(store.home)]) == 0
    listed = json.loads(capsys.readouterr().out)
    assert set(listed["artefacts"]) > own and len(listed["drafts"]) == 2 and not listed["removed"]
    assert {"model", "layer", "heads", "panel"} == set(listed["stages"])
    before = sum(path.stat().st_size for path in store.home.rglob("*") if path.is_file())
    assert main(["models", "--clean", "--yes", "--home", str(store.home)]) == 0
    after = sum(path.stat().st_size for path in store.home.rglob("*") if path.is_file())
    assert before - after == listed["bytes"] and unneeded(store).size == 0
    np.testing.assert_array_equal(predicted("two", store), other)


def test_what_jobs_that_wait_and_unreadable_names_need_is_kept(store, monkeypatch):
    monkeypatch.setattr(queue, "spawn_job", lambda home, job: None)
    panel = keep_panel(replace(planted(), simulated=True), store)
    put_job(store.home, ["train", "--panel", panel, "--name", "x"], "waits")
    (store.home / "models" / "one.json").write_text("null")
    found = unneeded(store)
    assert not found.keys and any("one cannot be used" in remark for remark in found.remarks)


HOLDS = """
import sys
from pathlib import Path
from leap_core.run.locks import in_use
with in_use(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_nothing_is_cleaned_while_another_process_rests_on_it(store, capsys):
    store.forget("one")
    command = [sys.executable, "-c", HOLDS, str(store.home)]
    holder = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    try:
        assert holder.stdout.readline() == b"held\n"
        with pytest.raises(UserError, match="being trained or written"):
            clean(store)
        assert main(["models", "--clean", "--yes", "--home", str(store.home)]) == 2
        assert len(capsys.readouterr().err.strip().splitlines()) == 1
        # A name can go; what it stood for may be what the other found.
        assert delete_model("two", store) == 0 and store.names() == [] and len(store.keys()) > 4
    finally:
        holder.send_signal(signal.SIGKILL)
        holder.wait()
    # The system frees what a killed one held.
    assert clean(store).size > 0 and store.keys() == set()
    assert not list((store.home / "locks").glob("*.use"))


def test_drafts_of_a_killed_training_are_removed(tmp_path):
    expression, response, _ = planted_tables(n=60, genes=80, p=300)
    expression.to_csv(tmp_path / "e.csv")
    response.to_csv(tmp_path / "CRISPRGeneEffect.csv")
    files = ["--expression", str(tmp_path / "e.csv"), "--response", str(tmp_path / "CRISPRGeneEffect.csv")]
    command = [sys.executable, "-m", "leap_core", "train", *files, "--name", "m", "--home", str(tmp_path / "home")]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    store, end = Store(tmp_path / "home"), time.time() + 120
    while process.poll() is None and time.time() < end:
        if store.drafts() and store.keys():
            # Held still, for a draft may be finished a moment later; then the next one is waited for.
            process.send_signal(signal.SIGSTOP)
            if store.drafts():
                break
            process.send_signal(signal.SIGCONT)
        time.sleep(0.002)
    with pytest.raises(UserError, match="being trained or written"):
        clean(store)
    process.kill()
    process.wait()
    found = clean(store)
    assert found.drafts and found.size > 0 and not store.drafts() and store.keys() == set()


def test_verify_says_which_and_ends_with_a_code(store, capsys):
    assert main(["models", "--verify", "--home", str(store.home)]) == 0
    key = damage(store, "one")
    assert main(["models", "--verify", "--home", str(store.home)]) == 1
    said = capsys.readouterr()
    assert key in said.out and "one rests on" in said.out and "1 of" in said.err
    assert main(["models", "--verify", "--json", "--home", str(store.home)]) == 1
    assert [row["key"] for row in json.loads(capsys.readouterr().out)["damaged"]] == [key]
    assert main(["models", "--home", str(store.home)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("one: one cannot be used") and lines[1].startswith("two: gene_effect")
    assert main(["models", "--yes", "--home", str(store.home)]) == 2


def test_verify_reads_the_tables_that_a_user_supplied(store, capsys):
    reference = reference_of(store)
    reference.keep_gene_sets(b"MINE\tx\tTP53\tMYC\tKRAS\tNRAS\tBRAF\n", "mine.gmt")
    reference.keep_essentials(b"gene\nRPL3\nRPS6\nPOLR2A\nRPL5\nRPL7\n", "ours.csv")
    assert main(["models", "--verify", "--home", str(store.home)]) == 0
    (path,) = (reference.folder / "gene_sets").glob("*.gmt")
    path.write_bytes(path.read_bytes().replace(b"KRAS", b"HRAS"))
    capsys.readouterr()
    assert main(["models", "--verify", "--home", str(store.home)]) == 1
    said = capsys.readouterr()
    assert path.name in said.out and "1 of the tables" in said.err
    assert main(["models", "--verify", "--json", "--home", str(store.home)]) == 1
    assert len(json.loads(capsys.readouterr().out)["reference"]) == 1


def test_a_part_that_is_missing_is_said_by_verify(store):
    shutil.rmtree(store.folder(store.read(store.resolve("one"), TrainedModel).layers[0]))
    assert set(check(store).models) == {"one"} and not check(store).damaged


def test_names_of_nothing_can_be_deleted(store):
    # As a copy of a store in which something was deleted meanwhile.
    shutil.rmtree(store.home / "artefacts")
    with pytest.raises(StoreError, match="one cannot be used"):
        load_model("one", store)
    assert delete_model("one", store) == 0 and store.names() == ["two"]
