"""Compile once, at installation, what is compiled (``python -m leap_core.services.precompile``).

Numba compiles at the first call, which takes about half a minute, and keeps the result beside the source.
Without this step the first training does the same, only later.
"""

from __future__ import annotations

import numpy as np

from leap_core.arrays import read_only
from leap_core.model.heads.base import Problem
from leap_core.model.heads.lasso.lasso import LassoSettings
from leap_core.model.heads.lasso.residual_path import centred_columns, residual_path
from leap_core.model.heads.trees import sums_of_trees
from leap_core.model.percentile import varying, weaker_share
from leap_core.ranking.intervals import cv_plus
from leap_core.run.mapping import SerialMapper


def main() -> None:
    """Run everything that is compiled on a tiny problem, with the types that are used later."""
    random = np.random.default_rng(0)
    latent = random.normal(size=(40, 4)).astype(np.float32)
    response = random.normal(size=(40, 2)).astype(np.float32)
    folds = np.arange(40) % 5
    for settings in (LassoSettings(), LassoSettings(l1_ratio=0.5)):
        settings.fit_heads(Problem(latent, response, folds), SerialMapper())
    centred_columns(latent.T.astype(np.float64, order="C"), folds)
    residual_path(latent.T.astype(np.float64), response[:, 0].astype(np.float64), np.array([0.5, 0.1]))
    varying(response)
    cv_plus(np.zeros((5, 2)), np.abs(response), folds)
    weaker_share(response, folds, np.zeros((5, 2), dtype=np.float32), True)
    # One tree of one leaf.
    split, leaf = np.zeros((1, 1), dtype=np.int16), np.zeros((1, 1), dtype=np.float32)
    sums_of_trees(*map(read_only, (latent, split, leaf, np.full((1, 1, 2), -1, dtype=np.int16), leaf, np.arange(2))))


if __name__ == "__main__":
    main()
