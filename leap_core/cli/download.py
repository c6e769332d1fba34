"""``leap download``: reference tables, and panels of official releases; the only command that uses the network."""

from __future__ import annotations

import argparse
from pathlib import Path

from leap_core.cli.shared.releases import add_release_options, download_release
from leap_core.cli.shared.saying import say
from leap_core.errors import UserError
from leap_core.io.reference import DGIDB_ADDRESS, HALLMARK_ADDRESS, HGNC_ADDRESS
from leap_core.panel.releases.required_files import SCREENS
from leap_core.run.jobs import ProgressFile
from leap_core.run.store import Store
from leap_core.services.models import reference_of

HELP = "fetch or take reference tables and official releases (the only command that uses the network)"
EXAMPLES = """examples:
  leap download identifiers
  leap download identifiers --from hgnc_complete_set.txt
  leap download drugs --from gdsc_compounds.csv
  leap download essentials --from CEGv2.txt
  leap download depmap
  leap download depmap --release 26Q1 --from ~/Downloads --preset selective
  leap download gdsc --release 8.5 --from ~/Downloads --score ln_ic50
"""


def add_options(parser: argparse.ArgumentParser) -> None:
    """Options of ``download``."""
    parser.add_argument(
        "what",
        choices=("identifiers", "drugs", "essentials", "gene-sets", *SCREENS),
        help=(
            "depmap, gdsc: a panel of an official release (without --release: what there is); identifiers: HGNC's"
            " newest complete set, in the place of the one that comes with the program; drugs: DGIdb's interactions, or"
            " a table of drugs with targets, pathway, approval (--from); essentials: a list of common essential genes"
            " (--from); gene-sets: the hallmarks, or a GMT or GMX file (--from, --address), beside those that come with"
            " the program"
        ),
    )
    parser.add_argument("--address", help=f"where to fetch it (default: {HGNC_ADDRESS}; {DGIDB_ADDRESS})")
    parser.add_argument(
        "--from",
        dest="copy_of",
        type=Path,
        metavar="FILE",
        help="take a local copy instead; for depmap and gdsc a folder",
    )
    add_release_options(parser)


def run(options: argparse.Namespace, progress_file: ProgressFile | None) -> None:
    """Fetch or take what was asked for."""
    if options.what in SCREENS:
        download_release(options, progress_file)
        return
    reference = reference_of(Store(options.home))
    if options.what == "essentials":
        if options.copy_of is None or not options.copy_of.is_file():
            raise UserError(
                "download essentials needs --from FILE: a list of genes, one a line or in a column titled gene."
            )
        record = reference.keep_essentials(options.copy_of.read_bytes(), options.copy_of.name)
    elif options.what == "drugs":
        record = reference.fetch_drugs(options.address or DGIDB_ADDRESS, options.copy_of)
    elif options.what == "gene-sets":
        record = reference.fetch_gene_sets(options.address or HALLMARK_ADDRESS, options.copy_of)
    else:
        record = reference.fetch_gene_names(options.address or HGNC_ADDRESS, options.copy_of)
    counted = next(f"{record[noun]} {noun}" for noun in ("drugs", "genes", "sets") if noun in record)
    say(f"{counted} from {record['address']}, SHA-256 {record['sha256'][:16]}")
