"""The planted drug responses: real compound names, invented responses.

AUC runs from 0 to 1.1, lower = more sensitive. Drivers read as in `dependencies`; a driver of kind
``gene_effect`` is the dependency of the drug's target, so that a drug and its target's knock-out agree.
"""

from __future__ import annotations

from dataclasses import dataclass

from leap_core.panel.demo.dependencies import SELECTIVE, Dependency, Driver


@dataclass(frozen=True)
class Drug:
    """A compound of the simulated drug screen.

    Attributes
    ----------
    name
        Name of the compound.
    targets
        Its targets as gene symbols.
    response
        How lines differ; unit AUC.
    general
        Weight of the line's overall drug sensitivity.
    """

    name: str
    targets: tuple[str, ...]
    response: Dependency
    general: float


def _target(gene: str, effect: float) -> Driver:
    return Driver("gene_effect", gene, 1, effect)


def _on(gene: str, effect: float) -> Driver:
    return Driver("expression", gene, -1, effect)


def _pump(gene: str, effect: float) -> Driver:
    return Driver("expression", gene, 1, effect)


def _state(name: str, effect: float) -> Driver:
    return Driver("state", name, -1, effect)


def _hit(name: str, effect: float) -> Driver:
    return Driver("alteration", name, -1, effect)


def _drug(
    name: str,
    targets: str,
    pathway: str,
    *drivers: Driver,
    base: float = 0.95,
    noise: float = 0.06,
    general: float = 0.03,
) -> Drug:
    return Drug(name, tuple(targets.split()), Dependency(name, SELECTIVE, pathway, base, noise, drivers), general)


DRUGS: tuple[Drug, ...] = (
    _drug("Vemurafenib", "BRAF", "RAS-RAF-MAPK", _target("BRAF", 0.45)),
    _drug("Dabrafenib", "BRAF", "RAS-RAF-MAPK", _target("BRAF", 0.55)),
    _drug(
        "Trametinib",
        "MAP2K1 MAP2K2",
        "RAS-RAF-MAPK",
        _target("MAP2K1", 0.5),
        _state("ras", 0.1),
        _hit("BRAF_V600E", 0.1),
    ),
    _drug("Selumetinib", "MAP2K1 MAP2K2", "RAS-RAF-MAPK", _target("MAP2K1", 0.45), _hit("BRAF_V600E", 0.1)),
    _drug("Lapatinib", "ERBB2 EGFR", "RTK signalling", _target("ERBB2", 0.45), _target("EGFR", 0.15)),
    _drug("Gefitinib", "EGFR", "RTK signalling", _target("EGFR", 0.4)),
    _drug("Osimertinib", "EGFR", "RTK signalling", _target("EGFR", 0.45), general=0.05),
    _drug("Crizotinib", "MET ALK", "RTK signalling", _target("MET", 0.3), _target("ALK", 0.25), general=0.05),
    _drug("Lorlatinib", "ALK", "RTK signalling", _target("ALK", 0.4)),
    _drug(
        "Erdafitinib",
        "FGFR1 FGFR2 FGFR3",
        "RTK signalling",
        _target("FGFR2", 0.35),
        _target("FGFR3", 0.3),
        _target("FGFR1", 0.25),
    ),
    _drug("Linsitinib", "IGF1R", "RTK signalling", _target("IGF1R", 0.4)),
    _drug("Gilteritinib", "FLT3", "RTK signalling", _target("FLT3", 0.5), general=0.05),
    _drug("Ibrutinib", "BTK", "B-cell receptor", _target("BTK", 0.4), _target("EGFR", 0.1)),
    _drug("Alpelisib", "PIK3CA", "PI3K", _target("PIK3CA", 0.4)),
    _drug("Ipatasertib", "AKT1 AKT2", "PI3K", _target("AKT1", 0.4)),
    _drug("Palbociclib", "CDK4 CDK6", "Cell cycle", _target("CDK4", 0.3), _target("CDK6", 0.2), general=0.05),
    _drug("Nutlin-3a", "MDM2", "p53", _target("MDM2", 0.45)),
    _drug("Venetoclax", "BCL2", "Apoptosis", _target("BCL2", 0.55)),
    _drug("A-1331852", "BCL2L1", "Apoptosis", _target("BCL2L1", 0.5)),
    _drug("S63845", "MCL1", "Apoptosis", _target("MCL1", 0.4), general=0.06),
    _drug("Fulvestrant", "ESR1", "Hormone signalling", _target("ESR1", 0.35)),
    _drug("Enzalutamide", "AR", "Hormone signalling", _target("AR", 0.25)),
    _drug("RSL3", "GPX4", "Ferroptosis", _target("GPX4", 0.5), general=0.05),
    _drug("Erastin", "SLC7A11", "Ferroptosis", _state("emt", 0.25), Driver("state", "nrf2", 1, 0.2)),
    _drug("GSK3326595", "PRMT5", "Paralog or partner loss", _target("PRMT5", 0.35), base=1.1, general=0.05),
    _drug("AG-270", "MAT2A", "Paralog or partner loss", _target("MAT2A", 0.35), base=1.05),
    _drug("Topotecan", "TOP1", "DNA replication", _on("SLFN11", 0.25), _pump("ABCG2", 0.12), base=0.8, general=0.10),
    _drug(
        "Paclitaxel", "TUBB", "Microtubule", _state("proliferation", 0.2), _pump("ABCB1", 0.25), base=0.85, general=0.09
    ),
    _drug("Doxorubicin", "TOP2A", "DNA damage", _on("TOP2A", 0.1), _pump("ABCB1", 0.2), base=0.85, general=0.11),
    _drug("Bortezomib", "PSMB5", "Proteasome", _state("er_stress", 0.15), base=0.55, general=0.09),
)
