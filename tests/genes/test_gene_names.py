"""Identifiers of any kind to approved symbols."""

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leap_core.genes.headers import symbol_of
from leap_core.genes.names import (
    GeneNames,
    Lookup,
    excel_date_genes,
    identifier_list,
    kind_of,
    resolve,
    species_of,
    what_they_are,
)

ROWS = [
    ("TP53", "p53|LFS1", "", "ENSG00000141510", "7157", "HGNC:11998"),
    ("SEPTIN9", "MSF|AF17q25", "SEPT9", "ENSG00000184640", "10801", "HGNC:7323"),
    ("MARCHF1", "", "MARCH1", "ENSG00000145416", "55016", "HGNC:26077"),
    ("MTARC1", "", "MARC1|MOSC1", "ENSG00000186205", "64757", "HGNC:26189"),
    ("C1orf112", "", "", "ENSG00000000460", "55732", "HGNC:25565"),
    ("CCN1", "GIG1", "CYR61", "ENSG00000142871", "3491", "HGNC:2654"),
    ("CCNA2", "CCN1", "CCNA", "ENSG00000145386", "890", "HGNC:1578"),
    ("CRLF2", "CRL2", "", "ENSG00000205755", "64109", "HGNC:14281"),
    ("ABC1", "SHARED", "", "", "", ""),
    ("ABC2", "SHARED", "", "", "", ""),
    ("HLA-A", "", "", "ENSG00000206503", "3105", "HGNC:4931"),
    ("TBCE", "HRD", "", "ENSG00000284770", "6905", "HGNC:11582"),
    ("RIT2", "RIN", "", "ENSG00000152214", "6014", "HGNC:10017"),
    ("TBXT", "", "T", "ENSG00000164458", "6862", "HGNC:11515"),
    ("ERBB2", "HER2|NEU", "NGL", "ENSG00000141736", "2064", "HGNC:3430"),
    ("SET", "PHAPII", "", "ENSG00000119335", "6418", "HGNC:10760"),
    ("MIR1-1", "", "", "ENSG00000199017", "406904", "HGNC:31499"),
    ("CEBPE", "CRP1", "", "ENSG00000092067", "1053", "HGNC:1836"),
    *((f"GENE{n}", f"ALIAS{n}", f"OLD{n}", f"ENSG{n:011d}", str(900000 + n), f"HGNC:{90000 + n}") for n in range(60)),
]
HGNC = pd.DataFrame(ROWS, columns=["symbol", "alias_symbol", "prev_symbol", "ensembl_gene_id", "entrez_id", "hgnc_id"])
NAMES = GeneNames.from_hgnc(HGNC, "test")
OTHERS = [f"GENE{n}" for n in range(60)]


@pytest.fixture(scope="module")
def names():
    return NAMES


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
        ("ENSGR0000205755.7", "CRLF2"),
        ("ENSG00000141510.18_5", "TP53"),
        ("ENSG00000141510_at", "TP53"),
        ("ENSG 00000141510", "TP53"),
        ("7157", "TP53"),
        ("7157.0", "TP53"),
        ("406,904", "MIR1-1"),
        ("TP53 (7157)", "TP53"),
        ("SEPT9 (10801)", "SEPTIN9"),
        ("OLDNAME (7157)", "TP53"),
        ("TP53 (Unknown)", "TP53"),
        ("TP53 (ENSG00000141510)", "TP53"),
        ("TP53 (ENSG00000141510.18)", "TP53"),
        ("NEWNAME (ENSG00000141510)", "TP53"),
        ("TP53 (ENSG99999999999)", "TP53"),
        ("ENSG00000141510.16|TP53", "TP53"),
        ("TP53|ENSG00000141510.16", "TP53"),
        ("TP53_ENSG00000141510", "TP53"),
        ("ENSG00000141510.16_TP53", "TP53"),
        ("MSTRG.7|TP53", "TP53"),
        ("MSTRG.7|ENSG00000141510", "TP53"),
        ("7157|TP53", "TP53"),
        ("TP53|7157", "TP53"),
        ("?|7157", "TP53"),
        ("TP53..7157.", "TP53"),
        ("TP53..ENSG00000141510.", "TP53"),
        ("TP53..ENSG00000141510.18.", "TP53"),
        ("HLA.A", "HLA-A"),
        ("HLA.A..3105.", "HLA-A"),
        ("gene-TP53", "TP53"),
        ("gene-CRLF2-2", "CRLF2"),
        ("gene-HLA-A", "HLA-A"),
        ("gene:ENSG00000141510", "TP53"),
        ("GeneID:7157", "TP53"),
        ("hsa:7157", "TP53"),
        ("GRCh38_TP53", "TP53"),
        ("GRCh38___TP53", "TP53"),
        ("GRCh38_ENSG00000141510.3", "TP53"),
        ("hg19_TP53", "TP53"),
        ("hg38_TP53", "TP53"),
        ("HGNC:11998", "TP53"),
        ("hgnc:11998", "TP53"),
        ('"TP53"', "TP53"),
        (" TP53 ", "TP53"),
        ("TP\u200b53", "TP53"),
        ("\ufeffTP53", "TP53"),
        ("TP53\u00a0", "TP53"),
        ("TP\u00ad53", "TP53"),
        ("HLA\u2010A", "HLA-A"),
        # An approved symbol is never taken as another gene's alias, a shared alias as neither's.
        ("CCN1", "CCN1"),
        ("SHARED", None),
        ("NOGENE", None),
        ("ENSG99999999999", None),
        # Two genes in one label are none.
        ("TP53|SET", None),
        ("ENSG00000141510|ENSG00000206503", None),
        # By itself it may be BrainArray's; `resolve` decides it by the whole file.
        ("7157_at", "TP53"),
        ("1053_s_at", None),
        ("AFFX-HSAC07/X00351_3_at", None),
        ("mm10_TP53", None),
        ("GRCm39_TP53", None),
        ("GRCm38___ENSG00000141510", None),
        ("ENSMUSG00000059552|TP53", None),
        ("TP53-201", None),
        ("ENST00000269305.9|ENSG00000141510", None),
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
        ("2023-09-02T00:00:00.000Z", ("SEPTIN2",)),
        ("15-Sep", ("SELENOF",)),
        ("1-Mar", ("MARCHF1", "MTARC1")),
        ("3-Mar", ("MARCHF3",)),
        ("1-Dec", ("DELEC1",)),
        ("3-Mar-24", ("MARCHF3",)),
        ("02-Sep-21", ("SEPTIN2",)),
        ("2-September", ("SEPTIN2",)),
        ("02. Sep", ("SEPTIN2",)),
        ("2. September 2021", ("SEPTIN2",)),
        ("5-mars", ("MARCHF5",)),
        ("5. März", ("MARCHF5",)),
        ("05. Mrz", ("MARCHF5",)),
        ("1. Dez", ("DELEC1",)),
        ("1-déc.", ("DELEC1",)),
        ("2-sept.", ("SEPTIN2",)),
        ("02-set", ("SEPTIN2",)),
        ("2 de septiembre de 2021", ("SEPTIN2",)),
        ("5-mrt", ("MARCHF5",)),
        ("5/março", ("MARCHF5",)),
        ("September 2, 2021", ("SEPTIN2",)),
        ("9月2日", ("SEPTIN2",)),
        ("X2.Sep", ("SEPTIN2",)),
        ("9/15/2021", ("SELENOF",)),
        ("15.09.2021", ("SELENOF",)),
        ("9/3/2021", ("MARCHF9", "SEPTIN3")),
        ("1-Jan", ()),
        ("Sep-2021", ()),
        ("16-Sep", ()),
        ("12-Mar", ()),
        ("TP53", ()),
        ("SEPT9", ()),
        ("HLA-A", ()),
        ("SET", ()),
    ],
)
def test_excel_dates_are_repaired_only_where_they_are_certain(label, genes):
    assert excel_date_genes(label) == genes


def test_resolution_counts_and_names_everything(names):
    found = resolve(
        ["TP53", "SEPT9", "ENSG00000142871.3", "1-Mar", "7-Sep", "LOST", "MINE"], names, frozenset({"MINE"})
    )
    assert found.symbols == ("TP53", "SEPTIN9", "CCN1", None, "SEPTIN7", None, "MINE")
    assert found.replaced == {"SEPT9": "SEPTIN9", "7-Sep": "SEPTIN7"}
    assert found.asked == {"1-Mar": ("MARCHF1", "MTARC1")}
    assert found.unmapped == ("1-Mar", "LOST") and found.mapped == 5
    assert found.kinds == {"symbols": 4, "Ensembl ids": 1, "dates made by Excel": 2}


def test_without_tables_symbols_of_the_models_still_work():
    empty = GeneNames()
    assert empty.approved_symbol("TP53") is None and empty.canonical("TP53 (7157)") == "TP53"
    assert resolve(["TP53", "X"], empty, frozenset({"TP53"})).symbols == ("TP53", None)
    assert resolve(["TP53 (7157)", "X"], empty, frozenset({"TP53"})).symbols == ("TP53", None)


@pytest.mark.parametrize(
    ("header", "symbol"),
    [
        ("SOX10 (6663)", "SOX10"),
        ("SOX10 (Unknown)", "SOX10"),
        ("SOX10 (ENSG00000100146)", "SOX10"),
        ("SOX10..6663.", "SOX10"),
        ("XIST..7503.", "XIST"),
        ("HLA-A", "HLA-A"),
        ("AZ (rep 1)", "AZ (rep 1)"),
    ],
)
def test_headers_of_panels_are_shortened_to_their_symbols(header, symbol):
    assert symbol_of(header) == symbol


def test_species_and_kinds_are_named():
    assert species_of([f"ENSMUSG{n:011d}" for n in range(30)]) == "mouse"
    assert species_of([f"mm10_Gene{n}" for n in range(30)]) == "mouse"
    assert species_of(["Trp53", "Sox10", "Kras", "Braf", "Actb"]) == "mouse (or rat)"
    assert species_of(["TP53", "SOX10", "KRAS"]) is None
    # Mouse genes at the top of a table that is mostly human.
    mixed = [f"ENSMUSG{n:011d}" for n in range(8000)] + [f"ENSG{n:011d}" for n in range(12000)]
    assert species_of(mixed) is None and species_of(mixed[:14000]) == "mouse"


@pytest.mark.parametrize(
    ("label", "kind"),
    [
        ("TP53", "symbols"),
        ("ENST00000269305.9", "transcripts"),
        ("NM_000546.6", "transcripts"),
        ("TP53-201", "transcripts"),
        ("rna-NM_000546.6", "transcripts"),
        ("200000_s_at", "microarray probe sets"),
        ("1053_at", "microarray probe sets"),
        ("AFFX-BioB-3_at", "microarray probe sets"),
        ("ILMN_1343291", "microarray probe sets"),
        ("A_23_P100001", "microarray probe sets"),
        ("7896740_st", "microarray probe sets"),
        ("cg00000029", "methylation probes"),
        ("MSTRG.12", "StringTie's own names"),
        ("ENSG00000141510.3", "Ensembl ids"),
        ("ENSG00000141510_at", "Ensembl ids"),
        ("7157", "Entrez ids"),
        ("TP53 (7157)", "symbols with Entrez id"),
        ("TP53 (ENSG00000141510)", "symbols with Ensembl id"),
        ("HGNC:11998", "HGNC ids"),
        ("ENSMUSG00000059552", "genes of another species"),
        ("mm10_Trp53", "genes of another species"),
        ("2-Sep", "dates made by Excel"),
    ],
)
def test_a_label_by_itself_has_a_kind(label, kind):
    assert kind_of(label) == kind


DECORATIONS = [
    "{symbol}",
    "{symbol} ({entrez})",
    "{symbol} ({ensembl})",
    "{symbol} ({ensembl}.7)",
    "{symbol}|{entrez}",
    "{entrez}|{symbol}",
    "{ensembl}|{symbol}",
    "{ensembl}.12|{symbol}",
    "{symbol}_{ensembl}",
    "{ensembl}_{symbol}",
    "{ensembl} {symbol}",
    "MSTRG.12|{symbol}",
    "gene-{symbol}",
    "gene:{ensembl}",
    "GRCh38_{symbol}",
    "GRCh38___{ensembl}",
    "hg19_{symbol}",
    "{symbol}..{entrez}.",
    "{symbol}..{ensembl}.",
    "{hgnc}",
    "{ensembl}.3_PAR_Y",
    "{ensembl}_at",
    " {symbol}\u200b",
    "\ufeff{symbol}",
    '"{symbol}"',
    "{entrez}.0",
    "{symbol}_{entrez}",
    "{symbol}:{entrez}",
    "{entrez}_{symbol}",
    "{entrez};{symbol}",
    "LOC{entrez}",
]


def decorated(row, form):
    symbol, _, _, ensembl, entrez, hgnc = row
    return form.format(symbol=symbol, ensembl=ensembl, entrez=entrez, hgnc=hgnc)


@given(
    st.lists(st.tuples(st.sampled_from([row for row in ROWS if row[3]]), st.sampled_from(DECORATIONS)), min_size=1),
    st.permutations(DECORATIONS),
)
@settings(max_examples=60, deadline=None)
def test_any_decoration_of_a_gene_is_that_gene(drawn, order):
    # Numbers alone count as strays where nearly all is symbols, which decided files are not.
    labels = [decorated(row, form) for row, form in drawn] + [decorated(ROWS[0], form) for form in order]
    expected = [row[0] for row, _ in drawn] + ["TP53"] * len(order)
    assert list(resolve(labels, NAMES).symbols) == expected


@given(
    st.sampled_from(DECORATIONS), st.lists(st.sampled_from([row for row in ROWS if row[3]]), min_size=1, unique=True)
)
@settings(max_examples=60, deadline=None)
def test_a_file_decorated_throughout_is_its_genes(form, rows):
    assert list(resolve([decorated(row, form) for row in rows], NAMES).symbols) == [row[0] for row in rows]


@given(st.lists(st.text(alphabet="TP53SE|_.() -ENG0147510gne:HLA\u00a0\u200b", max_size=24), max_size=30))
@settings(max_examples=150, deadline=None)
def test_whatever_stands_there_is_one_gene_or_none_and_is_counted(labels):
    found = resolve(labels, NAMES)
    assert len(found.symbols) == len(labels) == sum(found.kinds.values())
    assert {symbol for symbol in found.symbols if symbol is not None} <= NAMES.approved
    assert len(found.unmapped) == len(labels) - found.mapped
    assert found == resolve(labels, NAMES)


def test_brainarray_is_told_from_affymetrix_by_the_whole_file(names):
    own = [f"{900000 + n}_at" for n in range(60)]
    found = resolve([*own, "AFFX-BioB-3_at"], names)
    assert found.symbols[:2] == ("GENE0", "GENE1") and found.symbols[-1] is None
    assert found.kinds == {"Entrez ids": 60, "microarray probe sets": 1}
    for other in (["200000_s_at"], [f"{200000 + n}_at" for n in range(30)]):
        found = resolve([*own, *other], names)
        assert found.mapped == 0 and "probe sets of a microarray" in what_they_are(found)


def test_what_r_made_of_names_is_read_by_the_whole_file(names):
    found = resolve([*OTHERS, "HLA.A", "MIR1.1", "TBCE", "TBCE.1"], names)
    assert found.symbols[-4:] == ("HLA-A", "MIR1-1", "TBCE", "TBCE")
    # With dashes in it the file was not changed: a dot and a number is the second of one name.
    assert resolve(["HLA-A", "MIR1.1", "TBCE", "TBCE.1", "TBCE-2"], names).symbols == (
        "HLA-A",
        None,
        "TBCE",
        "TBCE",
        "TBCE",
    )
    assert resolve([f"X{900000 + n}" for n in range(40)], names).symbols[:2] == ("GENE0", "GENE1")
    assert resolve([*OTHERS, "X900001"], names).symbols[-1] is None


@pytest.mark.parametrize(
    ("dates", "genes"),
    [
        (["9/2/2021", "9/5/2021", "3/6/2021"], ["SEPTIN2", "SEPTIN5", "MARCHF6"]),
        (["02/09/2021", "05/09/2021", "06/03/2021"], ["SEPTIN2", "SEPTIN5", "MARCHF6"]),
        (["02.09.2021", "15.09.2021"], ["SEPTIN2", "SELENOF"]),
        (["9/2/2021", "9/15/2021"], ["SEPTIN2", "SELENOF"]),
        (["44441", "44444", "44261"], ["SEPTIN2", "SEPTIN5", "MARCHF6"]),
        # The calendar of old Macintosh files, by which alone all are genes.
        (["42978", "42991", "42799"], ["SEPTIN1", "SEPTIN14", "MARCHF6"]),
    ],
)
def test_the_order_of_dates_is_decided_over_all_of_them(names, dates, genes):
    found = resolve([*OTHERS, *dates], names)
    assert list(found.symbols[len(OTHERS) :]) == genes and found.asked == {}
    assert found.kinds == {"symbols": len(OTHERS), "dates made by Excel": len(dates)}


def test_dates_of_either_order_are_asked_and_the_answer_is_taken(names):
    found = resolve([*OTHERS, "9/3/2021", "3/9/2021"], names)
    assert found.symbols[-2:] == (None, None)
    assert found.asked == {"9/3/2021": ("MARCHF9", "SEPTIN3"), "3/9/2021": ("SEPTIN3", "MARCHF9")}
    found = resolve([*OTHERS, "9/3/2021"], names, dates={"9/3/2021": "SEPTIN3"})
    assert found.symbols[-1] == "SEPTIN3" and list(found.asked) == ["9/3/2021"]
    assert resolve([*OTHERS, "9/3/2021"], names, dates={"9/3/2021": "TP53"}).symbols[-1] is None


def test_numbers_are_serials_only_among_symbols(names):
    entrez = [str(900000 + n) for n in range(40)]
    assert resolve([*entrez, "7157"], names).symbols[-1] == "TP53"
    # A single number among symbols is neither an Entrez id nor, unless a date of genes, anything else.
    assert resolve([*OTHERS, "7157"], names).symbols[-1] is None
    assert resolve([*OTHERS, "44500"], names).symbols[-1] is None
    # Clones and the like make it no less a table of symbols.
    clones = [f"RP11-{n}P13.2" for n in range(100)]
    assert resolve([*OTHERS, *clones, "44441", "7157"], names).symbols[-2:] == ("SEPTIN2", None)
    # A symbol and the id of another gene are no pair.
    assert resolve([*OTHERS, "TP53_3105"], names).symbols[-1] is None


def test_numbers_of_rows_are_no_genes():
    numbered = GeneNames(frozenset({"A1BG"}), entrez={str(n): "A1BG" for n in range(100)})
    for first in (0, 1):
        found = resolve([str(n) for n in range(first, 60)], numbered)
        assert found.mapped == 0 and "numbers of rows" in what_they_are(found)
    assert resolve(["7", "3", "9", "1", "2", "40"], numbered).mapped == 6


def test_another_name_never_replaces_a_gene_that_is_there_itself(names):
    found = resolve([*OTHERS, "RIN", "RIT2", "HER2", "ERBB2 (2064)", "set", "SET", "ALIAS1"], names)
    assert found.shadowed == {"RIN": "RIT2", "HER2": "ERBB2", "set": "SET", "ALIAS1": "GENE1"}
    assert found.symbols[len(OTHERS) :] == (None, "RIT2", None, "ERBB2", None, "SET", None)
    assert set(found.unmapped) == {"RIN", "HER2", "set", "ALIAS1"} and "RIN: RIT2" in found.notes[0]
    table = identifier_list(found).set_index("name")
    assert table.loc["RIN", "gene"] == "RIT2" and table.loc["RIN", "what"] == "there itself"


def test_symbols_of_a_model_that_were_merged_since_stay_two_genes(names):
    known = frozenset({"OLD1", "OLD2", "ALIAS2", "OLD3"})
    # The file has the gene itself, or two names of one gene: the model tells them apart.
    found = resolve(["OLD1", "GENE1", "OLD2", "ALIAS2", "OLD3"], names, known)
    assert found.symbols == ("OLD1", "GENE1", "OLD2", "ALIAS2", "GENE3")
    assert found.shadowed == {} and found.replaced == {"OLD3": "GENE3"}
    assert resolve(["OLD1", "GENE1"], names).symbols == (None, "GENE1")


def test_of_two_names_of_one_gene_a_placeholder_is_left_out():
    table = pd.DataFrame(
        [("SEPTIN4", "", "PNUTL2|C17orf47|SEPT4", "", ""), ("B", "", "C1orf1|C2orf2", "", "")],
        columns=["symbol", "alias_symbol", "prev_symbol", "ensembl_gene_id", "entrez_id"],
    )
    names = GeneNames.from_hgnc(table, "test")
    found = resolve(["C17orf47", "SEPT4"], names)
    assert found.symbols == (None, "SEPTIN4") and found.shadowed == {"C17orf47": "SEPTIN4"}
    assert resolve(["C17orf47"], names).symbols == ("SEPTIN4",)
    # Two names, or two placeholders: which is the gene's is not known, and the caller's rule for repeats holds.
    assert resolve(["PNUTL2", "SEPT4"], names).symbols == ("SEPTIN4", "SEPTIN4")
    assert resolve(["C1orf1", "C2orf2"], names).symbols == ("B", "B")


def test_columns_of_a_sample_sheet_are_no_genes(names):
    assert resolve([*OTHERS, "RIN", "T", "batch", "age", "HER2"], names).mapped == len(OTHERS)
    # One such name in a table that has old names throughout is one of them.
    old = [f"OLD{n}" for n in range(30)]
    assert resolve([*OTHERS[30:], *old, "T"], names).symbols[-1] == "TBXT"
    assert resolve([*OTHERS[30:], *old, "T", "HER2", "batch"], names).symbols[-3:] == (None, None, None)


def test_other_capitals_count_where_the_whole_file_has_them(names):
    assert resolve([name.lower() for name in [*OTHERS, "TP53", "HLA-A"]], names).symbols[-2:] == ("TP53", "HLA-A")
    assert resolve([*OTHERS, "tp53", "Tp53", "C1ORF112"], names).symbols[-3:] == (None, None, "C1orf112")


def test_labels_of_any_length_and_depth_are_looked_at_once(names):
    chain = ["TBCE" + ".1" * depth for depth in range(2000)]
    odd = ["gene-" * 4000 + "TP53", "hg38_" * 50 + "TP53", "A" + " " * 20000 + "(B", "ENSG" + "1" * 5000, "(" * 3000]
    found = resolve([*chain, *odd], names)
    assert found.symbols[:2] == ("TBCE", "TBCE") and set(found.symbols[-len(odd) :]) == {None}


def test_invisible_characters_are_counted(names):
    found = resolve(["TP53\u200b", "HLA\u00a0(3105)", "SET", "TP53\u00a0(7157)", " ABC1 "], names)
    assert found.symbols == ("TP53", "HLA-A", "SET", "TP53", "ABC1") and found.hidden == 3
    assert found.notes == ("invisible characters taken out of 3 names",)


def test_lookup_counts_genes_by_the_whole_column(names):
    count = Lookup(names, frozenset({"MINE"})).count
    assert count(["TP53", "MINE", "ENSG99999999999", "LOST"]) == 3
    assert count([str(n) for n in range(900000, 900040)]) == 40
    assert count([f"1{n:03d}_s_at" for n in range(30)] + ["1053_at"]) == 0
    assert count([]) == 0


def test_tables_can_be_put_together(names):
    other = GeneNames(
        frozenset({"NEW1", "SEPT9"}),
        {"NEW1": "NEW1", "FRESH": "NEW1"},
        {"ENSG00000999999": "NEW1"},
        {"777": "SEPT9"},
        "b",
    )
    both = names.with_genes_of(other)
    assert both.approved_symbol("NEW1") == both.approved_symbol("ENSG00000999999") == "NEW1"
    assert both.approved_symbol("SEPT9") == both.approved_symbol("777") == "SEPTIN9" and "SEPT9" not in both.approved
    assert both.approved_symbol("TP53") == "TP53" and both.source == "test; b"


def test_a_date_takes_the_place_of_an_old_name_of_its_gene(names):
    found = resolve(["TP53", "SEPT9", "9-Sep"], names)
    assert found.symbols == ("TP53", None, "SEPTIN9") and found.shadowed == {"SEPT9": "SEPTIN9"}
