"""One `map` over independent chunks of work: the place where another engine can be plugged in.

A stage hands over a function and a list of items and gets the results in the items' order. Since chunks
never depend on the number of workers, neither does a result.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Protocol, TypeVar

from threadpoolctl import threadpool_limits

Item = TypeVar("Item")
Result = TypeVar("Result")


class Mapper(Protocol):
    """Anything that applies a function to independent items."""

    def map(self, function: Callable[[Item], Result], items: Sequence[Item]) -> list[Result]:
        """Return ``[function(item) for item in items]``; the first error stops what has not started."""
        ...


@dataclass(frozen=True)
class SerialMapper:
    """Run items one after the other in the calling thread."""

    def map(self, function: Callable[[Item], Result], items: Sequence[Item]) -> list[Result]:
        """Apply `function` to each item."""
        with single_threaded_blas():
            return [function(item) for item in items]


@dataclass(frozen=True)
class ThreadMapper:
    """Run items in threads; the compiled solvers, BLAS and torch release the interpreter lock.

    Attributes
    ----------
    workers
        Number of threads; by default one per core.
    """

    workers: int = os.cpu_count() or 1

    def map(self, function: Callable[[Item], Result], items: Sequence[Item]) -> list[Result]:
        """Apply `function` to each item."""
        with single_threaded_blas(), ThreadPoolExecutor(self.workers) as pool:
            futures = [pool.submit(function, item) for item in items]
            try:
                wait(futures, return_when=FIRST_EXCEPTION)
                for future in futures:
                    if future.done() and not future.cancelled():
                        future.result()
            except BaseException:
                # An error, or the user's interrupt: what has not started never will.
                pool.shutdown(wait=False, cancel_futures=True)
                raise
            return [future.result() for future in futures]


@contextmanager
def single_threaded_blas() -> Iterator[None]:
    """Hold BLAS to one thread: its sums then do not depend on the number of cores."""
    with threadpool_limits(limits=1):
        yield
