"""Pan-perturbation models: one model of line and fingerprint serves all perturbations."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from leap_core.errors import UserError
from leap_core.model.heads.base import Heads, Matrix, Problem

Array = npt.NDArray[np.float64]
_LEVEL_RATIOS = np.geomspace(1e3, 1e-3, 13)


@dataclass(frozen=True)
class PanHeads(Heads):
    """One model per fold; a screened perturbation keeps its mean, others get one by fingerprint.

    Attributes
    ----------
    fingerprints
        (q, f) of the fitted perturbations.
    level
        (K, f + 1) float32: from a fingerprint, and then a constant, the mean response that it promises.
    """

    fingerprints: Matrix
    level: Matrix

    @property
    def pan(self) -> bool:
        """One model serves all perturbations."""
        return True

    def promised(self, fingerprints: Matrix) -> Matrix:
        """See `Heads.promised`."""
        found: Matrix = np.mean([fingerprints @ level[:-1] + level[-1] for level in self.level], axis=0)
        return found

    def of_pairs(self, line: Matrix, fingerprints: Matrix, fold: int) -> Matrix:
        """What one line's latent features (d,) add to the means of perturbations with some fingerprints (u, f).

        (u,).
        """
        raise NotImplementedError

    def of_line(self, line: Matrix, fold: int) -> Matrix:
        """See `Heads.of_line`."""
        return self.of_pairs(line, self.fingerprints, fold)

    def predict_unscreened(self, latent: Matrix, fingerprints: Matrix) -> Matrix:
        """Predictions (K, m, u) for perturbations that nobody has screened, by their fingerprints (u, f)."""
        found = np.empty((self.folds, len(latent), len(fingerprints)), dtype=np.float32)
        for fold in range(self.folds):
            mean = fingerprints @ self.level[fold, :-1] + self.level[fold, -1]
            for row, line in enumerate(latent):
                found[fold, row] = mean + self.of_pairs(line, fingerprints, fold)
        return found


@dataclass(frozen=True)
class Pairs:
    """Training pairs of one fold.

    Attributes
    ----------
    lines, perturbations
        (t,) int64 positions.
    target
        (t,) response less its perturbation's mean, in standard deviations `unit` over all pairs.
    means
        (q,) of the perturbations, over the training lines.
    unit
        In the response's unit.
    """

    lines: npt.NDArray[np.int64]
    perturbations: npt.NDArray[np.int64]
    target: Matrix
    means: Array
    unit: float


def training_pairs(problem: Problem, fold: int, most: int, random: np.random.Generator) -> Pairs:
    """Pairs of a fold's training lines and what they were screened with; of more than `most` a random part.

    Raises
    ------
    UserError
        If the perturbations have no fingerprints.
    """
    if problem.fingerprints is None:
        raise UserError(
            "Pan-perturbation recipes tell perturbations apart by fingerprints, and the panel has none. Give a GMT file"
            " of gene sets (for genes) or a table of drugs with a SMILES or a target column with --fingerprints."
        )
    response = problem.response.astype(np.float64)
    known = ~np.isnan(response)
    seen = known & (problem.folds != fold)[:, None]
    # A fold that leaves no training line takes the mean of all.
    of_mean = np.where(seen.any(axis=0), seen, known)
    means = np.where(of_mean, response, 0.0).sum(axis=0) / np.maximum(of_mean.sum(axis=0), 1)
    lines, perturbations = np.nonzero(seen)
    if len(lines) > most:
        part = np.sort(random.choice(len(lines), most, replace=False))
        lines, perturbations = lines[part], perturbations[part]
    deviation = response[lines, perturbations] - means[perturbations]
    unit = float(np.sqrt(np.mean(np.square(deviation)))) or 1.0
    return Pairs(lines, perturbations, (deviation / unit).astype(np.float32), means, unit)


def level_of(fingerprints: Matrix, means: Array) -> Matrix:
    """Ridge (f + 1,) of the perturbations' means on their fingerprints.

    Its penalty has the least leave-one-out error.
    """
    x = fingerprints.astype(np.float64)
    centre, level = x.mean(axis=0), means.mean()
    left, values, right = np.linalg.svd(x - centre, full_matrices=False)
    rotated = left.T @ (means - level)
    scale = max(float(np.mean(np.square(values))), 1e-300)
    errors = []
    for ratio in _LEVEL_RATIOS:
        shrunk = np.square(values) / (np.square(values) + ratio * scale)
        leverage = 1.0 / len(means) + (np.square(left) * shrunk).sum(axis=1)
        errors.append(np.sum(np.square((means - level - left @ (shrunk * rotated)) / np.maximum(1.0 - leverage, 1e-9))))
    best = _LEVEL_RATIOS[int(np.argmin(errors))]
    weights = right.T @ (values / (np.square(values) + best * scale) * rotated)
    return np.append(weights, level - centre @ weights).astype(np.float32)
