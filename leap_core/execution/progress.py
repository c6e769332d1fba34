"""Progress and cancelling, as a callback: the core reports, whoever called decides how to show it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from leap_core.errors import Cancelled


@dataclass(frozen=True)
class Step:
    """How far a run is.

    Attributes
    ----------
    stage
        What is being done, in words.
    done, total
        Units of work finished and in all, over the whole run.
    """

    stage: str
    done: float
    total: float

    @property
    def share(self) -> float:
        """Finished share, 0..1."""
        return min(self.done / self.total, 1.0) if self.total > 0 else 0.0


@dataclass
class Progress:
    """Counts finished work across threads and passes every step on.

    Attributes
    ----------
    report
        Called with each `Step`; may be called from several threads, never at the same time.
    cancelled
        Asked at each step; returning True stops the run with `Cancelled`.
    """

    report: Callable[[Step], None] = lambda step: None
    cancelled: Callable[[], bool] = lambda: False
    total: float = 0.0
    done: float = 0.0
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def plan(self, work: float) -> None:
        """Announce `work` more units."""
        with self._lock:
            self.total += work

    def advance(self, stage: str, work: float) -> None:
        """Count `work` units as finished.

        Raises
        ------
        Cancelled
            If the user asked to stop.
        """
        with self._lock:
            self.done += work
            self.report(Step(stage, self.done, self.total))
        if self.cancelled():
            raise Cancelled("Cancelled; what was finished is kept and will not be computed again.")
