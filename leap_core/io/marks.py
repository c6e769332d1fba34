"""Numbers that stand for gaps in a table of scores: far beyond everything else."""

from __future__ import annotations

import numpy as np

from leap_core.arrays import Floats, Mask
from leap_core.errors import PanelError

# What no score reaches: marks of gaps and overflows, far beyond everything else.
_MARK, _FAR = 50.0, 10.0
_MOST_MARKS = 0.25


def without_marks(values: Floats, name: str, what: str, among: Mask | None = None) -> tuple[Floats, tuple[str, ...]]:
    """Numbers that stand for gaps (+-100, -999, 1e30) as gaps, and a sentence on them.

    A mark is above 50 and more than ten times as large as 90 % of the numbers.

    Parameters
    ----------
    values, name, what
        Scores, the table's name, and what they are.
    among
        Which of the values may be marks at all; None: any.

    Raises
    ------
    PanelError
        If so many are out of range that the table is of another kind, or damaged.
    """
    size = np.abs(values)
    finite = np.isfinite(size)
    if not finite.any() or float(size[finite].max()) <= _MARK:
        return values, ()
    usual = float(np.quantile(size[finite], 0.9))
    marks = finite & (size > max(_MARK, _FAR * usual))
    if among is not None:
        marks &= among
    count = int(marks.sum())
    if not count:
        return values, ()
    examples = ", ".join(f"{value:g}" for value in np.unique(values[marks])[:4])
    if count > _MOST_MARKS * finite.sum():
        raise PanelError(
            f"{name}: {count / finite.sum():.1%} of the values are far from all others ({examples}). If they mark what"
            " was not measured, leave these cells blank; otherwise take them out of the table."
        )
    cleaned = values.copy()
    cleaned[marks] = np.nan
    words = "value that is" if count == 1 else "values that are"
    return cleaned, (
        f"{name}: {count:,} {words} no {what} ({examples}; nine of ten others are within {usual:.3g}) left out",
    )
