"""What a model says of a sample, as frames and files: the results of the Python API.

In the examples `result` is the demo's melanoma line, scored by the demo's model of genes.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import pandas as pd

from leap_core.errors import UserError
from leap_core.explain.explanation import Explanation
from leap_core.explain.kept import explain_once
from leap_core.io.gene_sets import GeneSets
from leap_core.io.measured_screens import ScreenOptions
from leap_core.passport.passport import Passport
from leap_core.ranking.budget import Budget, budget
from leap_core.ranking.controls import matched_controls
from leap_core.ranking.hit_table import View, in_words, show, with_priority
from leap_core.report.csv import table_body
from leap_core.report.list_export import FORMATS, ListExport
from leap_core.report.sample_report import Chosen, sample_report
from leap_core.run.mapping import ThreadMapper
from leap_core.run.store import Store
from leap_core.services.models import Model, gene_names_of, gene_sets_of
from leap_core.services.pilot import read_pilot, with_pilot
from leap_core.services.plates import propose_plate
from leap_core.services.scorecard import Measured
from leap_core.services.scoring import ScoredSample, calibration_of, sample_members

PathLike = str | Path


def explain_kept(model: Model, perturbation: str, gene_sets: GeneSets | PathLike | None, home: Path) -> Explanation:
    """Explain one perturbation, or find its explanation in the store.

    Gene sets may be a GMT file, or the name of kept ones.
    """
    store = Store(home)
    sets = None if gene_sets is None else gene_sets_of(model, gene_sets, store)
    return explain_once(model, perturbation, sets, store, ThreadMapper())


def _as_file(measured: pd.Series | pd.DataFrame | PathLike) -> tuple[Path | bytes, str]:
    """A table as the readers of files take it, and what it is called."""
    if isinstance(measured, (str, Path)):
        return Path(measured), Path(measured).name
    table = measured.to_frame(measured.name or "measured") if isinstance(measured, pd.Series) else measured
    return table_body(table, digits=None).encode("utf-8"), "the table"


@dataclass(frozen=True)
class Results(Mapping[str, "Result"]):
    """Results by sample.

    Attributes
    ----------
    by_sample
        What was scored.
    refused
        Why other samples were not.
    """

    by_sample: dict[str, Result]
    refused: dict[str, str]

    def __getitem__(self, sample: str) -> Result:
        if sample not in self.by_sample:
            known = ", ".join(self.by_sample)
            raise KeyError(f"no sample {sample!r}; scored: {known}. {self.refused.get(sample, '')}".strip())
        return self.by_sample[sample]

    def __iter__(self) -> Iterator[str]:
        return iter(self.by_sample)

    def __len__(self) -> int:
        return len(self.by_sample)


@dataclass(frozen=True)
class Result:
    """What one model says of one sample.

    Attributes
    ----------
    model
        Who scored it.
    scored
        The scored sample.
    upload
        Name of its file.
    home
        Folder of the model's store.
    view
        Order and filters of `hits`; None: the default ones.
    """

    model: Model
    scored: ScoredSample
    upload: str
    home: Path
    view: View | None = None

    @property
    def passport(self) -> Passport:
        """The check of the input: light, findings, distance to the panel, nearest lines.

        Examples
        --------
        >>> result.passport.light
        'green'
        """
        return self.scored.passport

    @cached_property
    def _view(self) -> View:
        if self.view is not None:
            return self.view
        score = self.model.panel.score
        cut = score.accuracy_cut if self.model.accuracy_measured else None
        return View(minimum_accuracy=cut, hide_common_essential=score.kind == "gene")

    @cached_property
    def table(self) -> pd.DataFrame:
        """Every perturbation, whatever the filters hide (columns: `leap_core.ranking.columns.hit_columns`)."""
        return with_priority(self.scored.table, self.model.panel.score, self._view)

    @cached_property
    def hits(self) -> pd.DataFrame:
        """The ranked list: common essentials and rows below the accuracy cut are hidden, unless the view says so.

        Examples
        --------
        >>> bool(result.hits["priority"].is_monotonic_decreasing)
        True
        """
        return show(self.table, self.model.panel.score, self._view).table

    @cached_property
    def members(self) -> pd.DataFrame:
        """Predictions of every member: rows ``layer_<l>_fold_<k>``, columns perturbations.

        Examples
        --------
        >>> result.members.index[0]
        'layer_1_fold_1'
        """
        return sample_members(self.model, self.scored)

    def with_view(self, view: View) -> Result:
        """The same result in another order, or with other filters.

        Examples
        --------
        >>> result.with_view(View("Name")).hits.index.is_monotonic_increasing
        True
        """
        return replace(self, view=view)

    def budget(self, number: int) -> Budget:
        """True, selective dependencies to expect among the first `number` rows, with the interval of held-out lines.

        Examples
        --------
        >>> promise = result.budget(20)
        >>> promise.low <= promise.expected <= promise.high
        True
        """
        return budget(self.hits, number, calibration_of(self.model, self.scored).yields)

    def controls(self, number: int, each: int = 5) -> pd.DataFrame:
        """Controls to put beside the first `number` rows, by stated rules.

        Examples
        --------
        >>> sorted(set(result.controls(20)["control"]))
        ['negative', 'positive', 'specificity']
        """
        rows, score = self.hits.index[:number], self.model.panel.score
        return matched_controls(self.table, rows, each, score.higher_is_stronger)

    def pilot(
        self, number: int, *, candidates: Collection[str] | None = None, around: int | None = None
    ) -> pd.DataFrame:
        """Which rows to measure first, or next: those that tell most of the others.

        Parameters
        ----------
        number
            How many.
        candidates
            What there is to be tested; None: everything.
        around
            Choose for what they tell of the first so many rows of `hits`; None: of all.

        Examples
        --------
        >>> len(result.pilot(20))
        20
        """
        if around is not None and around < 1:
            raise UserError(f"around takes 1 or more rows, not {around}.")
        rows = None if around is None else list(map(str, self.hits.index[:around]))
        pilot = self.scored.pilot
        done = () if pilot is None else list(map(str, pilot.pilot.values.index))
        return propose_plate(self.model, number, candidates, rows, done)

    def with_measured(
        self,
        measured: pd.Series | pd.DataFrame | PathLike,
        *,
        same_unit: bool = True,
        direction: str | None = None,
        column: str | None = None,
        rows: str | None = None,
        same_study: bool | None = None,
        certain: bool = False,
        laboratory: pd.DataFrame | PathLike | None = None,
    ) -> Result:
        """The same sample, now that some of its rows are measured: the rest is ranked anew (docs/pilot.md).

        Called again, it adds to what was measured before.

        Parameters
        ----------
        measured
            Scores by gene or drug: a series, a table with names in its index, or a file.
        same_unit
            Whether they are in the panel's unit.
        direction
            Which end is stronger (``lower`` or ``higher``), where titles do not say; of the panel's unit its own.
        column, rows
            Which column, where there are several; which label's rows, where lists are stacked.
        same_study
            Whether the panel's own laboratory measured them; None: told from the values.
        certain
            Whether it is known that this sample was on the plate.
        laboratory
            What the same laboratory measured of the panel's lines: lines x genes or drugs.

        Raises
        ------
        ChoiceNeededError, SampleError
            If only the user can tell what a column is; if the rest cannot be told from these rows.

        Examples
        --------
        >>> measured = result.table.loc[result.pilot(20).index, "predicted"] - 0.3
        >>> len(result.with_measured(measured).scored.pilot.rows)
        20
        """
        file = Measured(*_as_file(measured), same_unit, ScreenOptions(column, direction, rows=rows))
        table = None if laboratory is None else _as_file(laboratory)
        names = gene_names_of(Store(self.home), [self.model])
        pilot = read_pilot(self.model, file, names, same_study=same_study, certain=certain, laboratory=table)
        return replace(self, scored=with_pilot(self.model, self.scored, pilot))

    def explain(self, perturbation: str, gene_sets: GeneSets | PathLike | None = None) -> Explanation:
        """Say which genes and pathways the predictions of one perturbation rest on; made once, then found.

        Examples
        --------
        >>> result.explain("SOX10").perturbation
        'SOX10'
        """
        return explain_kept(self.model, perturbation, gene_sets, self.home)

    def export(self, number: int | None = None) -> ListExport:
        """The first `number` rows (None: all of `hits`) as files of every format.

        Examples
        --------
        >>> result.export(5).content("txt").decode().split() == list(result.hits.index[:5])
        True
        """
        score = self.model.panel.score
        rows = self.hits if number is None else self.hits.head(number)
        words = f"first {len(rows)} of: {show(self.table, score, self._view).sentence(score.noun)}"
        controls = self.controls(len(rows)) if score.kind == "gene" else rows.head(0)
        scored = replace(self.scored, table=self.table)
        return ListExport(
            self.model,
            scored,
            rows,
            f"{words}; order: {in_words(self._view)}",
            self.upload,
            "hits" if number is None else f"top-{number}",
            controls,
            entrez=lambda: {symbol: entrez for entrez, symbol in self.model.panel.entrez.items()},
        )

    def to_csv(self, path: PathLike, number: int | None = None) -> None:
        """Write the list as CSV, with where it comes from in its first lines."""
        self._write(path, "csv", number)

    def to_excel(self, path: PathLike, number: int | None = None) -> None:
        """Write the list as a workbook: hits, controls, all predictions, members, input check."""
        self._write(path, "xlsx", number)

    def to(self, path: PathLike, kind: str, number: int | None = None) -> None:
        """Write the list in any format of `leap_core.report.list_export.FORMATS`.

        Raises
        ------
        UserError
            If there is no such format.
        """
        if kind not in FORMATS:
            raise UserError(f"There is no format {kind!r}; there are {', '.join(FORMATS)}.")
        self._write(path, kind, number)

    def to_html(self, path: PathLike, number: int = 50) -> None:
        """Write the report as one HTML file that needs no network."""
        export = self.export(number)
        chosen = Chosen(self._view, number, controls=export.controls)
        Path(path).write_bytes(sample_report(self.model, self.scored, chosen, export.provenance))

    def _write(self, path: PathLike, kind: str, number: int | None) -> None:
        Path(path).write_bytes(self.export(number).content(kind))
