"""How active gene sets are in every line."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from leap_core.arrays import Array, Ints


def mean_activity(features: Array, genes: list[str], sets: Mapping[str, frozenset[str]]) -> Array:
    """Mean z of each set's genes (sets, n), scaled to unit variance over the lines.

    Parameters
    ----------
    features
        (g, n) standardised expression.
    genes
        (g,) names.
    sets
        From `leap_core.io.gene_sets.GeneSets.among`.
    """
    return _scaled(
        np.stack([features[rows].mean(axis=0) for rows in _rows(genes, sets)])
        if sets
        else np.zeros((0, features.shape[1]))
    )


def rank_activity(features: Array, genes: list[str], sets: Mapping[str, frozenset[str]]) -> Array:
    """Mean rank of each set's genes within each line (sets, n), scaled to unit variance over the lines.

    As singscore has it (Foroutan et al. 2018, BMC Bioinformatics 19).
    """
    ranks = features.argsort(axis=0).argsort(axis=0).astype(np.float64) / max(len(genes) - 1, 1)
    return _scaled(
        np.stack([ranks[rows].mean(axis=0) for rows in _rows(genes, sets)])
        if sets
        else np.zeros((0, features.shape[1]))
    )


def _rows(genes: list[str], sets: Mapping[str, frozenset[str]]) -> list[Ints]:
    position = {gene: row for row, gene in enumerate(genes)}
    return [np.array(sorted(position[gene] for gene in members)) for members in sets.values()]


def _scaled(activity: Array) -> Array:
    centred = activity - activity.mean(axis=1, keepdims=True)
    deviation = centred.std(axis=1, keepdims=True)
    scaled: Array = centred / np.where(deviation > 0, deviation, 1.0)
    return scaled
