"""Which species the genes of a table are of."""

from __future__ import annotations

import re
from collections.abc import Iterable

_SPECIES = {
    "mouse": re.compile(r"^(ENSMUSG\d{11}|(mm(9|10|39)|GRCm3[89]|mouse)[_:.-]|MGI:\d+$)", re.IGNORECASE),
    "rat": re.compile(r"^(ENSRNOG\d{11}|(rn[4567]|rat)[_:-]|RGD:\d+$)", re.IGNORECASE),
    "zebrafish": re.compile(r"^ENSDARG\d{11}"),
    "fruit fly": re.compile(r"^FBgn\d{7}"),
    "yeast": re.compile(r"^Y[A-P][LR]\d{3}[WC]"),
    "worm": re.compile(r"^WBGene\d{8}"),
}
_MOUSE_SYMBOL = re.compile(r"^[A-Z][a-z]+[a-z0-9]*\d*[a-z]?\d*$")
_MAX_LABELS = 5000


def species_of(labels: Iterable[str]) -> str | None:
    """Another species whose genes most labels are, in words; None for human or unknown.

    Of many labels some from all parts of the table are looked at: it may have human and mouse genes, one after another.
    """
    labels = list(labels)
    sample = labels[:: -(-len(labels) // _MAX_LABELS) or 1]
    for species, pattern in _SPECIES.items():
        if sum(bool(pattern.match(label)) for label in sample) > 0.5 * len(sample):
            return species
    mouse = sum(bool(_MOUSE_SYMBOL.match(label)) for label in sample)
    return "mouse (or rat)" if sample and mouse > 0.5 * len(sample) else None
