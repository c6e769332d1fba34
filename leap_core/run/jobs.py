"""Training jobs: a child process that outlives the page which started it, watched through one small file."""

from __future__ import annotations

import contextlib
import math
import os
import shutil
import subprocess
import sys
import time
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from leap_core.errors import StoreError, UserError
from leap_core.run.processes import born, hold, is_held, process, with_argument
from leap_core.run.progress import Step
from leap_core.run.records import read_record, unreadable, write_record, writing

QUEUED, RUNNING, FINISHED, FAILED, CANCELLED = "queued", "running", "finished", "failed", "cancelled"
ACTIVE = (QUEUED, RUNNING)
_WRITE_EVERY_SECONDS = 0.3
# More seconds than any training takes, or have passed since 1970.
_LONG = 1e11
_JOB, _PROGRESS, _HELD = "job.json", "progress.json", "running.lock"


@dataclass(frozen=True)
class JobState:
    """What a job is doing.

    Attributes
    ----------
    job_id, title
        Which job.
    state
        ``queued``, ``running``, ``finished``, ``failed`` or ``cancelled``.
    stage, share
        What is being done, and the finished share 0..1.
    seconds_left
        Estimate; None until there is one.
    message
        Why it failed, in words.
    user
        Who started it; empty where nobody signs in.
    """

    job_id: str
    title: str
    state: str
    stage: str
    share: float
    seconds_left: float | None
    message: str
    user: str = ""


class ProgressFile:
    """Writes steps into a job's ``progress.json``, at most a few times a second."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._written = -math.inf

    def step(self, step: Step) -> None:
        """Record a step of the run."""
        now = time.monotonic()
        if now - self._written >= _WRITE_EVERY_SECONDS or step.share >= 1.0:
            self._written = now
            stage = f"{step.stage} ({step.stage_share:.0%})"
            content = {"state": RUNNING, "stage": stage, "share": step.share, "seconds_left": step.seconds_left}
            self._write(content)

    def end(self, state: str, message: str = "") -> None:
        """Record how the run ended."""
        self._write({"state": state, "stage": "", "share": 1.0 if state == FINISHED else 0.0, "message": message})

    def _write(self, content: dict[str, Any]) -> None:
        # A training does not end because nobody can be told how far it is.
        with contextlib.suppress(OSError):
            _write(self.path, {"job": self.path.parent.name, **content})


def put_job(home: Path, arguments: Sequence[str], title: str, user: str = "") -> str:
    """Write down a job that waits to be started, and return its id; see `leap_core.run.queue` for what starts it.

    Raises
    ------
    UserError
        If it cannot be written down.
    """
    job_id = _next_id(home)
    folder = home / "jobs" / job_id
    with writing(home):
        try:
            folder.mkdir(parents=True)
            _write(folder / _JOB, {"job": job_id, "title": title, "arguments": list(arguments), "user": user})
        except OSError:
            # A folder without its record is no job.
            shutil.rmtree(folder, ignore_errors=True)
            raise
    return job_id


def _next_id(home: Path) -> str:
    """An id that sorts behind all others, also where the clock was set back."""
    now = f"{time.strftime('%Y%m%d-%H%M%S')}-{time.time_ns() % 10**9:09d}"
    last = max((path.name.rpartition("-")[0] for path in (home / "jobs").glob("*-*-*-*")), default="")
    if last >= now and (count := last.rpartition("-"))[2].isdigit():
        now = f"{count[0]}-{int(count[2]) + 1:09d}"
    return f"{now}-{uuid.uuid4().hex[:6]}"


def spawn_job(home: Path, job_id: str) -> None:
    """Start ``python -m leap_core <arguments>`` for a job that waits; called under the queue's lock.

    That it is about to be started is written down first, so that whoever finds it so looks whether it was
    (`settle_job`), and it is never started twice.

    Raises
    ------
    UserError
        If it cannot be written down or started.
    """
    folder = home / "jobs" / job_id
    job = _job(folder)
    progress = str(folder / _PROGRESS)
    command = [sys.executable, "-m", "leap_core", *job["arguments"], "--home", str(home), "--progress-file", progress]
    package_root = Path(__file__).resolve().parents[2]
    path = os.pathsep.join(filter(None, [str(package_root), os.environ.get("PYTHONPATH")]))
    # When it was started serves only to put users in order; it must not go back with the clock.
    record = {**job, "started": max([time.time(), *(started + 1.0 for started in _starts(home))])}
    with writing(home):
        _write(folder / _JOB, {**record, "starting": progress})
        with (folder / "log.txt").open("wb") as log, hold(folder / _HELD) as held:
            # A session of its own: closing the tab, or stopping the app, does not stop the training.
            process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                # Windows takes none.
                pass_fds=(held.fileno(),) if os.name == "posix" else (),
                env={**os.environ, "PYTHONPATH": path},
            )
        _write(folder / _JOB, {**record, **_who(process.pid)})


def settle_job(home: Path, job_id: str) -> None:
    """Find out whether a job whose starter was killed was started; called under the queue's lock, so nobody starts now.

    Where it was, its process is written down as soon as it can be told; where not, it waits again.
    """
    folder = home / "jobs" / job_id
    with contextlib.suppress(StoreError):
        job = _job(folder)
        if "starting" not in job or _progress(folder):
            return
        process = with_argument(job.pop("starting"))
        with writing(home):
            if process is not None:
                _write(folder / _JOB, {**job, **_who(process.pid)})
            elif not is_held(folder / _HELD):
                job.pop("started", None)
                _write(folder / _JOB, job)


def job_started(home: Path, job_id: str) -> tuple[float, list[str]]:
    """When a job was started (0.0: it still waits), and its arguments; neither of one whose record is damaged."""
    try:
        job = _job(home / "jobs" / job_id)
    except StoreError:
        return 0.0, []
    return float(job.get("started", 0.0)), list(job["arguments"])


def job_state(home: Path, job_id: str) -> JobState:
    """State of a job, whether or not this process started it."""
    folder = home / "jobs" / job_id
    progress = _progress(folder)
    try:
        job = _job(folder)
    except StoreError as error:
        # What it was is lost; that it runs is not.
        job = {"title": job_id, "starting": str(folder / _PROGRESS)}
        if progress.get("state", RUNNING) == RUNNING and _process(job) is None:
            why = f"{error} What it was to do is not known: start it again, and delete {folder}."
            return JobState(job_id, job_id, FAILED, "", 0.0, None, why)
    state = progress.get("state", RUNNING if "pid" in job or "starting" in job else QUEUED)
    message = progress.get("message", "")
    if state == RUNNING and "starting" not in job and _process(job) is None:
        # The end may have been written between the two looks.
        progress = _progress(folder)
        state, message = progress.get("state", RUNNING), progress.get("message", "")
        if state == RUNNING:
            last = _last_line(folder / "log.txt")
            state, message = FAILED, f"The training process ended unexpectedly. {last}".strip()
    stage = progress.get("stage", "waiting" if state == QUEUED else "starting") or "starting"
    share, left = float(progress.get("share", 0.0)), progress.get("seconds_left")
    return JobState(job_id, job["title"], state, stage, share, left, message, job.get("user", ""))


def is_starting(home: Path, job_id: str) -> bool:
    """Whether somebody was about to start a job, and did not write down that it was."""
    try:
        job = _job(home / "jobs" / job_id)
    except StoreError:
        return False
    return "starting" in job and not _progress(home / "jobs" / job_id)


def list_jobs(home: Path) -> list[JobState]:
    """All jobs of a home folder, newest first.

    Raises
    ------
    StoreError
        If they may not be looked at.
    """
    try:
        folders = sorted((folder for folder in (home / "jobs").glob("*") if (folder / _JOB).exists()), reverse=True)
    except OSError as error:
        raise StoreError(unreadable(home / "jobs", error)) from error
    return [job_state(home, folder.name) for folder in folders]


def cancel_job(home: Path, job_id: str) -> None:
    """Stop a job, or take it out of the queue; finished stages stay in the store.

    Raises
    ------
    UserError
        If its process cannot be ended, because it is another account's.
    """
    folder = home / "jobs" / job_id
    if job_state(home, job_id).state in (FINISHED, FAILED):
        return
    try:
        process = _process(_job(folder))
    except StoreError:
        process = with_argument(str(folder / _PROGRESS))
    try:
        if process is not None:
            _end(process)
    except psutil.AccessDenied as error:
        raise UserError("This job was started by another account of this computer, which has to cancel it.") from error
    if job_state(home, job_id).state != FINISHED:
        ProgressFile(folder / _PROGRESS).end(CANCELLED, "Cancelled; what was finished is kept.")
        if job_state(home, job_id).state in ACTIVE:
            raise UserError(f"That the job is cancelled cannot be written to {folder}: make room, or ask who owns it.")


def _end(process: psutil.Process) -> None:
    with contextlib.suppress(psutil.NoSuchProcess):
        process.terminate()
        with contextlib.suppress(psutil.TimeoutExpired):
            process.wait(timeout=5)
        if process.is_running():
            process.kill()
            process.wait(timeout=5)


def _write(path: Path, content: dict[str, Any]) -> None:
    write_record(path, content)


def _read(path: Path) -> dict[str, Any]:
    """What a record says; nothing where it cannot be read."""
    try:
        return read_record(path)
    except StoreError:
        return {}


def _job(folder: Path) -> dict[str, Any]:
    """A job's record, whose values are of the kinds that they should be.

    Raises
    ------
    StoreError
        If it is missing or damaged.
    """
    job = read_record(folder / _JOB, ("job", "title", "arguments", "user", "starting", "started", "pid", "born"))
    arguments = job.get("arguments")
    texts = [job.get("title"), job.get("user", ""), job.get("starting", "")]
    numbers = [job.get("started", 0.0), job.get("pid", 1), job.get("born", 0.0 if "pid" in job else "")]
    if (
        job.get("job", folder.name) != folder.name
        or not isinstance(arguments, list)
        or not all(isinstance(text, str) for text in [*texts, *arguments])
        or not all(isinstance(number, int | float | str) for number in numbers)
        or isinstance(numbers[0], str)
        or not 0.0 <= numbers[0] < _LONG
        or not isinstance(numbers[1], int)
    ):
        raise StoreError(f"{folder / _JOB} is damaged: it is not what was written.")
    return job


def _progress(folder: Path) -> dict[str, Any]:
    """What a job last said of itself; nothing where it said nothing yet, or that cannot be read."""
    said = _read(folder / _PROGRESS)
    left = said.get("seconds_left")
    share = said.get("share", 0.0)
    whole = (
        said.get("job", folder.name) == folder.name
        and said.get("state") in (RUNNING, FINISHED, FAILED, CANCELLED)
        and isinstance(said.get("stage", ""), str)
        and isinstance(said.get("message", ""), str)
        and isinstance(share, int | float)
        and 0.0 <= share <= 1.0
        and (left is None or (isinstance(left, int | float) and 0.0 <= left < _LONG))
    )
    return said if whole else {}


def _starts(home: Path) -> list[float]:
    return [job_started(home, path.name)[0] for path in (home / "jobs").glob("*-*-*-*")]


def _who(pid: int) -> dict[str, Any]:
    """What a record says of its process."""
    return {"pid": pid, "born": born(pid) or ""}


def _process(job: dict[str, Any]) -> psutil.Process | None:
    """The job's process if it still runs; a process id that now belongs to another program is not it."""
    if "starting" in job:
        return with_argument(job["starting"])
    return process(job["pid"], job["born"]) if "pid" in job else None


def _last_line(path: Path) -> str:
    try:
        lines = path.read_text(encoding="utf-8", errors="replace").strip().splitlines()
    except OSError:
        return ""
    return lines[-1] if lines else ""
