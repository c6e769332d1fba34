"""``leap demo``: train the built-in simulated demo."""

from __future__ import annotations

import argparse
from pathlib import Path

from leap_core.cli.shared.progress import progress_of
from leap_core.run.jobs import ProgressFile
from leap_core.run.runtime import Runtime
from leap_core.run.store import Store
from leap_core.services.demo import train_demo

HELP = "train the built-in simulated demo"
EXAMPLES = ""


def add_options(parser: argparse.ArgumentParser) -> None:
    """Options of ``demo``."""
    parser.add_argument("--progress-file", type=Path, help=argparse.SUPPRESS)


def run(options: argparse.Namespace, progress_file: ProgressFile | None) -> None:
    """Train both demo models."""
    train_demo(Runtime(Store(options.home), progress=progress_of(progress_file)))
