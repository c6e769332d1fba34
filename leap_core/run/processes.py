"""Which process a job is: known by its number and when it started, counted from the start of the computer.

What the wall clock says of it moves when the clock is set.
"""

from __future__ import annotations

import contextlib
import sys
from pathlib import Path
from typing import IO

import psutil

try:
    import fcntl
except ImportError:
    # Windows: there a process is looked for by its arguments alone.
    fcntl = None  # type: ignore[assignment]

_PROC = Path("/proc")
# The 22nd value of /proc/<pid>/stat (proc(5)); the 3rd is the first after the command's name, which may hold blanks.
_START, _STATE = 22 - 3, 3 - 3


def born(pid: int) -> str | None:
    """What tells a process from an earlier and a later one of the same number; None where there is none.

    On Linux the id of this start of the computer, and the ticks from there to the process's start. Elsewhere the time
    that the system wrote down at its start, which does not move with the clock.
    """
    if sys.platform != "linux":
        with contextlib.suppress(psutil.Error):
            return f"{psutil.Process(pid).create_time():.2f}"
        return None
    try:
        values = (_PROC / str(pid) / "stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
        boot = (_PROC / "sys/kernel/random/boot_id").read_text(encoding="utf-8").strip()
    except OSError:
        return None
    # What has ended and waits for its parent to look is no process any more.
    return f"{boot} {values[_START]}" if values[_STATE] not in "ZX" else None


def process(pid: int, when: str | float) -> psutil.Process | None:
    """The process of that number, if it is the one that was born then and still runs.

    Parameters
    ----------
    when
        What `born` said; or, as records of before have it, seconds since 1970.
    """
    try:
        found = psutil.Process(pid)
        if isinstance(when, str):
            return found if born(pid) == when else None
        same = abs(found.create_time() - when) < 1.0
        return found if same and found.status() != psutil.STATUS_ZOMBIE else None
    except (psutil.Error, ValueError, OverflowError):
        return None


def hold(path: Path) -> IO[bytes]:
    """Open a file and lock it: a process that inherits it holds it too, from its first moment to its last.

    Raises
    ------
    BlockingIOError
        If another process holds it.
    """
    stream = path.open("ab")
    try:
        if fcntl is not None:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        stream.close()
        raise
    return stream


def is_held(path: Path) -> bool:
    """Whether a process holds a file (see `hold`); where files cannot be held, nobody does."""
    try:
        hold(path).close()
    except BlockingIOError:
        return True
    return False


def with_argument(argument: str) -> psutil.Process | None:
    """The process that was started with an argument that no other has; not in its first moments."""
    for found in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            if argument in found.cmdline() and found.status() != psutil.STATUS_ZOMBIE:
                return found
    return None
