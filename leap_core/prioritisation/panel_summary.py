"""What the panel says of each perturbation before any prediction: spread, prevalence, common essentials."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from leap_core.data.panel import Panel
from leap_core.ensemble.status import observed_mean

COMMON_ESSENTIAL, STRONGLY_SELECTIVE, NEVER_DEPENDENT = "common essential", "strongly selective", "never dependent"
CLASS_RULES = {
    COMMON_ESSENTIAL: "by the rule of the score type",
    STRONGLY_SELECTIVE: "dependent (called; probability above 0.5; gene effect below -0.5) in at least 3 lines and at most 30 % of the screened ones",
    NEVER_DEPENDENT: "dependent in no screened line",
}
COMMON_ESSENTIAL_RULES = {
    "gene_effect": "gene effect below -0.5 in at least 90 % of the screened lines",
    "gene_dependency": "called dependent (probability above 0.5) in at least 90 % of the screened lines",
    "dependency_call": "called dependent in at least 90 % of the screened lines",
    "rnai_relative": "not computable: the scores are centred within each gene",
}


def summarise_panel(panel: Panel) -> pd.DataFrame:
    """Summarise the response of each perturbation over the panel.

    Returns
    -------
    pandas.DataFrame
        Index perturbations; ``lines_screened``, ``panel_mean``, ``panel_sd`` (in the score's unit),
        ``share_dependent`` (calls and probabilities only) and ``common_essential`` (True, False, or missing
        where it cannot be computed); ``panel_class`` by `CLASS_RULES` (nothing where none applies or the score has no line for
        it).
    """
    response = panel.response.to_numpy()
    observed = ~np.isnan(response)
    table = pd.DataFrame(index=pd.Index(panel.response.columns, name="perturbation"))
    table["lines_screened"] = observed.sum(axis=0)
    mean = observed_mean(response)
    table["panel_mean"] = mean
    deviation = np.where(observed, response - mean, 0.0)
    table["panel_sd"] = np.sqrt(np.square(deviation).sum(axis=0) / np.maximum(observed.sum(axis=0), 1))
    table["share_dependent"] = _share_dependent(panel)
    table["common_essential"] = _common_essential(panel, table["share_dependent"].to_numpy())
    table["panel_class"] = _panel_class(table)
    return table


def _panel_class(table: pd.DataFrame) -> npt.NDArray[np.object_]:
    share, lines = table["share_dependent"].to_numpy(dtype=float), table["lines_screened"].to_numpy(dtype=float)
    classes = np.full(len(table), "", dtype=object)
    classes[share == 0] = NEVER_DEPENDENT
    classes[(share * lines >= 2.5) & (share <= 0.3)] = STRONGLY_SELECTIVE
    classes[table["common_essential"].fillna(False).to_numpy(dtype=bool)] = COMMON_ESSENTIAL
    return classes


def _share_dependent(panel: Panel) -> npt.NDArray[np.floating]:
    """Share of screened lines that depend on the gene, where the score has a line for it."""
    response = panel.response.to_numpy()
    observed = ~np.isnan(response)
    if panel.score.key in ("gene_dependency", "dependency_call"):
        dependent = response > 0.5
    elif panel.score.key == "gene_effect":
        dependent = response < -0.5
    else:
        return np.full(response.shape[1], np.nan)
    return np.where(observed, dependent, False).sum(axis=0) / np.maximum(observed.sum(axis=0), 1)


def _common_essential(panel: Panel, share: npt.NDArray[np.floating]) -> pd.api.extensions.ExtensionArray:
    """Common essentials by the rule of the score type (see `COMMON_ESSENTIAL_RULES`)."""
    if panel.score.key in ("gene_dependency", "dependency_call"):
        return pd.array(share >= 0.9, dtype="boolean")
    if panel.score.key == "gene_effect":
        return pd.array(_strong_in_ninety_percent(panel.response.to_numpy()), dtype="boolean")
    return pd.array([pd.NA] * panel.response.shape[1], dtype="boolean")


def _strong_in_ninety_percent(response: npt.NDArray[np.floating]) -> npt.NDArray[np.bool_]:
    """Genes whose 90th percentile of gene effect over the lines still lies below -0.5.

    DepMap ranks genes within each line and splits the genes' 90th-percentile ranks at the minimum between
    two modes; that needs a genome-wide library. On panels of selected genes the split is not defined, so
    the same question (is it strong even in its 90th-percentile line?) is asked of the score itself.
    """
    with np.errstate(all="ignore"):
        return np.nan_to_num(np.nanquantile(response, 0.9, axis=0), nan=0.0) < -0.5
