"""PS-LASSO and PS-elastic-net: one sparse linear model per perturbation (docs/methods.md#lasso-and-elastic-net).

Tibshirani 1996; Zou & Hastie 2005.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from leap_core.arrays import Array
from leap_core.model.heads.base import LinearHeads, Problem, RegressorSettings
from leap_core.model.heads.gram import GramProblem, PathFit, fit_linear_heads
from leap_core.model.heads.lasso.coordinate_descent import elastic_net_paths
from leap_core.model.heads.lasso.homotopy import lasso_paths
from leap_core.run.mapping import Done, Mapper, nothing


@dataclass(frozen=True)
class LassoSettings(RegressorSettings):
    """Settings of PS-LASSO (``l1_ratio`` 1) and PS-elastic-net.

    Attributes
    ----------
    penalties
        Length of the grid.
    smallest
        Last ratio of the grid; the first is 1.
    l1_ratio
        Share of the L1 part, at least 0.1.
    tolerance
        Duality gap relative to the objective at which a fit has converged.
    max_rounds
        Rounds (a few sweeps and a Newton step) after which a fit is given up; the perturbation's status then says so.
    """

    penalties: int = 10
    smallest: float = 1e-3
    l1_ratio: float = 1.0
    tolerance: float = 1e-6
    max_rounds: int = 1000
    kind: str = "PS-LASSO"

    def __post_init__(self) -> None:
        if self.penalties < 1 or self.max_rounds < 1:
            raise ValueError("penalties and max_rounds must be at least 1")
        if not (0 < self.smallest <= 1 and 0.1 <= self.l1_ratio <= 1 and self.tolerance > 0):
            raise ValueError("smallest must lie in (0, 1], l1_ratio in [0.1, 1], tolerance above 0")

    def fit_heads(self, problem: Problem, mapper: Mapper, done: Done = nothing) -> LinearHeads:
        """Fit all perturbations; see `leap_core.model.heads.base.RegressorSettings`."""
        return fit_linear_heads(problem, self, mapper, done)

    def prepare(self, gram: Array) -> None:
        """Nothing: each path sweeps its own Gram matrix."""

    def solve(self, problem: GramProblem) -> PathFit:
        """Fit the paths of one problem, each from its own largest penalty down.

        The largest penalty is ``max_j |x_j'y| / (n l1_ratio)``: the smallest at which every weight is 0.
        """
        ratios = self.smallest ** np.linspace(0.0, 1.0, self.penalties)
        largest = np.abs(problem.xty).max(axis=1) / (max(problem.rows, 1) * self.l1_ratio)
        penalties = largest[:, None] * ratios
        rows, gram = float(max(problem.rows, 1)), problem.gram
        if self.l1_ratio == 1.0:
            weights, converged = lasso_paths(
                gram, problem.xty, problem.yty, rows, penalties, self.tolerance, self.max_rounds
            )
        else:
            weights, converged = elastic_net_paths(
                gram, problem.xty, problem.yty, rows, penalties, self.l1_ratio, self.tolerance, self.max_rounds
            )
        # By definition nothing joins at the largest penalty; by rounding something might, with a weight of 1e-17.
        weights[:, 0] = 0.0
        converged[:, 0] = True
        return PathFit(weights, penalties, converged)
