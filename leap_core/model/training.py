"""Training stages of the layered ensemble; pure functions, wired to store and workers by `leap_core.model.stages`."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from leap_core.arrays import Ints, Labels, Mask, Matrix
from leap_core.model.further import FurtherTargets
from leap_core.model.heads.base import Heads, LinearHeads, Problem
from leap_core.model.layers.base import Layer
from leap_core.model.preprocessing import Standardiser
from leap_core.model.recipe import PlannedLayer, Recipe
from leap_core.panel.splits import patient_folds
from leap_core.panel.status import OK, TOO_FEW_LINES, observed_mean, observed_range
from leap_core.run.mapping import Done, Mapper, nothing
from leap_core.run.seeds import seed_of

# Perturbations whose heads are fitted, held in memory and stored together: 2,048 x K x d weights, 10 MB
# for K = 5 and d = 256, and as many columns of out-of-fold predictions. Part of the heads' keys.
BLOCK = 2048


@dataclass(frozen=True)
class TrainingSet:
    """Lines that one ensemble is trained on.

    Attributes
    ----------
    expression
        (n, genes) of the lines with a response.
    response
        (n, p) float32, NaN where not screened.
    patients
        (n,) patient of each line.
    unlabelled
        (u, genes): further lines that only the layers may see; zero rows unless the recipe says so.
    binary
        True for calls.
    status
        (p,) what can be learnt, judged once on the whole panel (see `leap_core.panel.status`): parts of
        it, held out to measure accuracy, fit the same perturbations.
    fingerprints
        (p, f) of the perturbations, for pan-perturbation models (see `leap_core.panel.fingerprints`).
    copies
        (n,) how often a line counts in the fit of the heads; None: each once.
    further
        What other studies say, for regressors that take it.
    """

    expression: pd.DataFrame
    response: Matrix
    patients: tuple[str, ...]
    unlabelled: pd.DataFrame
    binary: bool
    status: Labels
    fingerprints: Matrix | None = None
    copies: Ints | None = None
    further: FurtherTargets | None = None

    @property
    def learnable(self) -> Mask:
        """(p,) which perturbations can be learnt from as far as the whole panel says."""
        learnable: Mask = self.status == OK
        return learnable

    def blocks(self) -> list[slice]:
        """The perturbations, `BLOCK` at a time."""
        p = self.response.shape[1]
        return [slice(start, min(start + BLOCK, p)) for start in range(0, p, BLOCK)]

    def folds(self, recipe: Recipe) -> Ints:
        """Fold (n,) of each line: the same in every layer and for every perturbation."""
        return patient_folds(list(self.patients), recipe.folds, seed_of(recipe.seed, "folds"))

    @property
    def lines_of_heads(self) -> pd.DataFrame:
        """Expression of what heads may be fitted to: the n lines, then those that only further studies have."""
        return self.expression if self.further is None else pd.concat([self.expression, self.further.expression])

    def folds_of_heads(self, recipe: Recipe) -> Ints:
        """Fold of each of `lines_of_heads`.

        A line that only further studies have is in the fold of its patient; another patient's goes by a digest.
        """
        own = self.folds(recipe)
        if self.further is None:
            return own
        fold_of = dict(zip(self.patients, own, strict=True))
        others = self.further.patients[len(own) :]
        drawn = [fold_of.get(patient, seed_of(recipe.seed, "fold of", patient) % recipe.folds) for patient in others]
        return np.concatenate([own, np.array(drawn, dtype=np.int64)])

    def part(self, keep: Mask, held_out: Collection[str] = ()) -> TrainingSet:
        """The lines marked in `keep`, without unlabelled ones (for measuring accuracy).

        Patients of the others, and those `held_out` besides, take no part in any study.
        """
        return replace(
            self,
            expression=self.expression[keep],
            response=self.response[keep],
            patients=tuple(np.asarray(self.patients, dtype=object)[keep]),
            unlabelled=self.unlabelled.iloc[:0],
            copies=None if self.copies is None else self.copies[keep],
            further=None if self.further is None else self.further.part(keep, held_out),
        )

    def of_perturbations(self, keep: Mask) -> TrainingSet:
        """The perturbations marked in `keep`, as if the others had never been screened."""
        fingerprints = None if self.fingerprints is None else self.fingerprints[keep]
        return replace(self, response=self.response[:, keep], status=self.status[keep], fingerprints=fingerprints)


def fit_standardiser(data: TrainingSet, recipe: Recipe) -> Standardiser:
    """Learn genes, means and standard deviations from the lines with a response."""
    return Standardiser.fit(data.expression, recipe.preprocessing)


def fit_layer(data: TrainingSet, standardiser: Standardiser, recipe: Recipe, layer: PlannedLayer, device: str) -> Layer:
    """Fit one representation layer; its seed is its identity."""
    standardised = standardiser.transform(pd.concat([data.expression, data.unlabelled]))
    # An unlabelled line counts as its own patient: it is never held out from a head, for it has no response.
    patients = [*data.patients, *(f"unlabelled {name}" for name in data.unlabelled.index)]
    return layer.representation.fit_layer(standardised, patients, seed_of(recipe.seed, "layer", layer.number), device)


def fit_heads(
    data: TrainingSet,
    latent: Matrix,
    recipe: Recipe,
    layer: PlannedLayer,
    block: slice,
    mapper: Mapper,
    done: Done = nothing,
) -> Heads:
    """Fit the heads of one layer for one block of perturbations.

    By (n, d) latent features of the training lines, or with further studies by those of all lines that heads may be
    fitted to (`TrainingSet.lines_of_heads`). Perturbations that cannot be learnt from (see
    `leap_core.panel.status`) are not fitted: their heads predict the mean response, or nothing where too few lines were
    screened.
    """
    response, status, folds = data.response[:, block], data.status[block], recipe.folds
    low, high = observed_range(response)
    # Of the lines at hand all may have the same response even where those of the whole panel do not.
    fitted = np.flatnonzero((status == OK) & (low < high))
    p = response.shape[1]
    mean = observed_mean(response)
    mean[status == TOO_FEW_LINES] = np.nan
    recorded: dict[str, Any] = {
        "intercepts": np.tile(mean, (folds, 1)),
        "penalties": np.full((folds, p), np.nan, dtype=np.float32),
        "grid_index": np.full(p, -1, dtype=np.int16),
        "validation_score": np.full(p, np.nan, dtype=np.float32),
        "converged": np.ones(p, dtype=bool),
    }
    if not fitted.size:
        return LinearHeads(weights=np.zeros((folds, latent.shape[1], 0), dtype=np.float32), fitted=fitted, **recorded)
    problem = _problem(data, latent, response[:, fitted], recipe, layer)
    if data.fingerprints is not None:
        problem = replace(problem, fingerprints=data.fingerprints[block][fitted])
    found = layer.regressor.fit_heads(problem, mapper, done)
    for name, of_all in recorded.items():
        of_all[..., fitted] = getattr(found, name)
    return replace(found, fitted=fitted, **recorded)


def _problem(data: TrainingSet, latent: Matrix, response: Matrix, recipe: Recipe, layer: PlannedLayer) -> Problem:
    """What the heads of some perturbations (n, q) are fitted to: other studies' lines have no response of them."""
    n, folds, seed = len(response), data.folds_of_heads(recipe), seed_of(recipe.seed, "heads", layer.number)
    rows = np.arange(n) if data.copies is None else np.repeat(np.arange(n), data.copies)
    if data.further is None or not layer.regressor.takes_further:
        return Problem(latent[rows], response[rows], folds[rows], seed, lines=rows)
    rows = np.concatenate([rows, np.arange(n, len(latent))])
    gaps = np.full((len(latent) - n, response.shape[1]), np.nan, dtype=response.dtype)
    own = np.concatenate([response, gaps])
    return Problem(latent[rows], own[rows], folds[rows], seed, lines=rows, further=data.further.columns(rows))
