"""Preprocessing of expression, learnt on training lines and frozen (docs/methods.md#expression)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from leap_core.arrays import Array, Matrix
from leap_core.errors import PanelError


@dataclass(frozen=True)
class PreprocessingSettings:
    """Settings of the preprocessing.

    Attributes
    ----------
    max_genes
        The most variable genes that are kept (LEAP: 5,000).
    max_missing
        Genes missing in this share of the training lines, or more, are dropped.
    centre_lines
        Whether each line's mean over its standardised genes is taken off: what moves all genes of a sample alike is the
        sample's library more than its biology. LEAP leaves it in.
    clip
        Standardised expression further than this many standard deviations from the mean counts as this many; None
        (LEAP): as it is.
    """

    max_genes: int = 5000
    max_missing: float = 0.05
    centre_lines: bool = False
    clip: float | None = None

    def __post_init__(self) -> None:
        if self.max_genes < 2:
            raise ValueError(f"max_genes must be at least 2, got {self.max_genes}")
        if not 0 < self.max_missing <= 1:
            raise ValueError(f"max_missing must lie in (0, 1], got {self.max_missing}")
        if self.clip is not None and not self.clip > 0:
            raise ValueError(f"clip must be above 0, got {self.clip}")


@dataclass(frozen=True)
class Standardiser:
    """Frozen standardisation: genes, and their mean and standard deviation over the training lines.

    Attributes
    ----------
    genes
        (g,) symbols, in the order of the columns.
    mean, scale
        (g,) float32, in the panel's unit.
    centre_lines, clip
        See `PreprocessingSettings`.
    """

    genes: tuple[str, ...]
    mean: Matrix
    scale: Matrix
    centre_lines: bool = False
    clip: float | None = None

    @classmethod
    def fit(cls, expression: pd.DataFrame, settings: PreprocessingSettings) -> Standardiser:
        """Learn genes, means and standard deviations from training lines alone.

        Parameters
        ----------
        expression
            (n, genes), gaps as NaN.

        Raises
        ------
        PanelError
            If fewer than two genes vary.
        """
        values = expression.to_numpy(dtype=np.float64)
        missing = np.isnan(values).mean(axis=0)
        with np.errstate(invalid="ignore"):
            filled = np.where(missing < settings.max_missing, np.nan_to_num(_nanvar(values)), 0.0)
        order = np.argsort(-filled, kind="stable")[: settings.max_genes]
        keep = np.sort(order[filled[order] > 1e-12])
        if keep.size < 2:
            raise PanelError("Fewer than two genes vary over the training lines; nothing can be learnt from that.")
        kept = values[:, keep]
        mean = np.nanmean(kept, axis=0)
        # A gap takes the training mean, so it adds nothing to the deviation but counts as a line.
        scale = np.sqrt(np.mean(np.square(np.nan_to_num(kept - mean)), axis=0))
        genes = tuple(str(gene) for gene in expression.columns[keep])
        return cls(genes, mean.astype(np.float32), scale.astype(np.float32), settings.centre_lines, settings.clip)

    def transform(self, expression: pd.DataFrame) -> Matrix:
        """Standardise lines or samples: (m, any genes) in the panel's unit to (m, g) float32.

        Genes that are absent, and gaps, become zero (the training mean, where lines are not centred), and take no part
        in a line's own mean.
        """
        positions = expression.columns.get_indexer(self._labels)
        values = expression.to_numpy(dtype=np.float32)
        aligned = np.where(positions >= 0, values[:, positions], np.float32(np.nan))
        standardised = (aligned - self.mean) / self.scale
        if self.centre_lines:
            standardised = standardised - self._level(standardised)
        if self.clip is not None:
            standardised = np.clip(standardised, -self.clip, self.clip)
        return np.nan_to_num(standardised).astype(np.float32)

    def _level(self, standardised: Matrix) -> Matrix:
        """Mean (m, 1) of each line over the genes it has.

        A gene that lies far out counts as clipped, so that it cannot move all the others.
        """
        # Rows side by side in memory: one line is then summed as it is among many.
        near = standardised.astype(np.float64, order="C")
        if self.clip is not None:
            near = np.clip(near, -self.clip, self.clip)
        count = np.maximum((~np.isnan(near)).sum(axis=1, keepdims=True), 1)
        level: Matrix = (np.nansum(near, axis=1, keepdims=True) / count).astype(np.float32)
        return level

    @cached_property
    def _labels(self) -> pd.Index:
        return pd.Index(self.genes)


def _nanvar(values: Array) -> Array:
    observed = ~np.isnan(values)
    count = np.maximum(observed.sum(axis=0), 1)
    filled = np.where(observed, values, 0.0)
    mean = filled.sum(axis=0) / count
    return np.where(observed, np.square(filled - mean), 0.0).sum(axis=0) / count
