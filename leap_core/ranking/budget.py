"""A budget of N: true, selective dependencies to expect in the first N rows, and the alternatives."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from leap_core.ranking.list_calibration import MAX_LIST, Yield

_INTERVAL = (0.1, 0.9)
# Numbers of rows that a laboratory tests; the second is where a page starts.
BUDGETS = {"gene": (20, 50, 100, 200), "drug": (5, 10, 20, 50)}
METHODS = {"leap": "this list", "lineage_mean": "lineage mean", "nearest_line": "nearest line", "random": "random"}


@dataclass(frozen=True)
class Budget:
    """What the first N rows of a list promise.

    Attributes
    ----------
    number
        Rows that are in it (fewer than N where the list is shorter).
    expected
        Sum of their calibrated probabilities.
    low, high
        80 % interval: the expectation plus how much hits differed from it on held-out lines; NaN where that was not
        measured.
    """

    number: int
    expected: float
    low: float
    high: float


def budget(table: pd.DataFrame, number: int, yields: Yield | None) -> Budget:
    """Expected true dependencies in the first rows of a list.

    Parameters
    ----------
    table
        In order; ``probability``.
    number
        N, at least 1.
    yields
        From held-out lines; the interval is theirs at that N (at 200 where N is larger).
    """
    first = table.iloc[:number]
    expected = float(first["probability"].fillna(0.0).sum())
    if yields is None or first.empty:
        return Budget(len(first), expected, float("nan"), float("nan"))
    column = min(len(first), MAX_LIST) - 1
    difference = yields.hits["leap"][:, column] - yields.expected[:, column]
    low, high = expected + np.nanquantile(difference, _INTERVAL)
    return Budget(len(first), expected, max(float(low), 0.0), min(float(high), float(len(first))))


def yield_curves(yields: Yield) -> pd.DataFrame:
    """Mean hits over held-out lines by length of the list: index N, a column per method of `METHODS`."""
    return pd.DataFrame(
        {title: np.nanmean(yields.hits[method], axis=0) for method, title in METHODS.items()},
        index=pd.Index(range(1, MAX_LIST + 1), name="N"),
    )


def recall_and_precision(yields: Yield, numbers: tuple[int, ...]) -> pd.DataFrame:
    """Mean precision and recall over held-out lines at some N, by method.

    Columns ``N``, ``method``, ``precision``, ``recall``.
    """
    rows = []
    for number in numbers:
        for method, title in METHODS.items():
            hits = yields.hits[method][:, min(number, MAX_LIST) - 1]
            with np.errstate(invalid="ignore", divide="ignore"):
                recall = np.where(yields.true > 0, hits / yields.true, np.nan)
            rows.append((number, title, float(np.nanmean(hits)) / number, float(np.nanmean(recall))))
    return pd.DataFrame(rows, columns=["N", "method", "precision", "recall"])
