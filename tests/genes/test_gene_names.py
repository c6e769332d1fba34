"""Identifiers of any kind to approved symbols."""

import pandas as pd
import pytest

from leap_core.genes.names import GeneNames, excel_date_genes, kind_of, resolve, species_of

HGNC = pd.DataFrame(
    [
        ("TP53", "p53|LFS1", "", "ENSG00000141510", "7157"),
        ("SEPTIN9", "MSF|AF17q25", "SEPT9", "ENSG00000184640", "10801"),
        ("MARCHF1", "", "MARCH1", "ENSG00000145416", "55016"),
        ("MTARC1", "", "MARC1|MOSC1", "ENSG00000186205", "64757"),
        ("C1orf112", "", "", "ENSG00000000460", "55732"),
        ("CCN1", "GIG1", "CYR61", "ENSG00000142871", "3491"),
        ("CCNA2", "CCN1", "CCNA", "ENSG00000145386", "890"),
        ("CRLF2", "CRL2", "", "ENSG00000205755", "64109"),
        ("ABC1", "SHARED", "", "", ""),
        ("ABC2", "SHARED", "", "", ""),
    ],
    columns=["symbol", "alias_symbol", "prev_symbol", "ensembl_gene_id", "entrez_id"],
)


@pytest.fixture(scope="module")
def names():
    return GeneNames.from_hgnc(HGNC, "test")


@pytest.mark.parametrize(
    ("label", "symbol"),
    [
        ("TP53", "TP53"),
        ("tp53", "TP53"),
        ("p53", "TP53"),
        ("SEPT9", "SEPTIN9"),
        ("C1ORF112", "C1orf112"),
        ("ENSG00000141510", "TP53"),
        ("ENSG00000141510.16", "TP53"),
        ("ENSG00000205755.11_PAR_Y", "CRLF2"),
        ("7157", "TP53"),
        ("7157_at", "TP53"),
        ("7157.0", "TP53"),
        ("TP53 (7157)", "TP53"),
        ("SEPT9 (10801)", "SEPTIN9"),
        ("OLDNAME (7157)", "TP53"),
        ("ENSG00000141510.16|TP53", "TP53"),
        ("TP53|7157", "TP53"),
        ("?|7157", "TP53"),
        ('"TP53"', "TP53"),
        (" TP53 ", "TP53"),
        # An approved symbol is never taken as another gene's alias, a shared alias as neither's.
        ("CCN1", "CCN1"),
        ("SHARED", None),
        ("NOGENE", None),
        ("ENSG99999999999", None),
        ("AFFX-HSAC07/X00351_3_at", None),
    ],
)
def test_identifiers_become_approved_symbols(names, label, symbol):
    assert names.approved_symbol(label) == symbol


@pytest.mark.parametrize(
    ("label", "genes"),
    [
        ("9-Sep", ("SEPTIN9",)),
        ("Sep-02", ("SEPTIN2",)),
        ("2023-09-02", ("SEPTIN2",)),
        ("2023-09-02 00:00:00", ("SEPTIN2",)),
        ("15-Sep", ("SELENOF",)),
        ("1-Mar", ("MARCHF1", "MTARC1")),
        ("3-Mar", ("MARCHF3",)),
        ("1-Dec", ("DELEC1",)),
        ("1-Jan", ()),
        ("TP53", ()),
        ("3-Mar-24", ("MARCHF3",)),
    ],
)
def test_excel_dates_are_repaired_only_where_they_are_certain(label, genes):
    assert excel_date_genes(label) == genes


def test_resolution_counts_and_names_everything(names):
    found = resolve(
        ["TP53", "SEPT9", "ENSG00000142871.3", "1-Mar", "9-Sep", "LOST", "MINE"], names, frozenset({"MINE"})
    )
    assert found.symbols == ("TP53", "SEPTIN9", "CCN1", None, "SEPTIN9", None, "MINE")
    assert found.replaced == {"SEPT9": "SEPTIN9", "9-Sep": "SEPTIN9"}
    assert found.asked == {"1-Mar": ("MARCHF1", "MTARC1")}
    assert found.unmapped == ("1-Mar", "LOST") and found.mapped == 5
    assert found.kinds == {"symbols": 4, "Ensembl ids": 1, "dates made by Excel": 2}


def test_without_tables_symbols_of_the_models_still_work():
    empty = GeneNames()
    assert empty.approved_symbol("TP53") is None and empty.canonical("TP53 (7157)") == "TP53"
    assert resolve(["TP53", "X"], empty, frozenset({"TP53"})).symbols == ("TP53", None)


def test_species_and_kinds_are_named():
    assert species_of([f"ENSMUSG{n:011d}" for n in range(30)]) == "mouse"
    assert species_of(["Trp53", "Sox10", "Kras", "Braf", "Actb"]) == "mouse (or rat)"
    assert species_of(["TP53", "SOX10", "KRAS"]) is None
    assert kind_of("ENST00000269305.9") == "Ensembl transcripts" and kind_of("100009676_at") == "Entrez ids"
