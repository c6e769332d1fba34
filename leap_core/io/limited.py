"""A program of our own run on untrusted bytes in a child process that is held to memory and time."""

from __future__ import annotations

import json
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
        Takes memory, seconds and `arguments`; sets its limits itself, reads the content from its standard input, and
        writes a line of JSON and bytes.
    content
        For the standard input.
    memory, seconds
        Limits. Where the system knows no such limits, only the time holds.
    *arguments
        For the program.

    Returns
    -------
    tuple or None
        The JSON and the bytes; None if the program ended without them.
    """
    command = [sys.executable, "-I", str(program.__file__), str(memory), str(seconds), *map(str, arguments)]
    try:
        done = subprocess.run(command, input=content, capture_output=True, timeout=seconds + 5)
    except subprocess.TimeoutExpired:
        return None
    head, _, out = done.stdout.partition(b"\n")
    return (json.loads(head), out) if done.returncode == 0 and head else None
