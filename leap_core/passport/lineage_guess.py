"""The lineage that a sample's expression looks like, with a probability that is checked on lines never seen."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.special import softmax

from leap_core.arrays import Array, Matrix
from leap_core.panel.lines import UNKNOWN_LINEAGE
from leap_core.panel.splits import patient_folds
from leap_core.passport.space import PanelSpace
from leap_core.run.seeds import seed_of

MIN_LINES = 5
_COMPONENTS = 100
_FOLDS = 5
# Strengths of the penalty that are tried (scikit-learn's C): the log loss on held-out lines decides.
_STRENGTHS = (0.03, 0.1, 0.3)


@dataclass(frozen=True)
class LineageGuess:
    """Multinomial logistic regression on a sample's direction among the panel's principal components.

    Attributes
    ----------
    lineages
        (c,) names, those with five lines or more; none if fewer than two have.
    space
        k principal components of the lines of these lineages.
    weights, intercepts
        (k, c) and (c,).
    accuracy
        Share of held-out lines (patients never split) whose lineage had the highest probability.
    confidence
        Mean of that highest probability on the same lines: close to `accuracy` where probabilities can be
        taken at their word.
    """

    lineages: tuple[str, ...]
    space: PanelSpace
    weights: Matrix
    intercepts: Matrix
    accuracy: float
    confidence: float

    def probabilities(self, samples: Matrix) -> pd.DataFrame:
        """Probability of each lineage (columns) for standardised samples (m, g)."""
        if not self.lineages:
            return pd.DataFrame(index=range(len(samples)), dtype=float)
        scores = self.space.directions(samples) @ self.weights.astype(np.float64) + self.intercepts
        return pd.DataFrame(softmax(scores, axis=1), columns=list(self.lineages))


def fit_lineage_guess(standardised: Matrix, lineages: list[str], patients: list[str]) -> LineageGuess:
    """Learn lineages from the panel's lines.

    Parameters
    ----------
    standardised
        (n, g).
    lineages, patients
        (n,) of each line.
    """
    names, counts = np.unique(np.asarray(lineages, dtype=str), return_counts=True)
    known = [
        str(name) for name, count in zip(names, counts, strict=True) if count >= MIN_LINES and name != UNKNOWN_LINEAGE
    ]
    if len(known) < 2:
        space = PanelSpace.of(standardised, 1)
        return LineageGuess(
            (), space, np.zeros((1, 0), np.float32), np.zeros(0, np.float32), float("nan"), float("nan")
        )
    used = np.isin(np.asarray(lineages, dtype=str), known)
    lines, labels = standardised[used], np.asarray(lineages, dtype=str)[used]
    owners = [patient for patient, keep in zip(patients, used, strict=True) if keep]
    strength, accuracy, confidence = _chosen_strength(lines, labels, owners, known)
    space = PanelSpace.of(lines, _COMPONENTS)
    weights, intercepts = _fit(space.directions(lines), labels, strength, known)
    return LineageGuess(
        tuple(known), space, weights.astype(np.float32), intercepts.astype(np.float32), accuracy, confidence
    )


def _chosen_strength(
    lines: Matrix, labels: npt.NDArray[np.str_], patients: list[str], known: list[str]
) -> tuple[float, float, float]:
    """Strength of the lowest log loss on held-out lines, with the accuracy and mean confidence there."""
    folds = patient_folds(patients, min(_FOLDS, len(set(patients))), seed_of("lineage guess"))
    truth = np.searchsorted(known, labels)
    probability = np.zeros((len(_STRENGTHS), len(lines), len(known)))
    for fold in np.unique(folds):
        inside = folds == fold
        space = PanelSpace.of(lines[~inside], _COMPONENTS)
        training, test = space.directions(lines[~inside]), space.directions(lines[inside])
        for number, strength in enumerate(_STRENGTHS):
            weights, intercepts = _fit(training, labels[~inside], strength, known)
            probability[number, inside] = softmax(test @ weights + intercepts, axis=1)
    loss = -np.log(np.maximum(probability[:, np.arange(len(lines)), truth], 1e-12)).mean(axis=1)
    best = probability[int(loss.argmin())]
    return _STRENGTHS[int(loss.argmin())], float((best.argmax(axis=1) == truth).mean()), float(best.max(axis=1).mean())


def _fit(directions: Array, labels: npt.NDArray[np.str_], strength: float, known: list[str]) -> tuple[Array, Array]:
    """Weights (k, c) and intercepts (c,); a lineage without a training line has next to no probability."""
    # Imported here: the command line and the pages start without it.
    from sklearn.linear_model import LogisticRegression

    present = np.unique(labels)
    places = np.searchsorted(known, present)
    weights, intercepts = np.zeros((directions.shape[1], len(known))), np.full(len(known), -30.0)
    if len(present) < 2:
        intercepts[places] = 0.0
        return weights, intercepts
    model = LogisticRegression(C=strength, max_iter=300).fit(directions, labels)
    if len(present) == 2:
        # Two classes have one set of coefficients, which is the log odds of the second.
        weights[:, places[1]], intercepts[places] = model.coef_[0], (0.0, model.intercept_[0])
    else:
        weights[:, places], intercepts[places] = model.coef_.T, model.intercept_
    return weights, intercepts
