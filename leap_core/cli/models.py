"""``leap models``: list the models, check what is kept, and remove what none of them needs."""

from __future__ import annotations

import argparse
import json
import time
from typing import Any

from leap_core.cli.shared.saying import complain, say
from leap_core.errors import LeapError, StoreError, UserError
from leap_core.run.jobs import ProgressFile
from leap_core.run.store import Store
from leap_core.services.housekeeping import Unneeded, check, clean, unneeded
from leap_core.services.models import load_model, model_keys, reference_of

HELP = "list the models, check what is kept, remove what none needs"
EXAMPLES = """examples:
  leap models --json
  leap models --verify
  leap models --clean          what would be removed; with --yes it is
"""


def add_options(parser: argparse.ArgumentParser) -> None:
    """Options of ``models``."""
    parser.add_argument("--json", action="store_true", help="machine-readable")
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--verify", action="store_true", help="read everything that is kept, and say what is damaged")
    what.add_argument(
        "--clean", action="store_true", help="say what no model needs (stages of trainings that were cut, drafts)"
    )
    parser.add_argument("--yes", action="store_true", help="with --clean: remove it")


def run(options: argparse.Namespace, progress_file: ProgressFile | None) -> None:
    """Print a line for each model, or what was found in the store."""
    store = Store(options.home)
    if options.yes and not options.clean:
        raise UserError("--yes goes with --clean.")
    if options.clean:
        _clean(options, store)
    elif options.verify:
        _verify(options, store)
    else:
        _list(options, store)


def _list(options: argparse.Namespace, store: Store) -> None:
    rows = [_row(name, store) for name in store.names()]
    if options.json:
        say(json.dumps(rows, indent=1))
    elif not rows:
        say(f"No models in {options.home} yet. Train one with: leap train --help")
    for row in [] if options.json else rows:
        if "problem" in row:
            say(f"{row['name']}: {row['problem']}")
            continue
        say(
            f"{row['name']}: {row['score']} ({row['direction']}), {row['lines']} lines, {row['perturbations']:,}"
            f" perturbations, {row['recipe']} x {row['layers']} layers, {row['release']}, {row['bytes'] / 2**20:.0f}"
            f" MB, {row['created'][:10]}"
        )


def _row(name: str, store: Store) -> dict[str, Any]:
    try:
        model = load_model(name, store)
    except LeapError as error:
        return {"name": name, "problem": str(error)}
    return {
        "name": name,
        "key": model.key,
        "created": model.created,
        "release": model.panel.release,
        "score": model.panel.score.key,
        "direction": model.panel.score.direction,
        "unit": model.panel.unit,
        "recipe": model.recipe["name"],
        "layers": model.recipe["layers"],
        "folds": model.recipe["folds"],
        "lines": len(model.panel.lines),
        "genes": len(model.ensemble.standardiser.genes),
        "perturbations": len(model.table),
        "accuracy_measured": model.accuracy_measured,
        "simulated": model.panel.simulated,
        "bytes": store.size(model_keys(name, store)),
    }


def _verify(options: argparse.Namespace, store: Store) -> None:
    started = time.monotonic()
    found, supplied = check(store), reference_of(store).damaged()
    seconds = time.monotonic() - started
    if options.json:
        rows = [{"key": key, "stage": store.stage(key), "problem": text} for key, text in found.damaged.items()]
        known = {"artefacts": found.artefacts, "bytes": found.size, "damaged": rows, "models": found.models}
        say(json.dumps(known | {"reference": supplied}))
    else:
        for text in (*found.damaged.values(), *supplied):
            say(text)
        for name, text in found.models.items():
            say(f"{name} rests on what is damaged or missing. {text}")
        complain(f"{found.artefacts:,} artefacts, {_megabytes(found.size)} read in {seconds:.1f} s")
    if found.damaged or found.models:
        raise StoreError(
            f"{len(found.damaged)} of {found.artefacts:,} artefacts are damaged. Train the models that rest on them"
            " again from the same files: what is whole is found."
        )
    if supplied:
        raise StoreError(f"{len(supplied)} of the tables of genes, drugs and gene sets are damaged.")
    if not options.json:
        say("Everything is what was written.")


def _clean(options: argparse.Namespace, store: Store) -> None:
    found = clean(store) if options.yes else unneeded(store)
    if options.json:
        say(
            json.dumps(
                {
                    "removed": options.yes,
                    "bytes": found.size,
                    "stages": found.stages,
                    "artefacts": sorted(found.keys),
                    "drafts": [str(path) for path in found.drafts],
                    "remarks": found.remarks,
                }
            )
        )
        return
    for remark in found.remarks:
        complain(remark)
    say(_in_words(found, options.yes))


def _in_words(found: Unneeded, removed: bool) -> str:
    parts = [f"{stage}: {count:,}" for stage, count in found.stages.items()]
    if found.drafts:
        parts.append(f"drafts that were never finished: {len(found.drafts):,}")
    if not parts:
        return "There is nothing that no model needs."
    lines = [f"  {part}" for part in parts]
    if removed:
        return "\n".join(["Removed:", *lines, f"{_megabytes(found.size)} are free again."])
    return "\n".join(
        ["No model needs:", *lines, f"Removing it frees {_megabytes(found.size)}: leap models --clean --yes"]
    )


def _megabytes(size: int) -> str:
    return f"{size / 2**20:,.1f} MB"
