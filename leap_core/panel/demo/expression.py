"""Simulated RNA-seq: log2(TPM + 1) of lines whose hidden state is known."""

from __future__ import annotations

import numpy as np
import pandas as pd

from leap_core.panel.demo.lines import N_LINES, PATIENT_SHARE, Floats, Lines, shared_normal, weighted_sum
from leap_core.panel.demo.tables import gene_table, table, weights

_HIDDEN_FACTORS = 6
_SUBTYPE_OFFSET = 0.35
# What is private to a gene is less alike between lines of one patient than the tumour's state.
_PRIVATE_SHARE = 0.7


def simulate_activity(rng: np.random.Generator, lines: Lines) -> pd.DataFrame:
    """Return how far each module is switched on, lines x modules, 0 and more."""
    modules = table("modules").index
    planned = weights(table("subtypes")["modules"], modules).fillna(0.0).loc[lines.codes].to_numpy()
    jitter = shared_normal(rng, lines.patient, len(modules), PATIENT_SHARE)
    # A few lines have lost their lineage's programme, as dedifferentiated melanoma or luminal lines do.
    faded = shared_normal(rng, lines.patient, 1, PATIENT_SHARE) > 1.6
    faded[N_LINES:] = False
    activity = np.clip(planned * (1.0 + 0.16 * jitter) * np.where(faded, 0.65, 1.0), 0.0, None)
    return pd.DataFrame(activity, columns=modules)


def simulate_expression(rng: np.random.Generator, lines: Lines, activity: pd.DataFrame) -> pd.DataFrame:
    """Return expression, lines x genes, log2(TPM + 1).

    Every gene has a resting level; modules move it with lineage and latent programmes, alterations shift single
    genes, hidden factors stand for culture and batch, and the rest is private to gene and line. log2(TPM) becomes
    log2(TPM + 1) with TPM rounded to two decimals, so that genes which are off sit at or next to zero.
    """
    genes = gene_table()
    resting = genes["level"].to_numpy() + genes["spread"].to_numpy() * rng.standard_normal(len(genes))
    total = resting + _modules(rng, lines, activity)
    total += weighted_sum(lines.alterations, weights(table("alterations")["genes"], genes.index).fillna(0.0).to_numpy())
    # Small differences between subtypes in every gene: lineage is more than its markers.
    codes, subtype = np.unique(lines.codes.to_numpy(dtype=str), return_inverse=True)
    total += (_SUBTYPE_OFFSET * rng.standard_normal((codes.size, len(genes))))[subtype]
    loadings = rng.standard_normal((_HIDDEN_FACTORS, len(genes))) * 0.16
    factors = shared_normal(rng, lines.patient, _HIDDEN_FACTORS, 0.3)
    for factor, loading in zip(factors.T, loadings, strict=True):
        total += np.outer(factor, loading)
    private = genes["noise"].to_numpy() * rng.uniform(0.7, 1.4, len(genes))
    total += private * shared_normal(rng, lines.patient, len(genes), _PRIVATE_SHARE)
    female = (lines.annotation["Sex"] == "Female").to_numpy()
    without_y = female | (lines.alterations["Y_loss"] > 0).to_numpy()
    total -= 12.0 * np.outer(without_y, genes["module"] == "y_linked")
    total += 7.0 * np.outer(female, genes["module"] == "x_inactivation")
    profile = np.log2(np.round(np.exp2(total), 2) + 1.0)
    return pd.DataFrame(profile, index=lines.annotation.index, columns=list(genes.index))


def _modules(rng: np.random.Generator, lines: Lines, activity: pd.DataFrame) -> Floats:
    """Return what lineages and latent programmes add by way of the modules, (n, genes), log2(TPM)."""
    blocks = []
    for name, module in table("modules").iterrows():
        n_genes = len(module["genes"].split())
        block = np.outer(module["gain"] * activity[name], rng.uniform(0.75, 1.2, n_genes))
        if module["programme"]:
            state = module["loading"] * lines.states[module["programme"]]
            block += np.outer(state, rng.uniform(0.6, 1.3, n_genes))
        blocks.append(block)
    return np.concatenate(blocks, axis=1)
