"""Hits at N: how many of the first N of a line's list are true, selective dependencies (docs/methods.md#budget)."""

from __future__ import annotations

import numpy as np

from leap_core.arrays import Array, Floats, Ints


def hits_at(order: Floats, event: Floats, numbers: tuple[int, ...]) -> Array:
    """Hits among the first N of each line.

    Parameters
    ----------
    order
        (m, q) what each line's list is ordered by, highest first; NaN = not on the list. Ties keep the order of the
        columns.
    event
        (m, q) 1 = true dependency, 0 = not, NaN = not screened: passed over, as if it were not on the list.
    numbers
        N.

    Returns
    -------
    numpy.ndarray
        (m, numbers); NaN for a line without any screened perturbation.
    """
    known = ~np.isnan(np.asarray(event, dtype=np.float64))
    listed = known & np.isfinite(order)
    longest = min(max(numbers), order.shape[1])
    first = np.stack([_first(row, longest) for row in np.where(listed, order, -np.inf)])
    hit = np.take_along_axis(np.where(listed, np.nan_to_num(event), 0.0), first, axis=1).cumsum(axis=1)
    found = np.stack([hit[:, min(number, longest) - 1] for number in numbers], axis=1)
    return np.where(known.any(axis=1, keepdims=True), found, np.nan)


def _first(row: Floats, number: int) -> Ints:
    """Positions of the highest values of a row, in order; the rest of a long row is never sorted."""
    cut = np.partition(row, -number)[-number]
    above = np.flatnonzero(row >= cut)
    return above[np.argsort(-row[above], kind="stable")][:number]
