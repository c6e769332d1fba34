"""The command line: the same functions as the pages. A user's mistake ends with code 2 and one sentence."""

from __future__ import annotations

import argparse
import json
import signal
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from types import FrameType

from leap_core import __version__
from leap_core.data.model_input import to_model_input
from leap_core.data.panel import PanelSources
from leap_core.data.reference import HGNC_ADDRESS
from leap_core.data.samples import ReadOptions, read_profiles
from leap_core.data.scores import SCORE_TYPES
from leap_core.data.tables import PANEL_LIMIT
from leap_core.data.units import PANEL_UNITS
from leap_core.demo_models import train_demo
from leap_core.ensemble.recipe import recipe_called
from leap_core.errors import LeapError, UserError
from leap_core.execution.jobs import CANCELLED, FAILED, FINISHED, ProgressFile
from leap_core.execution.mapping import ThreadMapper
from leap_core.execution.progress import Progress, Step
from leap_core.export.csv import predictions_frame, with_members
from leap_core.models import Model, load_model, model_keys, predict, reference_of
from leap_core.pipeline import Runtime, import_panel, resolve_device, train
from leap_core.storage.store import Store, check_name, default_home

USER_MISTAKE = 2
FAILURE = 1
INTERRUPTED = 130

_EXAMPLES = """examples:
  python -m leap_core train --expression OmicsExpression.csv --response CRISPRGeneEffect.csv \\
      --lines Model.csv --name "DepMap 24Q2"
  python -m leap_core predict --model "DepMap 24Q2" --samples my_line.csv --out predictions.csv
  python -m leap_core models
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return the exit code."""
    options = _parser().parse_args(arguments)
    options.home = options.home or default_home()
    signal.signal(signal.SIGTERM, _stop)
    progress_file = ProgressFile(options.progress_file) if getattr(options, "progress_file", None) else None
    try:
        options.run(options, progress_file)
    except UserError as error:
        return _ended(progress_file, FAILED, str(error), USER_MISTAKE)
    except LeapError as error:
        return _ended(progress_file, FAILED, str(error), FAILURE)
    except KeyboardInterrupt:
        return _ended(progress_file, CANCELLED, "Cancelled; what was finished is kept.", INTERRUPTED)
    except BrokenPipeError:
        return FAILURE
    if progress_file is not None:
        progress_file.end(FINISHED)
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
        prog="python -m leap_core", description="Predicted dependencies and drug responses of unscreened cell lines.",
        epilog=_EXAMPLES, formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip
    parser.add_argument("--version", action="version", version=__version__)
    commands = parser.add_subparsers(required=True, metavar="command")
    _add_train(
        commands.add_parser(
            "train", help="train a model on a screen", epilog=_EXAMPLES, formatter_class=argparse.RawDescriptionHelpFormatter
        )
    )
    _add_predict(
        commands.add_parser(
            "predict", help="score samples with a model", epilog=_EXAMPLES, formatter_class=argparse.RawDescriptionHelpFormatter
        )
    )
    _add_download(
        commands.add_parser(
            "download",
            help="fetch a reference table (the only command that uses the network)",
            epilog="examples:\n  python -m leap_core download identifiers\n  python -m leap_core download identifiers --from hgnc_complete_set.txt",
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
    )
    models = commands.add_parser(
        "models",
        help="list the models",
        epilog="example:\n  python -m leap_core models --json",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    models.add_argument("--json", action="store_true", help="machine-readable")
    models.set_defaults(run=_models)
    demo = commands.add_parser("demo", help="train the built-in simulated demo")
    demo.add_argument("--progress-file", type=Path, help=argparse.SUPPRESS)
    demo.set_defaults(run=_demo)
    for command in commands.choices.values():
        command.add_argument("--home", type=Path, help="folder of the store (default: LEAP_HOME or data/models)")
    return parser


def _add_train(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--panel", metavar="KEY", help=argparse.SUPPRESS)
    parser.add_argument("--expression", type=Path, metavar="FILE", help="lines x genes, log2(TPM+1) or RMA log2; CSV or parquet")
    parser.add_argument("--response", type=Path, metavar="FILE", help="lines x perturbations; empty = not screened")
    parser.add_argument("--lines", type=Path, metavar="FILE", help="DepMap's Model.csv: patient and lineage of each line")
    parser.add_argument("--name", required=True, help="what the model is called")
    parser.add_argument("--score", metavar="TYPE", help=f"score type, recognised where it is certain: {', '.join(SCORE_TYPES)}")
    parser.add_argument("--unit", metavar="UNIT", help=f"expression unit, recognised where it is certain: {', '.join(PANEL_UNITS)}")
    parser.add_argument("--release", metavar="TEXT", help="data release, shown on every page (default: the files' names)")
    parser.add_argument("--recipe", default="leap-lasso", help="what to train (default: %(default)s)")
    parser.add_argument("--layers", type=int, help="number of autoencoder layers (default: 5)")
    parser.add_argument(
        "--accuracy", choices=("outer", "none"), default="outer", help="measure the accuracy on unseen lines (default), or skip it"
    )
    parser.add_argument("--device", choices=("auto", "cpu", "cuda"), default="auto", help="for the autoencoders (default: %(default)s)")
    parser.add_argument(
        "--workers", type=int, default=ThreadMapper().workers, help="threads; changes the time, never a result (default: %(default)s)"
    )
    parser.add_argument("--progress-file", type=Path, help=argparse.SUPPRESS)
    parser.set_defaults(run=_train)


def _add_predict(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--model", required=True, help="name of a trained model")
    parser.add_argument(
        "--samples", type=Path, required=True, metavar="FILE", help="expression of one or more samples, genes in rows or columns"
    )
    parser.add_argument("--out", type=Path, required=True, metavar="FILE", help="CSV to write")
    parser.add_argument("--members", action="store_true", help="add one column per layer and fold")
    parser.add_argument("--value", metavar="COLUMN", help="column of a long table that holds the expression, where it has several")
    parser.add_argument(
        "--duplicates",
        choices=("highest", "mean", "sum"),
        default="highest",
        help="what becomes of a gene that occurs twice (default: %(default)s)",
    )
    parser.set_defaults(run=_predict)


def _add_download(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("what", choices=("identifiers",), help="HGNC's complete set: symbols, aliases, Ensembl and Entrez ids")
    parser.add_argument("--address", default=HGNC_ADDRESS, help="where to fetch it (default: %(default)s)")
    parser.add_argument("--from", dest="copy_of", type=Path, metavar="FILE", help="take a local copy instead")
    parser.set_defaults(run=_download)


def _download(options: argparse.Namespace, progress_file: ProgressFile | None) -> None:
    record = reference_of(Store(options.home)).fetch_gene_names(options.address, options.copy_of)
    print(f"{record['genes']} genes from {record['address']}, SHA-256 {record['sha256'][:16]}")


def _train(options: argparse.Namespace, progress_file: ProgressFile | None) -> None:
    store = Store(options.home)
    name = check_name(options.name)
    if options.workers < 1:
        raise UserError(f"--workers must be at least 1, got {options.workers}.")
    recipe = recipe_called(options.recipe, options.layers)
    panel_key = options.panel or _import_panel(options, store)
    runtime = Runtime(store, ThreadMapper(options.workers), resolve_device(options.device, recipe), _progress(progress_file))
    started = time.time()
    key = train(panel_key, recipe, options.accuracy, runtime, name)
    model = load_model(name, store)
    print(
        f"{name}: {len(model.panel.lines)} lines, {len(model.ensemble.standardiser.genes):,} genes, "
        f"{len(model.table):,} perturbations, {model.panel.score.title} ({model.panel.score.direction}); "
        f"model {key[:12]}, {time.time() - started:.0f} s{_costs(model)}"
    )


def _costs(model: Model) -> str:
    measured = f", measuring accuracy {model.accuracy_seconds:.0f} s" if model.accuracy_measured else ""
    return f" (work of the stages: fitting {model.fit_seconds:.0f} s{measured})"


def _import_panel(options: argparse.Namespace, store: Store) -> str:
    if options.expression is None or options.response is None:
        raise UserError("train needs both --expression FILE and --response FILE; see --help for examples.")
    sources = PanelSources(options.expression, options.response, options.lines, options.score, options.unit, options.release)
    return import_panel(sources, store)


def _predict(options: argparse.Namespace, progress_file: ProgressFile | None) -> None:
    model = load_model(options.model, Store(options.home))
    if not options.out.parent.is_dir() or options.out.is_dir():
        raise UserError(f"{options.out} cannot be written: {options.out.parent} is no folder, or {options.out.name} is one.")
    genes = model.ensemble.standardiser.genes
    names = reference_of(Store(options.home)).gene_names()
    how = ReadOptions(options.value, options.duplicates)
    profiles = read_profiles(options.samples, options.samples.name, set(genes), names, how, PANEL_LIMIT)
    checked = to_model_input(profiles, genes, model.panel.unit, model.panel.expression)
    for note in (*profiles.notes, *checked.notes, *(f"amber: {reason}" for reason in checked.reasons)):
        print(f"{options.samples.name}: {note}", file=sys.stderr)
    frame = predictions_frame(predict(model, checked.values), model.table, model.panel.score)
    if options.members:
        frame = with_members(frame, model.ensemble, checked.values)
    try:
        frame.to_csv(options.out, index=False, float_format="%.9g", lineterminator="\n")
    except OSError as error:
        raise UserError(f"{options.out} cannot be written: {error}.") from error
    print(f"{options.out}: {len(checked.values)} samples x {len(model.table):,} perturbations")


def _models(options: argparse.Namespace, progress_file: ProgressFile | None) -> None:
    store = Store(options.home)
    rows = []
    for name in store.names():
        model = load_model(name, store)
        rows.append(
            {
                "name": name, "key": model.key, "created": model.created, "release": model.panel.release,
                "score": model.panel.score.key, "direction": model.panel.score.direction, "unit": model.panel.unit,
                "recipe": model.recipe["name"], "layers": model.recipe["layers"], "folds": model.recipe["folds"],
                "lines": len(model.panel.lines), "genes": len(model.ensemble.standardiser.genes),
                "perturbations": len(model.table), "accuracy_measured": model.accuracy_measured,
                "simulated": model.panel.simulated, "bytes": store.size(model_keys(name, store)),
            }
        )  # fmt: skip
    if options.json:
        print(json.dumps(rows, indent=1))
    elif not rows:
        print(f"No models in {options.home} yet. Train one with: python -m leap_core train --help")
    for row in [] if options.json else rows:
        print(
            f"{row['name']}: {row['score']} ({row['direction']}), {row['lines']} lines, {row['perturbations']:,} perturbations, "
            f"{row['recipe']} x {row['layers']} layers, {row['release']}, {row['bytes'] / 2**20:.0f} MB, {row['created'][:10]}"
        )


def _demo(options: argparse.Namespace, progress_file: ProgressFile | None) -> None:
    train_demo(Runtime(Store(options.home), progress=_progress(progress_file)))


def _progress(progress_file: ProgressFile | None) -> Progress:
    """Progress to the job's file; else a bar on a terminal, or a plain line every tenth."""
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
        left = f", {_duration(step.seconds_left)} left in all" if step.seconds_left is not None else ""
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


def _duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"
