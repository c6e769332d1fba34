"""The sweep operator (Goodnight 1979) on a Gram matrix, with its updates done several at a time.

Swept on a support S, the symmetric matrix T holds minus the inverse of the support's Gram matrix (S x S), the
regression coefficients of the other features on the support, and the covariance of what the support leaves
unexplained of them. Taking a feature into the support, or out of it, is one pivot: a rank-one update of T.
"""

from __future__ import annotations

from typing import NamedTuple

import numba
import numpy as np

from leap_core.arrays import Array, Ints

# Sums may be regrouped (the order is fixed at compile time, so results stay the same on one machine).
compiled = numba.njit(cache=True, nogil=True, error_model="numpy", fastmath={"reassoc", "contract"})

# Updates of T that are done in one pass; `flush` spells them out.
_QUEUE = 8


class Sweep(NamedTuple):
    """A Gram matrix swept on some of its features.

    Attributes
    ----------
    gram
        (d, d) the matrix itself, never changed.
    lower
        (d, d) lower triangle of T, but for the updates that still wait.
    left, right
        (8, d) rows of the waiting rank-one updates: T is `lower` minus the sum of their outer products.
    waiting
        (1,) how many updates wait.
    """

    gram: Array
    lower: Array
    left: Array
    right: Array
    waiting: Ints


@compiled
def new_sweep(gram):  # type: ignore[no-untyped-def]
    """Make room for sweeping `gram` (d, d); `restart_sweep` must follow."""
    d = gram.shape[0]
    # Rows and columns up to an even number for `flush`, and a stride that is no power of two: columns are read too.
    even = d + d % 2
    return Sweep(
        gram,
        np.zeros((even, even + 8)),
        np.zeros((_QUEUE, even)),
        np.zeros((_QUEUE, even)),
        np.zeros(1, dtype=np.int64),
    )


@compiled
def restart_sweep(sweep):  # type: ignore[no-untyped-def]
    """Empty the support: T is the Gram matrix."""
    for i in range(sweep.gram.shape[0]):
        row = sweep.gram[i]
        out = sweep.lower[i]
        for j in range(i + 1):
            out[j] = row[j]
    sweep.left[:] = 0.0
    sweep.waiting[0] = 0


@compiled
def take_column(sweep, k, column):  # type: ignore[no-untyped-def]
    """Write column `k` of T into `column`."""
    lower = sweep.lower
    d = column.shape[0]
    for j in range(k + 1):
        column[j] = lower[k, j]
    for j in range(k + 1, d):
        column[j] = lower[j, k]
    for m in range(sweep.waiting[0]):
        scale = sweep.left[m, k]
        if scale != 0.0:
            update = sweep.right[m]
            for j in range(d):
                column[j] -= scale * update[j]


@compiled
def flush(sweep):  # type: ignore[no-untyped-def]
    """Do all waiting updates, in one pass over the triangle."""
    a, b = sweep.left, sweep.right
    b0, b1, b2, b3, b4, b5, b6, b7 = b[0], b[1], b[2], b[3], b[4], b[5], b[6], b[7]
    # Two rows at a time (one entry beyond the triangle, never read): each value of `right` is loaded half as often.
    for i in range(0, sweep.gram.shape[0], 2):
        a0, a1, a2, a3, a4, a5, a6, a7 = a[0, i], a[1, i], a[2, i], a[3, i], a[4, i], a[5, i], a[6, i], a[7, i]
        c0, c1, c2, c3, c4, c5, c6, c7 = (
            a[0, i + 1],
            a[1, i + 1],
            a[2, i + 1],
            a[3, i + 1],
            a[4, i + 1],
            a[5, i + 1],
            a[6, i + 1],
            a[7, i + 1],
        )
        row = sweep.lower[i]
        next_row = sweep.lower[i + 1]
        for j in range(i + 2):
            x0, x1, x2, x3, x4, x5, x6, x7 = b0[j], b1[j], b2[j], b3[j], b4[j], b5[j], b6[j], b7[j]
            row[j] -= a0 * x0 + a1 * x1 + a2 * x2 + a3 * x3 + a4 * x4 + a5 * x5 + a6 * x6 + a7 * x7
            next_row[j] -= c0 * x0 + c1 * x1 + c2 * x2 + c3 * x3 + c4 * x4 + c5 * x5 + c6 * x6 + c7 * x7
    a[:] = 0.0
    sweep.waiting[0] = 0


@compiled
def pivot(sweep, column, k, joins):  # type: ignore[no-untyped-def]
    """Take feature `k` into the support (`joins`) or out of it; `column` is its column of T, and is used up.

    The update of the other entries only joins the queue: a pass over the triangle takes as long for eight
    updates as for one, because its time is that of the memory.
    """
    d = column.shape[0]
    lower, left, right = sweep.lower, sweep.left, sweep.right
    waiting = sweep.waiting[0]
    diagonal = column[k]
    factor = 1.0 / diagonal if joins else -1.0 / diagonal
    for j in range(k):
        lower[k, j] = factor * column[j]
    for j in range(k + 1, d):
        lower[j, k] = factor * column[j]
    lower[k, k] = -1.0 / diagonal
    # Row and column k are now as they should be: no update, an earlier one or this, may touch them any more.
    for m in range(waiting):
        left[m, k] = 0.0
        right[m, k] = 0.0
    column[k] = 0.0
    for j in range(d):
        left[waiting, j] = column[j] / diagonal
        right[waiting, j] = column[j]
    sweep.waiting[0] = waiting + 1
    if waiting + 1 == _QUEUE:
        flush(sweep)


@compiled
def times(sweep, vector, inside, product):  # type: ignore[no-untyped-def]
    """Write T times `vector` into `product`; `vector` is zero outside the support, and nothing may wait."""
    product[:] = 0.0
    for i in range(vector.shape[0]):
        row = sweep.lower[i]
        v = vector[i]
        total = 0.0
        for j in range(i):
            total += row[j] * vector[j]
        if inside[i]:
            for j in range(i):
                product[j] += row[j] * v
            total += row[i] * v
        product[i] += total
