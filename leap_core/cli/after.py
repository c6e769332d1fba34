"""The commands on more than one list: ``compare`` two samples, ``scorecard`` predictions with what was measured."""

from __future__ import annotations

import argparse
import json
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np

from leap_core.cli.samples import add_reading, read_samples
from leap_core.errors import UserError
from leap_core.io.tables import UPLOAD_LIMIT
from leap_core.ranking.hit_table import View, show
from leap_core.report.cells import safe_table
from leap_core.report.csv import file_name, unique_names
from leap_core.run.jobs import ProgressFile
from leap_core.run.store import Store
from leap_core.sample.profiles import Profiles
from leap_core.services.models import Model, load_model
from leap_core.services.scoring import compare_samples, score_card, score_sample


def add_compare(parser: argparse.ArgumentParser) -> None:
    """Options of ``compare``."""
    _add_common(parser)
    parser.add_argument(
        "--base", metavar="SAMPLE", help="what the others are compared with (default: the first sample)"
    )
    parser.add_argument(
        "--out", type=Path, required=True, metavar="DIR", help="folder for the tables; made if it is not there"
    )
    parser.set_defaults(run=_compare)


def add_scorecard(parser: argparse.ArgumentParser) -> None:
    """Options of ``scorecard``."""
    _add_common(parser)
    parser.add_argument(
        "--measured", type=Path, required=True, metavar="FILE", help="scores, MAGeCK's gene summary or a Chronos matrix"
    )
    parser.add_argument("--sample", help="which sample was measured (default: the only one)")
    parser.add_argument("--column", help="column of the measured score, where there are several")
    parser.add_argument("--other-unit", action="store_true", help="the measured values are not in the panel's unit")
    parser.set_defaults(run=_scorecard)


def _add_common(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--model", required=True, help="name of a trained model")
    parser.add_argument(
        "--samples", type=Path, required=True, nargs="+", metavar="FILE", help="expression of one or more samples"
    )
    parser.add_argument("--json", action="store_true", help="print the summary as JSON")
    add_reading(parser)


def _open(options: argparse.Namespace) -> tuple[Model, Profiles]:
    model = load_model(options.model, Store(options.home))
    return model, read_samples(options, [model], UPLOAD_LIMIT)


def _known(sample: str | None, profiles: Profiles) -> str:
    if sample is not None and sample not in profiles.samples:
        raise UserError(f"There is no sample called {sample!r}; there are {', '.join(profiles.samples[:10])}.")
    return sample or profiles.samples[0]


def _compare(options: argparse.Namespace, progress_file: ProgressFile | None) -> None:
    model, profiles = _open(options)
    base = _known(options.base, profiles)
    if len(profiles.samples) < 2:
        raise UserError("compare needs at least two samples; give a table with several, or several files.")
    reference = score_sample(model, profiles, base)
    summary: list[dict[str, Any]] = []
    try:
        options.out.mkdir(parents=True, exist_ok=True)
        others = [sample for sample in profiles.samples if sample != base]
        names = unique_names(
            [file_name(f"{sample}-against-{base}", "compared", model.panel.release, date.today()) for sample in others]
        )
        for sample, name in zip(others, names, strict=True):
            table = compare_samples(model, reference, score_sample(model, profiles, sample))
            safe_table(table).to_csv(options.out / name, float_format="%.6g", lineterminator="\n")
            calls = table["call"].value_counts()
            summary.append(
                {
                    "sample": sample,
                    "base": base,
                    "file": name,
                    "gained": int(calls.get("gained", 0)),
                    "lost": int(calls.get("lost", 0)),
                    "first": table.index[:10].tolist(),
                }
            )
    except OSError as error:
        raise UserError(f"{options.out} cannot be written: {error}.") from error
    if options.json:
        print(json.dumps(summary, indent=1))
    for entry in [] if options.json else summary:
        print(
            f"{entry['file']}: {entry['gained']} gained, {entry['lost']} lost against {base}; largest changes:"
            f" {', '.join(entry['first'])}"
        )


def _scorecard(options: argparse.Namespace, progress_file: ProgressFile | None) -> None:
    model, profiles = _open(options)
    if options.sample is None and len(profiles.samples) > 1:
        raise UserError(
            f"There are several samples ({', '.join(profiles.samples[:10])}); say with --sample which was measured."
        )
    scored = score_sample(model, profiles, _known(options.sample, profiles))
    table = show(scored.table, model.panel.score, View(hide_common_essential=False)).table
    card, what = score_card(
        model, table, options.measured, options.measured.name, not options.other_unit, options.column
    )
    if options.json:
        lengths = card.by_length.astype(object).where(card.by_length.notna(), None)
        correlations = {
            name: value if np.isfinite(value) else None
            for name, value in (
                ("correlation", card.correlation),
                ("selective_correlation", card.selective_correlation),
            )
        }
        print(
            json.dumps(
                {"read": what, "rule": card.rule, **correlations, "by_length": lengths.to_dict("index")}, indent=1
            )
        )
        return
    print(
        f"{what}. A hit: {card.rule}. Rank correlation {card.correlation:.2f}, of what is selective"
        f" {card.selective_correlation:.2f}"
    )
    print(card.by_length.to_string(float_format=lambda value: f"{value:.2f}"))
