"""Another laboratory as the judge: whether a prediction tells it as much as a screen of the line would.

A user who screens what a list proposes does so in another laboratory. A whole study is therefore held out: patients are
predicted without having been seen by any study, and the predictions, and beside them the first study's own measurements
of the same lines and perturbations, are compared with what the other study measured (docs/several-studies.md).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from leap_core.accuracy.ceiling import paired
from leap_core.accuracy.outer_folds import outer_folds
from leap_core.accuracy.reliability import worth_of
from leap_core.accuracy.resampling import drawn_weights, resampled_scores
from leap_core.arrays import Array, Floats, Ints, Mask
from leap_core.errors import UserError
from leap_core.model.held_out import Request, predict_held_out
from leap_core.model.recipe import Recipe
from leap_core.model.stages import training_set
from leap_core.panel.further_studies import turned_to
from leap_core.panel.panel import FurtherStudy, Panel
from leap_core.run.runtime import Runtime

SCREEN, ALONE, CONSENSUS = "the first study's own measurements", "prediction", "consensus of the studies' predictions"
PARTS = ("all", "general", "specific")
_MIN_LINES = 30
_LEVEL = 0.8


@dataclass(frozen=True)
class Judgement:
    """What another study says of predictions, and of the first study's own measurements.

    Attributes
    ----------
    study
        The judge.
    perturbations, lines
        How many both studies measured, and on how many lines.
    agreement
        By method and part (``all``; ``general``, a line's mean over perturbations; ``specific``, what is left): mean
        Spearman over perturbations, mean over folds of held-out patients, with a 95 % interval over resampled patients:
        ``mean``, ``low``, ``high``.
    share
        By method and part: that of the predictions divided by that of the measurements, likewise.
    coverage
        How often 80 % intervals of the prediction hold the other study's values, in the first study's unit. They are of
        one width for each perturbation, not those of a list, which differ by row and line.
    widening, coverage_widened
        By what the panel's own further studies say that the intervals have to be multiplied for another laboratory, and
        how often they then hold the judge's values. NaN where the panel has no further study of these perturbations.
    """

    study: str
    perturbations: int
    lines: int
    agreement: pd.DataFrame
    share: pd.DataFrame
    coverage: float
    widening: float
    coverage_widened: float


def judge_by_another_study(panel: Panel, judge: FurtherStudy, recipe: Recipe, runtime: Runtime) -> Judgement:
    """Hold patients out of all studies of a panel, predict them, and compare with a study that had no part.

    Parameters
    ----------
    panel
        With further studies or without; the judge is none of them.
    judge
        The study that is held out.
    recipe, runtime
        What is trained, and how.

    Raises
    ------
    UserError
        If the studies share too few lines or perturbations.
    """
    if judge.name in (panel.study, *(study.name for study in panel.further)):
        raise UserError(f"{judge.name} is one of the studies that are trained on; the judge must have no part in it.")
    same = judge.same[judge.same["perturbation"].isin(panel.response.columns)].drop_duplicates("column")
    same = same.drop_duplicates("perturbation").reset_index(drop=True)
    ours, theirs = (values.astype(np.float64) for values in paired(panel, judge, same))
    both = np.isfinite(ours) & np.isfinite(theirs)
    kept = both.sum(axis=0) >= _MIN_LINES
    if kept.sum() < 2:
        raise UserError(
            f"{judge.name} and {panel.study} share {int(kept.sum())} perturbations that both measured on {_MIN_LINES}"
            " lines; expected 2 at least."
        )
    same, ours, theirs, both = same[kept], ours[:, kept], theirs[:, kept], both[:, kept]
    folds = outer_folds(panel.patients, recipe.seed)
    predicted = _predicted(panel, same["perturbation"].tolist(), folds, recipe, runtime)
    # All methods are compared on the same values.
    both &= np.logical_and.reduce([np.isfinite(values) for values in predicted.values()])
    whole = np.where(both, theirs, np.nan)
    methods = {SCREEN: np.where(both, ours, np.nan), **predicted}
    agreement, share = _agreement(methods, whole, folds, panel.patients)
    pairs = [_values_of(panel, study, same["perturbation"].tolist()) for study in panel.further]
    coverage, widening, widened = _coverage(predicted[ALONE], ours, whole, pairs, folds)
    perturbations, lines = (int(both.any(axis=axis).sum()) for axis in (0, 1))
    return Judgement(judge.name, perturbations, lines, agreement, share, coverage, widening, widened)


def _predicted(panel: Panel, names: list[str], folds: Ints, recipe: Recipe, runtime: Runtime) -> dict[str, Array]:
    """Predictions (n, s) of every line without its patients, oriented so that higher = stronger.

    The consensus is the mean of the studies' predictions, each standardised over a fold's held-out lines, weighted by
    what these are worth, as `leap_core.ranking.consensus` weighs percentiles.
    """
    shape = (len(folds), len(names))
    alone, together = np.full(shape, np.nan), np.full(shape, np.nan)
    patients = np.asarray(panel.patients, dtype=object)
    turned = {study.name: turned_to(panel, study.name) for study in panel.further}
    for fold in np.unique(folds):
        held_out = folds == fold
        gone = set(patients[held_out])
        found = {panel.study: _of_study(panel, names, panel.expression[held_out], gone, recipe, runtime)}
        alone[held_out] = found[panel.study][0]
        for study in panel.further:
            ids, test = study.same[study.same["perturbation"].isin(names)], panel.expression[held_out]
            columns = ids["column"].tolist()
            values, weight = _of_study(turned[study.name], columns, test, gone, recipe, runtime)
            found[study.name] = _by_perturbation(values, weight, ids["perturbation"].tolist(), names)
        together[held_out] = _weighted_mean(found)
    return {ALONE: alone} | ({CONSENSUS: together} if panel.further else {})


def _of_study(
    panel: Panel, names: list[str], test: pd.DataFrame, gone: set[str], recipe: Recipe, runtime: Runtime
) -> tuple[Floats, Array]:
    """Predictions (m, s) of some columns by lines of other patients, and a weight (s,) for each."""
    keep = ~np.isin(np.asarray(panel.patients, dtype=object), list(gone))
    data = training_set(panel, recipe).part(keep, gone)
    own = np.ones(int(keep.sum()), dtype=bool)
    found = predict_held_out(data, Request(test, own=own), recipe, runtime)
    assert found.own is not None
    places = panel.response.columns.get_indexer(pd.Index(names))
    assert (places >= 0).all()
    values: Array = found.by_layer.mean(axis=0, dtype=np.float64)[:, places]
    measured, out_of_fold = data.response[:, places], found.own.mean(axis=0)[:, places]
    everyone = np.ones((1, len(measured)))
    score = resampled_scores(out_of_fold, measured, data.folds(recipe), everyone, "spearman")[0]
    return panel.score.strength(values), worth_of(score)


def _by_perturbation(values: Floats, weight: Array, of: list[str], names: list[str]) -> tuple[Array, Array]:
    """Columns of a study as the perturbations that they are: the mean where several are one; weight 0 where none is."""
    found, weights = np.zeros((len(values), len(names))), np.zeros(len(names))
    for place, name in enumerate(names):
        here = np.array([one == name for one in of], dtype=bool)
        # A column of too few lines is not predicted.
        here &= np.isfinite(values).all(axis=0)
        if here.any():
            found[:, place], weights[place] = _standardised(values[:, here]).mean(axis=1), weight[here].mean()
    return found, weights


def _weighted_mean(found: Mapping[str, tuple[Floats, Array]]) -> Array:
    total = np.sum([weight for _, weight in found.values()], axis=0)
    mean: Array = np.sum([_standardised(values) * weight for values, weight in found.values()], axis=0)
    return np.where(total > 0, mean / np.where(total > 0, total, 1.0), np.nan)


def _standardised(values: Floats) -> Array:
    """Columns (m, s) of mean 0 and variance 1 over what is known."""
    known = np.isfinite(values)
    count = np.maximum(known.sum(axis=0), 1)
    centred = values - np.where(known, values, 0.0).sum(axis=0) / count
    spread = np.sqrt(np.square(np.where(known, centred, 0.0)).sum(axis=0) / count)
    found: Array = centred / np.where(spread > 1e-12, spread, 1.0)
    return found


def _split(values: Array, known: Mask, folds: Ints) -> tuple[Array, Array]:
    """A line's general level (n, 1) and the specific rest (n, s), standardised within folds, over what is known."""
    z = np.where(known, values, np.nan)
    for fold in np.unique(folds):
        z[folds == fold] = _standardised(z[folds == fold])
    count = known.sum(axis=1, keepdims=True)
    level = np.where(known, z, 0.0).sum(axis=1, keepdims=True) / np.maximum(count, 1)
    return np.where(count > 0, level, np.nan), z - level


def _agreement(
    methods: dict[str, Array], judge: Array, folds: Ints, patients: list[str]
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Mean agreement with the judge (n, s) by method and part, and as a share of that of the measurements."""
    weights, known = drawn_weights(patients), np.isfinite(judge)
    level, rest = _split(judge, known, folds)
    draws: dict[tuple[str, str], Array] = {}
    for method, values in methods.items():
        of_method = dict(zip(PARTS, (values, *_split(values, known, folds)), strict=True))
        for part, of_judge in zip(PARTS, (judge, level, rest), strict=True):
            scores = resampled_scores(of_method[part], of_judge, folds, weights, "spearman")
            draws[method, part] = np.nanmean(scores, axis=1)
    shares = {key: found / draws[SCREEN, key[1]] for key, found in draws.items() if key[0] != SCREEN}
    return _intervals(draws), _intervals(shares)


def _intervals(draws: dict[tuple[str, str], Array]) -> pd.DataFrame:
    rows = [(*key, found[0], *np.quantile(found[1:], (0.025, 0.975))) for key, found in draws.items()]
    return pd.DataFrame(rows, columns=["method", "part", "mean", "low", "high"])


def _values_of(panel: Panel, study: FurtherStudy, names: list[str]) -> Array:
    """What a further study measured (n, s) of some perturbations, higher = stronger; NaN where it has none."""
    same = study.same[study.same["perturbation"].isin(names)].drop_duplicates("perturbation")
    found = np.full((len(panel.lines), len(names)), np.nan)
    found[:, [names.index(name) for name in same["perturbation"]]] = paired(panel, study, same)[1]
    return found


def _coverage(
    predicted: Array, ours: Array, judge: Array, pairs: list[Array], folds: Ints
) -> tuple[float, float, float]:
    """Coverage of 80 % intervals in the judge's eyes, the widening that other pairs ask for, and the coverage with it.

    The half width of a perturbation is that which held the first study's values on other folds. The judge's values are
    brought to the first study's unit by their mean and spread over the lines of other folds that both measured. The
    widening is what holds 80 % of the values of the panel's further studies, likewise, on other folds: the judge has no
    part in it.
    """
    ratio = _ratios(predicted, ours, judge, folds)
    known = np.isfinite(ratio)
    coverage = float((ratio[known] <= 1.0).mean())
    others = [_ratios(predicted, ours, values, folds) for values in pairs if np.isfinite(values).any()]
    if not others:
        return coverage, np.nan, np.nan
    factors, held = [], []
    for fold in np.unique(folds):
        elsewhere = np.concatenate([values[folds != fold].ravel() for values in others])
        factors.append(np.nanquantile(elsewhere, _LEVEL))
        held.append(ratio[folds == fold][known[folds == fold]] <= factors[-1])
    return coverage, float(np.mean(factors)), float(np.concatenate(held).mean())


def _ratios(predicted: Array, ours: Array, other: Array, folds: Ints) -> Array:
    """Distance (n, s) of another study's values from the predictions, in half widths of 80 % intervals."""
    ratio = np.full(other.shape, np.nan)
    for fold in np.unique(folds):
        here, there = folds == fold, folds != fold
        width = np.nanquantile(np.abs(ours - predicted)[there], _LEVEL, axis=0)
        known = np.isfinite(other[there]) & np.isfinite(ours[there])
        count = np.maximum(known.sum(axis=0), 1)
        mine, theirs = np.where(known, ours[there], 0.0), np.where(known, other[there], 0.0)
        means = mine.sum(axis=0) / count, theirs.sum(axis=0) / count
        spreads = [
            np.sqrt(np.square(np.where(known, values - mean, 0.0)).sum(axis=0) / count)
            for values, mean in zip((mine, theirs), means, strict=True)
        ]
        mapped = (other[here] - means[1]) * (spreads[0] / np.maximum(spreads[1], 1e-12)) + means[0]
        found = np.abs(mapped - predicted[here]) / np.maximum(width, 1e-12)
        ratio[here] = np.where(known.sum(axis=0) >= _MIN_LINES, found, np.nan)
    return ratio
