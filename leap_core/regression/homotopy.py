"""LASSO paths on a Gram matrix by homotopy: exact, whatever the correlation of the features.

The LASSO solution is piecewise linear in the penalty (Osborne et al. 2000; Efron et al. 2004, LARS with
the LASSO modification). The path is followed from the largest penalty down, from one event (a feature
joins, a weight crosses zero) to the next, with the inverse of the support's Gram matrix updated at each.
The latent features of an autoencoder are far from orthogonal: there coordinate descent crawls, while the
number of events grows only with the size of the support.

At every penalty of the grid rounding errors are taken out, and the duality gap decides whether the fit has
converged; where it is not met (dependent features), coordinate descent goes on from there.
"""

from __future__ import annotations

import numba
import numpy as np

from leap_core.regression.coordinate_descent import descend, relative_gap, support_of

# Sums may be regrouped (the order is fixed at compile time, so results stay the same on one machine).
_compiled = numba.njit(cache=True, nogil=True, error_model="numpy", fastmath={"reassoc", "contract"})


@_compiled
def _join(inverse, size, gram, support, j):  # type: ignore[no-untyped-def]
    """Border the inverse by feature `j`; return False where `j` depends linearly on the support."""
    column = np.empty(size)
    for a in range(size):
        column[a] = gram[j, support[a]]
    product = np.zeros(size)
    for a in range(size):
        row = inverse[a]
        total = 0.0
        for b in range(size):
            total += row[b] * column[b]
        product[a] = total
    schur = gram[j, j] - np.dot(column, product)
    if schur <= 1e-9 * gram[j, j]:
        return False
    for a in range(size):
        row = inverse[a]
        scale = product[a] / schur
        for b in range(size):
            row[b] += scale * product[b]
        inverse[a, size] = -scale
        inverse[size, a] = -scale
    inverse[size, size] = 1.0 / schur
    support[size] = j
    return True


@_compiled
def _drop(inverse, size, support, signs, position):  # type: ignore[no-untyped-def]
    """Take the feature at `position` out of the inverse; the last one takes its place."""
    last = size - 1
    if position != last:
        for b in range(size):
            inverse[position, b], inverse[last, b] = inverse[last, b], inverse[position, b]
        for a in range(size):
            inverse[a, position], inverse[a, last] = inverse[a, last], inverse[a, position]
        support[position] = support[last]
        signs[position] = signs[last]
    pivot = inverse[last, last]
    for a in range(last):
        row = inverse[a]
        scale = row[last] / pivot
        for b in range(last):
            row[b] -= scale * inverse[last, b]


@_compiled
def _next_event(gradient, slope, weights, direction, support, size, inside, barred, penalty, furthest):  # type: ignore[no-untyped-def]
    """Smallest fall of the penalty at which something happens: (fall, feature that joins, position that drops)."""
    fall = furthest
    joins = -1
    drops = -1
    for j in range(gradient.shape[0]):
        if inside[j] or barred[j]:
            continue
        g = gradient[j]
        s = slope[j]
        up = (penalty - g) / (1.0 - s) if s < 1.0 else np.inf
        down = (penalty + g) / (1.0 + s) if s > -1.0 else np.inf
        nearest = max(min(up, down), 0.0)
        if nearest < fall:
            fall = nearest
            joins = j
    for a in range(size):
        w = weights[support[a]]
        if w * direction[a] < 0.0:
            zero = -w / direction[a]
            if zero < fall:
                fall = zero
                joins = -1
                drops = a
    return fall, joins, drops


@_compiled
def _follow(gram, gradient, weights, inverse, support, signs, size, inside, penalty, target, max_events):  # type: ignore[no-untyped-def]
    """Follow the path from `penalty` down to `target`; return the size of the support there."""
    d = gradient.shape[0]
    barred = np.zeros(d, dtype=np.bool_)
    just_dropped = -1
    direction = np.empty(d)
    slope = np.empty(d)
    for _ in range(max_events):
        if penalty <= target:
            break
        slope[:] = 0.0
        for a in range(size):
            row = inverse[a]
            total = 0.0
            for b in range(size):
                total += row[b] * signs[b]
            direction[a] = total
            gram_row = gram[support[a]]
            for i in range(d):
                slope[i] += total * gram_row[i]
        if just_dropped >= 0:
            barred[just_dropped] = True
        fall, joins, drops = _next_event(gradient, slope, weights, direction, support, size, inside, barred, penalty, penalty - target)
        if just_dropped >= 0:
            barred[just_dropped] = False
            just_dropped = -1
        penalty -= fall
        for a in range(size):
            weights[support[a]] += fall * direction[a]
        for i in range(d):
            gradient[i] -= fall * slope[i]
        if drops >= 0:
            just_dropped = support[drops]
            weights[just_dropped] = 0.0
            inside[just_dropped] = False
            _drop(inverse, size, support, signs, drops)
            size -= 1
        elif joins >= 0:
            if _join(inverse, size, gram, support, joins):
                signs[size] = 1.0 if gradient[joins] > 0.0 else -1.0
                inside[joins] = True
                size += 1
            else:
                barred[joins] = True
    return size


@_compiled
def _take_gradient(gram, xty, gradient, weights, support, size):  # type: ignore[no-untyped-def]
    """Compute ``xty - gram @ weights`` afresh."""
    gradient[:] = xty
    for a in range(size):
        row = gram[support[a]]
        w = weights[support[a]]
        for i in range(gradient.shape[0]):
            gradient[i] -= w * row[i]


@_compiled
def _polish(gram, xty, gradient, weights, inverse, support, signs, size, target):  # type: ignore[no-untyped-def]
    """Take rounding errors out of the weights with the inverse at hand; return the largest one found."""
    _take_gradient(gram, xty, gradient, weights, support, size)
    off = np.empty(size)
    largest = 0.0
    for a in range(size):
        off[a] = gradient[support[a]] - target * signs[a]
        largest = max(largest, abs(off[a]))
    for a in range(size):
        row = inverse[a]
        change = 0.0
        for b in range(size):
            change += row[b] * off[b]
        j = support[a]
        # A weight at the edge of the support must not slip through zero.
        if (weights[j] + change) * signs[a] > 0.0:
            weights[j] += change
    _take_gradient(gram, xty, gradient, weights, support, size)
    return largest


@_compiled
def _restart(gram, xty, gradient, weights, inverse, support, signs, inside):  # type: ignore[no-untyped-def]
    """Rebuild gradient, signs and inverse from the weights; return the size of the support."""
    inside[:] = False
    size = support_of(weights, support)
    _take_gradient(gram, xty, gradient, weights, support, size)
    for a in range(size):
        inside[support[a]] = True
        signs[a] = 1.0 if weights[support[a]] > 0.0 else -1.0
    if size > 0:
        block = np.empty((size, size))
        for a in range(size):
            for b in range(size):
                block[a, b] = gram[support[a], support[b]]
        inverse[:size, :size] = np.linalg.inv(block)
    return size


@_compiled
def lasso_paths(gram, xty, yty, n, penalties, tolerance, max_rounds):  # type: ignore[no-untyped-def]
    """Fit LASSO paths of several responses on one Gram matrix.

    Minimises ``1/(2n) ||y - Xw||^2 + penalty |w|_1`` for centred X and y.

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
        (q, A), falling; the first at or above ``max_j |x_j'y| / n``.
    tolerance
        Relative duality gap at which a fit has converged.
    max_rounds
        Rounds of coordinate descent where homotopy misses the tolerance.

    Returns
    -------
    weights : (q, A, d)
    converged : (q, A) bool
    """
    q, d = xty.shape
    count = penalties.shape[1]
    paths = np.zeros((q, count, d))
    converged = np.zeros((q, count), dtype=np.bool_)
    inverse = np.empty((d + 1, d + 1))
    support = np.empty(d + 1, dtype=np.int64)
    signs = np.empty(d + 1)
    inside = np.zeros(d, dtype=np.bool_)
    for response in range(q):
        weights = np.zeros(d)
        gradient = xty[response].copy()
        inside[:] = False
        size = 0
        penalty = np.max(np.abs(gradient))
        for a in range(count):
            target = penalties[response, a] * n
            if target < penalty:
                size = _follow(gram, gradient, weights, inverse, support, signs, size, inside, penalty, target, 20 * d)
                penalty = target
                if _polish(gram, xty[response], gradient, weights, inverse, support, signs, size, target) > 1e-6 * target:
                    size = _restart(gram, xty[response], gradient, weights, inverse, support, signs, inside)
            if relative_gap(xty[response], yty[response], gradient, weights, target, 0.0) <= tolerance:
                converged[response, a] = True
            else:
                converged[response, a] = descend(gram, xty[response], yty[response], gradient, weights, target, 0.0, tolerance, max_rounds)
                size = _restart(gram, xty[response], gradient, weights, inverse, support, signs, inside)
            paths[response, a] = weights
    return paths, converged
