"""What can be said of a perturbation before any fit: enough lines, a response that varies, enough calls."""

from __future__ import annotations

import numpy as np

from leap_core.arrays import Labels, Matrix, masked_mean

OK = "ok"
TOO_FEW_LINES = "too few lines"
CONSTANT = "constant response"
TOO_FEW_POSITIVES = "too few positives"
NOT_CONVERGED = "not converged"

MINIMUM_LINES = 30
MINIMUM_OF_EITHER_CALL = 10


def response_status(response: Matrix, binary: bool, min_lines: int = MINIMUM_LINES) -> Labels:
    """Status of each perturbation from its response alone.

    Parameters
    ----------
    response
        (n, p), NaN where not screened.
    binary
        True for calls: fewer than 10 lines of either class is too few to learn from.
    min_lines
        Fewer measured lines are too few to learn from.

    Returns
    -------
    numpy.ndarray
        (p,) text: ``ok``, ``too few lines``, ``constant response`` or ``too few positives``.
    """
    observed = ~np.isnan(response)
    count = observed.sum(axis=0)
    low, high = observed_range(response)
    status = np.full(response.shape[1], OK, dtype=object)
    if binary:
        positives = np.where(observed, response > 0.5, False).sum(axis=0)
        status[np.minimum(positives, count - positives) < MINIMUM_OF_EITHER_CALL] = TOO_FEW_POSITIVES
    status[low == high] = CONSTANT
    status[count < min_lines] = TOO_FEW_LINES
    return status


def observed_mean(response: Matrix) -> Matrix:
    """Mean response (p,) over the screened lines; NaN where there is none."""
    return masked_mean(response, ~np.isnan(response)).astype(np.float32)


def observed_range(response: Matrix) -> tuple[Matrix, Matrix]:
    """Smallest and largest response (p,) of each perturbation; inf and -inf where there is none."""
    observed = ~np.isnan(response)
    return np.where(observed, response, np.inf).min(axis=0), np.where(observed, response, -np.inf).max(axis=0)
