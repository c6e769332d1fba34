"""Tables of drugs of every make in one form; lists of genes; both kept in the store."""

import gzip
import io

import pandas as pd
import pytest

from leap_core.errors import LeapError
from leap_core.io.drug_tables import DRUG_COLUMNS, read_drug_table
from leap_core.io.gene_lists import read_gene_list
from leap_core.io.reference import Reference

GDSC = (
    b'Drug Id, Name, Synonyms, Targets, Target pathway\n"1","PLX-4720","PLX4720, RG7204","BRAF","ERK MAPK'
    b' signaling"\n"2","Cisplatin",,"DNA crosslinker","DNA replication"\n'
)
DGIDB = (
    b"gene_claim_name\tgene_name\tinteraction_type\tdrug_name\tapproved\n"
    b"BRAF\tBRAF\tinhibitor\tVEMURAFENIB\tTRUE\nBRAF\tBRAF\tNULL\tSUNITINIB\tTRUE\n"
    b"ESR1\tESR1\tagonist\tESTRADIOL\tTRUE\nMDM2\tMDM2\tinhibitor\tNUTLIN-3\tFALSE\n"
)
PRISM = (
    b"CompoundID,CompoundName,GeneSymbolOfTargets,TargetOrMechanism,Synonyms\nBRD-1,trametinib,MAP2K1;MAP2K2,MEK"
    b" inhibitor,GSK1120212\n"
)
BY_GENE = b"EntrezID\tInhibitors\n673\tDABRAFENIB, VEMURAFENIB\n4193\tNUTLIN-3\n"


def test_gdsc_dgidb_prism_and_lists_by_gene_come_out_in_one_form():
    gdsc = read_drug_table(GDSC, "compounds.csv")
    assert tuple(gdsc.columns) == DRUG_COLUMNS
    assert gdsc.loc[0, ["drug", "drug_id", "synonyms", "targets", "pathway"]].tolist() == [
        "PLX-4720",
        "1",
        "PLX4720|RG7204",
        "BRAF",
        "ERK MAPK signaling",
    ]
    assert gdsc["approved"].isna().all()
    dgidb = read_drug_table(DGIDB, "interactions.tsv")
    # An agonist does not do what a knock-out does, and an interaction of unknown kind says nothing.
    assert dgidb["drug"].tolist() == ["VEMURAFENIB", "NUTLIN-3"] and dgidb["approved"].tolist() == [True, False]
    prism = read_drug_table(PRISM, "PortalCompounds.csv")
    assert prism.loc[0, ["drug", "targets", "pathway"]].tolist() == ["trametinib", "MAP2K1|MAP2K2", "MEK inhibitor"]
    by_gene = read_drug_table(BY_GENE, "genes.txt")
    assert by_gene[["drug", "targets"]].values.tolist() == [
        ["DABRAFENIB", "673"],
        ["VEMURAFENIB", "673"],
        ["NUTLIN-3", "4193"],
    ]


@pytest.mark.parametrize(
    ("said", "approved"),
    [
        ("yes", True),
        ("TRUE", True),
        ("Launched", True),
        ("Approved (FDA)", True),
        ("1.0", True),
        ("no", False),
        ("Phase 2", False),
        ("0", False),
        ("perhaps", None),
    ],
)
def test_approval_is_read_as_people_write_it(said, approved):
    found = read_drug_table(f"drug,target,approved\nx,BRAF,{said}\ny,BRAF,\n".encode(), "mine.csv")["approved"].iloc[0]
    assert (None if pd.isna(found) else bool(found)) is approved


def test_a_phase_is_no_yes_and_gaps_leave_numbers_whole(tmp_path):
    phases = read_drug_table(b"name,target,max_phase\nA,BRAF,1\nB,MEK1,4\nC,KIT,\n", "chembl.csv")
    assert phases["approved"].tolist()[:2] == [False, True] and pd.isna(phases["approved"].iloc[2])
    gaps = read_drug_table(b"Drug ID,Name,Drug target,approved\n1005,17,BRAF,1\n,A,KIT,0\n,B,KIT,\n", "gaps.csv")
    assert (
        gaps["drug_id"].tolist()[0] == "1005"
        and gaps["drug"].tolist()[0] == "17"
        and gaps["approved"].tolist()[:2] == [True, False]
    )
    book = tmp_path / "mine.xlsx"
    pd.DataFrame({"drug": ["A", "B", "C"], "target": ["BRAF", "KIT", "KIT"], "approved": [True, None, False]}).to_excel(
        book, index=False
    )
    approved = read_drug_table(book, book.name)["approved"]
    assert approved.tolist()[0] is True and pd.isna(approved.iloc[1]) and approved.tolist()[2] is False
    one_each = read_drug_table(b'gene,Inhibitor\nBRAF,"1,2-dimethyl"\n', "one.csv")
    assert one_each["drug"].tolist() == ["1,2-dimethyl"]


@pytest.mark.parametrize(
    "content",
    [b"gene,value\nTP53,1\nBRAF,2\n", b"drug,dose\nx,1\n", b"drug,gene,interaction_type\nx,ESR1,agonist\n", b""],
)
def test_what_is_no_table_of_drugs_is_refused_in_words(content):
    with pytest.raises(LeapError):
        read_drug_table(content, "mine.csv")


@pytest.mark.parametrize(
    "content",
    [
        b"RPL3\nRPL4\nRPL5\nRPL6\nRPL7\nRPL3\n",
        b"gene\nRPL3 (6122)\nRPL4 (6124)\nRPL5 (6125)\nRPL6 (6128)\nRPL7 (6129)\n",
        b"GENE\tHGNC_ID\nRPL3\tHGNC:1\nRPL4\tHGNC:2\nRPL5\tHGNC:3\nRPL6\tHGNC:4\nRPL7\tHGNC:5\n",
        b'"RPL3"\r\n"RPL4"\r\n"RPL5"\r\n"RPL6"\r\n"RPL7"\r\n',
    ],
)
def test_lists_of_genes_as_people_keep_them(content):
    assert read_gene_list(content, "essentials.txt") == ("RPL3", "RPL4", "RPL5", "RPL6", "RPL7")


def test_lists_come_as_workbooks_gzip_and_utf_16_too_and_symbols_go_before_ids():
    genes = ("RPL3", "RPL4", "RPL5", "RPL6", "RPL7")
    book = io.BytesIO()
    pd.DataFrame({"gene": genes}).to_excel(book, index=False)
    text = "\n".join(genes)
    for content, name in (
        (book.getvalue(), "a.xlsx"),
        (gzip.compress(text.encode(), mtime=0), "a.txt.gz"),
        (text.encode("utf-16"), "a.txt"),
    ):
        assert read_gene_list(content, name) == genes, name
    rows = "".join(f"SIDG{n},{gene}\n" for n, gene in enumerate(genes))
    assert read_gene_list(f"gene_id,hgnc_symbol\n{rows}".encode(), "passports.csv") == genes
    assert read_gene_list(f"x,Hugo_Symbol\n{rows}".encode(), "maf.csv") == genes


@pytest.mark.parametrize("content", [b"a,b\n1,2\n3,4\n", b"TP53\n", b""])
def test_what_is_no_list_of_genes_is_refused_in_words(content):
    with pytest.raises(LeapError):
        read_gene_list(content, "list.csv")


def test_tables_are_kept_replaced_and_forgotten(tmp_path):
    here = Reference(tmp_path / "reference")
    assert here.drugs().empty and here.essentials() == ({}, ())
    here.keep_drugs(GDSC, "b.csv")
    record = here.keep_drugs(DGIDB, "a.tsv")
    assert record["drugs"] == "2" and [entry["name"] for entry in here.drug_shelf.records()] == ["a.tsv", "b.csv"]
    assert here.drugs()["drug"].tolist() == ["VEMURAFENIB", "NUTLIN-3", "PLX-4720", "Cisplatin"]
    here.keep_drugs(PRISM, "a.tsv")
    assert here.drugs()["drug"].tolist() == ["trametinib", "PLX-4720", "Cisplatin"]
    with pytest.raises(LeapError):
        here.keep_drugs(b"no,table\n", "a.tsv")
    here.drug_shelf.forget("a.tsv")
    assert here.drugs()["drug"].tolist() == ["PLX-4720", "Cisplatin"]
    here.keep_essentials(b"A\nB\nC\nD\nE\n", "mine.txt")
    assert here.essentials()[1] == ("A", "B", "C", "D", "E") and here.essentials()[0]["name"] == "mine.txt"
    here.forget_essentials()
    assert here.essentials() == ({}, ())


HUB = (
    "!a comment line\n!another, with a comma\n!\npert_iname\tclinical_phase\tmoa\ttarget\n"
    "drugA\tLaunched\tBRAF inhibitor\tBRAF|RAF1\ndrugB\tPhase 2\tMEK inhibitor\tMAP2K1\ndrugC\tPreclinical\t\tCDK4\n"
)


@pytest.mark.parametrize(
    "content", [HUB.encode(), HUB.encode("utf-16"), gzip.compress(HUB.encode(), mtime=0), HUB.encode("utf-8-sig")]
)
def test_the_repurposing_hub_is_read_below_its_comments(content):
    table = read_drug_table(content, "repurposing.txt")
    assert table["drug"].tolist() == ["drugA", "drugB", "drugC"]
    assert table["targets"].tolist() == ["BRAF|RAF1", "MAP2K1", "CDK4"]
    assert table["approved"].tolist() == [True, False, False]


def test_gene_sets_are_kept_and_forgotten(tmp_path):
    here = Reference(tmp_path / "reference")
    record = here.keep_gene_sets(b"A\tx\tG1\tG2\nB\tx\tG3\n", "mine.gmt")
    assert record["sets"] == "2" and [entry["name"] for entry in here.gene_set_shelf.records()] == ["mine.gmt"]
    assert here.gene_sets("mine.gmt").sets == {"A": {"G1", "G2"}, "B": {"G3"}}
    with pytest.raises(LeapError):
        here.keep_gene_sets(b"nothing", "mine.gmt")
    copy = tmp_path / "other.gmt"
    copy.write_bytes(b"C\tx\tG1\n")
    assert here.fetch_gene_sets(copy_of=copy)["name"] == "other.gmt"
    here.gene_set_shelf.forget("mine.gmt")
    assert [entry["name"] for entry in here.gene_set_shelf.records()] == ["other.gmt"]


def test_blanks_within_a_cell_take_no_time():
    cell = "TP53" + " " * 100_000 + "MDM2"
    table = read_drug_table(f'drug,target\nx,{cell}\ny,"A , B; C"\n'.encode(), "x.csv")
    assert table["targets"].tolist() == [cell, "A|B|C"]
