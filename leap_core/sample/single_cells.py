"""Single cells in a file of expression: recognised by their names or by how few genes are seen in each."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd

from leap_core.io.unit_numbers import WHOLE_TRANSCRIPTOME

_BARCODE = re.compile(r"(^|[^A-Za-z])[ACGT]{12,}(-\d+)?$")
_NAMED = re.compile(r"single.?cell|sc.?rna|\bcell[ _.-]?\d+$|^cell\d+", re.IGNORECASE)
_FILE = re.compile(r"single.?cell|sc.?rna|10x.?genomics", re.IGNORECASE)
# Bulk RNA-seq of 344 cell lines sees 13,157 genes or more; droplets see hundreds to a few thousand.
_FEW_SEEN = 9_000


def look_like_cells(samples: pd.DataFrame, file_name: str) -> str:
    """Say why samples look like single cells; nothing if they do not.

    Parameters
    ----------
    samples
        (m, genes), index sample names.
    file_name
        The file's name.
    """
    named = sum(bool(_BARCODE.search(name) or _NAMED.search(name)) for name in map(str, samples.index))
    if named > 0.5 * len(samples):
        return f"they are named so ({samples.index[0]})"
    if _FILE.search(file_name):
        return "the file is named so"
    if samples.shape[1] >= WHOLE_TRANSCRIPTOME:
        values = samples.to_numpy()
        off = np.nanmin(values, axis=1, keepdims=True) if np.isfinite(values).any() else 0.0
        seen = float(np.median((values > off).sum(axis=1)))
        if seen < _FEW_SEEN:
            return (
                f"only {seen:,.0f} of {samples.shape[1]:,} genes are seen in each; a bulk sample shows 13,000 or more"
            )
    return ""
