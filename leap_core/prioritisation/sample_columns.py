"""What the evidence says of one sample: robust z, probabilities, intervals, percentile within its lineage and after its general level."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from leap_core.data.scores import ScoreType
from leap_core.prioritisation.evidence import Evidence
from leap_core.prioritisation.intervals import LEVELS, cv_plus
from leap_core.prioritisation.selectivity import PanelSpread, fold_shares, general_level, lineage_percentile, relative_percentile

Matrix = npt.NDArray[np.float32]


@dataclass(frozen=True)
class GeneralLevel:
    """How strongly a sample responds overall.

    Attributes
    ----------
    z
        Mean robust z over the perturbations.
    percentile
        Among the panel's lines (0..100).
    """

    z: float
    percentile: float


@dataclass(frozen=True)
class PanelPredictions:
    """The panel's side of every comparison.

    Attributes
    ----------
    out_of_fold
        (n, p).
    errors
        (n, p) absolute residuals in units of what is usual where each stands (`interval_errors`); None for calls, which have no
        intervals.
    folds
        (n,) fold of each line.
    lineages
        (n,) of each line.
    """

    out_of_fold: Matrix
    errors: Matrix | None
    folds: npt.NDArray[np.int64]
    lineages: npt.NDArray[np.object_]


def interval_errors(out_of_fold: Matrix, measured: Matrix, folds: npt.NDArray[np.int64], evidence: Evidence) -> Matrix:
    """Absolute out-of-fold residuals (n, p) over their usual size at each prediction's z; NaN where not screened."""
    usual = evidence.difficulty.at(evidence.spread.of_lines(out_of_fold, folds))
    errors: Matrix = (np.abs(measured - out_of_fold) / usual).astype(np.float32)
    return errors


def sample_columns(
    fold_means: Matrix,
    panel: PanelPredictions,
    evidence: Evidence,
    score: ScoreType,
    perturbations: pd.Index,
    lineage: str | None,
    familiarity: str | None = None,
) -> tuple[pd.DataFrame, GeneralLevel]:
    """Columns of one sample's hit table.

    Parameters
    ----------
    fold_means
        (K, p) its predictions by each fold's models, mean over layers.
    panel, evidence, score
        Of the model.
    perturbations
        (p,) names.
    lineage
        That the sample is compared within; None where it is not known.
    familiarity
        Passport class of the sample; None where it is not known.

    Returns
    -------
    columns : pandas.DataFrame
        Index perturbations; ``z``; ``probability`` (of a true, selective dependency); ``call_probability`` (calls) or
        ``interval_80_low`` ... ``interval_90_high`` (all other scores); ``lineage_percentile``; for drugs
        ``relative_percentile``: after the sample's general sensitivity.
    level : GeneralLevel
    """
    shares = fold_shares(panel.folds)
    z = evidence.spread.robust_z(fold_means, shares)
    table = pd.DataFrame({"z": z, "probability": evidence.chance.probability(z)}, index=perturbations)
    if evidence.call is not None:
        table["call_probability"] = evidence.call.probability(z)
    else:
        assert panel.errors is not None
        width = (
            evidence.residual_scale * evidence.difficulty.at(z)[None] * evidence.widening.of(table["probability"].to_numpy(), familiarity)
        )
        bounds = [cv_plus(fold_means, panel.errors, panel.folds, one, (level,))[0] for one, level in zip(width, LEVELS, strict=True)]
        for number, level in enumerate(LEVELS):
            table[f"interval_{level:.0%}_low".replace("%", "")], table[f"interval_{level:.0%}_high".replace("%", "")] = bounds[number]
    members = panel.lineages == lineage if lineage is not None else np.zeros(len(panel.folds), dtype=bool)
    table["lineage_percentile"] = lineage_percentile(panel.out_of_fold, panel.folds, members, fold_means, score.higher_is_stronger)
    usable = np.isfinite(evidence.chance.slopes)
    part = PanelSpread(evidence.spread.centre[:, usable], evidence.spread.scale[usable], evidence.spread.sign)
    lines = part.of_lines(panel.out_of_fold[:, usable], panel.folds)
    every = np.ones(int(usable.sum()), dtype=bool)
    levels, own = general_level(lines, every), float(general_level(z[usable], every))
    if score.kind == "drug":
        relative = np.full(len(z), np.nan)
        relative[usable] = relative_percentile(z[usable], lines, own, levels)
        table["relative_percentile"] = relative
    return table, GeneralLevel(own, float(100.0 * (levels < own).mean()))
