"""``leap judge``: judge frozen predictions by what has been screened since."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from leap_core.cli.freeze import EXAMPLES as EXAMPLES
from leap_core.cli.shared.saying import complain, say
from leap_core.errors import UserError
from leap_core.panel.further_studies import FurtherSource
from leap_core.ranking.prospective import FrozenPredictions, ProspectiveJudgement
from leap_core.report.frozen_file import read_frozen
from leap_core.run.jobs import ProgressFile
from leap_core.services.prospective import judge

HELP = "judge frozen predictions by what has been screened since"


def add_options(parser: argparse.ArgumentParser) -> None:
    """Options of ``judge``."""
    add = parser.add_argument
    add("frozen", type=Path, metavar="FROZEN", help="file that leap freeze wrote")
    release = "responses that were published since; the score type after a colon where it cannot be told"
    add("--release", required=True, metavar="FILE[:TYPE]", help=release)
    add("--lines", type=Path, metavar="FILE", help="table of lines that knows them by several names")
    add("--drugs", type=Path, metavar="FILE", help="table of drugs whose synonyms join drugs under several names")
    add("--json", type=Path, metavar="FILE", help="write everything there")


def run(options: argparse.Namespace, progress_file: ProgressFile | None) -> None:
    """Print how the predictions did."""
    frozen, sha256, confirmed = read_frozen(options.frozen)
    found, notes = judge(frozen, FurtherSource.of_text(options.release), options.lines, options.drugs)
    for note in notes:
        complain(note)
    if options.json is not None:
        content = json.dumps(_as_plain(frozen, sha256, found), indent=1)
        try:
            options.json.write_text(content, encoding="utf-8")
        except OSError as error:
            raise UserError(f"{options.json} cannot be written: {error}.") from error
    say(_in_words(frozen, sha256, confirmed, found))


def _in_words(frozen: FrozenPredictions, sha256: str, confirmed: bool, found: ProspectiveJudgement) -> str:
    beside = "as its .sha256 says" if confirmed else "no .sha256 lies beside it: compare with what was published"
    unit = "" if found.same_unit else "; another unit than the model's: orders alone are compared"
    lines = [
        f"Frozen {frozen.made.frozen} by {frozen.made.model} (model {frozen.made.key[:12]}, {frozen.made.release});"
        f" SHA-256 {sha256}, {beside}",
        f"{found.lines:,} of {len(frozen.lines):,} lines were screened since, for {found.perturbations:,} of"
        f" {len(frozen.perturbations):,} {frozen.score.noun}: {found.values:,} values{unit}",
    ]
    for what, row in found.found.iterrows():
        interval = f" ({row['low']:.3f} to {row['high']:.3f})" if found.lines > 2 else ""
        said = f"; expected {row['expected']:.3f}" if np.isfinite(row["expected"]) else ""
        lines.append(f"  {what}: {row['found']:.3f}{interval}{said}")
    if found.lines < 3:
        lines.append("  Fewer than three lines: no interval.")
    return "\n".join(lines)


def _as_plain(frozen: FrozenPredictions, sha256: str, found: ProspectiveJudgement) -> dict[str, Any]:
    def plain(table: pd.DataFrame) -> dict[str, Any]:
        kept = table.astype(object).where(table.notna(), None)
        return {str(name): row.to_dict() for name, row in kept.iterrows()}

    return {
        "frozen": frozen.made.frozen,
        "model": frozen.made.model,
        "key": frozen.made.key,
        "sha256": sha256,
        "lines": found.lines,
        "perturbations": found.perturbations,
        "values": found.values,
        "same_unit": found.same_unit,
        "found": plain(found.found),
        "by_perturbation": plain(found.by_perturbation),
    }
