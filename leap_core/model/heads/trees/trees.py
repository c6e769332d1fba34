"""Boosted trees as arrays: what LightGBM has fitted, kept without its library and without pickle."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numba
import numpy as np
import numpy.typing as npt

from leap_core.model.heads.base import Heads, Matrix

Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Trees:
    """Several sums of regression trees.

    Attributes
    ----------
    features
        (t, s) int16: the feature that a split looks at.
    thresholds
        (t, s) float32: a value at most as large goes left.
    children
        (t, s, 2) int16: the next split to the left and to the right, or ``-1 - leaf``.
    leaves
        (t, s + 1) float32.
    bounds
        (q + 1,) int64: sum j are the trees ``bounds[j]`` to ``bounds[j + 1] - 1``.
    """

    features: npt.NDArray[np.int16]
    thresholds: Matrix
    children: npt.NDArray[np.int16]
    leaves: Matrix
    bounds: npt.NDArray[np.int64]

    @classmethod
    def of(cls, sums: Sequence[Sequence[dict[str, Any]]], splits: int) -> Trees:
        """From LightGBM's own dumps: of each sum its ``tree_structure`` entries, each with at most `splits` splits."""
        count = sum(map(len, sums))
        trees = cls(
            np.zeros((count, splits), dtype=np.int16),
            np.zeros((count, splits), dtype=np.float32),
            np.full((count, splits, 2), -1, dtype=np.int16),
            np.zeros((count, splits + 1), dtype=np.float32),
            np.concatenate([[0], np.cumsum([len(one) for one in sums])]).astype(np.int64),
        )
        for place, tree in enumerate(tree for one in sums for tree in one):
            trees._fill(place, tree)
        return trees

    def _fill(self, place: int, node: dict[str, Any]) -> int:
        """Write a node and what is below it; return how its parent names it."""
        if "split_index" not in node:
            leaf = int(node.get("leaf_index", 0))
            self.leaves[place, leaf] = node["leaf_value"]
            return -1 - leaf
        split = int(node["split_index"])
        self.features[place, split] = node["split_feature"]
        self.thresholds[place, split] = _not_above(float(node["threshold"]))
        self.children[place, split] = self._fill(place, node["left_child"]), self._fill(place, node["right_child"])
        return split

    @staticmethod
    def joined(parts: Sequence[Trees]) -> Trees:
        """The sums of all parts, one part after the other."""
        starts = np.cumsum([0, *(part.bounds[-1] for part in parts)])
        bounds = [part.bounds[1:] + start for part, start in zip(parts, starts, strict=False)]
        return Trees(
            np.concatenate([part.features for part in parts]),
            np.concatenate([part.thresholds for part in parts]),
            np.concatenate([part.children for part in parts]),
            np.concatenate([part.leaves for part in parts]),
            np.concatenate([[0], *bounds]).astype(np.int64),
        )

    def of_line(self, line: Matrix) -> Array:
        """Every sum (q,) for one line's features."""
        found: Array = _sums(line, self.features, self.thresholds, self.children, self.leaves, self.bounds)
        return found

    def of_rows(self, rows: Matrix) -> Array:
        """The first sum for many rows (m, d): (m,)."""
        found: Array = _rows(rows, self.features, self.thresholds, self.children, self.leaves, self.bounds)
        return found


def _not_above(threshold: float) -> np.float32:
    """The largest float32 that is not above a threshold: float32 features fall on the same side of both."""
    rounded = np.float32(threshold)
    return rounded if float(rounded) <= threshold else np.nextafter(rounded, np.float32(-np.inf))


@numba.njit(cache=True, nogil=True)
def _leaf(line, features, thresholds, children):  # type: ignore[no-untyped-def]
    """Number of the leaf that a line falls into."""
    node = 0
    while node >= 0:
        node = children[node, 0] if line[features[node]] <= thresholds[node] else children[node, 1]
    return -1 - node


@numba.njit(cache=True, nogil=True)
def _sums(line, features, thresholds, children, leaves, bounds):  # type: ignore[no-untyped-def]
    found = np.zeros(bounds.shape[0] - 1)
    for one in range(found.shape[0]):
        for tree in range(bounds[one], bounds[one + 1]):
            found[one] += leaves[tree, _leaf(line, features[tree], thresholds[tree], children[tree])]
    return found


@numba.njit(cache=True, nogil=True)
def _rows(rows, features, thresholds, children, leaves, bounds):  # type: ignore[no-untyped-def]
    found = np.zeros(rows.shape[0])
    for row in range(rows.shape[0]):
        for tree in range(bounds[0], bounds[1]):
            found[row] += leaves[tree, _leaf(rows[row], features[tree], thresholds[tree], children[tree])]
    return found


@dataclass(frozen=True)
class TreeHeads(Heads):
    """A sum of trees for every fold and perturbation, fold after fold; attributes as in `Trees`, with K q sums."""

    features: npt.NDArray[np.int16]
    thresholds: Matrix
    children: npt.NDArray[np.int16]
    leaves: Matrix
    bounds: npt.NDArray[np.int64]

    def of_line(self, line: Matrix, fold: int) -> Matrix:
        """See `Heads.of_line`."""
        q = len(self.fitted)
        of_fold = Trees(
            self.features, self.thresholds, self.children, self.leaves, self.bounds[fold * q : (fold + 1) * q + 1]
        )
        return of_fold.of_line(line).astype(np.float32)
