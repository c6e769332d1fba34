"""Genes that share one signal: LASSO splits what it gives them, so their proportion as a group is told too."""

from __future__ import annotations

import numpy as np
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import connected_components

from leap_core.arrays import Array, Ints, Mask

# Genes correlated this much, either way, count as one signal.
CORRELATED = 0.7
# Proportion from which on a gene is looked at.
_MIN_SHARE = 0.1


def groups_of(features: Array, halves: Mask) -> tuple[Ints, Array]:
    """Group the features that some halves select.

    Parameters
    ----------
    features
        (g, n).
    halves
        (halves, g) which half selected which feature.

    Returns
    -------
    group : numpy.ndarray
        (g,) number of each feature's group, from 0 by falling proportion; -1 for features below a proportion of 0.1.
    proportion : numpy.ndarray
        (g,) share of the halves that select any member of the feature's group; the feature's own where it is in none.
    """
    own = halves.mean(axis=0)
    proportion = own.copy()
    group = np.full(len(own), -1, dtype=np.int64)
    looked_at = np.flatnonzero(own >= _MIN_SHARE)
    if not len(looked_at):
        return group, proportion
    linked = np.abs(np.atleast_2d(np.corrcoef(features[looked_at]))) >= CORRELATED
    _, labels = connected_components(csr_matrix(linked), directed=False)
    shares = {label: float(halves[:, looked_at[labels == label]].any(axis=1).mean()) for label in np.unique(labels)}
    for number, label in enumerate(sorted(shares, key=lambda label: (-shares[label], label))):
        members = looked_at[labels == label]
        group[members], proportion[members] = number, shares[label]
    return group, proportion
