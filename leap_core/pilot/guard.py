"""How far a pilot is trusted: by how well its own rows predict each other, and whether they speak of this sample.

A screen of another laboratory is noisier, names may have been shuffled, and the line on the plate may be another one.
Noise, and how far rows go together as in the panel, are chosen by leaving each measured row out. Whether it is this
sample is the probability of the pilot by this sample's predictions against that by those of the panel's lines.
"""

from __future__ import annotations

from itertools import product

import numpy as np
from scipy.linalg import cho_factor, cho_solve
from scipy.special import expit, logsumexp
from scipy.stats import multivariate_normal

from leap_core.arrays import Array, Floats
from leap_core.pilot.conditioning import Correlations, Trust
from leap_core.pilot.joining import Errors

NOISES = (0.0, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0)
SPECIFIC = (0.0, 0.5, 1.0)
# Fewer measured rows tell nothing of the rest.
MIN_ROWS = 5
# Below it the pilot speaks more of other lines than of this sample, and nothing is made of it.
_LEAST = 0.5
_EVIDENCE = 7.0


def left_out_density(correlation: Floats, values: Floats) -> Array:
    """Sum over rows of the log density of each one, given the others (Sundararajan & Keerthi 2001, equation 11).

    Parameters
    ----------
    correlation
        (s, s) covariance of the rows.
    values
        (m, s) of m lines.

    Returns
    -------
    numpy.ndarray
        (m,).
    """
    inverse = np.linalg.inv(correlation)
    variance = 1.0 / np.diag(inverse)
    error = values @ inverse * variance
    density: Array = -0.5 * (np.log(2.0 * np.pi * variance) + np.square(error) / variance).sum(axis=-1)
    return density


def trust_of(correlations: Correlations, values: Array, errors: Errors) -> Trust:
    """Noise, and how far rows go together as in the panel, by leaving each measured row out.

    Over a grid of both, with a prior against noise: the noise of the highest density, and the mean of the other.

    Parameters
    ----------
    correlations
        Of the measured rows (s), shrunk.
    values
        (s,) standardised residuals, all of them known.
    errors
        What is known of the pilot's errors beforehand.
    """
    grid = [(specific, noise) for specific, noise in product(SPECIFIC, NOISES) if noise >= errors.least_noise]
    logs = np.array(
        [
            float(left_out_density(correlations.trusted(Trust(specific, noise), errors.shared).within, values[None])[0])
            - np.log1p(noise)
            for specific, noise in grid
        ]
    )
    share = np.exp(logs - logsumexp(logs))
    specific = float(share @ [at for at, _ in grid])
    return Trust(specific, grid[int(np.argmax(logs))][1])


def of_the_same_study(correlations: Correlations, values: Array) -> bool:
    """Whether values in the panel's unit lie as close to the predictions as the panel's own study measures.

    The density of the values by residuals of the panel has to be `_EVIDENCE` times that with the errors of another
    laboratory: users mostly work in another one.
    """
    foreign = Errors.of_another_laboratory(len(values))
    noisy = correlations.trusted(Trust(noise=foreign.least_noise), foreign.shared).within
    return _log_density(correlations.within, values) - _log_density(noisy, values) >= np.log(_EVIDENCE)


def _log_density(covariance: Array, values: Array) -> float:
    return float(multivariate_normal.logpdf(values, cov=covariance))


def log_odds(within: Array, values: Array, others: Floats) -> float:
    """Log of the odds that a pilot is of this sample, not of another line.

    Parameters
    ----------
    within
        (s, s) covariance of the rows, noise included.
    values
        (s,) the pilot less what is predicted of this sample, standardised.
    others
        (n, s) the pilot less what is predicted of each of the panel's lines.
    """
    factor = cho_factor(within)
    mine = -0.5 * float(values @ cho_solve(factor, values))
    theirs = -0.5 * np.einsum("ns,sn->n", others, cho_solve(factor, others.T.astype(np.float64)))
    return mine - float(logsumexp(theirs) - np.log(len(others)))


def weight_of(odds: float) -> float:
    """Share of the update that is made: the probability that the pilot is of this sample; 0 below one half."""
    probability = float(expit(odds))
    return probability if probability >= _LEAST else 0.0
