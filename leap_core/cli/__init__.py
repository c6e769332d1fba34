"""The command line: the same functions as the pages. A user's mistake ends with code 2 and one sentence."""

from __future__ import annotations

import argparse
import signal
import sys
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from types import FrameType, ModuleType

from leap_core.cli.shared.saying import complain
from leap_core.errors import LeapError, UserError
from leap_core.run.jobs import CANCELLED, FAILED, FINISHED, ProgressFile
from leap_core.run.queue import advance
from leap_core.run.store import default_home
from leap_core.run.version import __version__

USER_MISTAKE = 2
FAILURE = 1
INTERRUPTED = 130

COMMANDS = (
    "train",
    "read",
    "check",
    "predict",
    "prioritise",
    "compare",
    "pilot",
    "scorecard",
    "explain",
    "evaluate",
    "freeze",
    "judge",
    "download",
    "models",
    "demo",
)


def command_called(name: str) -> ModuleType:
    """The module of a command, in this folder and called as it is: HELP, EXAMPLES, add_options, run.

    Loaded when it is asked for: what one command needs takes seconds to import, and the others need more.
    """
    return import_module(f"leap_core.cli.{name}")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return the exit code."""
    arguments = sys.argv[1:] if arguments is None else list(arguments)
    options = _parser(arguments[0] if arguments else "").parse_args(arguments)
    options.home = options.home or default_home()
    signal.signal(signal.SIGTERM, _stop)
    progress_file = ProgressFile(options.progress_file) if getattr(options, "progress_file", None) else None
    try:
        options.run(options, progress_file)
        if progress_file is not None:
            progress_file.end(FINISHED)
    except UserError as error:
        return _ended(progress_file, FAILED, str(error), USER_MISTAKE)
    except LeapError as error:
        return _ended(progress_file, FAILED, str(error), FAILURE)
    except KeyboardInterrupt:
        return _ended(progress_file, CANCELLED, "Cancelled; what was finished is kept.", INTERRUPTED)
    except BrokenPipeError:
        return FAILURE
    except Exception as error:
        # A mistake of ours: the trace goes to the log, and the job has ended all the same.
        if progress_file is not None:
            progress_file.end(
                FAILED,
                f"It ended by a mistake of this program ({type(error).__name__}: {error}). The job's log has the"
                " details.",
            )
        raise
    finally:
        if progress_file is not None:
            # This job ends: the next may begin. Its own process still runs, so it is taken for ended by what it wrote.
            advance(options.home)
    return 0


def _ended(progress_file: ProgressFile | None, state: str, message: str, code: int) -> int:
    complain(f"leap: {message}")
    if progress_file is not None:
        progress_file.end(state, message)
    return code


def _stop(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _parser(first: str) -> argparse.ArgumentParser:
    """The parser of the command that the first argument names, or of all of them."""
    style = argparse.RawDescriptionHelpFormatter
    asked = [first] if first in COMMANDS else [] if first == "--version" else list(COMMANDS)
    modules = {name: command_called(name) for name in asked}
    examples = [modules[name].EXAMPLES for name in ("train", "predict") if name in modules]
    parser = argparse.ArgumentParser(
        prog="leap",
        description="Predicted dependencies and drug responses of unscreened cell lines.",
        epilog="".join([*examples[:1], *(text.removeprefix("examples:\n") for text in examples[1:])]),
        formatter_class=style,
    )
    parser.add_argument("--version", action="version", version=__version__)
    commands = parser.add_subparsers(required=True, metavar="command")
    for name, module in modules.items():
        what = module.HELP
        command = commands.add_parser(name, help=what, description=what, epilog=module.EXAMPLES, formatter_class=style)
        module.add_options(command)
        command.set_defaults(run=module.run)
        command.add_argument("--home", type=Path, help="folder of the store (default: LEAP_HOME or data/models)")
    return parser
