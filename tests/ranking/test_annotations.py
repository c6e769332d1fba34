"""Drugs against genes, targets of drugs, common essentials of a list; agreement of drug and target."""

import numpy as np
import pandas as pd
import pytest

from leap_core.genes.names import GeneNames
from leap_core.io.drug_tables import read_drug_table
from leap_core.ranking.annotations import Annotations, annotate_drugs, annotate_genes, target_genes
from leap_core.ranking.concordance import AGREES, CONFLICTS, concordance

NAMES = GeneNames(
    approved=frozenset({"BRAF", "MAP2K1", "MAP2K2", "MDM2", "RPL3", "TP53"}),
    aliases={"MEK1": "MAP2K1", "MEK2": "MAP2K2"},
    entrez={"673": "BRAF"},
)
TABLES = pd.concat(
    [
        read_drug_table(
            b"drug id,name,synonyms,targets,target pathway\n11,PLX-4720,PLX4720,BRAF,ERK MAPK"
            b' signaling\n12,Refametinib,RDEA119,"MEK1, MEK2",ERK MAPK signaling\n13,Cisplatin,,DNA crosslinker,DNA'
            b" replication\n",
            "gdsc.csv",
        ),
        read_drug_table(
            b"gene_name,interaction_type,drug_name,approved\nBRAF,inhibitor,VEMURAFENIB,TRUE\n"
            b"MDM2,inhibitor,NUTLIN-3,FALSE\nBRAF,inhibitor,PLX4720,FALSE\n",
            "dgidb.csv",
        ),
        read_drug_table(b"EntrezID\tInhibitors\n673\tDABRAFENIB\n", "by_gene.txt"),
    ],
    ignore_index=True,
)
ANNOTATIONS = Annotations(NAMES, TABLES, ("RPL3",), "key")


def genes(**columns):
    table = pd.DataFrame(
        {
            "common_essential": pd.array([False, False, pd.NA, False], dtype="boolean"),
            "panel_class": ["", "strongly selective", "", ""],
        },
        index=["BRAF", "MDM2", "RPL3", "TP53"],
    )
    return table.assign(**columns)


def test_genes_get_their_drugs_and_the_lists_common_essentials():
    table = annotate_genes(genes(), ANNOTATIONS)
    assert (
        table.loc["BRAF", "approved_drugs"] == "VEMURAFENIB"
        and table.loc["BRAF", "other_drugs"] == "DABRAFENIB, PLX-4720"
    )
    assert table["tractable"].tolist() == [1.0, 0.5, 0.0, 0.0] and table.loc["TP53", "other_drugs"] == ""
    assert table["common_essential"].tolist() == [False, False, True, False]
    assert table["panel_class"].tolist() == ["", "strongly selective", "common essential", ""]
    assert "approved_drugs" not in annotate_genes(genes(), Annotations()) and genes().equals(
        annotate_genes(genes(), Annotations())
    )


def test_drugs_are_found_by_id_name_and_synonym_and_their_targets_are_genes():
    names = ["PLX-4720_11", "rdea119", "Cisplatin_13", "Unheard-of_14", "Refametinib_11"]
    table = annotate_drugs(pd.DataFrame(index=names), ANNOTATIONS)
    assert table["targets"].tolist() == ["BRAF", "MEK1, MEK2", "DNA crosslinker", "", "MEK1, MEK2"]
    assert table["pathway"].tolist()[:4] == ["ERK MAPK signaling", "ERK MAPK signaling", "DNA replication", ""]
    # An id alone is not enough: 11 is another drug's.
    assert target_genes(names, ANNOTATIONS) == {
        "PLX-4720_11": {"BRAF"},
        "rdea119": {"MAP2K1", "MAP2K2"},
        "Refametinib_11": {"MAP2K1", "MAP2K2"},
    }
    assert table["approved"].tolist()[0] is False and pd.isna(table["approved"].iloc[2])


def levels(values, accuracy=0.5, status="ok"):
    return pd.DataFrame(
        {"panel_percentile": values, "accuracy": accuracy, "status": status},
        index=[f"r{n}" for n in range(len(values))],
    )


def test_families_are_their_members_and_numbers_become_symbols():
    table = read_drug_table(b'drug,targets\nmidostaurin,"PKC, PI3K"\nfingolimod,S1P\n', "free_text.csv")
    by_gene = read_drug_table(b"EntrezID\tInhibitors\n673\tPLX-4720\n999\tPLX-4720\n", "by_gene.txt")
    names = GeneNames(
        approved=frozenset({"PRRT2", "PIK3CA", "MBTPS1", "BRAF"}),
        aliases={"PKC": "PRRT2", "PI3K": "PIK3CA", "S1P": "MBTPS1"},
        entrez={"673": "BRAF"},
    )
    annotations = Annotations(names, pd.concat([TABLES, table, by_gene], ignore_index=True))
    against = annotations.drugs_against
    assert (
        "PRRT2" not in against
        and "MBTPS1" not in against
        and "midostaurin" in against["PRKCA"]
        and "midostaurin" in against["PIK3CB"]
    )
    assert (
        annotations.entry("PLX-4720_11").targets == "BRAF" and annotations.entry("midostaurin").targets == "PKC, PI3K"
    )


@pytest.mark.parametrize(
    ("drug", "targets", "drug_says", "first_gene_says"),
    [
        (95, [90, 10], AGREES, AGREES),
        (95, [30, 10], CONFLICTS, ""),
        (95, [60, 10], "", ""),
        (40, [90, 95], "", CONFLICTS),
        (60, [90, 95], "", ""),
    ],
)
def test_agreement_and_conflict_by_their_rule(drug, targets, drug_says, first_gene_says):
    of_genes, of_drugs = concordance(
        levels(targets), levels([drug]).set_axis(["d"], axis=0), {"d": frozenset({"r0", "r1"})}, 0.2, 0.2
    )
    assert of_drugs.loc["d", "concordance"] == drug_says and of_genes.loc["r0", "concordance"] == first_gene_says
    assert of_drugs.loc["d", "other_side"].startswith(f"r{int(np.argmax(targets))} {max(targets)}")


def test_what_is_predicted_badly_counts_for_nothing_and_the_general_sensitivity_is_taken_off():
    drugs = levels([95]).set_axis(["d"], axis=0)
    badly = levels([5, 5], accuracy=0.1)
    assert concordance(badly, drugs, {"d": frozenset({"r0"})}, 0.2, 0.2)[1].loc["d", "concordance"] == ""
    constant = levels([5, 5], status="constant response")
    assert concordance(constant, drugs, {"d": frozenset({"r0"})}, 0.2, 0.2)[1].loc["d", "concordance"] == ""
    relative = drugs.assign(relative_percentile=40.0)
    assert concordance(levels([5, 5]), relative, {"d": frozenset({"r0"})}, 0.2, 0.2)[1].loc["d", "concordance"] == ""
