"""``leap models``: list the models."""

from __future__ import annotations

import argparse
import json

from leap_core.cli.shared.saying import say
from leap_core.run.jobs import ProgressFile
from leap_core.run.store import Store
from leap_core.services.models import load_model, model_keys

HELP = "list the models"
EXAMPLES = """examples:
  leap models --json
"""


def add_options(parser: argparse.ArgumentParser) -> None:
    """Options of ``models``."""
    parser.add_argument("--json", action="store_true", help="machine-readable")


def run(options: argparse.Namespace, progress_file: ProgressFile | None) -> None:
    """Print a line for each model."""
    store = Store(options.home)
    rows = []
    for name in store.names():
        model = load_model(name, store)
        rows.append(
            {
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
        )
    if options.json:
        say(json.dumps(rows, indent=1))
    elif not rows:
        say(f"No models in {options.home} yet. Train one with: leap train --help")
    for row in [] if options.json else rows:
        say(
            f"{row['name']}: {row['score']} ({row['direction']}), {row['lines']} lines, {row['perturbations']:,}"
            f" perturbations, {row['recipe']} x {row['layers']} layers, {row['release']}, {row['bytes'] / 2**20:.0f}"
            f" MB, {row['created'][:10]}"
        )
