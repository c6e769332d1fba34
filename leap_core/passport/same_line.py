"""Is the sample a line that was screened already? By its profile, and by its name."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
import pandas as pd

from leap_core.arrays import Array

# Of 1,235 lines 0.3 % have a line of another patient this near: most of those pairs are known mix-ups or sister lines.
_SAME_CORRELATION, _SAME_GAP = 0.8, 0.5
_MIN_GENES = 100

Kind = Literal["same profile", "same name and nearest", "same name, another profile"]


@dataclass(frozen=True)
class SameLine:
    """A screened line that the sample may be.

    Attributes
    ----------
    kind
        Same profile: correlation of 0.8 or more, and at least half as far as the next line. Same name and
        nearest: called like a line that is also the most similar one. Same name, another profile: called
        like a line while others are more similar.
    line, name
        Id and name of the line.
    correlation
        With its profile.
    nearest
        Name of the most similar line.
    study
        The further study that alone has screened the line; empty: the study that the model predicts.
    """

    kind: Kind
    line: str
    name: str
    correlation: float
    nearest: str
    study: str = ""

    @property
    def screened(self) -> bool:
        """Whether the sample is taken for that line: more than the name speaks for it."""
        return self.kind != "same name, another profile"

    @property
    def sentence(self) -> str:
        """What is to be said of it."""
        if self.kind == "same name, another profile":
            return (
                f"this sample is named like {self.name}, a screened line, but {self.nearest} is more similar"
                f" (correlation with {self.name} {self.correlation:.2f}): another pipeline can do that, and so can a"
                " swapped label"
            )
        why = (
            "has the same name and is the most similar line"
            if self.kind == "same name and nearest"
            else "has nearly the same profile"
        )
        by = f"{self.study} has screened already" if self.study else "was screened already"
        return f"this looks like {self.name}, which {by}: it {why} (correlation {self.correlation:.2f})"


@dataclass(frozen=True)
class ScreenedLines:
    """Ids and names of the screened lines.

    Attributes
    ----------
    lines
        Annotation, index line ids, column ``name``; ``study`` where lines of further studies are among them.
    """

    lines: pd.DataFrame

    def called(self, sample: str) -> list[int]:
        """Positions of the lines whose id or name a sample's name holds."""
        return sorted({position for name in _called(sample) for position in self._by_name.get(name, [])})

    def named(self, name: str) -> list[int]:
        """Positions of the lines of that id or name, but for blanks, dashes and case."""
        return self._by_name.get(_plain(name), [])

    @cached_property
    def _by_name(self) -> dict[str, list[int]]:
        found: dict[str, list[int]] = {}
        for position, (line, name) in enumerate(zip(self.lines.index, self.lines["name"], strict=True)):
            for plain in {_plain(str(line)), _plain(str(name))}:
                found.setdefault(plain, []).append(position)
        return found


def find_same_line(sample: str, correlation: Array, screened: ScreenedLines, genes: int) -> SameLine | None:
    """Find the screened line that a sample is, if it looks like one.

    Parameters
    ----------
    sample
        Its name.
    correlation
        (n,) of standardised expression with each panel line.
    screened
        The panel's lines.
    genes
        How many genes the correlation rests on; with few of them only names tell.
    """
    order = np.argsort(-correlation, kind="stable")
    first, second = int(order[0]), int(order[1])
    lines, named = screened.lines, screened.called(sample)
    nearest = str(lines["name"].iloc[first])
    gap = (correlation[first] - correlation[second]) / max(1.0 - correlation[second], 1e-9)

    def match(kind: Kind, position: int) -> SameLine:
        name, own = str(lines["name"].iloc[position]), float(correlation[position])
        study = str(lines["study"].iloc[position]) if "study" in lines else ""
        return SameLine(kind, str(lines.index[position]), name, own, nearest, study)

    if first in named and genes >= _MIN_GENES:
        return match("same name and nearest", first)
    if correlation[first] >= _SAME_CORRELATION and gap >= _SAME_GAP and genes >= _MIN_GENES:
        return match("same profile", first)
    return match("same name, another profile", named[0]) if named else None


def _called(sample: str) -> set[str]:
    """Names that a sample's name may hold: all of it, and each part with a digit (``salmon_769P``, ``A549.rep1``)."""
    parts = [
        part
        for part in re.split(r"[_ .|/]+", sample)
        if len(part) >= 3 and re.search(r"\d", part) and re.search("[A-Za-z]", part)
    ]
    return {_plain(name) for name in (sample, *parts)} - {""}


def _plain(name: str) -> str:
    """A line's name without blanks, dashes and case: 786-O and 786o are one."""
    return re.sub(r"[^a-z0-9]", "", name.lower())
