"""The planted CRISPR dependencies: for each knock-out its class, its drivers and how strong they are.

A response is ``base`` plus what the drivers add. With v the driver's activation (0 absent, 1 full), a driver
of
sign -1 adds ``-effect * v`` (more dependent where the driver is high), a driver of sign +1 adds
``-effect * (1 - v)`` (more dependent where it is low, as with a lost paralog).
"""

from __future__ import annotations

from dataclasses import dataclass

COMMON_ESSENTIAL = "common essential"
SELECTIVE = "selective"
NEVER = "never dependent"


@dataclass(frozen=True)
class Driver:
    """What a response depends on.

    Attributes
    ----------
    kind
        ``expression`` (a gene), ``state`` (a latent programme), ``alteration`` (a yes-or-no event),
        ``lineage`` (activity of a marker module) or, for drugs, ``gene_effect`` (the target's dependency).
    name
        The gene, programme, alteration or module.
    sign
        -1: the response falls as the driver rises; +1: it rises with the driver.
    effect
        Size of the change between driver absent and full, in units of the response.
    """

    kind: str
    name: str
    sign: int
    effect: float


@dataclass(frozen=True)
class Dependency:
    """One knock-out or drug of the simulated screen.

    Attributes
    ----------
    name
        Gene symbol or drug name.
    kind
        Class: common essential, selective or never dependent.
    pathway
        What a biologist would file it under.
    base
        Response with no driver at work (gene effect, or AUC for a drug).
    noise
        Standard deviation of what no expression profile can tell, in units of the response.
    drivers
        What makes lines differ.
    """

    name: str
    kind: str
    pathway: str
    base: float
    noise: float
    drivers: tuple[Driver, ...] = ()


def _on(gene: str, effect: float) -> Driver:
    return Driver("expression", gene, -1, effect)


def _low(gene: str, effect: float) -> Driver:
    return Driver("expression", gene, 1, effect)


def _state(name: str, effect: float) -> Driver:
    return Driver("state", name, -1, effect)


def _no_state(name: str, effect: float) -> Driver:
    return Driver("state", name, 1, effect)


def _hit(name: str, effect: float) -> Driver:
    return Driver("alteration", name, -1, effect)


def _intact(name: str, effect: float) -> Driver:
    return Driver("alteration", name, 1, effect)


def _lineage(module: str, effect: float) -> Driver:
    return Driver("lineage", module, -1, effect)


def _sel(name: str, pathway: str, *drivers: Driver, base: float = 0.03, noise: float = 0.11) -> Dependency:
    return Dependency(name, SELECTIVE, pathway, base, noise, drivers)


def _own(pathway: str, effects: dict[str, float]) -> tuple[Dependency, ...]:
    """Return dependencies that are driven by the gene's own expression: lineage factors and oncogenes."""
    return tuple(_sel(gene, pathway, _on(gene, effect)) for gene, effect in effects.items())


def _suppressors(pathway: str, *rows: tuple[str, Driver, float]) -> tuple[Dependency, ...]:
    """Return tumour suppressors: knock-out helps growth where the gene is intact, and does nothing elsewhere."""
    return tuple(_sel(gene, pathway, driver, base=gain, noise=0.13) for gene, driver, gain in rows)


_LINEAGE = (
    *_own("Melanocyte lineage", {"SOX10": 1.5, "MITF": 1.4, "TFAP2A": 0.6}),
    *_own(
        "Luminal breast lineage", {"ESR1": 1.0, "GATA3": 1.0, "FOXA1": 0.95, "SPDEF": 0.7, "TRPS1": 0.75, "TFAP2C": 0.7}
    ),
    *_own("Androgen signalling", {"AR": 0.8, "HOXB13": 0.9, "NKX3-1": 0.4}),
    *_own("Intestinal lineage", {"CDX2": 0.8, "HNF4A": 0.75, "SATB2": 0.4}),
    *_own("Gastric and pancreatic lineage", {"GATA6": 0.7, "ONECUT2": 0.35}),
    *_own("Epithelial lineage", {"KLF5": 0.8, "GRHL2": 0.5, "ELF3": 0.4}),
    *_own("Squamous lineage", {"TP63": 1.1, "IRF6": 0.4, "ITGA6": 0.4}),
    *_own("Alveolar lineage", {"NKX2-1": 0.9}),
    *_own("Neuroendocrine lineage", {"ASCL1": 1.1, "INSM1": 0.9, "NEUROD1": 0.6, "POU3F2": 0.55}),
    *_own(
        "Renal and Muellerian lineage",
        {"PAX8": 1.0, "HNF1B": 0.85, "EPAS1": 0.75, "SOX17": 0.6, "MECOM": 0.8, "WT1": 0.5},
    ),
    *_own("Hepatic lineage", {"HNF1A": 0.7}),
    *_own("Glial lineage", {"SOX2": 0.8, "OLIG2": 0.9, "SOX9": 0.6, "PDGFRA": 0.5}),
    *_own(
        "Adrenergic neuroblastoma",
        {
            "MYCN": 1.2,
            "ISL1": 1.0,
            "HAND2": 1.0,
            "PHOX2B": 1.0,
            "PHOX2A": 0.6,
            "GATA2": 0.6,
            "LMO1": 0.6,
            "TFAP2B": 0.5,
            "ALK": 0.7,
        },
    ),
    *_own(
        "B-cell lineage",
        {
            "PAX5": 1.0,
            "EBF1": 0.9,
            "CD79B": 0.8,
            "BTK": 0.6,
            "POU2AF1": 0.8,
            "POU2F2": 0.6,
            "BCL6": 0.6,
            "MEF2B": 0.5,
            "CARD11": 0.5,
        },
    ),
    *_own("Plasma-cell lineage", {"IRF4": 1.3, "PRDM1": 0.6}),
    *_own("T-cell lineage", {"TAL1": 0.7, "NOTCH1": 0.6, "BCL11B": 0.5}),
    *_own(
        "Haematopoietic lineage",
        {"MYB": 1.1, "RUNX1": 0.7, "CBFB": 0.8, "IKZF1": 0.6, "IKZF3": 0.5, "SYK": 0.4, "LMO2": 0.7, "STAT5B": 0.4},
    ),
    *_own("Myeloid lineage", {"SPI1": 1.1, "CEBPA": 0.9, "FLT3": 0.7, "MEIS1": 0.8, "GFI1": 0.5, "JAK2": 0.5}),
    *_own("Myogenic lineage", {"MYOD1": 1.1, "PAX3": 0.9, "MYOG": 0.6}),
    *_own("Bone and Ewing lineage", {"RUNX2": 0.5, "SP7": 0.6, "NR0B1": 0.7}),
    _sel("FLI1", "Bone and Ewing lineage", _lineage("ewing", 1.3), _lineage("haematopoietic", 0.35)),
    _sel("TBXT", "Notochord lineage", _on("TBXT", 1.4), noise=0.10),
    _sel("KMT2A", "Chromatin", _lineage("haematopoietic", 0.45), base=-0.25),
    _sel("MEN1", "Chromatin", _lineage("myeloid", 0.6), base=-0.15),
    _sel("DOT1L", "Chromatin", _lineage("myeloid", 0.6), base=-0.05),
)

_MAPK = (
    _sel("BRAF", "RAS-RAF-MAPK", _hit("BRAF_V600E", 0.7), _lineage("melanocytic", 0.75), noise=0.17),
    _sel("KRAS", "RAS-RAF-MAPK", _hit("KRAS_mutation", 1.1), _state("ras", 0.55), noise=0.2),
    _sel("NRAS", "RAS-RAF-MAPK", _hit("NRAS_mutation", 1.1), _lineage("haematopoietic", 0.2)),
    _sel("RAF1", "RAS-RAF-MAPK", _state("ras", 0.35), _hit("KRAS_mutation", 0.3)),
    _sel("SHOC2", "RAS-RAF-MAPK", _state("ras", 0.6), base=-0.1),
    _sel("MAPK1", "RAS-RAF-MAPK", _state("ras", 0.7), base=-0.25),
    _sel("MAP2K1", "RAS-RAF-MAPK", _state("ras", 0.5), _lineage("melanocytic", 0.55)),
    _sel("DUSP4", "RAS-RAF-MAPK", _hit("BRAF_V600E", 0.45), _state("ras", 0.4)),
    _sel("SOS1", "RTK signalling", _on("EGFR", 0.4), base=-0.1),
    _sel("PTPN11", "RTK signalling", _on("EGFR", 0.5), _on("MET", 0.25), base=-0.1),
    _sel("GRB2", "RTK signalling", _on("EGFR", 0.55), base=-0.35),
    *_own(
        "RTK signalling",
        {"ERBB2": 1.2, "EGFR": 1.0, "MET": 0.8, "FGFR1": 0.7, "FGFR2": 1.1, "FGFR3": 0.9, "FGFR4": 0.6},
    ),
    _sel("ERBB3", "RTK signalling", _on("ERBB2", 0.6), _on("ERBB3", 0.35)),
    _sel("IGF1R", "RTK signalling", _on("IGF1R", 0.55), _on("IRS2", 0.4), base=-0.05),
    _sel("IRS2", "RTK signalling", _on("IRS2", 0.6)),
    _sel("KIT", "RTK signalling", _on("KIT", 0.25)),
)

_GROWTH = (
    _sel("PIK3CA", "PI3K", _hit("PIK3CA_mutation", 0.9), _on("ERBB2", 0.3), base=-0.15),
    _sel("PIK3CB", "PI3K", _hit("PTEN_loss", 0.6)),
    _sel("AKT1", "PI3K", _hit("PIK3CA_mutation", 0.4), _on("ERBB2", 0.25), base=-0.1),
    _sel("RICTOR", "PI3K", _low("PTEN", 0.4), base=-0.1),
    _sel("CTNNB1", "WNT", _state("wnt", 1.1), noise=0.18),
    _sel("TCF7L2", "WNT", _state("wnt", 1.0)),
    _sel("BCL9L", "WNT", _state("wnt", 0.5)),
    _sel("MYC", "MYC", _on("MYC", 0.7), _low("MYCN", 0.35), base=-0.5, noise=0.2),
    _sel("CDK4", "Cell cycle", _intact("RB1_loss", 0.5), _on("CCND1", 0.4), noise=0.18),
    _sel("CDK6", "Cell cycle", _on("CDK6", 0.6), _lineage("haematopoietic", 0.45)),
    _sel("CCND1", "Cell cycle", _on("CCND1", 0.95), noise=0.18),
    _sel("CCND2", "Cell cycle", _on("CCND2", 0.5)),
    _sel("CCND3", "Cell cycle", _lineage("haematopoietic", 0.7), _on("CCND3", 0.2)),
    _sel("CDK2", "Cell cycle", _on("CCNE1", 0.7), base=-0.1),
    _sel("CCNE1", "Cell cycle", _on("CCNE1", 0.6), base=-0.1),
    _sel("E2F3", "Cell cycle", _hit("RB1_loss", 0.5), base=-0.15),
    _sel("MDM2", "p53", _state("p53", 1.2), noise=0.2),
    _sel("MDM4", "p53", _state("p53", 0.8)),
    _sel("PPM1D", "p53", _state("p53", 0.6)),
    _sel("USP7", "p53", _state("p53", 0.5), base=-0.3),
    *_suppressors(
        "Tumour suppressor",
        ("TP53", _no_state("p53", 0.75), 0.75),
        ("CDKN1A", _no_state("p53", 0.5), 0.5),
        ("RB1", _low("RB1", 0.4), 0.4),
        ("PTEN", _low("PTEN", 0.45), 0.5),
        ("NF1", _low("NF1", 0.35), 0.4),
        ("NF2", _no_state("emt", 0.4), 0.45),
        ("KEAP1", _no_state("nrf2", 0.4), 0.3),
    ),
    _sel("NFE2L2", "Oxidative stress", _state("nrf2", 0.9)),
    _sel("TXNRD1", "Oxidative stress", _no_state("nrf2", 0.45), base=-0.2),
    _sel("GCLC", "Oxidative stress", _no_state("nrf2", 0.4), base=-0.1),
    _sel("GPX4", "Ferroptosis", _state("emt", 0.8), base=-0.2, noise=0.2),
    _sel("SCD", "Lipid metabolism", _no_state("sterol", 0.5), base=-0.1),
    _sel("SQLE", "Lipid metabolism", _state("sterol", 0.5), base=-0.15),
    _sel("SLC2A1", "Glycolysis", _no_state("oxphos", 0.55), base=-0.15),
    _sel("NDUFS1", "Oxidative phosphorylation", _no_state("hypoxia", 0.6), base=-0.45),
    _sel("NDUFB8", "Oxidative phosphorylation", _no_state("hypoxia", 0.55), base=-0.4),
    _sel("XBP1", "Unfolded protein response", _lineage("plasma_cell", 0.5), _state("er_stress", 0.2)),
    _sel("ADAR", "Interferon", _state("interferon", 0.8), base=-0.15),
    _sel("WRN", "Microsatellite instability", _hit("MSI", 1.4), noise=0.13),
    _sel("BCL2", "Apoptosis", _on("BCL2", 0.8)),
    _sel("MCL1", "Apoptosis", _low("BCL2L1", 0.8), base=-0.4, noise=0.2),
    _sel("BCL2L1", "Apoptosis", _low("BCL2", 0.5), _state("emt", 0.35), base=-0.05, noise=0.18),
    _sel("YAP1", "Hippo", _on("YAP1", 0.75)),
    _sel("WWTR1", "Hippo", _on("WWTR1", 0.5)),
    _sel("TEAD1", "Hippo", _on("YAP1", 0.4)),
    _sel("ITGAV", "Adhesion", _state("emt", 0.7)),
    _sel("FERMT2", "Adhesion", _on("FERMT2", 0.7)),
    _sel("PTK2", "Adhesion", _state("emt", 0.5), _low("PTPRC", 0.2), base=-0.05),
    _sel("ILK", "Adhesion", _low("PTPRC", 0.55), base=-0.1),
)


def _paralogs(*rows: tuple[str, str, float, float]) -> tuple[Dependency, ...]:
    """Return knock-outs that hurt only where a partner is hardly expressed: (target, partner, effect, base)."""
    return tuple(
        _sel(gene, "Paralog or partner loss", _low(partner, effect), base=base) for gene, partner, effect, base in rows
    )


_PARALOGS = _paralogs(
    ("SMARCA2", "SMARCA4", 0.9, 0.02),
    ("SMARCA4", "SMARCA2", 0.5, -0.2),
    ("ARID1B", "ARID1A", 0.8, -0.05),
    ("VPS4A", "VPS4B", 0.9, -0.1),
    ("VPS4B", "VPS4A", 0.5, 0.0),
    ("RPP25L", "RPP25", 1.0, 0.0),
    ("CDS2", "CDS1", 0.9, -0.1),
    ("DDX3X", "DDX3Y", 0.6, -0.2),
    ("EIF1AX", "EIF1AY", 0.5, -0.3),
    ("RPS4X", "RPS4Y1", 0.5, -0.7),
    ("ENO1", "ENO2", 0.8, -0.1),
    ("FAM50A", "FAM50B", 1.0, -0.1),
    ("STAG1", "STAG2", 1.0, 0.0),
    ("PRMT5", "MTAP", 0.5, -0.65),
    ("MAT2A", "MTAP", 0.6, -0.4),
    ("RIOK1", "MTAP", 0.5, -0.5),
    ("WDR77", "MTAP", 0.45, -0.6),
    ("UBC", "UBB", 0.5, -0.2),
    ("TTC7A", "TTC7B", 0.5, -0.1),
    ("SLC25A28", "SLC25A37", 0.5, 0.0),
    ("NXT1", "NXT2", 0.6, -0.3),
    ("INTS6", "INTS6L", 0.6, -0.2),
    ("TLK2", "TLK1", 0.6, -0.1),
    ("PAPSS1", "PAPSS2", 0.5, 0.0),
    ("PELO", "FOCAD", 0.7, -0.1),
)


def _names(text: str) -> tuple[str, ...]:
    return tuple(text.split())


_ESSENTIAL_GENES = _names("""
    RPL3 RPL11 RPL14 RPL27 RPL37 RPS3 RPS6 RPS14 RPS19 PSMA1 PSMA3 PSMB5 PSMC2 PSMD1 PSMD7 SF3B1 SF3B2 SNRPD1
    SNRPD3 PRPF8
    PRPF19 U2AF1 EFTUD2 POLR2A POLR2B POLR1A POLR3A EIF3A EIF4A3 EEF2 MCM2 PCNA RPA1 RRM1 PLK1 KIF11 CDC20
    AURKB
    CCT2 CCT5 COPA COPB1 XPO1 RAN KPNB1 HSPA9 NOP56 VCP
""")
_NEVER_GENES = _names("""
    OR1A1 OR2W3 OR4D1 OR5AN1 OR6C2 OR10H1 OR1L8 TNP1 PRM1 PRM2 TSPY1 ODF1 CSN2 LALBA RHO INS GCG PRL GH1 ALB
    KRT20
    MAGEA4
""")


def _essential(index: int, gene: str) -> Dependency:
    # Strengths run from -0.75 to -1.25 whatever the gene: how deep a common essential goes says nothing of
    # the line.
    depth = 0.75 + 0.5 * ((index * 7) % 11) / 10
    return Dependency(gene, COMMON_ESSENTIAL, "Core cell machinery", -depth, 0.16)


DEPENDENCIES: tuple[Dependency, ...] = (
    *_LINEAGE,
    *_MAPK,
    *_GROWTH,
    *_PARALOGS,
    *(_essential(index, gene) for index, gene in enumerate(_ESSENTIAL_GENES)),
    *(Dependency(gene, NEVER, "Not expressed or not needed", 0.02, 0.09) for gene in _NEVER_GENES),
)
