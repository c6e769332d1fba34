"""The one place that wires stages, store and execution: from panel files to a trained model in the store."""

from leap_core.pipeline.accuracy import measure_accuracy, outer_fold
from leap_core.pipeline.evaluation import evaluate, evaluation_work, keep_evaluation, kept_evaluations
from leap_core.pipeline.panels import import_panel, keep_panel, stored_panel
from leap_core.pipeline.runtime import Runtime, resolve_device
from leap_core.pipeline.stages import (
    TrainedStages,
    assemble_ensemble,
    fit_ensemble,
    read_layer_heads,
    train_heads,
    train_layers,
    training_set,
)
from leap_core.pipeline.training import MODEL_CONTENTS, Accuracy, parts_of, planned_work, train
from leap_core.pipeline.unseen import predict_unseen

__all__ = [
    "MODEL_CONTENTS",
    "Accuracy",
    "Runtime",
    "TrainedStages",
    "assemble_ensemble",
    "evaluate",
    "evaluation_work",
    "fit_ensemble",
    "import_panel",
    "keep_evaluation",
    "keep_panel",
    "kept_evaluations",
    "measure_accuracy",
    "outer_fold",
    "parts_of",
    "planned_work",
    "predict_unseen",
    "read_layer_heads",
    "resolve_device",
    "stored_panel",
    "train",
    "train_heads",
    "train_layers",
    "training_set",
]
