"""The fitted ensemble: predict, members, out-of-fold values, and the one linear map it amounts to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from leap_core.arrays import Ints, Mask, Matrix, within
from leap_core.model.heads.base import BlockedHeads
from leap_core.model.layers.base import Layer
from leap_core.model.percentile import varying, weaker_share
from leap_core.model.preprocessing import Standardiser


@dataclass(frozen=True)
class Predictions:
    """Predictions of samples; every frame has samples in rows and perturbations in columns.

    Attributes
    ----------
    predicted
        Mean over layers and folds, in the panel's score.
    agreement_sd
        Standard deviation over layers of a fold's models, averaged over folds; NaN with one layer.
    panel_percentile
        Share (0..100) of panel lines whose out-of-fold value is weaker than this sample's prediction by the
        models that did not see that line; 100 = most dependent or sensitive of the panel.
    by_fold
        (m, K, p) mean over layers of each fold's models: what panel lines of that fold are compared with.
    """

    predicted: pd.DataFrame
    agreement_sd: pd.DataFrame
    panel_percentile: pd.DataFrame
    by_fold: Matrix


@dataclass(frozen=True)
class FittedEnsemble:
    """L layers, and K heads per layer and perturbation (docs/methods.md#ensemble; Bodinier et al. 2025).

    Attributes
    ----------
    standardiser
        Frozen preprocessing.
    layers
        L layers, each an affine map.
    heads
        Heads of each of the L layers.
    out_of_fold
        (n, p) mean over layers of the out-of-fold predictions of the panel's lines.
    folds
        (n,) fold of each panel line.
    perturbations
        (p,) names.
    higher_is_stronger
        Direction of the score.
    """

    standardiser: Standardiser
    layers: tuple[Layer, ...]
    heads: tuple[BlockedHeads, ...]
    out_of_fold: Matrix
    folds: Ints
    perturbations: tuple[str, ...]
    higher_is_stronger: bool

    def __post_init__(self) -> None:
        lines, p = len(self.folds), len(self.perturbations)
        widths = {sum(block.intercepts.shape[1] for block in heads.blocks) for heads in self.heads}
        folds = {block.folds for heads in self.heads for block in heads.blocks}
        if len(self.layers) != len(self.heads) or widths != {p} or len(folds) != 1:
            raise ValueError(f"{len(self.layers)} layers and {p} perturbations do not go with heads of {widths}")
        if self.out_of_fold.shape != (lines, p):
            raise ValueError(f"out-of-fold predictions are {self.out_of_fold.shape}, expected {(lines, p)}")
        within(self.folds, folds.pop(), "folds")

    def members(self, sample: pd.DataFrame) -> Matrix:
        """Prediction of every member for one sample (1, genes): (L, K, p) float32."""
        if len(sample) != 1:
            raise ValueError(f"members() takes one sample, got {len(sample)}")
        return self._members(self.standardiser.transform(sample))

    def members_frame(self, sample: pd.DataFrame) -> pd.DataFrame:
        """Prediction of every member for one sample: rows ``layer_<l>_fold_<k>``, columns perturbations."""
        members = self.members(sample)
        layers, folds, p = members.shape
        values = members.reshape(layers * folds, p).astype(np.float64)
        return pd.DataFrame(values, _member_names(layers, folds), self._labels)

    def members_of(self, sample: pd.DataFrame, perturbation: str) -> pd.Series:
        """What `members_frame` gives of one perturbation, without all the others."""
        standardised, place = self.standardiser.transform(sample), self.perturbations.index(perturbation)
        pairs = zip(self.layers, self.heads, strict=True)
        values = np.stack([heads.predict_one(layer.encode(standardised), place)[:, 0] for layer, heads in pairs])
        return pd.Series(values.astype(np.float64).ravel(), _member_names(*values.shape), name=perturbation)

    def _members(self, standardised: Matrix) -> Matrix:
        """Members (L, K, p) of one standardised sample (1, g)."""
        pairs = zip(self.layers, self.heads, strict=True)
        return np.stack([heads.predict(layer.encode(standardised))[:, 0] for layer, heads in pairs])

    def predict(self, samples: pd.DataFrame) -> Predictions:
        """Score samples (m, genes) in the panel's unit; each by itself, so company changes nothing."""
        rows = [self._predict_one(row[None]) for row in self.standardiser.transform(samples)]
        predicted, agreement, percentile, by_fold = (np.stack(columns) for columns in zip(*rows, strict=True))

        def labelled(table: Matrix) -> pd.DataFrame:
            return pd.DataFrame(table, samples.index, self._labels)

        return Predictions(labelled(predicted), labelled(agreement), labelled(percentile), by_fold)

    @cached_property
    def _labels(self) -> pd.Index:
        return pd.Index(self.perturbations)

    @property
    def pan(self) -> bool:
        """Whether every layer has a model of all perturbations, screened or not."""
        return all(heads.pan for heads in self.heads)

    def predict_unscreened(self, samples: pd.DataFrame, fingerprints: Matrix) -> tuple[Matrix, Matrix]:
        """Predict perturbations that nobody has screened, by their fingerprints (u, f).

        Returns
        -------
        numpy.ndarray
            (m, u) predictions: mean over layers and folds.
        numpy.ndarray
            (u,) the mean response that the fingerprints promise.

        Raises
        ------
        ValueError
            If this is no pan-perturbation ensemble.
        """
        standardised = self.standardiser.transform(samples)
        pairs = zip(self.layers, self.heads, strict=True)
        by_layer = [
            heads.predict_unscreened(layer.encode(standardised), fingerprints).mean(axis=0) for layer, heads in pairs
        ]
        return np.mean(by_layer, axis=0), np.mean([heads.level(fingerprints) for heads in self.heads], axis=0)

    def _predict_one(self, standardised: Matrix) -> tuple[Matrix, Matrix, Matrix, Matrix]:
        members = self._members(standardised)
        fold_means = members.mean(axis=0)
        if len(self.layers) > 1:
            agreement = np.sqrt(np.square(members - fold_means).sum(axis=0) / (len(self.layers) - 1)).mean(axis=0)
        else:
            agreement = np.full(members.shape[2], np.nan, dtype=np.float32)
        return fold_means.mean(axis=0), agreement, self._percentile(fold_means), fold_means

    def _percentile(self, fold_means: Matrix) -> Matrix:
        """Panel percentile (p,) of fold-wise predictions (K, p); ties count half; NaN without any spread."""
        percentile = weaker_share(self.out_of_fold, self.folds, fold_means, self.higher_is_stronger)
        percentile[~self._varies | np.isnan(fold_means).any(axis=0)] = np.nan
        return percentile

    @cached_property
    def _varies(self) -> Mask:
        return varying(self.out_of_fold)

    @property
    def linear(self) -> bool:
        """Whether the whole ensemble is one linear map of expression."""
        return all(heads.linear for heads in self.heads)

    def linear_weights(self, perturbations: Sequence[str] | None = None) -> pd.DataFrame:
        """The whole ensemble as one linear map of standardised expression.

        Parameters
        ----------
        perturbations
            Some of the model's; None: all.

        Returns
        -------
        pandas.DataFrame
            (g + 1, p) float64: a row per gene and a last row ``intercept``; a prediction is the standardised
            sample times the genes' rows plus the intercept.

        Raises
        ------
        KeyError
            If the model has no such perturbation.
        """
        names = list(self.perturbations if perturbations is None else perturbations)
        wanted = self._labels.get_indexer(pd.Index(names))
        if (wanted < 0).any():
            raise KeyError(f"no perturbation of this model: {names[int(np.argmin(wanted))]}")
        total = np.zeros((len(self.standardiser.genes) + 1, len(names)))
        for layer, heads in zip(self.layers, self.heads, strict=True):
            weights, intercepts = heads.mean_map(wanted)
            on_genes, offset = layer.on_genes(weights)
            total[:-1] += on_genes
            total[-1] += offset + intercepts
        return pd.DataFrame(total / len(self.layers), index=[*self.standardiser.genes, "intercept"], columns=names)


def _member_names(layers: int, folds: int) -> list[str]:
    return [f"layer_{layer}_fold_{fold}" for layer in range(1, layers + 1) for fold in range(1, folds + 1)]
