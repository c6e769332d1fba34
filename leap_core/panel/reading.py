"""Reading the files of a panel: expression, responses, annotation, and what the user declared about them."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd

from leap_core.errors import PanelError
from leap_core.genes.headers import entrez_of
from leap_core.genes.names import GeneNames, resolve
from leap_core.io.calls import calls_of_words
from leap_core.io.marks import without_marks
from leap_core.io.matrices import to_matrix
from leap_core.io.reference import shipped_gene_names
from leap_core.io.tables import read_labelled, read_table
from leap_core.io.units import LOG2_TPM1
from leap_core.panel.fingerprints import read_fingerprints
from leap_core.panel.further_studies import FurtherSource, study_name, with_further_studies
from leap_core.panel.joining import Join
from leap_core.panel.line_names import LineNames
from leap_core.panel.lines import read_line_table
from leap_core.panel.long_responses import pivoted
from leap_core.panel.panel import MINIMUM_LINES, Panel, PanelDescription, assemble
from leap_core.panel.releases.names import difference_of_releases, releases_in
from leap_core.panel.score_of_file import is_of_genes, score_of
from leap_core.panel.scores import score_type
from leap_core.panel.studies import FirstStudy, Study, joined_expression
from leap_core.panel.tables import (
    Known,
    line_labels,
    numbered,
    with_genes_named,
    with_lines_in_rows,
    without_other_columns,
)
from leap_core.panel.units import panel_unit


@dataclass(frozen=True)
class PanelSources:
    """Files that a panel is read from, with what the user declared about them.

    `further` are expression tables of other studies, and `join` how they are brought to the first. `also` are
    responses of other studies, and `drugs` a table of drugs by whose synonyms they are joined.
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
    also: tuple[FurtherSource, ...] = ()
    drugs: Path | None = None

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
            "drugs": self.drugs,
        }
        paths |= {f"further response {number}": source.path for number, source in enumerate(self.also, start=1)}
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
    expression_table, odd = read_labelled(sources.expression, sources.expression.name)
    response_table, of_responses = _responses(sources, known)
    expression_table, response_table, renamed = _with_lines_in_rows(expression_table, response_table, sources, known)
    expression_table, named = with_genes_named(expression_table, known.names)
    response_table, of_genes = _with_responses_named(response_table, sources, known)
    expression, expression_report = to_matrix(expression_table, sources.expression.name)
    response, response_report = to_matrix(response_table, sources.response.name)
    expression, off = _without_marks(expression, sources.expression.name, "expression")
    response, marks = _without_marks(response, sources.response.name, "score")
    # What is brought to a table may leave the range by which its unit is told.
    unit = panel_unit(expression.to_numpy(), sources.unit) if sources.further else sources.unit
    annotation = lines.annotation if lines is not None else None
    expression, joined = _with_further(expression, unit or "", sources, known, annotation, response.index)
    score = score_of(response, sources.response.name, known.gene_share(response.columns), sources.score)
    release = sources.release or f"{sources.expression.name} x {sources.response.name}"
    about = PanelDescription(score, release, unit)
    panel = assemble(expression, response, annotation, about, (expression_report, response_report), min_lines)
    fingerprints = (
        read_fingerprints(sources.fingerprints, panel.response.columns.tolist(), score.kind)
        if sources.fingerprints is not None
        else None
    )
    notes = (*odd, *of_responses, *renamed, *named, *of_genes, *off, *marks, *joined, *_of_two_releases(sources))
    panel = replace(panel, report=replace(panel.report, notes=notes))
    panel = _without_negatives(panel, sources.expression.name, bool(sources.further))
    panel = replace(
        panel, entrez=entrez_of(expression_table.columns), fingerprints=fingerprints, study=study_name(sources.response)
    )
    return with_further_studies(panel, sources.also, known, annotation, sources.drugs) if sources.also else panel


def _responses(sources: PanelSources, known: Known) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """The table of responses as a matrix, whichever way round, and what was done."""
    name = sources.response.name
    table, odd = read_labelled(sources.response, name)
    table, words = calls_of_words(table, name)
    if words and sources.score is not None and not score_type(sources.score).binary:
        raise PanelError(f"{words[0]}; that is no {score_type(sources.score).title}. Declare dependency_call.")
    table, long = pivoted(table, name, known.lines, sources.score)
    return table, (*odd, *words, *long)


def _with_responses_named(
    table: pd.DataFrame, sources: PanelSources, known: Known
) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Responses to genes under their symbols; plain numbers are drugs' unless the score is one of genes."""
    name = sources.response.name
    if numbered(table.columns) and not is_of_genes(name, sources.score):
        return table, ()
    table, others = without_other_columns(table, name, known)
    table, notes = with_genes_named(table, known.names)
    return table, (*others, *(f"{name}: {note}" for note in notes))


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
