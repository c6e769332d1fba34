"""Rows that go together: by numpy over the lines in common, with intervals that hold, and the way to the other side."""

import numpy as np
import pandas as pd
import pytest

from leap_core.genes.names import GeneNames
from leap_core.io.drug_tables import read_drug_table
from leap_core.pilot.codependencies import MIN_LINES, codependencies
from leap_core.ranking.annotations import Annotations
from leap_core.services.demo import DEMO_DRUGS, DEMO_GENES
from leap_core.services.models import load_model
from leap_core.services.scoring import codependencies_of, other_side_of

NAMES = pd.Index([f"R{number}" for number in range(8)])


def test_correlations_are_those_of_the_lines_in_common():
    random = np.random.default_rng(0)
    values = random.normal(size=(60, 8)) + random.normal(size=(60, 1))
    values[random.random(values.shape) < 0.2] = np.nan
    values[MIN_LINES - 1 :, 5] = np.nan
    measured = values + random.normal(size=values.shape)
    found = codependencies(values, measured, 2, [f"P{number}" for number in range(60)], NAMES, top=5)
    assert "R2" not in found.index and "R5" not in found.index and len(found) == 5
    assert found["residuals"].abs().is_monotonic_decreasing
    for name, row in found.iterrows():
        other = NAMES.get_loc(name)
        both = np.isfinite(values[:, 2]) & np.isfinite(values[:, other])
        assert row["residuals"] == pytest.approx(np.corrcoef(values[both, 2], values[both, other])[0, 1])
        assert row["scores"] == pytest.approx(np.corrcoef(measured[both, 2], measured[both, other])[0, 1])
        assert row["lines"] == both.sum() and row["low"] < row["residuals"] < row["high"]
        assert row["scores_low"] < row["scores"] < row["scores_high"]


def test_from_a_target_to_its_drugs_and_back(demo_store):
    genes, drugs = load_model(DEMO_GENES, demo_store), load_model(DEMO_DRUGS, demo_store)
    named = list(drugs.ensemble.perturbations)[:3]
    rows = "\n".join(f"{drug},{targets}" for drug, targets in zip(named, ("BRAF", "BRAF;SOX10", "NOSUCH"), strict=True))
    table = read_drug_table(f"drug name,targets\n{rows}\n".encode(), "drugs.csv")
    annotations = Annotations(GeneNames(approved=frozenset({"BRAF", "SOX10", "NOSUCH"})), table, (), "key")
    assert other_side_of(genes, drugs, "BRAF", annotations) == sorted(named[:2])
    assert other_side_of(drugs, genes, named[1], annotations) == ["BRAF", "SOX10"]
    assert other_side_of(drugs, genes, named[2], annotations) == []
    found = codependencies_of(genes, "BRAF")
    assert len(found) == 10 and "BRAF" not in found.index and (found["lines"] > 20).all()


def test_intervals_hold_the_planted_correlation():
    held = []
    for seed in range(60):
        random = np.random.default_rng(seed)
        shared = random.normal(size=(150, 1))
        values = 0.6 * shared + 0.8 * random.normal(size=(150, 2))
        row = codependencies(values, values, 0, [f"P{n}" for n in range(150)], NAMES[:2]).iloc[0]
        held.append(row["low"] <= 0.36 <= row["high"])
    assert np.mean(held) >= 0.85
