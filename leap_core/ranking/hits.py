"""Hits at N: how many of the first N of a line's list are true, selective dependencies (docs/methods.md#budget)."""

from __future__ import annotations

import numpy as np

from leap_core.arrays import Array, Floats, Ints
from leap_core.run.blocks import in_blocks


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
    longest = min(max(numbers), order.shape[1])

    def found_of(order: Floats, event: Floats) -> Array:
        known = ~np.isnan(event)
        listed = np.where(known & np.isfinite(order), order, -np.inf)
        first = first_places(listed.T, longest)
        on_list = np.take_along_axis(listed.T, first, axis=1) > -np.inf
        hit = np.where(on_list, np.take_along_axis(event.T, first, axis=1), 0.0).cumsum(axis=1)
        found = np.stack([hit[:, min(number, longest) - 1] for number in numbers])
        return np.where(known.any(axis=0), found, np.nan)

    # Lines are the columns here.
    hits: Array = in_blocks(found_of, order.T, np.asarray(event, dtype=np.float64).T)
    return hits.T


def first_places(order: Floats, number: int) -> Ints:
    """Positions of the highest values of each row (..., q), in order: (..., number). Ties keep their order."""
    number = min(number, order.shape[-1])
    if number == 0 or order.size == 0:
        return np.zeros((*order.shape[:-1], number), dtype=np.int64)
    rows = [_first(row, number) for row in order.reshape(-1, order.shape[-1])]
    return np.stack(rows).reshape(*order.shape[:-1], number)


def _first(row: Floats, number: int) -> Ints:
    """Positions of the highest values of a row, in order; the rest of a long row is never sorted."""
    cut = np.partition(row, -number)[-number]
    above = np.flatnonzero(row >= cut)
    return above[np.argsort(-row[above], kind="stable")][:number]
