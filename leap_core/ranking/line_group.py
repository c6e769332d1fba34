"""One sample against a group of the panel's lines: predicted beyond theirs, beside what was measured of them."""

from __future__ import annotations

import numpy as np
import pandas as pd

from leap_core.arrays import Floats, Mask, masked_mean
from leap_core.panel.scores import ScoreType
from leap_core.ranking.comparison import calls

MIN_LINES = 3


def compare_with_group(
    table: pd.DataFrame, out_of_fold: Floats, measured: Floats, group: Mask, width: pd.Series, score: ScoreType
) -> pd.DataFrame:
    """Compare a sample with the mean of some lines, row by row.

    The lines stand with the predictions of models that had not seen them: a sample's are as narrow. The interval is
    that of two lines (`leap_core.ranking.comparison.difference_width`) times the root of (1 + 1/n) / 2, because the
    mean of n lines errs less than one.

    Parameters
    ----------
    table
        Hit table of the sample.
    out_of_fold, measured
        (n, p) of the panel's lines, in the order of `width`; NaN in `measured` = not screened.
    group
        (n,) which lines.
    width
        Half the width of an 80 % interval for the difference of two lines, by perturbation.
    score
        Of the model.

    Returns
    -------
    pandas.DataFrame
        Index perturbations; ``base`` (mean prediction of the lines), ``other`` (the sample's), ``difference``,
        ``difference_low``, ``difference_high`` (80 %), ``gained`` (the difference in standard deviations of the panel's
        predictions, positive = more dependent or sensitive than the lines), ``measured`` (mean of the lines),
        ``measured_lines`` (how many), ``accuracy``, ``call`` (gained, lost or nothing). The largest difference first.
    """
    known = _of_group(out_of_fold, measured, group, width).reindex(table.index)
    found = pd.DataFrame({"base": known["base"], "other": table["predicted"]})
    found["difference"] = found["other"] - found["base"]
    found["difference_low"], found["difference_high"] = (found["difference"] + sign * known["half"] for sign in (-1, 1))
    spread = known["spread"].where(known["spread"] > 0).to_numpy()
    found["gained"] = score.strength(found["difference"].to_numpy(dtype=float)) / spread
    found["measured"], found["measured_lines"] = known["measured"], known["measured_lines"]
    found["accuracy"] = table["accuracy"]
    found["call"] = calls(found, score)
    found.index.name = "perturbation"
    names = found.index.to_numpy(dtype=str)
    return found.iloc[np.lexsort([names, -found["gained"].abs().fillna(-np.inf).to_numpy()])]


def _of_group(out_of_fold: Floats, measured: Floats, group: Mask, width: pd.Series) -> pd.DataFrame:
    """What the lines have of each perturbation: ``base``, ``spread``, ``half``, ``measured``, ``measured_lines``."""
    number, screened = max(int(group.sum()), 1), np.isfinite(measured[group])
    return pd.DataFrame(
        {
            "base": out_of_fold[group].astype(np.float64).mean(axis=0),
            "spread": out_of_fold.astype(np.float64).std(axis=0),
            "half": width.to_numpy() * np.sqrt((1.0 + 1.0 / number) / 2.0),
            "measured": masked_mean(measured[group].astype(np.float64), screened),
            "measured_lines": screened.sum(axis=0),
        },
        index=width.index,
    )
