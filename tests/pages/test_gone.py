"""A model that is deleted or damaged while sessions use it: a sentence, never a broken page, never another model."""

import json
import os
import shutil

import pytest

from leap_core.errors import StoreError
from leap_core.run.jobs import put_job
from leap_core.run.store import Store
from leap_core.services.demo import DEMO_DRUGS, DEMO_GENES
from leap_core.services.models import delete_model
from leap_core.services.training import TrainedModel
from tests.pages.conftest import PAGES, keys, open_app, visit, with_sample, words


@pytest.fixture
def home(demo_store, tmp_path):
    return shutil.copytree(demo_store.home, tmp_path / "home", ignore=shutil.ignore_patterns("jobs", "incoming"))


def all_pages(app):
    for page in PAGES:
        visit(app, page)
    return app


@pytest.fixture
def in_use(home, monkeypatch):
    """A session that has looked at every page with a sample."""
    return all_pages(with_sample(open_app(monkeypatch, home)))


@pytest.mark.parametrize("deleted", [[DEMO_GENES], [DEMO_GENES, DEMO_DRUGS]], ids=["one", "both"])
def test_no_page_breaks_where_a_model_is_deleted_under_it(in_use, home, monkeypatch, deleted):
    # Nothing is trained while the test looks.
    monkeypatch.setattr("leap_core.run.queue.spawn_job", lambda home, job: None)
    put_job(home, ["demo"], "something")
    for page in PAGES:
        visit(in_use, page)
        for name in deleted:
            if name in Store(home).names():
                delete_model(name, Store(home))
        # The page that was open, drawn again, and then all the others.
        in_use.run()
        assert not in_use.exception, page
    all_pages(in_use)
    assert Store(home).names() == sorted({DEMO_GENES, DEMO_DRUGS} - set(deleted))


def test_a_model_deleted_while_a_page_is_drawn_is_one_sentence(in_use, home, monkeypatch):
    from pages.shared import session

    real = session.score_sample

    def score_and_delete(model, *rest):
        found = real(model, *rest)
        if model.name in Store(home).names():
            delete_model(model.name, Store(home))
        return found

    monkeypatch.setattr(session, "score_sample", score_and_delete)
    in_use.session_state["leap"].scored.clear()
    visit(in_use, "ranked")
    all_pages(in_use)


def damaged(home, name, how):
    store = Store(home)
    part = store.folder(store.read(store.resolve(name), TrainedModel).heads[0][0]) / "object.safetensors"
    content = bytearray(part.read_bytes())
    if how == "cut":
        os.truncate(part, len(content) // 2)
    elif how == "missing":
        part.unlink()
    elif how == "written to":
        content[len(content) // 2] ^= 0x40
        part.write_bytes(content)
    return part


@pytest.mark.parametrize("how", ["cut", "missing", "written to"])
def test_a_damaged_model_is_unusable_alone_and_can_be_deleted(in_use, home, how):
    part = damaged(home, DEMO_GENES, how)
    all_pages(in_use)
    visit(in_use, "ranked")
    assert in_use.session_state["model_drug"] == DEMO_DRUGS
    visit(in_use, "training")
    assert part.name in words(in_use) and f"delete_{DEMO_GENES}" in keys(in_use.button)
    in_use.button(key=f"delete_{DEMO_GENES}").click().run()
    assert not in_use.exception and Store(home).names() == [DEMO_DRUGS]


@pytest.mark.parametrize("record", ["null", "[]", "", "5", '{"title": 5}', json.dumps({"title": "x", "arguments": 1})])
def test_a_damaged_record_of_a_job_is_a_sentence(in_use, home, record):
    job = put_job(home, ["demo"], "something")
    (home / "jobs" / job / "job.json").write_text(record)
    all_pages(in_use)
    visit(in_use, "training")
    assert "job.json" in words(in_use)


def test_what_goes_wrong_before_the_page_is_a_sentence_too(monkeypatch, home):
    def refuse(here):
        raise StoreError("The folder cannot be read.")

    monkeypatch.setattr("pages.shared.first_start.advance", refuse)
    app = open_app(monkeypatch, home)
    assert not app.exception and [entry.value for entry in app.error] == ["The folder cannot be read."]
