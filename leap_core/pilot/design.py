"""Which rows to measure first: those that tell most of the others."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from leap_core.arrays import Array, Ints, Mask
from leap_core.pilot.residuals import PanelResiduals


@dataclass(frozen=True)
class Design:
    """A choice of rows, the most telling first.

    Attributes
    ----------
    rows
        (N,) their positions.
    explained
        (N,) share of the variance of the residuals that count, told by the components when the first 1..N are measured;
        what is a row's own is not told by others.
    """

    rows: Ints
    explained: Array


def choose_rows(residuals: PanelResiduals, number: int, candidates: Mask, counts: Array, first: Ints) -> Design:
    """Choose rows one by one, each the one that explains most of what is left (Krause, Singh & Guestrin 2008).

    Parameters
    ----------
    residuals
        Of the panel's lines.
    number
        How many, those in `first` among them.
    candidates
        (p,) what may be measured.
    counts
        (p,) weight of every row's variance: 0 = what is found of it is of no interest.
    first
        Rows that are measured in any case.

    Returns
    -------
    Design
        Fewer than `number` rows where no other candidate has residuals to learn from.
    """
    factors = residuals.factors
    free = candidates & residuals.known
    weights = np.where(residuals.known, counts, 0.0)
    total = float(weights.sum()) or 1.0
    left, inner = factors.copy(), ((factors * weights) @ factors.T) @ factors
    own = 1.0 - np.square(factors).sum(axis=0)
    chosen, gains = [], []
    for step in range(min(number, int(free.sum()) + len(first))):
        variance = np.einsum("kj,kj->j", factors, left)
        gain = np.einsum("kj,kj->j", left, inner) / (variance + own)
        pick = int(first[step]) if step < len(first) else int(np.argmax(np.where(free, gain, -np.inf)))
        if step >= len(first) and not free[pick]:
            break
        free[pick] = False
        chosen.append(pick)
        gains.append(float(gain[pick]))
        column = left[:, pick].copy()
        shared = column @ factors / (variance[pick] + own[pick])
        inner -= np.outer(inner[:, pick].copy(), shared)
        left -= np.outer(column, shared)
    return Design(np.array(chosen, dtype=np.int64), np.cumsum(gains) / total)
