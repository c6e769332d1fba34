"""The score type of a table: by its file's name and by its numbers, which have to agree."""

import numpy as np
import pandas as pd
import pytest

from leap_core.errors import PanelError
from leap_core.panel.score_of_file import score_of

RANDOM = np.random.default_rng(0)
EFFECTS = RANDOM.normal(-0.2, 0.6, (40, 5))
AREAS = RANDOM.uniform(0.3, 1.0, (40, 5))
LOGS = RANDOM.normal(1.0, 2.5, (40, 5))
CALLS = (EFFECTS < -0.5).astype(float)


def found(name, values, genes=1.0, declared=None):
    return score_of(pd.DataFrame(values, columns=list("ABCDE")), name, genes, declared).key


@pytest.mark.parametrize(
    ("name", "values", "genes", "key"),
    [
        ("CRISPRGeneEffect.csv", EFFECTS, 1.0, "gene_effect"),
        ("CRISPRGeneEffect_binary.csv", CALLS, 1.0, "dependency_call"),
        ("CRISPRGeneDependency.csv", AREAS, 1.0, "gene_dependency"),
        ("CRISPRGeneDependency (1).csv", CALLS, 1.0, "gene_dependency"),
        ("D2_combined_gene_dep_scores.csv", EFFECTS, 1.0, "gene_effect"),
        ("gdsc2_8.5_ln_ic50.parquet", LOGS, 0.0, "ln_ic50"),
        ("LN_IC50.xlsx", LOGS, 0.0, "ln_ic50"),
        ("prism-AUC.csv", AREAS, 0.0, "AUC"),
        ("drugAAC.csv", AREAS, 0.0, "AAC"),
        ("calls.csv", CALLS, 1.0, "dependency_call"),
    ],
)
def test_official_names_and_numbers_that_agree_settle_it(name, values, genes, key):
    assert found(name, values, genes) == key


@pytest.mark.parametrize(
    ("name", "values", "genes"),
    [
        ("avana_gene_dependency_scores.csv", EFFECTS, 1.0),
        ("GeneEffect_probabilities.csv", AREAS, 1.0),
        ("Isaac_Avana.csv", EFFECTS, 1.0),
        ("Bauch_IC50.csv", LOGS, 0.0),
        ("1-AUC.csv", AREAS, 0.0),
        ("neg_ln_IC50.csv", -LOGS, 0.0),
        ("prism_AUC_inverted.csv", AREAS, 0.0),
        ("gdsc_ln_ic50.csv", np.exp(LOGS), 0.0),
        ("CRISPR_AUC.csv", AREAS, 1.0),
        ("drugs_AUC.csv", LOGS, 0.0),
    ],
)
def test_a_part_of_a_name_or_numbers_that_speak_against_it_are_asked(name, values, genes):
    with pytest.raises(PanelError, match="is not certain"):
        found(name, values, genes)


@pytest.mark.parametrize(
    ("name", "values", "declared", "says"),
    [
        ("own.csv", EFFECTS, "gene_dependency", "a probability between 0 and 1"),
        ("own.csv", AREAS, "gene_effect", "an effect is negative"),
        ("own.csv", EFFECTS, "AAC", "an area is not"),
        ("own.csv", np.exp(LOGS), "ln_ic50", "these are concentrations"),
        ("03_scaledBayesianFactors.tsv", EFFECTS, "gene_effect", "Bayes factor"),
    ],
)
def test_what_is_declared_is_held_against_the_numbers_and_the_name(name, values, declared, says):
    with pytest.raises(PanelError, match=says):
        found(name, values, declared=declared)


def test_logarithms_in_nanomolar_and_names_that_say_the_same_stay_as_declared():
    assert found("drugs.csv", LOGS + np.log(1000), declared="ln_ic50") == "ln_ic50"
    assert found("avana_gene_dependency_scores.csv", EFFECTS, declared="gene_effect") == "gene_effect"
    assert found("Repurposing_LFC_matrix.csv", EFFECTS, 0.0, declared="AUC") == "AUC"
