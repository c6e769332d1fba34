"""The simulated study: a small cancer panel with planted biology, the same to the bit for the same seed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from leap_core.panel.demo.dependencies import DEPENDENCIES, Dependency
from leap_core.panel.demo.drugs import DRUGS
from leap_core.panel.demo.expression import simulate_activity, simulate_expression
from leap_core.panel.demo.genes import gene_symbols
from leap_core.panel.demo.lines import draw_lines
from leap_core.panel.demo.responses import (
    Activations,
    knock_out_entries,
    knock_out_library,
    noiseless,
    simulate_drug_auc,
    simulate_gene_effect,
)
from leap_core.run.seeds import seed_of

# The melanoma line, the unusual sample, a bowel line with microsatellite instability and a luminal breast
# line.
HELD_OUT_CODES: tuple[str, ...] = ("MEL", "CHO", "CRC", "BRL")


@dataclass(frozen=True)
class DemoSettings:
    """Settings of the simulated study.

    Attributes
    ----------
    seed
        Everything random follows from it.
    n_lines
        Lines of the panel, at least 100.
    n_repeat_patients
        Patients with two or three lines.
    missing_gene_effect, missing_drug_auc
        Share of missing responses, 0 to 0.3.
    expression_noise, response_noise
        Factors on the noise that the demo is calibrated with.
    """

    seed: int = 2025
    n_lines: int = 210
    n_repeat_patients: int = 9
    missing_gene_effect: float = 0.03
    missing_drug_auc: float = 0.10
    expression_noise: float = 1.0
    response_noise: float = 1.0

    def __post_init__(self) -> None:
        """Check the settings."""
        if self.n_lines < 100:
            raise ValueError(f"n_lines is {self.n_lines}; the demo needs at least 100 lines to hold all subtypes.")
        if not 0 <= self.n_repeat_patients <= self.n_lines // 4:
            raise ValueError(f"n_repeat_patients is {self.n_repeat_patients}; expected 0 to {self.n_lines // 4}.")
        for name in ("missing_gene_effect", "missing_drug_auc"):
            if not 0.0 <= getattr(self, name) <= 0.3:
                raise ValueError(f"{name} is {getattr(self, name)}; expected 0 to 0.3.")
        if min(self.expression_noise, self.response_noise) < 0.0:
            raise ValueError("expression_noise and response_noise must be 0 or more.")


@dataclass(frozen=True)
class DemoStudy:
    """The simulated study. Frames of lines have the index ``ModelID``.

    Attributes
    ----------
    expression
        Panel lines x genes, log2(TPM + 1), complete.
    gene_effect
        Panel lines x knock-outs, Chronos-like: 0 none, -1 median common essential, lower = more dependent.
        NaN = not
        screened.
    drug_auc
        Panel lines x drugs, 0 to 1.1, lower = more sensitive. NaN = not screened.
    lines
        PatientID, CellLineName, OncotreeLineage, OncotreePrimaryDisease, Sex of the panel lines.
    drug_targets
        One row per drug: drug, targets (gene symbols joined by ``;``), pathway.
    truth
        One row per planted driver: panel, perturbation, class, driver, driver_kind, sign, effect, pathway.
    held_out, held_out_gene_effect, held_out_drug_auc, held_out_lines
        The same for lines that are not in the panel; responses complete.
    """

    expression: pd.DataFrame
    gene_effect: pd.DataFrame
    drug_auc: pd.DataFrame
    lines: pd.DataFrame
    drug_targets: pd.DataFrame
    truth: pd.DataFrame
    held_out: pd.DataFrame
    held_out_gene_effect: pd.DataFrame
    held_out_drug_auc: pd.DataFrame
    held_out_lines: pd.DataFrame


def simulate_demo(settings: DemoSettings | None = None) -> DemoStudy:
    """Simulate the study.

    Parameters
    ----------
    settings
        Settings; by default ``DemoSettings()``.

    Returns
    -------
    DemoStudy
        Panel, held-out lines and the planted truth.
    """
    chosen = settings if settings is not None else DemoSettings()
    n = chosen.n_lines
    lines = draw_lines(_rng(chosen, "lines"), n, chosen.n_repeat_patients, HELD_OUT_CODES)
    activity = simulate_activity(_rng(chosen, "activity"), lines)
    profile = simulate_expression(_rng(chosen, "expression"), lines, activity, chosen.expression_noise)
    expression = pd.DataFrame(profile, index=lines.table.index, columns=list(gene_symbols()))
    activations = Activations(lines, activity, expression, n)
    planned = noiseless(DEPENDENCIES, activations)
    effect = simulate_gene_effect(_rng(chosen, "gene_effect"), planned, lines, chosen.response_noise)
    planned_drugs = noiseless([drug.response for drug in DRUGS], activations, planned)
    auc = simulate_drug_auc(_rng(chosen, "drug_auc"), planned_drugs, lines, chosen.response_noise)
    gaps = _rng(chosen, "missing")
    annotation = lines.table.drop(columns="Code")
    return DemoStudy(
        expression=expression.iloc[:n],
        gene_effect=knock_out_library(gaps, effect.iloc[:n], chosen.missing_gene_effect, 0.3),
        drug_auc=knock_out_entries(gaps, auc.iloc[:n], chosen.missing_drug_auc),
        lines=annotation.iloc[:n],
        drug_targets=_drug_targets(),
        truth=_truth(),
        held_out=expression.iloc[n:],
        held_out_gene_effect=effect.iloc[n:],
        held_out_drug_auc=auc.iloc[n:],
        held_out_lines=annotation.iloc[n:],
    )


def _rng(settings: DemoSettings, part: str) -> np.random.Generator:
    # One generator per part: a change of one part leaves the random numbers of the others as they were.
    return np.random.default_rng(seed_of("demo", settings.seed, part))


def _drug_targets() -> pd.DataFrame:
    rows = [{"drug": d.name, "targets": ";".join(d.targets), "pathway": d.response.pathway} for d in DRUGS]
    return pd.DataFrame(rows)


def _truth() -> pd.DataFrame:
    rows = [row for response in DEPENDENCIES for row in _truth_rows("gene_effect", response)]
    rows += [row for drug in DRUGS for row in _truth_rows("drug_auc", drug.response)]
    return pd.DataFrame(rows)


def _truth_rows(panel: str, response: Dependency) -> list[dict[str, object]]:
    shared = {"panel": panel, "perturbation": response.name, "class": response.kind}
    if not response.drivers:
        return [{**shared, "driver": "", "driver_kind": "none", "sign": 0, "effect": 0.0, "pathway": response.pathway}]
    return [
        {
            **shared,
            "driver": d.name,
            "driver_kind": d.kind,
            "sign": d.sign,
            "effect": d.effect,
            "pathway": response.pathway,
        }
        for d in response.drivers
    ]
