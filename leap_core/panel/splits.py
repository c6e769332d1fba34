"""Splits of cell lines that never tear a patient apart and do not depend on the order of the rows."""

from __future__ import annotations

import hashlib

import numpy as np
import numpy.typing as npt

from leap_core.arrays import Ints, Mask


def patient_folds(patients: list[str], folds: int, seed: int) -> Ints:
    """Assign lines to folds, all lines of a patient to the same one.

    Patients are shuffled by a digest of the seed and their name, then each goes to the fold with the
    fewest lines so far; so the folds are the same whatever the order of the rows.

    Parameters
    ----------
    patients
        (n,) patient of each line.
    folds
        Number of folds, at least 2 and at most the number of patients.
    seed
        From the identity of the split.

    Returns
    -------
    numpy.ndarray
        (n,) fold of each line, 0..folds-1.

    Raises
    ------
    ValueError
        If there are fewer patients than folds.
    """
    names, lines = np.unique(np.asarray(patients, dtype=str), return_counts=True)
    if folds < 2 or len(names) < folds:
        raise ValueError(f"{len(names)} patients cannot be split into {folds} folds")
    size = np.zeros(folds, dtype=np.int64)
    fold_of = {}
    for position in _shuffled(names, seed):
        smallest = int(np.argmin(size))
        fold_of[names[position]] = smallest
        size[smallest] += lines[position]
    return np.array([fold_of[patient] for patient in patients], dtype=np.int64)


def held_out_patients(patients: list[str], share: float, seed: int) -> Mask:
    """Mark about `share` of the lines as held out, whole patients at a time, at least one patient each side.

    Returns
    -------
    numpy.ndarray
        (n,) True for held-out lines.
    """
    names, lines = np.unique(np.asarray(patients, dtype=str), return_counts=True)
    if len(names) < 2:
        raise ValueError("at least two patients are needed to hold one out")
    wanted = share * len(patients)
    held: set[str] = set()
    count = 0
    for position in _shuffled(names, seed)[: len(names) - 1]:
        if count >= wanted:
            break
        held.add(names[position])
        count += lines[position]
    return np.array([patient in held for patient in patients], dtype=bool)


def digest_test_lines(patients: list[str], repeat: int) -> Mask:
    """Mark the test lines of a benchmark split, by a digest of the patient alone.

    A line is a test line where ``int(sha256("leap-{repeat}|{patient}"), 16) % 5 == 0``: about one fifth,
    the same on every machine and for every table that the patient occurs in.
    """
    digests = (hashlib.sha256(f"leap-{repeat}|{patient}".encode()).hexdigest() for patient in patients)
    return np.array([int(digest, 16) % 5 == 0 for digest in digests], dtype=bool)


def _shuffled(names: npt.NDArray[np.str_], seed: int) -> Ints:
    digests = [hashlib.sha256(f"{seed}|{name}".encode()).digest() for name in names]
    return np.array(sorted(range(len(names)), key=digests.__getitem__), dtype=np.int64)
