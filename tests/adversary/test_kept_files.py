"""A short run of the standing adversary on artefacts and records of jobs; `python -m tests.adversary.store` goes on."""

import pytest

from tests.adversary.trials import short_run


@pytest.mark.parametrize(("what", "number"), [("artefacts", 60), ("jobs", 100)])
def test_whatever_is_changed_is_said_or_without_effect(what, number):
    assert short_run("store", what, number)["detected"] > number // 4
