"""The step after: perturbations whose residuals one gene explains with strong evidence take that gene in.

What many perturbations share does not hold the gene that one of them hangs on: a paralog that is silent, a target of
p53 that tells whether p53 works, the target itself. Where the evidence for such a gene is short of what is asked,
nothing is changed.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from leap_core.arrays import Array, Ints

_MIN_LINES = 30
# Perturbations that are screened against all genes at a time: genes x this many correlations, in single precision.
_AT_A_TIME = 256


@dataclass(frozen=True)
class SingleGenes:
    """One gene for some of q perturbations: ``weights * x[genes] + offsets`` is added to a prediction.

    Attributes
    ----------
    genes
        (q,) positions; 0 where there is none.
    weights, offsets
        (q,); 0 where there is none.
    """

    genes: Ints
    weights: Array
    offsets: Array


def single_gene_step(genes: Array, residuals: Array, min_t: float, worth: float = 1.0) -> SingleGenes:
    """For each perturbation the gene that explains most of its residuals, if the evidence for it is strong.

    The t statistic of the best of all genes must reach `min_t`, and half of it without the lines that speak for it
    most (the first hundredth, three at least), so that no few lines decide. The slope is that of least squares times
    ``1 - min_t^2 / t^2`` (the non-negative garrote; Breiman 1995, Technometrics 37): it begins at 0.

    Parameters
    ----------
    genes
        (n, g) standardised genes of the training lines.
    residuals
        (n, q) responses less predictions by models that had not seen the line; NaN = not screened.
    min_t
        Least t. Of 5,000 independent genes and normal residuals chance reaches 5 for about three perturbations of
        1,000, with a weight next to 0.
    worth
        Lines that a row is worth, where some are copies of each other.

    Returns
    -------
    SingleGenes
        Of the q perturbations.
    """
    q = residuals.shape[1]
    found = SingleGenes(np.zeros(q, dtype=np.int64), np.zeros(q), np.zeros(q))
    for place, gene in _candidates(genes, residuals, min_t, worth):
        known = ~np.isnan(residuals[:, place])
        x, y = genes[known, gene], residuals[known, place]
        t = _t(float(np.corrcoef(x, y)[0, 1]), worth * len(x))
        if abs(t) < min_t or _t_of_most(x, y, np.sign(t), worth) < min_t / 2:
            continue
        slope = float(np.cov(x, y, ddof=0)[0, 1] / np.var(x)) * (1.0 - min_t**2 / t**2)
        found.genes[place], found.weights[place], found.offsets[place] = gene, slope, -slope * float(x.mean())
    return found


def _candidates(genes: Array, residuals: Array, min_t: float, worth: float) -> list[tuple[int, int]]:
    """Perturbations whose most correlated gene comes near the threshold (gaps count as no residual)."""
    # Lines that only further studies have would weaken all correlations.
    own = ~np.isnan(residuals).all(axis=1)
    if own.any() and not own.all():
        genes, residuals = genes[own], residuals[own]
    n = len(genes)
    centred = genes - genes.mean(axis=0)
    spread = np.sqrt(np.square(centred).mean(axis=0))
    units = np.divide(centred, spread, out=np.zeros_like(centred), where=spread > 1e-9).astype(np.float32)
    known = ~np.isnan(residuals)
    count = known.sum(axis=0)
    level = np.where(known, residuals, 0.0).sum(axis=0) / np.maximum(count, 1)
    filled = np.where(known, residuals - level, 0.0)
    norm = np.sqrt(np.square(filled).sum(axis=0))
    unit = np.divide(filled, norm, out=np.zeros_like(filled), where=norm > 1e-9).astype(np.float32)
    near = []
    for start in range(0, residuals.shape[1], _AT_A_TIME):
        correlations = units.T @ unit[:, start : start + _AT_A_TIME] / np.float32(np.sqrt(n))
        best = np.abs(correlations).argmax(axis=0)
        for column, gene in enumerate(best):
            place = start + column
            if (
                count[place] >= _MIN_LINES
                and abs(_t(float(correlations[gene, column]), worth * count[place])) >= 0.9 * min_t
            ):
                near.append((place, int(gene)))
    return near


def _t_of_most(x: Array, y: Array, sign: float, worth: float) -> float:
    """Student's t, in the direction of `sign`, without the lines that speak most for it."""
    speaks = sign * (x - x.mean()) * (y - y.mean())
    rest = np.argsort(-speaks, kind="stable")[max(3, len(x) // 100) :]
    if np.ptp(x[rest]) == 0 or np.ptp(y[rest]) == 0:
        return 0.0
    return sign * _t(float(np.corrcoef(x[rest], y[rest])[0, 1]), worth * len(rest))


def _t(correlation: float, lines: float) -> float:
    """Student's t of a correlation."""
    return correlation * float(np.sqrt(max(lines - 2.0, 0.0) / max(1.0 - correlation**2, 1e-12)))
