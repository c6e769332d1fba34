"""What the adversary's programs share: how they are called, where their chance comes from, how a test runs one."""

from __future__ import annotations

import argparse
import json
import random
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from typing import Any

from tests.conftest import ROOT


def options(said: str | None, kinds: Iterable[str]) -> argparse.Namespace:
    """``what``, ``number``, ``seed`` and ``seconds`` of the command line."""
    parser = argparse.ArgumentParser(description=said)
    parser.add_argument("what", choices=tuple(kinds))
    parser.add_argument("--number", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=3600.0)
    return parser.parse_args()


def draws(seed: int, number: int, seconds: float) -> Iterator[random.Random]:
    """A source of random numbers for each trial, from the seed and the trial's number."""
    end = time.monotonic() + seconds
    for trial in range(number):
        if time.monotonic() > end:
            return
        yield random.Random(f"{seed} {trial}")


def short_run(program: str, what: str, number: int) -> dict[str, Any]:
    """What a program found with the tests' seed; it must have said so and ended without a fault."""
    command = [sys.executable, "-m", f"tests.adversary.{program}", what, "--number", str(number), "--seed", "19"]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=600)
    said = run.stdout.strip().splitlines()
    assert said and said[-1].startswith("{"), (run.returncode, said[-1:], run.stderr[-2000:])
    found: dict[str, Any] = json.loads(said[-1])
    assert found["faults"] == [] and run.returncode == 0 and found["tried"] == number
    return found
