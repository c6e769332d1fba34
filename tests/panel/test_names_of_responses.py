"""Responses under ids, dates, words and beside columns that are no gene, as people have them."""

import numpy as np
import pandas as pd
import pytest

from leap_core.errors import PanelError
from leap_core.genes.table import GeneNames
from leap_core.io.calls import calls_of_words
from leap_core.io.reference import shipped_gene_names
from leap_core.panel.line_names import LineNames
from leap_core.panel.reading import PanelSources, read_panel
from leap_core.panel.tables import Known, with_lines_in_rows

GENES = {"ENSG00000141510": "TP53", "ENSG00000146648": "EGFR", "ENSG00000157404": "KIT", "ENSG00000136997": "MYC"}
LINES = [f"ACH-{n:06d}" for n in range(1, 41)]


@pytest.fixture
def files(tmp_path):
    random = np.random.default_rng(0)
    genes = list(shipped_gene_names().approved)[:60]
    expression = pd.DataFrame(random.uniform(0, 12, (40, 60)).round(3), LINES, genes)
    expression.to_csv(tmp_path / "E.csv")
    pd.DataFrame({"ModelID": LINES, "PatientID": LINES, "OncotreeLineage": "Lung"}).to_csv(
        tmp_path / "L.csv", index=False
    )

    def panel(response, score="gene_effect", name="R.csv"):
        response.to_csv(tmp_path / name)
        return read_panel(PanelSources(tmp_path / "E.csv", tmp_path / name, tmp_path / "L.csv", score, "log2(TPM+1)"))

    return panel


def effects(columns):
    return pd.DataFrame(np.random.default_rng(1).normal(-0.3, 0.5, (40, len(columns))).round(4), LINES, columns)


def test_ids_of_genes_are_read_as_symbols_and_ids_of_drugs_are_not(files):
    panel = files(effects(list(GENES)))
    assert set(panel.response.columns) == set(GENES.values())
    assert any("Ensembl ids read as symbols" in note for note in panel.report.notes)
    assert set(files(effects(["7157", "1956", "3815", "4609"])).response.columns) == {"TP53", "EGFR", "KIT", "MYC"}
    assert set(files(effects(["1003", "1004", "1005"]), "ln_ic50").response.columns) == {"1003", "1004", "1005"}


def test_dates_and_columns_that_are_no_gene(files):
    symbols = [*GENES.values(), *list(shipped_gene_names().approved)[100:140]]
    found = files(effects([*symbols, "2-Sep", "age", "doubling_time", "mean"]))
    assert set(found.response.columns) == {*symbols, "SEPTIN2"}
    assert any("age, doubling_time, mean" in note for note in found.report.notes)


@pytest.mark.parametrize(
    ("ids", "title", "names", "score"),
    [
        (list(GENES), "Symbol", list(GENES.values()), "gene_effect"),
        (["1003", "1004", "1005"], "DRUG_NAME", ["Camptothecin", "Vinblastine", "Cisplatin"], "ln_ic50"),
    ],
)
def test_lines_in_columns_keep_the_names_beside_the_ids(files, ids, title, names, score):
    table = effects(ids).T
    table.insert(0, title, names)
    assert set(files(table, score).response.columns) == set(names)


@pytest.mark.parametrize("pair", [("TRUE", "FALSE"), ("Yes", "No"), ("E", "NE"), ("S", "R"), ("+", "-")])
def test_words_for_calls_are_ones_and_zeros(files, pair):
    truth = (effects(list(GENES.values())) < -0.3).astype(float)
    words = truth.replace({1.0: pair[0], 0.0: pair[1]})
    panel = files(words, "dependency_call")
    assert (panel.response[list(GENES.values())] == truth.astype(np.float32)).all(axis=None)
    with pytest.raises(PanelError, match="Declare dependency_call"):
        files(words, "gene_effect")


def test_one_word_alone_says_nothing_of_the_others():
    table = pd.DataFrame({"KIT": ["hit", "", "hit"], "MYC": ["", "hit", ""]})
    assert calls_of_words(table, "t.csv") == (table, ())


def test_lines_in_columns_without_a_number_are_refused_in_words():
    known = Known(LineNames(ids=frozenset(LINES)), GeneNames())
    with pytest.raises(PanelError, match="no column of numbers"):
        with_lines_in_rows(pd.DataFrame("43%", list(GENES), LINES), "t.csv", known)
