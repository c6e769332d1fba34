"""Perturbations that nobody has screened, as a pan-perturbation model sees them by their fingerprints."""

from __future__ import annotations

import numpy as np
import pandas as pd

from leap_core.services.models import Model
from leap_core.services.scoring import ScoredSample

NOTICE = (
    "Never screened: neither the model's panel nor anyone whose data it has seen measured these. The model carries over"
    " what it learnt of perturbations with similar fingerprints; it may be right about what is alike, and cannot know"
    " what is peculiar."
)

ROWS_IN_WORDS = f"{{}} that were never screened, by difference from the mean of their fingerprint. {NOTICE}"


def has_unscreened(model: Model) -> bool:
    """Whether a model can say anything of perturbations that were never screened."""
    fingerprints = model.panel.fingerprints
    return model.ensemble.pan and fingerprints is not None and bool(fingerprints.others(model.ensemble.perturbations))


def unscreened_table(model: Model, scored: ScoredSample) -> pd.DataFrame:
    """Predictions for one sample, those first that exceed what their fingerprint promises on average.

    Returns
    -------
    pandas.DataFrame
        Index perturbations; ``predicted`` in the panel's score, ``expected_mean`` (over lines, by the fingerprint
        alone), ``difference``, ``most_similar`` (screened perturbation with the closest fingerprint) and ``similarity``
        (cosine of the fingerprints).

    Raises
    ------
    ValueError
        If the model can say nothing of them (see `has_unscreened`).
    """
    fingerprints = model.panel.fingerprints
    if not has_unscreened(model) or fingerprints is None:
        raise ValueError(f"{model.name} knows no perturbation but those that it was trained on")
    names = fingerprints.others(model.ensemble.perturbations)
    marks = fingerprints.of(names)
    predicted, expected = model.ensemble.predict_unscreened(scored.checked.values, marks)
    difference = predicted[0] - expected
    screened = [name for name in model.ensemble.perturbations if not fingerprints.missing([name])]
    known = _unit(fingerprints.of(screened))
    cosine = _unit(marks) @ known.T
    nearest = np.argmax(cosine, axis=1)
    table = pd.DataFrame(
        {
            "predicted": predicted[0].astype(float),
            "expected_mean": expected.astype(float),
            "difference": difference.astype(float),
            "most_similar": [screened[place] for place in nearest],
            "similarity": cosine[np.arange(len(names)), nearest].astype(float),
        },
        index=pd.Index(names, name="perturbation"),
    )
    return table.sort_values("difference", ascending=not model.panel.score.higher_is_stronger, kind="stable")


def _unit(marks: np.ndarray) -> np.ndarray:
    length = np.sqrt(np.square(marks.astype(np.float64)).sum(axis=1, keepdims=True))
    unit: np.ndarray = marks / np.maximum(length, 1e-12)
    return unit
