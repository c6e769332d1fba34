"""What every benchmark shares: where the data lie, the clock, the JSON line, the README's sections."""

from __future__ import annotations

import json
import os
import platform
import resource
import sys
import time
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from types import TracebackType

README = Path(__file__).parent / "README.md"
DOCS = Path(__file__).resolve().parents[1] / "docs"


def real_data() -> Path:
    """Folder of real screens: ``LEAP_REAL_DATA``, or ``../shared/data`` beside the project."""
    folder = Path(os.environ.get("LEAP_REAL_DATA", Path(__file__).resolve().parents[2] / "shared" / "data"))
    if not folder.is_dir():
        sys.exit(f"No real data at {folder}; set LEAP_REAL_DATA to the folder that holds them.")
    return folder


@dataclass(frozen=True)
class Cost:
    """What a block or a process took."""

    seconds: float
    cpu_seconds: float
    peak_mib: int


class Stopwatch:
    """Wall and CPU seconds of a block, and the peak memory of this process so far."""

    def __enter__(self) -> Stopwatch:
        self._wall, self._cpu = time.perf_counter(), time.process_time()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
        self.cost = Cost(time.perf_counter() - self._wall, time.process_time() - self._cpu, peak)


def report(claim: str, figures: dict[str, object], cost: Cost) -> None:
    """Print one JSON line: the claim, its figures, what it cost, the machine and the versions."""
    line = {
        "claim": claim,
        **figures,
        "seconds": round(cost.seconds, 2),
        "cpu_seconds": round(cost.cpu_seconds, 2),
        "peak_memory_mib": cost.peak_mib,
        "machine": f"{platform.machine()}, {os.cpu_count()} cores",
        "python": platform.python_version(),
        "versions": {name: version(name) for name in ("numpy", "scipy", "torch", "numba")},
    }
    print(json.dumps(line), flush=True)


def write_section(title: str, body: str, page: Path = README) -> None:
    """Replace the section `title` of a page (benchmarks/README.md), or add it."""
    text = page.read_text(encoding="utf-8") if page.exists() else "# Benchmarks\n"
    start, end = f"<!-- {title} -->", f"<!-- end of {title} -->"
    section = f"{start}\n{body}\n{end}"
    if start in text:
        head, rest = text.split(start, 1)
        text = head + section + rest.split(end, 1)[1]
    else:
        text = text.rstrip() + f"\n\n{section}\n"
    page.write_text(text, encoding="utf-8")
