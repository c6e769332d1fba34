"""Fingerprints: gene sets, structures, targets; names of panels found in tables; what was never screened."""

import numpy as np
import pandas as pd
import pytest

from leap_core.errors import UserError
from leap_core.io.drug_tables import read_drug_features
from leap_core.io.gene_sets import GeneSets
from leap_core.panel.fingerprints import drug_fingerprints, gene_fingerprints, read_fingerprints

DRUGS = """Drug Id, Name, Synonyms, Targets, Target pathway, SMILES
1,Erlotinib,"Tarceva, OSI-774",EGFR,EGFR signaling,C#Cc1cccc(Nc2ncnc3cc(OCCOC)c(OCCOC)cc23)c1
2,Gefitinib,Iressa,EGFR,EGFR signaling,COc1cc2ncnc(Nc3ccc(F)c(Cl)c3)c2cc1OCCCN1CCOCC1
3,Aspirin,,"PTGS1, PTGS2",Other,CC(=O)Oc1ccccc1C(=O)O
4,Salicylic acid,,"PTGS1, PTGS2",Other,O=C(O)c1ccccc1O
5,Nonsense,,,Other,this is no structure
6,Nameless structure,,,,
"""


@pytest.fixture
def drugs(tmp_path):
    path = tmp_path / "drugs.csv"
    path.write_text(DRUGS)
    return path


def similarity(found, one, other):
    return float(found.table.loc[one] @ found.table.loc[other])


def test_drugs_are_found_by_id_name_and_synonym_and_the_rest_keeps_its_own_name(drugs):
    panel = ["Tarceva_1", "gefitinib", "Aspirin_3", "Unknown drug_99"]
    found = drug_fingerprints(read_drug_features(drugs, "drugs.csv"), panel, "drugs.csv")
    assert found.missing(panel) == ["Unknown drug_99"]
    assert found.others(panel) == ["Salicylic acid", "Nonsense", "Nameless structure"]
    assert similarity(found, "Tarceva_1", "gefitinib") > similarity(found, "Tarceva_1", "Aspirin_3")
    assert similarity(found, "Aspirin_3", "Salicylic acid") > similarity(found, "Aspirin_3", "gefitinib")
    assert found.source == "structure and targets and pathway of drugs.csv"
    # What is not in the table stands at the mean of all.
    assert not found.of(panel)[3].any() and found.of(panel)[:3].any(axis=1).all()
    np.testing.assert_allclose(found.table.to_numpy().mean(axis=0), 0.0, atol=1e-5)


def test_structures_alone_tell_drugs_apart(tmp_path):
    path = tmp_path / "compounds.csv"
    path.write_text(
        "CompoundName,SMILES\n"
        + "\n".join(f"{row.split(',')[1]},{row.rsplit(',', 1)[1]}" for row in DRUGS.splitlines()[1:5])
    )
    found = read_fingerprints(path, ["Erlotinib", "Aspirin"], "drug")
    assert similarity(found, "Erlotinib", "Gefitinib") > similarity(found, "Erlotinib", "Aspirin")
    assert found.source == "structure of compounds.csv"
    again = read_fingerprints(path, ["Erlotinib", "Aspirin"], "drug")
    pd.testing.assert_frame_equal(found.table, again.table)


def test_a_table_that_says_nothing_is_refused(drugs, tmp_path):
    with pytest.raises(UserError, match="0 of the panel's 7 perturbations only"):
        read_fingerprints(drugs, [f"X{number}" for number in range(7)], "drug")
    nothing = tmp_path / "nothing.csv"
    nothing.write_text("drug,phase\nA,1\nB,2\n")
    with pytest.raises(UserError, match="SMILES"):
        read_fingerprints(nothing, ["A", "B"], "drug")
    alike = tmp_path / "alike.csv"
    alike.write_text("drug,target\nA,T1\nB,T2\n")
    with pytest.raises(UserError, match="in common"):
        read_fingerprints(alike, ["A", "B"], "drug")


def test_genes_of_the_same_sets_are_alike_and_genes_of_few_sets_have_none(tmp_path):
    random = np.random.default_rng(0)
    modules = [[f"G{module}_{number}" for number in range(8)] for module in range(4)]
    sets = {
        f"S{module}_{number}": frozenset(random.choice(genes, 6, replace=False))
        for module, genes in enumerate(modules)
        for number in range(10)
    }
    sets["small"] = frozenset({"A", "B"})
    found = gene_fingerprints(GeneSets(sets, "made.gmt"), components=3)
    assert found.table.shape == (32, 3) and found.source == "membership in 40 gene sets of made.gmt"
    values = found.table.to_numpy()
    distance = np.square(values[:, None] - values).sum(axis=2)
    module = np.array([name.split("_")[0] for name in found.table.index])
    same = module[:, None] == module
    assert distance[same].mean() < 0.2 * distance[~same].mean()
    path = tmp_path / "made.gmt"
    path.write_text("\n".join("\t".join([name, "", *sorted(members)]) for name, members in sets.items()))
    pd.testing.assert_frame_equal(
        read_fingerprints(path, ["G0_1", "G3_4"], "gene").table, gene_fingerprints(GeneSets(sets, "made.gmt")).table
    )
    with pytest.raises(UserError, match="no fingerprints"):
        gene_fingerprints(GeneSets({"one": frozenset("ABCDEF")}, "one.gmt"))


@pytest.mark.real_data
def test_real_tables_know_most_of_the_real_panels(real_data):
    drugs = pd.read_parquet(real_data / "drugs" / "gdsc2_ln_ic50.parquet").columns.tolist()
    found = read_fingerprints(real_data / "drugs" / "gdsc_drug_targets.csv", drugs, "drug")
    assert not found.missing(drugs) and len(found.others(drugs)) > 100
