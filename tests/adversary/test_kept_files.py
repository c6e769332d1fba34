"""A short run of the standing adversary on artefacts and records of jobs; `python -m tests.adversary.store` goes on."""

import json
import subprocess
import sys

import pytest

from tests.conftest import ROOT


@pytest.mark.parametrize(("what", "number"), [("artefacts", 60), ("jobs", 100)])
def test_whatever_is_changed_is_said_or_without_effect(what, number):
    # A seed of its own each time the trials change; what fails is done again by its number.
    command = [sys.executable, "-m", "tests.adversary.store", what, "--number", str(number), "--seed", "19"]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=600)
    said = run.stdout.strip().splitlines()
    assert said and said[-1].startswith("{"), (run.returncode, said[-1:], run.stderr[-2000:])
    found = json.loads(said[-1])
    assert found["faults"] == [] and run.returncode == 0
    assert found["tried"] == number and found["detected"] > number // 4
