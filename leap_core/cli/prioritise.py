"""``leap prioritise``: make a hit list for a budget."""

from __future__ import annotations

import argparse
import json
import math
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from leap_core.cli.shared.reading import add_reading, read_samples, reading_of
from leap_core.cli.shared.saying import complain, say
from leap_core.errors import SampleError, UserError
from leap_core.io.tables import UPLOAD_LIMIT
from leap_core.passport.passport import RED
from leap_core.passport.text import passports_json
from leap_core.ranking.annotations import Annotations
from leap_core.ranking.budget import budget
from leap_core.ranking.controls import matched_controls
from leap_core.ranking.hit_table import View, in_words, show, with_priority
from leap_core.ranking.priority import DEFAULT, PRESETS
from leap_core.report.csv import unique_names
from leap_core.report.list_export import FORMATS, ListExport
from leap_core.report.manifest import Manifest, UsedModel, file_digests, read_manifest, table_digest
from leap_core.report.sample_report import Chosen, sample_report
from leap_core.report.saved_pilot import pilot_from
from leap_core.run.jobs import ProgressFile
from leap_core.run.store import Store
from leap_core.sample.profiles import Profiles
from leap_core.sample.uploads import named_files
from leap_core.services.models import Model, annotations_of, gene_names_of, load_model
from leap_core.services.pilot import with_pilot
from leap_core.services.scoring import ScoredSample, calibration_of, score_sample, with_concordance
from leap_core.services.unscreened import ROWS_IN_WORDS, has_unscreened, unscreened_table

HELP = "make a hit list for a budget"
EXAMPLES = """examples:
  leap prioritise --model "DepMap 24Q2" --samples my_line.csv --top 100 --out lists
  leap prioritise --model "GDSC2" --samples my_line.csv --top 20 --out lists --preset Strongest --json
  leap prioritise --model "GDSC2" --beside "DepMap 24Q2" --samples my_line.csv --top 20 --out lists
"""

_CONTROLS = 5


def add_options(parser: argparse.ArgumentParser) -> None:
    """Options of ``prioritise``."""
    parser.add_argument("--model", help="name of a trained model")
    parser.add_argument(
        "--beside", metavar="MODEL", help="a model of the other kind: drugs and their targets are compared"
    )
    parser.add_argument(
        "--samples", type=Path, required=True, nargs="+", metavar="FILE", help="expression of one or more samples"
    )
    parser.add_argument("--top", type=int, metavar="N", help="how many rows can be tested")
    parser.add_argument(
        "--out", type=Path, required=True, metavar="DIR", help="folder for the lists; made if it is not there"
    )
    parser.add_argument(
        "--preset", choices=tuple(PRESETS), default=DEFAULT, help="weights of the priority (default: %(default)s)"
    )
    parser.add_argument("--all", action="store_true", help="also common essentials, and rows below the accuracy cut")
    parser.add_argument(
        "--manifest",
        type=Path,
        metavar="FILE",
        help="a saved view: its model, sample, filters, order and budget, instead of the options above",
    )
    parser.add_argument(
        "--unscreened",
        action="store_true",
        help="also what a pan-perturbation model says of perturbations that were never screened",
    )
    parser.add_argument(
        "--excel", action="store_true", help="also a workbook: hits, controls, all predictions, members, input check"
    )
    parser.add_argument(
        "--also",
        nargs="+",
        default=[],
        choices=[name for name in FORMATS if name != "csv"],
        metavar="FORMAT",
        help=f"also the list in other formats: {', '.join(name for name in FORMATS if name != 'csv')}",
    )
    parser.add_argument("--report", action="store_true", help="also a report as one HTML file")
    parser.add_argument("--json", action="store_true", help="print the summary as JSON")
    add_reading(parser)


@dataclass(frozen=True)
class _Task:
    """What is asked for, from the options or from a saved view."""

    model: Model
    other: Model | None
    annotations: Annotations
    profiles: Profiles
    files: tuple[tuple[str, str], ...]
    view: View
    number: int
    saved: Manifest | None


def run(options: argparse.Namespace, progress_file: ProgressFile | None) -> None:
    """Write a list for each sample."""
    task = _task(options)
    if options.unscreened and not has_unscreened(task.model):
        raise UserError(
            f"{task.model.name} knows no perturbation but those that it was trained on; --unscreened needs a"
            " pan-perturbation recipe (pp-...) whose fingerprints name further ones."
        )
    for name in options.also:
        if FORMATS[name].genes_only and task.model.panel.score.kind != "gene":
            raise UserError(f"--also {name} lists genes, and {task.model.name} is a model of drugs.")
    scored, refused = _score_all(task)
    exports = [_export(one, task, options) for one in scored]
    names = unique_names([export.file_name("csv") for export in exports])
    try:
        options.out.mkdir(parents=True, exist_ok=True)
        summaries = [_write(one, name, task, options) for one, name in zip(exports, names, strict=True)]
        (options.out / "passports.json").write_text(
            passports_json(task.profiles, [one.passport for one in scored], refused), encoding="utf-8"
        )
        summary = {
            "model": task.model.name,
            "model_key": task.model.key,
            "release": task.model.panel.release,
            "samples": summaries,
            "not_scored": refused,
        }
        (options.out / "summary.json").write_text(json.dumps(summary, indent=1, allow_nan=False), encoding="utf-8")
    except OSError as error:
        raise UserError(f"{options.out} cannot be written: {error}.") from error
    if options.json:
        say(json.dumps(summary, indent=1, allow_nan=False))
    for entry in [] if options.json else summaries:
        say(_in_words(entry))
    for sample, reason in refused.items():
        complain(f"{sample}: cannot be scored. {reason}")


def _score_all(task: _Task) -> tuple[list[ScoredSample], dict[str, str]]:
    """Every sample that can be scored, and why the others cannot.

    Raises
    ------
    SampleError
        If none can.
    """
    scored, refused = [], {}
    for sample in [task.saved.sample] if task.saved is not None else task.profiles.samples:
        try:
            scored.append(_score(task, sample))
        except SampleError as error:
            refused[sample] = str(error)
    if not scored:
        raise SampleError(next(iter(refused.values())))
    return scored, refused


def _task(options: argparse.Namespace) -> _Task:
    store = Store(options.home)
    saved = _saved_view(options)
    if saved is not None:
        used = dict(saved.models)
        model = load_model(used.pop(saved.kind).name, store)
        if model.panel.score.kind != saved.kind:
            raise UserError(
                f"The view is of {saved.kind}s, and {model.name} is a model of {model.panel.score.kind}s now."
            )
        other = load_model(next(iter(used.values())).name, store) if used else None
        view, number = saved.view, saved.number
    else:
        if options.model is None or options.top is None:
            raise UserError("prioritise needs --model and --top, or --manifest FILE.")
        if options.top < 1:
            raise UserError(f"--top must be at least 1, got {options.top}.")
        model, number = load_model(options.model, store), options.top
        other = load_model(options.beside, store) if options.beside is not None else None
        score = model.panel.score
        cut = score.accuracy_cut if model.accuracy_measured and not options.all else None
        view = View(options.preset, cut, hide_common_essential=score.kind == "gene" and not options.all)
    if other is not None and other.panel.score.kind == model.panel.score.kind:
        raise UserError(
            f"{model.name} and {other.name} are both of {model.panel.score.kind}s; --beside takes a model of the other"
            " kind."
        )
    models = [part for part in (model, other) if part is not None]
    profiles = read_samples(options, models, UPLOAD_LIMIT)
    files = file_digests(named_files(options.samples))
    if saved is not None and (lacking := saved.lacks([digest for _, digest in files])):
        raise UserError(
            f"The view was made from {', '.join(lacking)}, whose content is not that of any file given with --samples."
        )
    if saved is not None and saved.sample not in profiles.samples:
        raise UserError(
            f"The view is of {saved.sample}, which is not among the samples ({', '.join(profiles.samples[:10])})."
        )
    return _Task(
        model, other, annotations_of(store, gene_names_of(store, models)), profiles, files, view, number, saved
    )


def _saved_view(options: argparse.Namespace) -> Manifest | None:
    """The view of --manifest; its way of reading goes before the options."""
    if options.manifest is None:
        return None
    if not options.manifest.is_file():
        raise UserError(f"There is no file at {options.manifest}.")
    saved = read_manifest(options.manifest.read_bytes(), options.manifest.name)
    how = saved.options
    options.value, options.duplicates, options.unit, options.turned, options.pool = (
        how.value,
        how.duplicates,
        how.unit,
        how.turned,
        saved.pool,
    )
    options.dates = [f"{excel}={gene}" for excel, gene in how.dates]
    return saved


def _score(task: _Task, sample: str) -> ScoredSample:
    scored = _after_pilot(task, task.model, sample)
    if task.other is None:
        return scored
    try:
        beside = _after_pilot(task, task.other, sample)
    except SampleError:
        # As on the pages: what the other model cannot score goes without it.
        return scored
    if task.model.panel.score.kind == "gene":
        return with_concordance(task.model, scored, task.other, beside, task.annotations)[0]
    return with_concordance(task.other, beside, task.model, scored, task.annotations)[1]


def _after_pilot(task: _Task, model: Model, sample: str) -> ScoredSample:
    """The sample by a model, with the pilot that a saved view holds."""
    scored = score_sample(model, task.profiles, sample, task.annotations)
    pilot = None if task.saved is None else task.saved.pilots.get(model.panel.score.kind)
    return scored if pilot is None else with_pilot(model, scored, pilot_from(pilot))


def _export(scored: ScoredSample, task: _Task, options: argparse.Namespace) -> ListExport:
    """The list of one sample."""
    score = task.model.panel.score
    table = with_priority(scored.table, score, task.view)
    shown = show(table, score, task.view)
    rows = shown.table.head(task.number)
    return ListExport(
        task.model,
        replace(scored, table=table),
        rows,
        f"first {len(rows)} of: {shown.sentence(score.noun)}; order: {in_words(task.view)}",
        task.profiles.file_name,
        f"top-{task.number}",
        matched_controls(table, rows.index, _CONTROLS, score.higher_is_stronger)
        if score.kind == "gene"
        else rows.head(0),
    )


def _write(export: ListExport, name: str, task: _Task, options: argparse.Namespace) -> dict[str, Any]:
    """Write one sample's files and return their summary."""
    scored = export.scored
    manifest = _manifest(task, scored, options)
    contents = {"csv": export.content("csv"), "view.json": manifest.to_json()}
    for kind in [*options.also, *(["xlsx"] if options.excel else [])]:
        contents[FORMATS[kind].ending] = export.content(kind)
    if options.unscreened:
        never = replace(
            export, rows=unscreened_table(task.model, scored), words=ROWS_IN_WORDS.format(task.model.panel.score.noun)
        )
        contents["never-screened.csv"] = never.content("csv")
    if options.report:
        score = task.model.panel.score
        picked, notes = tuple(manifest.shortlist.names[score.kind]), manifest.shortlist.notes.get(score.kind, {})
        chosen = Chosen(task.view, task.number, picked, notes, export.controls)
        contents["html"] = sample_report(task.model, scored, chosen, export.provenance, manifest.to_json())
    for ending, content in contents.items():
        (options.out / f"{name.removesuffix('.csv')}.{ending}").write_bytes(content)
    return {"sample": scored.sample, "file": name, **_summary(export, task)}


def _summary(export: ListExport, task: _Task) -> dict[str, Any]:
    """What a list promises, and whether it is the one that was saved."""
    shown = show(export.scored.table, task.model.panel.score, task.view)
    promise = budget(shown.table, task.number, calibration_of(task.model, export.scored).yields)
    measured = not math.isnan(promise.low)
    keys = {kind: used.key for kind, used in _used(task).items()}
    differences = task.saved.differences(keys, task.annotations.key, shown.table) if task.saved is not None else []
    return {
        "input_check": export.scored.passport.light,
        "rows": len(export.rows),
        "view": export.words,
        "preset": task.view.order,
        "weights": (task.view.weights or PRESETS.get(task.view.order, PRESETS[DEFAULT])).as_dict(),
        "expected": round(promise.expected, 4),
        "low": round(promise.low, 4) if measured else None,
        "high": round(promise.high, 4) if measured else None,
        "hits": export.rows.index.tolist(),
        "hidden": shown.hidden,
        "same_as_saved": None if task.saved is None else not differences,
        "differences": differences,
    }


def _manifest(task: _Task, scored: ScoredSample, options: argparse.Namespace) -> Manifest:
    """The view that was asked for, as the pages save it."""
    table = show(scored.table, task.model.panel.score, task.view).table
    if task.saved is not None:
        return replace(
            task.saved, models=_used(task), tables=task.annotations.key, rows=len(table), digest=table_digest(table)
        )
    return Manifest(
        sample=scored.sample,
        kind=task.model.panel.score.kind,
        models=_used(task),
        files=task.files,
        options=reading_of(options),
        pool=options.pool,
        tables=task.annotations.key,
        view=task.view,
        number=task.number,
        rows=len(table),
        digest=table_digest(table),
    )


def _used(task: _Task) -> dict[str, UsedModel]:
    """The models by kind, as a saved view names them."""
    return {
        part.panel.score.kind: UsedModel(part.name, part.key, part.panel.release)
        for part in (task.model, task.other)
        if part is not None
    }


def _in_words(entry: dict[str, Any]) -> str:
    stamp = "RED INPUT: " if entry["input_check"] == RED else ""
    interval = (
        f" (80 % of held-out lines: {entry['low']:.1f} to {entry['high']:.1f})" if entry["low"] is not None else ""
    )
    same = {
        None: "",
        True: "; the same table as when the view was saved",
        False: f"; not as it was saved: {'; '.join(entry['differences'])}",
    }
    return (
        f"{stamp}{entry['file']}: {entry['rows']} rows, {entry['expected']:.1f} true, selective hits"
        f" expected{interval}; {entry['view']}{same[entry['same_as_saved']]}"
    )
