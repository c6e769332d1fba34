"""The priority score: how likely a row is, times what else speaks for it, with weights that sum to 100.

What is not likely has no priority, however well it is predicted (docs/methods.md#priority).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from leap_core.arrays import Array, Floats
from leap_core.errors import UserError
from leap_core.panel.scores import ScoreType
from leap_core.ranking.concordance import AGREES
from leap_core.run.blocks import in_blocks

COMPONENTS = {
    "selectivity": (
        "calibrated probability that the line is truly and selectively dependent, as a share of this sample's highest"
        " (panel percentile where no probability is known)"
    ),
    "reliability": "accuracy on unseen lines, shrunk; no skill = 0, perfect = 1",
    "strength": "rank of the predicted score among this sample's rows",
    "tractability": (
        "1 where an approved drug against the gene is known, 0.5 where only others are; drugs: 1 if approved (from"
        " tables that you supply)"
    ),
    "concordance": (
        "1 where a drug and a target of it are both predicted to be selective here, else 0 (needs a table of drugs, and"
        " both models)"
    ),
}


@dataclass(frozen=True)
class Weights:
    """Weights of the components, in percent.

    Raises
    ------
    UserError
        If one is negative or they do not sum to 100.
    """

    selectivity: float
    reliability: float
    strength: float = 0.0
    tractability: float = 0.0
    concordance: float = 0.0

    def __post_init__(self) -> None:
        values = self.as_dict()
        if not all(value >= 0 for value in values.values()) or not abs(sum(values.values()) - 100.0) <= 1e-6:
            said = ", ".join(f"{name} {value:g}" for name, value in values.items())
            raise UserError(
                f"Weights must be 0 or more and sum to 100; these sum to {sum(values.values()):g} ({said})."
            )

    def as_dict(self) -> dict[str, float]:
        """Weight of each component, in the order of `COMPONENTS`."""
        return {name: float(getattr(self, name)) for name in COMPONENTS}


DEFAULT = "Selective and reliable"
# Finds as many true dependencies on held-out lines as the probability alone; agreement of drug and target is worth some
# points beyond the probability (docs/prioritising.md).
PRESETS = {
    DEFAULT: Weights(76, 19, concordance=5),
    "Strongest": Weights(0, 20, 80),
    "Druggable": Weights(52, 13, 0, 30, 5),
    "Selectivity only": Weights(100, 0),
}


def components(table: pd.DataFrame, score: ScoreType) -> pd.DataFrame:
    """Components of every row, each 0..1; 0 where it is not known.

    Parameters
    ----------
    table
        Rows of one sample: ``probability`` and, as far as they are known, ``panel_percentile``, ``accuracy_shrunk`` (or
        ``accuracy``), ``predicted``, ``tractable``, ``concordance``.
    score
        Its score type.
    """
    standing = table["probability"] if "probability" in table else pd.Series(np.nan, table.index)
    if standing.isna().all():
        standing = table.get("panel_percentile", standing)
    highest = float(standing.max())
    selectivity = (standing.astype(float) / highest).fillna(0.0) if highest > 0 else 0.0
    accuracy = (
        table["accuracy_shrunk"]
        if "accuracy_shrunk" in table
        else table.get("accuracy", pd.Series(np.nan, table.index))
    )
    no_skill = 0.5 if score.binary else 0.0
    strength: pd.Series | float = 0.0
    if "predicted" in table:
        strength = _rank_share(pd.Series(score.strength(table["predicted"].to_numpy(dtype=float)), table.index))
    rows = {
        "selectivity": selectivity,
        "reliability": ((accuracy.astype(float) - no_skill) / (1.0 - no_skill)).clip(0.0, 1.0).fillna(0.0),
        "strength": strength,
        "tractability": table["tractable"].astype(float) if "tractable" in table else 0.0,
        "concordance": (table["concordance"] == AGREES).astype(float) if "concordance" in table else 0.0,
    }
    return pd.DataFrame(rows, index=table.index)


def points(rows: pd.DataFrame, weights: Weights) -> pd.DataFrame:
    """Points that each component gives to every row of `components`; a row's priority is their sum.

    Selectivity and strength give what they are of their weights. The other components give their points as far as a row
    is likely: in the share that selectivity and strength together have of theirs (selectivity alone where both weigh
    nothing).
    """
    return pd.DataFrame(_points({name: rows[name] for name in COMPONENTS}, weights))


def _points(rows: Mapping[str, Any], weights: Weights) -> dict[str, Any]:
    given = weights.as_dict()
    standing = given["selectivity"] + given["strength"]
    likely = rows["selectivity"]
    if standing > 0:
        likely = (given["selectivity"] * rows["selectivity"] + given["strength"] * rows["strength"]) / standing
    return {
        name: weight * rows[name] * (1.0 if name in ("selectivity", "strength") else likely)
        for name, weight in given.items()
    }


def priority(rows: pd.DataFrame, weights: Weights) -> pd.Series:
    """Priority (0..100) of every row of `components`."""
    given = _points({name: rows[name].to_numpy(dtype=float) for name in COMPONENTS}, weights)
    return pd.Series(sum(given.values()), rows.index)


def priority_of_lines(probability: Array, accuracy_shrunk: Floats, score: ScoreType) -> Array:
    """Default priority (n, q) of lines by their probabilities (n, q) and the rows' accuracy (q,), as of one sample."""
    no_skill = 0.5 if score.binary else 0.0
    reliability = np.nan_to_num(np.clip((accuracy_shrunk - no_skill) / (1.0 - no_skill), 0.0, 1.0))[:, None]

    def of_lines(probability: Array) -> Array:
        standing = np.where(np.isfinite(probability), probability, 0.0)
        highest = standing.max(axis=0, initial=0.0)
        standing /= np.where(highest > 0, highest, np.inf)
        rows = dict.fromkeys(COMPONENTS, 0.0) | {"selectivity": standing, "reliability": reliability}
        found: Array = sum(_points(rows, PRESETS[DEFAULT]).values())
        return found

    # Lines are the columns here.
    found: Array = in_blocks(of_lines, probability.T)
    return found.T


def _rank_share(values: pd.Series) -> pd.Series:
    """Share (0..1) of the rows that a row is above; ties share; 0 where there is no value."""
    ranks = values.astype(float).rank(method="average")
    return ((ranks - 1.0) / max(int(values.notna().sum()) - 1, 1)).fillna(0.0)
