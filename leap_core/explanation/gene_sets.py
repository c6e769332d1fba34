"""Gene sets from a GMT file, and how active each is in every line."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from leap_core.errors import UserError

Array = npt.NDArray[np.float64]

SMALLEST, LARGEST = 10, 500


@dataclass(frozen=True)
class GeneSets:
    """Named sets of genes.

    Attributes
    ----------
    sets
        Name to members.
    source
        What they are called.
    """

    sets: dict[str, frozenset[str]]
    source: str

    def among(self, genes: Iterable[str], smallest: int = SMALLEST, largest: int = LARGEST) -> dict[str, frozenset[str]]:
        """The sets cut to some genes, as far as they then hold as many as the limits ask."""
        known = frozenset(genes)
        cut = {name: members & known for name, members in self.sets.items()}
        return {name: members for name, members in cut.items() if smallest <= len(members) <= largest}


def read_gmt(path: Path) -> GeneSets:
    """Read a GMT file: a set a line, its name, a description, then its genes, separated by tabs.

    Raises
    ------
    UserError
        If it is not there, or holds no set.
    """
    if not path.is_file():
        raise UserError(f"There is no file at {path}.")
    sets: dict[str, frozenset[str]] = {}
    for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
        name, *rest = line.split("\t")
        # Some files put a weight behind a comma.
        members = frozenset(gene.split(",")[0].strip() for gene in rest[1:]) - {""}
        if name.strip() and members:
            sets[name.strip()] = members | sets.get(name.strip(), frozenset())
    if not sets:
        raise UserError(
            f"{path.name} holds no gene set; expected a GMT file: name, description and genes, separated by tabs, a set a line."
        )
    return GeneSets(sets, path.name)


def mean_activity(features: Array, genes: list[str], sets: Mapping[str, frozenset[str]]) -> Array:
    """Mean z of each set's genes (sets, n), scaled to unit variance over the lines.

    Parameters
    ----------
    features
        (g, n) standardised expression.
    genes
        (g,) names.
    sets
        From `GeneSets.among`.
    """
    return _scaled(np.stack([features[rows].mean(axis=0) for rows in _rows(genes, sets)]) if sets else np.zeros((0, features.shape[1])))


def rank_activity(features: Array, genes: list[str], sets: Mapping[str, frozenset[str]]) -> Array:
    """Mean rank of each set's genes within each line (sets, n), scaled to unit variance over the lines (singscore; Foroutan et al. 2018)."""
    ranks = features.argsort(axis=0).argsort(axis=0).astype(np.float64) / max(len(genes) - 1, 1)
    return _scaled(np.stack([ranks[rows].mean(axis=0) for rows in _rows(genes, sets)]) if sets else np.zeros((0, features.shape[1])))


def _rows(genes: list[str], sets: Mapping[str, frozenset[str]]) -> list[npt.NDArray[np.int64]]:
    position = {gene: row for row, gene in enumerate(genes)}
    return [np.array(sorted(position[gene] for gene in members)) for members in sets.values()]


def _scaled(activity: Array) -> Array:
    centred = activity - activity.mean(axis=1, keepdims=True)
    deviation = centred.std(axis=1, keepdims=True)
    scaled: Array = centred / np.where(deviation > 0, deviation, 1.0)
    return scaled
