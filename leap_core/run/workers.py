"""The `map` on worker processes, of this machine or of a cluster, by Dask distributed (an optional extra).

The function, which carries the shared arrays, goes to every worker once a call; an item is a task of its own, so a
worker that dies costs the items it had not finished. What travels is pickled by Dask's wire format; nothing of it is
written to the store.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NoReturn
from uuid import uuid4

from threadpoolctl import threadpool_limits

from leap_core import __version__
from leap_core.errors import UserError
from leap_core.run.mapping import Done, Item, Mapper, Result, ThreadMapper, nothing

if TYPE_CHECKING:
    from distributed import Client, Future

_CONNECT_SECONDS = 10
# Times in a row that nothing was finished before the shared arrays were lost again with the last worker that had them.
_FRUITLESS_ROUNDS = 3
# What computes, beside leap_core itself: another version may round differently.
_NUMERIC = ("numpy", "scipy", "numba", "scikit-learn", "lightgbm", "torch")
# What worker processes run first: Ctrl-C, which a terminal sends to them too, is for the process that ends them.
_DEAF = "import signal; signal.signal(signal.SIGINT, signal.SIG_IGN)"
_INSTALL = "pip install -r requirements-cluster.txt"


class _Stays(TypeError):
    """Raised by pickling what belongs to this process alone."""


class _Lost(Exception):
    """What was sent is gone: the workers that had it, or the connection."""


@dataclass(frozen=True)
class DaskMapper:
    """Run items as tasks of a Dask cluster; results are those of `SerialMapper` to the bit.

    A function that carries this mapper (as part of the runtime, with the store) cannot leave the process: its items are
    run here. So only the process that started a command reads and writes the store.

    Attributes
    ----------
    client
        Connected to the scheduler; see `at_scheduler` and `local_processes`.
    here
        Runs what stays in this process.
    patience
        Seconds without any worker after which a run is given up.
    """

    client: Client
    here: Mapper = field(default_factory=ThreadMapper)
    patience: float = 600.0

    def __reduce__(self) -> NoReturn:
        raise _Stays("A DaskMapper stays in the process that opened it.")

    def map(self, function: Callable[[Item], Result], items: Sequence[Item], done: Done = nothing) -> list[Result]:
        """Apply `function` to each item; see `leap_core.run.mapping.Mapper`.

        Raises
        ------
        UserError
            If workers or scheduler are gone for good, or a chunk took one worker after the other with it.
        """
        try:
            payload = _packed(function)
        except _Stays:
            return self.here.map(function, items, done)
        missing, results = dict(enumerate(items)), dict[int, Result]()
        fruitless = 0
        while missing:
            before = len(missing)
            try:
                self._round(payload, missing, results, done)
            except _Lost as lost:
                fruitless = fruitless + 1 if len(missing) == before else 0
                if fruitless >= _FRUITLESS_ROUNDS:
                    raise UserError(
                        f"All workers died or took no more work {fruitless} times in a row before a chunk was finished:"
                        " probably they ran out of memory. Give them more, then run the same command again; what was"
                        " finished is kept."
                    ) from lost
        return [results[number] for number in range(len(items))]

    def _round(self, payload: bytes, missing: dict[int, Item], results: dict[int, Result], done: Done) -> None:
        """Send the function to all workers and collect what is missing.

        Each finished item moves from `missing` to `results`.
        """
        from distributed import as_completed

        shared = self._scattered(payload)
        batch = f"leap_core-{uuid4().hex}"
        futures = {
            self.client.submit(_run, shared, _packed(item), __version__, key=(batch, number)): number
            for number, item in missing.items()
        }
        try:
            for future in as_completed(list(futures), loop=self.client.loop):
                results[futures[future]] = _unpacked(_gathered(future))
                del missing[futures.pop(future)]
                # A result that was fetched must not be computed again when the worker that made it dies.
                future.release()
                done()
        finally:
            if futures:
                # An error, or the user's interrupt: what has not started never will.
                with contextlib.suppress(Exception):
                    self.client.cancel(list(futures), force=True)

    def _scattered(self, payload: bytes) -> Future[Any]:
        """The function as a future that every worker holds."""
        try:
            try:
                self.client.wait_for_workers(1, timeout=self.patience)
            except TimeoutError as error:
                raise UserError(
                    f"No worker is left at {_address(self.client)}, and none came within {self.patience:.0f} s: start"
                    " workers, then run the same command again; what was finished is kept."
                ) from error
            return self.client.scatter([_Function(payload)], broadcast=True, hash=False)[0]
        except UserError:
            raise
        except Exception as error:
            if self.client.status != "running":
                raise UserError(
                    f"The connection to the scheduler {_address(self.client)} is lost ({_reason(error)}): see whether"
                    " it still runs, then run the same command again; what was finished is kept."
                ) from error
            # A worker died while it was receiving.
            raise _Lost from error


@contextlib.contextmanager
def at_scheduler(address: str, here: Mapper | None = None) -> Iterator[DaskMapper]:
    """Open a mapper on the workers of a running scheduler; its workers stay when it is closed.

    Parameters
    ----------
    address
        Of the scheduler, as ``tcp://host:8786``.
    here
        Runs what stays in this process; by default threads.

    Raises
    ------
    UserError
        If distributed is not installed, the scheduler does not answer or has no workers, or versions differ.
    """
    _check_installed()
    from distributed import Client

    try:
        # In a thread of its own: the caller's may run an event loop already, as a notebook's does.
        with ThreadPoolExecutor(1) as pool:
            pool.submit(asyncio.run, _greet(address)).result()
        client = Client(address, timeout=_CONNECT_SECONDS, set_as_default=False)
    except (OSError, ValueError, TypeError, RuntimeError) as error:
        raise UserError(
            f"No Dask scheduler answers at {address} ({_reason(error)}): expected the address that `dask scheduler`"
            " shows, as tcp://host:8786; see whether it runs and can be reached from here."
        ) from error
    with client:
        try:
            client.wait_for_workers(1, timeout=_CONNECT_SECONDS)
        except TimeoutError as error:
            raise UserError(
                f"The scheduler {address} has no workers: start some with `dask worker {address}`, then try again."
            ) from error
        _check_versions(client)
        yield DaskMapper(client, here or ThreadMapper())


@contextlib.contextmanager
def local_processes(count: int, here: Mapper | None = None) -> Iterator[DaskMapper]:
    """Open a mapper on worker processes of this machine, one thread each, reached by loopback alone; closing ends them.

    Parameters
    ----------
    count
        Number of processes.
    here
        Runs what stays in this process; by default threads.

    Raises
    ------
    UserError
        If distributed is not installed.
    """
    _check_installed()
    import dask
    from distributed import Client, LocalCluster

    # Dask asks workers to hand freed memory back at once; the paths, which take and free some half megabyte again and
    # again, then spend nearly as long in page faults as in arithmetic.
    with dask.config.set({"distributed.nanny.pre-spawn-environ.MALLOC_TRIM_THRESHOLD_": None}):
        # Without a limit of memory (the system's is the one that counts on one machine) and without a dashboard: what
        # is left of it tells the processes' health, on a free port of loopback.
        cluster = LocalCluster(
            n_workers=count,
            threads_per_worker=1,
            processes=True,
            host="127.0.0.1",
            memory_limit=None,
            preload=[_DEAF],
            scheduler_kwargs={"dashboard": False, "dashboard_address": "127.0.0.1:0"},
        )
    with cluster, Client(cluster, timeout=_CONNECT_SECONDS, set_as_default=False) as client:
        yield DaskMapper(client, here or ThreadMapper())


def _check_installed() -> None:
    try:
        import distributed  # noqa: F401
    except ImportError as error:
        raise UserError(
            f"Work on other processes or machines needs Dask distributed, which is not installed: {_INSTALL}."
        ) from error


async def _greet(address: str) -> None:
    """See whether a Dask process answers: a client waits for ever for the greeting of another kind of server."""
    from distributed.comm.core import connect
    from distributed.security import Security

    options = Security().get_connection_args("client")
    comm = await asyncio.wait_for(connect(address, timeout=_CONNECT_SECONDS, **options), _CONNECT_SECONDS)
    await comm.close()


def _check_versions(client: Client) -> None:
    """Refuse workers, or a scheduler, that would not compute what is computed here."""

    # Nested, so that it is sent as it is: the other side may have no leap_core to look it up in.
    def version() -> str:
        try:
            import leap_core
        except ImportError:
            return "none"
        return leap_core.__version__

    told: Any = client.get_versions(packages=list(_NUMERIC))
    here = _versions_of(told["client"])
    for address, answer in told["workers"].items():
        for name, found in _versions_of(answer).items():
            if found != here[name]:
                raise _other_version(f"The worker {address}", name, found or "none", here[name] or "none")
    # Tasks pass through the scheduler, which looks up the functions of leap_core too.
    for whose, found in [*client.run(version).items(), ("scheduler", client.run_on_scheduler(version))]:
        if found != __version__:
            raise _other_version(
                f"The scheduler {_address(client)}" if whose == "scheduler" else f"The worker {whose}",
                "leap_core",
                found,
                __version__,
            )


def _other_version(whose: str, package: str, found: str, here: str) -> UserError:
    return UserError(
        f"{whose} has {package} {found}, and this computer {here}: results would not be the same. Start it again from"
        " the same leap_core and the same requirements (docs/cluster.md)."
    )


def _versions_of(answer: dict[str, Any]) -> dict[str, str]:
    """Versions that must be the same, without what only says how a package was built (2.9+cpu)."""
    packages = answer["packages"]
    return {"Python": ".".join(packages["python"].split(".")[:2])} | {
        name: (packages[name] or "").split("+")[0] for name in _NUMERIC
    }


def _address(client: Client) -> str:
    return str(client.scheduler.address) if client.scheduler is not None else "of this run"


def _reason(error: Exception) -> str:
    return (str(error).splitlines() or ["no answer" if isinstance(error, TimeoutError) else type(error).__name__])[
        0
    ].rstrip(".")


@dataclass(frozen=True)
class _Function:
    """A function on its way, as bytes.

    Pickled in one piece: a worker then has its arrays in memory of their own, aligned and writable as they were here,
    and not as views into the message, which compiled code would round and specialise differently.
    """

    payload: bytes

    def __reduce__(self) -> tuple[Callable[[bytes], _Arrived], tuple[bytes]]:
        return _Arrived.of, (self.payload,)

    def __sizeof__(self) -> int:
        return len(self.payload)


@dataclass(frozen=True)
class _Arrived:
    """The function on a worker; worker sends it on to worker in the same way."""

    function: Callable[[Any], Any]
    size: int

    @classmethod
    def of(cls, payload: bytes) -> _Arrived:
        """Unpack it, once a worker."""
        return cls(_unpacked(payload), len(payload))

    def __reduce__(self) -> tuple[Callable[[bytes], _Arrived], tuple[bytes]]:
        return _Arrived.of, (_packed(self.function),)

    def __sizeof__(self) -> int:
        return self.size


def _run(shared: _Arrived, item: bytes, version: str) -> bytes:
    """One task, on a worker."""
    if version != __version__:
        # A worker that joined after the versions were looked at.
        raise _other_version("A worker", "leap_core", __version__, version)
    # Held for the process's life, not for the task: with several threads the first to end would lift it for the others.
    threadpool_limits(limits=1)
    return _packed(shared.function(_unpacked(item)))


def _gathered(future: Future[bytes]) -> bytes:
    """The result of a task that ended; the error of what it ran is raised as it was."""
    from distributed import CancelledError, KilledWorker

    try:
        return future.result()
    except CancelledError as error:
        # A chunk that itself ends with one is not lost.
        if future.status == "error":
            raise
        raise _Lost from error
    except KilledWorker as error:
        raise UserError(
            f"{error.allowed_failures + 1} workers died one after the other with the same chunk, the last at"
            f" {error.last_worker.address}: probably they ran out of memory. Give workers more, then run the same"
            " command again; what was finished is kept."
        ) from error


def _packed(content: object) -> bytes:
    import cloudpickle

    found: bytes = cloudpickle.dumps(content)
    return found


def _unpacked(content: bytes) -> Any:
    import cloudpickle

    return cloudpickle.loads(content)
