"""Who the simulated lines are: subtype, patient, sex, alterations and latent programmes of each."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from leap_core.panel.demo.tables import table, weights

Floats = NDArray[np.float64]

N_LINES = 210
# Patients with two lines, every third of them with three.
_N_REPEAT_PATIENTS = 9
# The melanoma line, the unusual sample (a subtype that the panel does not hold), a bowel line with microsatellite
# instability and a luminal breast line.
_HELD_OUT = ("MEL", "CHO", "CRC", "BRL")
# Lines of one patient share most, not all, of what their tumour is.
PATIENT_SHARE = 0.85


@dataclass(frozen=True)
class Lines:
    """The hidden truth about n lines: the panel's `N_LINES`, then the held-out ones.

    Attributes
    ----------
    annotation
        Index ``ModelID``, one row per line.
    codes
        Code of each line's subtype, (n,).
    patient
        Position of each line's patient, (n,).
    alterations
        0 or 1, (n, alterations).
    states
        Latent programmes in standard deviations, (n, programmes).
    """

    annotation: pd.DataFrame
    codes: pd.Index
    patient: NDArray[np.intp]
    alterations: pd.DataFrame
    states: pd.DataFrame


def shared_normal(rng: np.random.Generator, patient: NDArray[np.intp], width: int, share: float) -> Floats:
    """Return standard normal numbers (n, width), of which lines of one patient share the fraction `share`."""
    common = rng.standard_normal((int(patient.max()) + 1, width))
    own = rng.standard_normal((patient.size, width))
    return np.sqrt(share) * common[patient] + np.sqrt(1.0 - share) * own


def weighted_sum(values: pd.DataFrame, weights: Floats) -> Floats:
    """Return ``values @ weights``, added up in the same order on every machine, which BLAS does not promise."""
    return np.multiply(values.to_numpy()[:, :, None], weights[None], order="C").sum(axis=1)


def draw_lines(rng: np.random.Generator) -> Lines:
    """Draw the panel's lines, then the held-out ones, each its own patient."""
    extra = [1 + (index % 3 == 2) for index in range(_N_REPEAT_PATIENTS)]
    n_patients = N_LINES - sum(extra)
    subtypes = table("subtypes").loc[[*_allocate(n_patients), *_HELD_OUT]]
    repeats = np.ones(len(subtypes), dtype=np.intp)
    repeats[np.sort(rng.choice(n_patients, size=_N_REPEAT_PATIENTS, replace=False))] += extra
    patient = np.repeat(np.arange(len(subtypes)), repeats)
    altered = _draw_alterations(rng, subtypes, n_patients)
    either = np.where(rng.random(len(subtypes)) < 0.45, "Female", "Male")
    sex = np.where(subtypes["sex"] == "", either, subtypes["sex"])
    states = _draw_states(rng, subtypes, patient, altered, n_patients)
    annotation = _annotate(subtypes.assign(sex=sex).iloc[patient], patient)
    return Lines(annotation, subtypes.index[patient], patient, altered.iloc[patient], states)


def _allocate(n_patients: int) -> pd.Index:
    """Return the subtype of each patient, by largest remainder of the subtypes' shares."""
    share = table("subtypes")["share"]
    exact = share.to_numpy() * (n_patients / share.sum())
    counts = np.floor(exact).astype(int)
    counts[np.argsort(counts - exact, kind="stable")[: n_patients - counts.sum()]] += 1
    return share.index.repeat(counts)


def _draw_alterations(rng: np.random.Generator, subtypes: pd.DataFrame, n_patients: int) -> pd.DataFrame:
    """Return alterations, patients x alterations, 0 or 1."""
    background = table("alterations")["background"]
    chance = weights(subtypes["alterations"], background.index).fillna(background).to_numpy()
    # Held-out lines are textbook cases: they carry what their subtype carries most often, nothing else.
    held_out = np.arange(len(subtypes)) >= n_patients
    drawn = np.where(held_out[:, None], chance >= 0.5, rng.random(chance.shape) < chance)
    altered = pd.DataFrame(drawn.astype(np.float64), columns=background.index)
    altered.loc[held_out, "TP53_mutation"] = 0.0
    altered.loc[held_out & (subtypes.index == "CRC"), "MSI"] = 1.0
    return altered


def _draw_states(
    rng: np.random.Generator, subtypes: pd.DataFrame, patient: NDArray[np.intp], altered: pd.DataFrame, n_patients: int
) -> pd.DataFrame:
    """Return latent programmes, lines x programmes: the subtype's mean, alterations and chance."""
    programmes = table("programmes")
    push = weights(table("alterations")["programmes"], programmes.index).fillna(0.0).to_numpy()
    mean = weights(subtypes["programmes"], programmes.index).fillna(0.0).to_numpy() + weighted_sum(altered, push)
    # Held-out lines stay close to what their subtype and alterations say, so that the demo shows what it promises.
    spread = np.where(patient >= n_patients, 0.3, 1.0)[:, None] * programmes["spread"].to_numpy()
    states = mean[patient] + spread * shared_normal(rng, patient, len(programmes), PATIENT_SHARE)
    return pd.DataFrame(states, columns=programmes.index)


def _annotate(subtypes: pd.DataFrame, patient: NDArray[np.intp]) -> pd.DataFrame:
    """Return the annotation of every line; names cannot be taken for real cell lines."""
    counted = subtypes.groupby(level=0).cumcount() + 1
    held_out = np.arange(len(patient)) >= N_LINES
    suffix = np.where(held_out, "HELDOUT", counted.map("{:02d}".format))
    number = np.arange(len(patient)) + np.where(held_out, 9001 - N_LINES, 1)
    return pd.DataFrame(
        {
            "ModelID": [f"DEMO-{n:04d}" for n in number],
            "PatientID": [f"DEMO-PT-{owner + 1:03d}" for owner in patient],
            "CellLineName": [f"SIM-{code}-{end}" for code, end in zip(subtypes.index, suffix, strict=True)],
            "OncotreeLineage": subtypes["lineage"].to_numpy(),
            "OncotreePrimaryDisease": subtypes["disease"].to_numpy(),
            "Sex": subtypes["sex"].to_numpy(),
        }
    ).set_index("ModelID")
