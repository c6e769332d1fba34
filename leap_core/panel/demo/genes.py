"""The genes of the simulated panel, arranged in named modules that rise and fall together.

Symbols are approved HGNC symbols; how they are grouped, and every number beside them, is this project's own
simplification of textbook biology. Nothing here is measured.
"""

from __future__ import annotations

from leap_core.panel.demo.lineage_modules import LINEAGE_MODULES
from leap_core.panel.demo.modules import GeneModule
from leap_core.panel.demo.shared_modules import SHARED_MODULES

MODULES: tuple[GeneModule, ...] = (*SHARED_MODULES, *LINEAGE_MODULES)


def gene_symbols() -> tuple[str, ...]:
    """Return the distinct symbols of the simulated panel, in the order of the modules."""
    return tuple(gene for module in MODULES for gene in module.genes)


def module_of_gene() -> dict[str, str]:
    """Return the name of the module that each symbol belongs to."""
    return {gene: module.name for module in MODULES for gene in module.genes}
