"""The Python API: read a panel, train, score samples, and the estimator. The same services as pages and commands.

In the examples `folder` holds a small made-up screen, `home` a store with the demo's models, and `samples` is the
demo's melanoma line.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Literal

from leap_core.errors import SampleError, UserError
from leap_core.explain.explanation import Explanation
from leap_core.io.gene_sets import GeneSets
from leap_core.io.tables import PANEL_LIMIT
from leap_core.model.catalogue import DEFAULT, recipe_called
from leap_core.model.layers.device import resolve_device
from leap_core.model.recipe import Recipe
from leap_core.model.regressor import LeapRegressor
from leap_core.panel.further_studies import FurtherSource
from leap_core.panel.joining import Join
from leap_core.panel.kept import keep_panel
from leap_core.panel.panel import Panel
from leap_core.panel.reading import PanelSources
from leap_core.panel.reading import read_panel as read_panel_files
from leap_core.report.result import PathLike, Result, Results, explain_kept
from leap_core.run.mapping import ThreadMapper
from leap_core.run.names import check_name
from leap_core.run.runtime import Runtime
from leap_core.run.store import Store, default_home
from leap_core.sample.pooling import KEEP
from leap_core.sample.profiles import Duplicates, Profiles, ReadOptions
from leap_core.sample.uploads import named_files, read_uploads
from leap_core.services import models, training
from leap_core.services.scoring import score_sample

__all__ = ["LeapRegressor", "Model", "Panel", "Result", "Results", "load", "read_panel", "read_samples", "train"]


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
    also: Mapping[PathLike, str | None] | Sequence[PathLike] = (),
    drugs: PathLike | None = None,
) -> Panel:
    """Read and align the tables of a screen.

    Parameters
    ----------
    expression, response
        Lines x genes, log2(TPM+1) or RMA log2; lines x perturbations, empty = not screened. Either way round.
    lines
        DepMap's Model.csv, or a table like it: patient and lineage of each line.
    score, unit, release, fingerprints
        Score type and expression unit where they cannot be told; where the data come from, in words; gene sets (GMT),
        or a table of drugs, for pan-perturbation recipes.
    more_expression, join
        Expression of further lines from other studies, and how it is brought to the first table.
    also, drugs
        Files of other studies' responses (or with their score types), which a model learns from and predicts, too, and
        a table of drugs by whose synonyms they are joined.

    Returns
    -------
    Panel
        Its `report` says what was dropped.

    Raises
    ------
    UnreadableTableError, PanelError
        With what was found, what was expected, and what to do.

    Examples
    --------
    >>> panel = read_panel(folder / "E.csv", folder / "R.csv", lines=folder / "Model.csv", score="gene_effect")
    >>> panel.response.shape
    (90, 12)
    """
    paths = Path(expression), Path(response), _path(lines)
    sources = PanelSources(*paths, score, unit, release, _path(fingerprints), join=join)
    further = tuple(map(Path, more_expression))
    return read_panel_files(replace(sources, further=further, also=_studies(also), drugs=_path(drugs)))


def _studies(also: Mapping[PathLike, str | None] | Sequence[PathLike]) -> tuple[FurtherSource, ...]:
    types = also if isinstance(also, Mapping) else dict.fromkeys(also)
    return tuple(FurtherSource(Path(file), type_) for file, type_ in types.items())


def _path(file: PathLike | None) -> Path | None:
    return None if file is None else Path(file)


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
    >>> panel = read_panel(folder / "E.csv", folder / "R.csv", lines=folder / "Model.csv", score="gene_effect")
    >>> model = train(panel, "pca-ridge", name="mine", home=folder / "store", accuracy="none")
    >>> model.table["status"].value_counts().to_dict()
    {'ok': 12}
    """
    store = Store(default_home() if home is None else Path(home))
    chosen = recipe if isinstance(recipe, Recipe) else recipe_called(recipe)
    mapper = ThreadMapper() if workers is None else ThreadMapper(workers)
    runtime = Runtime(store, mapper, resolve_device(device, chosen.uses_device))
    with store.in_use():
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

    Examples
    --------
    >>> load("Demo genes", home=home).panel.score.direction
    'lower = more dependent'
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

    Examples
    --------
    >>> read_samples([samples], load("Demo genes", home=home)).verdicts[0].kind
    'log2(TPM+1)'
    """
    paths = [Path(file) for file in files]
    names = models.gene_names_of(model.store, [model])
    options = ReadOptions(value, duplicates, unit, turned)
    return read_uploads(named_files(paths), models.known_genes([model]), names, options, pool, PANEL_LIMIT)


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

        Examples
        --------
        >>> list(load("Demo genes", home=home).score(samples))
        ['SIM-MEL-HELDOUT']
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
                found[sample] = Result(self, scored, profiles.file_name, self.home)
            except SampleError as error:
                refused[sample] = str(error)
        if not found:
            raise SampleError(next(iter(refused.values())))
        return Results(found, refused)

    def explain(self, perturbation: str, gene_sets: GeneSets | PathLike | None = None) -> Explanation:
        """Say which genes and pathways the predictions of one perturbation rest on; made once, then found.

        Examples
        --------
        >>> load("Demo genes", home=home).explain("SOX10").perturbation
        'SOX10'
        """
        return explain_kept(self, perturbation, gene_sets, self.home)
