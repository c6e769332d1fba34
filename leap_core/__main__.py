"""``python -m leap_core``: the command line."""

from leap_core.cli import main

if __name__ == "__main__":
    raise SystemExit(main())
