"""A function of columns, applied to blocks of them in threads."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from leap_core.run.mapping import ThreadMapper

# So many columns of a thousand lines lie in a core's cache.
_BLOCK = 256


def in_blocks(function: Callable[..., Any], *columns: Any) -> Any:
    """Apply a function to blocks of columns, in threads: what it makes of a column must not depend on the others.

    Parameters
    ----------
    function
        Takes blocks of `columns`, returns an array or a tuple of arrays (..., c).
    columns
        Arrays (..., q).

    Returns
    -------
    numpy.ndarray or tuple of numpy.ndarray
        What the function returns for all columns, the same with any number of threads.
    """
    q = columns[0].shape[-1]
    if q <= _BLOCK:
        return function(*columns)
    blocks = [slice(start, start + _BLOCK) for start in range(0, q, _BLOCK)]
    found = ThreadMapper().map(lambda block: function(*(part[..., block] for part in columns)), blocks)
    if isinstance(found[0], tuple):
        return tuple(np.concatenate(parts, axis=-1) for parts in zip(*found, strict=True))
    return np.concatenate(found, axis=-1)
