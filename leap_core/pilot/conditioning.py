"""What measured rows tell of the others: residuals of a line, conditioned on those of its rows that were measured.

Residuals are taken as jointly Gaussian, so that the expectation of the rest is linear in what was measured (Rasmussen
& Williams 2006, equation A.6). Their correlation is that of the panel's lines, drawn towards none (Ledoit & Wolf 2004):
low rank, as there are fewer lines than rows, plus a diagonal. How far it is drawn is chosen by patients left out.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from leap_core.arrays import Array, Floats, Ints, Mask, Matrix
from leap_core.pilot.residuals import PanelResiduals, unit_columns

SHRINKAGES = (0.05, 0.1, 0.2, 0.3, 0.45, 0.6, 0.75, 0.9)
# The shrinkage is chosen on so many rows at most, evenly spaced.
_ROWS = 1000


@dataclass(frozen=True)
class Trust:
    """How far a pilot is trusted, learnt from its own rows (see `leap_core.pilot.guard`).

    Attributes
    ----------
    specific
        0..1: 1 = rows go together as in the panel, 0 = only as far as all rows of a line do.
    noise
        Variance of the pilot's values beyond the panel's own, in that of a residual.
    weight
        0..1: share of the update that is made.
    """

    specific: float = 1.0
    noise: float = 0.0
    weight: float = 1.0


@dataclass(frozen=True)
class Correlations:
    """Correlation of s measured rows among themselves and with all p rows.

    Attributes
    ----------
    within, across
        (s, s) and (s, p).
    """

    within: Array
    across: Matrix

    def shrunk(self, shrinkage: float) -> Correlations:
        """Drawn towards no correlation."""
        own = (1.0 - shrinkage) * self.within
        np.fill_diagonal(own, 1.0)
        return Correlations(own, np.float32(1.0 - shrinkage) * self.across)

    def trusted(self, trust: Trust, shared: Array) -> Correlations:
        """As far as a pilot is trusted: `Trust.specific` of it, the rest one correlation for all rows; and its errors.

        Parameters
        ----------
        trust
            Of the pilot.
        shared
            (s, s) covariance of errors that its rows have in common.
        """
        level, s = self.level, len(self.within)
        same = np.full((s, s), level)
        np.fill_diagonal(same, 1.0)
        own = trust.specific * self.within + (1.0 - trust.specific) * same + trust.noise * np.eye(s) + shared
        across = np.float32(trust.specific) * self.across + np.float32((1.0 - trust.specific) * level)
        return Correlations(own, across)

    @property
    def level(self) -> float:
        """Mean correlation of two measured rows: what the general level of a line makes of it; never below 0."""
        s = len(self.within)
        return max(float((self.within.sum() - np.trace(self.within)) / (s * (s - 1))), 0.0) if s > 1 else 0.0

    def expected(self, values: Floats) -> Matrix:
        """Expected standardised residuals (m, p) of lines by those of their measured rows (m, s), NaN = not measured.

        Measured rows that a line lacks take no part in its expectation.
        """
        return (self.solved(values) @ self.across).astype(np.float32)

    def solved(self, values: Floats) -> Matrix:
        """Values (m, s) times the inverse of their correlation, each line with the rows that it has; 0 for others."""
        found = np.zeros(values.shape, dtype=np.float32)
        patterns, group = np.unique(np.isfinite(values), axis=0, return_inverse=True)
        for number, rows in enumerate(patterns):
            lines = np.flatnonzero(np.ravel(group) == number)
            there = values[np.ix_(lines, np.flatnonzero(rows))].astype(np.float64)
            found[np.ix_(lines, np.flatnonzero(rows))] = np.linalg.solve(self.within[np.ix_(rows, rows)], there.T).T
        return found


@dataclass(frozen=True)
class Conditioning:
    """The panel's lines with the same rows measured as a pilot has.

    Attributes
    ----------
    residuals
        Of the panel's lines.
    pilot
        (n, s) what the pilot's laboratory would have found of them, standardised; NaN = not measured.
    shrinkage
        See `Correlations.shrunk`.
    """

    residuals: PanelResiduals
    pilot: Matrix
    shrinkage: float

    @classmethod
    def of(cls, residuals: PanelResiduals, pilot: Matrix, measured: Ints) -> Conditioning:
        """Choose the shrinkage that predicts lines of left-out patients best, of `SHRINKAGES`.

        Parameters
        ----------
        residuals, pilot
            Of the panel's lines.
        measured
            (s,) positions of the pilot's rows: how well they tell themselves says nothing.
        """
        others = np.setdiff1d(np.arange(residuals.values.shape[1]), measured)
        rows = others[:: max(1, -(-len(others) // _ROWS))]
        part = PanelResiduals(residuals.values[:, rows], residuals.centre[rows], residuals.scale[rows], residuals.folds)
        errors = cls(part, pilot, 0.0)._squared_errors()
        return cls(residuals, pilot, SHRINKAGES[int(np.argmin(errors))])

    @cached_property
    def _products(self) -> list[Correlations]:
        """Sums of products over the lines of each fold that have a pilot."""
        there = self._there
        values, pilot = unit_columns(self.residuals.values[there]), unit_columns(self.pilot[there])
        found = []
        for fold in self._folds:
            inside = self.residuals.folds[there] == fold
            mine = pilot[inside]
            found.append(Correlations((mine.T @ mine).astype(np.float64), mine.T @ values[inside]))
        return found

    @cached_property
    def _there(self) -> Mask:
        """Lines (n,) with any row of the pilot; all of them of a pilot without rows."""
        there: Mask = np.isfinite(self.pilot).any(axis=1) | (self.pilot.shape[1] == 0)
        return there

    @cached_property
    def _folds(self) -> list[int]:
        return [int(fold) for fold in np.unique(self.residuals.folds)]

    def correlations(self, without: int | None = None) -> Correlations:
        """Shrunk correlations over the panel's lines, all or without those of one fold."""
        parts = [part for fold, part in zip(self._folds, self._products, strict=True) if fold != without]
        folds = self.residuals.folds[self._there]
        number = max(len(folds) if without is None else int((folds != without).sum()), 1)
        within = np.sum([part.within for part in parts], axis=0) / number
        across: Matrix = np.sum([part.across for part in parts], axis=0) / np.float32(number)
        return Correlations(within, across).shrunk(self.shrinkage)

    def of_lines(self, values: Matrix, trust: Trust, shared: Array) -> Matrix:
        """Expected standardised residuals (n, p) of the panel's lines by their own pilots (n, s).

        Each by correlations that its patient had no part in; `shared` as in `Correlations.trusted`.
        """
        found = np.zeros(self.residuals.values.shape, dtype=np.float32)
        for fold in self._folds:
            inside = self.residuals.folds == fold
            found[inside] = self.correlations(fold).trusted(trust, shared).expected(values[inside])
        return np.float32(trust.weight) * found

    def _squared_errors(self) -> Array:
        """Squared error of left-out lines by each shrinkage; gaps of the pilot count as zeros here."""
        pilot, errors = np.nan_to_num(self.pilot.astype(np.float64)), np.zeros(len(SHRINKAGES))
        for fold in self._folds:
            inside, learnt = self.residuals.folds == fold, self.correlations(fold)
            size, axes = np.linalg.eigh(learnt.within)
            turned, across = pilot[inside] @ axes, axes.T @ learnt.across
            for number, shrinkage in enumerate(SHRINKAGES):
                kept = 1.0 - shrinkage
                expected = (kept * turned / (kept * size + shrinkage)) @ across
                errors[number] += float(np.nansum(np.square(self.residuals.values[inside] - expected)))
        return errors
