"""Boosted trees as arrays: what LightGBM has fitted, kept without its library and without pickle."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numba
import numpy as np
import numpy.typing as npt

from leap_core.arrays import Array, Ints, Matrix, read_only, within
from leap_core.model.heads.base import Heads
from leap_core.model.heads.chunks import Arrays
from leap_core.model.heads.pan import PanHeads


@dataclass(frozen=True)
class TreeHeads(Heads):
    """A sum of regression trees for every fold and perturbation, fold after fold.

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
        (K q + 1,) int64: sum j are the trees ``bounds[j]`` to ``bounds[j + 1] - 1``.
    """

    features: npt.NDArray[np.int16]
    thresholds: Matrix
    children: npt.NDArray[np.int16]
    leaves: Matrix
    bounds: Ints

    def __post_init__(self) -> None:
        super().__post_init__()
        trees, splits = self.features.shape
        shapes = (self.thresholds.shape, self.children.shape, self.leaves.shape)
        if shapes != ((trees, splits), (trees, splits, 2), (trees, splits + 1)) or self.bounds.ndim != 1:
            raise ValueError(f"trees of {splits} splits have arrays of other shapes: {shapes}")
        within(self.bounds, trees + 1, "bounds of the sums of trees")
        within(-1 - np.minimum(self.children, -1), splits + 1, "leaves")
        # Every way down ends: the next split always has a larger number.
        here = np.arange(splits, dtype=np.int16)[:, None]
        if ((self.children >= 0) & ((self.children <= here) | (self.children >= splits))).any():
            raise ValueError("a split leads back to one before it, or to none")
        within(self.features, np.iinfo(np.int16).max + 1, "features of the splits")

    @cached_property
    def _width(self) -> int:
        """How many features the splits need."""
        return int(self.features.max(initial=-1)) + 1

    def sums(self, rows: Matrix, first: int, count: int) -> Array:
        """Some neighbouring sums for rows of features (m, d): (m, count)."""
        if rows.shape[1] < self._width or not 0 <= first <= first + count < len(self.bounds):
            raise ValueError(f"these trees need {self._width} features and have {len(self.bounds) - 1} sums")
        trees = (self.features, self.thresholds, self.children, self.leaves, self.bounds[first : first + count + 1])
        found: Array = sums_of_trees(read_only(rows), *map(read_only, trees))
        return found

    def of_line(self, line: Matrix, fold: int) -> Matrix:
        """See `Heads.of_line`."""
        q = len(self.fitted)
        return self.sums(line[None], fold * q, q)[0].astype(np.float32)


@dataclass(frozen=True)
class PanTreeHeads(PanHeads, TreeHeads):
    """One sum of trees for each fold, of latent features and fingerprint side by side.

    Attributes
    ----------
    unit
        (K,) float64: of the sums, in the response's unit.
    """

    unit: Array

    def of_pairs(self, line: Matrix, fingerprints: Matrix, fold: int) -> Matrix:
        """See `PanHeads.of_pairs`."""
        return (self.sums(beside(line, fingerprints), fold, 1)[:, 0] * self.unit[fold]).astype(np.float32)


def beside(line: Matrix, fingerprints: Matrix) -> Matrix:
    """Features (u, d + f) of pairs of one line (d,) and each of some fingerprints (u, f)."""
    return np.concatenate([np.tile(line, (len(fingerprints), 1)), fingerprints], axis=1)


def tree_arrays(sums: Sequence[Sequence[dict[str, Any]]], splits: int) -> Arrays:
    """LightGBM's own dumps as arrays.

    Parameters
    ----------
    sums
        Of each sum its ``tree_structure`` entries.
    splits
        No tree has more.

    Returns
    -------
    dict
        The fields of `TreeHeads`, but instead of ``bounds`` how many trees each sum has: ``counts``.
    """
    trees = [tree for one in sums for tree in one]
    features = np.zeros((len(trees), splits), dtype=np.int16)
    thresholds = np.zeros((len(trees), splits), dtype=np.float32)
    children = np.full((len(trees), splits, 2), -1, dtype=np.int16)
    leaves = np.zeros((len(trees), splits + 1), dtype=np.float32)

    def fill(place: int, node: dict[str, Any]) -> int:
        """Write a node and what is below it; return how its parent names it."""
        if "split_index" not in node:
            leaf = int(node.get("leaf_index", 0))
            leaves[place, leaf] = node["leaf_value"]
            return -1 - leaf
        split = int(node["split_index"])
        features[place, split] = node["split_feature"]
        thresholds[place, split] = _not_above(float(node["threshold"]))
        children[place, split] = fill(place, node["left_child"]), fill(place, node["right_child"])
        return split

    for place, tree in enumerate(trees):
        fill(place, tree)
    counts = np.array([len(one) for one in sums], dtype=np.int64)
    return {"features": features, "thresholds": thresholds, "children": children, "leaves": leaves, "counts": counts}


def tree_fields(parts: Sequence[Arrays]) -> Arrays:
    """The sums of all parts, one part after the other, as the fields of `TreeHeads`."""
    found = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    found["bounds"] = np.concatenate([[0], np.cumsum(found.pop("counts"))])
    return found


def _not_above(threshold: float) -> np.float32:
    """The largest float32 that is not above a threshold: float32 features fall on the same side of both."""
    rounded = np.float32(threshold)
    return rounded if float(rounded) <= threshold else np.nextafter(rounded, np.float32(-np.inf))


@numba.njit(cache=True, nogil=True)
def sums_of_trees(rows, features, thresholds, children, leaves, bounds):  # type: ignore[no-untyped-def]
    """Sums (m, k) of the trees ``bounds[j]`` to ``bounds[j + 1] - 1`` for rows of features (m, d)."""
    found = np.zeros((rows.shape[0], bounds.shape[0] - 1))
    for row in range(rows.shape[0]):
        for one in range(found.shape[1]):
            for tree in range(bounds[one], bounds[one + 1]):
                node = 0
                while node >= 0:
                    left = rows[row, features[tree, node]] <= thresholds[tree, node]
                    node = children[tree, node, 0] if left else children[tree, node, 1]
                found[row, one] += leaves[tree, -1 - node]
    return found
