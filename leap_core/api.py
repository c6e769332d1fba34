"""The Python API: read a panel, train, score samples, and the estimator. The same services as pages and commands.

>>> import leap_core as leap
>>> panel = leap.read_panel("E.csv", "R.csv", lines="Model.csv", score="gene_effect")  # doctest: +SKIP
>>> model = leap.train(panel, recipe="leap-best", name="mine")  # doctest: +SKIP
>>> result = model.score("samples.csv")["my_line"]  # doctest: +SKIP
>>> result.hits.head(20)  # doctest: +SKIP
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from functools import cached_property
from pathlib import Path
from typing import Literal

import pandas as pd

from leap_core.errors import SampleError, UserError
from leap_core.explain.explanation import Explanation
from leap_core.explain.kept import explain_once
from leap_core.io.gene_sets import GeneSets, read_gmt
from leap_core.io.tables import PANEL_LIMIT
from leap_core.model.catalogue import DEFAULT, recipe_called
from leap_core.model.layers.device import resolve_device
from leap_core.model.recipe import Recipe
from leap_core.model.regressor import LeapRegressor
from leap_core.panel.joining import Join
from leap_core.panel.kept import keep_panel
from leap_core.panel.panel import Panel, PanelSources
from leap_core.panel.panel import read_panel as read_panel_files
from leap_core.passport.passport import Passport
from leap_core.ranking.budget import Budget, budget
from leap_core.ranking.controls import matched_controls
from leap_core.ranking.hit_table import View, in_words, show, with_priority
from leap_core.report.list_export import FORMATS, ListExport
from leap_core.report.sample_report import Chosen, sample_report
from leap_core.run.mapping import ThreadMapper
from leap_core.run.runtime import Runtime
from leap_core.run.store import Store, check_name, default_home
from leap_core.sample.pooling import KEEP
from leap_core.sample.profiles import Duplicates, Profiles, ReadOptions
from leap_core.sample.uploads import read_uploads
from leap_core.services import models, training
from leap_core.services.scoring import ScoredSample, sample_members, score_sample

__all__ = ["LeapRegressor", "Model", "Panel", "Result", "Results", "load", "read_panel", "read_samples", "train"]

PathLike = str | Path


def read_panel(
    expression: PathLike,
    response: PathLike,
    *,
    lines: PathLike | None = None,
    score: str | None = None,
    unit: str | None = None,
    release: str | None = None,
    fingerprints: PathLike | None = None,
    more_expression: Sequence[PathLike] = (),
    join: Join = "auto",
) -> Panel:
    """Read and align the tables of a screen.

    Parameters
    ----------
    expression
        Lines x genes, log2(TPM+1) or RMA log2; CSV or parquet, either way round.
    response
        Lines x perturbations; empty = not screened.
    lines
        DepMap's Model.csv, or a table like it: patient and lineage of each line.
    score, unit, release
        Score type and expression unit where they cannot be told; where the data come from, in words.
    fingerprints
        Gene sets (GMT), or a table of drugs, for pan-perturbation recipes.
    more_expression, join
        Expression of further lines from other studies, and how it is brought to the first table.

    Returns
    -------
    Panel
        Its `report` says what was dropped.

    Raises
    ------
    UnreadableTableError, PanelError
        With what was found, what was expected, and what to do.
    """
    sources = PanelSources(
        Path(expression),
        Path(response),
        None if lines is None else Path(lines),
        score,
        unit,
        release,
        None if fingerprints is None else Path(fingerprints),
        tuple(map(Path, more_expression)),
        join,
    )
    return read_panel_files(sources)


def train(
    panel: Panel,
    recipe: str | Recipe = DEFAULT,
    *,
    name: str,
    home: PathLike | None = None,
    accuracy: Literal["outer", "none"] = "outer",
    workers: int | None = None,
    device: str = "auto",
) -> Model:
    """Train a model and keep it under a name; what was finished before is found.

    Parameters
    ----------
    panel
        From `read_panel`.
    recipe
        A recipe or its name.
    name
        What the model is called.
    home
        Folder of the store; None: ``LEAP_HOME``, or ``data/models``.
    accuracy
        ``"outer"`` measures the accuracy on unseen lines; without it no row has one, and intervals are not calibrated.
    workers
        Threads; None: one per core. Changes the time, never a result.
    device
        ``"auto"``, ``"cpu"`` or ``"cuda"``, for trained autoencoders.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> from leap_core.panel.demo import simulate_demo
    >>> from leap_core.services.demo import demo_panels
    >>> panel = demo_panels(simulate_demo())["Demo drugs"]
    >>> with TemporaryDirectory() as home:
    ...     train(panel, "pca-ridge", name="drugs", home=home, accuracy="none").accuracy_measured
    False
    """
    store = Store(default_home() if home is None else Path(home))
    chosen = recipe if isinstance(recipe, Recipe) else recipe_called(recipe)
    mapper = ThreadMapper() if workers is None else ThreadMapper(workers)
    runtime = Runtime(store, mapper, resolve_device(device, chosen.uses_device))
    training.train(keep_panel(panel, store), chosen, accuracy, runtime, check_name(name))
    return load(name, home=store.home)


def load(name: str, *, home: PathLike | None = None) -> Model:
    """Open a trained model by its name.

    Raises
    ------
    UnknownModelError
        If there is none of that name.
    StoreError
        If it was trained by an older version of this program.
    """
    store = Store(default_home() if home is None else Path(home))
    model = models.load_model(name, store)
    return Model(**{entry.name: getattr(model, entry.name) for entry in fields(model)}, home=store.home)


def read_samples(
    files: Sequence[PathLike],
    model: Model,
    *,
    unit: str | None = None,
    value: str | None = None,
    duplicates: Duplicates = "highest",
    turned: bool = False,
    pool: str = KEEP,
) -> Profiles:
    """Read files of samples under gene symbols.

    Parameters
    ----------
    files
        Any table of expression; each may hold several samples.
    model
        Whose genes and identifiers are known beside the tables of the store.
    unit
        Overrules the verdict on the unit.
    value
        Column of a long table that holds the expression.
    duplicates
        What becomes of a gene that occurs twice: ``highest``, ``mean`` or ``sum``.
    turned
        Take the tables the other way round than they look.
    pool
        ``keep``, ``replicates``, ``all`` or ``cells`` (`leap_core.sample.pooling.POOLING`).

    Raises
    ------
    UnreadableTableError, SampleError
        With what was found, what was expected, and the way out.
    """
    paths = [Path(file) for file in files]
    names = models.gene_names_of(model.store, [model])
    options = ReadOptions(value, duplicates, unit, turned)
    return read_uploads(
        [(path.name, path) for path in paths], models.known_genes([model]), names, options, pool, PANEL_LIMIT
    )


@dataclass(frozen=True)
class Model(models.Model):
    """A trained model that scores files.

    Attributes
    ----------
    name, created
        Its name, and when its training ended (ISO 8601, UTC).
    panel, ensemble
        What it was trained on, and the fitted ensemble.
    home
        Folder of its store.
    """

    home: Path = Path()

    @property
    def store(self) -> Store:
        """The store that it was opened from."""
        return Store(self.home)

    def score(
        self,
        *files: PathLike,
        unit: str | None = None,
        value: str | None = None,
        duplicates: Duplicates = "highest",
        turned: bool = False,
        pool: str = KEEP,
    ) -> Results:
        """Score the samples of one or several files (see `read_samples`).

        Raises
        ------
        SampleError
            If none can be scored; `Results.refused` says why single ones cannot.
        """
        if not files:
            raise UserError("score needs at least one file of samples.")
        profiles = read_samples(files, self, unit=unit, value=value, duplicates=duplicates, turned=turned, pool=pool)
        return self.score_profiles(profiles)

    def score_profiles(self, profiles: Profiles) -> Results:
        """Score samples that were read already."""
        annotations = models.annotations_of(self.store, profiles.names)
        found: dict[str, Result] = {}
        refused: dict[str, str] = {}
        for sample in profiles.samples:
            try:
                scored = score_sample(self, profiles, sample, annotations)
                found[sample] = Result(self, scored, profiles.file_name)
            except SampleError as error:
                refused[sample] = str(error)
        if not found:
            raise SampleError(next(iter(refused.values())))
        return Results(found, refused)

    def explain(self, perturbation: str, gene_sets: GeneSets | PathLike | None = None) -> Explanation:
        """Say which genes and pathways the predictions of one perturbation rest on; made once, then found."""
        sets = read_gmt(Path(gene_sets)) if isinstance(gene_sets, (str, Path)) else gene_sets
        return explain_once(self, perturbation, sets, self.store, ThreadMapper())


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
    view
        Order and filters of `hits`; None: the default ones.
    """

    model: Model
    scored: ScoredSample
    upload: str
    view: View | None = None

    @property
    def passport(self) -> Passport:
        """The check of the input: light, findings, distance to the panel, nearest lines."""
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
        """The ranked list: common essentials and rows below the accuracy cut are hidden, unless the view says so."""
        return show(self.table, self.model.panel.score, self._view).table

    @cached_property
    def members(self) -> pd.DataFrame:
        """Predictions of every member: rows ``layer_<l>_fold_<k>``, columns perturbations."""
        return sample_members(self.model, self.scored)

    def with_view(self, view: View) -> Result:
        """The same result in another order, or with other filters."""
        return replace(self, view=view)

    def budget(self, number: int) -> Budget:
        """True, selective dependencies to expect among the first `number` rows, with the interval of held-out lines."""
        return budget(self.hits, number, self.model.calibration.yields)

    def controls(self, number: int, each: int = 5) -> pd.DataFrame:
        """Controls to put beside the first `number` rows, by stated rules."""
        rows, score = self.hits.index[:number], self.model.panel.score
        return matched_controls(self.table, rows, each, score.higher_is_stronger)

    def explain(self, perturbation: str, gene_sets: GeneSets | PathLike | None = None) -> Explanation:
        """See `Model.explain`."""
        return self.model.explain(perturbation, gene_sets)

    def export(self, number: int | None = None) -> ListExport:
        """The first `number` rows (None: all of `hits`) as files of every format."""
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
