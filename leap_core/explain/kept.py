"""Explanations in the store.

Made once for a model, a perturbation and gene sets, found again by every session and command.
"""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from leap_core.explain.enrichment import PATHWAY_COLUMNS
from leap_core.explain.explanation import Explanation, explain, settings_of
from leap_core.explain.stability import THRESHOLDS, Stability
from leap_core.explain.student import Student
from leap_core.io.gene_sets import GeneSets
from leap_core.run import formats
from leap_core.run.mapping import Done, Mapper, nothing
from leap_core.run.store import Recipe, Store, key_of
from leap_core.services.models import Model

STAGE = "explanation"
# Rises with every change of what an explanation is made of or holds.
_CONTENTS = 1


def kept_explanation(model: Model, perturbation: str, gene_sets: GeneSets | None, store: Store) -> Explanation | None:
    """The explanation, if somebody has made it."""
    key = key_of(_recipe(model, perturbation, gene_sets))
    return _read(store.folder(key), perturbation, model) if store.has(key) else None


def explain_once(
    model: Model,
    perturbation: str,
    gene_sets: GeneSets | None,
    store: Store,
    mapper: Mapper | None = None,
    done: Done = nothing,
) -> Explanation:
    """Find the explanation in the store, or make it and keep it there.

    Parameters
    ----------
    model, perturbation, gene_sets, mapper, done
        As in `leap_core.explain.explanation.explain`.
    store
        Where it is kept; what is kept is about the model, nothing of a user's sample.

    Raises
    ------
    UserError
        If the model has no such perturbation, or could not learn it.
    """
    if (found := kept_explanation(model, perturbation, gene_sets, store)) is not None:
        return found
    made = explain(model, perturbation, gene_sets, mapper=mapper, done=done)
    store.make(_recipe(model, perturbation, gene_sets), lambda folder: _write(folder, made))
    return made


def _recipe(model: Model, perturbation: str, gene_sets: GeneSets | None) -> Recipe:
    return {
        "stage": STAGE,
        "contents": _CONTENTS,
        "model": model.key,
        "perturbation": perturbation,
        "settings": asdict(settings_of(model, perturbation)),
        "gene_sets": None if gene_sets is None else gene_sets.digest,
    }


def _write(folder: Path, made: Explanation) -> None:
    stability = made.stability
    arrays: formats.Arrays = {
        "penalties": stability.penalties,
        "counts": stability.counts.astype(np.int16),
        "positive": stability.positive.astype(np.int16),
        "selected": stability.selected,
        "surface": stability.surface,
        "halves": stability.halves,
        "groups": made.groups,
        "group_proportions": made.group_proportions,
        "weights": made.student.weights,
    }
    formats.write_arrays(folder, "stability", arrays)
    if made.pathway_student:
        formats.write_arrays(
            folder, "pathway_students", {score: student.weights for score, student in made.pathway_student.items()}
        )
    formats.write_table(folder, "pathways", made.pathways)
    content = {
        "draws": stability.draws,
        "chosen": stability.chosen,
        "student": _figures(made.student),
        "set_names": made.set_names,
        "pathway_students": {score: _figures(student) for score, student in made.pathway_student.items()},
    }
    formats.write_json(folder, "explanation", content)


def _read(folder: Path, perturbation: str, model: Model) -> Explanation:
    content, arrays = formats.read_json(folder, "explanation"), formats.read_arrays(folder, "stability")
    chosen = content["chosen"]
    stability = Stability(
        arrays["penalties"],
        arrays["counts"].astype(np.int64),
        arrays["positive"].astype(np.int64),
        content["draws"],
        arrays["selected"],
        arrays["surface"],
        THRESHOLDS,
        None if chosen is None else (int(chosen[0]), int(chosen[1])),
        arrays["halves"],
    )
    students = content["pathway_students"]
    weights = formats.read_arrays(folder, "pathway_students") if students else {}
    pathways: pd.DataFrame = formats.read_table(folder, "pathways")
    return Explanation(
        perturbation,
        Student(arrays["weights"], **content["student"]),
        stability,
        tuple(model.ensemble.standardiser.genes),
        arrays["groups"],
        arrays["group_proportions"],
        {score: Student(weights[score], **figures) for score, figures in students.items()},
        tuple(content["set_names"]),
        pathways[list(PATHWAY_COLUMNS)],
    )


def _figures(student: Student) -> dict[str, Any]:
    return {"penalty": student.penalty, "r2": student.r2, "spearman": student.spearman}
