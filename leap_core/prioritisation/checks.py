"""Do probabilities and intervals keep their word? On the panel's lines, each predicted by the outer fold that had not seen it."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from leap_core.data.lines import UNKNOWN_LINEAGE

Matrix = npt.NDArray[np.floating]

_GROUPS = 10
_FEWEST_LINES = 10


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


def coverage_check(
    unseen: Matrix, measured: Matrix, errors: Matrix, width: Matrix, lineages: npt.NDArray[np.object_], level: float = 0.8
) -> pd.DataFrame:
    """How often intervals of a nominal coverage held, by lineage.

    The interval of a held-out line is its prediction plus and minus the quantile of its perturbation's errors times the width, the
    split version of CV+ (whose members for held-out lines are not kept).

    Parameters
    ----------
    unseen, measured
        (n, q).
    errors, width
        (n, q) as in `leap_core.prioritisation.intervals.cv_plus`; the width of every line where it stands.
    lineages
        (n,) of each line.
    level
        Nominal coverage.

    Returns
    -------
    pandas.DataFrame
        Index lineage (``all lines`` first, then those with ten lines or more, lowest coverage first); ``coverage``, ``lines``.
    """
    usual = np.nanquantile(errors.astype(np.float64), level, axis=0, method="higher")
    inside = np.where(np.isnan(measured), np.nan, np.abs(measured - unseen) <= width * usual)
    with np.errstate(invalid="ignore"):
        of_line = np.nanmean(np.where(np.isnan(inside).all(axis=1, keepdims=True), 0.0, inside), axis=1)
    screened = ~np.isnan(measured).all(axis=1)
    rows = {}
    for lineage in np.unique(lineages[screened].astype(str)):
        members = screened & (lineages == lineage)
        if members.sum() >= _FEWEST_LINES and lineage != UNKNOWN_LINEAGE:
            rows[str(lineage)] = (float(of_line[members].mean()), int(members.sum()))
    ranked = sorted(rows, key=lambda lineage: rows[lineage][0])
    found = {"all lines": (float(np.nanmean(inside)), int(screened.sum())), **{lineage: rows[lineage] for lineage in ranked}}
    return pd.DataFrame.from_dict(found, orient="index", columns=["coverage", "lines"])
