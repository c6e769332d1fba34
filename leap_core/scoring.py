"""One uploaded sample through one model: the table of hits, the nearest lines, and the views on them."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from leap_core.data.model_input import ModelInput, to_model_input
from leap_core.data.samples import Profiles
from leap_core.export.csv import members_frame
from leap_core.models import Model, predict
from leap_core.prioritisation.applicability import nearest_lines
from leap_core.prioritisation.ranking import hit_table


@dataclass(frozen=True)
class ScoredSample:
    """What one model says of one sample.

    Attributes
    ----------
    sample
        Its name.
    checked
        The sample in the model's genes and unit, with the upload check.
    table
        Hit table in default order (see `leap_core.prioritisation.ranking.hit_table`).
    nearest
        Most correlated screened lines: ``name``, ``lineage``, ``correlation``.
    """

    sample: str
    checked: ModelInput
    table: pd.DataFrame
    nearest: pd.DataFrame


def score_sample(model: Model, profiles: Profiles, sample: str) -> ScoredSample:
    """Check and score one sample of an upload.

    Raises
    ------
    SampleError
        If the sample cannot be scored by this model; the message says why.
    """
    checked = to_model_input(profiles.one(sample), model.ensemble.standardiser.genes, model.panel.unit, model.panel.expression)
    table = hit_table(predict(model, checked.values), sample, model.table, model.panel.score)
    standardised = model.ensemble.standardiser.transform(checked.values)
    return ScoredSample(sample, checked, table, nearest_lines(standardised, model.panel_standardised, model.panel.lines))


def sample_members(model: Model, scored: ScoredSample) -> pd.DataFrame:
    """Predictions of every member: rows ``layer_<l>_fold_<k>``, columns perturbations."""
    return members_frame(model.ensemble, scored.checked.values)


def panel_lines(model: Model, perturbation: str) -> pd.DataFrame:
    """The panel's lines for one perturbation.

    Returns
    -------
    pandas.DataFrame
        Index line ids; ``name``, ``lineage``, ``measured`` (NaN = not screened), ``out_of_fold`` (by the
        models that did not see the line).
    """
    position = model.ensemble.perturbations.index(perturbation)
    lines = model.panel.lines[["name", "lineage"]].copy()
    lines["measured"] = model.panel.response[perturbation].to_numpy(dtype=float)
    lines["out_of_fold"] = model.ensemble.out_of_fold[:, position].astype(float)
    return lines


def with_measured(nearest: pd.DataFrame, lines: pd.DataFrame) -> pd.DataFrame:
    """Add the measured and out-of-fold response of one perturbation to the nearest lines."""
    return nearest.join(lines[["measured", "out_of_fold"]])


def changed_calls(members: pd.DataFrame, higher_is_stronger: bool, top: int) -> pd.DataFrame:
    """Where the ensemble changes a single layer's call: in the ensemble's top rows, or in a layer's, not in both.

    Parameters
    ----------
    members
        From `sample_members`.
    higher_is_stronger
        Direction of the score.
    top
        How many of the strongest rows count as called.

    Returns
    -------
    pandas.DataFrame
        Index perturbations; ``ensemble_rank`` and one column of ranks per layer; rows where some layer
        disagrees with the ensemble about the top, in the ensemble's order.
    """
    layer_of = members.index.str.extract(r"(layer_\d+)", expand=False)
    by_layer = members.groupby(layer_of).mean().T
    sign = 1.0 if higher_is_stronger else -1.0
    ranks = (sign * by_layer).rank(ascending=False)
    ranks.insert(0, "ensemble", (sign * members.mean(axis=0)).rank(ascending=False))
    called = ranks <= top
    disputed = called.any(axis=1) & ~called.all(axis=1)
    return ranks[disputed].astype(int).sort_values("ensemble")
