"""Progress and cancelling, as a callback: the core reports, whoever called decides how to show it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from leap_core.errors import Cancelled


@dataclass(frozen=True)
class Step:
    """How far a run is.

    Attributes
    ----------
    stage
        What is being done, in words.
    stage_share, share
        Finished share (0..1) of this stage and of the whole run.
    seconds_left
        Estimate for the whole run; None until there is one.
    """

    stage: str
    stage_share: float
    share: float
    seconds_left: float | None


@dataclass
class _Stage:
    planned: float
    done: float = 0.0
    seconds: float = 0.0


@dataclass
class Progress:
    """Counts finished work by stage, estimates the time left, and passes every step on.

    Work is planned in rough seconds on one core. Each stage has its own pace, measured while it runs; a
    stage that has not begun is expected at the pace of those before it.

    Attributes
    ----------
    report
        Called with each `Step`; may be called from several threads, never at the same time.
    cancelled
        Asked at each step; returning True stops the run with `Cancelled`.
    """

    report: Callable[[Step], None] = lambda step: None
    cancelled: Callable[[], bool] = lambda: False
    _stages: dict[str, _Stage] = field(default_factory=dict, repr=False)
    _last: float = field(default_factory=time.monotonic, repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def plan(self, work: Mapping[str, float]) -> None:
        """Announce more work, by stage."""
        with self._lock:
            self._last = time.monotonic()
            for stage, amount in work.items():
                self._stages.setdefault(stage, _Stage(0.0)).planned += amount

    def advance(self, stage: str, work: float) -> None:
        """Count `work` as finished.

        Raises
        ------
        Cancelled
            If the user asked to stop.
        """
        with self._lock:
            now = time.monotonic()
            entry = self._stages.setdefault(stage, _Stage(work))
            entry.done += work
            entry.seconds += now - self._last
            self._last = now
            self.report(self._step(stage))
        if self.cancelled():
            raise Cancelled("Cancelled; what was finished is kept and will not be computed again.")

    def skip(self, stage: str, work: float) -> None:
        """Take `work` off the plan: its result was found in the store."""
        with self._lock:
            entry = self._stages.setdefault(stage, _Stage(work))
            entry.planned -= work
            self._last = time.monotonic()

    def _step(self, stage: str) -> Step:
        planned = sum(entry.planned for entry in self._stages.values())
        done = sum(entry.done for entry in self._stages.values())
        share = min(done / planned, 1.0) if planned > 0 else 1.0
        own = self._stages[stage]
        left = self._seconds_left(done) if share > 0.02 else None
        return Step(stage, min(own.done / own.planned, 1.0) if own.planned > 0 else 1.0, share, left)

    def _seconds_left(self, done: float) -> float:
        pace = sum(entry.seconds for entry in self._stages.values()) / done
        return sum(
            max(entry.planned - entry.done, 0.0) * (entry.seconds / entry.done if entry.done > 0 else pace)
            for entry in self._stages.values()
        )


def duration(seconds: float) -> str:
    """Seconds as they are read: to the second for the first two minutes, then in minutes, then in hours."""
    if seconds < 119.5:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7170 else f"{seconds / 3600:.1f} h"
