"""One `map` over independent chunks of work: the place where another engine can be plugged in.

A stage hands over a function that can be pickled and a list of items, and gets the results in the items'
order. Since chunks never depend on the number of workers, neither does a result; BLAS, whose sums depend on its
threads, is held to one. `done` is called in the caller's thread, never where the work is done, so an engine may run the
items in other processes.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from typing import Protocol, TypeVar

from threadpoolctl import threadpool_limits

Item = TypeVar("Item")
Result = TypeVar("Result")
Done = Callable[[], None]


def nothing() -> None:
    """Default of `done`: nobody wants to know."""


def in_portions(done: Done, total: int, parts: int) -> Done:
    """What to call after each of `parts` pieces of work, so that `done` is called `total` times in all, evenly."""
    finished = iter(range(1, parts + 1))

    def part_done() -> None:
        number = next(finished)
        for _ in range(total * number // parts - total * (number - 1) // parts):
            done()

    return part_done


def hold_blas_to_one_thread() -> None:
    """Hold BLAS to one thread for the rest of the process.

    Where many sessions share it: a limit that each sets and takes back would be lifted under another. The small
    matrices of a sample are done sooner by one thread, too.
    """
    threadpool_limits(limits=1, user_api="blas")


class Mapper(Protocol):
    """Anything that applies a function to independent items."""

    def map(self, function: Callable[[Item], Result], items: Sequence[Item], done: Done = nothing) -> list[Result]:
        """Return ``[function(item) for item in items]``.

        The first error stops what has not started. `done` is called as each item is finished; what it raises
        (a user's cancelling) stops the rest as well.
        """
        ...


@dataclass(frozen=True)
class SerialMapper:
    """Run items one after the other in the calling thread."""

    def map(self, function: Callable[[Item], Result], items: Sequence[Item], done: Done = nothing) -> list[Result]:
        """Apply `function` to each item."""
        results = []
        with threadpool_limits(limits=1):
            for item in items:
                results.append(function(item))
                done()
        return results


@dataclass(frozen=True)
class ThreadMapper:
    """Run items in threads; the compiled solvers, BLAS and torch release the interpreter lock.

    Attributes
    ----------
    workers
        Number of threads; by default one per core.
    """

    workers: int = os.cpu_count() or 1

    def map(self, function: Callable[[Item], Result], items: Sequence[Item], done: Done = nothing) -> list[Result]:
        """Apply `function` to each item."""
        with threadpool_limits(limits=1), ThreadPoolExecutor(self.workers) as pool:
            futures = [pool.submit(function, item) for item in items]
            try:
                for future in as_completed(futures):
                    future.result()
                    done()
            except BaseException:
                # An error, or the user's interrupt: what has not started never will.
                pool.shutdown(wait=False, cancel_futures=True)
                raise
            return [future.result() for future in futures]
