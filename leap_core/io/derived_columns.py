"""Columns that were computed from the samples beside them: means, spreads, ratios, z-scores."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterator, Mapping, Sequence

import numpy as np

from leap_core.arrays import Array

_MEANS = (
    r"avg|ave|averages?|means?|mittel(?:wert)?|durchschnitt|moyenne|media|promedio|median(?:e|a|s)?|totals?|"
    r"sum(?:me|s)?|somme|max(?:imum)?|min(?:imum)?|detected|expressed|prevalence"
)
_SPREADS = (
    r"s\.?d\.?|st(?:an)?d?(?:ard)?[ _.-]?(?:dev(?:iation)?|err(?:or)?)|std|s\.?e\.?m\.?|se|var(?:iance)?|mad|iqr|"
    r"c\.?v\.?(?:[ _.-]*\(?%\)?)?"
)
_EDGE, _AFTER = r"(?:^|[ _.(-])", r"(?:$|[ _.()-])"
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")
_MEAN = re.compile(rf"{_EDGE}(?:row[ _.-]?)?(?:{_MEANS}){_AFTER}", re.IGNORECASE)
_SPREAD = re.compile(rf"{_EDGE}(?:{_SPREADS}){_AFTER}", re.IGNORECASE)
_RATIO = re.compile(rf"{_EDGE}(?:fold[ _.-]?change|ratio){_AFTER}", re.IGNORECASE)
_SHORT_RATIO = re.compile(rf"{_EDGE}fc{_AFTER}", re.IGNORECASE)
_BETWEEN = re.compile(r"[ _.]*(?:/|[ _.-]vs?\.?[ _.-]|[ _.-]versus[ _.-]|[ _.-]over[ _.-])[ _.]*", re.IGNORECASE)
_SCALED = re.compile(
    r"^z(?:[ _.-]?scores?)?[ _.-]+(?P<sample>.+)$|^(?P<other>.+?)[ _.-]+z(?:[ _.-]?scores?)?$", re.IGNORECASE
)
# Of the rows, what has to agree; of rows that are rounded or have something added to both sides, fewer do.
_NEARLY_ALL, _MOST = 0.9, 0.6


def derived(titles: Sequence[str], values: Callable[[int], Array]) -> set[int]:
    """Places of the columns that their titles and the other columns show to be computed.

    Parameters
    ----------
    titles
        Of the columns; may occur twice.
    values
        Gives the values (genes,) of the column at a place: asked for only where a title speaks of such a column. A mean
        that stands without the samples it was taken of is a sample.
    """
    titles = [_CAMEL.sub(" ", title) for title in titles]
    summaries = [place for place, title in enumerate(titles) if _MEAN.search(title) or _SPREAD.search(title)]
    samples = [place for place in range(len(titles)) if place not in set(summaries)] if summaries else []
    found = {place for place in summaries if _is_summary(place, titles, samples, values)}
    found |= _spreads_beside_means([place for place in summaries if place not in found], titles)
    rest = {titles[place].lower(): place for place in range(len(titles)) if place not in found}
    if len(rest) > 1:
        found |= {place for place in rest.values() if _is_ratio(titles[place], rest, values)}
    return found


def _is_summary(place: int, titles: Sequence[str], samples: Sequence[int], values: Callable[[int], Array]) -> bool:
    """Whether values are a mean or a spread of the samples, or of those whose names begin as this title does."""
    stem = re.sub(r"[ _.()%-]+$|^[ _.()%-]+", "", _SPREAD.sub("", _MEAN.sub("", titles[place]))).lower()
    of_group = [one for one in samples if stem and titles[one].lower().startswith(stem)]
    return any(
        len(group) > 1 and _agrees(values(place), np.stack([values(one) for one in group]))
        for group in (samples, of_group)
    )


def _agrees(own: Array, values: Array) -> bool:
    known = np.isfinite(values).all(axis=0)
    own, values = own[known], values[:, known]
    if not len(own):
        return False
    # The samples were rounded as well, before or after.
    step = max(_rounded_to(own), _rounded_to(values))
    return any(
        np.isclose(own, one, rtol=0.01, atol=len(values) * step).mean() > _NEARLY_ALL for one in _statistics(values)
    )


def _statistics(values: Array) -> Iterator[Array]:
    number, mean = len(values), values.mean(0)
    yield from (mean, np.median(values, 0), values.sum(0), values.max(0), values.min(0))
    yield from ((values > 0).sum(0), (values > 0).mean(0), 100.0 * (values > 0).mean(0))
    for ddof in (0, 1):
        spread = values.std(0, ddof=ddof)
        relative = np.divide(spread, mean, out=np.zeros_like(mean), where=mean != 0)
        yield from (spread, spread**2, spread / np.sqrt(number), relative, 100.0 * relative)


def _spreads_beside_means(summaries: Sequence[int], titles: Sequence[str]) -> set[int]:
    """Spreads of what stands beside them as a mean: WT_mean and WT_sd."""
    means = {_MEAN.sub("", titles[place]).lower() for place in summaries if _MEAN.search(titles[place])}
    spreads = {place for place in summaries if _SPREAD.search(titles[place])}
    return {place for place in spreads if _SPREAD.sub("", titles[place]).lower() in means}


def _is_ratio(title: str, columns: Mapping[str, int], values: Callable[[int], Array]) -> bool:
    """Whether a title names a ratio of samples, or a sample's z-score, beside the samples themselves."""
    if _RATIO.search(title):
        return True
    if match := _SCALED.match(title):
        return (match.group("sample") or match.group("other")).lower() in columns
    parts = _BETWEEN.split(title)
    if len(parts) == 2 and all(part.strip().lower() in columns for part in parts):
        return True
    if not _SHORT_RATIO.search(title):
        return False
    own = values(columns[title.lower()])
    others = [place for place in columns.values() if place != columns[title.lower()]]
    pairs = itertools.islice(itertools.permutations(others, 2), 200)
    return any(_is_quotient(own, values(above), values(below)) for above, below in pairs)


def _is_quotient(own: Array, above: Array, below: Array) -> bool:
    both = np.isfinite(own) & (above > 0) & (below > 0)
    if not both.any():
        return False
    quotient = above[both] / below[both]
    close = [
        np.isclose(own[both], one, rtol=0.05, atol=_rounded_to(own[both])) for one in (quotient, np.log2(quotient))
    ]
    return bool(max(one.mean() for one in close) > _MOST)


def _rounded_to(values: Array) -> float:
    """Step of the decimals that values are written with; 0 of more than four."""
    steps = (10.0**-digits for digits in range(1, 5))
    return next((step for step in steps if np.allclose(values / step, np.round(values / step), atol=1e-4)), 0.0)
