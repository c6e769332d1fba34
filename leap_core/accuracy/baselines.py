"""Baselines that every accuracy stands beside: lineage mean and nearest screened line."""

from __future__ import annotations

import numpy as np

from leap_core.arrays import Matrix, row_correlations
from leap_core.panel.lines import UNKNOWN_LINEAGE
from leap_core.panel.status import observed_mean


def lineage_mean(response: Matrix, lineages: list[str], test_lineages: list[str]) -> Matrix:
    """Mean response of the training lines of the same lineage.

    Parameters
    ----------
    response
        (n, p) of the training lines, NaN where not screened.
    lineages, test_lineages
        (n,) and (m,) lineage of each line. An unknown lineage, one without training lines, or one never
        screened with a perturbation takes the mean of all training lines.

    Returns
    -------
    numpy.ndarray
        (m, p).
    """
    overall = observed_mean(response)
    known = np.asarray(lineages, dtype=object)
    means = {}
    for lineage in set(test_lineages) - {UNKNOWN_LINEAGE}:
        of_lineage = observed_mean(response[known == lineage])
        means[lineage] = np.where(np.isnan(of_lineage), overall, of_lineage)
    return np.stack([means.get(lineage, overall) for lineage in test_lineages])


def nearest_line(standardised: Matrix, response: Matrix, test: Matrix) -> Matrix:
    """Measured response of the most correlated training line that was screened with the perturbation.

    Parameters
    ----------
    standardised, test
        (n, g) and (m, g) standardised expression.
    response
        (n, p), NaN where not screened.

    Returns
    -------
    numpy.ndarray
        (m, p); NaN where no training line was screened.
    """
    order = np.argsort(-row_correlations(test, standardised), axis=1, kind="stable")
    result = np.full((len(test), response.shape[1]), np.nan, dtype=np.float32)
    for row, neighbours in enumerate(order):
        open_columns = np.arange(response.shape[1])
        for neighbour in neighbours:
            values = response[neighbour, open_columns]
            result[row, open_columns] = values
            open_columns = open_columns[np.isnan(values)]
            if not open_columns.size:
                break
    return result
