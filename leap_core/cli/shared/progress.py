"""Progress of long commands: to a job's file, as a bar on a terminal, or a plain line every tenth."""

from __future__ import annotations

import sys

from leap_core.run.jobs import ProgressFile
from leap_core.run.progress import Progress, Step, duration


def progress_of(progress_file: ProgressFile | None) -> Progress:
    """Progress that goes where the command was started from."""
    if progress_file is not None:
        return Progress(progress_file.step)
    return Progress(_TerminalProgress(sys.stderr.isatty()).step)


class _TerminalProgress:
    """Shows steps on standard error: a bar that moves on a terminal, else a line per stage and tenth."""

    def __init__(self, terminal: bool) -> None:
        self.terminal = terminal
        self.last = ("", -1)

    def step(self, step: Step) -> None:
        """Show one step."""
        left = f", {duration(step.seconds_left)} left in all" if step.seconds_left is not None else ""
        text = f"{step.stage} {step.stage_share:4.0%}{left}"
        if self.terminal:
            bar = "#" * int(30 * step.share)
            # Each stage leaves its last line behind.
            start = "\n" if self.last[0] not in ("", step.stage) else "\r"
            end = "\n" if step.share >= 1 else ""
            print(f"{start}[{bar:<30}] {step.share:4.0%} {text}\033[K", end=end, file=sys.stderr, flush=True)
            self.last = (step.stage, 0)
        elif (step.stage, int(10 * step.stage_share + 1e-6)) != self.last:
            self.last = (step.stage, int(10 * step.stage_share + 1e-6))
            print(f"{step.share:4.0%} {text}", file=sys.stderr, flush=True)
