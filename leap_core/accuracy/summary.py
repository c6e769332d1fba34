"""What an evaluation says: scores with intervals, paired differences, per perturbation and per lineage."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from leap_core.accuracy.metrics import skill_columns
from leap_core.accuracy.resampling import drawn_weights, resampled_scores
from leap_core.arrays import Array, Floats, masked_mean
from leap_core.panel.lines import UNKNOWN_LINEAGE

NO_DIFFERENCE = "no difference shown"
_DRAWS = 200
_LINEAGE = 10


@dataclass(frozen=True)
class SplitPredictions:
    """Predictions of one split's test lines.

    Attributes
    ----------
    name
        Of the split.
    lines, patients, lineages
        (m,) of the test lines.
    measured
        (m, q); NaN = not screened.
    methods
        By method: (m, q). A recipe's layers are called ``RECIPE layer 1`` and so on.
    """

    name: str
    lines: tuple[str, ...]
    patients: tuple[str, ...]
    lineages: tuple[str, ...]
    measured: Floats
    methods: dict[str, Floats]


@dataclass(frozen=True)
class Scores:
    """Scores of every split, by method.

    Attributes
    ----------
    drawn
        (splits, draws) mean over perturbations that have a score; the first draw is all lines.
    whole
        (splits, q) score of each perturbation on all lines; NaN where it has none.
    """

    drawn: dict[str, Array]
    whole: dict[str, Array]

    def mean(self, method: str) -> Array:
        """(draws,) mean over splits."""
        return _mean(self.drawn[method], axis=0)

    def per_perturbation(self, method: str) -> Array:
        """(q,) mean over splits; NaN where no split has a score."""
        return _mean(self.whole[method], axis=0)


def _mean(values: Array, axis: int) -> Array:
    """Mean of what is a number; NaN where nothing is."""
    return masked_mean(values, np.isfinite(values), axis)


def score_splits(splits: list[SplitPredictions], metric: str) -> Scores:
    """Score every split; draws take whole patients, the same ones in every split that holds them."""
    patients = sorted({patient for split in splits for patient in split.patients})
    weights = drawn_weights(patients, _DRAWS)
    place = {patient: number for number, patient in enumerate(patients)}
    drawn: dict[str, list[Array]] = {}
    whole: dict[str, list[Array]] = {}
    for split in splits:
        of_lines = weights[:, [place[patient] for patient in split.patients]]
        fold = np.zeros(len(split.lines), dtype=np.int64)
        for method, predicted in split.methods.items():
            found = resampled_scores(predicted, split.measured, fold, of_lines, metric)
            drawn.setdefault(method, []).append(_mean(found, axis=1))
            whole.setdefault(method, []).append(found[0])
    return Scores(*({method: np.stack(values) for method, values in by.items()} for by in (drawn, whole)))


def summarise(
    splits: list[SplitPredictions], recipes: list[str], baselines: list[str], perturbations: list[str], metric: str
) -> dict[str, Any]:
    """Everything that is told of an evaluation, as plain values.

    Returns
    -------
    dict
        ``methods``: by method its mean, 95 % interval and value per split; for a recipe also the mean and the best of
        its layers. ``differences``: paired, recipe minus every other recipe and baseline and minus its own best layer,
        with interval and verdict. ``per_perturbation`` and ``per_lineage``: by method.
    """
    scores = score_splits(splits, metric)
    methods: dict[str, Any] = {method: _of_method(scores, method) for method in (*recipes, *baselines)}
    differences = []
    for recipe in recipes:
        layers = [method for method in scores.drawn if method.startswith(f"{recipe} layer ")]
        means = {method: float(scores.mean(method)[0]) for method in layers}
        methods[recipe] |= {
            "mean_layer": _rounded(np.mean(list(means.values()))),
            "best_layer": _rounded(max(means.values())),
        }
        others = [method for method in (*recipes, *baselines) if method != recipe]
        differences += [_difference(scores, recipe, other, other) for other in others]
        if len(layers) > 1:
            differences.append(_difference(scores, recipe, max(means, key=lambda name: means[name]), "its best layer"))
    return {
        "metric": metric,
        "splits": [{"name": split.name, "test_lines": list(split.lines)} for split in splits],
        "methods": methods,
        "differences": differences,
        "per_perturbation": {
            method: dict(zip(perturbations, map(_rounded, scores.per_perturbation(method)), strict=True))
            for method in methods
        },
        "per_lineage": _per_lineage(splits, list(methods), metric),
    }


def _of_method(scores: Scores, method: str) -> dict[str, Any]:
    mean = scores.mean(method)
    return {
        "mean": _rounded(mean[0]),
        "interval_95": [_rounded(value) for value in _interval(mean[1:])],
        "by_split": [_rounded(value) for value in scores.drawn[method][:, 0]],
    }


def _difference(scores: Scores, ours: str, theirs: str, title: str) -> dict[str, Any]:
    found = scores.mean(ours) - scores.mean(theirs)
    low, high = _interval(found[1:])
    verdict = "better" if low > 0 else "worse" if high < 0 else NO_DIFFERENCE
    return {
        "recipe": ours,
        "minus": title,
        "mean": _rounded(found[0]),
        "interval_95": [_rounded(low), _rounded(high)],
        "verdict": verdict,
        "by_split": [_rounded(value) for value in scores.drawn[ours][:, 0] - scores.drawn[theirs][:, 0]],
    }


def _per_lineage(splits: list[SplitPredictions], methods: list[str], metric: str) -> dict[str, dict[str, Any]]:
    """Score within each lineage with ten test lines or more in some split, mean over perturbations and such splits."""
    found: dict[str, dict[str, list[float]]] = {}
    for split in splits:
        labels = np.asarray(split.lineages, dtype=object)
        for lineage in sorted(set(split.lineages) - {UNKNOWN_LINEAGE}):
            rows = labels == lineage
            if rows.sum() < _LINEAGE:
                continue
            for method in methods:
                score = skill_columns(split.methods[method][rows], split.measured[rows], metric)
                if np.isfinite(score).any():
                    found.setdefault(lineage, {}).setdefault(method, []).append(float(np.nanmean(score)))
    return {
        lineage: {method: _rounded(np.mean(values)) for method, values in by.items()}
        for lineage, by in sorted(found.items())
    }


def _interval(drawn: Array) -> tuple[float, float]:
    known = drawn[np.isfinite(drawn)]
    return (
        (float(np.quantile(known, 0.025)), float(np.quantile(known, 0.975)))
        if len(known)
        else (float("nan"), float("nan"))
    )


def _rounded(value: float | np.floating) -> float | None:
    return round(float(value), 5) if np.isfinite(value) else None
