"""A short run of the adversary on saved views and on requests; by hand, or for an hour, with other seeds."""

import json
import subprocess
import sys

import pytest

from tests.conftest import ROOT


def run(what, number):
    command = [sys.executable, "-m", f"tests.adversary.{what}", "--number", str(number), "--seed", "19"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300)
    said = done.stdout.strip().splitlines()
    assert said and done.returncode == 0, (done.returncode, done.stderr[-2000:])
    return json.loads(said[-1])


def test_a_saved_view_that_was_changed_is_refused_or_taken_as_it_stands():
    found = run("saved_views", 1500)
    assert found["faults"] == [] and found["tried"] == found["refused"] + found["taken"]
    assert found["refused"] > 500 and found["taken"] > 50


@pytest.mark.xdist_group("servers")
def test_whoever_has_no_token_gets_no_further_than_the_door():
    found = run("outside_requests", 400)
    assert found["faults"] == [] and found["tracebacks"] == 0 and found["alive"]
    assert found["refused"] > 300
