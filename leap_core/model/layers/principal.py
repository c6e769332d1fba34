"""Principal components of lines by genes, from the smaller of the two second-moment matrices."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.linalg import eigh

Array = npt.NDArray[np.float64]

# Components whose variance is below this share of the largest are rounding errors.
_RANK = 1e-10


def principal_components(centred: Array, wanted: int) -> tuple[Array, Array]:
    """Leading principal components.

    Parameters
    ----------
    centred
        (n, g) centred columns.
    wanted
        How many; fewer are returned where the rank is lower.

    Returns
    -------
    variances : numpy.ndarray
        (k,) variances (sums of squares over n), falling.
    loadings : numpy.ndarray
        (g, k) orthonormal. The sign of a component is fixed by its largest loading, so that it does not
        depend on the LAPACK build.
    """
    n, g = centred.shape
    wanted = min(wanted, n - 1, g)
    if n <= g:
        values, vectors = eigh(centred @ centred.T, subset_by_index=(n - wanted, n - 1))
        keep = values > values[-1] * _RANK
        loadings = centred.T @ (vectors[:, keep] / np.sqrt(values[keep]))
    else:
        values, vectors = eigh(centred.T @ centred, subset_by_index=(g - wanted, g - 1))
        keep = values > values[-1] * _RANK
        loadings = vectors[:, keep]
    loadings = loadings[:, ::-1]
    largest = np.argmax(np.abs(loadings), axis=0)
    return values[keep][::-1] / n, loadings * np.sign(loadings[largest, np.arange(loadings.shape[1])])
