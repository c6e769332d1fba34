"""Calibrated probabilities: from where a prediction stands to how often such a line truly depends, selectively.

Per perturbation a logistic curve of the robust z (Platt 1999), its slope drawn to what perturbations of that accuracy
have (empirical Bayes): some hundred lines with a few dozen events cannot carry a curve of their own, least of all three
parameters (beta calibration) or steps (Venn-Abers).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import numpy as np
from scipy.special import expit, logit

from leap_core.arrays import Array, Floats, Mask
from leap_core.run.blocks import in_blocks

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
    seen, events = in_blocks(_counted, z, event)
    prevalence = np.clip((events + 0.5) / (seen + 1.0), 1e-4, 1 - 1e-4)
    start = logit(prevalence)
    level = np.nan_to_num(accuracy - np.nanmean(accuracy)) if np.isfinite(accuracy).any() else np.zeros(z.shape[1])
    prior = _prior_slopes(z, event, start, level)
    return Calibrator(*in_blocks(_fitted, z, event, start, prior))


def _known(z: Array, event: Array) -> tuple[Mask, Array, Array]:
    """Which pairs are known; z and event there, 0 elsewhere."""
    known = np.isfinite(z) & np.isfinite(event)
    return known, np.where(known, np.clip(z, -_MAX_Z, _MAX_Z), 0.0), np.where(known, event, 0.0)


def _counted(z: Array, event: Array) -> tuple[Array, Array]:
    known, _, y = _known(z, event)
    return known.sum(axis=0), y.sum(axis=0)


def _fitted(z: Array, event: Array, start: Array, prior: Array) -> tuple[Array, Array]:
    """Intercepts and slopes (q,) by Newton's method, drawn to where they start."""
    known, x, y = _known(z, event)
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
    return intercepts, slopes


def _prior_slopes(z: Array, event: Array, start: Array, level: Array) -> Array:
    """Slope of each perturbation (q,) as a straight line of its accuracy, fitted to all at once.

    Never against the prediction.
    """
    slope = np.zeros(2)
    for _ in range(_ROUNDS):
        per, curve = in_blocks(_slope_moments, z, event, start, slope[0] + slope[1] * level)
        gradient = np.array([per.sum(), (per * level).sum()])
        hessian = np.array(
            [[curve.sum(), (curve * level).sum()], [(curve * level).sum(), (curve * level**2).sum()]]
        ) + 1e-6 * np.eye(2)
        step = np.linalg.solve(hessian, gradient)
        slope = slope + step
        if np.abs(step).max() < 1e-8:
            break
    return np.maximum(slope[0] + slope[1] * level, 0.0)


def _slope_moments(z: Array, event: Array, start: Array, slope: Array) -> tuple[Array, Array]:
    """First and second derivative (q,) of the log likelihood by the slope."""
    known, x, y = _known(z, event)
    p = expit(start + slope * x)
    first, second = np.where(known, y - p, 0.0) * x, np.where(known, p * (1 - p), 0.0) * x * x
    return first.sum(axis=0), second.sum(axis=0)


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
    seen, events = (part.sum() for part in in_blocks(_counted, z * calibrator.slopes, event))
    if not _FEWEST_EVENTS <= events <= seen - _FEWEST_EVENTS:
        return calibrator
    shift, factor = 0.0, 1.0
    for _ in range(_ROUNDS):
        moments = partial(_line_moments, shift, factor)
        sums = in_blocks(moments, z, event, calibrator.intercepts, calibrator.slopes)
        g0, g1, h00, h01, h11 = (part.sum() for part in sums)
        hessian = np.array([[h00, h01], [h01, h11]])
        step = np.linalg.solve(hessian + 1e-6 * np.eye(2), np.array([g0, g1]))
        shift, factor = shift + float(step[0]), factor + float(step[1])
        if np.abs(step).max() < 1e-8:
            break
    if not _FACTORS[0] <= factor <= _FACTORS[1]:
        return calibrator
    return Calibrator(calibrator.intercepts + shift, calibrator.slopes * factor)


def _line_moments(
    shift: float, factor: float, z: Array, event: Array, intercepts: Array, slopes: Array
) -> tuple[Array, ...]:
    """Derivatives (q,) of the log likelihood by the shift and the factor: two first ones, three second ones."""
    known, x, y = _known(z, event)
    x, known = x * slopes, known & np.isfinite(slopes)
    p = expit(intercepts + shift + factor * x)
    rest, w, x = np.where(known, y - p, 0.0), np.where(known, p * (1 - p), 0.0), np.where(known, x, 0.0)
    return tuple(part.sum(axis=0) for part in (rest, rest * x, w, w * x, w * x * x))
