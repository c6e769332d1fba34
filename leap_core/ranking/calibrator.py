"""Calibrated probabilities: from where a prediction stands to how often such a line truly depends, selectively.

Per perturbation a logistic curve of the robust z (Platt 1999), its slope drawn to what perturbations of that accuracy
have (empirical Bayes): some hundred lines with a few dozen events cannot carry a curve of their own, least of all three
parameters (beta calibration) or steps (Venn-Abers).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import expit, logit

from leap_core.arrays import Array, Floats, Mask

_PRIOR_SPREAD = 0.25
_INTERCEPT_SPREAD = 1.0
_MAX_Z = 6.0
_ROUNDS = 30
# Of all pairs of a panel; and what averaging may do to a slope before it is no averaging.
_FEWEST_EVENTS, _FACTORS = 20, (0.5, 2.0)


@dataclass(frozen=True)
class Calibrator:
    """Logistic curves, one per perturbation: P = 1 / (1 + exp(-(intercept + slope z))).

    Attributes
    ----------
    intercepts, slopes
        (q,).
    """

    intercepts: Array
    slopes: Array

    def among(self, usable: Mask) -> Calibrator:
        """That of some perturbations (q,)."""
        return Calibrator(self.intercepts[usable], self.slopes[usable])

    def probability(self, z: Array) -> Array:
        """Probability of z (..., q); NaN where there is no z."""
        found: Array = expit(self.intercepts + self.slopes * np.clip(z, -_MAX_Z, _MAX_Z))
        return found


def fit_calibrator(z: Array, event: Array, accuracy: Floats) -> Calibrator:
    """Fit the curves on lines that the models had not seen.

    Parameters
    ----------
    z
        (n, q) robust z of out-of-fold predictions.
    event
        (n, q) 1, 0 or NaN.
    accuracy
        (q,) what the prior slope depends on (NaN = the mean).
    """
    known = np.isfinite(z) & np.isfinite(event)
    x = np.where(known, np.clip(np.nan_to_num(z), -_MAX_Z, _MAX_Z), 0.0)
    y = np.where(known, np.nan_to_num(event), 0.0)
    count = known.sum(axis=0)
    prevalence = np.clip((y.sum(axis=0) + 0.5) / (count + 1.0), 1e-4, 1 - 1e-4)
    start = logit(prevalence)
    level = np.nan_to_num(accuracy - np.nanmean(accuracy)) if np.isfinite(accuracy).any() else np.zeros(z.shape[1])
    prior = _prior_slopes(x, y, known, start, level)
    intercepts, slopes = start.copy(), prior.copy()
    for _ in range(_ROUNDS):
        p = expit(intercepts + slopes * x)
        w = np.where(known, p * (1 - p), 0.0)
        rest = np.where(known, y - p, 0.0)
        g0 = rest.sum(axis=0) - (intercepts - start) / _INTERCEPT_SPREAD**2
        g1 = (rest * x).sum(axis=0) - (slopes - prior) / _PRIOR_SPREAD**2
        h00 = w.sum(axis=0) + 1 / _INTERCEPT_SPREAD**2
        h01 = (w * x).sum(axis=0)
        h11 = (w * x * x).sum(axis=0) + 1 / _PRIOR_SPREAD**2
        determinant = h00 * h11 - h01**2
        step0, step1 = (h11 * g0 - h01 * g1) / determinant, (h00 * g1 - h01 * g0) / determinant
        intercepts, slopes = intercepts + step0, slopes + step1
        if max(np.abs(step0).max(initial=0.0), np.abs(step1).max(initial=0.0)) < 1e-8:
            break
    return Calibrator(intercepts, slopes)


def _prior_slopes(x: Array, y: Array, known: Mask, start: Array, level: Array) -> Array:
    """Slope of each perturbation (q,) as a straight line of its accuracy, fitted to all at once.

    Never against the prediction.
    """
    slope = np.zeros(2)
    for _ in range(_ROUNDS):
        b = slope[0] + slope[1] * level
        p = expit(start + b * x)
        w = np.where(known, p * (1 - p), 0.0)
        per = np.where(known, (y - p) * x, 0.0).sum(axis=0)
        curve = (w * x * x).sum(axis=0)
        gradient = np.array([per.sum(), (per * level).sum()])
        hessian = np.array(
            [[curve.sum(), (curve * level).sum()], [(curve * level).sum(), (curve * level**2).sum()]]
        ) + 1e-6 * np.eye(2)
        step = np.linalg.solve(hessian, gradient)
        slope = slope + step
        if np.abs(step).max() < 1e-8:
            break
    return np.maximum(slope[0] + slope[1] * level, 0.0)


def recalibrated(calibrator: Calibrator, z: Array, event: Array) -> Calibrator:
    """Curves for predictions that average the models of several folds, from those of one fold's models.

    Averaging takes noise out of z, so each z says more. One shift of all intercepts and one factor of all slopes, by
    maximum likelihood over all pairs (Platt 1999, on the curves' own logits). The curves stay as they are where there
    are too few events to say.

    Parameters
    ----------
    calibrator
        Fitted on predictions by one fold's models each.
    z, event
        (n, q) of lines predicted by the mean over folds that had not seen them.
    """
    part = calibrator.slopes * np.clip(z, -_MAX_Z, _MAX_Z)
    known = np.isfinite(part) & np.isfinite(event)
    slope, level = part[known], np.broadcast_to(calibrator.intercepts, part.shape)[known]
    y = event[known]
    if not _FEWEST_EVENTS <= y.sum() <= len(y) - _FEWEST_EVENTS:
        return calibrator
    shift, factor = 0.0, 1.0
    for _ in range(_ROUNDS):
        p = expit(level + shift + factor * slope)
        w = p * (1 - p)
        gradient = np.array([(y - p).sum(), ((y - p) * slope).sum()])
        hessian = np.array([[w.sum(), (w * slope).sum()], [(w * slope).sum(), (w * slope**2).sum()]])
        step = np.linalg.solve(hessian + 1e-6 * np.eye(2), gradient)
        shift, factor = shift + float(step[0]), factor + float(step[1])
        if np.abs(step).max() < 1e-8:
            break
    if not _FACTORS[0] <= factor <= _FACTORS[1]:
        return calibrator
    return Calibrator(calibrator.intercepts + shift, calibrator.slopes * factor)
