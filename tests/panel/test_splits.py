"""Splits: patients stay together, rows may come in any order, benchmark lines follow their digest."""

import hashlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from leap_core.panel.splits import digest_test_lines, held_out_patients, patient_folds

patients = st.lists(st.integers(0, 30).map(lambda number: f"P{number}"), min_size=20, max_size=80).filter(
    lambda names: len(set(names)) >= 6
)


@given(patients, st.integers(0, 5), st.randoms())
def test_folds_keep_patients_together_whatever_the_order(names, seed, random):
    folds = dict(zip(names, patient_folds(names, 5, seed), strict=True))
    assert all(fold == folds[name] for name, fold in zip(names, patient_folds(names, 5, seed), strict=True))
    shuffled = random.sample(names, len(names))
    assert all(fold == folds[name] for name, fold in zip(shuffled, patient_folds(shuffled, 5, seed), strict=True))
    assert set(folds.values()) == {0, 1, 2, 3, 4}


def test_folds_are_balanced_and_depend_on_the_seed():
    names = [f"P{number}" for number in range(103)]
    assert np.ptp(np.bincount(patient_folds(names, 5, 1))) <= 1
    assert (patient_folds(names, 5, 1) != patient_folds(names, 5, 2)).any()
    with pytest.raises(ValueError, match="3 patients"):
        patient_folds(["a", "b", "c"], 5, 0)


@given(patients, st.integers(0, 5))
def test_held_out_share_is_whole_patients(names, seed):
    held = held_out_patients(names, 0.2, seed)
    assert 0 < held.sum() < len(names)
    assert not {n for n, h in zip(names, held, strict=True) if h} & {
        n for n, h in zip(names, held, strict=True) if not h
    }


def test_benchmark_lines_follow_the_digest():
    names = [f"PT-{number}" for number in range(500)]
    expected = [int(hashlib.sha256(f"leap-2|{name}".encode()).hexdigest(), 16) % 5 == 0 for name in names]
    assert digest_test_lines(names, 2).tolist() == expected
    assert 60 < sum(expected) < 140
