"""Correlations of the biomarker card: Spearman, and the partial one given the lineage."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import rankdata, spearmanr

from leap_core.explain.biomarkers import BIOMARKER_COLUMNS, biomarker_correlations
from leap_core.explain.explanation import biomarkers, explain
from leap_core.services.demo import DEMO_GENES, demo_gene_sets
from leap_core.services.models import load_model


def made(lines=120, lineages=6, seed=0):
    random = np.random.default_rng(seed)
    lineage = random.integers(0, lineages, lines)
    shift = 3.0 * random.normal(size=lineages)[lineage]
    hidden = random.normal(size=lines)
    expression = pd.DataFrame(
        {
            "OF-LINEAGE": shift + random.normal(size=lines),
            "OF-ITSELF": hidden + 0.3 * random.normal(size=lines),
            "FLAT": 1.0,
        }
    )
    measured = shift + hidden + 0.3 * random.normal(size=lines)
    measured[::17] = np.nan
    return (
        expression,
        measured,
        [f"lineage {number}" for number in lineage],
        [f"P{number // 2}" for number in range(lines)],
    )


def test_correlations_are_spearmans_and_the_regressions_on_lineage():
    expression, measured, lineage, patients = made()
    table = biomarker_correlations(expression, measured, lineage, patients)
    seen = np.isfinite(measured)
    assert tuple(table.columns) == BIOMARKER_COLUMNS and table.index.tolist() == ["OF-LINEAGE", "OF-ITSELF", "FLAT"]
    indicators = pd.get_dummies(pd.Series(lineage)[seen]).to_numpy(dtype=float)
    for gene in ("OF-LINEAGE", "OF-ITSELF"):
        x, y = rankdata(expression[gene][seen]), rankdata(measured[seen])
        assert table.loc[gene, "correlation"] == pytest.approx(spearmanr(x, y)[0], abs=1e-9)
        rest = [values - indicators @ np.linalg.lstsq(indicators, values, rcond=None)[0] for values in (x, y)]
        assert table.loc[gene, "within_lineage"] == pytest.approx(np.corrcoef(*rest)[0, 1], abs=1e-9)
    assert table.loc["FLAT", list(BIOMARKER_COLUMNS[:6])].isna().all() and (table["lines"] == seen.sum()).all()


def test_what_is_lineage_disappears_within_lineages():
    table = biomarker_correlations(*made(lines=300))
    assert table.loc["OF-LINEAGE", "correlation"] > 0.7 and abs(table.loc["OF-LINEAGE", "within_lineage"]) < 0.2
    assert table.loc["OF-LINEAGE", "within_low"] < 0 < table.loc["OF-LINEAGE", "within_high"]
    assert table.loc["OF-ITSELF", "within_lineage"] > 0.8 > table.loc["OF-ITSELF", "correlation"]
    within = table.loc["OF-ITSELF"]
    assert within["within_low"] < within["within_lineage"] < within["within_high"]


def test_unknown_and_single_lineages_are_left_out_and_few_lines_say_nothing():
    expression, measured, lineage, patients = made()
    lineage[1], lineage[2], lineage[3] = "alone", "Unknown", "Unknown"
    table = biomarker_correlations(expression, measured, lineage, patients)
    assert table["lines_within"].iloc[0] == table["lines"].iloc[0] - 3
    few = np.where(np.arange(len(measured)) < 8, measured, np.nan)
    assert (
        biomarker_correlations(expression, few, lineage, patients)[["correlation", "within_lineage"]]
        .isna()
        .all(axis=None)
    )
    nobody = biomarker_correlations(expression, measured, ["Unknown"] * len(measured), patients)
    assert nobody["within_lineage"].isna().all() and nobody["correlation"].notna().any()


def test_the_most_stable_genes_of_the_demo_go_with_what_was_measured(demo_store):
    model = load_model(DEMO_GENES, demo_store)
    found = explain(model, "SOX10", demo_gene_sets())
    table = biomarkers(model, found)
    assert len(table) == 5 and table.index.tolist() == found.table()["feature"].head(5).tolist()
    # More expressed, more dependent: a lower gene effect.
    assert (table["correlation"].head(2) < 0).all() and (table["sign"].head(2) == -1).all()
    assert (np.sign(table["correlation"]) == np.sign(table["sign"])).all()
    assert (table["within_lineage"].abs() < table["correlation"].abs()).head(2).all()


def test_a_gap_takes_the_genes_mean_and_rare_calls_still_have_an_interval():
    expression, measured, lineage, patients = made()
    whole = biomarker_correlations(expression, measured, lineage, patients)
    expression.loc[3, "OF-ITSELF"] = np.nan
    gappy = biomarker_correlations(expression, measured, lineage, patients)
    assert gappy.loc["OF-ITSELF", "correlation"] == pytest.approx(whole.loc["OF-ITSELF", "correlation"], abs=0.05)
    calls = np.zeros(120)
    calls[:2] = 1.0
    rare = biomarker_correlations(expression, calls, lineage, [f"P{number}" for number in range(120)])
    assert rare.loc["OF-LINEAGE", ["correlation", "low", "high"]].notna().all()
