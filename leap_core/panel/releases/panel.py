"""A panel from the files of a release."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pandas as pd

from leap_core.errors import PanelError
from leap_core.io.matrices import ReadReport
from leap_core.panel.lines import read_lines
from leap_core.panel.panel import Panel, PanelDescription, assemble
from leap_core.panel.reading import PanelSources, read_panel
from leap_core.panel.releases import recognition as kinds
from leap_core.panel.releases.folder_scan import UNVERIFIED, USABLE, FileState, FolderScan
from leap_core.panel.releases.required_files import DEPMAP, GDSC, SCREENS, score_of
from leap_core.panel.releases.tables import compound_names, dose_responses, model_ids, read_fitted, read_rma, with_pairs
from leap_core.panel.scores import score_type

_RESPONSES = (kinds.GENE_EFFECT, kinds.GENE_DEPENDENCY, kinds.DRUG_AUC, kinds.DOSE_RESPONSE)


def read_release_panel(source: str, screen: str, found: FolderScan, release: str) -> Panel:
    """Read the files of a release as a panel.

    Parameters
    ----------
    source
        A key of `READERS`.
    screen
        One of the source's in `leap_core.panel.releases.required_files.SCREENS`.
    found
        What lies in the folders; complete.
    release
        What the release is called; stamped on the panel as `stamp` says.

    Raises
    ------
    PanelError
        If a needed file is missing, or the tables do not make a panel.
    """
    missing = [file.required.names[0] for file in found.files if file.required.needed and file.state not in USABLE]
    if missing:
        raise PanelError(f"{release} is not complete: {', '.join(missing)} missing.")
    return READERS[source](found, screen, stamp(found, release))


def read_depmap(found: FolderScan, screen: str, stamped: str) -> Panel:
    """A panel of DepMap's tables: they are lines x genes and lines x perturbations already."""
    expression, response = _path(found, kinds.EXPRESSION), _path(found, _response_kind(DEPMAP, screen))
    lines = _path(found, kinds.LINES)
    panel = read_panel(PanelSources(expression, response, lines, score_of(screen), "log2(TPM+1)", stamped))
    compounds = found.path(kinds.COMPOUNDS)
    return _with_names(panel, compound_names(compounds)) if compounds is not None else panel


def read_gdsc(found: FolderScan, screen: str, stamped: str) -> Panel:
    """A panel of GDSC's microarrays and fitted dose responses, under DepMap's ids."""
    lines, responses, score = _path(found, kinds.LINES), _path(found, kinds.DOSE_RESPONSE), score_of(screen)
    fitted = read_fitted(responses)
    ids = with_pairs(model_ids(lines), fitted)
    expression, expression_report = read_rma(_path(found, kinds.RMA), ids)
    response_table, notes = dose_responses(fitted, responses.name, ids, score)
    about = PanelDescription(score_type(score), stamped, "RMA log2")
    reports = (expression_report, ReadReport())
    panel = assemble(expression, response_table, read_lines(lines, lines.name), about, reports)
    return replace(panel, report=replace(panel.report, notes=panel.report.notes + notes))


# By source: what makes a panel of its files, of one of its screens, under the release's stamp.
READERS: dict[str, Callable[[FolderScan, str, str], Panel]] = {DEPMAP: read_depmap, GDSC: read_gdsc}


def stamp(found: FolderScan, release: str) -> str:
    """The release as it is shown everywhere; files of other releases, and files that nobody vouches for, are named.

    An annotation (Model.csv) of another source is not part of the release.
    """
    own = [
        file
        for file in found.files
        if file.state in USABLE and file.required.kind in (kinds.EXPRESSION, kinds.RMA, *_RESPONSES)
    ]
    unverified = [file for file in own if file.state == UNVERIFIED and not _without_checksum(file)]
    response = next((file.path.name for file in own if file.required.kind in _RESPONSES and file.path is not None), "")
    words = f"{release}, {response}"
    others = {
        file.published.release
        for file in own
        if file.required.any_release and file.published is not None and file.published.release != release
    }
    if others:
        words = f"{words}, expression of {', '.join(sorted(others))}"
    return f"{words} (checksums not compared)" if unverified else words


def _without_checksum(file: FileState) -> bool:
    """Whether its source publishes no checksums at all."""
    return file.published is not None and not file.published.md5


def _response_kind(source: str, screen: str) -> str:
    return next(wanted.kind for wanted in SCREENS[source][screen][1] if wanted.kind in _RESPONSES)


def _path(found: FolderScan, kind: str) -> Path:
    path = found.path(kind)
    if path is None:
        raise PanelError(f"The file of the {kind} is missing.")
    return path


def _with_names(panel: Panel, names: dict[str, str]) -> Panel:
    """Compounds under their names, as far as the table knows them."""
    columns = [names.get(str(column), str(column)) for column in panel.response.columns]
    if len(set(columns)) != len(columns):
        return panel
    return replace(panel, response=panel.response.set_axis(pd.Index(columns, dtype=object), axis=1))
