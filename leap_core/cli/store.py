"""The commands that list models and fetch reference tables."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from leap_core.data.reference import DGIDB_ADDRESS, HALLMARK_ADDRESS, HGNC_ADDRESS
from leap_core.errors import UserError
from leap_core.execution.jobs import ProgressFile
from leap_core.models import load_model, model_keys, reference_of
from leap_core.storage.store import Store


def add_download(parser: argparse.ArgumentParser) -> None:
    """Options of ``download``."""
    parser.add_argument(
        "what", choices=("identifiers", "drugs", "essentials", "gene-sets"),
        help="identifiers: HGNC's complete set; drugs: DGIdb's interactions, or a table of drugs with targets, pathway, approval (--from); "
        "essentials: a list of common essential genes (--from); gene-sets: the hallmarks, or a GMT file (--from, --address)",
    )  # fmt: skip
    parser.add_argument("--address", help=f"where to fetch it (default: {HGNC_ADDRESS}; {DGIDB_ADDRESS})")
    parser.add_argument("--from", dest="copy_of", type=Path, metavar="FILE", help="take a local copy instead")
    parser.set_defaults(run=_download)


def _download(options: argparse.Namespace, progress_file: ProgressFile | None) -> None:
    reference = reference_of(Store(options.home))
    if options.what == "essentials":
        if options.copy_of is None or not options.copy_of.is_file():
            raise UserError("download essentials needs --from FILE: a list of genes, one a line or in a column titled gene.")
        record = reference.keep_essentials(options.copy_of.read_bytes(), options.copy_of.name)
    elif options.what == "drugs":
        record = reference.fetch_drugs(options.address or DGIDB_ADDRESS, options.copy_of)
    elif options.what == "gene-sets":
        record = reference.fetch_gene_sets(options.address or HALLMARK_ADDRESS, options.copy_of)
    else:
        record = reference.fetch_gene_names(options.address or HGNC_ADDRESS, options.copy_of)
    counted = next(f"{record[noun]} {noun}" for noun in ("drugs", "genes", "sets") if noun in record)
    print(f"{counted} from {record['address']}, SHA-256 {record['sha256'][:16]}")


def add_models(parser: argparse.ArgumentParser) -> None:
    """Options of ``models``."""
    parser.add_argument("--json", action="store_true", help="machine-readable")
    parser.set_defaults(run=_models)


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
