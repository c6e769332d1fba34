"""Simulated responses: what the planted drivers make of the lines, plus what no profile can tell."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from leap_core.panel.demo.biology import ALTERATIONS, PROGRAMMES
from leap_core.panel.demo.dependencies import COMMON_ESSENTIAL, DEPENDENCIES, SELECTIVE, Dependency, Driver
from leap_core.panel.demo.drugs import DRUGS
from leap_core.panel.demo.genes import MODULES
from leap_core.panel.demo.lines import Floats, Lines

# A driver gene counts as switched on halfway up its range; a gene that never rises by this much is never on.
_LEAST_RANGE = 3.5
# Standard deviation of the small effects that latent programmes have on every selective knock-out.
_CONTEXT = 0.014


class Activations:
    """Look up how active a driver is in every line, 0 (absent) to 1 (full).

    Parameters
    ----------
    lines, activity, expression
        Hidden truth (n lines), activity of the marker modules (n, modules), log2(TPM + 1) with named columns
        (n, g).
    n_panel
        Thresholds are set on the first `n_panel` lines, so that held-out lines change nothing in the panel.
    """

    def __init__(self, lines: Lines, activity: Floats, expression: pd.DataFrame, n_panel: int) -> None:
        self.lines = lines
        self.activity = activity
        self.expression = expression
        self.n_panel = n_panel

    def of(self, driver: Driver, target_effect: pd.DataFrame | None = None) -> Floats:
        """Return the activation of a driver, (n,); drivers of kind gene_effect need `target_effect`."""
        if driver.kind == "expression":
            return self._gene(driver)
        if driver.kind == "state":
            state = self.lines.states[:, PROGRAMMES.index(driver.name)]
            panel = state[: self.n_panel]
            return _rise((state - panel.mean()) / panel.std(), 0.4, 0.5)
        if driver.kind == "alteration":
            altered: Floats = self.lines.alterations[:, [a.name for a in ALTERATIONS].index(driver.name)]
            return altered
        if driver.kind == "lineage":
            active: Floats = np.clip(self.activity[:, [m.name for m in MODULES].index(driver.name)], 0.0, 1.2)
            return active
        if driver.kind == "gene_effect" and target_effect is not None:
            spared: Floats = 1.0 - np.clip(-target_effect[driver.name].to_numpy(dtype=np.float64), 0.0, 1.3)
            return spared
        raise ValueError(f"Unknown kind of driver: {driver.kind!r}.")

    def _gene(self, driver: Driver) -> Floats:
        values = self.expression[driver.name].to_numpy(dtype=np.float64)
        low, high = np.quantile(values[: self.n_panel], [0.05, 0.97] if driver.sign < 0 else [0.02, 0.85])
        # A rare gain is above the panel's usual range, a rare loss below it.
        if driver.sign < 0:
            high = max(high, low + _LEAST_RANGE)
        else:
            low = max(0.0, min(low, high - _LEAST_RANGE))
        return _rise(values, 0.5 * (low + high), 0.12 * (high - low))


def _rise(values: Floats, middle: float, width: float) -> Floats:
    return 1.0 / (1.0 + np.exp(-(values - middle) / width))


def noiseless(
    responses: Sequence[Dependency], activations: Activations, target_effect: pd.DataFrame | None = None
) -> pd.DataFrame:
    """Return the response without noise, lines x perturbations, in units of the response."""
    columns = {}
    for response in responses:
        value = np.full(len(activations.expression), response.base)
        for driver in response.drivers:
            active = activations.of(driver, target_effect)
            value = value - driver.effect * (active if driver.sign < 0 else 1.0 - active)
        columns[response.name] = value
    return pd.DataFrame(columns, index=activations.expression.index)


def simulate_gene_effect(
    rng: np.random.Generator, planned: pd.DataFrame, lines: Lines, noise_scale: float
) -> pd.DataFrame:
    """Return Chronos-like gene effects: 0 none, -1 median common essential, lower = more dependent.

    Screens differ in quality, which stretches the common essentials of a line together; no expression
    profile knows
    of it. The common essentials are scaled so that the median of their medians is -1, as in a real release.
    """
    n = len(planned)
    noise = np.array([d.noise for d in DEPENDENCIES]) * noise_scale
    essential = np.array([d.kind == COMMON_ESSENTIAL for d in DEPENDENCIES])
    values = planned.to_numpy(dtype=np.float64)
    selective = np.array([d.kind == SELECTIVE for d in DEPENDENCIES])
    quality = 1.0 + 0.06 * rng.standard_normal((n, 1))
    values = np.where(essential, values * quality, values) + noise * rng.standard_normal(values.shape)
    # Heavy tails: single guides and single screens go wrong.
    values += 0.03 * noise_scale * rng.standard_t(5, values.shape)
    values += np.where(selective, _context(rng, lines, values.shape[1]), 0.0)
    centre = np.median(np.median(values[:, essential], axis=0))
    return pd.DataFrame(values / -centre, index=planned.index, columns=planned.columns)


def _context(rng: np.random.Generator, lines: Lines, width: int) -> Floats:
    """Return small effects of latent programmes on selective knock-outs, (n, width), in units of gene effect.

    In real screens a selective knock-out also depends a little on how the line lives; this is what makes
    even rare dependencies somewhat predictable among the lines that are not dependent.
    """
    loadings = _CONTEXT * rng.standard_normal((len(PROGRAMMES), width))
    effects: Floats = (lines.states[:, :, None] * loadings[None]).sum(axis=1)
    return effects


def simulate_drug_auc(
    rng: np.random.Generator, planned: pd.DataFrame, lines: Lines, noise_scale: float
) -> pd.DataFrame:
    """Return AUC, 0 to 1.1, lower = more sensitive; part of it is the line's overall sensitivity to drugs."""
    growth = lines.states[:, PROGRAMMES.index("proliferation")]
    overall = (0.6 * growth + 0.8 * rng.standard_normal(len(planned)))[:, None]
    general = np.array([drug.general for drug in DRUGS])
    noise = np.array([drug.response.noise for drug in DRUGS]) * noise_scale
    values = planned.to_numpy(dtype=np.float64) - overall * general + noise * rng.standard_normal(planned.shape)
    return pd.DataFrame(np.clip(values, 0.0, 1.1), index=planned.index, columns=planned.columns)


def knock_out_entries(rng: np.random.Generator, table: pd.DataFrame, share: float) -> pd.DataFrame:
    """Return a copy with the given share of entries missing (NaN), anywhere."""
    return table.mask(rng.random(table.shape) < share)


def knock_out_library(rng: np.random.Generator, table: pd.DataFrame, share: float, lines_hit: float) -> pd.DataFrame:
    """Return a copy without some columns for the lines of a second, smaller library, as real releases have it."""
    lines = rng.random(table.shape[0]) < lines_hit
    columns = rng.random(table.shape[1]) < share / lines_hit
    return table.mask(lines[:, None] & columns[None, :])
