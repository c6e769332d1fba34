"""One perturbation predicted for several studies: what they say together, and how far they are apart.

Each study has a model of its own, in its own unit. Their common scale is the percentile among the lines of a study's
panel, each predicted without having been seen: 100 = the most dependent or sensitive.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from leap_core.accuracy.reliability import worth_of

CONSENSUS_COLUMNS = ("consensus_percentile", "studies", "disagreement", "by_study")


@dataclass(frozen=True)
class StudyPercentiles:
    """What one further study says of one sample.

    Attributes
    ----------
    table
        Index the study's columns; ``panel_percentile``, ``validation_score``.
    same
        Which of them is which perturbation of the list: ``perturbation``, ``column``.
    """

    table: pd.DataFrame
    same: pd.DataFrame


def consensus(table: pd.DataFrame, main: str, others: Mapping[str, StudyPercentiles]) -> pd.DataFrame:
    """Consensus of the studies for each row of a list.

    Parameters
    ----------
    table
        Hit table of the main study: ``panel_percentile``, ``validation_score``.
    main
        What its study is called.
    others
        The further studies by name. Several columns of one study for one perturbation count as their mean.

    Returns
    -------
    pandas.DataFrame
        Index that of `table`. ``consensus_percentile``: mean over studies, weighted by what each
        validation score is worth (`leap_core.accuracy.reliability.worth_of`); ``studies``: how many predict it;
        ``disagreement``: points between the highest and the lowest, NaN with one study;
        ``by_study``: each study's percentile, in words.
    """
    percentiles = {main: table["panel_percentile"].astype(float)}
    weights = {main: worth_of(table["validation_score"].to_numpy(dtype=float))}
    for name, study in others.items():
        column = study.same.set_index("column")["perturbation"]
        column = column[column.isin(table.index)]
        here = study.table.reindex(column.index)[["panel_percentile", "validation_score"]].set_axis(
            column.to_numpy(), axis=0
        )
        mean = here.astype(float).groupby(level=0).mean().reindex(table.index)
        percentiles[name], weights[name] = (
            mean["panel_percentile"],
            worth_of(mean["validation_score"].to_numpy(dtype=float)),
        )
    values, weight = pd.DataFrame(percentiles), pd.DataFrame(weights, index=table.index)
    known = values.notna()
    weight = weight.where(known, 0.0)
    total = weight.sum(axis=1)
    found = pd.DataFrame(index=table.index)
    found["consensus_percentile"] = ((values.fillna(0.0) * weight).sum(axis=1) / total.where(total > 0)).astype(float)
    found["studies"] = known.sum(axis=1).astype(float)
    spread = values.max(axis=1) - values.min(axis=1)
    found["disagreement"] = spread.where(found["studies"] > 1)
    found["by_study"] = [
        "; ".join(f"{name} {value:.0f}" for name, value in zip(values.columns, row, strict=True) if np.isfinite(value))
        if count > 1
        else ""
        for row, count in zip(values.to_numpy(), found["studies"], strict=True)
    ]
    return found
