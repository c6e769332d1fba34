"""The `map` on worker processes, of this machine or of a cluster; needs Dask distributed, an optional extra.

The function, which carries the shared arrays, is a task whose result goes to every worker; an item is another. What a
lost worker had, Dask computes again elsewhere. All is pickled in one piece first: Dask's own transport hands over
arrays as unaligned views into its messages, which compiled code would specialise and round differently.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import cloudpickle
import dask
import numpy as np
from distributed import Client, Future, KilledWorker, LocalCluster, as_completed, wait
from distributed.client import FutureCancelledError
from distributed.versions import get_package_info
from threadpoolctl import threadpool_limits

from leap_core.errors import UserError
from leap_core.run.mapping import Done, Item, Mapper, Result, nothing
from leap_core.run.version import __version__

_CONNECT_SECONDS = 10.0
# How often a run that waits looks for workers, and how long it goes on without any.
_LOOK_SECONDS, _PATIENCE_SECONDS = 30.0, 600.0
# What computes, beside leap_core itself: another version may round differently.
_NUMERIC = ("numpy", "scipy", "numba", "scikit-learn", "lightgbm", "torch")
_AGAIN = "then run the same command again; what was finished is kept."


@dataclass(frozen=True)
class DaskMapper:
    """Run items as tasks of a Dask cluster; results are those of `SerialMapper` to the bit.

    A function that carries a client, as the runtime does beside the store, cannot be pickled: `here` runs its items. So
    only the process that started a command reads and writes the store.
    """

    client: Client
    here: Mapper

    def map(self, function: Callable[[Item], Result], items: Sequence[Item], done: Done = nothing) -> list[Result]:
        """Apply `function` to each item; a `UserError` if scheduler or workers are gone for good."""
        try:
            payload = cloudpickle.dumps(function)
        except TypeError:
            return self.here.map(function, items, done)
        futures: list[Future[bytes]] = []
        results: dict[object, Result] = {}
        try:
            # The scheduler keeps the payload, and hands it out again if all workers that had it are lost.
            shared = self.client.submit(_Shared, np.frombuffer(payload, np.uint8), pure=False)
            for _ in self._ended([self.client.submit(id, shared, pure=False)]):
                # It is there. Few items would queue up where it is; a worker that dies meanwhile does no harm.
                with contextlib.suppress(Exception):
                    self.client.replicate([shared])
            packed = [cloudpickle.dumps(item) for item in items]
            futures = self.client.map(_run, packed, shared=shared, version=__version__, pure=False)
            for future, result in self._ended(futures):
                # What the chunk raised is raised by asking again.
                results[future.key] = cloudpickle.loads(result if future.status == "finished" else self._again(future))
                # A result that was fetched must not be computed again when the worker that made it dies.
                future.release()
                done()
        except KilledWorker as error:
            raise UserError(
                f"{error.allowed_failures + 1} workers died one after the other with the same chunk, the last at"
                f" {error.last_worker.address}: probably they ran out of memory. Give workers more, {_AGAIN}"
            ) from error
        except Exception as error:
            if self.client.status == "running" and not isinstance(error, FutureCancelledError):
                raise
            raise UserError(f"The connection to the scheduler is lost: see whether it still runs, {_AGAIN}") from error
        finally:
            # After an error, or the user's interrupt, what has not started never will.
            with contextlib.suppress(Exception):
                self.client.cancel(futures)
        return [results[future.key] for future in futures]

    def _again(self, future: Future[bytes]) -> bytes:
        """The result of a future that ended and was lost with its worker: it waits only while there are workers."""
        # What the chunk itself has raised, a TimeoutError too, comes at once.
        while future.status not in ("finished", "error", "cancelled"):
            try:
                # Dask's `wait` asks the current client, which ours is not: sessions beside it may have their own.
                with self.client.as_current():
                    wait([future], timeout=_LOOK_SECONDS)
            except TimeoutError:
                _await_worker(self.client, _PATIENCE_SECONDS)
        found: bytes = future.result()
        return found

    def _ended(self, futures: Sequence[Future[Any]]) -> Iterator[Any]:
        """Each future as it ends, with its result; watches that there are workers, also while a result is fetched."""
        left, loop = set(futures), self.client.loop
        while left:
            ended = as_completed(list(left), loop, with_results=True, raise_errors=False, timeout=_LOOK_SECONDS)
            with contextlib.suppress(TimeoutError):
                for future, result in ended:
                    left.remove(future)
                    yield future, result
            if left:
                _await_worker(self.client, _PATIENCE_SECONDS)


class _Client(Client):
    """Dask's own waits for ever for the greeting of another kind of server, and closes itself at an OSError alone."""

    async def _ensure_connected(self, timeout: float | None = None) -> None:
        try:
            await asyncio.wait_for(super()._ensure_connected(timeout), _CONNECT_SECONDS)
        except Exception as error:
            foreign = isinstance(error, TimeoutError | MemoryError)
            raise OSError("what is there is none" if foreign else str(error)) from error


@contextlib.contextmanager
def at_scheduler(address: str, here: Mapper) -> Iterator[DaskMapper]:
    """Open a mapper on a scheduler's workers; a `UserError` if it does not answer, has none, or versions differ."""
    try:
        client = _Client(address, timeout=_CONNECT_SECONDS, set_as_default=False)
    except Exception as error:
        raise UserError(
            f"No Dask scheduler answers at {address} ({error}): expected the address that `dask scheduler`"
            " shows, as tcp://host:8786; see whether it runs and can be reached from here."
        ) from error
    # Dask warns of the size of a task, which is the function's here, and sent once.
    with client, dask.config.set({"distributed.admin.large-graph-warning-threshold": "1 TB"}):
        _await_worker(client, _CONNECT_SECONDS)
        _check_versions(client)
        yield DaskMapper(client, here)


def local_processes(count: int) -> LocalCluster:
    """Start a scheduler, and `count` processes of one thread each, reached by loopback; closing it ends them."""
    # Dask asks workers to hand freed memory back at once; the paths, which take and free some half megabyte again and
    # again, then spend nearly as long in page faults as in arithmetic.
    with dask.config.set({"distributed.nanny.pre-spawn-environ.MALLOC_TRIM_THRESHOLD_": None}):
        return LocalCluster(
            n_workers=count,
            threads_per_worker=1,
            host="127.0.0.1",
            dashboard_address="127.0.0.1:0",
            # The system's is the limit that counts on one machine.
            memory_limit=None,
            # Ctrl-C, which a terminal sends to workers too, is for the process that ends them.
            preload=["import signal; signal.signal(signal.SIGINT, signal.SIG_IGN)"],
        )


def _await_worker(client: Client, seconds: float) -> None:
    try:
        client.wait_for_workers(1, timeout=seconds)
    except TimeoutError as error:
        raise UserError(
            f"The scheduler has no workers, and none came within {seconds:.0f} s: start some with `dask worker` and its"
            f" address, {_AGAIN}"
        ) from error


def _check_versions(client: Client) -> None:
    """Refuse workers, or a scheduler, that would not compute what is computed here."""

    # Nested, so that it is sent as it is: the other side may have no leap_core to look it up in.
    def versions() -> dict[str, str]:
        import sys
        from importlib import import_module, util

        told = get_package_info(_NUMERIC) | {"Python": f"{sys.version_info.major}.{sys.version_info.minor}"}
        told["leap_core"] = import_module("leap_core").__version__ if util.find_spec("leap_core") else None
        # Without what only says how a package was built (2.9+cpu).
        return {name: (told[name] or "none").partition("+")[0] for name in ("leap_core", "Python", *_NUMERIC)}

    here = versions() | {"leap_core": __version__}
    for address, found in client.run(versions).items():
        for name in found:
            _same_version(f"The worker {address}", name, found[name], here[name])
    # Tasks pass through the scheduler, which looks up the functions of leap_core too.
    _same_version("The scheduler", "leap_core", client.run_on_scheduler(versions)["leap_core"], __version__)


def _same_version(whose: str, package: str, found: str, here: str) -> None:
    if found != here:
        raise UserError(
            f"{whose} has {package} {found}, and this computer {here}: results would not be the same. Start it again"
            " from the same leap_core and the same requirements (docs/cluster.md)."
        )


class _Shared:
    """The function on a worker, which hands it on to others in one piece too."""

    def __init__(self, payload: Any) -> None:
        self.function = cloudpickle.loads(payload)

    def __reduce__(self) -> tuple[type[_Shared], tuple[Any]]:
        return _Shared, (np.frombuffer(cloudpickle.dumps(self.function), np.uint8),)


def _run(item: bytes, shared: _Shared, version: str) -> bytes:
    """One task, on a worker, which may have joined after the versions were looked at."""
    _same_version("A worker", "leap_core", __version__, version)
    # Held for the process's life, not for the task: with several threads the first to end would lift it for the others.
    threadpool_limits(limits=1)
    return cloudpickle.dumps(shared.function(cloudpickle.loads(item)))
