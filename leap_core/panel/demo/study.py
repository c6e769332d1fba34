"""The simulated study: a small cancer panel with planted biology, the same to the bit for the same seed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from leap_core.panel.demo.expression import simulate_activity, simulate_expression
from leap_core.panel.demo.lines import N_LINES, draw_lines
from leap_core.panel.demo.responses import planned_responses, simulate_drug_auc, simulate_gene_effect
from leap_core.panel.demo.tables import table
from leap_core.run.seeds import seed_of

# Shares of missing responses, and of the lines that were screened with a smaller library.
_MISSING_GENE_EFFECT = 0.03
_MISSING_DRUG_AUC = 0.10
_SMALL_LIBRARY = 0.3


@dataclass(frozen=True)
class DemoStudy:
    """The simulated study. Frames of lines have the index ``ModelID``.

    Attributes
    ----------
    expression
        Panel lines x genes, log2(TPM + 1), complete.
    gene_effect
        Panel lines x knock-outs, Chronos-like: 0 none, -1 median common essential, lower = more dependent.
        NaN = not screened.
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


def simulate_demo(seed: int = 2025) -> DemoStudy:
    """Simulate panel, held-out lines and the planted truth; everything random follows from the seed."""

    def rng(part: str) -> np.random.Generator:
        # One generator per part: a change of one part leaves the random numbers of the others as they were.
        return np.random.default_rng(seed_of("demo", seed, part))

    lines = draw_lines(rng("lines"))
    activity = simulate_activity(rng("activity"), lines)
    expression = simulate_expression(rng("expression"), lines, activity)
    drivers = {"expression": expression, "state": lines.states, "alteration": lines.alterations, "lineage": activity}
    planned = planned_responses("gene_effect", table("knock_outs")["base"], drivers)
    effect = simulate_gene_effect(rng("gene_effect"), planned, lines)
    planned_auc = planned_responses("drug_auc", table("drugs")["base"], {**drivers, "gene_effect": planned})
    auc = simulate_drug_auc(rng("drug_auc"), planned_auc, lines)
    gaps = rng("missing")
    return DemoStudy(
        expression=expression.iloc[:N_LINES],
        gene_effect=_without_small_library(gaps, effect.iloc[:N_LINES]),
        drug_auc=auc.iloc[:N_LINES].mask(gaps.random((N_LINES, auc.shape[1])) < _MISSING_DRUG_AUC),
        lines=lines.annotation.iloc[:N_LINES],
        drug_targets=_drug_targets(),
        truth=_truth(),
        held_out=expression.iloc[N_LINES:],
        held_out_gene_effect=effect.iloc[N_LINES:],
        held_out_drug_auc=auc.iloc[N_LINES:],
        held_out_lines=lines.annotation.iloc[N_LINES:],
    )


def _without_small_library(rng: np.random.Generator, effect: pd.DataFrame) -> pd.DataFrame:
    """Return a copy without some columns for the lines of a second, smaller library, as real releases have it."""
    lines = rng.random(effect.shape[0]) < _SMALL_LIBRARY
    columns = rng.random(effect.shape[1]) < _MISSING_GENE_EFFECT / _SMALL_LIBRARY
    return effect.mask(np.outer(lines, columns))


def _drug_targets() -> pd.DataFrame:
    drugs = table("drugs").reset_index()[["drug", "targets", "pathway"]]
    return drugs.assign(targets=drugs["targets"].str.replace(" ", ";"))


def _truth() -> pd.DataFrame:
    """Return the drivers with what they drive; a perturbation without drivers has one row of kind ``none``."""
    perturbations = {"gene_effect": table("knock_outs"), "drug_auc": table("drugs")}
    described = pd.concat(perturbations, names=["panel", "perturbation"])[["class", "pathway"]].reset_index()
    truth = described.merge(table("drivers").reset_index(), on=["panel", "perturbation"], how="left")
    truth = truth.fillna({"driver": "", "driver_kind": "none", "sign": 0, "effect": 0.0}).astype({"sign": int})
    return truth[["panel", "perturbation", "class", "driver", "driver_kind", "sign", "effect", "pathway"]]
