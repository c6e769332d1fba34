"""What comes with the program: what it is, where it is from, and that it is used until something newer is fetched."""

import gzip
import hashlib
import importlib.util
import json

import pytest

from leap_core.errors import UserError
from leap_core.genes.names import resolve
from leap_core.io.gene_sets import MIN_SIZE, read_gmt
from leap_core.io.reference import Reference
from leap_core.io.shipped import read_shipped_genes, shipped_gene_sets, shipped_genes, shipped_genes_record
from tests.conftest import ROOT

OWN = "\n".join(f"MINE{n}\tx\t" + "\t".join(f"GENE{m}" for m in range(n, n + 12)) for n in range(3)).encode()


@pytest.fixture(scope="module")
def names(tmp_path_factory):
    return Reference(tmp_path_factory.mktemp("nothing")).gene_names()


def records():
    return [
        (ROOT / "data" / "identifiers" / "genes.tsv.gz", shipped_genes_record()),
        *(
            (ROOT / "data" / "gene_sets" / record["file"], record)
            for record in json.loads((ROOT / "data" / "gene_sets" / "record.json").read_text(encoding="utf-8"))
        ),
    ]


@pytest.mark.parametrize(("path", "record"), records(), ids=lambda value: getattr(value, "name", ""))
def test_every_table_is_the_one_that_is_recorded(path, record):
    packed = path.read_bytes()
    assert hashlib.sha256(packed).hexdigest() == record["sha256"]
    assert hashlib.sha256(gzip.decompress(packed)).hexdigest() == record["sha256_unpacked"]
    assert record["licence"] == "CC0 1.0" and record["date"].startswith("20") and len(packed) < 3 * 2**20
    for source in record.get("sources", [record]):
        assert source["address"] and source["through"] and len(source["sha256_of_the_package"]) == 64


def test_the_table_has_every_gene_once_and_its_ids_where_there_are_any():
    table = read_shipped_genes()
    assert len(table) == shipped_genes_record()["genes"] > 40_000
    assert table["symbol"].is_unique and table["hgnc_id"].is_unique
    assert table.loc[table["entrez_id"] != "", "entrez_id"].is_unique
    coding = table[table["locus_type"] == "gene with protein product"]
    assert len(coding) > 19_000
    assert (coding["entrez_id"] != "").mean() > 0.99 and (coding["ensembl_gene_id"] != "").mean() > 0.99
    assert table["hgnc_id"].str.fullmatch(r"HGNC:\d+").all()
    assert table["entrez_id"].str.fullmatch(r"\d*").all()
    assert table["ensembl_gene_id"].str.fullmatch(r"(ENSG\d{11})?").all()


@pytest.mark.parametrize(
    ("label", "symbol"),
    [
        ("TP53", "TP53"),
        ("7157", "TP53"),
        ("ENSG00000141510.18", "TP53"),
        ("HGNC:11998", "TP53"),
        ("SEPT9", "SEPTIN9"),
        ("MARCH1", "MARCHF1"),
        ("HER2", "ERBB2"),
        ("C1ORF112", "FIRRM"),
        ("HLA.A", "HLA-A"),
        ("T", "TBXT"),
    ],
)
def test_nothing_needs_to_be_fetched(names, label, symbol):
    assert names.approved_symbol(label) == symbol


def test_every_kind_of_id_finds_its_gene(names):
    table = read_shipped_genes()
    for column in ("symbol", "hgnc_id", "entrez_id"):
        some = table[table[column] != ""].iloc[::7]
        assert resolve(some[column], names).symbols == tuple(some["symbol"])
    some = table[(table["ensembl_gene_id"] != "") & ~table["ensembl_gene_id"].duplicated(keep=False)].iloc[::7]
    assert resolve(some["ensembl_gene_id"] + ".3", names).symbols == tuple(some["symbol"])


def test_what_is_used_is_said(names, tmp_path):
    record = Reference(tmp_path).gene_names_record()
    assert names.source == f"HGNC of {record['fetched']}, which comes with the program"
    assert record["sha256"] == hashlib.sha256(shipped_genes().read_bytes()).hexdigest()
    assert not Reference(tmp_path).has_gene_names()


@pytest.mark.parametrize("name", list(shipped_gene_sets()))
def test_gene_sets_are_there_at_the_first_start(names, tmp_path, name):
    here = Reference(tmp_path)
    sets = here.gene_sets(name)
    members = sorted(frozenset().union(*sets.sets.values()))
    assert sets.source == name and len(sets.sets) == int(shipped_gene_sets()[name][1]["sets"])
    assert set(members) <= names.approved
    assert sum(len(held) >= MIN_SIZE for held in sets.sets.values()) > 500
    assert sets.for_genes(members, names).digest == sets.digest
    assert name in [record["name"] for record in here.gene_set_records()]


def test_the_users_own_sets_come_first_and_win(tmp_path):
    here, name = Reference(tmp_path), next(iter(shipped_gene_sets()))
    here.keep_gene_sets(OWN, "own.gmt")
    here.keep_gene_sets(OWN, name)
    listed = [record["name"] for record in here.gene_set_records()]
    assert sorted(listed) == sorted({"own.gmt", *shipped_gene_sets()}) and set(listed[:2]) == {"own.gmt", name}
    assert set(here.gene_sets(name).sets) == {"MINE0", "MINE1", "MINE2"}
    with pytest.raises(UserError, match=r"no gene sets of that name; there are .*own\.gmt"):
        here.gene_sets("nowhere")
    (tmp_path / "here.gmt").write_bytes(OWN)
    assert set(here.gene_sets_at(tmp_path / "here.gmt").sets) == {"MINE0", "MINE1", "MINE2"}
    assert here.gene_sets_at("own.gmt").source == "own.gmt"


def test_a_pathway_holds_the_genes_of_those_inside_it():
    sets = read_gmt(shipped_gene_sets()["Reactome (2025)"][0]).sets
    assert sets["Mitotic G1 phase and G1/S transition"] < sets["Cell Cycle, Mitotic"] < sets["Cell Cycle"]


@pytest.mark.parametrize("folder", ["identifiers", "gene_sets"])
def test_the_scripts_that_made_them_can_be_imported_and_have_a_readme(folder):
    place = ROOT / "data" / folder
    spec = importlib.util.spec_from_file_location(f"build_{folder}", place / "build.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    assert callable(module.main)
    said = (place / "README.md").read_text(encoding="utf-8")
    assert "CC0" in said and "build.py" in said
