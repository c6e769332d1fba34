"""Scores of resampled lines: how sure an accuracy is, and whether it differs from a baseline's.

Patients are drawn with replacement. Ranks (or, for AUROC, the placements of DeLong et al. 1988, Biometrics 44) are
those of all lines and only their weights change with the draw, so that all draws of all perturbations are a few matrix
products.
"""

from __future__ import annotations

from functools import partial

import numpy as np

from leap_core.arrays import Array, Floats, Ints, Mask, centred_ranks
from leap_core.run.blocks import in_blocks
from leap_core.run.seeds import seed_of

DRAWS = 400
_MIN_LINES = 3


def drawn_weights(patients: list[str], draws: int = DRAWS) -> Array:
    """How often each line is drawn: (draws, n), whole patients at a time; the first row is all lines once."""
    names, which = np.unique(np.asarray(patients, dtype=str), return_inverse=True)
    random = np.random.default_rng(seed_of("resampled patients", len(names)))
    counts = random.multinomial(len(names), np.full(len(names), 1.0 / len(names)), size=draws - 1)
    return np.vstack([np.ones(len(patients)), counts[:, which]])


def resampled_scores(predicted: Floats, measured: Floats, folds: Ints, weights: Array, metric: str) -> Array:
    """Score of every draw, within each fold of held-out lines and averaged over the folds that have one.

    Parameters
    ----------
    predicted, measured
        (n, q) of all lines, each predicted without its fold; NaN in `measured` = not screened.
    folds
        (n,) outer fold of each line.
    weights
        (draws, n) from `drawn_weights`.
    metric
        ``spearman`` or ``auroc``.

    Returns
    -------
    numpy.ndarray
        (draws, q); NaN where no fold has a score. A constant prediction has no skill (0, or 0.5).
    """
    score = {"spearman": _spearman, "auroc": _auroc}[metric]
    total, count = np.zeros((len(weights), measured.shape[1])), np.zeros((len(weights), measured.shape[1]))
    for fold in np.unique(folds):
        inside = folds == fold
        found = in_blocks(partial(score, weights[:, inside]), predicted[inside], measured[inside])
        there = np.isfinite(found)
        total += np.where(there, found, 0.0)
        count += there
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)


def _ranks(values: Floats, observed: Mask) -> Array:
    """Ranks within each column over its observed rows, centred; 0 elsewhere."""
    if observed.all():
        return centred_ranks(values)
    # What is not observed stands behind everything else, and so changes no rank before it.
    behind = centred_ranks(np.where(observed, values, np.inf)) + 0.5 * (len(values) - observed.sum(axis=0))
    return np.where(observed, behind, 0.0)


def _spearman(weights: Array, predicted: Floats, measured: Floats) -> Array:
    observed = np.isfinite(measured)
    a, b = _ranks(predicted, observed), _ranks(measured, observed)
    size = weights @ observed
    with np.errstate(invalid="ignore", divide="ignore"):
        mean_a, mean_b = (weights @ a) / size, (weights @ b) / size
        covariance = (weights @ (a * b)) / size - mean_a * mean_b
        spread_a = (weights @ (a * a)) / size - mean_a**2
        spread_b = (weights @ (b * b)) / size - mean_b**2
        score = covariance / np.sqrt(spread_a * spread_b)
    defined = (observed.sum(axis=0) >= _MIN_LINES) & (np.abs(b).max(axis=0) > 0)
    # Lines that were drawn may be alike by chance: no skill is seen there.
    return np.where(defined, np.nan_to_num(score, nan=0.0, posinf=0.0, neginf=0.0), np.nan)


def _auroc(weights: Array, predicted: Floats, measured: Floats) -> Array:
    observed = np.isfinite(measured)
    positive = observed & (measured > 0.5)
    negative = observed & ~positive
    ranks = _ranks(predicted, observed) + 0.5 * (observed.sum(axis=0) + 1)
    within = np.where(positive, _ranks(predicted, positive) + 0.5 * (positive.sum(axis=0) + 1), 0.0)
    within += np.where(negative, _ranks(predicted, negative) + 0.5 * (negative.sum(axis=0) + 1), 0.0)
    positives, negatives = positive.sum(axis=0), negative.sum(axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        # Placement of a positive: the share of negatives below it; of a negative: the share of positives above it.
        of_positive = np.where(positive, (ranks - within) / negatives, 0.0)
        of_negative = np.where(negative, 1.0 - (ranks - within) / positives, 0.0)
        area = of_positive.sum(axis=0) / positives
        drawn_positive = (weights @ of_positive) / (weights @ positive)
        drawn_negative = (weights @ of_negative) / (weights @ negative)
        score = drawn_positive + drawn_negative - area
    defined = (positives > 0) & (negatives > 0) & (observed.sum(axis=0) >= _MIN_LINES)
    return np.where(defined, np.where(np.isfinite(score), np.clip(score, 0.0, 1.0), area), np.nan)
