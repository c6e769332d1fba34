"""``leap explain``: say which genes and pathways the predictions rest on."""

from __future__ import annotations

import argparse
import json
import math
from pathlib import Path
from typing import Any

import pandas as pd

from leap_core.cli.shared.progress import progress_of
from leap_core.cli.shared.saying import say
from leap_core.errors import UnreadableTableError, UserError
from leap_core.explain.explanation import ABOUT_THE_MODEL, Explanation, pathway_tables, stability_tables
from leap_core.explain.kept import explain_once
from leap_core.io.tables import TableOptions, read_columns
from leap_core.report.cells import neutralised
from leap_core.report.csv import table_body
from leap_core.run.jobs import ProgressFile
from leap_core.run.mapping import ThreadMapper
from leap_core.run.store import Store
from leap_core.services.models import Model, gene_sets_of, load_model

HELP = "say which genes and pathways the predictions rest on"
EXAMPLES = """examples:
  leap explain --model "DepMap 24Q2" --perturbation SOX10 BRAF --gene-sets "Reactome (2025)" --out why
  leap explain --model "DepMap 24Q2" --perturbation SOX10 --gene-sets h.all.gmt --out why
  leap explain --model "DepMap 24Q2" --predictions predictions.csv --sample my_line --top 50 --out why
"""


def add_options(parser: argparse.ArgumentParser) -> None:
    """Options of ``explain``."""
    parser.add_argument("--model", required=True, help="name of a trained model")
    parser.add_argument("--perturbation", nargs="+", metavar="NAME", help="genes or drugs of the model")
    parser.add_argument(
        "--predictions", type=Path, metavar="FILE", help="what predict wrote: its first rows instead of --perturbation"
    )
    parser.add_argument("--sample", help="sample of --predictions (default: the only one)")
    parser.add_argument(
        "--top", type=int, default=20, metavar="N", help="how many rows of --predictions (default: %(default)s)"
    )
    parser.add_argument(
        "--gene-sets",
        metavar="FILE|NAME",
        help='gene sets for pathways: a GMT or GMX file, or the name of kept ones, such as "Reactome (2025)"',
    )
    parser.add_argument(
        "--out", type=Path, required=True, metavar="DIR", help="folder for the tables; made if it is not there"
    )
    parser.add_argument(
        "--workers",
        type=int,
        default=ThreadMapper().workers,
        help="threads; changes the time, never a result (default: %(default)s)",
    )
    parser.add_argument("--json", action="store_true", help="print the summary as JSON")


def run(options: argparse.Namespace, progress_file: ProgressFile | None) -> None:
    """Explain and write the tables."""
    store = Store(options.home)
    model = load_model(options.model, store)
    names = _perturbations(options, model)
    gene_sets = gene_sets_of(model, options.gene_sets, store) if options.gene_sets is not None else None
    progress = progress_of(progress_file)
    progress.plan({"explaining": float(len(names))})
    found: list[Explanation] = []
    for name in names:
        found.append(explain_once(model, name, gene_sets, store, ThreadMapper(options.workers)))
        progress.advance("explaining", 1.0)
    tables = {
        "stability.csv": stability_tables(found),
        "pathways.csv": pathway_tables(found),
        "pathway_weights.csv": pd.concat([one.pathway_weights() for one in found], ignore_index=True),
    }
    if gene_sets is not None and tables["pathways.csv"].empty:
        raise UserError(f"{gene_sets.source}: none of its sets could be tested; expected sets of 10 to 500 genes.")
    summary = [_summary(one) for one in found]
    try:
        options.out.mkdir(parents=True, exist_ok=True)
        for file, table in tables.items():
            (options.out / file).write_text(table_body(table.set_index("perturbation")), encoding="utf-8", newline="")
        (options.out / "explanation.json").write_text(
            json.dumps(
                {"model": model.name, "model_key": model.key, "note": ABOUT_THE_MODEL, "perturbations": summary},
                indent=1,
            ),
            encoding="utf-8",
        )
    except OSError as error:
        raise UserError(f"{options.out} cannot be written: {error}.") from error
    if options.json:
        say(json.dumps(summary, indent=1))
    for entry in [] if options.json else summary:
        mark = "" if entry["faithful"] else " UNFAITHFUL STUDENT: its genes do not speak for the model;"
        say(
            f"{entry['perturbation']}:{mark} R2 with the model on held-out lines {entry['fidelity_r2']}; stable:"
            f" {', '.join(entry['stable'][:10]) or 'nothing'}"
        )
    if not options.json:
        say(ABOUT_THE_MODEL)


def _predictions(path: Path) -> pd.DataFrame:
    """What ``predict`` wrote, also where a spreadsheet has saved it since."""
    expected = f"{path.name} has no columns sample and perturbation; expected what predict wrote."
    try:
        table = read_columns(path, path.name, options=TableOptions(as_text=True)).frame
    except UnreadableTableError as error:
        raise UserError(f"{expected} {error}") from error
    if not {"sample", "perturbation"} <= set(table.columns):
        raise UserError(expected)
    return table


def _perturbations(options: argparse.Namespace, model: Model) -> list[str]:
    if (options.perturbation is None) == (options.predictions is None):
        raise UserError("explain needs --perturbation NAME ..., or --predictions FILE.")
    if options.perturbation is not None:
        unknown = [name for name in options.perturbation if name not in model.ensemble.perturbations]
        if unknown:
            raise UserError(f"{model.name} has no perturbation called {', '.join(unknown)}.")
        return list(dict.fromkeys(options.perturbation))
    if not options.predictions.is_file():
        raise UserError(f"There is no file at {options.predictions}.")
    if options.top < 1:
        raise UserError(f"--top must be at least 1, got {options.top}.")
    table = _predictions(options.predictions)
    samples = list(dict.fromkeys(table["sample"].astype(str)))
    # Names stand in the file as the cells of a spreadsheet may hold them.
    sample = neutralised(options.sample) if options.sample else samples[0]
    written = {neutralised(name): name for name in model.ensemble.perturbations}
    if sample not in samples or (options.sample is None and len(samples) > 1):
        raise UserError(
            f"{options.predictions.name} holds the samples {', '.join(samples[:10])}; say which with --sample."
        )
    rows = table[table["sample"].astype(str) == sample]["perturbation"].astype(str)
    known = [written[name] for name in rows if name in written]
    names = [name for name in known if model.table.loc[name, "status"] == "ok"][: options.top]
    if not names:
        raise UserError(f"{options.predictions.name} holds no row that {model.name} has learnt.")
    return names


def _summary(one: Explanation) -> dict[str, Any]:
    found = one.stability
    stable = one.table().query("selected")["feature"].tolist()

    def number(value: float) -> float | None:
        return round(value, 4) if math.isfinite(value) else None

    return {
        "perturbation": one.perturbation,
        "faithful": one.student.faithful,
        "fidelity_r2": number(one.student.r2),
        "fidelity_spearman": number(one.student.spearman),
        "stable": stable,
        "penalty": number(found.penalty),
        "threshold": number(found.threshold),
        "nominal_bound": number(found.bound()),
        "pathway_fidelity_r2": {score: number(student.r2) for score, student in one.pathway_student.items()},
    }
