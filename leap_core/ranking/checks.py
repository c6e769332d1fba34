"""Coverage of intervals and calibration of probabilities, on cross-validated predictions."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from leap_core.arrays import Array, Floats, Ints, Labels
from leap_core.panel.lines import UNKNOWN_LINEAGE
from leap_core.ranking.widening import CLASSES, FIRST_ROWS, first_rows, fit_widening

_GROUPS = 10
# Where the highest tenth is parted further, as long as so many pairs are left.
_HIGHEST, _LEAST_PAIRS = (0.95, 0.98, 0.99, 0.995, 0.998, 0.999), 100
_MIN_LINES = 10


def probability_check(probability: Floats, event: Floats) -> pd.DataFrame:
    """Said and found in groups of the probability: tenths of all pairs, the highest tenth in finer parts.

    Parameters
    ----------
    probability, event
        (n, q); pairs where either is missing are left out.

    Returns
    -------
    pandas.DataFrame
        A row per group, lowest first: ``said`` (mean probability), ``found`` (share of true dependencies), ``pairs``.
    """
    known = np.isfinite(probability) & np.isfinite(event)
    p, e = probability[known], event[known]
    order = np.argsort(p, kind="stable")
    bounds = [round(share * len(p)) for share in (*np.arange(1, _GROUPS) / _GROUPS, *_HIGHEST)]
    # The first rows of lists are what is tested: they stand in the last hundredths of all pairs.
    bounds = [bound for number, bound in enumerate(bounds) if number < _GROUPS - 1 or len(p) - bound >= _LEAST_PAIRS]
    groups = [group for group in np.split(order, bounds) if len(group)]
    rows = [(float(p[group].mean()), float(e[group].mean()), len(group)) for group in groups]
    return pd.DataFrame(rows, columns=["said", "found", "pairs"])


@dataclass(frozen=True)
class Groups:
    """How held-out lines are told apart when the coverage of their intervals is looked at.

    Attributes
    ----------
    lineages, classes
        (n,) lineage and passport class (familiar, unusual, outside) of each line.
    probability
        (n, q) what each line's list is ordered by: its first rows are those that are tested.
    """

    lineages: Labels
    classes: Labels
    probability: Floats


def coverage_check(ratios: Array, groups: Groups, outer_folds: Ints, levels: tuple[float, ...]) -> pd.DataFrame:
    """How often intervals of a nominal coverage held.

    Over all, among the first rows of each list, by class and by lineage.

    The interval of a held-out line is the split version of CV+ (whose members for held-out lines are not kept), widened
    as the lines of the other folds say (see `leap_core.ranking.widening`).

    Parameters
    ----------
    ratios
        (1, n, q) from `leap_core.ranking.widening.interval_ratios`.
    groups
        How lines are told apart.
    outer_folds
        (n,) of each line.
    levels
        The nominal coverage.

    Returns
    -------
    pandas.DataFrame
        Index ``all lines``, ``first 20 rows of each list``, ``familiar lines`` ..., then lineages, lowest coverage
        first, each of ten lines or more; ``coverage``, ``lines``.
    """
    known = np.isfinite(ratios[0])
    listed = np.where(known, groups.probability, np.nan)
    inside = np.full(known.shape, np.nan)
    for fold in np.unique(outer_folds):
        others = outer_folds != fold
        widening = fit_widening(ratios[:, others], groups.probability[others], groups.classes[others], levels)
        for line in np.flatnonzero(~others):
            inside[line] = ratios[0, line] <= widening.of(listed[line], str(groups.classes[line]))[0]
    inside[~known] = np.nan
    screened = np.asarray(known.any(axis=1))
    found = {"all lines": (float(np.nanmean(inside)), int(screened.sum()))}
    first = first_rows(listed) & known
    found[f"first {FIRST_ROWS} rows of each list"] = (float(inside[first].mean()), int(screened.sum()))
    found |= _by_label(inside, groups.classes, {name: f"{name} lines" for name in CLASSES})
    lineages = _by_label(
        inside, groups.lineages, {name: str(name) for name in set(groups.lineages) - {UNKNOWN_LINEAGE}}
    )
    found |= dict(sorted(lineages.items(), key=lambda entry: (entry[1][0], entry[0])))
    return pd.DataFrame.from_dict(found, orient="index", columns=["coverage", "lines"])


def _by_label(inside: Array, labels: Labels, titles: dict[str, str]) -> dict[str, tuple[float, int]]:
    """Mean coverage over lines, and how many they are, of every label with ten screened lines or more."""
    screened = np.isfinite(inside).any(axis=1)
    found = {}
    for label, title in titles.items():
        members = inside[screened & (labels == label)]
        if len(members) >= _MIN_LINES:
            found[title] = (float(np.nanmean(members, axis=1).mean()), len(members))
    return found
