"""Simulated responses: what the planted drivers make of the lines, plus what no profile can tell."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from leap_core.panel.demo.lines import N_LINES, Floats, Lines, weighted_sum
from leap_core.panel.demo.tables import table

# A driver gene counts as switched on halfway up its range; a gene that never rises by this much is never on.
_MIN_RANGE = 3.5
# Standard deviation of the small effects that latent programmes have on every selective knock-out.
_CONTEXT = 0.014


def activation(kind: str, sign: int, values: Floats) -> Floats:
    """Return how active a driver is in every line, 0 (absent) to 1 (full).

    Parameters
    ----------
    kind, sign
        As in ``drivers.tsv``.
    values
        The driver itself, (n,). Thresholds are set on the panel, so that held-out lines change nothing in it.
    """
    panel = values[:N_LINES]
    if kind == "alteration":
        return values
    if kind == "lineage":
        return np.clip(values, 0.0, 1.2)
    if kind == "gene_effect":
        return 1.0 - np.clip(-values, 0.0, 1.3)
    if kind == "state":
        return _rise((values - panel.mean()) / panel.std(), 0.4, 0.5)
    # Expression. A rare gain is above the panel's usual range, a rare loss below it.
    low, high = np.quantile(panel, [0.05, 0.97] if sign < 0 else [0.02, 0.85])
    if sign < 0:
        high = max(high, low + _MIN_RANGE)
    else:
        low = max(0.0, min(low, high - _MIN_RANGE))
    return _rise(values, 0.5 * (low + high), 0.12 * (high - low))


def _rise(values: Floats, middle: float, width: float) -> Floats:
    return 1.0 / (1.0 + np.exp(-(values - middle) / width))


def planned_responses(panel: str, base: pd.Series, drivers: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Return the responses without noise, lines x perturbations.

    Parameters
    ----------
    panel
        ``gene_effect`` or ``drug_auc``.
    base
        Response with no driver at work, by perturbation.
    drivers
        Values of the drivers, lines x drivers, by kind of driver.
    """
    index = drivers["expression"].index
    planned = {name: np.full(len(index), value) for name, value in base.items()}
    for name, kind, driver, sign, effect in table("drivers").loc[panel].itertuples(index=False, name=None):
        active = activation(kind, sign, drivers[kind][driver].to_numpy())
        planned[name] -= effect * (active if sign < 0 else 1.0 - active)
    return pd.DataFrame(planned, index=index)


def simulate_gene_effect(rng: np.random.Generator, planned: pd.DataFrame, lines: Lines) -> pd.DataFrame:
    """Return Chronos-like gene effects: 0 none, -1 median common essential, lower = more dependent.

    Screens differ in quality, which stretches the common essentials of a line together; no expression profile knows
    of it. The common essentials are scaled so that the median of their medians is -1, as in a real release.
    """
    knock_outs = table("knock_outs")
    essential = (knock_outs["class"] == "common essential").to_numpy()
    selective = (knock_outs["class"] == "selective").to_numpy()
    values = planned.to_numpy()
    quality = 1.0 + 0.06 * rng.standard_normal((len(values), 1))
    values = np.where(essential, values * quality, values)
    values += knock_outs["noise"].to_numpy() * rng.standard_normal(values.shape)
    # Heavy tails: single guides and single screens go wrong.
    values += 0.03 * rng.standard_t(5, values.shape)
    # In real screens a selective knock-out also depends a little on how the line lives; this is what makes even rare
    # dependencies somewhat predictable among the lines that are not dependent.
    loadings = _CONTEXT * rng.standard_normal((lines.states.shape[1], values.shape[1]))
    values += np.where(selective, weighted_sum(lines.states, loadings), 0.0)
    centre = np.median(np.median(values[:, essential], axis=0))
    return pd.DataFrame(values / -centre, index=planned.index, columns=planned.columns)


def simulate_drug_auc(rng: np.random.Generator, planned: pd.DataFrame, lines: Lines) -> pd.DataFrame:
    """Return AUC, 0 to 1.1, lower = more sensitive; part of it is the line's overall sensitivity to drugs."""
    drugs = table("drugs")
    growth = lines.states["proliferation"].to_numpy()
    overall = (0.6 * growth + 0.8 * rng.standard_normal(len(planned)))[:, None]
    noise = drugs["noise"].to_numpy() * rng.standard_normal(planned.shape)
    return (planned - overall * drugs["general"].to_numpy() + noise).clip(0.0, 1.1)
