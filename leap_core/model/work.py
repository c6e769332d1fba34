"""Rough seconds on one core that the stages take, so that progress and time left mean something."""

from __future__ import annotations

from leap_core.model.heads.gram import CHUNK, chunk_count
from leap_core.model.recipe import PlannedLayer, Recipe, as_plain
from leap_core.model.training import TrainingSet
from leap_core.run.progress import Progress

LAYERS = "learning representations"
HEADS = "fitting one model per perturbation"
ACCURACY = "measuring accuracy on unseen lines"


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
    settings = as_plain(layer.representation)
    genes = min(data.expression.shape[1], recipe.preprocessing.max_genes)
    latent = settings.get("latent") or settings.get("components")
    features = genes if latent is None else min(latent, genes, len(data.expression))
    return CHUNK * recipe.folds * layer.regressor.seconds(len(data.expression), features)


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


def unseen_work(data: TrainingSet, recipe: Recipe) -> float:
    """Predicting lines that take no part in the training: all layers and heads."""
    return sum(ensemble_work(data, recipe).values())
