"""The queue: one job at a time, fair, cancellable, and all of it on disk."""

import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace

import pytest

from leap_core.errors import UserError
from leap_core.run import queue
from leap_core.run.jobs import CANCELLED, FAILED, FINISHED, QUEUED, RUNNING, cancel_job, job_state, list_jobs, put_job
from leap_core.run.queue import advance, cancel, start_job, waiting


@pytest.fixture
def slow(monkeypatch):
    """Jobs that run until their file is there."""

    def spawn(home, job_id):
        folder = home / "jobs" / job_id
        code = (
            "import pathlib, sys, time\nfolder = pathlib.Path(sys.argv[1])\n"
            "while not (folder / 'go').exists(): time.sleep(0.02)\n"
            '(folder / \'progress.json\').write_text(\'{"state": "finished", "share": 1.0}\')\n'
        )
        process = subprocess.Popen([sys.executable, "-c", code, str(folder)])
        started.append((job_id, process))
        import psutil

        from leap_core.run import jobs

        job = jobs._read(folder / "job.json")
        jobs._write(
            folder / "job.json",
            {**job, "pid": process.pid, "born": psutil.Process(process.pid).create_time(), "started": time.time()},
        )

    started = []
    monkeypatch.setattr(queue, "spawn_job", spawn)
    yield started
    for _, process in started:
        process.kill()
        process.wait()


def finish(home, job_id):
    (home / "jobs" / job_id / "go").touch()
    end = time.time() + 20
    while job_state(home, job_id).state == RUNNING and time.time() < end:
        time.sleep(0.02)
    assert job_state(home, job_id).state == FINISHED


def states(home):
    return {job.title: job.state for job in list_jobs(home)}


def test_one_runs_and_the_others_wait_their_turn(tmp_path, slow):
    first = start_job(tmp_path, ["a"], "first")
    second = start_job(tmp_path, ["b"], "second")
    third = start_job(tmp_path, ["c"], "third")
    assert states(tmp_path) == {"first": RUNNING, "second": QUEUED, "third": QUEUED}
    with pytest.raises(UserError, match="second is waiting its turn already"):
        start_job(tmp_path, ["b"], "again")
    advance(tmp_path)
    assert states(tmp_path)["second"] == QUEUED
    finish(tmp_path, first)
    # Nothing is remembered outside the folder: whoever looks next, also after a restart, moves it on.
    advance(tmp_path)
    assert states(tmp_path) == {"first": FINISHED, "second": RUNNING, "third": QUEUED}
    cancel_job(tmp_path, third)
    assert job_state(tmp_path, third).state == CANCELLED
    finish(tmp_path, second)
    advance(tmp_path)
    assert [job_id for job_id, _ in slow] == [first, second]


def test_nobody_waits_behind_anothers_many(tmp_path, slow):
    running = start_job(tmp_path, ["a0"], "a0", "ada@uni.example")
    for number in range(1, 4):
        start_job(tmp_path, [f"a{number}"], f"a{number}", "ada@uni.example")
    start_job(tmp_path, ["b1"], "b1", "bob@uni.example")
    start_job(tmp_path, ["b2"], "b2", "bob@uni.example")
    assert [job.title for job in waiting(tmp_path)] == ["b1", "a1", "b2", "a2", "a3"]
    finish(tmp_path, running)
    advance(tmp_path)
    assert states(tmp_path)["b1"] == RUNNING


def test_a_job_that_was_killed_does_not_hold_the_queue(tmp_path, slow):
    start_job(tmp_path, ["a"], "first")
    start_job(tmp_path, ["b"], "second")
    slow[0][1].kill()
    slow[0][1].wait()
    advance(tmp_path)
    assert states(tmp_path) == {"first": FAILED, "second": RUNNING}


def test_two_that_start_at_once_start_one_job(tmp_path, slow):
    for number in range(3):
        put_job(tmp_path, [str(number)], f"job {number}")
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: advance(tmp_path), range(8)))
    assert len(slow) == 1 and sorted(states(tmp_path).values()) == [QUEUED, QUEUED, RUNNING]


def test_a_lock_that_a_killed_process_left_holds_nobody_up(tmp_path, slow):
    put_job(tmp_path, ["a"], "first")
    (tmp_path / "jobs" / ".queue.lock").write_text("1")
    advance(tmp_path)
    assert states(tmp_path)["first"] == RUNNING


def test_cancelling_what_runs_starts_the_next(tmp_path, slow):
    first = start_job(tmp_path, ["a"], "first")
    start_job(tmp_path, ["b"], "second")
    cancel(tmp_path, first)
    assert states(tmp_path) == {"first": CANCELLED, "second": RUNNING}


def test_a_job_that_ends_by_a_mistake_is_ended_and_the_next_begins(tmp_path, slow, monkeypatch):
    job = start_job(tmp_path, ["a"], "first")
    start_job(tmp_path, ["b"], "second")
    slow[0][1].kill()
    slow[0][1].wait()
    from leap_core import cli

    def fail(options, progress_file):
        raise ZeroDivisionError("a mistake")

    def add_options(parser):
        parser.add_argument("--progress-file", type=Path)

    command = SimpleNamespace(HELP="", EXAMPLES="", add_options=add_options, run=fail)
    monkeypatch.setattr(cli, "command_called", lambda name: command)
    with pytest.raises(ZeroDivisionError):
        cli.main(["models", "--home", str(tmp_path), "--progress-file", str(tmp_path / "jobs" / job / "progress.json")])
    assert states(tmp_path) == {"first": FAILED, "second": RUNNING}
    assert "ZeroDivisionError: a mistake" in job_state(tmp_path, job).message


def test_a_job_that_ends_starts_the_next_without_any_page(tmp_path):
    start_job(tmp_path, ["download", "essentials"], "first")
    second = start_job(tmp_path, ["download", "essentials", "--from", "nowhere.txt"], "second")
    assert states(tmp_path) == {"first": RUNNING, "second": QUEUED}
    end = time.time() + 60
    while job_state(tmp_path, second).state in (QUEUED, RUNNING) and time.time() < end:
        time.sleep(0.1)
    assert states(tmp_path) == {"first": FAILED, "second": FAILED}
    assert "needs --from FILE" in job_state(tmp_path, second).message
