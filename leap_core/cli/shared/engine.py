"""The engine of long commands.

Threads of this process, worker processes of this machine, or the workers of a cluster.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from leap_core.errors import UserError
from leap_core.run.mapping import Mapper, ThreadMapper


def add_engine(parser: argparse.ArgumentParser) -> None:
    """Options ``--workers``, ``--processes`` and ``--scheduler``."""
    parser.add_argument(
        "--workers",
        type=int,
        default=ThreadMapper().workers,
        help="threads; changes the time, never a result (default: %(default)s)",
    )
    beyond = parser.add_mutually_exclusive_group()
    beyond.add_argument(
        "--processes",
        type=int,
        metavar="N",
        help="worker processes of this machine instead (needs requirements-cluster.txt; docs/cluster.md)",
    )
    beyond.add_argument(
        "--scheduler", metavar="ADDRESS", help="the workers of a Dask scheduler instead, as tcp://host:8786 (the same)"
    )


@contextmanager
def engine_of(options: argparse.Namespace) -> Iterator[Mapper]:
    """Open what the options of `add_engine` ask for; what was opened is closed at the end.

    Raises
    ------
    UserError
        If a number makes no sense, Dask distributed is not installed, or the scheduler cannot be used.
    """
    for option in ("workers", "processes"):
        count = getattr(options, option)
        if count is not None and count < 1:
            raise UserError(f"--{option} must be at least 1, got {count}.")
    threads = ThreadMapper(options.workers)
    if options.scheduler is None and options.processes is None:
        yield threads
        return
    try:
        from leap_core.run.workers import at_scheduler, local_processes
    except ImportError as error:
        raise UserError(
            "Work on other processes or machines needs Dask distributed, which is not installed:"
            " pip install -r requirements-cluster.txt."
        ) from error
    with ExitStack() as opened:
        address = options.scheduler
        if address is None:
            address = opened.enter_context(local_processes(options.processes)).scheduler_address
        yield opened.enter_context(at_scheduler(address, threads))
