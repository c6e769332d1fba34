"""The queue of jobs: one runs at a time, because training takes the whole machine.

The others wait their turn, also through a restart.

Nothing of it lives in memory: a job that waits is a folder without a process. Whoever looks moves the queue on: the app
at every page, and each job when it ends.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from pathlib import Path

from filelock import FileLock

from leap_core.errors import UserError
from leap_core.run.jobs import (
    ACTIVE,
    QUEUED,
    RUNNING,
    JobState,
    cancel_job,
    is_starting,
    job_started,
    list_jobs,
    put_job,
    settle_job,
    spawn_job,
)
from leap_core.run.locks import held
from leap_core.run.records import writing

_LOCK_SECONDS = 10.0


def start_job(home: Path, arguments: Sequence[str], title: str, user: str = "") -> str:
    """Queue ``python -m leap_core <arguments>`` as a job, start it if nothing else runs, and return its id.

    Raises
    ------
    UserError
        If the same job runs or waits already, or it cannot be written down.
    """
    with _lock(home):
        for job in list_jobs(home):
            if job.state in ACTIVE and job_started(home, job.job_id)[1] == list(arguments):
                raise UserError(f"{job.title} is {'running' if job.state == RUNNING else 'waiting its turn'} already.")
        job_id = put_job(home, arguments, title, user)
    advance(home)
    return job_id


def waiting(home: Path) -> list[JobState]:
    """Jobs that wait, in the order in which they will be started as things stand."""
    jobs = list_jobs(home)
    started: dict[str, float] = {}
    for job in jobs:
        started[job.user] = max(started.get(job.user, 0.0), job_started(home, job.job_id)[0])
    order = []
    left = sorted((job for job in jobs if job.state == QUEUED), key=lambda job: job.job_id)
    while left:
        # Whose last job was started the longest ago; of one user's the oldest. Nobody waits behind another's ten.
        job = min(left, key=lambda one: (started[one.user], one.job_id))
        started[job.user] = max(started.values()) + 1.0
        order.append(job)
        left.remove(job)
    return order


def advance(home: Path) -> None:
    """Start the next job if none runs."""
    # Nearly always there is nothing to do, and then nobody need wait for anybody.
    jobs = list_jobs(home)
    starting = [job for job in jobs if job.state == RUNNING and is_starting(home, job.job_id)]
    if not starting and not any(job.state == QUEUED for job in jobs):
        return
    # Whoever looks next moves it on, where it is held or cannot be written to now.
    with contextlib.suppress(UserError), _lock(home):
        for job in starting:
            settle_job(home, job.job_id)
        if any(job.state == RUNNING for job in list_jobs(home)):
            return
        if queue := waiting(home):
            spawn_job(home, queue[0].job_id)


def cancel(home: Path, job_id: str) -> None:
    """Stop a job, or take it out of the queue; never while it is just being started."""
    with _lock(home):
        cancel_job(home, job_id)
    advance(home)


@contextlib.contextmanager
def _lock(home: Path) -> Iterator[None]:
    """The lock of a home's queue: the system frees it when its process ends, however that ends."""
    with contextlib.ExitStack() as stack:
        with writing(home):
            (home / "jobs").mkdir(parents=True, exist_ok=True)
            lock = FileLock(home / "jobs" / ".queue.lock")
            stack.enter_context(held(lock, _LOCK_SECONDS, f"The queue of jobs in {home} has been in other hands"))
        yield
