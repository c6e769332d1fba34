"""The command line: the same functions as the pages. A user's mistake ends with code 2 and one sentence."""

from __future__ import annotations

import argparse
import signal
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from types import FrameType

from leap_core import __version__
from leap_core.cli.after import add_compare, add_scorecard
from leap_core.cli.download import add_download
from leap_core.cli.evaluate import add_evaluate
from leap_core.cli.explain import add_explain
from leap_core.cli.models import add_models
from leap_core.cli.prioritise import add_prioritise
from leap_core.cli.samples import add_check, add_predict
from leap_core.cli.train import add_demo, add_train
from leap_core.errors import LeapError, UserError
from leap_core.run.jobs import CANCELLED, FAILED, FINISHED, ProgressFile
from leap_core.run.queue import advance
from leap_core.run.store import default_home

USER_MISTAKE = 2
FAILURE = 1
INTERRUPTED = 130

_TRAIN_AND_PREDICT = """examples:
  python -m leap_core train --expression OmicsExpression.csv --response CRISPRGeneEffect.csv \\
      --lines Model.csv --name "DepMap 24Q2"
  python -m leap_core check my_line.csv --model "DepMap 24Q2"
  python -m leap_core predict --model "DepMap 24Q2" --samples my_line.csv --out predictions.csv
  python -m leap_core models
"""
_CHECK = """examples:
  python -m leap_core check my_line.csv --model "DepMap 24Q2"
  python -m leap_core check rep1.genes.results rep2.genes.results --pool replicates --json
  python -m leap_core check table.tsv --unit FPKM
"""
_PRIORITISE = """examples:
  python -m leap_core prioritise --model "DepMap 24Q2" --samples my_line.csv --top 100 --out lists
  python -m leap_core prioritise --model "GDSC2" --samples my_line.csv --top 20 --out lists --preset Strongest --json
  python -m leap_core prioritise --model "GDSC2" --beside "DepMap 24Q2" --samples my_line.csv --top 20 --out lists
"""
_COMPARE = """examples:
  python -m leap_core compare --model "DepMap 24Q2" --samples parent.csv resistant.csv --base parent --out compared
"""
_SCORECARD = """examples:
  python -m leap_core scorecard --model "DepMap 24Q2" --samples my_line.csv --measured screen.gene_summary.txt --other-unit
"""
_EXPLAIN = """examples:
  python -m leap_core explain --model "DepMap 24Q2" --perturbation SOX10 BRAF --gene-sets h.all.gmt --out why
  python -m leap_core explain --model "DepMap 24Q2" --predictions predictions.csv --sample my_line --top 50 --gene-sets h.all.gmt --out why
"""
_EVALUATE = """examples:
  python -m leap_core evaluate --model "DepMap 24Q2" --recipe leap-best,leap-lasso --json out.json
  python -m leap_core evaluate --model "DepMap 24Q2" --task unseen-lineage
  python -m leap_core evaluate --model GDSC2 --task external --test-expression rma.csv --test-response prism.csv --test-lines Model.csv
"""
_DOWNLOAD = """examples:
  python -m leap_core download identifiers
  python -m leap_core download identifiers --from hgnc_complete_set.txt
  python -m leap_core download drugs --from gdsc_compounds.csv
  python -m leap_core download essentials --from CEGv2.txt
  python -m leap_core download depmap
  python -m leap_core download depmap --release 26Q1 --from ~/Downloads --preset selective
  python -m leap_core download gdsc --release 8.5 --from ~/Downloads --score ln_ic50
"""
_COMMANDS: dict[str, tuple[str, str, Callable[[argparse.ArgumentParser], None]]] = {
    "train": ("train a model on a screen", _TRAIN_AND_PREDICT, add_train),
    "check": ("read samples and print their input passport", _CHECK, add_check),
    "predict": ("score samples with a model", _TRAIN_AND_PREDICT, add_predict),
    "prioritise": ("make a hit list for a budget", _PRIORITISE, add_prioritise),
    "compare": ("compare samples with each other", _COMPARE, add_compare),
    "scorecard": ("judge predictions by a screen that was done", _SCORECARD, add_scorecard),
    "explain": ("say which genes and pathways the predictions rest on", _EXPLAIN, add_explain),
    "evaluate": ("judge recipes on lines, lineages and studies that they have not seen", _EVALUATE, add_evaluate),
    "download": (
        "fetch or take reference tables and official releases (the only command that uses the network)",
        _DOWNLOAD,
        add_download,
    ),
    "models": ("list the models", "example:\n  python -m leap_core models --json", add_models),
    "demo": ("train the built-in simulated demo", "", add_demo),
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return the exit code."""
    options = _parser().parse_args(arguments)
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
    print(f"leap_core: {message}", file=sys.stderr)
    if progress_file is not None:
        progress_file.end(state, message)
    return code


def _stop(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m leap_core",
        description="Predicted dependencies and drug responses of unscreened cell lines.",
        epilog=_TRAIN_AND_PREDICT,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=__version__)
    commands = parser.add_subparsers(required=True, metavar="command")
    for name, (what, examples, add_options) in _COMMANDS.items():
        command = commands.add_parser(
            name, help=what, description=what, epilog=examples, formatter_class=argparse.RawDescriptionHelpFormatter
        )
        add_options(command)
        command.add_argument("--home", type=Path, help="folder of the store (default: LEAP_HOME or data/models)")
    return parser
