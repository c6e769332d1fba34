"""Rough seconds on one core that the stages take, so that progress and time left mean something."""

from __future__ import annotations

from leap_core.model.heads.chunks import CHUNK, chunk_count
from leap_core.model.recipe import PlannedLayer, Recipe, as_plain
from leap_core.model.training import TrainingSet
from leap_core.run.progress import Progress

LAYERS = "learning representations"
HEADS = "fitting one model per perturbation"
ACCURACY = "measuring accuracy on unseen lines"

# Measured seconds for one perturbation and one fold, with the catalogue's settings, by kind of regressor: a constant,
# and a rate times powers of the lines and of the features (of which no more than lines count).
_SECONDS = {
    "PS-LASSO": (2e-4, 5e-11, 0, 3),
    "PS-elastic-net": (4.6e-4, 1.15e-10, 0, 3),
    "PS-ridge": (1.5e-4, 3e-11, 0, 3),
    "multi-target ridge": (5e-5, 2.5e-10, 2, 0),
    "gene-weighted multi-target ridge": (1.5e-4, 8e-10, 2, 0),
    # Of perturbations that miss different lines; those that share them cost a tenth.
    "PS-kernel-ridge": (1e-3, 6e-11, 3, 0),
    "PS-kNN": (1e-5, 9e-10, 2, 0),
    "PS-LightGBM": (0.1, 2e-8, 1, 1),
    "PP-LightGBM": (0.0, 8e-7, 1, 1),
    "PS-MLP": (0.0, 1.2e-7, 1, 1),
    "PP-MLP": (0.0, 1.6e-4, 1, 0.24),
    "PP-tDNN": (0.0, 3.7e-5, 1, 0.4),
}
# What further studies cost: their columns, their lines, and the choice of their weights.
_WITH_FURTHER = 3.0
# A kind that nobody has measured.
_UNKNOWN = (1e-3, 0.0, 0, 0)


def layer_work(data: TrainingSet, recipe: Recipe, layer: PlannedLayer) -> float:
    """One layer."""
    settings = as_plain(layer.representation)
    lines = len(data.expression) + len(data.unlabelled)
    genes = min(data.expression.shape[1], recipe.preprocessing.max_genes)
    if "max_epochs" in settings:
        return 3e-10 * lines * genes * float(settings["latent"]) * float(settings["max_epochs"]) + 0.05
    return 1e-10 * lines**2 * (genes + 10 * lines) + 0.01


def chunk_work(data: TrainingSet, recipe: Recipe, layer: PlannedLayer) -> float:
    """One chunk of a layer's heads, all folds."""
    settings, lines = as_plain(layer.representation), len(data.expression)
    genes = min(data.expression.shape[1], recipe.preprocessing.max_genes)
    features = min(settings.get("latent") or settings.get("components") or genes, genes, lines)
    fixed, rate, of_lines, of_features = _SECONDS.get(layer.regressor.kind, _UNKNOWN)
    further = data.further is not None and layer.regressor.takes_further
    seconds = fixed + rate * lines**of_lines * features**of_features
    return CHUNK * recipe.folds * seconds * (_WITH_FURTHER if further else 1.0)


def heads_work(data: TrainingSet, recipe: Recipe, layer: PlannedLayer) -> float:
    """The heads of one layer."""
    return sum(planned_chunks(data, block) for block in data.blocks()) * chunk_work(data, recipe, layer)


def ensemble_work(data: TrainingSet, recipe: Recipe) -> dict[str, float]:
    """All layers and heads of one ensemble, by stage."""
    return {
        LAYERS: sum(layer_work(data, recipe, layer) for layer in recipe.plan),
        HEADS: sum(heads_work(data, recipe, layer) for layer in recipe.plan),
    }


class Chunks:
    """Reports the chunks of one block of heads; those that were planned but not needed are taken off at the end."""

    def __init__(self, progress: Progress, stage: str, work: float, planned: int) -> None:
        self.progress, self.stage, self.work, self.left = progress, stage, work, planned

    def done(self) -> None:
        """One chunk is finished."""
        self.left -= 1
        self.progress.advance(self.stage, self.work)

    def end(self) -> None:
        """The block is finished."""
        self.progress.skip(self.stage, self.work * self.left)


def planned_chunks(data: TrainingSet, block: slice) -> int:
    """How many chunks a block of perturbations will probably take."""
    return chunk_count(int(data.learnable[block].sum()))


def held_out_work(data: TrainingSet, recipe: Recipe) -> float:
    """Predicting lines that take no part in the training: all layers and heads."""
    return sum(ensemble_work(data, recipe).values())
