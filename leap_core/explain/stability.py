"""Stability selection: which genes a LASSO keeps choosing on random halves of the lines.

Complementary pairs of halves (Shah & Samworth 2013, JRSS B 75), the whole path on each, proportions of selection per
gene and penalty (Meinshausen & Buhlmann 2010, JRSS B 72); penalty and threshold together by the stability score
(Bodinier et al. 2023, JRSS C 72). Selected is a statement about the model, not about the biology.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial

import numpy as np
import numpy.typing as npt
from scipy.special import logsumexp
from scipy.stats import binom

from leap_core.arrays import Array, Ints, Mask
from leap_core.model.heads.lasso.residual_path import centred_columns, residual_path
from leap_core.run.mapping import Done, Mapper, SerialMapper, nothing
from leap_core.run.seeds import seed_of

THRESHOLDS = tuple(round(0.60 + 0.01 * step, 2) for step in range(31))
# A half's path goes on until it has selected this many times what ends the paths on average.
_BEYOND = 4
# Halves are rounded up, and so is what binary fractions make of a half.
_HALF_UP = 0.5 + 1e-9


@dataclass(frozen=True)
class StabilitySettings:
    """How halves are drawn and which penalties are tried.

    Attributes
    ----------
    pairs
        Complementary pairs of halves; twice as many halves.
    penalties
        How many, log-spaced from the largest that selects anything down to `smallest` times that.
    smallest
        See there.
    seed
        Of the halves.
    """

    pairs: int = 50
    penalties: int = 50
    smallest: float = 0.05
    seed: int = 0


@dataclass(frozen=True)
class Stability:
    """What stability selection has found for one response and g features.

    Attributes
    ----------
    penalties
        (k,) falling; those before the paths ended.
    counts
        (k, g) in how many halves each feature was selected.
    positive
        (k, g) in how many of them with a positive weight.
    draws
        How many halves.
    selected
        (k,) mean number of features that a half selects (q).
    surface
        (k, thresholds) stability score; NaN where it is not defined.
    thresholds
        Of the surface.
    chosen
        Row and column of the highest score; None where no score is defined.
    halves
        (halves, g) which features each half selected at the chosen penalty.
    """

    penalties: Array
    counts: Ints
    positive: Ints
    draws: int
    selected: Array
    surface: Array
    thresholds: tuple[float, ...]
    chosen: tuple[int, int] | None
    halves: Mask = field(repr=False)

    @property
    def penalty(self) -> float:
        """The chosen penalty; NaN where none is."""
        return float("nan") if self.chosen is None else float(self.penalties[self.chosen[0]])

    @property
    def threshold(self) -> float:
        """The chosen threshold; NaN where none is."""
        return float("nan") if self.chosen is None else self.thresholds[self.chosen[1]]

    @property
    def proportions(self) -> Array:
        """(g,) share of the halves that select each feature at the chosen penalty; 0 where none is chosen."""
        found: Array = (
            self.counts[self.chosen[0]] / self.draws if self.chosen is not None else np.zeros(self.counts.shape[1])
        )
        return found

    @property
    def stable(self) -> Mask:
        """(g,) which features reach the chosen threshold; none where none is chosen."""
        return self.proportions >= self.threshold  # Nothing is at least NaN.

    @property
    def signs(self) -> Array:
        """(g,) +1 or -1, the sign that most of those halves give the feature.

        0 where it is never selected or they are divided.
        """
        if self.chosen is None:
            return np.zeros(self.counts.shape[1])
        row = self.chosen[0]
        found: Array = np.sign(2.0 * self.positive[row] - self.counts[row])
        return found

    def bound(self, threshold: float | None = None) -> float:
        """Expected false positives at the chosen penalty, at most.

        Nominal after calibration (see `false_positive_bound`).
        """
        if self.chosen is None:
            return float("nan")
        return false_positive_bound(
            float(self.selected[self.chosen[0]]),
            self.counts.shape[1],
            self.threshold if threshold is None else threshold,
        )


def stability_selection(
    features: Array,
    target: Array,
    settings: StabilitySettings | None = None,
    mapper: Mapper | None = None,
    penalties: Array | None = None,
    done: Done = nothing,
) -> Stability:
    """Run it.

    Parameters
    ----------
    features
        (g, n) one feature a row, in units that make them comparable (standard deviations).
    target
        (n,).
    settings
        See there.
    mapper
        Runs the halves; changes the time, never a result.
    penalties
        (k,) falling, instead of the settings' grid: the bound holds for penalties fixed beforehand.
    done
        Called after each half.
    """
    settings, mapper = settings or StabilitySettings(), mapper or SerialMapper()
    features = np.ascontiguousarray(features - features.mean(axis=1, keepdims=True), dtype=np.float64)
    target = target - target.mean()
    genes, lines = features.shape
    grid = penalty_grid(features, target, settings) if penalties is None else np.asarray(penalties, dtype=np.float64)
    ends = min(genes / 4, lines / 8) if penalties is None else genes
    draws = halves(lines, settings.pairs, settings.seed)
    max_selected = None if penalties is not None else int(_BEYOND * ends)
    task = partial(_select, features, target, grid)
    paths = mapper.map(partial(task, max_selected), draws, done)
    last = _end(paths, ends, len(grid))
    # A half that ended before the others' mean did is followed to where they end.
    paths = [path if path.reached >= last else task(None, draw) for path, draw in zip(paths, draws, strict=True)]
    return _calibrated(grid[:last], paths, genes)


def _calibrated(grid: Array, paths: list[_Path], genes: int) -> Stability:
    """Count the selections, and choose penalty and threshold by the stability score."""
    last, draws = len(grid), len(paths)
    counts, positive = np.zeros((last, genes), dtype=np.int64), np.zeros((last, genes), dtype=np.int64)
    for path in paths:
        signs = path.signs(last)
        counts += signs != 0
        positive += signs > 0
    surface = np.stack([stability_scores(row, draws, THRESHOLDS) for row in counts])
    chosen, at_chosen = None, np.zeros((draws, genes), dtype=bool)
    if np.isfinite(surface).any():
        row, column = np.unravel_index(np.nanargmax(surface), surface.shape)
        chosen = int(row), int(column)
        at_chosen = np.array([path.selected(chosen[0]) for path in paths])
    selected = counts.sum(axis=1) / draws
    return Stability(grid, counts, positive, draws, selected, surface, THRESHOLDS, chosen, at_chosen)


def penalty_grid(features: Array, target: Array, settings: StabilitySettings) -> Array:
    """Log-spaced penalties from the smallest that selects nothing on all lines down to a share of it."""
    largest = float(np.abs(features @ target).max(initial=0.0)) / len(target)
    grid: Array = max(largest, 1e-12) * np.geomspace(1.0, settings.smallest, settings.penalties)
    return grid


def halves(lines: int, pairs: int, seed: int) -> list[Ints]:
    """Complementary halves of the lines, pair after pair; with an odd number one line sits out each pair."""
    found = []
    for pair in range(pairs):
        order = np.random.default_rng(seed_of("halves", seed, lines, pair)).permutation(lines)
        size = lines // 2
        found += [np.sort(order[:size]), np.sort(order[size : 2 * size])]
    return found


def stability_scores(counts: Ints, draws: int, thresholds: Sequence[float]) -> Array:
    """Stability score of selection counts by each threshold.

    Minus the log-likelihood of their three classes were all features selected alike.

    Under that null a count is Binomial(draws, q / N). Stably in: threshold times the draws or more; stably out: one
    minus the threshold times the draws or fewer; unstable: between (Bodinier et al. 2023, section 2.3).

    Parameters
    ----------
    counts
        (N,) selections of each feature.
    draws
        How many halves.
    thresholds
        (t,) between 0.5 and 1.

    Returns
    -------
    numpy.ndarray
        (t,); NaN where nothing or everything is selected: the null says nothing then.
    """
    share = float(counts.sum()) / draws / len(counts)
    if not 0.0 < share < 1.0:
        return np.full(len(thresholds), np.nan)
    up = np.floor(np.asarray(thresholds) * draws + _HALF_UP).astype(np.int64)
    down = np.floor((1.0 - np.asarray(thresholds)) * draws + _HALF_UP).astype(np.int64)
    each = np.arange(draws + 1)
    between = (each > down[:, None]) & (each < up[:, None])
    with np.errstate(divide="ignore", invalid="ignore"):
        unstable = logsumexp(np.where(between, binom.logpmf(each, draws, share), -np.inf), axis=1)
    logs = (binom.logcdf(down, draws, share), unstable, binom.logsf(up - 1, draws, share))
    inside, outside = (counts >= up[:, None]).sum(axis=1), (counts <= down[:, None]).sum(axis=1)
    numbers = (outside, len(counts) - inside - outside, inside)
    # What no feature is in may have no probability at all.
    found: Array = -sum(
        np.multiply(number, log, out=np.zeros(len(up)), where=number > 0)
        for number, log in zip(numbers, logs, strict=True)
    )
    return found


def false_positive_bound(selected: float, features: int, threshold: float) -> float:
    """Meinshausen & Buhlmann's bound on the expected number of false positives (theorem 1).

    Q^2 / ((2 threshold - 1) N).

    Holds for a penalty that was fixed beforehand and noise that is exchangeable; after calibration it is nominal.
    """
    return selected**2 / ((2.0 * threshold - 1.0) * features)


@dataclass(frozen=True)
class _Path:
    """Selections along one half's path.

    Penalty and feature of each weight that is not zero, and whether it is positive.
    """

    reached: int
    shape: tuple[int, int]
    places: Ints
    positive: Mask

    def signs(self, last: int) -> npt.NDArray[np.int8]:
        """(last, g) -1, 0 or 1."""
        signs = np.zeros(self.shape[0] * self.shape[1], dtype=np.int8)
        signs[self.places] = np.where(self.positive, 1, -1)
        return signs.reshape(self.shape)[:last]

    def selected(self, row: int) -> Mask:
        """(g,) which features are selected at one penalty."""
        chosen = np.zeros(self.shape[1], dtype=bool)
        chosen[self.places[self.places // self.shape[1] == row] % self.shape[1]] = True
        return chosen

    @property
    def sizes(self) -> Ints:
        """(k,) how many features are selected at each penalty."""
        return np.bincount(self.places // self.shape[1], minlength=self.shape[0])


def _select(features: Array, target: Array, grid: Array, max_selected: int | None, lines: Ints) -> _Path:
    part = centred_columns(features, lines)
    weights, reached = residual_path(part, target[lines] - target[lines].mean(), grid, max_selected)
    places = np.flatnonzero(weights)
    return _Path(reached, weights.shape, places, weights.ravel()[places] > 0)


def _end(paths: list[_Path], ends: float, penalties: int) -> int:
    """How many penalties there are before the mean number selected exceeds `ends`.

    A path that has ended counts as what it ended with.
    """
    sizes = np.zeros((len(paths), penalties))
    for row, path in enumerate(paths):
        sizes[row] = path.sizes
        sizes[row, path.reached :] = path.sizes[path.reached - 1]
    beyond = np.flatnonzero(sizes.mean(axis=0) > ends)
    return max(int(beyond[0]), 1) if len(beyond) else penalties
