"""Multi-target ridge on genes that count the more, the more they say about the responses.

Ridge holds every gene to be as likely to matter as any other. Here the prior variance of a standardised gene's weight
grows with what it explains by itself of the variance that all perturbations of the block share, beyond what chance
explains; genes that explain no more than that are left out. The screening of genes by their own correlation is that of
supervised principal components (Bair et al. 2006, JASA 101) and of sure independence screening (Fan & Lv 2008, JRSS B
70); weights that are learnt from all perturbations are far less noisy than those of one.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

import numpy as np

from leap_core.arrays import Array, Ints, principal_components
from leap_core.model.heads.base import Problem
from leap_core.model.heads.multitarget.component_ridge import ComponentRidge, InnerFold, choose_penalties
from leap_core.model.heads.multitarget.factored import FactoredHeads
from leap_core.model.heads.multitarget.multitarget import (
    FoldModels,
    MultiTargetSettings,
    components_of,
    fit_folds,
    fold_records,
)
from leap_core.model.heads.multitarget.single_genes import SingleGenes, single_gene_step
from leap_core.model.heads.selection import held_out_spearman
from leap_core.run.mapping import Done, Mapper, nothing


@dataclass(frozen=True)
class GeneWeightedSettings(MultiTargetSettings):
    """Settings of gene-weighted multi-target ridge; see `MultiTargetSettings` for the rest.

    Attributes
    ----------
    power
        The prior variance of a gene's weight is what the gene explains beyond chance, to this power; 0: all that
        explain anything alike.
    dimensions
        Principal components of the weighted genes that the ridge sees, at most.
    min_t
        A perturbation whose residuals one gene explains with this t statistic or more takes that gene in
        (`single_gene_step`).
    """

    power: float = 1.0
    dimensions: int = 256
    min_t: float = 5.0
    kind: str = "gene-weighted multi-target ridge"

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.power < 0 or self.dimensions < 1 or self.min_t < 1:
            raise ValueError("power must not be negative, dimensions and min_t at least 1")

    def fit_heads(self, problem: Problem, mapper: Mapper, done: Done = nothing) -> FactoredHeads:
        """Fit all perturbations together; the features are standardised genes. See `MultiTargetSettings.fit_heads`.

        A fold's gene weights come from its training lines, and are learnt anew in each of the folds within, on which
        penalties are chosen: with weights that have seen the lines held out there, noise would be fitted.
        """
        x, y = problem.latent.astype(np.float64), problem.response.astype(np.float64)
        fits = fit_folds(partial(_fit_fold, self, x, y, problem), problem, mapper, done)
        # A fold may have had fewer components.
        rank = max(fit.maps.shape[1] for fit in fits)
        missing = [rank - fit.maps.shape[1] for fit in fits]
        maps = [np.pad(fit.maps, ((0, 0), (0, less))) for fit, less in zip(fits, missing, strict=True)]
        loadings = [np.pad(fit.loadings, ((0, less), (0, 0))) for fit, less in zip(fits, missing, strict=True)]
        return FactoredHeads(
            maps=np.stack(maps).astype(np.float32),
            loadings=np.stack(loadings).astype(np.float32),
            single_genes=np.stack([fit.single.genes for fit in fits]),
            single_weights=np.stack([fit.single.weights for fit in fits]).astype(np.float32),
            **fold_records(fits),
        )


def gene_weights(centred: Array, scores: Array, power: float, lines: float | None = None) -> Array:
    """What genes are multiplied by before the ridge.

    With v_c the variance of component c and r_gc its correlation with gene g over n lines, the gene explains ``sum_c
    v_c r_gc^2`` by itself, and a gene that says nothing is expected to explain ``sum_c v_c / (n - 1)``. The difference,
    where positive, to half of `power` is the weight.

    Parameters
    ----------
    centred
        (n, g) genes of the training lines, of mean 0.
    scores
        (n, r) components of the responses.
    power
        See `GeneWeightedSettings`.
    lines
        How many lines the rows are worth, where some are copies of each other; None: each is a line.

    Returns
    -------
    numpy.ndarray
        (g,) of mean square 1; all 1 where no gene explains more than chance.
    """
    level = scores - scores.mean(axis=0)
    variance = np.square(centred).mean(axis=0)
    covariance = centred.T @ level / len(centred)
    explained = np.square(covariance).sum(axis=1) / np.maximum(variance, 1e-12)
    chance = np.square(level).mean(axis=0).sum() / max((lines or len(centred)) - 1.0, 1.0)
    excess = np.maximum(explained - chance, 0.0)
    if not excess.any():
        return np.ones(len(excess))
    weights = np.where(excess > 0, (excess / excess.max()) ** (power / 2), 0.0)
    found: Array = weights / np.sqrt(np.square(weights).mean())
    return found


def effective_lines(lines: Ints) -> float:
    """How many lines rows are worth of which some are copies: ``(sum w)^2 / sum w^2`` over the lines (Kish 1965)."""
    copies = np.unique(lines, return_counts=True)[1].astype(np.float64)
    return float(copies.sum() ** 2 / np.square(copies).sum())


@dataclass(frozen=True)
class _WeightedGenes:
    """Principal components of the weighted genes of some lines.

    Attributes
    ----------
    centre
        (g,) mean of these lines.
    kept
        (h,) positions of the genes that count.
    directions
        (h, k): features of a line are ``(x - centre)[kept] @ directions``.
    features
        (n, k) of these lines.
    """

    centre: Array
    kept: Ints
    directions: Array
    features: Array

    @classmethod
    def of(cls, settings: GeneWeightedSettings, x: Array, scores: Array, lines: Ints) -> _WeightedGenes:
        """Learn weights and components."""
        centre = x.mean(axis=0)
        centred = x - centre
        weights = gene_weights(centred, scores, settings.power, effective_lines(lines))
        kept = np.flatnonzero(weights)
        weighted = centred[:, kept] * weights[kept]
        _, loadings = principal_components(weighted, settings.dimensions)
        return cls(centre, kept, weights[kept, None] * loadings, weighted @ loadings)

    def encode(self, x: Array) -> Array:
        """Features (m, k) of other lines (m, g)."""
        found: Array = (x[:, self.kept] - self.centre[self.kept]) @ self.directions
        return found


@dataclass(frozen=True)
class _GeneModels(FoldModels):
    """One fold's models: maps (g, r) from genes to components, loadings (r, q), and single genes."""

    maps: Array
    loadings: Array
    single: SingleGenes


def _fit_fold(settings: GeneWeightedSettings, x: Array, y: Array, problem: Problem, fold: int) -> _GeneModels:
    folds = problem.folds
    seen = folds != fold
    lines = (np.arange(len(x)) if problem.lines is None else problem.lines)[seen]
    targets = components_of(settings, y, problem, seen)
    genes, scores, ratios = x[seen], targets.scores, settings.grid()
    inner, inner_numbers = list(_inner_folds(settings, genes, scores, lines, folds[seen])), folds[seen]
    chosen = choose_penalties(ratios, inner)
    weighted = _WeightedGenes.of(settings, genes, scores, lines)
    ridge = ComponentRidge.of_orthogonal(weighted.features, scores)
    maps = np.zeros((x.shape[1], len(chosen)))
    maps[weighted.kept] = weighted.directions @ ridge.chosen_weights(ratios, chosen)
    level = targets.mean + targets.level * targets.unit
    out_of_fold = np.empty_like(scores)
    for number, part in zip(np.unique(inner_numbers), inner, strict=True):
        out_of_fold[inner_numbers == number] = part.held_out @ part.ridge.chosen_weights(ratios, chosen) + part.level
    residuals = y[seen] - (out_of_fold @ targets.back + level)
    single = single_gene_step(genes, residuals, settings.min_t, effective_lines(lines) / len(lines))
    predicted = (x[~seen] @ maps) @ targets.back + x[~seen][:, single.genes] * single.weights
    return _GeneModels(
        intercepts=level - (weighted.centre @ maps) @ targets.back + single.offsets,
        penalties=targets.shared(ratios[chosen] * ridge.unit),
        index=targets.shared(chosen),
        score=held_out_spearman(predicted, y[~seen], folds[~seen]),
        maps=maps,
        loadings=targets.back,
        single=single,
    )


def _inner_folds(
    settings: GeneWeightedSettings, genes: Array, scores: Array, lines: Ints, folds: Ints
) -> Iterator[InnerFold]:
    """The folds within: what genes weigh is learnt of the lines seen there."""
    for fold in np.unique(folds):
        seen = folds != fold
        weighted = _WeightedGenes.of(settings, genes[seen], scores[seen], lines[seen])
        ridge = ComponentRidge.of_orthogonal(weighted.features, scores[seen])
        yield InnerFold(ridge, scores[seen].mean(axis=0), weighted.encode(genes[~seen]), scores[~seen])
