"""A panel: one expression table and one response table of one score type, aligned line by line."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pandas as pd

from leap_core.errors import PanelError
from leap_core.genes.headers import entrez_of
from leap_core.genes.names import GeneNames, resolve
from leap_core.io.matrices import ReadReport, to_matrix
from leap_core.io.reference import shipped_gene_names
from leap_core.io.tables import read_table
from leap_core.io.units import LOG2_TPM1
from leap_core.panel.fingerprints import Fingerprints, read_fingerprints
from leap_core.panel.joining import Join
from leap_core.panel.line_names import LineNames
from leap_core.panel.lines import annotate, read_line_table
from leap_core.panel.releases.names import difference_of_releases, releases_in
from leap_core.panel.scores import ScoreType, recognise_score, score_type
from leap_core.panel.studies import FirstStudy, Study, joined_expression
from leap_core.panel.tables import Known, line_labels, pivoted, with_genes_named, with_lines_in_rows, without_marks
from leap_core.panel.units import panel_unit

MINIMUM_LINES = 30
MAXIMUM_GENE_GAPS = 0.05
MAXIMUM_LINE_GAPS = 0.20


@dataclass(frozen=True)
class PanelReport:
    """What was read and what was dropped on the way, counted and named.

    Attributes
    ----------
    expression, response
        Reports of the two tables.
    only_expression, only_response
        Lines that are in one table alone.
    gappy_lines
        Lines missing more than 20 % of the usable genes.
    gappy_genes
        Genes missing in 5 % or more of the lines.
    unscreened_perturbations
        Columns of the response table without a single value in the aligned lines.
    unannotated_lines
        Lines without annotation: their own patient, lineage unknown.
    common_essentials, never_varying, not_on_list, not_found
        What a preset left out of the screen, and names on the user's list that the screen does not have.
    notes
        What else was done, in sentences.
    """

    expression: ReadReport = field(default_factory=ReadReport)
    response: ReadReport = field(default_factory=ReadReport)
    only_expression: tuple[str, ...] = ()
    only_response: tuple[str, ...] = ()
    gappy_lines: tuple[str, ...] = ()
    gappy_genes: tuple[str, ...] = ()
    unscreened_perturbations: tuple[str, ...] = ()
    unannotated_lines: tuple[str, ...] = ()
    common_essentials: tuple[str, ...] = ()
    never_varying: tuple[str, ...] = ()
    not_on_list: tuple[str, ...] = ()
    not_found: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Panel:
    """Aligned training data; lines and genes are in alphabetical order, whatever the files' order.

    Attributes
    ----------
    expression
        (n, genes) float32 in `unit`; gaps are NaN.
    response
        (n, p) float32, same index; NaN = not screened.
    lines
        (n, 4) text: patient, name, lineage, disease.
    unlabelled
        (u, genes) float32: lines with expression but without response, for representation learning alone.
    score
        Score type of the response.
    unit
        ``log2(TPM+1)`` or ``RMA log2``.
    release
        Where the data come from, in words, as shown to the user.
    simulated
        True for the built-in demo.
    report
        What was dropped.
    entrez
        Entrez ids to symbols, as far as the headers of the expression table gave them (``SOX10 (6663)``).
    fingerprints
        What pan-perturbation models tell perturbations apart by; None where no file was given.
    """

    expression: pd.DataFrame
    response: pd.DataFrame
    lines: pd.DataFrame
    unlabelled: pd.DataFrame
    score: ScoreType
    unit: str
    release: str
    report: PanelReport
    simulated: bool = False
    entrez: dict[str, str] = field(default_factory=dict)
    fingerprints: Fingerprints | None = None

    def __post_init__(self) -> None:
        if not (self.expression.index.equals(self.response.index) and self.expression.index.equals(self.lines.index)):
            raise PanelError("Lines of expression, response and annotation differ; build panels with `assemble`.")

    @property
    def patients(self) -> list[str]:
        """Patient of each line, in the panel's order."""
        return self.lines["patient"].tolist()


@dataclass(frozen=True)
class PanelDescription:
    """What is said of two tables that make a panel; the unit is recognised where it is None (see `Panel`)."""

    score: ScoreType
    release: str
    unit: str | None = None
    simulated: bool = False


def assemble(
    expression: pd.DataFrame,
    response: pd.DataFrame,
    lines: pd.DataFrame | None,
    about: PanelDescription,
    reports: tuple[ReadReport, ReadReport] = (ReadReport(), ReadReport()),
    min_lines: int = MINIMUM_LINES,
) -> Panel:
    """Align tables into a panel.

    Parameters
    ----------
    expression, response
        Lines in rows; unique labels on both axes (`leap_core.io.matrices.to_matrix` makes them so).
    lines
        Annotation as `leap_core.panel.lines.read_lines` returns it, or None.
    about, reports
        What is said of the tables, and what reading them dropped.
    min_lines
        Half as many patients are needed, too. A panel that is trained on needs more than a study that is predicted.

    Raises
    ------
    PanelError
        If fewer lines are in both tables, or the unit is not a known one.
    """
    expression = expression.sort_index(axis=0).sort_index(axis=1)
    common = _common_lines(expression, response, min_lines)
    usable, gappy_genes, gappy_lines = _without_gaps(expression, common)
    kept = common.difference(gappy_lines)
    if len(kept) < min_lines:
        raise PanelError(f"Only {len(kept)} lines remain without those that miss more than 20 % of the genes.")
    unscreened = response.columns[response.loc[kept].isna().all(axis=0)]
    screened, annotation = response.loc[kept].drop(columns=unscreened), annotate(lines, kept)
    _check(screened, annotation["patient"], about.score, min_lines // 2)
    unlabelled, unlisted = expression.index.difference(response.index), response.index.difference(expression.index)
    unannotated = kept.difference(pd.Index([]) if lines is None else lines.index)
    left_out = (unlabelled, unlisted, gappy_lines, gappy_genes, unscreened, unannotated)
    report = PanelReport(*reports, *(tuple(names) for names in left_out))
    return Panel(
        expression=usable.loc[kept].astype(np.float32),
        response=screened.astype(np.float32),
        lines=annotation,
        unlabelled=usable.loc[unlabelled.difference(gappy_lines)].astype(np.float32),
        score=about.score,
        unit=panel_unit(usable.to_numpy(), about.unit),
        release=about.release,
        report=report,
        simulated=about.simulated,
    )


def _common_lines(expression: pd.DataFrame, response: pd.DataFrame, min_lines: int) -> pd.Index:
    common = expression.index.intersection(response.index).sort_values()
    if len(common) < min_lines:
        raise PanelError(
            f"Only {len(common)} lines are in both tables ({len(expression)} with expression, e.g."
            f" {expression.index[0]}; {len(response)} with response, e.g. {response.index[0]}); expected at least"
            f" {min_lines} under the same ids, or under names that the table of lines has.{_of_profiles(expression)}"
        )
    return common


def _of_profiles(expression: pd.DataFrame) -> str:
    """The way out where rows are called by Broad's ids of profiles."""
    if not str(expression.index[0]).startswith("PR-"):
        return ""
    return (
        " PR- are ids of profiles: give DepMap's table by model (OmicsExpressionProteinCodingGenesTPMLogp1.csv), or add"
        " a column ProfileID to the table of lines."
    )


def _without_gaps(expression: pd.DataFrame, common: pd.Index) -> tuple[pd.DataFrame, pd.Index, pd.Index]:
    """Drop genes missing in 5 % or more of the common lines; then name lines missing more than 20 % of the rest."""
    gappy_genes = expression.columns[expression.loc[common].isna().mean(axis=0) >= MAXIMUM_GENE_GAPS]
    usable = expression.drop(columns=gappy_genes)
    gaps = usable.isna().mean(axis=1)
    return usable, gappy_genes, gaps.index[gaps > MAXIMUM_LINE_GAPS]


def _check(response: pd.DataFrame, patients: pd.Series, score: ScoreType, min_patients: int) -> None:
    """Refuse responses that cannot be trained on, and panels that cannot be split by patient."""
    if response.shape[1] == 0:
        raise PanelError("No perturbation of the response table has a value in the lines that also have expression.")
    values = response.to_numpy()
    if score.binary and not np.isin(values[np.isfinite(values)], (0.0, 1.0)).all():
        raise PanelError(
            f"{score.key} means calls of 0 and 1, but the response holds values from {np.nanmin(values):.3g} to"
            f" {np.nanmax(values):.3g}."
        )
    if patients.nunique() < min_patients:
        raise PanelError(
            f"The {len(patients)} lines come from only {patients.nunique()} patients; at least {min_patients} are"
            " needed, because accuracy is measured on patients that training has not seen."
        )


@dataclass(frozen=True)
class PanelSources:
    """Files that a panel is read from, with what the user declared about them.

    `further` are expression tables of other studies, and `join` how they are brought to the first.
    """

    expression: Path
    response: Path
    lines: Path | None = None
    score: str | None = None
    unit: str | None = None
    release: str | None = None
    fingerprints: Path | None = None
    further: tuple[Path, ...] = ()
    join: Join = "auto"

    def digests(self) -> dict[str, str]:
        """SHA-256 of each file's content, by role.

        Raises
        ------
        PanelError
            If a file is not there.
        """
        paths = {
            "expression": self.expression,
            "response": self.response,
            "lines": self.lines,
            "fingerprints": self.fingerprints,
        }
        paths |= {f"further expression {number}": path for number, path in enumerate(self.further, start=1)}
        return {role: _sha256(path) for role, path in paths.items() if path is not None}


def read_panel(sources: PanelSources, min_lines: int = MINIMUM_LINES, names: GeneNames | None = None) -> Panel:
    """Read and align the files of a panel, or (with another `min_lines`) of a study that is only predicted.

    Raises
    ------
    UnreadableTableError, PanelError
        With what was found, what was expected, and what to do.
    """
    lines = read_line_table(sources.lines, sources.lines.name) if sources.lines is not None else None
    known = Known(lines.names if lines is not None else LineNames(), names or shipped_gene_names())
    expression_table = read_table(sources.expression, sources.expression.name)
    response_table, long = pivoted(
        read_table(sources.response, sources.response.name), sources.response.name, known, sources.score
    )
    expression_table, response_table, renamed = _with_lines_in_rows(expression_table, response_table, sources, known)
    expression_table, named = with_genes_named(expression_table, known.names)
    expression, expression_report = to_matrix(expression_table, sources.expression.name)
    response, response_report = to_matrix(response_table, sources.response.name)
    expression, off = _without_marks(expression, sources.expression.name, "expression")
    response, marks = _without_marks(response, sources.response.name, "score")
    # What is brought to a table may leave the range by which its unit is told.
    unit = panel_unit(expression.to_numpy(), sources.unit) if sources.further else sources.unit
    annotation = lines.annotation if lines is not None else None
    expression, joined = _with_further(expression, unit or "", sources, known, annotation, response.index)
    score = (
        score_type(sources.score)
        if sources.score is not None
        else recognise_score(response, sources.response.name, known.gene_share(response.columns))
    )
    release = sources.release or f"{sources.expression.name} x {sources.response.name}"
    about = PanelDescription(score, release, unit)
    panel = assemble(expression, response, annotation, about, (expression_report, response_report), min_lines)
    fingerprints = (
        read_fingerprints(sources.fingerprints, panel.response.columns.tolist(), score.kind)
        if sources.fingerprints is not None
        else None
    )
    notes = (*renamed, *named, *long, *off, *marks, *joined, *_of_two_releases(sources))
    panel = replace(panel, report=replace(panel.report, notes=notes))
    panel = _without_negatives(panel, sources.expression.name, bool(sources.further))
    return replace(panel, entrez=entrez_of(expression_table.columns), fingerprints=fingerprints)


def _without_negatives(panel: Panel, name: str, joined: bool) -> Panel:
    """What batch correction has moved below zero, where log2(TPM+1) ends, as genes that are off, with a note."""
    share = float((panel.expression.to_numpy() < 0).mean())
    if panel.unit != LOG2_TPM1 or share == 0 or joined:
        return panel
    note = f"{name}: {share:.1%} of the values are below zero, as batch correction leaves them; taken as 0"
    return replace(
        panel,
        expression=panel.expression.clip(lower=0.0),
        unlabelled=panel.unlabelled.clip(lower=0.0),
        report=replace(panel.report, notes=(*panel.report.notes, note)),
    )


def _without_marks(matrix: pd.DataFrame, name: str, what: str) -> tuple[pd.DataFrame, tuple[str, ...]]:
    values, notes = without_marks(matrix.to_numpy(), name, what)
    return (pd.DataFrame(values, matrix.index, matrix.columns), notes) if notes else (matrix, ())


def _with_further(
    expression: pd.DataFrame,
    unit: str,
    sources: PanelSources,
    known: Known,
    lines: pd.DataFrame | None,
    screened: pd.Index,
) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Expression with the lines of other studies, and what was done."""
    studies = []
    for path in sources.further:
        table = read_table(path, path.name)
        # Its lines may be new: the genes, which the first table has, tell which way round it is.
        genes = set(expression.columns)
        rows = resolve([str(label) for label in table.index], known.names, frozenset(genes)).symbols
        columns = resolve([str(title) for title in table.columns], known.names, frozenset(genes)).symbols
        if sum(one in genes for one in rows) > sum(one in genes for one in columns):
            table = table.T
        table, _ = with_lines_in_rows(table, path.name, known)
        table, _ = with_genes_named(table, known.names)
        studies.append(Study(path.name, *to_matrix(table, path.name)))
    if not studies:
        return expression, ()
    lineages = pd.Series(dtype=object) if lines is None else lines["lineage"]
    return joined_expression(
        FirstStudy(expression, unit, sources.unit is not None, lineages, screened), studies, sources.join
    )


def _of_two_releases(sources: PanelSources) -> tuple[str, ...]:
    """A sentence where the names of the files speak of different releases."""
    difference = difference_of_releases(sources.expression.name, sources.response.name)
    if not difference or not releases_in(sources.expression.name):
        return ()
    words = difference.replace("its file", "the expression").replace("the panel is", "the response is")
    return (f"expression and response are not of one release: {words}",)


def _with_lines_in_rows(
    expression: pd.DataFrame, response: pd.DataFrame, sources: PanelSources, known: Known
) -> tuple[pd.DataFrame, pd.DataFrame, tuple[str, ...]]:
    """Turn whichever table has the lines in its columns, and say which lines were found by another name.

    Genes stand in both tables of a gene screen, so labels that both tables share may be genes. With an
    annotation its names decide, table by table. Without one the tables are taken as they are, and one of
    them is turned only if they then share lines while they share none as they are.
    """
    if known.lines.ids:
        expression, first = with_lines_in_rows(expression, sources.expression.name, known)
        response, second = with_lines_in_rows(response, sources.response.name, known)
        return expression, response, (*first, *second)
    expression_rows, response_rows = set(line_labels(expression)), set(line_labels(response))
    if not expression_rows & response_rows:
        turn_expression = len(set(expression.columns) & response_rows)
        turn_response = len(expression_rows & set(response.columns))
        if max(turn_expression, turn_response) >= MINIMUM_LINES:
            turned = turn_expression >= turn_response
            return (expression.T, response, ()) if turned else (expression, response.T, ())
    return expression, response, ()


def _sha256(path: Path) -> str:
    if not path.is_file():
        raise PanelError(f"There is no file at {path}.")
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
