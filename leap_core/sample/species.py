"""Genes of mouse, or another species, among those of human: xenografts are aligned to both genomes."""

from __future__ import annotations

import re
from collections.abc import Container, Sequence

import numpy as np

from leap_core.arrays import Mask
from leap_core.genes.labels import is_foreign

_SMALL_LETTERS = re.compile(r"^[A-Z0-9][A-Za-z0-9.-]*[a-z][A-Za-z0-9.-]*$")
# Human open reading frames of any release: C1orf112.
_OPEN_FRAME = re.compile(r"^C(\d{1,2}|X|Y)orf\d+(-\w+)?$")
_HUMAN_SYMBOL = re.compile(r"^[A-Z][A-Z0-9-]+$")
_LEAST = 0.05
# Rows of one species stand together: what may be of either is of the species around it.
_AROUND = 25


def mouse_rows(labels: Sequence[str], approved: Container[str]) -> Mask:
    """Which labels are genes of mouse, in a file that has human ones as well; none where it holds one species only.

    Ids and prefixes of references tell; symbols in small letters do where as many in capitals stand beside them.

    Parameters
    ----------
    labels
        As in the file.
    approved
        Human symbols; some are written with small letters (``C1orf112``).
    """
    ids = np.array([is_foreign(label) for label in labels], dtype=bool)
    small = np.array([bool(_SMALL_LETTERS.match(label)) for label in labels], dtype=bool)
    either = small & np.array([label in approved or bool(_OPEN_FRAME.match(label)) for label in labels], dtype=bool)
    human = np.array([bool(_HUMAN_SYMBOL.match(label)) for label in labels], dtype=bool)
    symbols = small & ~either
    found = ids
    if symbols.mean() >= _LEAST and human.mean() >= _LEAST:
        found = ids | symbols
        told = np.where(found, 1.0, np.where(either, 0.0, -1.0))
        around = np.convolve(told, np.ones(2 * _AROUND + 1), mode="same")
        found = found | (either & (around > 0))
    share = float(found.mean())
    return found if 0.001 <= share < 1 - _LEAST else np.zeros(len(labels), dtype=bool)
