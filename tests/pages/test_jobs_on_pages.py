"""What a job leaves: its model one click away, a way to go on, and word of its end on whichever page the user is."""

import shutil

import pytest

from leap_core.run.jobs import CANCELLED, FAILED, FINISHED, ProgressFile, put_job
from leap_core.run.store import Store
from leap_core.services.demo import DEMO_GENES
from tests.pages.conftest import open_app, right, state, visit, with_sample

TRAIN = ["train", "--panel", "x", "--name", "Mine", "--recipe", "leap-best", "--accuracy", "none"]


@pytest.fixture
def home(demo_store, tmp_path):
    shutil.copytree(demo_store.home, tmp_path / "home", dirs_exist_ok=True)
    shutil.rmtree(tmp_path / "home" / "jobs", ignore_errors=True)
    store = Store(tmp_path / "home")
    store.bind("Mine", store.resolve(DEMO_GENES))
    return store.home


def ended(home, how, message=""):
    job = put_job(home, TRAIN, "Training Mine")
    ProgressFile(home / "jobs" / job / "progress.json").end(how, message)
    return job


def test_the_model_of_a_finished_training_is_used_by_one_click(monkeypatch, home):
    ended(home, FINISHED)
    app = with_sample(open_app(monkeypatch, home))
    assert state(app).models["gene"] == DEMO_GENES
    visit(app, "training")
    right(app.button(key="job_use").click().run())
    assert state(app).models["gene"] == "Mine"
    visit(app, "training")
    assert "job_use" not in {button.key for button in app.button}


@pytest.mark.parametrize("how", [CANCELLED, FAILED])
def test_a_training_that_stopped_goes_on_with_the_same_call(monkeypatch, home, how):
    ended(home, how, "It ended.")
    started = []
    monkeypatch.setattr("pages.shared.jobs.start_job", lambda *what: started.append(what))
    app = visit(open_app(monkeypatch, home), "training")
    assert any("It ended." in warning.value for warning in app.warning)
    right(app.button(key="job_resume").click().run())
    assert started == [(home, TRAIN, "Training Mine", "")]


def test_the_end_of_a_job_is_said_once_wherever_the_user_is(monkeypatch, home):
    app = open_app(monkeypatch, home)
    job = ended(home, FINISHED)
    app.session_state["jobs_running"] = {job}
    assert [toast.value for toast in visit(app, "glossary").toast] == ["Training Mine is done."]
    assert not visit(app, "atlas").toast
