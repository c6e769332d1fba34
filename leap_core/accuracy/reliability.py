"""Reliability of a row: shrunk accuracy with its interval, and the badge against the baselines."""

from __future__ import annotations

import numpy as np
import pandas as pd

from leap_core.accuracy.resampling import drawn_weights, resampled_scores
from leap_core.arrays import Array, Floats, Ints

BETTER, NO_BETTER, CANNOT_TELL = "better", "no better", "cannot tell"
BASELINES = ("lineage_mean", "nearest_line", "pca_ridge")
# A gain over a baseline that nobody would notice.
_NEGLIGIBLE = 0.02
_LEAST = 0.05


def reliability_table(
    predictions: dict[str, Floats], measured: Floats, folds: Ints, patients: list[str], metric: str
) -> pd.DataFrame:
    """Reliability of every perturbation from predictions of held-out lines.

    Parameters
    ----------
    predictions
        ``leap`` and the `BASELINES`: (n, q), each line predicted without its outer fold.
    measured
        (n, q), NaN = not screened.
    folds, patients
        (n,) of each line.
    metric
        ``spearman`` or ``auroc``.

    Returns
    -------
    pandas.DataFrame
        (q rows) ``accuracy_low``, ``accuracy_high``: 95 % interval over resampled patients; ``accuracy_shrunk``: see
        `shrunk`; ``gain``, ``gain_low``, ``gain_high``: over the best baseline; ``badge``: `BETTER` where the interval
        of the gain lies above 0, `NO_BETTER` where it ends below 0.02, else `CANNOT_TELL`.
    """
    weights = drawn_weights(patients)
    ours = resampled_scores(predictions["leap"], measured, folds, weights, metric)
    others = [resampled_scores(predictions[name], measured, folds, weights, metric) for name in BASELINES]
    best = np.argmax(np.nan_to_num(np.stack([draws[0] for draws in others]), nan=-np.inf), axis=0)
    gain = ours - np.take_along_axis(np.stack(others), best[None, None], axis=0)[0]
    low, high = interval_95(ours)
    gain_low, gain_high = interval_95(gain)
    badge = np.where(gain_low > 0, BETTER, np.where(gain_high < _NEGLIGIBLE, NO_BETTER, CANNOT_TELL)).astype(object)
    badge[~np.isfinite(gain[0])] = CANNOT_TELL
    return pd.DataFrame(
        {
            "accuracy_low": low,
            "accuracy_high": high,
            "accuracy_shrunk": shrunk(ours[0], ours[1:].var(axis=0)),
            "gain": gain[0],
            "gain_low": gain_low,
            "gain_high": gain_high,
            "badge": badge,
        }
    )


def shrunk(score: Array, variance: Array) -> Array:
    """Empirical Bayes: scores (q,) pulled towards their mean the more, the less sure they are.

    The spread of the true scores is estimated by the method of moments (DerSimonian & Laird 1986): a perturbation with
    60 lines does not beat one with 600 by luck.
    """
    known = np.isfinite(score) & np.isfinite(variance)
    result = np.full(score.shape, np.nan)
    if not known.any():
        return result
    s, v = score[known], np.maximum(variance[known], 1e-8)
    w = 1.0 / v
    mean = float((w * s).sum() / w.sum())
    between = 0.0
    if len(s) > 1:
        between = max(
            0.0, (float((w * np.square(s - mean)).sum()) - (len(s) - 1)) / float(w.sum() - np.square(w).sum() / w.sum())
        )
    centre = float((s / (v + between)).sum() / (1.0 / (v + between)).sum())
    result[known] = centre + between / (between + v) * (s - centre)
    return result


def interval_95(draws: Array) -> tuple[Array, Array]:
    """95 % interval (q,) over draws (draws, q)."""
    known = np.isfinite(draws).all(axis=0)
    low, high = np.full(draws.shape[1], np.nan), np.full(draws.shape[1], np.nan)
    if known.any():
        low[known], high[known] = np.quantile(draws[1:, known], (0.025, 0.975), axis=0)
    return low, high


def worth_of(score: Floats) -> Array:
    """What predictions count in a mean over studies, by their Spearman with what was measured: its square.

    That is the share of variance that they explain. A score that is unknown or below 0.05 counts as that: it says next
    to nothing of a prediction, but not that it is wrong.
    """
    found: Array = np.square(np.maximum(np.nan_to_num(np.asarray(score, dtype=np.float64)), _LEAST))
    return found
