"""Do probabilities and intervals keep their word? On the panel's lines, each predicted by the outer fold that had not seen it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from leap_core.applicability.familiarity import FAMILIAR, OUTSIDE, UNUSUAL
from leap_core.data.lines import UNKNOWN_LINEAGE
from leap_core.prioritisation.widening import fit_widening

Matrix = npt.NDArray[np.floating]

_GROUPS = 10
_FEWEST_LINES = 10
_FIRST = 20


def probability_check(probability: Matrix, event: Matrix) -> pd.DataFrame:
    """Said and found in tenths of the probability.

    Parameters
    ----------
    probability, event
        (n, q); pairs where either is missing are left out.

    Returns
    -------
    pandas.DataFrame
        A row per tenth, lowest first: ``said`` (mean probability), ``found`` (share of true dependencies), ``pairs``.
    """
    known = np.isfinite(probability) & np.isfinite(event)
    p, e = probability[known], event[known]
    groups = [group for group in np.array_split(np.argsort(p, kind="stable"), _GROUPS) if len(group)]
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

    lineages: npt.NDArray[np.object_]
    classes: npt.NDArray[np.object_]
    probability: Matrix


def coverage_check(
    ratios: npt.NDArray[np.float64], groups: Groups, outer_folds: npt.NDArray[np.int64], levels: tuple[float, ...]
) -> pd.DataFrame:
    """How often intervals of a nominal coverage held: over all, among the first rows of each list, by class and by lineage.

    The interval of a held-out line is the split version of CV+ (whose members for held-out lines are not kept), widened as the lines of
    the other folds say (see `leap_core.prioritisation.widening`).

    Parameters
    ----------
    ratios
        (1, n, q) from `leap_core.prioritisation.widening.interval_ratios`.
    groups
        How lines are told apart.
    outer_folds
        (n,) of each line.
    levels
        The nominal coverage.

    Returns
    -------
    pandas.DataFrame
        Index ``all lines``, ``first 20 rows of each list``, ``familiar lines`` ..., then lineages, lowest coverage first, each of ten
        lines or more; ``coverage``, ``lines``.
    """
    measured = np.where(np.isfinite(ratios[0]), 1.0, np.nan)
    inside = np.full(measured.shape, np.nan)
    for fold in np.unique(outer_folds):
        others, own = outer_folds != fold, np.flatnonzero(outer_folds == fold)
        widening = fit_widening(ratios[:, others], groups.probability[others], groups.classes[others], levels)
        for line in own:
            probability = np.where(np.isfinite(ratios[0, line]), groups.probability[line], np.nan)
            inside[line] = ratios[0, line] <= widening.of(probability, str(groups.classes[line]))[0]
    inside = np.where(np.isnan(measured), np.nan, inside)
    screened = np.asarray(np.isfinite(measured).any(axis=1))
    with np.errstate(invalid="ignore"):
        of_line = np.nanmean(np.where(screened[:, None], inside, 0.0), axis=1)

    def of(labels: npt.NDArray[np.object_], label: str) -> tuple[float, int] | None:
        members = screened & (labels == label)
        return (float(of_line[members].mean()), int(members.sum())) if members.sum() >= _FEWEST_LINES else None

    found = {"all lines": (float(np.nanmean(inside)), int(screened.sum()))}
    first = np.argsort(-np.where(np.isnan(measured), -1.0, np.nan_to_num(groups.probability)), axis=1, kind="stable")[:, :_FIRST]
    found[f"first {_FIRST} rows of each list"] = (
        float(np.nanmean(np.take_along_axis(inside, first, axis=1)[screened])),
        int(screened.sum()),
    )
    found |= {f"{name} lines": part for name in (FAMILIAR, UNUSUAL, OUTSIDE) if (part := of(groups.classes, name)) is not None}
    lineages = {str(name): part for name in set(groups.lineages) - {UNKNOWN_LINEAGE} if (part := of(groups.lineages, name)) is not None}
    found |= dict(sorted(lineages.items(), key=lambda entry: (entry[1][0], entry[0])))
    return pd.DataFrame.from_dict(found, orient="index", columns=["coverage", "lines"])
