"""Worker processes behind `map`: serial's bits, also when workers are killed.

What is sent, how often, and what is refused.
"""

import os
import re
import signal
import socket
import sys
import time
from collections import Counter
from concurrent.futures import CancelledError
from dataclasses import fields
from functools import partial

import cloudpickle
import numpy as np
import psutil
import pytest

import leap_core
from leap_core.cli import main
from leap_core.errors import Cancelled, UserError
from leap_core.model.heads import chunks
from leap_core.model.heads.base import Problem
from leap_core.model.heads.boosting import BoostingSettings, PanTreeSettings
from leap_core.model.heads.kernel import KernelSettings
from leap_core.model.heads.knn import NeighbourSettings
from leap_core.model.heads.lasso.lasso import LassoSettings
from leap_core.model.heads.multitarget.multitarget import MultiTargetSettings
from leap_core.model.heads.networks import NetworkSettings, PanNetworkSettings
from leap_core.model.heads.ridge import RidgeSettings
from leap_core.panel.kept import keep_panel
from leap_core.run import workers as engine
from leap_core.run.mapping import SerialMapper, ThreadMapper
from leap_core.run.runtime import Runtime
from leap_core.run.store import Store
from leap_core.services.models import load_model
from leap_core.services.training import train
from tests.conftest import planted_tables
from tests.services.test_training import RECIPE, artefacts

REGRESSORS = [
    LassoSettings(),
    RidgeSettings(),
    MultiTargetSettings(),
    KernelSettings(),
    NeighbourSettings(),
    BoostingSettings(num_iterations=(5, 10)),
    NetworkSettings(epochs=(2, 4)),
    PanTreeSettings(num_iterations=(10, 20)),
    PanNetworkSettings(hidden=(16, 8), epochs=(1, 2), dropouts=(0.0, 0.2)),
]


class Marking:
    """Writes a marker when it is unpacked, when an item begins and when it ends.

    From item `held` on they end only when `folder` has a file ``go``: work that takes as long as the test wants.
    """

    def __init__(self, function, folder, held=None):
        self.function, self.folder, self.held = function, folder, held

    def __setstate__(self, state):
        self.__dict__.update(state)
        mark(self.folder, "unpacked", os.getpid())

    def __call__(self, numbered):
        number, item = numbered
        mark(self.folder, "begun", number, os.getpid())
        if self.held is not None and number >= self.held:
            wait_until((self.folder / "go").exists)
        result = self.function(item)
        mark(self.folder, "ended", number, os.getpid())
        return Fetched(number, result, self.folder)


class Fetched:
    """A result that leaves a marker when it arrives."""

    def __init__(self, number, result, folder):
        self.number, self.result, self.folder = number, result, folder

    def __setstate__(self, state):
        self.__dict__.update(state)
        mark(self.folder, "fetched", self.number)


def wait_until(condition):
    """Wait; what is not so after a minute is left to the test's assertions."""
    end = time.monotonic() + 60
    while not condition() and time.monotonic() < end:
        time.sleep(0.005)


def mark(folder, *parts):
    (folder / "-".join(map(str, (*parts, time.monotonic_ns())))).touch()


def marked(folder, kind):
    """Of every marker of a kind the numbers in it, without the time."""
    return [tuple(map(int, path.name.split("-")[1:-1])) for path in folder.glob(f"{kind}-*")]


class MarkedMapper:
    """A mapper whose functions leave markers."""

    def __init__(self, mapper, folder, done, held):
        self.mapper, self.folder, self.done, self.held = mapper, folder, done, held

    def map(self, function, items, done):
        marking = Marking(function, self.folder, self.held)
        return [one.result for one in self.mapper.map(marking, list(enumerate(items)), self.done)]


class CarryingMapper:
    """Everything goes through the bytes that workers are sent and send back."""

    def map(self, function, items, done=lambda: None):
        shared = cloudpickle.loads(cloudpickle.dumps(engine._Shared(cloudpickle.dumps(function))))
        packed = [cloudpickle.dumps(item) for item in items]
        return [cloudpickle.loads(engine._run(item, shared, engine.__version__)) for item in packed]


def double(item):
    return 2 * item


def slowly(item):
    time.sleep(0.5)
    return item


def fail_at_two(item):
    if item == 2:
        raise KeyError("two", item)
    return item


def fail_with(error, item):
    raise error


def die(item):
    os.kill(os.getpid(), signal.SIGKILL)


@pytest.fixture(scope="module")
def mapper():
    # Workers then need not import the tests.
    cloudpickle.register_pickle_by_value(sys.modules[__name__])
    with engine.local_processes(2) as cluster, engine.at_scheduler(cluster.scheduler_address, ThreadMapper()) as opened:
        yield opened
    cloudpickle.unregister_pickle_by_value(sys.modules[__name__])


@pytest.fixture
def chunks_of_two(monkeypatch):
    monkeypatch.setattr(chunks, "CHUNK", 2)


@pytest.fixture(scope="module")
def problem():
    random = np.random.default_rng(0)
    latent = random.normal(size=(80, 10)).astype(np.float32)
    response = (latent @ random.normal(size=(10, 24)) + random.normal(size=(80, 24))).astype(np.float32)
    response[random.random(response.shape) < 0.05] = np.nan
    return Problem(latent, response, np.arange(80) % 5, 3, random.normal(size=(24, 6)).astype(np.float32))


def assert_same_bits(one, other):
    assert type(one) is type(other)
    for field in fields(one):
        np.testing.assert_array_equal(
            getattr(one, field.name), getattr(other, field.name), err_msg=field.name, strict=True
        )


@pytest.mark.parametrize("settings", REGRESSORS, ids=lambda settings: settings.kind)
def test_what_every_regressor_hands_over_survives_the_journey(settings, problem, chunks_of_two):
    assert_same_bits(settings.fit_heads(problem, CarryingMapper()), settings.fit_heads(problem, SerialMapper()))


def test_a_training_on_worker_processes_ends_in_the_bits_of_a_serial_one(
    tmp_path, planted_panel, mapper, chunks_of_two
):
    serial, cluster = Store(tmp_path / "serial"), Store(tmp_path / "cluster")
    for store, engine_of_it in ((serial, SerialMapper()), (cluster, mapper)):
        train(keep_panel(planted_panel, store), RECIPE, "none", Runtime(store, engine_of_it), "m")
    assert artefacts(cluster) == artefacts(serial)


@pytest.mark.parametrize("victims", [1, 2])
def test_workers_killed_in_the_middle_cost_only_what_they_had_not_finished(
    tmp_path, problem, mapper, chunks_of_two, victims
):
    before, killed = set(), []

    def at_work():
        ended = set(marked(tmp_path, "ended"))
        return sorted({pid for number, pid in marked(tmp_path, "begun") if (number, pid) not in ended})

    def kill_in_the_middle():
        before.update(marked(tmp_path, "fetched"))
        if len(before) == 5 and not killed:
            wait_until(lambda: len(at_work()) >= 2)
            for pid in at_work()[:victims]:
                os.kill(pid, signal.SIGKILL)
                killed.append(pid)
            (tmp_path / "go").touch()

    heads = LassoSettings().fit_heads(problem, MarkedMapper(mapper, tmp_path, kill_in_the_middle, held=5))
    assert_same_bits(heads, LassoSettings().fit_heads(problem, SerialMapper()))
    begun, fetched = marked(tmp_path, "begun"), marked(tmp_path, "fetched")
    again = {number for number, times in Counter(number for number, _ in begun).items() if times > 1}
    assert len(killed) == victims and sorted(fetched) == [(number,) for number in range(12)]
    assert again and min(again) >= 5
    assert again <= {number for number, pid in begun if pid in killed}


def test_the_function_goes_to_each_worker_once(tmp_path, mapper):
    finished = []
    items = list(enumerate(range(30)))
    results = mapper.map(Marking(double, tmp_path), items, lambda: finished.append(1))
    assert [one.result for one in results] == list(range(0, 60, 2))
    assert len(finished) == 30
    unpacked = marked(tmp_path, "unpacked")
    assert len(unpacked) == len(set(unpacked)) == 2


def test_the_first_error_comes_through_and_stops_the_rest(tmp_path, mapper):
    with pytest.raises(KeyError) as raised:
        mapper.map(Marking(fail_at_two, tmp_path, held=3), list(enumerate(range(40))))
    assert raised.value.args == ("two", 2)
    (tmp_path / "go").touch()
    assert mapper.map(double, []) == []
    assert mapper.map(double, range(3)) == [0, 2, 4]
    assert len(marked(tmp_path, "begun")) < 20


def test_an_error_is_the_chunks_own_whatever_its_kind(mapper):
    for error in (TimeoutError("chunk"), CancelledError("chunk"), UserError("chunk")):
        with pytest.raises(type(error), match=r"^chunk$"):
            mapper.map(partial(fail_with, error), range(3))


@pytest.mark.parametrize("stop", [Cancelled, KeyboardInterrupt])
def test_what_done_raises_stops_the_rest(tmp_path, mapper, stop):
    def cancel():
        raise stop("enough")

    with pytest.raises(stop, match="enough"):
        mapper.map(Marking(double, tmp_path, held=1), list(enumerate(range(40))), cancel)
    (tmp_path / "go").touch()
    assert mapper.map(double, range(3)) == [0, 2, 4]
    assert len(marked(tmp_path, "begun")) < 20


def test_a_chunk_that_kills_every_worker_is_given_up(mapper):
    def allow(dask_scheduler, failures):
        before, dask_scheduler.allowed_failures = dask_scheduler.allowed_failures, failures
        return before

    before = mapper.client.run_on_scheduler(allow, failures=1)
    with pytest.raises(UserError, match=r"^2 workers died.*ran out of memory.*what was finished is kept"):
        mapper.map(die, range(1))
    mapper.client.run_on_scheduler(allow, failures=before)


def test_what_carries_the_runtime_stays_here(tmp_path, mapper):
    runtime = Runtime(Store(tmp_path), mapper)
    assert mapper.map(lambda item: (runtime.store.home, os.getpid(), item), range(2)) == [
        (tmp_path, os.getpid(), item) for item in range(2)
    ]


def test_workers_of_another_version_are_refused_at_the_door_and_later(mapper, monkeypatch):
    address = mapper.client.scheduler.address
    with engine.at_scheduler(address, ThreadMapper(1)) as opened:
        assert opened.map(double, range(3)) == [0, 2, 4]
    monkeypatch.setattr(engine, "__version__", "99.1")
    both = re.escape(f"leap_core {leap_core.__version__}, and this computer 99.1")
    with pytest.raises(UserError, match=both), engine.at_scheduler(address, ThreadMapper(1)):
        pass
    with pytest.raises(UserError, match=both):
        mapper.map(double, range(3))


def test_workers_with_another_package_are_refused(mapper, monkeypatch):
    def one_for_each_process(names):
        return {"numpy": f"{os.getpid()}.1+cpu"}

    monkeypatch.setattr(engine, "_NUMERIC", ("numpy",))
    monkeypatch.setattr(engine, "get_package_info", one_for_each_process)
    both = rf"The worker tcp://\S+ has numpy \d+\.1, and this computer {os.getpid()}\.1: results would not be the same"
    address = mapper.client.scheduler.address
    with pytest.raises(UserError, match=both), engine.at_scheduler(address, ThreadMapper(1)):
        pass


@pytest.fixture
def stranger():
    """A server that takes connections and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"tcp://127.0.0.1:{server.getsockname()[1]}"


@pytest.mark.parametrize("address", ["tcp://127.0.0.1:1", "nonsense", "http://127.0.0.1:8786", None])
def test_a_scheduler_that_does_not_answer_is_said_in_one_sentence(address, stranger, monkeypatch):
    monkeypatch.setattr(engine, "_CONNECT_SECONDS", 0.5)
    with (
        pytest.raises(UserError, match=f"No Dask scheduler answers at {address or stranger}") as raised,
        engine.at_scheduler(address or stranger, ThreadMapper(1)),
    ):
        pass
    assert "\n" not in str(raised.value)


def test_workers_or_a_scheduler_that_stay_away_are_said_in_one_sentence(monkeypatch):
    monkeypatch.setattr(engine, "_CONNECT_SECONDS", 2.0)
    with engine.local_processes(0) as cluster:
        none = pytest.raises(UserError, match=r"The scheduler has no workers, and none came within . s: start some")
        with none, engine.at_scheduler(cluster.scheduler_address, ThreadMapper(1)):
            pass
        cluster.scale(1)
        cluster.wait_for_workers(1)
        with engine.at_scheduler(cluster.scheduler_address, ThreadMapper(1)) as opened:
            monkeypatch.setattr(engine, "_LOOK_SECONDS", 0.2)
            monkeypatch.setattr(engine, "_PATIENCE_SECONDS", 0.2)
            with none:
                opened.map(double, range(40), lambda: cluster.scale(0))
            with pytest.raises(UserError, match="connection to the scheduler is lost"):
                cluster.close()
                opened.map(double, range(3))


def test_a_result_that_is_lost_with_its_worker_is_waited_for_while_there_are_workers(monkeypatch):
    monkeypatch.setattr(engine, "_LOOK_SECONDS", 0.2)
    monkeypatch.setattr(engine, "_PATIENCE_SECONDS", 0.2)
    with (
        engine.local_processes(1) as cluster,
        engine.at_scheduler(cluster.scheduler_address, ThreadMapper(1)) as opened,
    ):
        assert opened._again(opened.client.submit(slowly, b"kept", pure=False)) == b"kept"
        cluster.scale(0)
        wait_until(lambda: not opened.client.scheduler_info()["workers"])
        with pytest.raises(UserError, match=r"The scheduler has no workers, and none came within . s"):
            opened._again(opened.client.submit(slowly, b"lost", pure=False))


@pytest.mark.parametrize("options", [["--processes", "2"], ["--scheduler", "tcp://127.0.0.1:1"]])
def test_without_distributed_one_sentence_says_what_to_install(tmp_path, monkeypatch, capsys, options):
    monkeypatch.setitem(sys.modules, "distributed", None)
    monkeypatch.delitem(sys.modules, "leap_core.run.workers")
    assert main(["train", "--name", "m", "--home", str(tmp_path), *options]) == 2
    assert capsys.readouterr().err.strip().endswith("not installed: pip install -r requirements-cluster.txt.")


def test_the_command_line_opens_processes_and_ends_them(tmp_path, capsys):
    expression, response, _ = planted_tables()
    expression.to_csv(tmp_path / "e.csv")
    response.to_csv(tmp_path / "CRISPRGeneEffect.csv")
    files = ["--expression", str(tmp_path / "e.csv"), "--response", str(tmp_path / "CRISPRGeneEffect.csv")]
    before = {child.pid for child in psutil.Process().children(recursive=True)}
    rest = ["--name", "m", "--recipe", "pca-ridge", "--accuracy", "none"]
    for home, options in (("threads", []), ("processes", ["--processes", "2"])):
        assert main(["train", *files, *rest, "--home", str(tmp_path / home), *options]) == 0
    assert artefacts(Store(tmp_path / "processes")) == artefacts(Store(tmp_path / "threads"))
    assert load_model("m", Store(tmp_path / "processes")).table is not None
    left = [
        child
        for child in psutil.Process().children(recursive=True)
        if child.pid not in before and child.status() != psutil.STATUS_ZOMBIE
    ]
    assert not [child for child in left if "fork" in " ".join(child.cmdline())]
    assert main(["train", *files, *rest, "--home", str(tmp_path), "--processes", "0"]) == 2
    assert "--processes must be at least 1, got 0." in capsys.readouterr().err
