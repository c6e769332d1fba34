"""The planted biology of the simulated panel: who the lines are and what moves their expression.

Subtypes, latent programmes and alterations are a caricature of textbook cancer biology, strong enough to be
recognised and noisy enough not to be trivial. Frequencies are round numbers, not estimates.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Subtype:
    """A kind of cell line.

    Attributes
    ----------
    code
        Three letters that the simulated line names carry, for example ``MEL`` in ``SIM-MEL-03``.
    lineage, disease
        ``OncotreeLineage`` and ``OncotreePrimaryDisease``.
    share
        Relative number of lines.
    active
        Gene modules that are switched on, 0 (off) to about 1 (fully on).
    states
        Mean of latent programmes, in standard deviations; programmes that are not named have mean 0.
    altered
        Probability of alterations; alterations that are not named have their background probability.
    sex
        ``Female``, ``Male`` or empty where both occur.
    """

    code: str
    lineage: str
    disease: str
    share: int
    active: Mapping[str, float]
    states: Mapping[str, float] = field(default_factory=dict)
    altered: Mapping[str, float] = field(default_factory=dict)
    sex: str = ""


@dataclass(frozen=True)
class Alteration:
    """A yes-or-no event of a line: a mutation, an amplification or a loss.

    Attributes
    ----------
    name
        Name, for example ``KRAS_mutation``.
    background
        Probability in subtypes that do not name it.
    shifts
        Change of log2(TPM) of single genes.
    states
        Change of latent programmes, in standard deviations.
    """

    name: str
    background: float
    shifts: Mapping[str, float] = field(default_factory=dict)
    states: Mapping[str, float] = field(default_factory=dict)


PROGRAMMES: tuple[str, ...] = (
    "proliferation",
    "emt",
    "interferon",
    "hypoxia",
    "oxphos",
    "sterol",
    "nrf2",
    "myc",
    "p53",
    "ras",
    "wnt",
    "msi",
    "er_stress",
)

ALTERATIONS: tuple[Alteration, ...] = (
    Alteration("TP53_mutation", 0.62, {"TP53": 0.5}, {"p53": -1.9}),
    Alteration("KRAS_mutation", 0.06, {"KRAS": 0.5}, {"ras": 1.4}),
    Alteration("NRAS_mutation", 0.04, {"NRAS": 0.5}, {"ras": 1.2}),
    Alteration("BRAF_V600E", 0.02, {}, {"ras": 1.3}),
    Alteration("NF1_loss", 0.06, {"NF1": -2.0}, {"ras": 0.9}),
    Alteration("MSI", 0.01, {"MLH1": -4.2, "EPM2AIP1": -3.2}, {"msi": 2.9, "interferon": 0.6}),
    Alteration("CDKN2A_MTAP_deletion", 0.26, {"MTAP": -6.0, "CDKN2A": -6.0, "CDKN2B": -5.0, "DMRTA1": -2.5}),
    Alteration("RB1_loss", 0.06, {"RB1": -3.0, "CDKN2A": 3.0, "CCNE1": 1.0, "CCND1": -1.5}, {"proliferation": 0.5}),
    Alteration("PTEN_loss", 0.10, {"PTEN": -3.2}),
    Alteration("PIK3CA_mutation", 0.10, {"PIK3CA": 0.4}),
    Alteration("SMARCA4_loss", 0.02, {"SMARCA4": -4.0, "SMARCA2": 1.0}),
    Alteration("ARID1A_loss", 0.07, {"ARID1A": -2.8}),
    Alteration("STAG2_loss", 0.05, {"STAG2": -4.0}),
    Alteration("VPS4B_loss", 0.10, {"VPS4B": -2.4}),
    Alteration("FAM50B_silencing", 0.22, {"FAM50B": -5.5}),
    Alteration("RPP25_silencing", 0.25, {"RPP25": -5.0}),
    Alteration("KEAP1_or_NFE2L2_mutation", 0.05, {}, {"nrf2": 2.6}),
    Alteration("VHL_loss", 0.0, {}, {"hypoxia": 1.8}),
    Alteration("APC_or_CTNNB1_mutation", 0.01, {}, {"wnt": 2.4}),
    Alteration("ERBB2_amplification", 0.02, {"ERBB2": 5.0, "GRB7": 4.5, "STARD3": 3.5, "MIEN1": 3.0, "PGAP3": 3.0}),
    Alteration("EGFR_amplification", 0.02, {"EGFR": 3.5}),
    Alteration("MET_amplification", 0.02, {"MET": 3.2}),
    Alteration("FGFR1_amplification", 0.03, {"FGFR1": 3.0}),
    Alteration("FGFR2_amplification", 0.015, {"FGFR2": 6.0}),
    Alteration("FGFR3_activation", 0.01, {"FGFR3": 5.5}),
    Alteration("CCND1_amplification", 0.05, {"CCND1": 2.6}),
    Alteration("CCNE1_amplification", 0.03, {"CCNE1": 3.0}),
    Alteration("MDM2_amplification", 0.01, {"MDM2": 4.0, "CDK4": 1.5}),
    Alteration("MYCN_amplification", 0.005, {"MYCN": 7.5, "MYC": -4.0}, {"myc": 1.0}),
    Alteration("ALK_activation", 0.01, {"ALK": 5.0}),
    Alteration("FLT3_ITD", 0.0, {"FLT3": 0.6}),
    Alteration("UBB_silencing", 0.02, {"UBB": -6.0}),
    Alteration("Y_loss", 0.35),
)
