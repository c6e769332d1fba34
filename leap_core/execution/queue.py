"""The queue of jobs: one runs at a time, because training takes the whole machine; the others wait their turn, also through a restart.

Nothing of it lives in memory: a job that waits is a folder without a process. Whoever looks moves the queue on: the app at every page, and
each job when it ends.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator, Sequence
from pathlib import Path

import psutil

from leap_core.errors import UserError
from leap_core.execution.jobs import ACTIVE, QUEUED, RUNNING, JobState, job_started, list_jobs, put_job, spawn_job


def start_job(home: Path, arguments: Sequence[str], title: str, user: str = "") -> str:
    """Queue ``python -m leap_core <arguments>`` as a job, start it if nothing else runs, and return its id.

    Raises
    ------
    UserError
        If the same job runs or waits already.
    """
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
    if not (home / "jobs").is_dir():
        return
    with _alone(home / "jobs" / ".starting") as alone:
        if not alone or any(job.state == RUNNING for job in list_jobs(home)):
            return
        if queue := waiting(home):
            spawn_job(home, queue[0].job_id)


@contextlib.contextmanager
def _alone(lock: Path) -> Iterator[bool]:
    """Whether no other process is starting a job at this moment; a lock whose process is gone counts for nothing."""
    if not _taken(lock):
        with contextlib.suppress(OSError, ValueError):
            if not psutil.pid_exists(int(lock.read_text(encoding="ascii"))):
                lock.unlink()
        if not _taken(lock):
            yield False
            return
    try:
        yield True
    finally:
        lock.unlink(missing_ok=True)


def _taken(lock: Path) -> bool:
    try:
        descriptor = os.open(lock, os.O_CREAT | os.O_EXCL | os.O_WRONLY)
    except FileExistsError:
        return False
    with os.fdopen(descriptor, "w", encoding="ascii") as stream:
        stream.write(str(os.getpid()))
    return True
