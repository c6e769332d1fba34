"""Who the simulated lines are: subtype, patient, sex, alterations and latent programmes of each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from leap_core.panel.demo.biology import ALTERATIONS, PROGRAMMES, Subtype
from leap_core.panel.demo.subtypes import SUBTYPES, subtype_of

Floats = NDArray[np.float64]

# Lines of one patient share most, not all, of what their tumour is.
PATIENT_SHARE = 0.85


@dataclass(frozen=True)
class Lines:
    """The hidden truth about n lines.

    Attributes
    ----------
    table
        Annotation, index ``ModelID``, one row per line, with the subtype's code in ``Code``.
    patient
        Position of each line's patient, (n,).
    alterations
        0 or 1, (n, number of alterations).
    states
        Latent programmes in standard deviations, (n, number of programmes).
    """

    table: pd.DataFrame
    patient: NDArray[np.intp]
    alterations: Floats
    states: Floats


def shared_normal(rng: np.random.Generator, patient: NDArray[np.intp], width: int, share: float) -> Floats:
    """Return standard normal numbers (n, width), of which lines of one patient share the fraction `share`."""
    common = rng.standard_normal((int(patient.max()) + 1, width))
    own = rng.standard_normal((patient.size, width))
    mixed: Floats = np.sqrt(share) * common[patient] + np.sqrt(1.0 - share) * own
    return mixed


def allocate(n_patients: int) -> list[Subtype]:
    """Return the subtype of each patient, by largest remainder of the subtypes' shares."""
    exact = np.array([subtype.share for subtype in SUBTYPES], dtype=np.float64)
    exact *= n_patients / exact.sum()
    counts = np.floor(exact).astype(int)
    for position in np.argsort(counts - exact, kind="stable")[: n_patients - counts.sum()]:
        counts[position] += 1
    return [subtype for subtype, count in zip(SUBTYPES, counts, strict=True) for _ in range(count)]


def draw_lines(rng: np.random.Generator, n_lines: int, n_repeat_patients: int, held_out: Sequence[str]) -> Lines:
    """Draw the panel's lines, then the held-out ones.

    Parameters
    ----------
    rng
        Source of randomness.
    n_lines
        Lines of the panel.
    n_repeat_patients
        Patients with two lines, every third of them with three.
    held_out
        Subtype codes of further lines, each its own patient, put last.

    Returns
    -------
    Lines
        ``n_lines + len(held_out)`` lines.
    """
    extra = [1 + (index % 3 == 2) for index in range(n_repeat_patients)]
    n_patients = n_lines - sum(extra)
    subtypes = [*allocate(n_patients), *(subtype_of(code) for code in held_out)]
    repeats = np.ones(len(subtypes), dtype=np.intp)
    repeats[np.sort(rng.choice(n_patients, size=n_repeat_patients, replace=False))] += extra
    patient = np.repeat(np.arange(len(subtypes)), repeats)
    altered, sex = _draw_events(rng, subtypes, n_patients)
    states = _draw_states(rng, subtypes, patient, altered, n_patients)
    table = _annotate(subtypes, patient, sex, n_lines)
    return Lines(table, patient, altered[patient], states)


def _draw_events(rng: np.random.Generator, subtypes: Sequence[Subtype], n_panel: int) -> tuple[Floats, list[str]]:
    """Return alterations (patients, alterations) and the sex of each patient."""
    chance = np.array([[s.altered.get(a.name, a.background) for a in ALTERATIONS] for s in subtypes])
    altered = (rng.random(chance.shape) < chance).astype(np.float64)
    drawn = rng.random(len(subtypes))
    names = [a.name for a in ALTERATIONS]
    for row in range(n_panel, len(subtypes)):
        # Held-out lines are textbook cases: they carry what their subtype carries most often, nothing else.
        altered[row] = (chance[row] >= 0.5) & (np.array(names) != "TP53_mutation")
        if subtypes[row].code == "CRC":
            altered[row, names.index("MSI")] = 1.0
    return altered, [s.sex or ("Female" if u < 0.45 else "Male") for s, u in zip(subtypes, drawn, strict=True)]


def _draw_states(
    rng: np.random.Generator, subtypes: Sequence[Subtype], patient: NDArray[np.intp], altered: Floats, n_panel: int
) -> Floats:
    """Return latent programmes (lines, programmes): the subtype's mean, alterations and chance."""
    mean = np.array([[s.states.get(p, 0.0) for p in PROGRAMMES] for s in subtypes])
    push = np.array([[a.states.get(p, 0.0) for p in PROGRAMMES] for a in ALTERATIONS])
    mean += (altered[:, :, None] * push[None]).sum(axis=1)
    # Microsatellite instability is a mutation's footprint, not a continuum: little of it without the event.
    width = np.array([0.35 if p == "msi" else 0.6 if p in ("p53", "wnt") else 0.8 for p in PROGRAMMES])
    # Held-out lines stay close to what their subtype and alterations say, so that the demo shows what it
    # promises.
    typical = np.array([0.3 if row >= n_panel else 1.0 for row in patient])[:, None]
    states: Floats = mean[patient] + typical * width * shared_normal(rng, patient, len(PROGRAMMES), PATIENT_SHARE)
    return states


def _annotate(subtypes: Sequence[Subtype], patient: NDArray[np.intp], sex: list[str], n_lines: int) -> pd.DataFrame:
    """Return the annotation of every line; names cannot be taken for real cell lines."""
    seen: dict[str, int] = {}
    rows = []
    for position, owner in enumerate(patient):
        subtype = subtypes[owner]
        seen[subtype.code] = seen.get(subtype.code, 0) + 1
        held_out = position >= n_lines
        suffix = "HELDOUT" if held_out else format(seen[subtype.code], "02d")
        number = 9001 + position - n_lines if held_out else position + 1
        rows.append(
            {
                "ModelID": f"DEMO-{number:04d}",
                "PatientID": f"DEMO-PT-{owner + 1:03d}",
                "CellLineName": f"SIM-{subtype.code}-{suffix}",
                "OncotreeLineage": subtype.lineage,
                "OncotreePrimaryDisease": subtype.disease,
                "Sex": sex[owner],
                "Code": subtype.code,
            }
        )
    return pd.DataFrame(rows).set_index("ModelID")
