"""Responses of further studies beside a panel's own: read, joined line by line, and turned to predict another one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

from leap_core.errors import PanelError
from leap_core.io.drug_tables import read_drug_table
from leap_core.io.marks import without_marks
from leap_core.io.matrices import to_matrix
from leap_core.io.reference import shipped_gene_names
from leap_core.io.tables import PANEL_LIMIT, read_labelled
from leap_core.panel.line_names import LineNames
from leap_core.panel.lines import annotate, read_line_table
from leap_core.panel.long_responses import pivoted
from leap_core.panel.panel import FurtherStudy, Panel
from leap_core.panel.same_perturbations import SAME_COLUMNS, same_drugs, same_genes
from leap_core.panel.score_of_file import score_of
from leap_core.panel.scores import SCORE_TYPES, ScoreType
from leap_core.panel.status import OK, response_status
from leap_core.panel.tables import Known, with_lines_in_rows

# A study that shares fewer lines with the expression, or fewer patients, says nothing.
_MIN_LINES, _MIN_PATIENTS = 30, 15


@dataclass(frozen=True)
class FurtherSource:
    """A file of another study's responses, and its score type where it cannot be told."""

    path: Path
    score: str | None = None

    @classmethod
    def of_text(cls, text: str) -> FurtherSource:
        """As it is written on the command line: ``FILE`` or ``FILE:SCORE``."""
        path, colon, score = text.rpartition(":")
        if colon and score.strip().lower() in {key.lower() for key in SCORE_TYPES}:
            return cls(Path(path), score.strip())
        if not Path(text).exists() and colon and Path(path).exists():
            raise PanelError(f"Unknown score type {score!r} after {path}. Known ones: {', '.join(SCORE_TYPES)}.")
        return cls(Path(text))

    @property
    def name(self) -> str:
        """What the study is called: the file's name without its endings."""
        return study_name(self.path)


def study_name(path: Path) -> str:
    """What a study is called by the file of its responses."""
    return path.name.split(".")[0]


def with_further_studies(
    panel: Panel, sources: Sequence[FurtherSource], known: Known, lines: pd.DataFrame | None, drugs: Path | None = None
) -> Panel:
    """A panel with other studies of its lines, and of lines that have expression alone.

    Parameters
    ----------
    panel
        Assembled, with the `study` that it predicts.
    sources
        Files of the other studies.
    known
        What tells lines and genes.
    lines
        Annotation of lines, or None.
    drugs
        A table of drugs whose synonyms join drugs under several names.

    Raises
    ------
    UnreadableTableError, PanelError
        If a file is no screen of these lines, or two studies have one name.
    """
    names = [panel.study, *(source.name for source in sources)]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise PanelError(f"Two studies are called {twice[0]}; a study is called as its file, so give the files names.")
    if "lineage" in names:
        raise PanelError("A study cannot be called lineage, which the lineages of the lines are; rename its file.")
    table = read_drug_table(drugs, drugs.name, PANEL_LIMIT) if drugs is not None else None
    further, notes = [], list(panel.report.notes)
    for source in sources:
        study, words = read_further_study(source, panel, known, lines, table)
        further.append(study)
        notes += words
    return replace(panel, further=tuple(further), report=replace(panel.report, notes=tuple(notes)))


def read_further_study(
    source: FurtherSource, panel: Panel, known: Known, lines: pd.DataFrame | None, drugs: pd.DataFrame | None
) -> tuple[FurtherStudy, list[str]]:
    """Another study of a panel's lines, and what was done in sentences; see `with_further_studies`."""
    name = source.path.name
    response, score, notes = read_response(source, known)
    expressed = panel.expression.index.append(panel.unlabelled.index)
    shared = expressed[expressed.isin(response.index)].sort_values()
    everything, response = response, response.loc[shared].dropna(axis=1, how="all").astype(np.float32)
    response = response.dropna(axis=0, how="all")
    annotation = annotate(lines, response.index)
    patients = annotation["patient"].nunique()
    if len(response) < _MIN_LINES or patients < _MIN_PATIENTS:
        raise PanelError(
            f"{name}: only {len(response)} of its {len(everything)} lines (e.g. {everything.index[0]}) have expression"
            f" and a value, of {patients} patients; expected {_MIN_LINES} lines of {_MIN_PATIENTS} patients at least."
        )
    if not (response_status(response.to_numpy(), score.binary) == OK).any():
        raise PanelError(f"{name}: too few lines were screened for any of its {response.shape[1]:,} {score.noun}.")
    same = _same(panel, response, score, known, drugs)
    words = (
        f"{name} takes part as a further study: {len(response):,} lines x {response.shape[1]:,} {score.noun},"
        f" {score.title} ({score.direction}); {same['perturbation'].nunique():,} {panel.score.noun} are in both"
    )
    study = FurtherStudy(source.name, response, annotation, score, same)
    return study, [*notes, words]


def read_response(source: FurtherSource, known: Known) -> tuple[pd.DataFrame, ScoreType, list[str]]:
    """A file of responses, lines in rows under their ids; its score type; and what was done in sentences.

    Raises
    ------
    UnreadableTableError, PanelError
        If it is no table of one, or holds what its score type does not allow.
    """
    name = source.path.name
    table, odd = read_labelled(source.path, name)
    table, long = pivoted(table, name, known.lines, source.score)
    table, renamed = with_lines_in_rows(table, name, known)
    response, _ = to_matrix(table, name)
    values, marks = without_marks(response.to_numpy(), name, "score")
    response = pd.DataFrame(values, response.index, response.columns)
    score = score_of(response, name, known.gene_share(table.columns), source.score or None)
    if not score.allows(response.to_numpy()):
        raise PanelError(f"{name}: {score.key} means {score.allowed}, but the table holds other values.")
    return response, score, [*odd, *long, *renamed, *marks]


def _same(
    panel: Panel, response: pd.DataFrame, score: ScoreType, known: Known, drugs: pd.DataFrame | None
) -> pd.DataFrame:
    ours, theirs = panel.response.columns.tolist(), response.columns.tolist()
    if score.kind != panel.score.kind:
        return pd.DataFrame(columns=list(SAME_COLUMNS), dtype=object)
    return same_genes(ours, theirs, known.names) if score.kind == "gene" else same_drugs(ours, theirs, drugs)


def turned_to(panel: Panel, name: str) -> Panel:
    """The same studies, with another one as that which is predicted.

    Raises
    ------
    PanelError
        If there is none of that name.
    """
    study = next((one for one in panel.further if one.name == name), None)
    if study is None:
        raise PanelError(f"The panel has no study {name!r}; it has {', '.join(one.name for one in panel.further)}.")
    everything = pd.concat([panel.expression, panel.unlabelled])
    own = study.response.index
    back = study.same.rename(columns={"perturbation": "column", "column": "perturbation"})[list(SAME_COLUMNS)]
    main = FurtherStudy(panel.study, panel.response, panel.lines, panel.score, back)
    others = [replace(one, same=_through(study.same, one.same)) for one in panel.further if one.name != name]
    return replace(
        panel,
        study=name,
        expression=everything.loc[own],
        response=study.response,
        lines=study.lines,
        unlabelled=everything.loc[everything.index.difference(own)],
        score=study.score,
        release=f"{name}, beside {panel.release}",
        further=(main, *others),
        fingerprints=None,
    )


def _through(study: pd.DataFrame, other: pd.DataFrame) -> pd.DataFrame:
    """Columns of two further studies that are the same perturbation of the panel."""
    both = study.merge(other, on="perturbation", suffixes=("_here", "_there"))
    found = both.rename(columns={"column_here": "perturbation_", "column_there": "column", "by_there": "by"})
    found = found.drop(columns="perturbation").rename(columns={"perturbation_": "perturbation"})
    return found[list(SAME_COLUMNS)].drop_duplicates(["perturbation", "column"], ignore_index=True)


def read_judge(
    source: FurtherSource, panel: Panel, lines: Path | None = None, drugs: Path | None = None
) -> FurtherStudy:
    """A study that judges a panel's predictions and has no part in them; see `with_further_studies`."""
    table = read_line_table(lines, lines.name) if lines is not None else None
    known = Known(LineNames() if table is None else table.names, shipped_gene_names())
    synonyms = read_drug_table(drugs, drugs.name, PANEL_LIMIT) if drugs is not None else None
    annotation = panel.lines if table is None else table.annotation
    return read_further_study(source, panel, known, annotation, synonyms)[0]
