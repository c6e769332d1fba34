"""A panel: one expression table and one response table of one score type, aligned line by line."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from leap_core.errors import PanelError
from leap_core.io.matrices import ReadReport
from leap_core.panel.fingerprints import Fingerprints
from leap_core.panel.lines import annotate
from leap_core.panel.scores import ScoreType
from leap_core.panel.units import panel_unit

MINIMUM_LINES = 30
MAXIMUM_GENE_GAPS = 0.05
MAXIMUM_LINE_GAPS = 0.20


@dataclass(frozen=True)
class FurtherStudy:
    """Responses of another study.

    Attributes
    ----------
    name
        As it is shown; none of a panel's studies has another's.
    response
        (m, q) float32 of lines that have expression, in the study's own unit; NaN = not screened.
    lines
        (m, 4) annotation of these lines, as `Panel.lines`.
    score
        Score type.
    same
        Which columns are a perturbation of the panel: ``perturbation``, ``column``, and ``by``, how that is known
        (`leap_core.panel.same_perturbations`).
    """

    name: str
    response: pd.DataFrame
    lines: pd.DataFrame
    score: ScoreType
    same: pd.DataFrame


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
    study
        What the study that is predicted is called, beside others.
    further
        Other studies of these lines, and of lines among `unlabelled`.
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
    study: str = ""
    further: tuple[FurtherStudy, ...] = ()

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
    if not score.allows(values):
        raise PanelError(
            f"{score.key} means {score.allowed}, but the response holds values from {np.nanmin(values):.3g} to"
            f" {np.nanmax(values):.3g}."
        )
    if patients.nunique() < min_patients:
        raise PanelError(
            f"The {len(patients)} lines come from only {patients.nunique()} patients; at least {min_patients} are"
            " needed, because accuracy is measured on patients that training has not seen."
        )
