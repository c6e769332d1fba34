"""The panel as samples are held against it: standardised lines, their distances to each other, their map."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from leap_core.arrays import Array, Ints, Matrix, principal_components
from leap_core.io.units import parse_unit
from leap_core.model.preprocessing import Standardiser
from leap_core.panel.panel import Panel
from leap_core.passport.familiarity import ClassErrors, PanelDistances
from leap_core.passport.lineage_guess import LineageGuess

# Of the panel's lines, the share whose sums lie on either side of what is usual.
_TAIL = 0.01


@dataclass(frozen=True)
class PanelReference:
    """What passports need of a model.

    Attributes
    ----------
    model
        Its name.
    panel
        The screened lines.
    standardiser
        The model's genes and their frozen standardisation.
    outer_folds
        (n,) outer fold of each panel line.
    lineage_guess
        What lineage a sample looks like.
    class_errors
        Prediction errors of familiar, unusual and outside lines that were held out; None where not measured.
    """

    model: str
    panel: Panel
    standardiser: Standardiser
    outer_folds: Ints
    lineage_guess: LineageGuess
    class_errors: ClassErrors | None

    @cached_property
    def standardised(self) -> Matrix:
        """Panel lines (n, g), standardised."""
        return self.standardiser.transform(self.panel.expression)

    @cached_property
    def distances(self) -> PanelDistances:
        """How far the panel's lines lie from each other, by all genes of the model."""
        return self.distances_by(list(self.standardiser.genes))

    def distances_by(self, genes: list[str]) -> PanelDistances:
        """How far the panel's lines lie from each other, by some genes."""
        return PanelDistances.of(self.panel.expression[genes].to_numpy(), self.outer_folds)

    @cached_property
    def usual_sums(self) -> tuple[float, float]:
        """Between which values the sums over all genes of nearly all panel lines lie, without a logarithm."""
        unit = parse_unit(self.panel.unit)
        sums = [float(np.nansum(unit.linear(row))) for row in self.panel.expression.to_numpy(dtype=np.float64)]
        low, high = np.quantile(sums, (_TAIL, 1.0 - _TAIL))
        return float(low), float(high)

    @cached_property
    def map_axes(self) -> Array:
        """(g, 2) the first two principal components of the panel."""
        lines = self.standardised.astype(np.float64)
        return principal_components(lines - lines.mean(axis=0), 2)[1]

    def on_map(self, standardised: Matrix) -> Array:
        """Positions (m, 2) of standardised lines or samples (m, g) on the first two principal components."""
        position: Array = (standardised.astype(np.float64) - self.standardised.mean(axis=0)) @ self.map_axes
        return position
