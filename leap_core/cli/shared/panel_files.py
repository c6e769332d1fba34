"""Options that name the files of a panel, and the panel in the store."""

from __future__ import annotations

import argparse
from pathlib import Path

from leap_core.errors import UserError
from leap_core.io.units import PANEL_UNITS
from leap_core.panel.further_studies import FurtherSource
from leap_core.panel.joining import WAYS
from leap_core.panel.kept import import_panel
from leap_core.panel.reading import PanelSources
from leap_core.panel.scores import SCORE_TYPES
from leap_core.run.store import Store

_JOIN = (
    "how another study's expression is brought to the panel's: ComBat where enough lines allow it, else the panel's"
    " quantiles (auto), or one of these"
)


def add_panel_files(parser: argparse.ArgumentParser) -> None:
    """Options of the files that a panel is read from."""
    add = parser.add_argument
    add("--expression", type=Path, metavar="FILE", help="lines x genes, log2(TPM+1) or RMA log2; CSV or parquet")
    add("--response", type=Path, metavar="FILE", help="lines x perturbations; empty = not screened")
    add("--lines", type=Path, metavar="FILE", help="DepMap's Model.csv: patient and lineage of each line")
    add("--score", metavar="TYPE", help=f"score type, recognised where it is certain: {', '.join(SCORE_TYPES)}")
    add("--unit", metavar="UNIT", help=f"expression unit, recognised where it is certain: {', '.join(PANEL_UNITS)}")
    add(
        "--fingerprints",
        type=Path,
        metavar="FILE",
        help=(
            "for pan-perturbation recipes (pp-...): gene sets (GMT) for genes, or a table of drugs with a column of"
            " SMILES, targets or pathways"
        ),
    )
    also = (
        "responses of another study of these lines, which the model learns from and predicts, too; its score type after"
        f" a colon where it cannot be told ({', '.join(SCORE_TYPES)}). May be repeated"
    )
    add("--also-response", type=FurtherSource.of_text, action="append", default=[], metavar="FILE[:TYPE]", help=also)
    drugs = "a table of drugs: studies that call a drug by different names are joined by its synonyms"
    add("--drugs", type=Path, metavar="FILE", help=drugs)
    add("--join", choices=WAYS, default="auto", help=_JOIN)


def kept_panel(
    options: argparse.Namespace,
    store: Store,
    otherwise: str,
    release: str | None = None,
    further: tuple[Path, ...] = (),
) -> str:
    """Key of the panel of `add_panel_files`, read or found.

    Raises
    ------
    UserError
        If a file is not named; `otherwise` says what else could be given.
    """
    if options.expression is None or options.response is None:
        raise UserError(f"{otherwise} needs both --expression FILE and --response FILE; see --help for examples.")
    sources = PanelSources(
        options.expression,
        options.response,
        options.lines,
        options.score,
        options.unit,
        release,
        options.fingerprints,
        further,
        options.join,
        tuple(options.also_response),
        options.drugs,
    )
    return import_panel(sources, store)
