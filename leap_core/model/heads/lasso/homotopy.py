"""LASSO paths on a Gram matrix by homotopy: exact, whatever the correlation of the features.

The LASSO solution is piecewise linear in the penalty (Osborne et al. 2000; Efron et al. 2004, LARS with
the LASSO modification). The path is followed from the largest penalty down, from one event (a feature
joins, a weight crosses zero) to the next. The latent features of an autoencoder are far from orthogonal:
there coordinate descent crawls, while the number of events grows only with the size of the support.

All that an event needs lies in the swept Gram matrix (see `leap_core.model.heads.lasso.sweep`): direction and slope
of the path are updated from the column of the feature that joins or drops, and one pivot follows.

At every penalty of the grid rounding errors are taken out, and the duality gap decides whether the fit has
converged; where it is not met (dependent features), coordinate descent goes on from there.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from leap_core.arrays import Array
from leap_core.model.heads.lasso.coordinate_descent import descend, relative_gap
from leap_core.model.heads.lasso.sweep import compiled, flush, new_sweep, pivot, restart_sweep, take_column, times

# A feature joins only if the support leaves at least this share of its sum of squares unexplained.
_INDEPENDENT = 1e-9
# Rounding errors relative to the penalty: below the first they stay, above the second all is rebuilt.
_NEGLIGIBLE, _GRAVE = 1e-10, 1e-6


class _Path(NamedTuple):
    """Where on the path we are; every array has a place per feature.

    Attributes
    ----------
    weights
        Zero outside the support.
    gradient
        ``X'(y - X weights)``.
    direction
        What the weights gain per unit that the penalty falls.
    slope
        What the gradient loses per unit that the penalty falls: a sign for a feature in the support.
    inside
        Whether the feature is in the support.
    barred
        Features that may not join before the next penalty of the grid: they depend on the support.
    column, when
        Scratch.
    """

    weights: Array
    gradient: Array
    direction: Array
    slope: Array
    inside: Array
    barred: Array
    column: Array
    when: Array


@compiled
def _new_path(d):  # type: ignore[no-untyped-def]
    flags = np.zeros(d, dtype=np.bool_)
    return _Path(np.zeros(d), np.zeros(d), np.zeros(d), np.zeros(d), flags, flags.copy(), np.zeros(d), np.zeros(d))


@compiled
def _next_event(path, penalty, furthest):  # type: ignore[no-untyped-def]
    """Smallest fall of the penalty at which a feature joins or drops out: (fall, feature or -1)."""
    gradient, slope, weights, direction, inside, when = (
        path.gradient,
        path.slope,
        path.weights,
        path.direction,
        path.inside,
        path.when,
    )
    for j in range(gradient.shape[0]):
        g = gradient[j]
        s = slope[j]
        up = (penalty - g) / (1.0 - s) if s < 1.0 else np.inf
        down = (penalty + g) / (1.0 + s) if s > -1.0 else np.inf
        nearest = up if up < down else down
        nearest = nearest if nearest > 0.0 else 0.0
        w = weights[j]
        v = direction[j]
        zero = -w / v if w * v < 0.0 else np.inf
        when[j] = zero if inside[j] else nearest
    fall = furthest
    feature = -1
    for j in range(gradient.shape[0]):
        if when[j] < fall and not path.barred[j]:
            fall = when[j]
            feature = j
    return fall, feature


@compiled
def _walk(weights, gradient, direction, slope, fall):  # type: ignore[no-untyped-def]
    """Move along the path while the penalty falls by `fall`."""
    for j in range(weights.shape[0]):
        weights[j] += fall * direction[j]
        gradient[j] -= fall * slope[j]


@compiled
def _turn(direction, slope, inside, column, step):  # type: ignore[no-untyped-def]
    """Turn the path by `step` along a column of the swept matrix."""
    # Without branches, for the compiler to do several features at once.
    for j in range(column.shape[0]):
        change = step * column[j]
        direction[j] -= change if inside[j] else 0.0
        slope[j] += 0.0 if inside[j] else change


@compiled
def _join(sweep, path, feature):  # type: ignore[no-untyped-def]
    """Let a feature join; return False where it depends linearly on the support."""
    column = path.column
    take_column(sweep, feature, column)
    if column[feature] <= _INDEPENDENT * sweep.gram[feature, feature]:
        return False
    sign = 1.0 if path.gradient[feature] > 0.0 else -1.0
    step = (sign - path.slope[feature]) / column[feature]
    _turn(path.direction, path.slope, path.inside, column, step)
    path.direction[feature] = step
    path.slope[feature] = sign
    path.inside[feature] = True
    pivot(sweep, column, feature, True)
    return True


@compiled
def _drop(sweep, path, feature):  # type: ignore[no-untyped-def]
    """Let a feature whose weight has reached zero drop out."""
    column = path.column
    take_column(sweep, feature, column)
    step = path.direction[feature] / column[feature]
    _turn(path.direction, path.slope, path.inside, column, step)
    path.weights[feature] = 0.0
    path.direction[feature] = 0.0
    path.slope[feature] += step
    path.inside[feature] = False
    pivot(sweep, column, feature, False)


@compiled
def _follow(sweep, path, penalty, target, max_events):  # type: ignore[no-untyped-def]
    """Follow the path from `penalty` down to `target`, from event to event."""
    path.barred[:] = False
    just_dropped = -1
    for _ in range(max_events):
        if penalty <= target:
            break
        # A feature that has just dropped out would join again at once, by rounding.
        if just_dropped >= 0:
            path.barred[just_dropped] = True
        fall, feature = _next_event(path, penalty, penalty - target)
        if just_dropped >= 0:
            path.barred[just_dropped] = False
            just_dropped = -1
        penalty -= fall
        _walk(path.weights, path.gradient, path.direction, path.slope, fall)
        if feature < 0:
            continue
        if path.inside[feature]:
            _drop(sweep, path, feature)
            just_dropped = feature
        elif not _join(sweep, path, feature):
            path.barred[feature] = True


@compiled
def _take_gradient(gram, xty, path):  # type: ignore[no-untyped-def]
    """Compute ``xty - gram @ weights`` afresh."""
    gradient = path.gradient
    gradient[:] = xty
    for j in range(xty.shape[0]):
        w = path.weights[j]
        if w != 0.0:
            row = gram[j]
            for i in range(xty.shape[0]):
                gradient[i] -= w * row[i]


@compiled
def _polish(sweep, path, xty, target):  # type: ignore[no-untyped-def]
    """Take rounding errors out of the weights with the inverse at hand; return the largest one found."""
    _take_gradient(sweep.gram, xty, path)
    d = xty.shape[0]
    off = path.when
    largest = 0.0
    for j in range(d):
        off[j] = path.gradient[j] - target * path.slope[j] if path.inside[j] else 0.0
        largest = max(largest, abs(off[j]))
    if largest > _NEGLIGIBLE * target:
        change = path.column
        flush(sweep)
        times(sweep, off, path.inside, change)
        for j in range(d):
            # A weight at the edge of the support must not slip through zero.
            if path.inside[j] and (path.weights[j] - change[j]) * path.slope[j] > 0.0:
                path.weights[j] -= change[j]
        _take_gradient(sweep.gram, xty, path)
    return largest


@compiled
def _restart(sweep, path, xty):  # type: ignore[no-untyped-def]
    """Rebuild everything from the weights; return False if the support is dependent."""
    _take_gradient(sweep.gram, xty, path)
    restart_sweep(sweep)
    signs = path.when
    path.inside[:] = False
    for j in range(xty.shape[0]):
        signs[j] = np.sign(path.weights[j])
        if path.weights[j] != 0.0:
            take_column(sweep, j, path.column)
            if path.column[j] <= _INDEPENDENT * sweep.gram[j, j]:
                return False
            pivot(sweep, path.column, j, True)
            path.inside[j] = True
    flush(sweep)
    product = path.column
    times(sweep, signs, path.inside, product)
    for j in range(xty.shape[0]):
        path.direction[j] = -product[j] if path.inside[j] else 0.0
        path.slope[j] = signs[j] if path.inside[j] else product[j]
    return True


@compiled
def lasso_paths(gram, xty, yty, n, penalties, tolerance, max_rounds):  # type: ignore[no-untyped-def]
    """Fit LASSO paths of several responses on one Gram matrix.

    Minimises ``1/(2n) ||y - Xw||^2 + penalty |w|_1`` for centred X and y; arguments and results are those of
    `leap_core.model.heads.lasso.coordinate_descent.elastic_net_paths`. The first penalty of a response is at or above
    ``max_j |x_j'y| / n``; `max_rounds` counts where homotopy misses the tolerance.
    """
    q, d = xty.shape
    count = penalties.shape[1]
    paths = np.zeros((q, count, d))
    converged = np.zeros((q, count), dtype=np.bool_)
    sweep = new_sweep(gram)
    for response in range(q):
        restart_sweep(sweep)
        path = _new_path(d)
        path.gradient[:] = xty[response]
        follows = True
        penalty = np.max(np.abs(xty[response]))
        for a in range(count):
            target = penalties[response, a] * n
            if follows and target < penalty:
                _follow(sweep, path, penalty, target, 20 * d)
                penalty = target
                if _polish(sweep, path, xty[response], target) > _GRAVE * target:
                    follows = _restart(sweep, path, xty[response])
            if relative_gap(xty[response], yty[response], path.gradient, path.weights, target, 0.0) <= tolerance:
                converged[response, a] = True
            else:
                converged[response, a] = descend(
                    gram, xty[response], yty[response], path.gradient, path.weights, target, 0.0, tolerance, max_rounds
                )
                follows = _restart(sweep, path, xty[response])
                penalty = target
            paths[response, a] = path.weights
    return paths, converged
