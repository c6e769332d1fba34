"""A short run of the standing adversary on uploads and gene sets, and some of the small files that ask for much."""

import json
import subprocess
import sys

import pytest

from tests.conftest import ROOT


@pytest.mark.parametrize(("what", "number"), [("files", 250), ("sets", 200)])
def test_whatever_is_changed_in_a_file_is_said_or_leaves_the_rest_whole(what, number):
    command = [sys.executable, "-m", "tests.adversary.uploads", what, "--number", str(number), "--seed", "19"]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=600)
    said = run.stdout.strip().splitlines()
    assert said and said[-1].startswith("{"), (run.returncode, said[-1:], run.stderr[-2000:])
    found = json.loads(said[-1])
    assert found["faults"] == [] and run.returncode == 0
    assert found["tried"] == number and found["refused"] > number // 10


def test_small_files_that_ask_for_much_end_in_time():
    command = [sys.executable, "-m", "tests.adversary.uploads", "bombs", "--number", "12", "--seed", "19"]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=600)
    found = json.loads(run.stdout.strip().splitlines()[-1])
    assert found["faults"] == [] and run.returncode == 0
    assert found["slowest"][0] < 17 and found["refused"] > 3
