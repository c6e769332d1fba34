"""Pan-perturbation models: one model of line and fingerprint serves all perturbations."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from leap_core.arrays import Array, Ints, Matrix
from leap_core.errors import UserError
from leap_core.model.heads.base import Heads, Problem, records
from leap_core.model.heads.selection import fold_means, select_penalty

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

    pan: ClassVar[bool] = True

    fingerprints: Matrix
    level: Matrix

    def promised(self, fingerprints: Matrix) -> Matrix:
        """See `Heads.promised`."""
        found: Matrix = np.mean([fingerprints @ level[:-1] + level[-1] for level in self.level], axis=0)
        return found

    def of_pairs(self, line: Matrix, fingerprints: Matrix, fold: int) -> Matrix:
        """What a line's features (d,) add to the means of perturbations with some fingerprints (u, f): (u,)."""
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
    fingerprints
        (q, f) of the perturbations.
    unit
        In the response's unit.
    """

    lines: Ints
    perturbations: Ints
    target: Matrix
    means: Array
    fingerprints: Matrix
    unit: float

    @classmethod
    def of(cls, problem: Problem, fold: int, max_pairs: int, seed: int) -> Pairs:
        """Pairs of a fold's training lines and what they were screened with; of more than `max_pairs` a random part.

        Raises
        ------
        UserError
            If the perturbations have no fingerprints.
        """
        if problem.fingerprints is None:
            raise UserError(
                "Pan-perturbation recipes tell perturbations apart by fingerprints, and the panel has none. Give a GMT"
                " file of gene sets (for genes) or a table of drugs with a SMILES or a target column with"
                " --fingerprints."
            )
        response, training = problem.response.astype(np.float64), problem.folds != fold
        means = fold_means(response, training)
        lines, perturbations = np.nonzero(~np.isnan(response) & training[:, None])
        if len(lines) > max_pairs:
            part = np.sort(np.random.default_rng(seed).choice(len(lines), max_pairs, replace=False))
            lines, perturbations = lines[part], perturbations[part]
        deviation = response[lines, perturbations] - means[perturbations]
        unit = float(np.sqrt(np.mean(np.square(deviation)))) or 1.0
        target = (deviation / unit).astype(np.float32)
        return cls(lines, perturbations, target, means, problem.fingerprints, unit)


def pan_records(pairs: Sequence[Pairs], scores: Array) -> tuple[int, dict[str, Any]]:
    """The place on the grid that is best for all perturbations together, and the fields of `PanHeads` but the models.

    Parameters
    ----------
    pairs
        Of each fold.
    scores
        (K, A, q) validation scores of each fold, at each place of the grid.
    """
    chosen, _ = select_penalty(scores.mean(axis=(0, 2))[None, None])
    by_perturbation = scores.mean(axis=0)[chosen[0]]
    means, fingerprints = np.stack([one.means for one in pairs]), pairs[0].fingerprints
    return int(chosen[0]), {
        **records(means, np.full(means.shape[1], chosen[0]), by_perturbation),
        "fingerprints": fingerprints,
        "level": np.stack([level_of(fingerprints, of_fold) for of_fold in means]),
    }


def level_of(fingerprints: Matrix, means: Array) -> Matrix:
    """Ridge (f + 1,) of the perturbations' means on their fingerprints.

    Its penalty has the least leave-one-out error.
    """
    from sklearn.linear_model import RidgeCV

    x = fingerprints.astype(np.float64)
    # Penalties are counted in mean eigenvalues.
    scale = max(float(np.square(x - x.mean(axis=0)).sum()) / min(x.shape), 1e-30)
    found = RidgeCV(_LEVEL_RATIOS * scale).fit(x, means)
    return np.append(found.coef_, found.intercept_).astype(np.float32)
