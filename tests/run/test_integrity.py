"""What is kept is checked before it is used; what cannot be written is one sentence and leaves all as it was."""

import errno
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from leap_core.errors import StoreError, UserError
from leap_core.run import manifest
from leap_core.run.records import read_record, write_record
from leap_core.run.store import Store, key_of
from tests.conftest import ROOT

A, B = {"stage": "a"}, {"stage": "b"}


@pytest.fixture
def store(tmp_path):
    store = Store(tmp_path)
    store.keep(A, lambda: {"values": np.arange(1000.0), "text": "a"})
    store.keep(B, lambda: {"values": np.arange(1000.0)[::-1].copy(), "text": "b"})
    return store


def change(path, content):
    path.write_bytes(content)


def flipped(path, bit):
    content = bytearray(path.read_bytes())
    content[(bit // 8) % len(content)] ^= 1 << (bit % 8)
    change(path, bytes(content))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(name=st.sampled_from(["object.json", "object.safetensors", "manifest.json"]), bit=st.integers(0, 2**17))
def test_one_flipped_bit_is_said_and_the_other_artefact_is_as_it_was(store, name, bit):
    path = store.folder(key_of(A)) / name
    before = path.read_bytes()
    flipped(path, bit)
    with pytest.raises(StoreError, match="Train again from the same files"):
        store.read(key_of(A), dict)
    assert not store.sound(key_of(A)) and store.read(key_of(B), dict)["text"] == "b"
    change(path, before)
    assert store.read(key_of(A), dict)["text"] == "a"


def test_files_and_folders_in_each_others_place_are_said(store):
    a, b = store.folder(key_of(A)), store.folder(key_of(B))
    change(a / "object.safetensors", (b / "object.safetensors").read_bytes())
    assert "object.safetensors" in store.damage(key_of(A))
    b.rename(b.with_name("aside"))
    a.rename(b)
    assert "is not this artefact's" in store.damage(key_of(B))


def test_a_damaged_artefact_is_made_anew(store):
    (store.folder(key_of(A)) / "object.safetensors").unlink()
    assert store.keep(A, lambda: {"values": np.zeros(2), "text": "anew"}) == key_of(A)
    assert store.read(key_of(A), dict)["text"] == "anew" and not list((store.home / "incoming").iterdir())


def test_content_is_read_once_per_process_and_again_when_a_file_was_written_to(store, monkeypatch):
    read = []
    real = manifest.file_digest
    monkeypatch.setattr(manifest, "file_digest", lambda path: read.append(path.name) or real(path))
    for _ in range(3):
        store.read(key_of(A), dict)
    assert sorted(read) == ["object.json", "object.safetensors"]
    flipped(store.folder(key_of(A)) / "object.safetensors", 5000)
    assert not store.sound(key_of(A))


def test_arrays_stay_mapped(store):
    values = store.read(key_of(A), dict)["values"]
    base = values
    while isinstance(base, np.ndarray) and base.base is not None:
        base = base.base
    assert type(base).__name__ in ("mmap", "memoryview") and not values.flags.writeable


def test_names_in_each_others_place_or_of_nothing_are_said(store):
    for name, key in (("one", key_of(A)), ("two", key_of(B))):
        store.bind(name, key)
    one, two = (store.home / "models" / f"{name}.json" for name in ("one", "two"))
    change(two, one.read_bytes())
    with pytest.raises(StoreError, match="two cannot be used"):
        store.resolve("two")
    for content in (
        b"",
        b"null",
        b"[]",
        b'{"name": "two"}',
        b"[" * 10**5,
        json.dumps({"key": 5, "name": "two"}).encode(),
    ):
        change(two, content)
        with pytest.raises(StoreError, match="two cannot be used"):
            store.resolve("two")
    assert store.resolve("one") == key_of(A)
    store.forget("two")
    assert store.names() == ["one"]


def test_records_of_before_had_no_seal_and_a_lost_seal_is_told(tmp_path):
    path = tmp_path / "r.json"
    path.write_text('{"name": "x"}')
    assert read_record(path, ("name",)) == {"name": "x"}
    write_record(path, {"name": "x"})
    written = json.loads(path.read_text())
    for lost in ({"sha257": written["sha256"]}, {"sha256": None}, {"sha256": "0" * 64}):
        path.write_text(json.dumps({"name": "x", **lost}))
        with pytest.raises(StoreError, match="not what was written"):
            read_record(path, ("name",))


def test_a_full_disk_leaves_name_and_artefact_as_they_were(store, monkeypatch):
    store.bind("one", key_of(A))

    def full(*arguments):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(UserError, match="the disk is full") as said:
        store.bind("one", key_of(B))
    assert "\n" not in str(said.value) and store.resolve("one") == key_of(A)
    assert [path.name for path in (store.home / "models").iterdir()] == ["one.json"]
    monkeypatch.setattr("leap_core.run.store.write_manifest", full)
    with pytest.raises(UserError, match="the disk is full"):
        store.keep({"stage": "c"}, lambda: {"values": np.zeros(3)})
    assert not store.drafts() and not store.has(key_of({"stage": "c"}))


KEEPS = """
import os, resource, sys
from pathlib import Path
import numpy as np
import leap_core.cli.models, leap_core.services.models, leap_core.run.queue as queue
from leap_core.errors import LeapError
from leap_core.run.store import Store
home, limit, user = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
if limit:
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
if user and os.geteuid() == 0:
    os.setgroups([])
    os.setgid(user)
    os.setuid(user)
store = Store(home)
for do in (
    lambda: store.keep({"stage": "c"}, lambda: {"values": np.zeros(100_000)}),
    lambda: store.bind("one", "k" * 5000) if limit else store.bind("one", "k"),
    lambda: leap_core.services.models.delete_model("one", store) if user else None,
    lambda: queue.start_job(home, ["x" * 5000], "job"),
    lambda: queue.advance(home),
):
    try:
        do()
        print("done")
    except LeapError as error:
        print(type(error).__name__, error)
"""


def lines_of(home, limit=0, user=0):
    command = [sys.executable, "-c", KEEPS, str(home), str(limit), str(user)]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert run.returncode == 0, run.stderr
    return run.stdout.splitlines()


def test_a_limit_on_the_size_of_files_is_one_sentence_each(store):
    store.bind("one", key_of(A))
    said = lines_of(store.home, limit=4096)
    assert [line.split()[0] for line in said] == ["UserError", "UserError", "done", "UserError", "done"]
    assert all("a limit forbids files as large" in line for line in said if line != "done")
    assert store.resolve("one") == key_of(A) and not store.drafts()
    assert not list((store.home / "jobs").glob("*-*"))


def test_anothers_folder_is_one_sentence_each_and_can_be_read():
    with tempfile.TemporaryDirectory() as folder:
        store = Store(Path(folder) / "home")
        store.keep(A, lambda: {"values": np.arange(10)})
        store.bind("one", key_of(A))
        Path(folder).chmod(0o755)
        for path in (store.home, *store.home.rglob("*")):
            path.chmod(path.stat().st_mode & ~0o222)
        try:
            said = lines_of(store.home, user=65534)
            assert [line.split()[0] for line in said] == ["UserError"] * 4 + ["done"]
            assert all("Permission denied" in line for line in said[:-1])
            assert store.resolve("one") == key_of(A) and store.read(key_of(A), dict)["values"][-1] == 9
        finally:
            for path in (store.home, *(path for path in store.home.rglob("*") if path.is_dir())):
                path.chmod(0o755)
