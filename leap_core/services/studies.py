"""What there is to say of a model's further studies."""

from __future__ import annotations

import numpy as np
import pandas as pd

from leap_core.accuracy.ceiling import DO_NOT_AGREE, MIN_AGREEMENT, share_of_ceiling
from leap_core.services.models import Model


def further_in_words(model: Model) -> tuple[str, ...]:
    """A sentence on each further study: what it shares with the first, and how much it counts."""
    sentences = []
    for study in model.panel.further:
        weight = model.trained.study_weights.get(study.name)
        shared = study.same["perturbation"].nunique()
        counts = (
            "this recipe learns nothing from it"
            if weight is None
            else f"counts {weight:g} in the fit"
            if weight
            else "counts nothing in the fit: it did not help"
        )
        sentences.append(
            f"{study.name}: {len(study.response):,} lines x {study.response.shape[1]:,} {study.score.noun},"
            f" {study.score.title} ({study.score.direction}); {shared:,} {model.panel.score.noun} are in both; {counts}"
        )
    return tuple(sentences)


def laboratory_table(model: Model) -> pd.DataFrame:
    """Where two laboratories measured the same lines, those that agree best first.

    Returns
    -------
    pandas.DataFrame
        Index perturbations; ``agreement`` with its interval, ``ensemble`` (accuracy on unseen lines), ``ceiling``,
        ``share_of_ceiling``, ``lines`` in both, ``metric``, ``study``, ``laboratories``. No row where no further study
        has such lines.
    """
    table = model.table
    if "agreement" not in table:
        return pd.DataFrame()
    known = table[np.isfinite(table["agreement"].astype(float))]
    columns = ["agreement", "agreement_low", "agreement_high", "accuracy", "ceiling", "share_of_ceiling"]
    titles = {"agreement_lines": "lines", "agreement_metric": "metric", "agreement_study": "study"}
    found = known[[*columns, *titles, "laboratories"]].rename(columns={"accuracy": "ensemble", **titles})
    return found.sort_values("agreement", ascending=False, kind="stable")


def laboratories_in_words(row: pd.Series) -> str:
    """What other laboratories say of one row of a list; nothing where there is no further study."""
    said = []
    if np.isfinite(float(row.get("agreement", np.nan))):
        metric = str(row["agreement_metric"])
        title = {"spearman": "a rank correlation", "auroc": "an AUROC"}[metric]
        said.append(
            f"Two laboratories measured it on the same {row['agreement_lines']:.0f} lines and agree at {title} of"
            f" {row['agreement']:.2f} ({row['agreement_low']:.2f} to {row['agreement_high']:.2f})"
            f"{_of_the_ceiling(row)}"
        )
        if row["laboratories"] == DO_NOT_AGREE:
            said.append(f"Below {MIN_AGREEMENT[metric]:g} another laboratory may find other lines than this one")
    if float(row.get("studies", 0)) > 1:
        said.append(
            f"Predicted for {row['studies']:.0f} studies: {row['by_study']} (percentiles); consensus"
            f" {row['consensus_percentile']:.0f}"
        )
    return "".join(f"{sentence}. " for sentence in said).strip()


def _of_the_ceiling(row: pd.Series) -> str:
    """The accuracy as a share of what can be reached, with the interval of the agreement; nothing where none is."""
    share = float(row["share_of_ceiling"])
    if not np.isfinite(share):
        return ""
    if share > 1.0:
        return (
            f": the accuracy passes what two equally good laboratories could reach ({row['ceiling']:.2f}), so that the"
            " other is the less reliable one"
        )
    bounds = np.sqrt(np.maximum(row[["agreement_high", "agreement_low"]].to_numpy(dtype=float), 0.0))
    low, high = share_of_ceiling(np.full(2, float(row["accuracy"])), bounds)
    until = f"{high:.0%}" if np.isfinite(high) else "more"
    return f": the accuracy is {share:.0%} ({low:.0%} to {until}) of what can be reached"
