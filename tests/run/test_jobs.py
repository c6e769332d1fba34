"""Jobs in a child process, progress across threads, cancelling, and one `map` for all."""

import time

import pytest

from leap_core.errors import Cancelled, UserError
from leap_core.run.jobs import CANCELLED, FAILED, FINISHED, RUNNING, cancel_job, job_state, list_jobs
from leap_core.run.mapping import SerialMapper, ThreadMapper
from leap_core.run.progress import Progress
from leap_core.run.queue import start_job
from tests.conftest import planted_tables


def wait_until(home, job, states, seconds=120):
    end = time.time() + seconds
    while time.time() < end and job_state(home, job).state not in states:
        time.sleep(0.1)
    return job_state(home, job)


@pytest.fixture
def arguments(tmp_path):
    expression, response, _ = planted_tables()
    expression.to_csv(tmp_path / "e.csv")
    response.to_csv(tmp_path / "CRISPRGeneEffect.csv")
    return [
        "train",
        "--expression",
        str(tmp_path / "e.csv"),
        "--response",
        str(tmp_path / "CRISPRGeneEffect.csv"),
        "--name",
        "job",
    ]


def test_a_job_runs_to_the_end_and_one_runs_at_a_time(tmp_path, arguments):
    home = tmp_path / "home"
    job = start_job(home, [*arguments, "--recipe", "pca-ridge", "--accuracy", "none"], "Training job")
    with pytest.raises(UserError, match="Training job is running already"):
        start_job(home, [*arguments, "--recipe", "pca-ridge", "--accuracy", "none"], "the same")
    state = wait_until(home, job, {FINISHED, FAILED})
    assert (state.state, state.share, state.title) == (FINISHED, 1.0, "Training job")
    assert (home / "models" / "job.json").exists()
    assert [entry.job_id for entry in list_jobs(home)] == [job]


def test_a_failed_job_says_why(tmp_path, arguments):
    job = start_job(tmp_path / "home", [*arguments, "--recipe", "magic"], "Training job")
    state = wait_until(tmp_path / "home", job, {FINISHED, FAILED})
    assert state.state == FAILED and "magic" in state.message
    cancel_job(tmp_path / "home", job)
    assert job_state(tmp_path / "home", job).message == state.message


def test_a_job_can_be_cancelled(tmp_path, arguments):
    home = tmp_path / "home"
    job = start_job(home, arguments, "Training job")
    assert job_state(home, job).state == RUNNING
    cancel_job(home, job)
    assert job_state(home, job).state == CANCELLED
    assert not (home / "models" / "job.json").exists()


def test_progress_counts_by_stage_and_cancels():
    seen, stop = [], []
    progress = Progress(seen.append, lambda: bool(stop))
    progress.plan({"one": 2, "two": 6})
    progress.advance("one", 1)
    assert (seen[-1].stage, seen[-1].stage_share, seen[-1].share) == ("one", 0.5, 0.125)
    progress.skip("two", 4)
    progress.advance("two", 1)
    assert (seen[-1].stage_share, seen[-1].share) == (0.5, 0.5)
    assert seen[-1].seconds_left >= 0
    stop.append(True)
    with pytest.raises(Cancelled):
        progress.advance("two", 1)
    assert seen[-1].share == 0.75


def test_time_left_follows_the_pace_of_each_stage(monkeypatch):
    now = [0.0]
    monkeypatch.setattr("leap_core.run.progress.time.monotonic", lambda: now[0])
    seen = []
    progress = Progress(seen.append)
    progress.plan({"slow": 4, "quick": 4})
    for stage, seconds in (("slow", 10.0), ("slow", 10.0), ("quick", 1.0)):
        now[0] += seconds
        progress.advance(stage, 1)
    assert seen[0].seconds_left == pytest.approx(70)
    assert seen[-1].seconds_left == pytest.approx(2 * 10 + 3 * 1)


@pytest.mark.parametrize("mapper", [SerialMapper(), ThreadMapper(3)])
def test_map_keeps_order_counts_and_raises_the_first_error(mapper):
    finished = []
    assert mapper.map(lambda item: item * 2, range(20), lambda: finished.append(1)) == list(range(0, 40, 2))
    assert len(finished) == 20
    with pytest.raises(ZeroDivisionError):
        mapper.map(lambda item: 1 // item, [1, 0, 2])


def test_an_interrupt_does_not_wait_for_what_has_not_started():
    def work(item):
        if item == 0:
            raise KeyboardInterrupt
        time.sleep(0.2)
        done.append(item)

    done = []
    with pytest.raises(KeyboardInterrupt):
        ThreadMapper(2).map(work, range(40))
    assert len(done) < 10
