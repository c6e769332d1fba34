"""Elastic-net paths on a Gram matrix: coordinate descent with Newton steps on the support.

Perturbations that were screened on the same lines share one Gram matrix, so the cost of a fit does not
depend on the number of lines. Paths are warm-started from the largest penalty down. Cyclic coordinate
descent (Friedman, Hastie, Tibshirani 2010) finds which weights are zero; but the latent features of an
autoencoder are far from orthogonal, and there it crawls. So every few sweeps the quadratic problem on the
current support and signs is solved outright, and an exact line search walks there as far as the objective
falls (as in feature-sign search, Lee et al. 2007). Both kinds of step lower the objective; on the right
support one Newton step is the solution. A fit has converged when the duality gap is below the tolerance
times the primal objective, so the objective is known to that relative accuracy.
"""

from __future__ import annotations

import numba
import numpy as np

_SWEEPS_BETWEEN_NEWTON_STEPS = 4
_compiled = numba.njit(cache=True, nogil=True, error_model="numpy")


@_compiled
def _sweep(gram, gradient, weights, coordinates, l1, l2):  # type: ignore[no-untyped-def]
    """Minimise over each coordinate in turn."""
    for j in coordinates:
        curvature = gram[j, j]
        if curvature <= 0.0:
            continue
        old = weights[j]
        pull = gradient[j] + curvature * old
        if pull > l1:
            new = (pull - l1) / (curvature + l2)
        elif pull < -l1:
            new = (pull + l1) / (curvature + l2)
        else:
            new = 0.0
        change = new - old
        if change != 0.0:
            weights[j] = new
            row = gram[j]
            for i in range(row.shape[0]):
                gradient[i] -= change * row[i]


@_compiled
def _newton_step(gram, gradient, weights, support, l1, l2):  # type: ignore[no-untyped-def]
    """Walk from the weights towards the minimum on their support and signs, as far as the objective falls."""
    size = support.shape[0]
    block = np.empty((size, size))
    fall = np.empty(size)
    jitter = 0.0
    for a in range(size):
        j = support[a]
        jitter = max(jitter, gram[j, j])
        for b in range(size):
            block[a, b] = gram[j, support[b]]
        fall[a] = gradient[j] - l2 * weights[j] - (l1 if weights[j] > 0.0 else -l1)
    for a in range(size):
        # Keeps the factorisation alive where the support is as large as the rank; the gap decides anyway.
        block[a, a] += l2 + 1e-9 * jitter
    delta = np.linalg.solve(block, fall)
    slope = -np.dot(fall, delta)
    if not slope < 0.0:
        return
    step, zeroed = _step_length(weights[support], delta, slope, l1)
    for a in range(size):
        j = support[a]
        change = -weights[j] if a == zeroed else step * delta[a]
        weights[j] += change
        row = gram[j]
        for i in range(row.shape[0]):
            gradient[i] -= change * row[i]


@_compiled
def _step_length(weights, delta, slope, l1):  # type: ignore[no-untyped-def]
    """How far to walk along a direction, and the place of the weight that ends at zero, or -1.

    The objective is a parabola there, whose slope jumps up by ``2 l1 |delta_i|`` wherever a weight changes its sign, so
    the exact minimum is found by going through the jumps in order.
    """
    curvature = -slope
    crossing = np.full(weights.shape[0], 2.0)
    for a in range(weights.shape[0]):
        if weights[a] * delta[a] < 0.0 and abs(delta[a]) > abs(weights[a]):
            crossing[a] = -weights[a] / delta[a]
    for a in np.argsort(crossing):
        if crossing[a] > 1.0 or slope + crossing[a] * curvature >= 0.0:
            break
        slope += 2.0 * l1 * abs(delta[a])
        if slope + crossing[a] * curvature >= 0.0:
            return crossing[a], a
    return min(1.0, -slope / curvature), -1


@_compiled
def relative_gap(xty, yty, gradient, weights, l1, l2):  # type: ignore[no-untyped-def]
    """Duality gap over primal objective, both from inner products alone."""
    fitted = 0.0
    cross = 0.0
    norm1 = 0.0
    norm2 = 0.0
    dual_norm = 0.0
    for j in range(weights.shape[0]):
        w = weights[j]
        fitted += w * xty[j]
        cross += w * gradient[j]
        norm1 += abs(w)
        norm2 += w * w
        slack = abs(gradient[j] - l2 * w)
        if slack > dual_norm:
            dual_norm = slack
    residual = max(yty - fitted - cross, 0.0)
    primal = 0.5 * residual + l1 * norm1 + 0.5 * l2 * norm2
    # Dual point: the residual shrunk until every correlation with it is at most l1.
    scale = l1 / dual_norm if dual_norm > l1 else 1.0
    quadratic = 0.5 * (1.0 + scale * scale)
    gap = quadratic * residual + l1 * norm1 - scale * (yty - fitted) + l2 * norm2 * quadratic
    return gap / primal if primal > 0.0 else 0.0


@_compiled
def descend(gram, xty, yty, gradient, weights, l1, l2, tolerance, max_rounds):  # type: ignore[no-untyped-def]
    """Lower the objective from `weights` (changed in place) until the gap is met; return whether it was.

    `gradient` holds ``xty - gram @ weights`` and is kept so; `l1` and `l2` are the penalties times n.
    """
    every = np.arange(weights.shape[0])
    for _ in range(max_rounds):
        _sweep(gram, gradient, weights, every, l1, l2)
        if relative_gap(xty, yty, gradient, weights, l1, l2) <= tolerance:
            return True
        support = np.flatnonzero(weights)
        for _ in range(_SWEEPS_BETWEEN_NEWTON_STEPS):
            _sweep(gram, gradient, weights, support, l1, l2)
        support = np.flatnonzero(weights)
        if support.shape[0] > 0:
            _newton_step(gram, gradient, weights, support, l1, l2)
    return False


@_compiled
def elastic_net_paths(gram, xty, yty, n, penalties, l1_ratio, tolerance, max_rounds):  # type: ignore[no-untyped-def]
    """Fit elastic-net paths of several responses on one Gram matrix.

    Minimises ``1/(2n) ||y - Xw||^2 + penalty (l1_ratio |w|_1 + (1 - l1_ratio)/2 ||w||^2)`` for centred X
    and y, down each response's own sequence of penalties.

    Parameters
    ----------
    gram
        (d, d) ``X'X``.
    xty
        (q, d) ``X'y`` of each response.
    yty
        (q,) ``y'y``.
    n
        Number of rows of X.
    penalties
        (q, A), falling.
    l1_ratio
        1 is the LASSO; must be positive.
    tolerance
        Relative duality gap at which a fit has converged.
    max_rounds
        Rounds of sweeps and one Newton step after which a fit is given up and marked.

    Returns
    -------
    weights : (q, A, d)
    converged : (q, A) bool
    """
    q, d = xty.shape
    count = penalties.shape[1]
    paths = np.zeros((q, count, d))
    converged = np.zeros((q, count), dtype=np.bool_)
    for response in range(q):
        weights = np.zeros(d)
        gradient = xty[response].copy()
        for a in range(count):
            l1 = penalties[response, a] * n * l1_ratio
            l2 = penalties[response, a] * n * (1.0 - l1_ratio)
            converged[response, a] = descend(
                gram, xty[response], yty[response], gradient, weights, l1, l2, tolerance, max_rounds
            )
            paths[response, a] = weights
    return paths, converged
