"""The input passport as lines of text and as JSON."""

from __future__ import annotations

import json
from collections.abc import Sequence

import numpy as np

from leap_core.passport.findings import TISSUE
from leap_core.passport.passport import Passport
from leap_core.run.version import __version__
from leap_core.sample.profiles import Profiles


def passport_lines(passport: Passport) -> list[str]:
    """What ``check`` prints of one sample and model."""
    lines = [f"{passport.sample} for {passport.model}: {passport.light.upper()}", f"  {passport.verdict}"]
    lines += [f"  {finding.level}: {finding.text}" for finding in passport.further]
    lines += [f"  {note}" for note in passport.notes]
    found = {finding.text for finding in passport.findings}
    if passport.same_line is not None and passport.same_line.sentence not in found:
        lines.append(f"  {passport.same_line.sentence}")
    near = [f"{row['name']} ({row['lineage']}, {row['correlation']:.2f})" for _, row in passport.nearest.iterrows()]
    lines.append(f"  nearest screened lines: {', '.join(near)}")
    if len(passport.lineages):
        guess = ", ".join(f"{name} {value:.0%}" for name, value in passport.lineages.head(3).items())
        lines.append(
            f"  lineage: {guess} (the first guess is right for {passport.lineage_accuracy:.0%} of held-out lines)"
        )
    if passport.sanity.sex not in found:
        lines.append(f"  sex chromosomes: {passport.sanity.sex}")
    if np.isfinite(passport.sanity.proliferation):
        lines.append(
            f"  proliferation: percentile {passport.sanity.proliferation:.0f} of the panel ({passport.sanity.markers}"
            " cell-cycle genes)"
        )
    if not any(TISSUE in text for text in found):
        lines.append(f"  {TISSUE}")
    return lines


def passports_json(profiles: Profiles, passports: Sequence[Passport], refused: dict[str, str]) -> str:
    """Passports of one upload, with what was read, as JSON."""
    content = {
        "program": f"LEAP Screen Prioritiser {__version__}",
        "file": profiles.file_name,
        "genes_in_rows": profiles.genes_in_rows,
        "read": list(profiles.notes),
        "units": {
            sample: {"unit": verdict.kind, "certain": verdict.certain, "evidence": verdict.evidence}
            for sample, verdict in zip(profiles.samples, profiles.verdicts, strict=True)
        },
        "single_cells": profiles.cells or None,
        "identifiers": {
            "kinds": profiles.resolution.kinds,
            "replaced": profiles.resolution.replaced,
            "either_of_two": {label: list(genes) for label, genes in profiles.resolution.asked.items()},
            "not_found": list(profiles.resolution.unmapped),
        },
        "of_tissue": TISSUE,
        "passports": [passport.as_dict() for passport in passports],
        "refused_by": refused,
    }
    return json.dumps(content, indent=1, ensure_ascii=False)
