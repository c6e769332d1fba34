"""Training jobs: a child process that outlives the page which started it, watched through one small file."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import time
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from leap_core.run.progress import Step

QUEUED, RUNNING, FINISHED, FAILED, CANCELLED = "queued", "running", "finished", "failed", "cancelled"
ACTIVE = (QUEUED, RUNNING)
_WRITE_EVERY_SECONDS = 0.3


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
        self._written = 0.0

    def step(self, step: Step) -> None:
        """Record a step of the run."""
        now = time.time()
        if now - self._written >= _WRITE_EVERY_SECONDS or step.share >= 1.0:
            self._written = now
            stage = f"{step.stage} ({step.stage_share:.0%})"
            content = {"state": RUNNING, "stage": stage, "share": step.share, "seconds_left": step.seconds_left}
            _write(self.path, content)

    def end(self, state: str, message: str = "") -> None:
        """Record how the run ended."""
        _write(self.path, {"state": state, "stage": "", "share": 1.0 if state == FINISHED else 0.0, "message": message})


def put_job(home: Path, arguments: Sequence[str], title: str, user: str = "") -> str:
    """Write down a job that waits to be started, and return its id; see `leap_core.run.queue` for what starts it."""
    job_id = f"{time.strftime('%Y%m%d-%H%M%S')}-{time.time_ns() % 10**9:09d}-{uuid.uuid4().hex[:6]}"
    folder = home / "jobs" / job_id
    folder.mkdir(parents=True)
    _write(folder / "job.json", {"title": title, "arguments": list(arguments), "user": user})
    return job_id


def spawn_job(home: Path, job_id: str) -> None:
    """Start ``python -m leap_core <arguments>`` for a job that waits."""
    folder = home / "jobs" / job_id
    job = _read(folder / "job.json")
    command = [
        sys.executable,
        "-m",
        "leap_core",
        *job["arguments"],
        "--home",
        str(home),
        "--progress-file",
        str(folder / "progress.json"),
    ]
    package_root = Path(__file__).resolve().parents[2]
    with (folder / "log.txt").open("wb") as log:
        # A session of its own: closing the tab, or stopping the app, does not stop the training.
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
            env={
                **os.environ,
                "PYTHONPATH": os.pathsep.join(filter(None, [str(package_root), os.environ.get("PYTHONPATH")])),
            },
        )
    born = psutil.Process(process.pid).create_time()
    _write(folder / "job.json", {**job, "pid": process.pid, "born": born, "started": time.time()})


def job_started(home: Path, job_id: str) -> tuple[float, list[str]]:
    """When a job was started (0.0: it still waits), and its arguments."""
    job = _read(home / "jobs" / job_id / "job.json")
    return float(job.get("started", 0.0)), list(job.get("arguments", []))


def job_state(home: Path, job_id: str) -> JobState:
    """State of a job, whether or not this process started it."""
    folder = home / "jobs" / job_id
    job = _read(folder / "job.json")
    progress = _read(folder / "progress.json")
    state = progress.get("state", RUNNING if "pid" in job else QUEUED)
    message = progress.get("message", "")
    if state == RUNNING and _process(job) is None:
        # The end may have been written between the two looks.
        progress = _read(folder / "progress.json")
        state, message = progress.get("state", RUNNING), progress.get("message", "")
        if state == RUNNING:
            state, message = (
                FAILED,
                f"The training process ended unexpectedly. {_last_line(folder / 'log.txt')}".strip(),
            )
    return JobState(
        job_id,
        job.get("title", job_id),
        state,
        progress.get("stage", "waiting" if state == QUEUED else "starting") or "starting",
        float(progress.get("share", 0.0)),
        progress.get("seconds_left"),
        message,
        job.get("user", ""),
    )


def list_jobs(home: Path) -> list[JobState]:
    """All jobs of a home folder, newest first."""
    folders = sorted((folder for folder in (home / "jobs").glob("*") if (folder / "job.json").exists()), reverse=True)
    return [job_state(home, folder.name) for folder in folders]


def cancel_job(home: Path, job_id: str) -> None:
    """Stop a job, or take it out of the queue; finished stages stay in the store."""
    folder = home / "jobs" / job_id
    if job_state(home, job_id).state in (FINISHED, FAILED):
        return
    process = _process(_read(folder / "job.json"))
    if process is not None:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.terminate()
            with contextlib.suppress(psutil.TimeoutExpired):
                process.wait(timeout=5)
            if process.is_running():
                process.kill()
                process.wait(timeout=5)
    if job_state(home, job_id).state != FINISHED:
        ProgressFile(folder / "progress.json").end(CANCELLED, "Cancelled; what was finished is kept.")


def _write(path: Path, content: dict[str, Any]) -> None:
    draft = path.with_suffix(".draft")
    draft.write_text(json.dumps(content), encoding="utf-8")
    draft.replace(path)


def _process(job: dict[str, Any]) -> psutil.Process | None:
    """The job's process if it still runs; a process id that now belongs to another program is not it."""
    try:
        process = psutil.Process(int(job["pid"]))
        same = abs(process.create_time() - float(job["born"])) < 1.0
        return process if same and process.status() != psutil.STATUS_ZOMBIE else None
    except (psutil.Error, KeyError, ValueError):
        return None


def _read(path: Path) -> dict[str, Any]:
    try:
        content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return content


def _last_line(path: Path) -> str:
    try:
        lines = path.read_text(encoding="utf-8", errors="replace").strip().splitlines()
    except OSError:
        return ""
    return lines[-1] if lines else ""
