"""A table of exactly the panel's genes is taken in the panel's unit where its numbers leave that open."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from leap_core.io.units import parse_unit
from leap_core.io.verdict import UnitVerdict
from leap_core.passport.reference import PanelReference
from leap_core.sample.profiles import Profiles


def settled_by_panel(profiles: Profiles, reference: PanelReference) -> Profiles:
    """Settle doubtful units of a table that has the panel's genes, all and no others.

    TPM and FPKM differ by one constant, which shows in no subset of genes. Who has the panel's very genes has its
    layout, and most likely its unit, unless the sum over them is one that no line of the panel has; what is doubted is
    still said in the evidence.

    Parameters
    ----------
    profiles
        As read.
    reference
        The model's panel.
    """
    doubtful = any(not verdict.certain for verdict in profiles.verdicts)
    genes = reference.panel.expression.columns
    if not doubtful or profiles.values.shape[1] != len(genes):
        return profiles
    # Symbols may have been renamed since the panel was made.
    here = set(profiles.values.columns)
    if not all(gene in here or profiles.names.canonical(gene) in here for gene in genes):
        return profiles
    own = parse_unit(reference.panel.unit)
    low, high = reference.usual_sums

    def settled(verdict: UnitVerdict, values: np.ndarray) -> UnitVerdict:
        alike = [one for one in verdict.units if one.quantity == own.quantity]
        fitting = [one for one in alike if low <= np.nansum(one.linear(values)) <= high]
        if verdict.certain or len(fitting) != 1:
            return verdict
        evidence = (
            f"{verdict.evidence}; it has exactly the panel's genes, and their sum as the panel's lines have it, so the"
            f" panel's unit was taken; the numbers alone leave open {verdict.kind}"
        )
        return replace(verdict, units=(fitting[0],), kind=fitting[0].name, evidence=evidence, warning="", also=())

    rows = profiles.values.to_numpy(dtype=np.float64)
    return replace(profiles, verdicts=tuple(map(settled, profiles.verdicts, rows)))
