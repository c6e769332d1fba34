"""Two checks that any cell line should pass in a plausible way: sex chromosomes and proliferation."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

# Expressed from the Y chromosome in most male tissues, and from the silenced X in female ones.
_Y_GENES = ("RPS4Y1", "DDX3Y", "KDM5D", "UTY", "EIF1AY", "USP9Y", "ZFY", "TXLNGY")
_XIST = "XIST"
# Cell-cycle genes that rise and fall together with the share of dividing cells.
PROLIFERATION = (
    "MKI67",
    "TOP2A",
    "PCNA",
    "MCM2",
    "MCM3",
    "MCM4",
    "MCM5",
    "MCM6",
    "MCM7",
    "CDK1",
    "CCNB1",
    "CCNB2",
    "CCNA2",
    "BUB1",
    "BUB1B",
    "AURKA",
    "AURKB",
    "PLK1",
    "BIRC5",
    "TYMS",
    "RRM2",
    "UBE2C",
    "CDC20",
    "KIF11",
    "KIF20A",
    "FOXM1",
    "CENPF",
    "NUSAP1",
    "TPX2",
    "CDKN3",
)
_MIN_MARKERS = 3
# log2(TPM+1) of one TPM is 1; microarray background ends around 6.
_EXPRESSED, _EXPRESSED_ON_ARRAY = 1.0, 6.0


@dataclass(frozen=True)
class Sanity:
    """What the two checks say.

    Attributes
    ----------
    sex
        In words.
    proliferation
        Percentile (0..100) of the mean of the cell-cycle genes among the panel's lines; NaN where fewer than three
        of them are at hand.
    markers
        How many cell-cycle genes that rests on.
    """

    sex: str
    proliferation: float
    markers: int


def check_sanity(logged: pd.Series, microarray: bool, sample: pd.Series, panel: pd.DataFrame) -> Sanity:
    """Check one sample.

    Parameters
    ----------
    logged
        All genes of the file: log2 of a million's share plus one, or log2 of a microarray.
    microarray
        Which of the two.
    sample
        The model's genes that were found, in its unit.
    panel
        Expression of the panel's lines, of the cell-cycle genes at least.
    """
    markers = [
        gene for gene in PROLIFERATION if gene in sample.index and gene in panel.columns and np.isfinite(sample[gene])
    ]
    share = float("nan")
    if len(markers) >= _MIN_MARKERS:
        lines = panel[markers].to_numpy(dtype=np.float64)
        mean, spread = np.nanmean(lines, axis=0), np.nanstd(lines, axis=0) + 1e-9
        of_lines = np.nanmean((lines - mean) / spread, axis=1)
        share = float(
            100.0 * (of_lines < float(np.mean((sample[markers].to_numpy(dtype=np.float64) - mean) / spread))).mean()
        )
    return Sanity(_sex(logged, _EXPRESSED_ON_ARRAY if microarray else _EXPRESSED), share, len(markers))


def _sex(logged: pd.Series, expressed: float) -> str:
    on_y = [gene for gene in _Y_GENES if gene in logged.index and np.isfinite(logged[gene])]
    xist = float(logged[_XIST]) if _XIST in logged.index and np.isfinite(logged[_XIST]) else None
    if len(on_y) < 2 and xist is None:
        return "not told: neither XIST nor genes of the Y chromosome are in the file"
    y = len(on_y) >= 2 and sum(float(logged[gene]) > expressed for gene in on_y) >= max(2, len(on_y) / 2)
    x = xist is not None and xist > expressed
    if y and x:
        return "XIST and genes of the Y chromosome are both expressed: rare in one line; a mixture of samples does that"
    if y:
        return "male-like: genes of the Y chromosome are expressed"
    if x:
        return f"female-like: XIST is expressed{', the Y chromosome is silent' if on_y else ''}"
    silent = " and ".join([*(["the Y chromosome"] if on_y else []), *(["XIST"] if xist is not None else [])])
    return (
        f"not told: {silent} {'are' if on_y and xist is not None else 'is'} silent, as in female lines that lost XIST"
        " and male lines that lost Y"
    )
