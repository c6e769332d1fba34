"""Shared fixtures: the trained demo, real data where there are any, a small planted panel."""

from __future__ import annotations

import os
import shutil
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import HTTPServer
from pathlib import Path

# On cores that other processes need as well, threads inside a matrix product mostly wait for each other: half as fast.
os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
import pandas as pd
import pytest
from filelock import FileLock
from hypothesis import HealthCheck, settings

from leap_core.panel.panel import Panel, PanelDescription, assemble
from leap_core.panel.scores import score_type
from leap_core.run.runtime import Runtime
from leap_core.run.store import Store
from leap_core.services.demo import demo_is_trained, train_demo

# How long an example takes to make says something of the machine, nothing of the code.
settings.register_profile("leap", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("leap")

ROOT = Path(__file__).resolve().parents[1]


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep a module's tests on one worker, which makes its fixtures once; named groups begin first."""
    named = [item for item in items if item.get_closest_marker("xdist_group") is not None]
    others = [item for item in items if item.get_closest_marker("xdist_group") is None]
    for item in others:
        item.add_marker(pytest.mark.xdist_group(item.path.stem))
    if "PYTEST_XDIST_WORKER" in os.environ:
        items[:] = [*named, *others]


@pytest.fixture(autouse=True)
def main_module(monkeypatch: pytest.MonkeyPatch) -> None:
    """Put `__main__` back after a test of pages: Streamlit puts its script there, and child processes would run it."""
    monkeypatch.setitem(sys.modules, "__main__", sys.modules["__main__"])


@pytest.fixture(scope="session")
def demo_store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    """A store with both demo models, trained once per test run by the code under test; each worker has a copy."""
    base = tmp_path_factory.getbasetemp()
    trained = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "trained"
    with FileLock(f"{trained}.lock"):
        if not demo_is_trained(Store(trained)):
            train_demo(Runtime(Store(trained)))
    return Store(shutil.copytree(trained, base / "demo"))


@pytest.fixture
def unexplained_store(demo_store: Store, tmp_path: Path) -> Store:
    """A copy of the demo's store without the explanations that other tests have made."""
    store = Store(tmp_path / "unexplained")
    shutil.copytree(demo_store.home, store.home, ignore=shutil.ignore_patterns("jobs", "incoming"))
    store.discard(store.keys_of("explanation"))
    return store


@pytest.fixture(scope="session")
def real_data() -> Path:
    """Folder of real screens; the test is skipped where there is none."""
    folder = Path(os.environ.get("LEAP_REAL_DATA", ROOT.parent / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip(f"no real data at {folder} (set LEAP_REAL_DATA)")
    return folder


@contextmanager
def answering(server: HTTPServer) -> Iterator[HTTPServer]:
    """Let a server answer on a thread; it looks often whether it is to end."""
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    with server:
        try:
            yield server
        finally:
            server.shutdown()


def planted_tables(
    n: int = 90, genes: int = 60, p: int = 12, seed: int = 3
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Expression, response and lines with a planted linear truth, 5 % missing responses, some patients twice."""
    random = np.random.default_rng(seed)
    factors = random.normal(size=(n, 6))
    expression = np.maximum(0, 4 + factors @ random.normal(size=(6, genes)) + 0.5 * random.normal(size=(n, genes)))
    response = factors @ random.normal(size=(6, p)) + random.normal(size=(n, p))
    response[random.random(response.shape) < 0.05] = np.nan
    names = [f"L{number:03d}" for number in range(n)]
    lines = pd.DataFrame(
        {
            "patient": [f"P{number // 2 if number < 20 else number}" for number in range(n)],
            "name": names,
            "lineage": [f"lineage {number % 4}" for number in range(n)],
            "disease": "simulated",
        },
        index=pd.Index(names, name="line"),
    )
    return (
        pd.DataFrame(expression, names, [f"G{number}" for number in range(genes)]),
        pd.DataFrame(response, names, [f"T{number}" for number in range(p)]),
        lines,
    )


def planted() -> Panel:
    """A small panel of `planted_tables`."""
    expression, response, lines = planted_tables()
    return assemble(expression, response, lines, PanelDescription(score_type("gene_effect"), "planted", "log2(TPM+1)"))


@pytest.fixture
def planted_panel() -> Panel:
    """The panel of `planted`."""
    return planted()
