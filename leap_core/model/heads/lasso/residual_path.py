"""LASSO paths where features outnumber lines by far: coordinate descent on the residual, with sequential strong rules.

A Gram matrix of thousands of genes would cost more than the whole path. The gradient of every gene is taken once for
every penalty; it decides which genes enter the sweeps there (Tibshirani et al. 2012, "Strong rules for discarding
predictors in lasso-type problems") and, after convergence, whether one was left out wrongly.
"""

from __future__ import annotations

import numba
import numpy as np

from leap_core.arrays import Array, Ints

TOLERANCE = 1e-5
_MAX_SWEEPS = 1000
# Which genes enter is decided on gradients in single precision, half the reading; one that lies this close to the
# penalty would get a weight next to nothing.
_SLACK = 1e-4
_compiled = numba.njit(cache=True, nogil=True, error_model="numpy")


@_compiled
def _sweep(features, squares, residual, weights, members, count, penalty):  # type: ignore[no-untyped-def]
    """Minimise over each member in turn; return the largest change of the fit that one of them made, per line."""
    lines = residual.shape[0]
    largest = 0.0
    for position in range(count):
        j = members[position]
        if squares[j] <= 0.0:
            continue
        row = features[j]
        old = weights[j]
        pull = np.dot(row, residual) / lines + squares[j] * old
        new = 0.0
        if pull > penalty:
            new = (pull - penalty) / squares[j]
        elif pull < -penalty:
            new = (pull + penalty) / squares[j]
        change = new - old
        if change != 0.0:
            weights[j] = new
            for i in range(lines):
                residual[i] -= change * row[i]
            largest = max(largest, change * change * squares[j])
    return largest


@_compiled
def _solve(  # type: ignore[no-untyped-def]
    features, squares, residual, weights, members, count, support, penalty, tolerance
):
    """Sweep over the members, most of the time over those of them that are not zero, until nothing moves."""
    for _ in range(_MAX_SWEEPS):
        if _sweep(features, squares, residual, weights, members, count, penalty) <= tolerance:
            return
        for _ in range(_MAX_SWEEPS):
            size = 0
            for position in range(count):
                if weights[members[position]] != 0.0:
                    support[size] = members[position]
                    size += 1
            if _sweep(features, squares, residual, weights, support, size, penalty) <= tolerance:
                break


@_compiled
def _columns(features, lines, part):  # type: ignore[no-untyped-def]
    for j in range(features.shape[0]):
        total = 0.0
        for i in range(lines.shape[0]):
            part[j, i] = features[j, lines[i]]
            total += part[j, i]
        mean = total / lines.shape[0]
        for i in range(lines.shape[0]):
            part[j, i] -= mean


@_compiled
def _path(features, screen, target, penalties, tolerance, max_selected, paths):  # type: ignore[no-untyped-def]
    genes, lines = features.shape
    squares = np.empty(genes)
    for j in range(genes):
        squares[j] = np.dot(features[j], features[j]) / lines
    residual = target.copy()
    weights = np.zeros(genes)
    entered = np.zeros(genes, dtype=np.bool_)
    members, support = np.empty(genes, dtype=np.int64), np.empty(genes, dtype=np.int64)
    gradient = np.dot(screen, residual.astype(np.float32)) / lines
    before = max(np.abs(gradient).max(), penalties[0])
    scale = tolerance * np.dot(target, target) / lines
    for k in range(penalties.shape[0]):
        penalty = penalties[k]
        for j in range(genes):
            entered[j] = weights[j] != 0.0 or np.abs(gradient[j]) >= 2.0 * penalty - before
        while True:
            count = 0
            for j in range(genes):
                if entered[j]:
                    members[count] = j
                    count += 1
            _solve(features, squares, residual, weights, members, count, support, penalty, scale)
            gradient = np.dot(screen, residual.astype(np.float32)) / lines
            missed = False
            for j in range(genes):
                if not entered[j] and np.abs(gradient[j]) > penalty * (1.0 + _SLACK):
                    entered[j] = True
                    missed = True
            if not missed:
                break
        paths[k] = weights
        before = penalty
        selected = 0
        for j in range(genes):
            if weights[j] != 0.0:
                selected += 1
        if selected > max_selected:
            return k + 1
    return penalties.shape[0]


def centred_columns(features: Array, lines: Ints) -> Array:
    """Some lines' columns of features (g, n), centred over those lines: gathered and centred in one reading."""
    part = np.empty((features.shape[0], len(lines)))
    _columns(features, lines, part)
    return part


def residual_path(
    features: Array, target: Array, penalties: Array, max_selected: int | None = None, tolerance: float = TOLERANCE
) -> tuple[Array, int]:
    """LASSO weights along a falling grid of penalties, each fit started from the one before.

    Minimises ``|y - X w|^2 / (2 n) + penalty |w|_1`` as scikit-learn's `lasso_path` does.

    Parameters
    ----------
    features
        (g, n) one gene a row, float64, centred over the lines; C-contiguous.
    target
        (n,) centred.
    penalties
        (k,) falling.
    max_selected
        The path ends once more genes than this are selected; None goes to its end.
    tolerance
        Share of the target's variance that no step of a gene changes any more when a fit has converged, in squares
        (``tolerance ** 2`` times the variance).

    Returns
    -------
    weights : numpy.ndarray
        (k, g); rows beyond the end of the path are zero.
    reached : int
        How many penalties were fitted.
    """
    features = np.ascontiguousarray(features, dtype=np.float64)
    paths = np.zeros((len(penalties), features.shape[0]))
    reached = _path(
        features,
        features.astype(np.float32),
        np.ascontiguousarray(target, dtype=np.float64),
        np.asarray(penalties, dtype=np.float64),
        tolerance**2,
        features.shape[0] if max_selected is None else max_selected,
        paths,
    )
    return paths, int(reached)
