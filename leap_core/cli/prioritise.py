"""The command that makes a hit list for a budget: ``prioritise``."""

from __future__ import annotations

import argparse
import json
from datetime import date
from pathlib import Path
from typing import Any

from leap_core.cli.samples import add_reading, read_samples
from leap_core.data.tables import UPLOAD_LIMIT
from leap_core.errors import UserError
from leap_core.execution.jobs import ProgressFile
from leap_core.export.csv import Provenance, file_name, hit_list_csv
from leap_core.export.passport import passports_json
from leap_core.models import Model, load_model
from leap_core.passport import RED
from leap_core.prioritisation.budget import budget
from leap_core.prioritisation.priority import DEFAULT, PRESETS
from leap_core.prioritisation.ranking import View, show
from leap_core.scoring import ScoredSample, score_sample
from leap_core.storage.store import Store


def add_prioritise(parser: argparse.ArgumentParser) -> None:
    """Options of ``prioritise``."""
    parser.add_argument("--model", required=True, help="name of a trained model")
    parser.add_argument("--samples", type=Path, required=True, nargs="+", metavar="FILE", help="expression of one or more samples")
    parser.add_argument("--top", type=int, required=True, metavar="N", help="how many rows can be tested")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder for the lists; made if it is not there")
    parser.add_argument("--preset", choices=tuple(PRESETS), default=DEFAULT, help="weights of the priority (default: %(default)s)")
    parser.add_argument("--all", action="store_true", help="also common essentials, and rows below the accuracy cut")
    parser.add_argument("--json", action="store_true", help="print the summary as JSON")
    add_reading(parser)
    parser.set_defaults(run=_prioritise)


def _prioritise(options: argparse.Namespace, progress_file: ProgressFile | None) -> None:
    if options.top < 1:
        raise UserError(f"--top must be at least 1, got {options.top}.")
    model = load_model(options.model, Store(options.home))
    profiles = read_samples(options, [model], UPLOAD_LIMIT)
    scored = [score_sample(model, profiles, sample) for sample in profiles.samples]
    try:
        options.out.mkdir(parents=True, exist_ok=True)
        summaries = [_write(one, model, profiles.file_name, options) for one in scored]
        (options.out / "passports.json").write_text(passports_json(profiles, [one.passport for one in scored], {}), encoding="utf-8")
        summary = {"model": model.name, "model_key": model.key, "release": model.panel.release, "samples": summaries}
        (options.out / "summary.json").write_text(json.dumps(summary, indent=1, allow_nan=False), encoding="utf-8")
    except OSError as error:
        raise UserError(f"{options.out} cannot be written: {error}.") from error
    if options.json:
        print(json.dumps(summary, indent=1, allow_nan=False))
    for entry in [] if options.json else summaries:
        stamp = "RED INPUT: " if entry["input_check"] == RED else ""
        interval = f" (80 % of held-out lines: {entry['low']:.1f} to {entry['high']:.1f})" if entry["low"] is not None else ""
        print(
            f"{stamp}{entry['file']}: {entry['rows']} rows, {entry['expected']:.1f} true selective dependencies expected{interval}; {entry['view']}"
        )


def _write(scored: ScoredSample, model: Model, upload: str, options: argparse.Namespace) -> dict[str, Any]:
    """Write one sample's list and return its summary."""
    score = model.panel.score
    cut = score.accuracy_cut if model.accuracy_measured and not options.all else None
    shown = show(scored.table, score, View(options.preset, cut, hide_common_essential=score.kind == "gene" and not options.all))
    rows = shown.table.head(options.top)
    promise = budget(shown.table, options.top, model.evidence.yields)
    noun = "genes" if score.kind == "gene" else "drugs"
    words = f"first {len(rows)} of: {shown.sentence(noun)}; order: {options.preset}"
    red, today = scored.passport.light == RED, date.today()
    provenance = Provenance(
        sample=scored.sample, upload=upload, model=model.name, model_key=model.key, release=model.panel.release, score=f"{score.title} ({score.direction})",
        input_check=scored.passport.summary(), view=words, simulated=model.panel.simulated, day=today, red=red,
    )  # fmt: skip
    name = file_name(scored.sample, f"{noun}-top-{options.top}", model.panel.release, today, red)
    (options.out / name).write_bytes(hit_list_csv(rows, provenance))
    measured = promise.low == promise.low
    return {
        "sample": scored.sample, "file": name, "input_check": scored.passport.light, "rows": len(rows), "view": words, "preset": options.preset,
        "weights": PRESETS[options.preset].as_dict(), "expected": round(promise.expected, 4), "low": round(promise.low, 4) if measured else None,
        "high": round(promise.high, 4) if measured else None, "hits": rows.index.tolist(), "hidden": shown.hidden,
    }  # fmt: skip
