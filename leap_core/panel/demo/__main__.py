"""Command line: write the simulated demo files, ``python -m leap_core.panel.demo --out data/demo``."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from leap_core.panel.demo import demo_uploads, simulate_demo


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the demo files into a folder and return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m leap_core.panel.demo", description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("data/demo"), help="folder to write into")
    out: Path = parser.parse_args(arguments).out
    out.mkdir(parents=True, exist_ok=True)
    for name, content in demo_uploads(simulate_demo()).items():
        (out / name).write_bytes(content)
        print(out / name)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
