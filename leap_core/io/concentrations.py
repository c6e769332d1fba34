"""Concentrations whose unit stands in a column of its own, row by row (uM, nM)."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd

from leap_core.arrays import Array
from leap_core.errors import SampleError

_MICROMOLAR = {"pM": 1e-6, "nM": 1e-3, "uM": 1.0, "\u00b5M": 1.0, "\u03bcM": 1.0, "mM": 1e3, "M": 1e6}
_LOGARITHM = re.compile(r"(^|[^a-z])(ln|log(2|10)?|p)[ _.-]?\(?(ic|ec|gi)", re.IGNORECASE)


def in_one_unit(values: Array, table: pd.DataFrame, title: str, name: str) -> tuple[Array, str]:
    """Bring values (n,) to micromolar where another column says the unit of each row, and several do.

    Returns
    -------
    values : numpy.ndarray
    words : str
        What was done; empty where there is one unit or no such column.

    Raises
    ------
    SampleError
        If logarithms of several units stand in one column.
    """
    for position, other in enumerate(map(str, table.columns)):
        cells = table.iloc[:, position]
        if other == title or pd.api.types.is_numeric_dtype(cells.dtype):
            continue
        units = cells.dropna().astype(str).str.strip()
        if not len(units) or not units.isin(_MICROMOLAR).all() or units.nunique() < 2:
            continue
        if _LOGARITHM.search(title):
            raise SampleError(
                f"{name}: its column {title!r} holds logarithms of concentrations in {', '.join(units.unique())} (its"
                f" column {other!r}). Bring them to one unit, and upload the table again."
            )
        factors = cells.astype(str).str.strip().map(_MICROMOLAR).to_numpy(dtype=np.float64)
        return values * factors, f"brought to uM by its column {other}"
    return values, ""
