"""How far two laboratories' measurements of the same perturbation agree, and what that bounds.

A prediction cannot be expected to agree with a study better than the study's own measurements are reproduced. By
classical attenuation (Spearman 1904) the correlation of a prediction with a study is at most the square root of the
study's reliability, and the agreement of two studies on shared lines is at most the root of the product of their
reliabilities: where these are alike, the square root of the agreement bounds an accuracy.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from leap_core.accuracy.reliability import interval_95
from leap_core.accuracy.resampling import drawn_weights, resampled_scores
from leap_core.arrays import Array, Matrix
from leap_core.panel.panel import FurtherStudy, Panel

MIN_SHARED_LINES = 60
"""Fewer lines that two studies share say nothing of their agreement."""

MIN_AGREEMENT = {"spearman": 0.2, "auroc": 0.6}
"""Below it laboratories do not reproduce each other's order of the lines."""

CEILING_COLUMNS = (
    "agreement",
    "agreement_low",
    "agreement_high",
    "agreement_lines",
    "agreement_metric",
    "agreement_study",
    "ceiling",
    "share_of_ceiling",
    "laboratories",
)
AGREE, DO_NOT_AGREE = "agree", "do not agree"


def ceiling_table(panel: Panel, accuracy: Array) -> pd.DataFrame:
    """Agreement of the panel's measurements with those of its further studies.

    Parameters
    ----------
    panel
        With further studies.
    accuracy
        (p,) accuracy on unseen lines; NaN where there is none.

    Returns
    -------
    pandas.DataFrame
        Index the panel's perturbations; `CEILING_COLUMNS`: agreement over the lines that both studies have screened,
        oriented so that 1 is full agreement, with a 95 % interval (patients resampled), the number of lines, the
        metric, and the study, which is the one that shares most lines; the `share_of_ceiling`; and `AGREE`, or
        `DO_NOT_AGREE` below `MIN_AGREEMENT`. NaN, and no word, below `MIN_SHARED_LINES`. The metric is Spearman's
        correlation, whose square root is the ceiling; where one of the studies has calls it is the AUROC of the other's
        scores for them, which bounds nothing. Levels have many ties, which a correlation takes for disagreement: they
        are given no ceiling and no word.
    """
    names = panel.response.columns
    found = pd.DataFrame(index=pd.Index(names, name="perturbation"), columns=list(CEILING_COLUMNS), dtype=float)
    for text in ("agreement_study", "agreement_metric", "laboratories"):
        found[text] = pd.Series("", index=found.index, dtype=object)
    found["agreement_lines"] = 0.0
    weights = drawn_weights(panel.patients)
    for study in panel.further:
        _put_in(found, panel, study, weights)
    found["share_of_ceiling"] = share_of_ceiling(accuracy, found["ceiling"].to_numpy())
    return found


def share_of_ceiling(accuracy: Array, ceiling: Array) -> Array:
    """Accuracy (p,) as a share of the ceiling (p,).

    Above 1 the accuracy passes it: the other laboratory is the less reliable one. NaN where laboratories do not agree:
    there is nothing that a prediction could reach.
    """
    there = np.square(ceiling) >= MIN_AGREEMENT["spearman"]
    share: Array = np.where(there, np.maximum(accuracy, 0.0) / np.where(there, ceiling, 1.0), np.nan)
    return share


def _put_in(found: pd.DataFrame, panel: Panel, study: FurtherStudy, weights: Array) -> None:
    """Agreement with one study, where it shares more lines than those before."""
    # A preset may have left columns of either out.
    here = study.same["perturbation"].isin(panel.response.columns) & study.same["column"].isin(study.response.columns)
    same = study.same[here]
    if same.empty:
        return
    ours, theirs = paired(panel, study, same)
    lines = (np.isfinite(ours) & np.isfinite(theirs)).sum(axis=0)
    measured = np.where(np.isfinite(theirs), ours, np.nan)
    metric = "auroc" if panel.score.binary or study.score.binary else "spearman"
    scores, truth = theirs, measured
    if study.score.binary and not panel.score.binary:
        scores, truth = ours, np.where(np.isfinite(ours), theirs, np.nan)
    draws = resampled_scores(scores, truth, np.zeros(len(ours), dtype=np.int64), weights, metric)
    low, high = interval_95(draws)
    tied = bool(panel.score.only or study.score.only)
    for place, name in enumerate(same["perturbation"]):
        agreement = float(draws[0, place])
        if lines[place] < MIN_SHARED_LINES or lines[place] <= found.loc[name, "agreement_lines"]:
            continue
        found.loc[name, list(CEILING_COLUMNS[:4])] = [agreement, low[place], high[place], float(lines[place])]
        found.loc[name, ["agreement_metric", "agreement_study"]] = [metric, study.name]
        found.loc[name, "ceiling"] = np.nan if tied else np.sqrt(max(agreement, 0.0))
        word = DO_NOT_AGREE if agreement < MIN_AGREEMENT[metric] else AGREE
        # Of calls AUROC is no matter of ties.
        judged = np.isfinite(agreement) and (metric == "auroc" or not tied)
        found.loc[name, "laboratories"] = word if judged else ""


def paired(panel: Panel, study: FurtherStudy, same: pd.DataFrame) -> tuple[Matrix, Matrix]:
    """Measurements (n, s) of the panel's lines by both studies, for each row of `same`; higher = stronger in both."""
    ours = panel.score.strength(panel.response[same["perturbation"]].to_numpy())
    theirs = study.score.strength(study.response.reindex(panel.response.index)[same["column"]].to_numpy())
    return ours, theirs
