"""What the panel says of each perturbation before any prediction: spread, prevalence, common essentials."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
from scipy.signal import find_peaks
from scipy.stats import gaussian_kde

from leap_core.arrays import Floats, Labels, Mask
from leap_core.panel.panel import Panel
from leap_core.panel.status import observed_mean

COMMON_ESSENTIAL, STRONGLY_SELECTIVE, NEVER_DEPENDENT = "common essential", "strongly selective", "never dependent"
CLASS_RULES = {
    COMMON_ESSENTIAL: "by the rule of the score type, or on a list that you supplied",
    STRONGLY_SELECTIVE: (
        "dependent (called; probability above 0.5; gene effect below -0.5) in at least 3 lines and at most 30 % of the"
        " screened ones; scores without such a line (relative RNAi, drugs): at least 3 lines and at most 30 % lie more"
        " than 3 robust standard deviations beyond the median, on the strong side"
    ),
    NEVER_DEPENDENT: "dependent in no screened line (not computable for scores without such a line)",
}
CALLS_RULE = "called dependent (probability above 0.5) in at least 90 % of the screened lines"
RANK_RULE = (
    "DepMap's: genes are ranked within each line, and each gene is taken where it ranks 90th of 100 lines; such ranks"
    " have two modes, and common essential is what lies below the minimum between them, here {threshold:.2f} (0 = the"
    " most dependent gene of a line, 1 = the least)"
)
EFFECT_RULE = (
    "gene effect below -0.5 in at least 90 % of the screened lines (the panel has too few genes, or no two modes, for"
    " DepMap's rule of ranks)"
)
NO_RULE = "not computable: the scores are centred within each gene. Supply a list on the page Data and training"
# Fewer genes than this are a focused library: ranks within it say nothing of the genome.
_GENOME_WIDE = 2000
_QUANTILE = 0.9


def summarise_panel(panel: Panel) -> tuple[pd.DataFrame, str]:
    """Summarise the response of each perturbation over the panel.

    Returns
    -------
    table : pandas.DataFrame
        Index perturbations; ``lines_screened``, ``panel_mean``, ``panel_sd`` (in the score's unit),
        ``share_dependent`` (where the score has a line for it) and ``common_essential`` (True, False, or missing
        where it cannot be computed); ``panel_class`` by `CLASS_RULES` (nothing where none applies).
    rule : str
        How common essentials were told, in words; nothing for drugs.
    """
    response = panel.response.to_numpy()
    observed = ~np.isnan(response)
    table = pd.DataFrame(index=pd.Index(panel.response.columns, name="perturbation"))
    table["lines_screened"] = observed.sum(axis=0)
    mean = observed_mean(response)
    table["panel_mean"] = mean
    deviation = np.where(observed, response - mean, 0.0)
    table["panel_sd"] = np.sqrt(np.square(deviation).sum(axis=0) / np.maximum(observed.sum(axis=0), 1))
    table["share_dependent"] = panel_share_dependent(panel)
    table["common_essential"], rule = _common_essential(panel, table["share_dependent"].to_numpy())
    table["panel_class"] = _panel_class(table, panel)
    return table, rule


def _panel_class(table: pd.DataFrame, panel: Panel) -> Labels:
    share, lines = table["share_dependent"].to_numpy(dtype=float), table["lines_screened"].to_numpy(dtype=float)
    classes = np.full(len(table), "", dtype=object)
    classes[share == 0] = NEVER_DEPENDENT
    standing_out = np.where(np.isnan(share), _share_standing_out(panel), share)
    classes[(standing_out * lines >= 2.5) & (standing_out <= 0.3)] = STRONGLY_SELECTIVE
    classes[table["common_essential"].fillna(False).to_numpy(dtype=bool)] = COMMON_ESSENTIAL
    return classes


def _share_standing_out(panel: Panel) -> Floats:
    """Share of screened lines more than 3 robust SD (by the median absolute deviation) beyond the median."""
    strength = panel.score.strength(panel.response.to_numpy(dtype=float))
    with np.errstate(all="ignore"):
        beyond = strength - np.nanmedian(strength, axis=0)
        robust = 1.4826 * np.nanmedian(np.abs(beyond), axis=0)
        out = (beyond > 3.0 * robust) & (robust > 0)
    return out.sum(axis=0) / np.maximum((~np.isnan(strength)).sum(axis=0), 1)


def panel_share_dependent(panel: Panel) -> Floats:
    """Share (p,) of screened lines that depend on each gene; NaN where the score has no line beyond which it does."""
    response = panel.response.to_numpy()
    observed = ~np.isnan(response)
    if panel.score.key in ("gene_dependency", "dependency_call", "dependency_level"):
        dependent = response > 0.5
    elif panel.score.key == "gene_effect":
        dependent = response < -0.5
    else:
        return np.full(response.shape[1], np.nan)
    return np.where(observed, dependent, False).sum(axis=0) / np.maximum(observed.sum(axis=0), 1)


def _common_essential(panel: Panel, share: Floats) -> tuple[pd.api.extensions.ExtensionArray, str]:
    """Common essentials by the rule of the score type, and the rule in words."""
    if panel.score.key in ("gene_dependency", "dependency_call", "dependency_level"):
        return pd.array(share >= _QUANTILE, dtype="boolean"), CALLS_RULE
    if panel.score.key == "gene_effect":
        response = panel.response.to_numpy()
        if (by_rank := common_essential_by_rank(response)) is not None:
            return pd.array(by_rank[0], dtype="boolean"), RANK_RULE.format(threshold=by_rank[1])
        return pd.array(_strong_in_ninety_percent(response), dtype="boolean"), EFFECT_RULE
    return pd.array([pd.NA] * panel.response.shape[1], dtype="boolean"), "" if panel.score.kind == "drug" else NO_RULE


def common_essential_by_rank(response: Floats) -> tuple[Mask, float] | None:
    """DepMap's rule: 90th-percentile ranks of the genes, split at the minimum between their two modes.

    Parameters
    ----------
    response
        (n, p) gene effect, lower = more dependent; NaN = not screened.

    Returns
    -------
    tuple or None
        (p,) which genes are common essential, and the rank (0..1) that splits them; None for fewer than 2,000 genes or
        a density without two modes.

    References
    ----------
    Dempster et al. 2019, "Extracting biological insights from the Project Achilles genome-scale CRISPR screens".
    """
    if response.shape[1] < _GENOME_WIDE:
        return None
    ranks = pd.DataFrame(response).rank(axis=1, pct=True).to_numpy()
    with np.errstate(all="ignore"), warnings.catch_warnings():
        # A gene that no line was screened with has no rank.
        warnings.simplefilter("ignore", RuntimeWarning)
        least_dependent = np.nanquantile(ranks, _QUANTILE, axis=0)
    known = np.isfinite(least_dependent)
    if known.sum() < _GENOME_WIDE or np.ptp(least_dependent[known]) < 1e-9:
        return None
    grid = np.linspace(0.0, 1.0, 501)
    density = gaussian_kde(least_dependent[known])(grid)
    peaks, found = find_peaks(np.r_[0.0, density, 0.0], prominence=0.02 * density.max())
    if len(peaks) < 2:
        return None
    highest = np.sort(peaks[np.argsort(found["prominences"])[-2:]] - 1)
    threshold = float(grid[highest[0] + int(np.argmin(density[highest[0] : highest[1] + 1]))])
    return np.where(known, least_dependent < threshold, False), threshold


def _strong_in_ninety_percent(response: Floats) -> Mask:
    """Genes whose 90th percentile of gene effect over the lines still lies below -0.5.

    The question of DepMap's rule, asked of the score itself.
    """
    with np.errstate(all="ignore"):
        return np.nan_to_num(np.nanquantile(response, _QUANTILE, axis=0), nan=0.0) < -0.5
