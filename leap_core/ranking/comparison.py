"""Two samples against each other: what differs, how sure that is, and whether the members agree."""

from __future__ import annotations

import numpy as np
import pandas as pd

from leap_core.arrays import Array, Floats
from leap_core.panel.scores import ScoreType
from leap_core.run.seeds import seed_of

_PAIRS = 600
_LEVEL = 0.8


def difference_width(out_of_fold: Floats, measured: Floats, level: float = _LEVEL) -> Array:
    """Half the width of an interval for the difference of two lines.

    The quantile, over random pairs of panel lines, of how far their measured difference lies from the difference of
    their out-of-fold predictions. Two samples of one origin share much of their error: for them it is too wide.

    Parameters
    ----------
    out_of_fold, measured
        (n, p); NaN in `measured` = not screened.
    level
        Nominal coverage.

    Returns
    -------
    numpy.ndarray
        (p,); NaN where fewer than ten pairs were both screened.
    """
    n = len(measured)
    random = np.random.default_rng(seed_of("pairs of lines", n))
    first = random.integers(0, n, _PAIRS)
    second = (first + random.integers(1, n, _PAIRS)) % n
    error = np.abs((measured[first] - measured[second]) - (out_of_fold[first] - out_of_fold[second])).astype(np.float64)
    enough = np.isfinite(error).sum(axis=0) >= 10
    width = np.full(error.shape[1], np.nan)
    if enough.any():
        width[enough] = np.nanquantile(error[:, enough], level, axis=0)
    return width


def compare(
    base: pd.DataFrame,
    other: pd.DataFrame,
    base_members: pd.DataFrame,
    other_members: pd.DataFrame,
    width: pd.Series,
    score: ScoreType,
) -> pd.DataFrame:
    """Compare two samples row by row.

    Parameters
    ----------
    base, other
        Hit tables of the samples (any order).
    base_members, other_members
        Predictions of every member: rows members, columns perturbations.
    width
        From `difference_width`, by perturbation.
    score
        Of the model.

    Returns
    -------
    pandas.DataFrame
        Index perturbations; ``base``, ``other`` (predicted), ``difference`` (other minus base), ``difference_low``,
        ``difference_high`` (80 %), ``members_agree`` (share of members with the ensemble's sign), ``base_z``,
        ``other_z``, ``gained`` (z of the other minus that of the base: positive = more dependent or sensitive than the
        base), ``base_probability``, ``other_probability``, ``accuracy``, ``call`` (gained, lost, or nothing, where the
        interval leaves out 0 and the stronger of the two passes the unit's floor of effect). The largest change of z
        first.
    """
    names = base.index.intersection(other.index, sort=False)
    table = pd.DataFrame(index=pd.Index(names, name="perturbation"))
    table["base"], table["other"] = base.loc[names, "predicted"], other.loc[names, "predicted"]
    table["difference"] = table["other"] - table["base"]
    half = width.reindex(names)
    table["difference_low"], table["difference_high"] = table["difference"] - half, table["difference"] + half
    by_member = other_members[names].to_numpy() - base_members[names].to_numpy()
    same = np.sign(by_member) == np.sign(table["difference"].to_numpy())
    table["members_agree"] = np.where(np.isfinite(table["difference"]), same.mean(axis=0), np.nan)
    table["base_z"], table["other_z"] = base.loc[names, "z"], other.loc[names, "z"]
    table["gained"] = table["other_z"] - table["base_z"]
    for name, rows in (("base", base), ("other", other)):
        table[f"{name}_probability"] = rows.loc[names, "probability"]
    table["accuracy"] = base.loc[names, "accuracy"]
    table["call"] = calls(table, score)
    order = np.lexsort([names.to_numpy(dtype=str), -table["gained"].abs().fillna(-np.inf).to_numpy()])
    return table.iloc[order]


def calls(table: pd.DataFrame, score: ScoreType) -> Array:
    """Gained, lost or nothing, of each row: the interval leaves out 0, and the stronger passes the floor of effect."""
    sure = (table["difference_low"] > 0) | (table["difference_high"] < 0)
    stronger = pd.Series(score.strength(table["difference"].to_numpy()), table.index) > 0
    if score.effect_floor is not None and not score.binary:
        strongest = score.strength(table[["base", "other"]].to_numpy()).max(axis=1)
        sure &= strongest >= score.strength(np.array([score.effect_floor]))[0]
    return np.where(sure & stronger, "gained", np.where(sure & ~stronger, "lost", ""))


def z_table(tables: dict[str, pd.DataFrame], count: int) -> pd.DataFrame:
    """Robust z of many samples for the rows that differ most between them: rows perturbations, columns samples."""
    z = pd.DataFrame({sample: table["z"] for sample, table in tables.items()})
    spread = z.max(axis=1) - z.min(axis=1)
    return z.loc[spread.dropna().sort_values(ascending=False, kind="stable").index[:count]]
