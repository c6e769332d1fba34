"""Gene sets from a GMT file."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from leap_core.errors import UserError

MIN_SIZE, MAX_SIZE = 10, 500


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

    @cached_property
    def digest(self) -> str:
        """SHA-256 of names and members."""
        total = hashlib.sha256()
        for name in sorted(self.sets):
            total.update("\t".join([name, *sorted(self.sets[name]), "\n"]).encode())
        return total.hexdigest()

    def among(
        self, genes: Iterable[str], smallest: int = MIN_SIZE, largest: int = MAX_SIZE
    ) -> dict[str, frozenset[str]]:
        """The sets cut to some genes, as far as they then hold as many as the limits ask."""
        known = frozenset(genes)
        cut = {name: members & known for name, members in self.sets.items()}
        return {name: members for name, members in cut.items() if smallest <= len(members) <= largest}


def read_gmt(source: Path | bytes, name: str = "") -> GeneSets:
    """Read a GMT file: a set a line, its name, a description, then its genes, separated by tabs.

    Parameters
    ----------
    source
        A path, or the content of a file.
    name
        What the sets are called; the file's own name where it is empty.

    Raises
    ------
    UserError
        If it is not there, or holds no set.
    """
    if isinstance(source, Path):
        if not source.is_file():
            raise UserError(f"There is no file at {source}.")
        name, source = name or source.name, source.read_bytes()
    sets: dict[str, frozenset[str]] = {}
    for line in source.decode("utf-8", errors="replace").splitlines():
        title, *rest = line.split("\t")
        # Some files put a weight behind a comma.
        members = frozenset(gene.split(",")[0].strip() for gene in rest[1:]) - {""}
        if title.strip() and members:
            sets[title.strip()] = members | sets.get(title.strip(), frozenset())
    if not sets:
        raise UserError(
            f"{name} holds no gene set; expected a GMT file: name, description and genes, separated by tabs, a set a"
            " line."
        )
    return GeneSets(sets, name)
