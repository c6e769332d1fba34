"""Perturbations a chunk at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from leap_core.arrays import Ints, Mask, Matrix
from leap_core.run.mapping import Done, Mapper, in_portions

Arrays = dict[str, npt.NDArray[Any]]

# Perturbations per work item: it bounds the memory of the paths (16 x K x A x d doubles, 1.6 MB for
# K = 5, A = 10, d = 256) and is fixed, so that results never depend on the number of workers.
CHUNK = 16


def chunk_count(perturbations: int) -> int:
    """How many chunks there are of so many perturbations."""
    return -(-perturbations // CHUNK)


def slices(count: int, size: int) -> list[slice]:
    """Neighbouring parts of `count` places, each of `size` but the last."""
    return [slice(start, min(start + size, count)) for start in range(0, count, size)]


def by_chunks(
    fit: Callable[[Matrix], Arrays], response: Matrix, mapper: Mapper, done: Done, size: int | None = None
) -> Arrays:
    """Fit chunks of perturbations that were screened on the same lines, as far as there are such.

    Parameters
    ----------
    fit
        Makes arrays of a chunk's responses (n, q); perturbations are in their last axis.
    response
        (n, p), NaN where not screened.
    mapper, done
        See `leap_core.model.heads.base.RegressorSettings.fit_heads`.
    size
        Perturbations in a chunk; None: `CHUNK`.

    Returns
    -------
    dict
        The arrays of all p perturbations, C-contiguous: in the layout that they have when they are read again, so that
        sums round alike.
    """
    order = pattern_order(response)
    chunks = [response[:, order[part]] for part in slices(len(order), size or CHUNK)]
    found = joined(mapper.map(fit, chunks, in_portions(done, chunk_count(len(order)), len(chunks))))
    back = np.argsort(order, kind="stable")
    return {name: np.ascontiguousarray(values[..., back]) for name, values in found.items()}


def joined(parts: Sequence[Arrays]) -> Arrays:
    """Arrays of several chunks side by side in their last axis."""
    return {name: np.concatenate([part[name] for part in parts], axis=-1) for name in parts[0]}


def pattern_order(response: Matrix) -> Ints:
    """Columns ordered so that equal patterns of missing lines lie together (stable, so reproducible)."""
    packed = np.packbits(np.isnan(response), axis=0)
    return np.lexsort(packed) if packed.shape[0] else np.arange(response.shape[1])


def patterns(observed: Mask) -> Iterator[slice]:
    """Yield runs of neighbouring columns with the same observed lines."""
    changes = np.flatnonzero((observed[:, 1:] != observed[:, :-1]).any(axis=0)) + 1
    for start, stop in pairwise([0, *changes.tolist(), observed.shape[1]]):
        yield slice(start, stop)
