"""Simulated RNA-seq: log2(TPM + 1) of lines whose hidden state is known."""

from __future__ import annotations

import numpy as np

from leap_core.panel.demo.biology import ALTERATIONS, PROGRAMMES
from leap_core.panel.demo.genes import MODULES, gene_symbols
from leap_core.panel.demo.lines import PATIENT_SHARE, Floats, Lines, shared_normal
from leap_core.panel.demo.subtypes import subtype_of

_HIDDEN_FACTORS = 6
_SUBTYPE_OFFSET = 0.35
# What is private to a gene is less alike between lines of one patient than the tumour's state.
_PRIVATE_SHARE = 0.7


def simulate_activity(rng: np.random.Generator, lines: Lines) -> Floats:
    """Return how far each marker module is switched on, (n, modules), 0 and more."""
    subtypes = [subtype_of(code) for code in lines.table["Code"]]
    planned = np.array([[s.active.get(m.name, 0.0) for m in MODULES] for s in subtypes])
    jitter = shared_normal(rng, lines.patient, len(MODULES), PATIENT_SHARE)
    # A few lines have lost their lineage's programme, as dedifferentiated melanoma or luminal lines do.
    faded = shared_normal(rng, lines.patient, 1, PATIENT_SHARE) > 1.6
    faded[lines.table["CellLineName"].str.endswith("HELDOUT").to_numpy()] = False
    return np.clip(planned * (1.0 + 0.16 * jitter) * np.where(faded, 0.65, 1.0), 0.0, None)


def simulate_expression(rng: np.random.Generator, lines: Lines, activity: Floats, noise_scale: float) -> Floats:
    """Return expression (n, g), log2(TPM + 1), genes in the order of ``gene_symbols()``.

    Every gene has a resting level; modules move it with lineage and latent programmes, alterations shift
    single
    genes, hidden factors stand for culture and batch, and the rest is private to gene and line. log2(TPM)
    becomes
    log2(TPM + 1) with TPM rounded to two decimals, so that genes which are off sit at or next to zero.
    """
    n = len(lines.table)
    total = _resting(rng) + np.zeros((n, 1))
    total += _programmes(rng, lines, activity)
    total += _shifts(lines)
    total += _subtype_offsets(rng, lines)
    loadings = rng.standard_normal((_HIDDEN_FACTORS, total.shape[1])) * 0.16
    factors = shared_normal(rng, lines.patient, _HIDDEN_FACTORS, 0.3)
    for factor, loading in zip(factors.T, loadings, strict=True):
        total += factor[:, None] * loading[None, :]
    private = np.concatenate([np.full(len(m.genes), m.noise) for m in MODULES])
    private = private * rng.uniform(0.7, 1.4, private.size)
    total += noise_scale * private * shared_normal(rng, lines.patient, private.size, _PRIVATE_SHARE)
    _sex_linked(lines, total)
    profile: Floats = np.log2(np.round(np.exp2(total), 2) + 1.0)
    return profile


def _resting(rng: np.random.Generator) -> Floats:
    """Return the resting level of each gene, (g,), log2(TPM)."""
    return np.concatenate([m.level + m.spread * rng.standard_normal(len(m.genes)) for m in MODULES])


def _programmes(rng: np.random.Generator, lines: Lines, activity: Floats) -> Floats:
    """Return what lineage modules and latent programmes add, (n, g), log2(TPM)."""
    blocks = []
    for position, module in enumerate(MODULES):
        weights = rng.uniform(0.75, 1.2, len(module.genes))
        block = module.gain * activity[:, position, None] * weights[None, :]
        if module.programme:
            state = lines.states[:, PROGRAMMES.index(module.programme), None]
            block = block + module.loading * state * rng.uniform(0.6, 1.3, len(module.genes))[None, :]
        blocks.append(block)
    return np.concatenate(blocks, axis=1)


def _shifts(lines: Lines) -> Floats:
    """Return what alterations do to single genes, (n, g), log2(TPM)."""
    column = {gene: position for position, gene in enumerate(gene_symbols())}
    shift = np.zeros((len(lines.table), len(column)))
    for position, alteration in enumerate(ALTERATIONS):
        for gene, change in alteration.shifts.items():
            shift[:, column[gene]] += change * lines.alterations[:, position]
    return shift


def _subtype_offsets(rng: np.random.Generator, lines: Lines) -> Floats:
    """Return small differences between subtypes in every gene, (n, g): lineage is more than its markers."""
    codes, where = np.unique(lines.table["Code"].to_numpy(dtype=str), return_inverse=True)
    offsets = _SUBTYPE_OFFSET * rng.standard_normal((codes.size, len(gene_symbols())))
    return np.asarray(offsets[where], dtype=np.float64)


def _sex_linked(lines: Lines, total: Floats) -> None:
    """Switch the genes of the Y chromosome and XIST on or off, in place."""
    column = {gene: position for position, gene in enumerate(gene_symbols())}
    female = (lines.table["Sex"] == "Female").to_numpy()
    lost_y = lines.alterations[:, [a.name for a in ALTERATIONS].index("Y_loss")] > 0
    for module in MODULES:
        where = np.array([column[gene] for gene in module.genes], dtype=np.intp)
        if module.name == "y_linked":
            total[np.ix_(female | lost_y, where)] -= 12.0
        if module.name == "x_inactivation":
            total[np.ix_(female, where)] += 7.0
