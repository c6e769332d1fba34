"""The panel as samples are held against it: standardised lines, their distances to each other, their map."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, partial

import numpy as np
import pandas as pd

from leap_core.arrays import Array, Floats, Ints, Mask, Matrix, principal_components
from leap_core.io.units import parse_unit
from leap_core.model.preprocessing import Standardiser
from leap_core.panel.panel import Panel
from leap_core.passport.distances import PanelDistances
from leap_core.passport.familiarity import ClassErrors
from leap_core.passport.lineage_guess import LineageGuess
from leap_core.passport.same_line import ScreenedLines
from leap_core.passport.sanity import PROLIFERATION
from leap_core.run.mapping import ThreadMapper
from leap_core.sample.model_input import ModelGenes

# Up to this share of missing genes, of a model that has many, percentiles are by all genes: they differ from those by
# the genes found by about one point, one in twenty by more than five or so (benchmarks/README.md, many samples).
_FEW_MISSING, _MANY_GENES = 0.05, 1000
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
    def model_genes(self) -> ModelGenes:
        """The model's genes, as samples are brought to them."""
        return ModelGenes(self.standardiser.genes, self.panel.unit, self.panel.expression)

    @cached_property
    def distances(self) -> PanelDistances:
        """How far the panel's lines lie from each other, by all genes of the model."""
        return PanelDistances.of(self._expression, self.outer_folds, ThreadMapper())

    def percentiles(self, samples: Floats) -> Array:
        """Percentiles (m, 2) of kinship and shift of samples (m, g) in the model's unit, NaN for genes not found.

        A few missing genes take no part in a sample's distances. Where more are missing, the panel's own distances are
        measured by the same genes too: with fewer genes all lie farther from each other.
        """
        known = np.isfinite(samples)
        few = known.mean(axis=1) >= 1.0 - (_FEW_MISSING if samples.shape[1] >= _MANY_GENES else 0.0)
        found = np.empty((len(samples), 2))
        if few.any():
            found[few] = self.distances.percentiles(samples[few])
        if few.all():
            return found
        patterns, which = np.unique(known[~few], axis=0, return_inverse=True)
        rows = [np.flatnonzero(~few)[np.asarray(which).ravel() == number] for number in range(len(patterns))]
        by_pattern = ThreadMapper().map(partial(self._by_these_genes, samples), list(zip(patterns, rows, strict=True)))
        for of_pattern, percentiles in zip(rows, by_pattern, strict=True):
            found[of_pattern] = percentiles
        return found

    def _by_these_genes(self, samples: Floats, part: tuple[Mask, Ints]) -> Array:
        """Percentiles of some of the samples, with the panel measured by the genes that these have."""
        genes, rows = part
        by_these = PanelDistances.of(self._expression[:, genes], self.outer_folds)
        return by_these.percentiles(samples[np.ix_(rows, genes)])

    @cached_property
    def _expression(self) -> Matrix:
        expression: Matrix = self.panel.expression[list(self.standardiser.genes)].to_numpy()
        return expression

    @cached_property
    def screened(self) -> ScreenedLines:
        """Ids and names of the panel's lines."""
        return ScreenedLines(self.panel.lines)

    @cached_property
    def screened_anywhere(self) -> ScreenedLines:
        """The panel's lines, then those that only further studies have, with their study."""
        annotation = [self.panel.lines.assign(study="")]
        annotation += [study.lines.assign(study=study.name) for study in self.panel.further]
        lines = pd.concat(annotation)[["name", "study"]]
        return ScreenedLines(lines[~lines.index.duplicated()])

    @cached_property
    def standardised_anywhere(self) -> Matrix:
        """The lines of `screened_anywhere`, standardised."""
        others = self.screened_anywhere.lines.index[len(self.panel.lines) :]
        if not len(others):
            return self.standardised
        return np.concatenate([self.standardised, self.standardiser.transform(self.panel.unlabelled.loc[others])])

    @cached_property
    def proliferation(self) -> pd.DataFrame:
        """Expression of the cell-cycle genes in the panel's lines."""
        return self.panel.expression[[gene for gene in PROLIFERATION if gene in self.panel.expression]]

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
