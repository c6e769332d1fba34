"""A program of our own run on untrusted bytes in a child process that is held to memory and time.

Run by its path this file is the child: it sets the limits before a byte is read, and then runs the program, which has
nothing of leap_core imported and therefore starts at once.
"""

from __future__ import annotations

import json
import os
import runpy
import subprocess
import sys
from types import ModuleType
from typing import Any

Answer = tuple[dict[str, Any], bytes]


def run_limited(program: ModuleType, content: bytes, memory: int, seconds: int, *arguments: object) -> Answer | None:
    """Run a module of one file by its path.

    Parameters
    ----------
    program
        Takes `arguments`, reads the content from its standard input, and writes a line of JSON and bytes.
    content
        For the standard input.
    memory, seconds
        Limits: bytes of address space, and seconds of processor and wall. Where the system knows no such limits, only
        the wall holds.
    *arguments
        For the program.

    Returns
    -------
    tuple or None
        The JSON and the bytes; None if the program ended without them.
    """
    command = [sys.executable, "-I", __file__, str(memory), str(seconds), str(program.__file__), *map(str, arguments)]
    try:
        done = subprocess.run(command, input=content, capture_output=True, timeout=seconds + 5)
    except subprocess.TimeoutExpired:
        return None
    head, _, out = done.stdout.partition(b"\n")
    return (json.loads(head), out) if done.returncode == 0 and head else None


def _limit(memory: int, seconds: int) -> None:
    try:
        import resource
    except ImportError:
        # Windows has no such limits; the parent ends the process after its time.
        return
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))


if __name__ == "__main__":
    _limit(int(sys.argv[1]), int(sys.argv[2]))
    del sys.argv[:3]
    try:
        runpy.run_path(sys.argv[0], run_name="__main__")
    except SystemExit as ended:
        sys.stdout.flush()
        # Without Python's own end: threads of compiled libraries now and then abort in it, once all is written.
        os._exit(ended.code if isinstance(ended.code, int) else 1)
