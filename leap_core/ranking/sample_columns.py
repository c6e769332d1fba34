"""What the calibration says of one sample.

Robust z, probabilities, intervals, percentile within its lineage and after its general level.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from leap_core.arrays import Array, Ints, Labels, Matrix
from leap_core.panel.scores import ScoreType
from leap_core.ranking.intervals import LEVELS, cv_plus
from leap_core.ranking.list_calibration import ListCalibration
from leap_core.ranking.selectivity import fold_shares, general_level, lineage_percentile, relative_percentile


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
        (n, p) absolute residuals in units of what is usual where each stands; None for calls, which have no intervals.
    folds
        (n,) fold of each line.
    lineages
        (n,) of each line.
    levels
        (n,) general sensitivity of each line.
    rest
        (n, q) what is left of the robust z of the perturbations that can be learnt after that; None for genes, which
        are not shown by it.
    calibration, score
        Of the model.
    """

    out_of_fold: Matrix
    errors: Matrix | None
    folds: Ints
    lineages: Labels
    levels: Array
    rest: Array | None
    calibration: ListCalibration
    score: ScoreType

    @classmethod
    def of(
        cls,
        out_of_fold: Matrix,
        measured: Matrix,
        folds: Ints,
        lineages: Labels,
        calibration: ListCalibration,
        score: ScoreType,
    ) -> PanelPredictions:
        """Everything that is the same for every sample, once.

        Parameters
        ----------
        out_of_fold, measured
            (n, p) of the panel's lines.
        folds, lineages
            (n,) of each line.
        calibration, score
            Of the model.
        """
        z, usable = calibration.spread.of_lines(out_of_fold, folds), calibration.learnt
        levels = general_level(z[:, usable])
        errors = None if score.binary else calibration.difficulty.errors(measured - out_of_fold, z)
        return cls(
            out_of_fold,
            errors,
            folds,
            lineages,
            levels,
            z[:, usable] - levels[:, None] if score.kind == "drug" else None,
            calibration,
            score,
        )


def sample_columns(
    fold_means: Matrix,
    panel: PanelPredictions,
    perturbations: pd.Index,
    lineage: str | None,
    familiarity: str | None = None,
) -> tuple[pd.DataFrame, GeneralLevel]:
    """Columns of one sample's hit table.

    Parameters
    ----------
    fold_means
        (K, p) its predictions by each fold's models, mean over layers.
    panel
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
    calibration, score = panel.calibration, panel.score
    shares = fold_shares(panel.folds)
    z = calibration.spread.robust_z(fold_means, shares)
    table = pd.DataFrame({"z": z, "probability": calibration.probability(z, score)}, index=perturbations)
    if calibration.call_calibrator is not None:
        table["call_probability"] = calibration.call_calibrator.probability(z)
    else:
        table = table.join(_intervals(fold_means, panel, table, familiarity))
    members = panel.lineages == lineage if lineage is not None else np.zeros(len(panel.folds), dtype=bool)
    table["lineage_percentile"] = lineage_percentile(
        panel.out_of_fold, panel.folds, members, fold_means, score.higher_is_stronger
    )
    own = float(general_level(z[calibration.learnt]))
    if panel.rest is not None:
        relative = np.full(len(z), np.nan)
        relative[calibration.learnt] = relative_percentile(z[calibration.learnt] - own, panel.rest)
        table["relative_percentile"] = relative
    return table, GeneralLevel(own, float(100.0 * (panel.levels < own).mean()))


def _intervals(
    fold_means: Matrix, panel: PanelPredictions, table: pd.DataFrame, familiarity: str | None
) -> pd.DataFrame:
    """``interval_80_low`` ... ``interval_90_high`` of rows with ``z`` and ``probability``."""
    assert panel.errors is not None
    calibration = panel.calibration
    factors = calibration.widening.of(table["probability"].to_numpy(), familiarity)
    usual = calibration.residual_scale * calibration.difficulty.at(table["z"].to_numpy())
    columns: dict[str, Array] = {}
    for level, factor in zip(LEVELS, factors, strict=True):
        low, high = cv_plus(fold_means, panel.errors, panel.folds, usual * factor, (level,))[0]
        columns |= {f"interval_{100 * level:.0f}_low": low, f"interval_{100 * level:.0f}_high": high}
    return pd.DataFrame(columns, index=table.index)
