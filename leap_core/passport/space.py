"""The space that the panel's lines span: leading principal components, each scaled to variance one."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from leap_core.arrays import Array, Matrix, principal_components


@dataclass(frozen=True)
class PanelSpace:
    """Whitened principal components.

    What a platform or a laboratory adds to every gene lies mostly outside of it, so that kinds of cells are told
    apart by directions in this space rather than by all genes.

    Attributes
    ----------
    mean
        (g,) of the lines.
    projection
        (g, k) loadings over standard deviations.
    """

    mean: Matrix
    projection: Matrix

    @classmethod
    def of(cls, lines: Matrix, components: int, moments: Array | None = None) -> PanelSpace:
        """Fit on standardised lines (n, g); at most a quarter as many components as lines.

        The products (n, n) of the lines save time where they are known.
        """
        values = lines.astype(np.float64)
        mean = values.mean(axis=0)
        centred = None if moments is None else _centred(moments)
        number = max(1, min(components, len(lines) // 4))
        variances, loadings = principal_components(values - mean, number, centred)
        return cls(mean.astype(np.float32), (loadings / np.sqrt(variances)).astype(np.float32))

    def project(self, samples: Matrix) -> Array:
        """Coordinates (m, k) of standardised samples (m, g).

        Genes that a sample lacks (NaN) take no part: its coordinates are those that come nearest to the others.
        """
        known, projection = np.isfinite(samples), self.projection.astype(np.float64)
        found: Array = np.where(known, samples.astype(np.float64) - self.mean, 0.0) @ projection
        some = np.flatnonzero(~known.all(axis=1))
        if len(some):
            # Loadings are orthonormal over all genes; over those that a sample has they are not.
            length = np.sqrt(np.square(projection).sum(axis=0))
            loadings = projection / length
        for row in some:
            missing = loadings[~known[row]]
            inner = np.eye(len(length)) - missing.T @ missing
            found[row] = np.linalg.solve(inner, found[row] / length) * length
        return found

    def directions(self, samples: Matrix) -> Array:
        """Coordinates (m, k) scaled to a mean square of one: which way a sample lies, not how far."""
        coordinates = self.project(samples)
        length = np.sqrt(np.square(coordinates).mean(axis=1, keepdims=True))
        scaled: Array = coordinates / np.where(length > 0, length, 1.0)
        return scaled


def _centred(moments: Array) -> Array:
    """Products (n, n) of lines, as if their mean had been taken off before."""
    mean = moments.mean(axis=0)
    found: Array = moments - mean - mean[:, None] + mean.mean()
    return found
