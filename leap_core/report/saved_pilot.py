"""A pilot as plain values of a saved view, and back."""

from __future__ import annotations

import math
from typing import Any

import pandas as pd

from leap_core.pilot.outcome import Pilot

_MOST_ROWS, _MOST_LINES = 20_000, 20_000


def pilot_as_plain(pilot: Pilot) -> dict[str, Any]:
    """Everything of a pilot; of its laboratory's table the measured rows."""
    laboratory = None
    if pilot.laboratory is not None:
        there = pilot.laboratory[[name for name in pilot.values.index if name in pilot.laboratory]]
        laboratory = {
            str(line): {str(name): float(value) for name, value in row.dropna().items()}
            for line, row in there.iterrows()
        }
    return {
        "values": {str(name): float(value) for name, value in pilot.values.items()},
        "same_unit": pilot.same_unit,
        "same_direction": pilot.same_direction,
        "same_study": pilot.same_study,
        "certain": pilot.certain,
        "laboratory": laboratory,
        "source": pilot.source,
    }


def pilot_from(content: dict[str, Any]) -> Pilot:
    """The pilot that was written by `pilot_as_plain`.

    Raises
    ------
    ValueError, TypeError, KeyError
        If it is none.
    """
    laboratory = content["laboratory"]
    table = None
    if laboratory is not None:
        if not isinstance(laboratory, dict) or len(laboratory) > _MOST_LINES:
            raise ValueError("no table of lines")
        table = pd.DataFrame.from_dict({line: _numbers(row) for line, row in laboratory.items()}, orient="index")
    told = content["same_study"]
    if told is not None and not isinstance(told, bool):
        raise TypeError("same_study is neither true, false nor null")
    for name in ("same_unit", "same_direction", "certain"):
        if not isinstance(content[name], bool):
            raise TypeError(f"{name} is neither true nor false")
    if not isinstance(content["source"], str):
        raise TypeError("source is no text")
    return Pilot(
        pd.Series(_numbers(content["values"]), dtype=float),
        content["same_unit"],
        content["same_direction"],
        told,
        content["certain"],
        table,
        content["source"],
    )


def _numbers(content: object) -> dict[str, float]:
    if not isinstance(content, dict) or len(content) > _MOST_ROWS:
        raise ValueError("no numbers by name")
    for value in content.values():
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
            raise ValueError(f"{value!r} is no number")
    return {name: float(value) for name, value in content.items()}
