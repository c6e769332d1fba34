"""Records of jobs: of processes known whatever the clock says, made before them, and damaged alone."""

import json
import signal
import stat
import subprocess
import sys
import time

import psutil
import pytest
from filelock import FileLock

from leap_core.errors import UserError
from leap_core.run import jobs, queue
from leap_core.run.jobs import (
    CANCELLED,
    FAILED,
    QUEUED,
    RUNNING,
    ProgressFile,
    cancel_job,
    job_started,
    job_state,
    list_jobs,
    put_job,
    spawn_job,
)
from leap_core.run.progress import Step
from leap_core.run.queue import advance, cancel, start_job
from tests.conftest import ROOT

REAL = sys.executable


@pytest.fixture
def sleeper(tmp_path_factory, tmp_path, monkeypatch):
    """Jobs are processes that wait; those of this test are ended with it."""
    script = tmp_path_factory.mktemp("sleeper") / "python"
    script.write_text(f"#!{sys.executable} -I\nimport time\nwhile True:\n    time.sleep(60)\n")
    script.chmod(script.stat().st_mode | stat.S_IXUSR)
    real = sys.executable
    monkeypatch.setattr(jobs.sys, "executable", str(script))
    yield str(script)
    monkeypatch.setattr(jobs.sys, "executable", real)
    for process in psutil.process_iter():
        if (
            any(part.startswith(str(tmp_path)) for part in arguments_of(process)[1:])
            and process.pid != jobs.os.getpid()
        ):
            process.kill()


def test_a_step_of_the_clock_loses_no_running_job(tmp_path, sleeper, monkeypatch):
    job = put_job(tmp_path, ["train"], "first")
    spawn_job(tmp_path, job)
    real = psutil.Process.create_time
    monkeypatch.setattr(psutil.Process, "create_time", lambda process: real(process) + 3600)
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now - 7200)
    assert job_state(tmp_path, job).state == RUNNING
    second = put_job(tmp_path, ["other"], "second")
    assert [entry.job_id for entry in list_jobs(tmp_path)] == [second, job]
    # What a step writes does not wait for the clock either.
    shares, progress = [], ProgressFile(tmp_path / "jobs" / job / "progress.json")
    for share in (0.25, 0.5):
        progress._written -= 1.0
        progress.step(Step("stage", share, share, None))
        shares.append(job_state(tmp_path, job).share)
    assert shares == [0.25, 0.5]


def test_records_of_before_say_when_in_seconds(tmp_path, sleeper):
    job = put_job(tmp_path, ["train"], "first")
    process = subprocess.Popen([REAL, "-c", "input()"], stdin=subprocess.PIPE)
    record = jobs._read(tmp_path / "jobs" / job / "job.json")
    born = psutil.Process(process.pid).create_time()
    (tmp_path / "jobs" / job / "job.json").write_text(json.dumps({**record, "pid": process.pid, "born": born}))
    assert job_state(tmp_path, job).state == RUNNING
    process.communicate(b"\n")
    assert job_state(tmp_path, job).state == FAILED


KILLED = """
import os, signal, subprocess, sys
from pathlib import Path
from leap_core.run import jobs
from leap_core.run.queue import start_job
when, home, sys.executable = sys.argv[1], Path(sys.argv[2]), sys.argv[3]
class Popen(subprocess.Popen):
    def __init__(self, *arguments, **options):
        if when == "after":
            super().__init__(*arguments, **options)
        os.kill(os.getpid(), signal.SIGKILL)
jobs.subprocess.Popen = Popen
start_job(home, ["train"], "first")
"""


@pytest.mark.parametrize("when", ["before", "after"])
def test_an_app_killed_at_the_start_of_a_job_starts_it_once(tmp_path, sleeper, when):
    app = subprocess.run([REAL, "-c", KILLED, when, str(tmp_path), sleeper], cwd=ROOT)
    assert app.returncode == -signal.SIGKILL
    (job,) = list_jobs(tmp_path)
    progress = str(tmp_path / "jobs" / job.job_id / "progress.json")
    # Its arguments are seen a moment after it was started.
    end = time.time() + 20
    while "pid" not in jobs._read(tmp_path / "jobs" / job.job_id / "job.json") and time.time() < end:
        advance(tmp_path)
    running = [process for process in psutil.process_iter() if progress in arguments_of(process)]
    assert len(running) == 1 and job_state(tmp_path, job.job_id).state == RUNNING
    assert jobs._read(tmp_path / "jobs" / job.job_id / "job.json")["pid"] == running[0].pid
    cancel_job(tmp_path, job.job_id)
    assert job_state(tmp_path, job.job_id).state == CANCELLED and not running[0].is_running()


def arguments_of(process):
    try:
        return process.cmdline() if process.status() != psutil.STATUS_ZOMBIE else []
    except psutil.Error:
        return []


@pytest.mark.parametrize("record", ["null", "[]", "", "5", "{", '{"title": 5, "arguments": []}', '{"arguments": [1]}'])
def test_a_damaged_record_is_one_jobs_end_and_no_others(tmp_path, sleeper, record):
    broken, whole = put_job(tmp_path, ["a"], "broken"), put_job(tmp_path, ["b"], "whole")
    (tmp_path / "jobs" / broken / "job.json").write_text(record)
    assert job_state(tmp_path, broken).state == FAILED and "job.json" in job_state(tmp_path, broken).message
    advance(tmp_path)
    assert job_state(tmp_path, whole).state == RUNNING and job_started(tmp_path, broken) == (0.0, [])
    cancel_job(tmp_path, broken)
    # What runs is not lost with its record.
    (tmp_path / "jobs" / whole / "job.json").write_text(record)
    assert job_state(tmp_path, whole).state == RUNNING
    cancel_job(tmp_path, whole)
    assert job_state(tmp_path, whole).state == CANCELLED


@pytest.mark.parametrize(
    "record",
    [
        "null",
        '{"state": "finished", "share": 1e999}',
        '{"state": 5}',
        '{"state": "running", "share": 0.5, "seconds_left": "x"}',
    ],
)
def test_damaged_progress_is_none(tmp_path, sleeper, record):
    job = put_job(tmp_path, ["a"], "first")
    (tmp_path / "jobs" / job / "progress.json").write_text(record)
    assert job_state(tmp_path, job).state == QUEUED and job_state(tmp_path, job).share == 0.0


def test_a_queue_in_other_hands_is_a_sentence(tmp_path, monkeypatch, sleeper):
    put_job(tmp_path, ["a"], "first")
    monkeypatch.setattr(queue, "_LOCK_SECONDS", 0.05)
    with FileLock(tmp_path / "jobs" / ".queue.lock"):
        with pytest.raises(UserError, match="in other hands"):
            start_job(tmp_path, ["b"], "second")
        with pytest.raises(UserError, match="in other hands"):
            cancel(tmp_path, list_jobs(tmp_path)[0].job_id)
        advance(tmp_path)
        assert [job.state for job in list_jobs(tmp_path)] == [QUEUED]
    advance(tmp_path)
    assert [job.state for job in list_jobs(tmp_path)] == [RUNNING]


def test_a_job_of_another_accounts_process_cannot_be_cancelled(tmp_path, sleeper, monkeypatch):
    job = put_job(tmp_path, ["a"], "first")
    spawn_job(tmp_path, job)

    def refused(process):
        raise psutil.AccessDenied(process.pid)

    with monkeypatch.context() as patched:
        patched.setattr(psutil.Process, "terminate", refused)
        with pytest.raises(UserError, match="another account"):
            cancel_job(tmp_path, job)
    assert job_state(tmp_path, job).state == RUNNING
