"""Trainings and scorings in processes of their own, with their wall clock, CPU-seconds and peak memory."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from benchmarks.reporting import Cost

ROOT = Path(__file__).resolve().parents[1]


# The peak memory that the system reports of a process includes that of the one which started it: a small one does.
_LAUNCHER = """
import json, os, subprocess, sys, time
started = time.perf_counter()
process = subprocess.Popen(sys.argv[1:], stdout=subprocess.DEVNULL)
_, status, usage = os.wait4(process.pid, 0)
seconds, cpu = time.perf_counter() - started, usage.ru_utime + usage.ru_stime
print(json.dumps([os.waitstatus_to_exitcode(status), seconds, cpu, usage.ru_maxrss // 1024]))
"""


def run(arguments: list[str]) -> Cost:
    """Run ``python <arguments>`` to its end; its resources are those of that process alone."""
    launcher = [sys.executable, "-c", _LAUNCHER, sys.executable, *arguments]
    done = subprocess.run(launcher, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True)
    code, *cost = json.loads(done.stdout)
    if code:
        sys.exit(f"python {' '.join(arguments)} ended with {code}")
    return Cost(*cost)


def train(expression: Path, response: Path, name: str, home: Path, *more: str) -> Cost:
    """Train a model through the command line."""
    return run(
        [
            "-m",
            "leap_core",
            "train",
            "--expression",
            str(expression),
            "--response",
            str(response),
            "--name",
            name,
            "--home",
            str(home),
            *more,
        ]
    )


_SCORING = """
import json, sys, time
from pathlib import Path
from threadpoolctl import threadpool_limits
from leap_core.run.store import Store
from leap_core.services.models import load_model, model_keys, predict
store, name = Store(Path(sys.argv[1])), sys.argv[2]
with threadpool_limits(1):
    started = time.perf_counter()
    model = load_model(name, store)
    load = time.perf_counter() - started
    sample = model.panel.expression.iloc[[3]] + 0.1
    seconds = []
    for _ in range(6):
        started = time.perf_counter()
        predict(model, sample)
        seconds.append(time.perf_counter() - started)
first, second, later = (round(1e3 * value, 1) for value in (seconds[0], seconds[1], min(seconds[2:])))
print(json.dumps({"load_s": round(load, 3), "first_score_ms": first, "second_score_ms": second, "later_score_ms": later,
    "model_mb": round(store.size(model_keys(name, store)) / 1e6, 1)}))
"""


def scoring(home: Path, name: str) -> dict[str, float]:
    """Seconds to load a model, and milliseconds to score one sample, in a fresh process on one thread."""
    done = subprocess.run(
        [sys.executable, "-c", _SCORING, str(home), name], cwd=ROOT, check=True, capture_output=True, text=True
    )
    figures: dict[str, float] = json.loads(done.stdout)
    return figures
